//! How the peer is verified.

use super::arguments::optional_text;
use crate::boundary::{guard, on_ctx, on_ssl};
use crate::context::Context;
use crate::crypto::store::{VerifyCallback, connection_index, is_address};
use crate::ssl::Ssl;
use crate::verification::{Judge, JudgeCallback};
use libc::{c_char, c_int, c_long, c_uint, c_void};
use openssl_sys::X509_VERIFY_PARAM;
use std::ptr::{null, null_mut};

/// Whether the peer is asked for a certificate and refused without a good one (`SSL_VERIFY_...`), and who is asked
/// about each certificate of its chain.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_verify(ctx: Option<&Context>, mode: c_int, callback: Option<VerifyCallback>) {
    on_ctx(ctx, (), |ctx| {
        ctx.change(|settings| {
            settings.verification.mode = mode;
            settings.verification.callback = callback;
        });
    })
}

/// As [`SSL_CTX_set_verify`], for one connection; NULL keeps the callback that was there.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_verify(ssl: Option<&Ssl>, mode: c_int, callback: Option<VerifyCallback>) {
    on_ssl(ssl, (), |ssl| {
        ssl.change(|settings| {
            settings.verification.mode = mode;
            settings.verification.callback = callback.or(settings.verification.callback);
        });
    })
}

/// The mode that was set; 0 is `SSL_VERIFY_NONE`.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_verify_mode(ctx: Option<&Context>) -> c_int {
    on_ctx(ctx, 0, |ctx| ctx.settings().verification.mode)
}

/// As [`SSL_CTX_get_verify_mode`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_verify_mode(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| ssl.settings().verification.mode)
}

/// The callback that was set, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_verify_callback(ctx: Option<&Context>) -> Option<VerifyCallback> {
    on_ctx(ctx, None, |ctx| ctx.settings().verification.callback)
}

/// As [`SSL_CTX_get_verify_callback`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_verify_callback(ssl: Option<&Ssl>) -> Option<VerifyCallback> {
    on_ssl(ssl, None, |ssl| ssl.settings().verification.callback)
}

/// How many certificates may be between the peer's and a trusted one.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_verify_depth(ctx: Option<&Context>, depth: c_int) {
    on_ctx(ctx, (), |ctx| {
        ctx.trust.change_param().set_depth(depth);
    })
}

/// As [`SSL_CTX_set_verify_depth`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_verify_depth(ssl: Option<&Ssl>, depth: c_int) {
    on_ssl(ssl, (), |ssl| {
        ssl.trust.own_param().set_depth(depth);
    })
}

/// The depth that was set, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_verify_depth(ctx: Option<&Context>) -> c_int {
    on_ctx(ctx, 0, |ctx| ctx.trust.param().depth())
}

/// As [`SSL_CTX_get_verify_depth`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_verify_depth(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| ssl.trust.param().depth())
}

/// Lets `callback` verify in place of `X509_verify_cert`; NULL undoes it.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_cert_verify_callback(
    ctx: Option<&Context>,
    callback: Option<JudgeCallback>,
    argument: *mut c_void,
) {
    on_ctx(ctx, (), |ctx| {
        ctx.trust.set_judge(callback.map(|callback| Judge { callback, argument }));
    })
}

/// What the peer's certificate must be good for (`X509_PURPOSE_...`). Returns 1, or 0 for none of these.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_purpose(ctx: Option<&Context>, purpose: c_int) -> c_int {
    on_ctx(ctx, 0, |ctx| ctx.trust.change_param().set_purpose(purpose).into())
}

/// What a root must be trusted for (`X509_TRUST_...`). Returns 1, or 0 for none of these.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_trust(ctx: Option<&Context>, trust: c_int) -> c_int {
    on_ctx(ctx, 0, |ctx| ctx.trust.change_param().set_trust(trust).into())
}

/// Takes over what is set in `param`. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `param` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set1_param(ctx: Option<&Context>, param: *mut X509_VERIFY_PARAM) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ctx(ctx, 0, |ctx| ctx.trust.change_param().set(param).into()) }
}

/// As [`SSL_CTX_set_purpose`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_purpose(ssl: Option<&Ssl>, purpose: c_int) -> c_int {
    on_ssl(ssl, 0, |ssl| ssl.trust.own_param().set_purpose(purpose).into())
}

/// As [`SSL_CTX_set_trust`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_trust(ssl: Option<&Ssl>, trust: c_int) -> c_int {
    on_ssl(ssl, 0, |ssl| ssl.trust.own_param().set_trust(trust).into())
}

/// As [`SSL_CTX_set1_param`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `param` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set1_param(ssl: Option<&Ssl>, param: *mut X509_VERIFY_PARAM) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ssl(ssl, 0, |ssl| ssl.trust.own_param().set(param).into()) }
}

/// What is set for verification, to be changed by the caller. It stays the context's, and connections copy it when they
/// are made.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get0_param(ctx: Option<&Context>) -> *mut X509_VERIFY_PARAM {
    on_ctx(ctx, null_mut(), |ctx| ctx.trust.expose_param().as_ptr())
}

/// What is set for verification, to be changed by the caller. It stays the connection's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_param(ssl: Option<&Ssl>) -> *mut X509_VERIFY_PARAM {
    on_ssl(ssl, null_mut(), |ssl| ssl.trust.own_param().as_ptr())
}

/// The peer must have this name, and no other that was set before, or this address beside the names; NULL: any name.
/// Returns 1 or 0.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `name` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set1_host(ssl: Option<&Ssl>, name: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ssl(ssl, 0, |ssl| {
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
pub unsafe extern "C" fn SSL_add1_host(ssl: Option<&Ssl>, name: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ssl(ssl, 0, |ssl| {
            let (name, param) = (optional_text(name), ssl.trust.own_param());
            let Some(address) = name.filter(|name| is_address(name)) else { return param.add_host(name).into() };
            (!param.has_address() && param.set_address(address)).into()
        })
    }
}

/// How names are compared (`X509_CHECK_FLAG_...`).
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_hostflags(ssl: Option<&Ssl>, flags: c_uint) {
    on_ssl(ssl, (), |ssl| {
        ssl.trust.own_param().set_host_flags(flags);
    })
}

/// The name in the peer's certificate that was one of those asked for, or NULL. It stays the connection's, until the
/// next verification.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_peername(ssl: Option<&Ssl>) -> *const c_char {
    on_ssl(ssl, null(), |ssl| ssl.trust.param().peer_name())
}

/// What was wrong with the peer's chain; `X509_V_OK` also where none came.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_verify_result(ssl: Option<&Ssl>) -> c_long {
    on_ssl(ssl, 0, |ssl| ssl.trust.result())
}

/// Overrides what [`SSL_get_verify_result`] answers.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_verify_result(ssl: Option<&Ssl>, result: c_long) {
    on_ssl(ssl, (), |ssl| {
        ssl.trust.set_result(result);
    })
}

/// The slot of an `X509_STORE_CTX` that holds the `SSL` it verifies for. Never fails.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_ex_data_X509_STORE_CTX_idx() -> c_int {
    guard(-1, connection_index)
}
