//! Private keys for our own end, and the passwords of their files.

use super::arguments::{bytes, null_argument, pointer, text};
use crate::boundary::{with_ctx, with_ssl};
use crate::certificates::{assign, load};
use crate::context::Context;
use crate::crypto::key::Key;
use crate::error::{self, Reason};
use crate::ssl::Ssl;
use libc::{c_char, c_int, c_long, c_uchar, c_void};
use openssl_sys::{EVP_PKEY, RSA, pem_password_cb};
use std::ptr::null_mut;

/// The key for the certificate of its kind, which becomes the current one. It is shared, not taken over. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `key` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_PrivateKey(ctx: *mut Context, key: *mut EVP_PKEY) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        with_ctx(ctx, 0, |ctx| match Key::share(key) {
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
pub unsafe extern "C" fn SSL_use_PrivateKey(ssl: *mut Ssl, key: *mut EVP_PKEY) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, 0, |ssl| match Key::share(key) {
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
pub unsafe extern "C" fn SSL_CTX_use_PrivateKey_file(ctx: *mut Context, file: *const c_char, format: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, 0, |ctx| text(file).is_some_and(|file| load::key_file(ctx, file, format)).into()) }
}

/// As [`SSL_CTX_use_PrivateKey_file`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_PrivateKey_file(ssl: *mut Ssl, file: *const c_char, format: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, 0, |ssl| text(file).is_some_and(|file| load::key_file(ssl, file, format)).into()) }
}

/// The key of this kind (`EVP_PKEY_RSA`, ...) in these bytes, DER. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `der` is NULL or has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_PrivateKey_ASN1(
    kind: c_int,
    ctx: *mut Context,
    der: *const c_uchar,
    length: c_long,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, 0, |ctx| bytes(der, length).is_some_and(|der| load::key_der(ctx, kind, der)).into()) }
}

/// As [`SSL_CTX_use_PrivateKey_ASN1`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `der` is NULL or has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_PrivateKey_ASN1(
    kind: c_int,
    ssl: *mut Ssl,
    der: *const c_uchar,
    length: c_long,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, 0, |ssl| bytes(der, length).is_some_and(|der| load::key_der(ssl, kind, der)).into()) }
}

/// An RSA key. It is shared, not taken over. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `key` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_RSAPrivateKey(ctx: *mut Context, key: *mut RSA) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        with_ctx(ctx, 0, |ctx| {
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
pub unsafe extern "C" fn SSL_use_RSAPrivateKey(ssl: *mut Ssl, key: *mut RSA) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, 0, |ssl| {
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
    ctx: *mut Context,
    file: *const c_char,
    format: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, 0, |ctx| text(file).is_some_and(|file| load::rsa_key_file(ctx, file, format)).into()) }
}

/// As [`SSL_CTX_use_RSAPrivateKey_file`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_RSAPrivateKey_file(ssl: *mut Ssl, file: *const c_char, format: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, 0, |ssl| text(file).is_some_and(|file| load::rsa_key_file(ssl, file, format)).into()) }
}

/// The RSA key in these bytes, DER. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `der` is NULL or has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_RSAPrivateKey_ASN1(
    ctx: *mut Context,
    der: *const c_uchar,
    length: c_long,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, 0, |ctx| bytes(der, length).is_some_and(|der| load::rsa_key_der(ctx, der)).into()) }
}

/// As [`SSL_CTX_use_RSAPrivateKey_ASN1`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `der` is NULL or has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_RSAPrivateKey_ASN1(ssl: *mut Ssl, der: *const c_uchar, length: c_long) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, 0, |ssl| bytes(der, length).is_some_and(|der| load::rsa_key_der(ssl, der)).into()) }
}

/// Whether the current certificate and the current key are there and belong together. Returns 1, or 0 with the reason in
/// the queue.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_check_private_key(ctx: *const Context) -> c_int {
    if ctx.is_null() {
        error::put(Reason::NO_CERTIFICATE_ASSIGNED);
        return 0;
    }
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, 0, |ctx| assign::check_key(ctx).into()) }
}

/// As [`SSL_CTX_check_private_key`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_check_private_key(ssl: *const Ssl) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, 0, |ssl| assign::check_key(ssl).into()) }
}

/// The current key, or NULL. It stays the context's.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get0_privatekey(ctx: *const Context) -> *mut EVP_PKEY {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, null_mut(), |ctx| pointer(ctx.settings().certificates.current().key.as_ref())) }
}

/// The current key, or NULL. It stays the connection's.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_privatekey(ssl: *const Ssl) -> *mut EVP_PKEY {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, null_mut(), |ssl| pointer(ssl.settings().certificates.current().key.as_ref())) }
}

/// Asks `callback` for the passwords of keys in files; NULL leaves it to libcrypto.
///
/// # Safety
/// `ctx` is NULL or holds a reference; the callback may be called while files are read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_default_passwd_cb(ctx: *mut Context, callback: pem_password_cb) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ctx(ctx, (), |ctx| {
            ctx.change(|settings| settings.verification.password.callback = callback);
        })
    }
}

/// As [`SSL_CTX_set_default_passwd_cb`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; the callback may be called while files are read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_default_passwd_cb(ssl: *mut Ssl, callback: pem_password_cb) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, (), |ssl| {
            ssl.change(|settings| settings.verification.password.callback = callback);
        })
    }
}

/// What the password callback is handed; without a callback the password itself.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `data` is what the password callback expects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_default_passwd_cb_userdata(ctx: *mut Context, data: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ctx(ctx, (), |ctx| {
            ctx.change(|settings| settings.verification.password.user_data = data);
        })
    }
}

/// As [`SSL_CTX_set_default_passwd_cb_userdata`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `data` is what the password callback expects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_default_passwd_cb_userdata(ssl: *mut Ssl, data: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe {
        with_ssl(ssl, (), |ssl| {
            ssl.change(|settings| settings.verification.password.user_data = data);
        })
    }
}

/// See [`SSL_CTX_set_default_passwd_cb`].
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_default_passwd_cb(ctx: *mut Context) -> pem_password_cb {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, None, |ctx| ctx.settings().verification.password.callback) }
}

/// As [`SSL_CTX_get_default_passwd_cb`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_default_passwd_cb(ssl: *mut Ssl) -> pem_password_cb {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, None, |ssl| ssl.settings().verification.password.callback) }
}

/// See [`SSL_CTX_set_default_passwd_cb_userdata`].
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_get_default_passwd_cb_userdata(ctx: *mut Context) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { with_ctx(ctx, null_mut(), |ctx| ctx.settings().verification.password.user_data) }
}

/// As [`SSL_CTX_get_default_passwd_cb_userdata`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_get_default_passwd_cb_userdata(ssl: *mut Ssl) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { with_ssl(ssl, null_mut(), |ssl| ssl.settings().verification.password.user_data) }
}
