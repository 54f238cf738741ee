"""CPython's ssl module over sockets that do not block, with a selector: ssl_nonblocking.py CERTIFICATE KEY"""
import hashlib
import selectors
import socket
import ssl
import sys
import time

DATA = bytes(range(256)) * 12000
PATIENCE = 30
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(*sys.argv[1:])
client = ssl.create_default_context(cafile=sys.argv[1])


class End:
    """Sends DATA and receives what the other end sends, without ever waiting."""

    def __init__(self, tls):
        self.tls, self.rest, self.got = tls, memoryview(DATA), bytearray()
        self.steps = [tls.do_handshake, self.send, self.receive, tls.unwrap]

    def send(self):
        while self.rest:
            self.rest = self.rest[self.tls.send(self.rest[:50000]):]

    def receive(self):
        while len(self.got) < len(DATA):
            self.got += self.tls.recv(20000)

    def go_on(self):
        """The next events to wait for; 0 at the end."""
        while self.steps:
            try:
                self.steps[0]()
            except ssl.SSLWantReadError:
                return selectors.EVENT_READ
            except ssl.SSLWantWriteError:
                return selectors.EVENT_WRITE
            self.steps.pop(0)
        return 0


def converse():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    near = End(client.wrap_socket(ours, server_hostname="localhost", do_handshake_on_connect=False))
    # One way at a time: what is read while a write is to be repeated is another program's matter.
    near.steps[1], near.steps[2] = near.send, near.receive
    far = End(server.wrap_socket(theirs, server_side=True, do_handshake_on_connect=False))
    far.steps[1], far.steps[2] = far.receive, far.send
    selector = selectors.DefaultSelector()
    waiting = {end: selectors.EVENT_READ | selectors.EVENT_WRITE for end in (near, far)}
    for end, events in waiting.items():
        selector.register(end.tls, events, end)
    deadline = time.monotonic() + PATIENCE
    while waiting:
        assert time.monotonic() < deadline, "no end"
        for key, _ in selector.select(PATIENCE):
            end = key.data
            events = end.go_on()
            if events:
                selector.modify(end.tls, events, end)
            else:
                selector.unregister(end.tls)
                del waiting[end]
    return [hashlib.sha256(end.got).hexdigest() for end in (near, far)]


near, far = converse()
expected = hashlib.sha256(DATA).hexdigest()
print(near == expected, far == expected)
