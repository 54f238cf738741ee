//! Real handles of the system's OpenSSL, made by openssl-sys, and the library opened beside them.

mod support;

use libc::{c_int, c_long, c_void};
use openssl_sys::{SSL, SSL_CTX, SSL_CTX_ctrl, SSL_CTX_free, SSL_CTX_new, SSL_ctrl, SSL_free, SSL_new, TLS_method};
use std::ffi::CString;
use std::ptr;

const SSL_CTRL_MODE: c_int = 33;

/// A function of the library under test.
///
/// # Safety
/// `F` is its type.
unsafe fn function<F: Copy>(name: &str) -> F {
    let path = CString::new(support::library().into_os_string().into_encoded_bytes()).unwrap();
    let name = CString::new(name).unwrap();
    // SAFETY: both strings are NUL-terminated.
    let address = unsafe { libc::dlsym(libc::dlopen(path.as_ptr(), libc::RTLD_NOW), name.as_ptr()) };
    assert!(!address.is_null(), "{name:?}");
    // SAFETY: the caller's promise; a function pointer has the size of the address.
    unsafe { std::mem::transmute_copy::<*mut c_void, F>(&address) }
}

#[test]
fn the_functions_answer_as_the_macros() {
    // SAFETY: the types are those of sslmode.h, and every handle is alive until it is freed at the end.
    unsafe {
        let context_set: unsafe extern "C" fn(*mut SSL_CTX, c_long) -> c_long = function("SSL_CTX_set_mode");
        let context_clear: unsafe extern "C" fn(*mut SSL_CTX, c_long) -> c_long = function("SSL_CTX_clear_mode");
        let set: unsafe extern "C" fn(*mut SSL, c_long) -> c_long = function("SSL_set_mode");
        let get: unsafe extern "C" fn(*mut SSL) -> c_long = function("SSL_get_mode");

        let context = SSL_CTX_new(TLS_method());
        assert_eq!(context_set(context, 0x13), SSL_CTX_ctrl(context, SSL_CTRL_MODE, 0, ptr::null_mut()));
        assert_eq!(context_clear(context, 0x3), 0x14);
        let connection = SSL_new(context);
        assert_eq!(get(connection), 0x14);
        assert_eq!(set(connection, -1), 0xffff_ffff);
        assert_eq!(SSL_ctrl(connection, SSL_CTRL_MODE, 0, ptr::null_mut()), 0xffff_ffff);
        SSL_free(connection);
        SSL_CTX_free(context);
    }
}
