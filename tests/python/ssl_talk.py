"""CPython's ssl module talks to itself: blocking, and through asyncio: ssl_talk.py CERTIFICATE KEY"""
import asyncio
import hashlib
import socket
import ssl
import sys
import threading

DATA = bytes(range(256)) * 12000
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(*sys.argv[1:])
client = ssl.create_default_context(cafile=sys.argv[1])


def digest(data):
    return f"{len(data)} {hashlib.sha256(data).hexdigest()[:16]}"


def blocking():
    ours, theirs = socket.socketpair()

    def serve():
        with server.wrap_socket(theirs, server_side=True) as tls:
            tls.sendall(DATA)
            assert tls.recv(5) == b"done."

    thread = threading.Thread(target=serve)
    thread.start()
    with client.wrap_socket(ours, server_hostname="localhost") as tls:
        received = bytearray()
        while len(received) < len(DATA):
            received += tls.recv(65536)
        tls.sendall(b"done.")
        thread.join()
    return digest(received)


async def through_asyncio():
    async def serve(reader, writer):
        writer.write(await reader.readexactly(len(DATA)))
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server)
    port = listener.sockets[0].getsockname()[1]

    async def connect():
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname="localhost")
        writer.write(DATA)
        received = await reader.readexactly(len(DATA))
        writer.close()
        return digest(received)

    results = await asyncio.gather(*(connect() for _ in range(4)))
    listener.close()
    return results


print("blocking", blocking())
print("asyncio", *asyncio.run(through_asyncio()))
