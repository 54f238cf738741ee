"""CPython's libssl and another, at once, in one preloaded process: two_libssls.py OTHER_LIBSSL LINKED FIRST

LINKED is a library linked with the other libssl, which uses it through its symbols. FIRST says whose handles are made
first: "cpython" or "other".
"""
import ctypes
import os
import sys

other_path, linked_path, first = sys.argv[1:]
sslmode = ctypes.CDLL(os.environ["SSLMODE_LIBRARY"])
for name in ("SSL_CTX_set_mode", "SSL_CTX_clear_mode", "SSL_CTX_get_mode", "SSL_set_mode", "SSL_clear_mode"):
    function = getattr(sslmode, name)
    function.restype = ctypes.c_long
    function.argtypes = [ctypes.c_void_p] + [ctypes.c_long] * (not name.endswith("get_mode"))
sslmode.SSL_CTX_new.restype = sslmode.SSL_new.restype = ctypes.c_void_p
sslmode.SSL_CTX_new.argtypes = sslmode.SSL_new.argtypes = [ctypes.c_void_p]


def cpython():
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO())
    return context


def linked():
    sys.stdout.flush()
    assert ctypes.CDLL(linked_path).print_masks() == 0
    ctypes.CDLL(None).fflush(None)


def seen():
    """Handles of the other libssl, made through libsslmode by an FFI: the method tells whose they are."""
    other = ctypes.CDLL(other_path)
    other.SSL_library_init()
    other.SSLv23_method.restype = ctypes.c_void_p
    context = sslmode.SSL_CTX_new(other.SSLv23_method())
    connection = sslmode.SSL_new(context)
    print("other", sslmode.SSL_CTX_set_mode(context, -1), sslmode.SSL_set_mode(connection, -1))
    print("other", sslmode.SSL_CTX_clear_mode(context, -1), sslmode.SSL_clear_mode(connection, -1))
    return context


def of_cpython(context):
    handle = ctypes.c_void_p.from_address(id(context) + object.__basicsize__).value
    before = sslmode.SSL_CTX_get_mode(handle)
    print("cpython", before, sslmode.SSL_CTX_set_mode(handle, -1))
    sslmode.SSL_CTX_clear_mode(handle, -1)
    sslmode.SSL_CTX_set_mode(handle, before)


if first == "cpython":
    kept = cpython()
    linked()
    other_context = seen()
else:
    linked()
    other_context = seen()
    kept = cpython()
later = cpython()
of_cpython(kept)
of_cpython(later)
linked()
print("other", sslmode.SSL_CTX_set_mode(other_context, 1 << 40))
