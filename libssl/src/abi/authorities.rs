//! Lists of names of authorities.

use super::arguments::{null_argument, text};
use crate::boundary::{guard, on_ctx, on_ssl};
use crate::context::Context;
use crate::crypto::x509::{Certificate, Names, copy_names};
use crate::ssl::Ssl;
use crate::verification::{Authorities, authorities};
use libc::{c_char, c_int, c_void};
use openssl_sys::{OPENSSL_STACK, X509};
use std::ffi::CStr;
use std::mem::ManuallyDrop;
use std::ptr::{null, null_mut};

fn list(names: &Option<Names>) -> *mut OPENSSL_STACK {
    names.as_ref().map_or(null_mut(), Names::as_ptr)
}

fn own_or_inherited(ssl: &Ssl, pick: impl Fn(&Authorities) -> *mut OPENSSL_STACK) -> *mut OPENSSL_STACK {
    let own = ssl.trust.authorities(|lists| pick(lists));
    if own.is_null() { ssl.context().trust.authorities(|lists| pick(lists)) } else { own }
}

/// # Safety
/// `names` is NULL or a `STACK_OF(X509_NAME)`; `place` is NULL or ends with a NUL.
unsafe fn into_list(
    names: *mut OPENSSL_STACK,
    place: *const c_char,
    add: impl FnOnce(&mut Names, &CStr) -> bool,
) -> c_int {
    // SAFETY: the caller's promise; the list stays the caller's.
    let (names, place) = unsafe { (Names::from_raw(names).map(ManuallyDrop::new), text(place)) };
    let Some(place) = place else { return 0 };
    let Some(mut names) = names else { return null_argument() };
    add(&mut names, place).into()
}

/// Names of authorities to be sent to the peer; the list is taken over, and NULL is none.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `names` is NULL, or a `STACK_OF(X509_NAME)` that is the caller's to give.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set0_CA_list(ctx: Option<&Context>, names: *mut OPENSSL_STACK) {
    // SAFETY: the caller's promise.
    unsafe {
        on_ctx(ctx, (), |ctx| {
            let names = Names::from_raw(names);
            drop(ctx.trust.authorities(|lists| std::mem::replace(&mut lists.any, names)));
        })
    }
}

/// As [`SSL_CTX_set0_CA_list`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `names` is NULL, or a `STACK_OF(X509_NAME)` that is the caller's to give.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_CA_list(ssl: Option<&Ssl>, names: *mut OPENSSL_STACK) {
    // SAFETY: the caller's promise.
    unsafe {
        on_ssl(ssl, (), |ssl| {
            let names = Names::from_raw(names);
            drop(ssl.trust.authorities(|lists| std::mem::replace(&mut lists.any, names)));
        })
    }
}

/// As [`SSL_CTX_set0_CA_list`], but sent by servers only, and in place of that list unless it is empty.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `names` is NULL, or a `STACK_OF(X509_NAME)` that is the caller's to give.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_client_CA_list(ctx: Option<&Context>, names: *mut OPENSSL_STACK) {
    // SAFETY: the caller's promise.
    unsafe {
        on_ctx(ctx, (), |ctx| {
            let names = Names::from_raw(names);
            drop(ctx.trust.authorities(|lists| std::mem::replace(&mut lists.for_clients, names)));
        })
    }
}

/// As [`SSL_CTX_set_client_CA_list`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `names` is NULL, or a `STACK_OF(X509_NAME)` that is the caller's to give.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_client_CA_list(ssl: Option<&Ssl>, names: *mut OPENSSL_STACK) {
    // SAFETY: the caller's promise.
    unsafe {
        on_ssl(ssl, (), |ssl| {
            let names = Names::from_raw(names);
            drop(ssl.trust.authorities(|lists| std::mem::replace(&mut lists.for_clients, names)));
        })
    }
}

/// The list of [`SSL_CTX_set0_CA_list`]. It stays the context's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get0_CA_list(ctx: Option<&Context>) -> *const OPENSSL_STACK {
    on_ctx(ctx, null(), |ctx| ctx.trust.authorities(|lists| list(&lists.any)))
}

/// As [`SSL_CTX_get0_CA_list`]; where the connection has no list of its own, its context's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_CA_list(ssl: Option<&Ssl>) -> *const OPENSSL_STACK {
    on_ssl(ssl, null(), |ssl| own_or_inherited(ssl, |lists| list(&lists.any)))
}

/// The list of [`SSL_CTX_set_client_CA_list`]. It stays the context's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_client_CA_list(ctx: Option<&Context>) -> *mut OPENSSL_STACK {
    on_ctx(ctx, null_mut(), |ctx| ctx.trust.authorities(|lists| list(&lists.for_clients)))
}

