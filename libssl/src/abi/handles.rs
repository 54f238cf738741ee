//! Contexts and connections made, counted and freed.

use crate::boundary::{guard, on_ctx};
use crate::context::Context;
use crate::error::{self, Reason};
use crate::method::Method;
use crate::ssl::Ssl;
use libc::{c_char, c_int, c_void};
use std::ptr::null_mut;
use std::sync::Arc;

/// Loads the names of our reasons; libcrypto needs nothing of us. Returns 1.
#[unsafe(no_mangle)]
pub extern "C" fn OPENSSL_init_ssl(_options: u64, _settings: *const c_void) -> c_int {
    guard(0, || {
        error::load_names();
        1
    })
}

/// A new context with one reference, or NULL where `method` is NULL.
///
/// # Safety
/// `method` is NULL or a method of this library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_new(method: *const Method) -> *mut Context {
    guard(null_mut(), || {
        // SAFETY: methods are statics.
        match unsafe { method.as_ref() } {
            Some(method) if !method.is_available => {
                error::put(Reason::UNSUPPORTED_PROTOCOL);
                null_mut()
            }
            Some(method) => Arc::into_raw(Context::new(method)).cast_mut(),
            None => {
                error::put(Reason::NULL_SSL_METHOD_PASSED);
                null_mut()
            }
        }
    })
}

/// As [`SSL_CTX_new`]; the library context and the property query are libcrypto's affair and not used.
///
/// # Safety
/// As for [`SSL_CTX_new`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_new_ex(
    _libctx: *mut c_void,
    _properties: *const c_char,
    method: *const Method,
) -> *mut Context {
    // SAFETY: the caller's promise is the same.
    unsafe { SSL_CTX_new(method) }
}

/// Adds a reference. Returns 1, or 0 for NULL.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_up_ref(ctx: Option<&Context>) -> c_int {
    // SAFETY: a pointer that is not NULL came from `Arc::into_raw` and is still counted.
    unsafe {
        on_ctx(ctx, 0, |ctx| {
            Arc::increment_strong_count(ctx);
            1
        })
    }
}

/// Gives a reference back; NULL is nothing.
///
/// # Safety
/// `ctx` is NULL or holds a reference, which ends here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_CTX_free(ctx: *mut Context) {
    if !ctx.is_null() {
        // SAFETY: the pointer came from `Arc::into_raw`, and its reference is the caller's to give.
        guard((), || drop(unsafe { Arc::from_raw(ctx) }));
    }
}

/// A new connection with one reference, or NULL where `ctx` is NULL.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_new(ctx: Option<&Context>) -> *mut Ssl {
    // SAFETY: the caller's promise is the same; a pointer that is not NULL came from `Arc::into_raw`.
    unsafe {
        on_ctx(ctx, null_mut(), |ctx| {
            Arc::increment_strong_count(ctx);
            Arc::into_raw(Ssl::new(&Arc::from_raw(ctx))).cast_mut()
        })
    }
}

/// Adds a reference. Returns 1, or 0 for NULL.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_up_ref(ssl: *mut Ssl) -> c_int {
    if ssl.is_null() {
        return 0;
    }
    // SAFETY: the pointer came from `Arc::into_raw` and is still counted.
    unsafe { Arc::increment_strong_count(ssl) };
    1
}

/// Gives a reference back; NULL is nothing.
///
/// # Safety
/// `ssl` is NULL or holds a reference, which ends here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_free(ssl: *mut Ssl) {
    if !ssl.is_null() {
        // SAFETY: the pointer came from `Arc::into_raw`, and its reference is the caller's to give.
        guard((), || drop(unsafe { Arc::from_raw(ssl) }));
    }
}
