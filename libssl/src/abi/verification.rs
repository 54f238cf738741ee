//! How the peer is verified.

use super::arguments::optional_text;
use crate::boundary::{guard, with_ctx, with_ssl};
use crate::context::Context;
use crate::crypto::store::{VerifyCallback, connection_index, is_address};
use crate::ssl::Ssl;
use crate::verification::{Judge, JudgeCallback};
use libc::{c_char, c_int, c_long, c_uint, c_void};
use openssl_sys::X509_VERIFY_PARAM;
use std::ptr::{null, null_mut};

/// Whether the peer is asked for a certificate and refused without a good one (`SSL_VERIFY_...`), and who is asked about each certificate of its chain.
///
/// # Safety
/// `ctx` is NULL or holds a reference; the callback may be called for as long as connections are made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_verify(ctx: *mut Context, mode: c_int, callback: Option<VerifyCallback>) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ctx(ctx, (), |ctx| {
            ctx.change(|settings| {
                settings.verification.mode = mode;
                settings.verification.callback = callback;
            });
        })
    }
}

/// As [`SSL_CTX_set_verify`], for one connection; NULL keeps the callback that was there.
///
/// # Safety
/// `ssl` is NULL or holds a reference; the callback may be called for as long as the connection lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_verify(ssl: *mut Ssl, mode: c_int, callback: Option<VerifyCallback>) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, (), |ssl| {
            ssl.change(|settings| {
                settings.verification.mode = mode;
                settings.verification.callback = callback.or(settings.verification.callback);
            });
        })
    }
}

/// The mode that was set; 0 is `SSL_VERIFY_NONE`.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_verify_mode(ctx: *const Context) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, 0, |ctx| ctx.settings().verification.mode) }
}

/// As [`SSL_CTX_get_verify_mode`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_verify_mode(ssl: *const Ssl) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, 0, |ssl| ssl.settings().verification.mode) }
}

/// The callback that was set, or NULL.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_verify_callback(ctx: *const Context) -> Option<VerifyCallback> {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, None, |ctx| ctx.settings().verification.callback) }
}

/// As [`SSL_CTX_get_verify_callback`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_verify_callback(ssl: *const Ssl) -> Option<VerifyCallback> {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, None, |ssl| ssl.settings().verification.callback) }
}

/// How many certificates may be between the peer's and a trusted one.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_verify_depth(ctx: *mut Context, depth: c_int) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ctx(ctx, (), |ctx| {
            ctx.trust.change_param().set_depth(depth);
        })
    }
}

/// As [`SSL_CTX_set_verify_depth`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_verify_depth(ssl: *mut Ssl, depth: c_int) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, (), |ssl| {
            ssl.trust.own_param().set_depth(depth);
        })
    }
}

/// The depth that was set, or -1.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_verify_depth(ctx: *const Context) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, 0, |ctx| ctx.trust.param().depth()) }
}

/// As [`SSL_CTX_get_verify_depth`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_verify_depth(ssl: *const Ssl) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, 0, |ssl| ssl.trust.param().depth()) }
}

/// Lets `callback` verify in place of `X509_verify_cert`; NULL undoes it.
///
/// # Safety
/// `ctx` is NULL or holds a reference; the callback may be called with `argument` for as long as connections are made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_cert_verify_callback(
    ctx: *mut Context,
    callback: Option<JudgeCallback>,
    argument: *mut c_void,
) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ctx(ctx, (), |ctx| {
            ctx.trust.set_judge(callback.map(|callback| Judge { callback, argument }));
        })
    }
}

/// What the peer's certificate must be good for (`X509_PURPOSE_...`). Returns 1, or 0 for none of these.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_purpose(ctx: *mut Context, purpose: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, 0, |ctx| ctx.trust.change_param().set_purpose(purpose).into()) }
}

/// What a root must be trusted for (`X509_TRUST_...`). Returns 1, or 0 for none of these.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_trust(ctx: *mut Context, trust: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, 0, |ctx| ctx.trust.change_param().set_trust(trust).into()) }
}

/// Takes over what is set in `param`. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `param` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set1_param(ctx: *mut Context, param: *mut X509_VERIFY_PARAM) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, 0, |ctx| ctx.trust.change_param().set(param).into()) }
}

/// As [`SSL_CTX_set_purpose`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_purpose(ssl: *mut Ssl, purpose: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, 0, |ssl| ssl.trust.own_param().set_purpose(purpose).into()) }
}

/// As [`SSL_CTX_set_trust`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_trust(ssl: *mut Ssl, trust: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, 0, |ssl| ssl.trust.own_param().set_trust(trust).into()) }
}

/// As [`SSL_CTX_set1_param`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `param` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set1_param(ssl: *mut Ssl, param: *mut X509_VERIFY_PARAM) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, 0, |ssl| ssl.trust.own_param().set(param).into()) }
}

/// What is set for verification, to be changed by the caller. It stays the context's, and connections copy it when they are made.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get0_param(ctx: *mut Context) -> *mut X509_VERIFY_PARAM {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, null_mut(), |ctx| ctx.trust.expose_param().as_ptr()) }
}

/// What is set for verification, to be changed by the caller. It stays the connection's.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_param(ssl: *mut Ssl) -> *mut X509_VERIFY_PARAM {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, null_mut(), |ssl| ssl.trust.own_param().as_ptr()) }
}

/// The peer must have this name, and no other that was set before, or this address beside the names; NULL: any name.
/// Returns 1 or 0.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `name` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set1_host(ssl: *mut Ssl, name: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, 0, |ssl| {
            let (name, param) = (optional_text(name), ssl.trust.own_param());
            (name.is_some_and(|name| param.set_address(name)) || param.set_host(name)).into()
        })
    }
}

/// The peer may have this name or address as well. There can be one address only. Returns 1 or 0.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `name` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add1_host(ssl: *mut Ssl, name: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, 0, |ssl| {
            let (name, param) = (optional_text(name), ssl.trust.own_param());
            let Some(address) = name.filter(|name| is_address(name)) else { return param.add_host(name).into() };
            (!param.has_address() && param.set_address(address)).into()
        })
    }
}

/// How names are compared (`X509_CHECK_FLAG_...`).
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_hostflags(ssl: *mut Ssl, flags: c_uint) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, (), |ssl| {
            ssl.trust.own_param().set_host_flags(flags);
        })
    }
}

/// The name in the peer's certificate that was one of those asked for, or NULL. It stays the connection's, until the next verification.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get0_peername(ssl: *mut Ssl) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, null(), |ssl| ssl.trust.param().peer_name()) }
}

/// What was wrong with the peer's chain; `X509_V_OK` also where none came.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_verify_result(ssl: *const Ssl) -> c_long {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, 0, |ssl| ssl.trust.result()) }
}

/// Overrides what [`SSL_get_verify_result`] answers.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_verify_result(ssl: *mut Ssl, result: c_long) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, (), |ssl| {
            ssl.trust.set_result(result);
        })
    }
}

/// The slot of an `X509_STORE_CTX` that holds the `SSL` it verifies for. Never fails.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_ex_data_X509_STORE_CTX_idx() -> c_int {
    guard(-1, connection_index)
}
