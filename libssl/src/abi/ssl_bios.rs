//! Connections as BIOs (`BIO_f_ssl(3)`).

use crate::boundary::guard;
use crate::context::Context;
use crate::ssl::{Ssl, bio};
use libc::{c_int, c_long};
use openssl_sys::{BIO, BIO_METHOD, BIO_ctrl, BIO_free_all, BIO_new};
use std::ptr::null_mut;

const CLOSE: c_long = 1;
const C_SET_SSL: c_int = 109;
/// `BIO_TYPE_SSL`.
const TYPE_SSL: c_int = 7 | 0x0200;

unsafe extern "C" {
    fn BIO_f_buffer() -> *const BIO_METHOD;
    fn BIO_s_connect() -> *const BIO_METHOD;
    fn BIO_push(bio: *mut BIO, next: *mut BIO) -> *mut BIO;
    fn BIO_find_type(bio: *mut BIO, kind: c_int) -> *mut BIO;
    fn BIO_next(bio: *mut BIO) -> *mut BIO;
    fn BIO_method_type(bio: *const BIO) -> c_int;
}

/// The method of SSL BIOs: a connection that is read and written as a BIO. Static.
#[unsafe(no_mangle)]
pub extern "C" fn BIO_f_ssl() -> *const BIO_METHOD {
    guard(std::ptr::null(), bio::method)
}

/// An SSL BIO with a new connection of the context, a client or a server; it frees the connection with itself. NULL
/// where it cannot be made.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_new_ssl(ctx: *mut Context, client: c_int) -> *mut BIO {
    // SAFETY: the caller's promise; what is made here is given on or freed.
    unsafe {
        let ssl = super::handles::SSL_new(ctx.as_ref());
        let made = if ssl.is_null() { null_mut() } else { BIO_new(BIO_f_ssl()) };
        if made.is_null() {
            super::handles::SSL_free(ssl);
            return null_mut();
        }
        if client != 0 {
            super::connection::SSL_set_connect_state(ssl.as_ref());
        } else {
            super::connection::SSL_set_accept_state(ssl.as_ref());
        }
        BIO_ctrl(made, C_SET_SSL, CLOSE, ssl.cast());
        made
    }
}

/// An SSL BIO as a client before a connecting BIO, whose host and port are set with `BIO_set_conn_hostname`.
///
/// # Safety
/// `ctx` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_new_ssl_connect(ctx: *mut Context) -> *mut BIO {
    // SAFETY: the caller's promise; a chain takes over both BIOs.
    unsafe {
        let connect = BIO_new(BIO_s_connect());
        chain(BIO_new_ssl(ctx, 1), connect)
    }
}

/// As [`BIO_new_ssl_connect`], with a buffering BIO before it.
///
/// # Safety
/// As there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_new_buffer_ssl_connect(ctx: *mut Context) -> *mut BIO {
    // SAFETY: the caller's promise; a chain takes over both BIOs.
    unsafe {
        let buffer = BIO_new(BIO_f_buffer());
        chain(buffer, BIO_new_ssl_connect(ctx))
    }
}

/// # Safety
/// Both are NULL or BIOs that nobody else has.
unsafe fn chain(front: *mut BIO, back: *mut BIO) -> *mut BIO {
    // SAFETY: by the caller's promise.
    unsafe {
        if front.is_null() || back.is_null() {
            BIO_free_all(front);
            BIO_free_all(back);
            return null_mut();
        }
        BIO_push(front, back)
    }
}

/// The connection in a chain.
///
/// # Safety
/// `bio` is NULL or a chain of BIOs.
unsafe fn find(bio: *mut BIO) -> *mut Ssl {
    // SAFETY: by the caller's promise; a BIO of this type is one of ours.
    unsafe {
        let found = BIO_find_type(bio, TYPE_SSL);
        if found.is_null() { null_mut() } else { bio::connection(found) }
    }
}

/// Copies the session of the connection in one chain to that in another. Returns 1, or 0 where there is none.
///
/// # Safety
/// Both are chains of BIOs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_ssl_copy_session_id(to: *mut BIO, from: *mut BIO) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { super::sessions::SSL_copy_session_id(find(to).as_ref(), find(from).as_ref()) }
}

/// Shuts down every connection in a chain.
///
/// # Safety
/// `chain` is NULL or a chain of BIOs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn BIO_ssl_shutdown(chain: *mut BIO) {
    let mut bio = chain;
    while !bio.is_null() {
        // SAFETY: the caller's promise.
        unsafe {
            if BIO_method_type(bio) == TYPE_SSL {
                super::connection::SSL_shutdown(bio::connection(bio).as_ref());
            }
            bio = BIO_next(bio);
        }
    }
}
