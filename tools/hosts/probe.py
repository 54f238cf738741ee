"""Loads one libssl as a program would by dlopen and tells what it is.

Prints, tab-separated: version, default mode mask of a new SSL_CTX, the mask after asking for every bit,
path of the libcrypto that came along. Fails when that libcrypto is not the one beside the libssl.
"""
import ctypes
import os
import re
import sys

SSL_CTRL_MODE = 33


class DlInfo(ctypes.Structure):
    _fields_ = [
        ("fname", ctypes.c_char_p),
        ("fbase", ctypes.c_void_p),
        ("sname", ctypes.c_char_p),
        ("saddr", ctypes.c_void_p),
    ]


def first(lib, *names):
    """The first of these functions that the host has (they were renamed over the years)."""
    for name in names:
        if hasattr(lib, name):
            return getattr(lib, name)
    return None


def object_of(function):
    info = DlInfo()
    ctypes.CDLL(None).dladdr(ctypes.cast(function, ctypes.c_void_p), ctypes.byref(info))
    return os.path.realpath(info.fname.decode())


def loaded_libcryptos():
    with open("/proc/self/maps") as maps:
        return set(re.findall(r"/\S*/libcrypto[^/\s]*", maps.read()))


def new_ctx(lib):
    init = first(lib, "SSL_library_init")  # below 1.1 nothing works without it
    if init:
        init()
    method = first(lib, "TLS_method", "SSLv23_method")
    method.restype = ctypes.c_void_p
    lib.SSL_CTX_new.restype = ctypes.c_void_p
    lib.SSL_CTX_new.argtypes = [ctypes.c_void_p]
    ctx = lib.SSL_CTX_new(method())
    if not ctx:
        sys.exit("hosts: SSL_CTX_new failed")
    return ctx


def mode_setter(lib):
    """set(ctx, bits), which answers with the mask after the call."""
    if hasattr(lib, "SSL_CTX_set_mode"):
        function = lib.SSL_CTX_set_mode
        function.restype = ctypes.c_uint32
        function.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
        return lambda ctx, bits: function(ctx, bits & 0xFFFFFFFF)
    function = lib.SSL_CTX_ctrl
    function.restype = ctypes.c_long
    function.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
    return lambda ctx, bits: function(ctx, SSL_CTRL_MODE, bits, None)


def main(path):
    lib = ctypes.CDLL(path, os.RTLD_NOW | os.RTLD_LOCAL)
    version = first(lib, "OpenSSL_version", "SSLeay_version")
    version.restype = ctypes.c_char_p
    text = version(0).decode()
    libcrypto = object_of(version)
    set_mode = mode_setter(lib)
    ctx = new_ctx(lib)
    default = set_mode(ctx, 0)
    print(text, hex(default), set_mode(ctx, -1), libcrypto, sep="\t")
    if os.path.dirname(libcrypto) != os.path.dirname(os.path.realpath(path)):
        sys.exit(f"hosts: {libcrypto} is not beside {path}")
    if len(loaded_libcryptos()) != 1:
        sys.exit(f"hosts: more than one libcrypto: {' '.join(sorted(loaded_libcryptos()))}")


main(sys.argv[1])
