//! Certificates for our own end.

use super::arguments::{bytes, null_argument, pointer, text};
use crate::boundary::{on_ctx, on_ssl};
use crate::certificates::{Asked, CertificateCallback, assign, chain, load};
use crate::context::Context;
use crate::crypto::key::Key;
use crate::crypto::x509::{Certificate, Certificates};
use crate::ssl::Ssl;
use crate::verification::ClientCertificateCallback;
use libc::{c_char, c_int, c_uchar, c_void};
use openssl_sys::{EVP_PKEY, OPENSSL_STACK, X509};
use std::ptr::null_mut;

/// The certificate for its kind of key, which becomes the current one. It is shared, not taken over. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `certificate` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_certificate(ctx: Option<&Context>, certificate: *mut X509) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ctx(ctx, 0, |ctx| match Certificate::share(certificate) {
            Some(certificate) => assign::use_certificate(ctx, &certificate).into(),
            None => null_argument(),
        })
    }
}

/// As [`SSL_CTX_use_certificate`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `certificate` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_certificate(ssl: Option<&Ssl>, certificate: *mut X509) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ssl(ssl, 0, |ssl| match Certificate::share(certificate) {
            Some(certificate) => assign::use_certificate(ssl, &certificate).into(),
            None => null_argument(),
        })
    }
}

/// The certificate in a file, `SSL_FILETYPE_PEM` or `SSL_FILETYPE_ASN1`. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_certificate_file(
    ctx: Option<&Context>,
    file: *const c_char,
    format: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ctx(ctx, 0, |ctx| text(file).is_some_and(|file| load::certificate_file(ctx, file, format)).into()) }
}

/// As [`SSL_CTX_use_certificate_file`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_certificate_file(ssl: Option<&Ssl>, file: *const c_char, format: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ssl(ssl, 0, |ssl| text(file).is_some_and(|file| load::certificate_file(ssl, file, format)).into()) }
}

/// The certificate in these bytes, DER. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `der` is NULL or has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_certificate_ASN1(
    ctx: Option<&Context>,
    length: c_int,
    der: *const c_uchar,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ctx(ctx, 0, |ctx| bytes(der, length.into()).is_some_and(|der| load::certificate_der(ctx, der)).into()) }
}

/// As [`SSL_CTX_use_certificate_ASN1`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `der` is NULL or has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_certificate_ASN1(ssl: Option<&Ssl>, der: *const c_uchar, length: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ssl(ssl, 0, |ssl| bytes(der, length.into()).is_some_and(|der| load::certificate_der(ssl, der)).into()) }
}

/// The certificate in a PEM file, and its chain, which follows it. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_certificate_chain_file(ctx: Option<&Context>, file: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ctx(ctx, 0, |ctx| text(file).is_some_and(|file| load::chain_file(ctx, file)).into()) }
}

/// As [`SSL_CTX_use_certificate_chain_file`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_certificate_chain_file(ssl: Option<&Ssl>, file: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ssl(ssl, 0, |ssl| text(file).is_some_and(|file| load::chain_file(ssl, file)).into()) }
}

/// A certificate with its key and chain, all or nothing; `replace` is 0 where nothing may be there yet. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; the others are NULL or alive, `chain` a `STACK_OF(X509)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_use_cert_and_key(
    ctx: Option<&Context>,
    certificate: *mut X509,
    key: *mut EVP_PKEY,
    chain: *mut OPENSSL_STACK,
    replace: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ctx(ctx, 0, |ctx| {
            let Some(certificate) = Certificate::share(certificate) else { return null_argument() };
            let (key, chain) = (Key::share(key), Certificates::share(chain));
            assign::use_both(ctx, &certificate, key.as_ref(), chain, replace != 0).into()
        })
    }
}

/// As [`SSL_CTX_use_cert_and_key`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; the others are NULL or alive, `chain` a `STACK_OF(X509)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_use_cert_and_key(
    ssl: Option<&Ssl>,
    certificate: *mut X509,
    key: *mut EVP_PKEY,
    chain: *mut OPENSSL_STACK,
    replace: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ssl(ssl, 0, |ssl| {
            let Some(certificate) = Certificate::share(certificate) else { return null_argument() };
            let (key, chain) = (Key::share(key), Certificates::share(chain));
            assign::use_both(ssl, &certificate, key.as_ref(), chain, replace != 0).into()
        })
    }
}

/// The current certificate, or NULL. It stays the context's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get0_certificate(ctx: Option<&Context>) -> *mut X509 {
    on_ctx(ctx, null_mut(), |ctx| pointer(ctx.settings().certificates.current().certificate.as_ref()))
}

/// The current certificate, or NULL. It stays the connection's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_certificate(ssl: Option<&Ssl>) -> *mut X509 {
    on_ssl(ssl, null_mut(), |ssl| pointer(ssl.settings().certificates.current().certificate.as_ref()))
}

/// Forgets certificates, keys and chains.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_certs_clear(ssl: Option<&Ssl>) {
    on_ssl(ssl, (), |ssl| {
        drop(chain::change(ssl, |certificates| certificates.clear()));
    })
}

/// Asks `callback` before a certificate is chosen; NULL asks nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_cert_cb(
    ctx: Option<&Context>,
    callback: Option<CertificateCallback>,
    argument: *mut c_void,
) {
    on_ctx(ctx, (), |ctx| {
        let asked = callback.map(|callback| Asked { callback, argument });
        chain::change(ctx, |certificates| certificates.asked = asked);
    })
}

/// As [`SSL_CTX_set_cert_cb`], for one connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_cert_cb(ssl: Option<&Ssl>, callback: Option<CertificateCallback>, argument: *mut c_void) {
    on_ssl(ssl, (), |ssl| {
        let asked = callback.map(|callback| Asked { callback, argument });
        chain::change(ssl, |certificates| certificates.asked = asked);
    })
}

/// Asks `callback` for a client's certificate where it has none and a server asks; NULL asks nobody.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_client_cert_cb(ctx: Option<&Context>, callback: Option<ClientCertificateCallback>) {
    on_ctx(ctx, (), |ctx| {
        ctx.trust.set_client_certificate(callback);
    })
}

/// See [`SSL_CTX_set_client_cert_cb`].
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_client_cert_cb(ctx: Option<&Context>) -> Option<ClientCertificateCallback> {
    on_ctx(ctx, None, |ctx| ctx.trust.client_certificate())
}
