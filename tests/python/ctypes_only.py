"""Nothing is linked: libssl and libsslmode are both opened at run time."""
import ctypes
import os
import sys

libssl = ctypes.CDLL(sys.argv[1])
sslmode = ctypes.CDLL(os.environ["SSLMODE_LIBRARY"])
for function in (libssl.TLS_method, libssl.SSL_CTX_new, libssl.SSL_new):
    function.restype = ctypes.c_void_p
    function.argtypes = [] if function is libssl.TLS_method else [ctypes.c_void_p]
for name in ("SSL_CTX_set_mode", "SSL_CTX_clear_mode", "SSL_set_mode", "SSL_clear_mode"):
    function = getattr(sslmode, name)
    function.restype, function.argtypes = ctypes.c_long, [ctypes.c_void_p, ctypes.c_long]

context = libssl.SSL_CTX_new(libssl.TLS_method())
connection = libssl.SSL_new(context)
print(sslmode.SSL_CTX_set_mode(context, -1), sslmode.SSL_CTX_clear_mode(context, -1))
print(sslmode.SSL_set_mode(connection, 0x12), sslmode.SSL_clear_mode(connection, 0x2))
