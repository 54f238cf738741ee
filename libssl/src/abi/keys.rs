//! Private keys for our own end, and the passwords of their files.

use super::arguments::{bytes, null_argument, pointer, text};
use crate::boundary::{on_ctx, on_ssl};
use crate::certificates::{assign, load};
use crate::context::Context;
use crate::crypto::key::Key;
use crate::error::{self, Reason};
use crate::ssl::Ssl;
use libc::{c_char, c_int, c_long, c_uchar, c_void};
use openssl_sys::{EVP_PKEY, RSA, pem_password_cb};
use std::ptr::null_mut;

/// The key for the certificate of its kind, which becomes the current one. It is shared, not taken over. Returns 1 or
/// 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `key` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_PrivateKey(ctx: Option<&Context>, key: *mut EVP_PKEY) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ctx(ctx, 0, |ctx| match Key::share(key) {
            Some(key) => assign::use_key(ctx, &key).into(),
            None => null_argument(),
        })
    }
}

/// As [`SSL_CTX_use_PrivateKey`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `key` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_PrivateKey(ssl: Option<&Ssl>, key: *mut EVP_PKEY) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ssl(ssl, 0, |ssl| match Key::share(key) {
            Some(key) => assign::use_key(ssl, &key).into(),
            None => null_argument(),
        })
    }
}

/// The key in a file, `SSL_FILETYPE_PEM` or `SSL_FILETYPE_ASN1`. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_PrivateKey_file(
    ctx: Option<&Context>,
    file: *const c_char,
    format: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ctx(ctx, 0, |ctx| text(file).is_some_and(|file| load::key_file(ctx, file, format)).into()) }
}

/// As [`SSL_CTX_use_PrivateKey_file`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_PrivateKey_file(ssl: Option<&Ssl>, file: *const c_char, format: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ssl(ssl, 0, |ssl| text(file).is_some_and(|file| load::key_file(ssl, file, format)).into()) }
}

/// The key of this kind (`EVP_PKEY_RSA`, ...) in these bytes, DER. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `der` is NULL or has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_PrivateKey_ASN1(
    kind: c_int,
    ctx: Option<&Context>,
    der: *const c_uchar,
    length: c_long,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ctx(ctx, 0, |ctx| bytes(der, length).is_some_and(|der| load::key_der(ctx, kind, der)).into()) }
}

/// As [`SSL_CTX_use_PrivateKey_ASN1`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `der` is NULL or has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_PrivateKey_ASN1(
    kind: c_int,
    ssl: Option<&Ssl>,
    der: *const c_uchar,
    length: c_long,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ssl(ssl, 0, |ssl| bytes(der, length).is_some_and(|der| load::key_der(ssl, kind, der)).into()) }
}

/// An RSA key. It is shared, not taken over. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `key` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_RSAPrivateKey(ctx: Option<&Context>, key: *mut RSA) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ctx(ctx, 0, |ctx| {
            if key.is_null() {
                return null_argument();
            }
            load::rsa_key(ctx, key).into()
        })
    }
}

/// As [`SSL_CTX_use_RSAPrivateKey`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `key` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_RSAPrivateKey(ssl: Option<&Ssl>, key: *mut RSA) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ssl(ssl, 0, |ssl| {
            if key.is_null() {
                return null_argument();
            }
            load::rsa_key(ssl, key).into()
        })
    }
}

/// The RSA key in a file, `SSL_FILETYPE_PEM` or `SSL_FILETYPE_ASN1`. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_RSAPrivateKey_file(
    ctx: Option<&Context>,
    file: *const c_char,
    format: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ctx(ctx, 0, |ctx| text(file).is_some_and(|file| load::rsa_key_file(ctx, file, format)).into()) }
}

/// As [`SSL_CTX_use_RSAPrivateKey_file`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_RSAPrivateKey_file(ssl: Option<&Ssl>, file: *const c_char, format: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ssl(ssl, 0, |ssl| text(file).is_some_and(|file| load::rsa_key_file(ssl, file, format)).into()) }
}

