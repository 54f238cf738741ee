//! Security levels.

use crate::boundary::{on_ctx, on_ssl};
use crate::certificates::chain;
use crate::certificates::security::SecurityCallback;
use crate::context::Context;
use crate::ssl::Ssl;
use libc::{c_int, c_void};
use std::ptr::null_mut;

/// Refuses keys and digests that are weaker than the level says (SSL_CTX_set_security_level(3)).
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_security_level(ctx: Option<&Context>, level: c_int) {
    on_ctx(ctx, (), |ctx| {
        chain::change(ctx, |certificates| certificates.security.level = level);
    })
}

/// As [`SSL_CTX_set_security_level`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_security_level(ssl: Option<&Ssl>, level: c_int) {
    on_ssl(ssl, (), |ssl| {
        chain::change(ssl, |certificates| certificates.security.level = level);
    })
}

/// The level; 2 where none was set.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_security_level(ctx: Option<&Context>) -> c_int {
    on_ctx(ctx, 0, |ctx| ctx.settings().certificates.security.level)
}

/// As [`SSL_CTX_get_security_level`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_security_level(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| ssl.settings().certificates.security.level)
}

/// Lets `callback` decide about what is too weak.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_security_callback(ctx: Option<&Context>, callback: Option<SecurityCallback>) {
    on_ctx(ctx, (), |ctx| {
        chain::change(ctx, |certificates| certificates.security.callback = callback);
    })
}

/// As [`SSL_CTX_set_security_callback`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_security_callback(ssl: Option<&Ssl>, callback: Option<SecurityCallback>) {
    on_ssl(ssl, (), |ssl| {
        chain::change(ssl, |certificates| certificates.security.callback = callback);
    })
}

/// Who decides about what is too weak; never NULL unless it was set so.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_security_callback(ctx: Option<&Context>) -> Option<SecurityCallback> {
    on_ctx(ctx, None, |ctx| ctx.settings().certificates.security.callback)
}

/// As [`SSL_CTX_get_security_callback`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_security_callback(ssl: Option<&Ssl>) -> Option<SecurityCallback> {
    on_ssl(ssl, None, |ssl| ssl.settings().certificates.security.callback)
}

/// What the security callback is handed last.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set0_security_ex_data(ctx: Option<&Context>, data: *mut c_void) {
    on_ctx(ctx, (), |ctx| {
        chain::change(ctx, |certificates| certificates.security.data = data);
    })
}

/// As [`SSL_CTX_set0_security_ex_data`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set0_security_ex_data(ssl: Option<&Ssl>, data: *mut c_void) {
    on_ssl(ssl, (), |ssl| {
        chain::change(ssl, |certificates| certificates.security.data = data);
    })
}

/// See [`SSL_CTX_set0_security_ex_data`].
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get0_security_ex_data(ctx: Option<&Context>) -> *mut c_void {
    on_ctx(ctx, null_mut(), |ctx| ctx.settings().certificates.security.data)
}

/// As [`SSL_CTX_get0_security_ex_data`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_security_ex_data(ssl: Option<&Ssl>) -> *mut c_void {
    on_ssl(ssl, null_mut(), |ssl| ssl.settings().certificates.security.data)
}
