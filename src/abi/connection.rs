//! Functions on an `SSL` that move nothing: they have to reach the libssl that owns it, and an option may watch some.

use super::forward::{routes, to_owner};
use crate::hooks;
use crate::openssl::{ssl_ctx_st, ssl_st};
use libc::c_int;
use std::ptr;

/// `SSL_ERROR_SSL`: what a caller takes for the end of the connection.
const ERROR_SSL: c_int = 1;
/// `SSL_NOTHING`.
const WANT_NOTHING: c_int = 1;

routes! {
    clear, caller in "rsi", SSL_clear(ssl: *mut ssl_st) -> c_int;
    free, caller in "rsi", SSL_free(ssl: *mut ssl_st);
    set_context, caller in "rdx", SSL_set_SSL_CTX(ssl: *mut ssl_st, ctx: *mut ssl_ctx_st) -> *mut ssl_ctx_st;
    get_error, caller in "rdx", SSL_get_error(ssl: *const ssl_st, result: c_int) -> c_int;
    want, caller in "rsi", SSL_want(ssl: *const ssl_st) -> c_int;
}

unsafe extern "C-unwind" fn clear(ssl: *mut ssl_st, caller: usize) -> c_int {
    to_owner("SSL_clear", ssl.addr(), caller, 0, |host| {
        // SAFETY: the handle is the program's own, and this is the libssl that owns it.
        hooks::clear(host, ssl, || host.calls.clear.map(|clear| unsafe { clear(ssl) }))
    })
}

unsafe extern "C-unwind" fn free(ssl: *mut ssl_st, caller: usize) {
    // "If ssl is NULL nothing is done" (SSL_free(3)).
    if !ssl.is_null() {
        to_owner("SSL_free", ssl.addr(), caller, (), |host| {
            // SAFETY: the handle is the program's own, and this is the libssl that owns it.
            hooks::free(host, ssl, || host.calls.free.map(|free| unsafe { free(ssl) }))
        });
    }
}

unsafe extern "C-unwind" fn set_context(ssl: *mut ssl_st, ctx: *mut ssl_ctx_st, caller: usize) -> *mut ssl_ctx_st {
    to_owner("SSL_set_SSL_CTX", ssl.addr(), caller, ptr::null_mut(), |host| {
        // SAFETY: both handles are the program's own, and this is the libssl that owns them.
        host.calls.set_context.map(|set_context| unsafe { set_context(ssl, ctx) })
    })
}

unsafe extern "C-unwind" fn get_error(ssl: *const ssl_st, result: c_int, caller: usize) -> c_int {
    to_owner("SSL_get_error", ssl.addr(), caller, ERROR_SSL, |host| {
        hooks::get_error(host, ssl.cast_mut(), result, caller)
    })
}

unsafe extern "C-unwind" fn want(ssl: *const ssl_st, caller: usize) -> c_int {
    to_owner("SSL_want", ssl.addr(), caller, WANT_NOTHING, |host| {
        // SAFETY: the handle is the program's own, and this is the libssl that owns it.
        hooks::want(host, ssl).or_else(|| host.calls.want.map(|want| unsafe { want(ssl) }))
    })
}