/// The RSA key in these bytes, DER. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `der` is NULL or has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_RSAPrivateKey_ASN1(
    ctx: Option<&Context>,
    der: *const c_uchar,
    length: c_long,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ctx(ctx, 0, |ctx| bytes(der, length).is_some_and(|der| load::rsa_key_der(ctx, der)).into()) }
}

/// As [`SSL_CTX_use_RSAPrivateKey_ASN1`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `der` is NULL or has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_RSAPrivateKey_ASN1(ssl: Option<&Ssl>, der: *const c_uchar, length: c_long) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ssl(ssl, 0, |ssl| bytes(der, length).is_some_and(|der| load::rsa_key_der(ssl, der)).into()) }
}

/// Whether the current certificate and the current key are there and belong together. Returns 1, or 0 with the reason
/// in the queue.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_check_private_key(ctx: Option<&Context>) -> c_int {
    if ctx.is_none() {
        error::put(Reason::NO_CERTIFICATE_ASSIGNED);
        return 0;
    }
    on_ctx(ctx, 0, |ctx| assign::check_key(ctx).into())
}

/// As [`SSL_CTX_check_private_key`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_check_private_key(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| assign::check_key(ssl).into())
}

/// The current key, or NULL. It stays the context's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get0_privatekey(ctx: Option<&Context>) -> *mut EVP_PKEY {
    on_ctx(ctx, null_mut(), |ctx| pointer(ctx.settings().certificates.current().key.as_ref()))
}

/// The current key, or NULL. It stays the connection's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_privatekey(ssl: Option<&Ssl>) -> *mut EVP_PKEY {
    on_ssl(ssl, null_mut(), |ssl| pointer(ssl.settings().certificates.current().key.as_ref()))
}

/// Asks `callback` for the passwords of keys in files; NULL leaves it to libcrypto.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_passwd_cb(ctx: Option<&Context>, callback: pem_password_cb) {
    on_ctx(ctx, (), |ctx| {
        ctx.change(|settings| settings.verification.password.callback = callback);
    })
}

/// As [`SSL_CTX_set_default_passwd_cb`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_default_passwd_cb(ssl: Option<&Ssl>, callback: pem_password_cb) {
    on_ssl(ssl, (), |ssl| {
        ssl.change(|settings| settings.verification.password.callback = callback);
    })
}

/// What the password callback is handed; without a callback the password itself.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_passwd_cb_userdata(ctx: Option<&Context>, data: *mut c_void) {
    on_ctx(ctx, (), |ctx| {
        ctx.change(|settings| settings.verification.password.user_data = data);
    })
}

/// As [`SSL_CTX_set_default_passwd_cb_userdata`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_default_passwd_cb_userdata(ssl: Option<&Ssl>, data: *mut c_void) {
    on_ssl(ssl, (), |ssl| {
        ssl.change(|settings| settings.verification.password.user_data = data);
    })
}

/// See [`SSL_CTX_set_default_passwd_cb`].
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_default_passwd_cb(ctx: Option<&Context>) -> pem_password_cb {
    on_ctx(ctx, None, |ctx| ctx.settings().verification.password.callback)
}

/// As [`SSL_CTX_get_default_passwd_cb`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_default_passwd_cb(ssl: Option<&Ssl>) -> pem_password_cb {
    on_ssl(ssl, None, |ssl| ssl.settings().verification.password.callback)
}

/// See [`SSL_CTX_set_default_passwd_cb_userdata`].
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_default_passwd_cb_userdata(ctx: Option<&Context>) -> *mut c_void {
    on_ctx(ctx, null_mut(), |ctx| ctx.settings().verification.password.user_data)
}

/// As [`SSL_CTX_get_default_passwd_cb_userdata`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_default_passwd_cb_userdata(ssl: Option<&Ssl>) -> *mut c_void {
    on_ssl(ssl, null_mut(), |ssl| ssl.settings().verification.password.user_data)
}