/// A server: as [`SSL_CTX_get_client_CA_list`], or its context's. A client: the names that the server sent, or NULL. It
/// stays the connection's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_client_CA_list(ssl: Option<&Ssl>) -> *mut OPENSSL_STACK {
    on_ssl(ssl, null_mut(), |ssl| {
        if !ssl.is_server() {
            return ssl.trust.asked(ssl.version());
        }
        own_or_inherited(ssl, |lists| list(&lists.for_clients))
    })
}

/// The names that the peer sent, or NULL. The list stays the connection's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_peer_CA_list(ssl: Option<&Ssl>) -> *const OPENSSL_STACK {
    on_ssl(ssl, null(), |ssl| ssl.trust.asked(ssl.version()))
}

/// Adds the subject of a certificate to the list of [`SSL_CTX_set0_CA_list`]. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `certificate` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_add1_to_CA_list(ctx: Option<&Context>, certificate: *const X509) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ctx(ctx, 0, |ctx| {
            Certificate::share(certificate.cast_mut())
                .is_some_and(|certificate| {
                    ctx.trust.authorities(|lists| authorities::add(&mut lists.any, &certificate))
                })
                .into()
        })
    }
}

/// As [`SSL_CTX_add1_to_CA_list`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `certificate` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add1_to_CA_list(ssl: Option<&Ssl>, certificate: *const X509) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ssl(ssl, 0, |ssl| {
            Certificate::share(certificate.cast_mut())
                .is_some_and(|certificate| {
                    ssl.trust.authorities(|lists| authorities::add(&mut lists.any, &certificate))
                })
                .into()
        })
    }
}

/// Adds the subject of a certificate to the list of [`SSL_CTX_set_client_CA_list`]. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `certificate` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_add_client_CA(ctx: Option<&Context>, certificate: *mut X509) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ctx(ctx, 0, |ctx| {
            Certificate::share(certificate)
                .is_some_and(|certificate| {
                    ctx.trust.authorities(|lists| authorities::add(&mut lists.for_clients, &certificate))
                })
                .into()
        })
    }
}

/// As [`SSL_CTX_add_client_CA`], for one connection.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `certificate` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add_client_CA(ssl: Option<&Ssl>, certificate: *mut X509) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ssl(ssl, 0, |ssl| {
            Certificate::share(certificate)
                .is_some_and(|certificate| {
                    ssl.trust.authorities(|lists| authorities::add(&mut lists.for_clients, &certificate))
                })
                .into()
        })
    }
}

/// A copy of a list of names, the caller's; of NULL an empty one.
///
/// # Safety
/// `names` is NULL or a `STACK_OF(X509_NAME)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_dup_CA_list(names: *const OPENSSL_STACK) -> *mut OPENSSL_STACK {
    // SAFETY: the caller's promise.
    guard(null_mut(), || unsafe { copy_names(names.cast_mut()) }.map_or(null_mut(), Names::into_raw))
}

/// The subjects in a PEM file, each once, the caller's; NULL where there is no certificate in it.
///
/// # Safety
/// `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_load_client_CA_file(file: *const c_char) -> *mut OPENSSL_STACK {
    // SAFETY: the caller's promise.
    guard(null_mut(), || unsafe { text(file) }.and_then(authorities::from_file).map_or(null_mut(), Names::into_raw))
}

/// As [`SSL_load_client_CA_file`]; the library context and the property query are libcrypto's affair and not used.
///
/// # Safety
/// As for [`SSL_load_client_CA_file`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_load_client_CA_file_ex(
    file: *const c_char,
    _libctx: *mut c_void,
    _properties: *const c_char,
) -> *mut OPENSSL_STACK {
    // SAFETY: the caller's promise is the same.
    unsafe { SSL_load_client_CA_file(file) }
}

/// Adds the subjects in a PEM file that `names` does not have. Returns 1, or 0 with the reason in the queue.
///
/// # Safety
/// `names` is NULL or a `STACK_OF(X509_NAME)`; `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add_file_cert_subjects_to_stack(names: *mut OPENSSL_STACK, file: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    guard(0, || unsafe { into_list(names, file, authorities::add_file) })
}

/// Adds the subjects in the PEM files of a folder that `names` does not have. Returns 1, or 0 with the reason in the
/// queue.
///
/// # Safety
/// `names` is NULL or a `STACK_OF(X509_NAME)`; `path` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add_dir_cert_subjects_to_stack(names: *mut OPENSSL_STACK, path: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    guard(0, || unsafe { into_list(names, path, authorities::add_directory) })
}

/// Adds the subjects behind a URI that `names` does not have. Returns 1, or 0 with the reason in the queue.
///
/// # Safety
/// `names` is NULL or a `STACK_OF(X509_NAME)`; `uri` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_add_store_cert_subjects_to_stack(names: *mut OPENSSL_STACK, uri: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    guard(0, || unsafe { into_list(names, uri, authorities::add_uri) })
}
