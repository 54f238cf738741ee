//! Compression, which is not there: answers are those of a libssl built without it.

use crate::ssl::Ssl;
use libc::{c_char, c_int, c_void};
use std::ptr::{null, null_mut};

/// NULL: there is no method.
#[unsafe(no_mangle)]
extern "C" fn SSL_COMP_get_compression_methods() -> *mut c_void {
    null_mut()
}

/// Takes none of them: answers the list that came in, which stays the caller's.
#[unsafe(no_mangle)]
extern "C" fn SSL_COMP_set0_compression_methods(methods: *mut c_void) -> *mut c_void {
    methods
}

/// Takes none. Returns 1, which is failure here, as in OpenSSL; nothing is put into the queue.
#[unsafe(no_mangle)]
extern "C" fn SSL_COMP_add_compression_method(_id: c_int, _method: *mut c_void) -> c_int {
    1
}

/// NULL, for whatever method.
#[unsafe(no_mangle)]
extern "C" fn SSL_COMP_get_name(_method: *const c_void) -> *const c_char {
    null()
}

/// As [`SSL_COMP_get_name`].
#[unsafe(no_mangle)]
extern "C" fn SSL_COMP_get0_name(_method: *const c_void) -> *const c_char {
    null()
}

/// -1, for whatever method.
#[unsafe(no_mangle)]
extern "C" fn SSL_COMP_get_id(_method: *const c_void) -> c_int {
    -1
}

/// NULL: what is written is not compressed.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_current_compression(_ssl: Option<&Ssl>) -> *const c_void {
    null()
}

/// NULL: what is read is not compressed.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_current_expansion(_ssl: Option<&Ssl>) -> *const c_void {
    null()
}
