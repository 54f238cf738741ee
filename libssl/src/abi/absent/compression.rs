//! Compression, which is not there: answers are those of a libssl built without it.

use crate::ssl::Ssl;
use libc::{c_char, c_int, c_void};
use std::ptr::{null, null_mut};

#[unsafe(no_mangle)]
extern "C" fn SSL_COMP_get_compression_methods() -> *mut c_void {
    null_mut()
}

/// Nobody takes them.
#[unsafe(no_mangle)]
extern "C" fn SSL_COMP_set0_compression_methods(methods: *mut c_void) -> *mut c_void {
    methods
}

/// 1 is failure here, as in OpenSSL.
#[unsafe(no_mangle)]
extern "C" fn SSL_COMP_add_compression_method(_id: c_int, _method: *mut c_void) -> c_int {
    1
}

#[unsafe(no_mangle)]
extern "C" fn SSL_COMP_get_name(_method: *const c_void) -> *const c_char {
    null()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_COMP_get0_name(_method: *const c_void) -> *const c_char {
    null()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_COMP_get_id(_method: *const c_void) -> c_int {
    -1
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_current_compression(_ssl: Option<&Ssl>) -> *const c_void {
    null()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_current_expansion(_ssl: Option<&Ssl>) -> *const c_void {
    null()
}
