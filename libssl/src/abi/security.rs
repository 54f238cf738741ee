//! Security levels.

use crate::boundary::{with_ctx, with_ssl};
use crate::certificates::chain;
use crate::certificates::security::SecurityCallback;
use crate::context::Context;
use crate::ssl::Ssl;
use libc::{c_int, c_void};
use std::ptr::null_mut;

/// Refuses keys and digests that are weaker than the level says (SSL_CTX_set_security_level(3)).
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_security_level(ctx: *mut Context, level: c_int) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ctx(ctx, (), |ctx| {
            chain::change(ctx, |certificates| certificates.security.level = level);
        })
    }
}

/// As [`SSL_CTX_set_security_level`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_security_level(ssl: *mut Ssl, level: c_int) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, (), |ssl| {
            chain::change(ssl, |certificates| certificates.security.level = level);
        })
    }
}

/// The level; 2 where none was set.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_security_level(ctx: *const Context) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, 0, |ctx| ctx.settings().certificates.security.level) }
}

/// As [`SSL_CTX_get_security_level`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_security_level(ssl: *const Ssl) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, 0, |ssl| ssl.settings().certificates.security.level) }
}

/// Lets `callback` decide about what is too weak.
///
/// # Safety
/// `ctx` is NULL or holds a reference; the callback may be called for as long as the handle is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_security_callback(ctx: *mut Context, callback: Option<SecurityCallback>) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ctx(ctx, (), |ctx| {
            chain::change(ctx, |certificates| certificates.security.callback = callback);
        })
    }
}

/// As [`SSL_CTX_set_security_callback`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; the callback may be called for as long as the handle is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_security_callback(ssl: *mut Ssl, callback: Option<SecurityCallback>) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, (), |ssl| {
            chain::change(ssl, |certificates| certificates.security.callback = callback);
        })
    }
}

/// Who decides about what is too weak; never NULL unless it was set so.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_security_callback(ctx: *const Context) -> Option<SecurityCallback> {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, None, |ctx| ctx.settings().certificates.security.callback) }
}

/// As [`SSL_CTX_get_security_callback`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_security_callback(ssl: *const Ssl) -> Option<SecurityCallback> {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, None, |ssl| ssl.settings().certificates.security.callback) }
}

/// What the security callback is handed last.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `data` is what the callback expects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set0_security_ex_data(ctx: *mut Context, data: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ctx(ctx, (), |ctx| {
            chain::change(ctx, |certificates| certificates.security.data = data);
        })
    }
}

/// As [`SSL_CTX_set0_security_ex_data`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `data` is what the callback expects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_security_ex_data(ssl: *mut Ssl, data: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, (), |ssl| {
            chain::change(ssl, |certificates| certificates.security.data = data);
        })
    }
}

/// See [`SSL_CTX_set0_security_ex_data`].
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get0_security_ex_data(ctx: *const Context) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, null_mut(), |ctx| ctx.settings().certificates.security.data) }
}

/// As [`SSL_CTX_get0_security_ex_data`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_security_ex_data(ssl: *const Ssl) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, null_mut(), |ssl| ssl.settings().certificates.security.data) }
}
