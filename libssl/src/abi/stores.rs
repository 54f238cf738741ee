//! Whom we trust.

use super::arguments::{optional_text, pointer, text};
use crate::boundary::on_ctx;
use crate::context::Context;
use crate::crypto::store::Store;
use libc::{c_char, c_int};
use openssl_sys::X509_STORE;
use std::ptr::null_mut;

/// Runs `load` on the context's store: 1 where there is one and it answers true.
fn in_store(ctx: &Context, load: impl FnOnce(&Store) -> bool) -> c_int {
    ctx.trust.store().is_some_and(|store| load(&store)).into()
}

/// Trusts the certificates in a PEM file, and those that will be in a folder; either may be NULL. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `file` and `path` are NULL or end with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_load_verify_locations(
    ctx: Option<&Context>,
    file: *const c_char,
    path: *const c_char,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        on_ctx(ctx, 0, |ctx| {
            let (file, path) = (optional_text(file), optional_text(path));
            let Some(store) = ctx.trust.store().filter(|_| file.is_some() || path.is_some()) else { return 0 };
            let loaded = file.is_none_or(|file| store.load_file(file));
            (loaded && path.is_none_or(|path| store.load_directory(path))).into()
        })
    }
}

/// Trusts the certificates in a PEM file. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `file` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_load_verify_file(ctx: Option<&Context>, file: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ctx(ctx, 0, |ctx| in_store(ctx, |store| text(file).is_some_and(|file| store.load_file(file)))) }
}

/// Trusts the certificates in a folder, as they are looked for. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `path` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_load_verify_dir(ctx: Option<&Context>, path: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ctx(ctx, 0, |ctx| in_store(ctx, |store| text(path).is_some_and(|path| store.load_directory(path)))) }
}

/// Trusts the certificates behind a URI, as they are looked for. Returns 1 or 0.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `uri` is NULL or ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_load_verify_store(ctx: Option<&Context>, uri: *const c_char) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { on_ctx(ctx, 0, |ctx| in_store(ctx, |store| text(uri).is_some_and(|uri| store.load_uri(uri)))) }
}

/// Trusts the file and the folder that libcrypto was built with. Returns 1, also where it does not exist.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_verify_paths(ctx: Option<&Context>) -> c_int {
    on_ctx(ctx, 0, |ctx| in_store(ctx, |store| store.set_default_places()))
}

/// Trusts the folder that libcrypto was built with. Returns 1, also where it does not exist.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_verify_dir(ctx: Option<&Context>) -> c_int {
    on_ctx(ctx, 0, |ctx| in_store(ctx, |store| store.set_default_directory()))
}

/// Trusts the file that libcrypto was built with. Returns 1, also where it does not exist.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_verify_file(ctx: Option<&Context>) -> c_int {
    on_ctx(ctx, 0, |ctx| in_store(ctx, |store| store.set_default_file()))
}

/// Trusts what is behind the URI that libcrypto was built with. Returns 1, also where there is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_default_verify_store(ctx: Option<&Context>) -> c_int {
    on_ctx(ctx, 0, |ctx| in_store(ctx, |store| store.set_default_uri()))
}

/// What is trusted. It stays the context's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_cert_store(ctx: Option<&Context>) -> *mut X509_STORE {
    on_ctx(ctx, null_mut(), |ctx| pointer(ctx.trust.store().as_ref()))
}

/// Trusts what is in `store`, which is taken over, and nothing else; NULL trusts nothing.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `store` is NULL, or its reference the caller's to give.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set_cert_store(ctx: Option<&Context>, store: *mut X509_STORE) {
    // SAFETY: the caller's promise.
    unsafe {
        on_ctx(ctx, (), |ctx| {
            drop(ctx.trust.set_store(Store::from_raw(store)));
        })
    }
}

/// As [`SSL_CTX_set_cert_store`], but shares `store`.
///
/// # Safety
/// `ctx` is NULL or holds a reference; `store` is NULL or alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_set1_cert_store(ctx: Option<&Context>, store: *mut X509_STORE) {
    // SAFETY: the caller's promise.
    unsafe {
        on_ctx(ctx, (), |ctx| {
            drop(ctx.trust.set_store(Store::share(store)));
        })
    }
}
