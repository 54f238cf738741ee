"""CPython's own use of modes, and its context's mask as an FFI sees it."""
import ctypes
import os
import ssl

context = ssl.create_default_context()
context.check_hostname = False
connection = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO())

sslmode = ctypes.CDLL(os.environ["SSLMODE_LIBRARY"])
for name in ("SSL_CTX_set_mode", "SSL_CTX_clear_mode", "SSL_CTX_get_mode"):
    function = getattr(sslmode, name)
    function.restype = ctypes.c_long
    function.argtypes = [ctypes.c_void_p] + [ctypes.c_long] * (name != "SSL_CTX_get_mode")

# The SSL_CTX is the first member of the context after the object's head.
handle = ctypes.c_void_p.from_address(id(context) + object.__basicsize__).value
print("CPython's context", sslmode.SSL_CTX_get_mode(handle))
print("set", sslmode.SSL_CTX_set_mode(handle, 1))
print("clear", sslmode.SSL_CTX_clear_mode(handle, 1))
