"""Two libssls, an FFI, and handles whose making was not seen: undecided.py ONE OTHER"""
import ctypes
import os
import sys

sslmode = ctypes.CDLL(os.environ["SSLMODE_LIBRARY"])
sslmode.SSL_CTX_set_mode.restype = ctypes.c_long
sslmode.SSL_CTX_set_mode.argtypes = [ctypes.c_void_p, ctypes.c_long]


def context_of(path):
    libssl = ctypes.CDLL(path)
    libssl.SSL_CTX_new.restype, libssl.SSL_CTX_new.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    libssl.SSLv23_method = getattr(libssl, "TLS_method", None) or libssl.SSLv23_method
    libssl.SSLv23_method.restype = ctypes.c_void_p
    getattr(libssl, "SSL_library_init", int)()
    return libssl.SSL_CTX_new(libssl.SSLv23_method())


one, other = (path.encode() for path in sys.argv[1:])
early = context_of(sys.argv[1])
print("alone", sslmode.SSL_CTX_set_mode(early, -1))
late = context_of(sys.argv[1])
foreign = context_of(sys.argv[2])
print("undecided", sslmode.SSL_CTX_set_mode(late, -1), sslmode.SSL_CTX_set_mode(foreign, -1))
print("known since before", sslmode.SSL_CTX_set_mode(early, -1))
print("named", sslmode.sslmode_use_host(one), sslmode.SSL_CTX_set_mode(late, -1))
print("named", sslmode.sslmode_use_host(other), sslmode.SSL_CTX_set_mode(foreign, -1))
print("known since before", sslmode.SSL_CTX_set_mode(early, -1))
print("not named", sslmode.sslmode_use_host(None), sslmode.SSL_CTX_set_mode(foreign, -1))
