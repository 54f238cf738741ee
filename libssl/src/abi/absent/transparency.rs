//! Certificate transparency (RFC 6962), which is not there.

use super::unless_none;
use super::unsupported;
use crate::context::Context;
use crate::ssl::Ssl;
use libc::{c_char, c_int, c_void};
use std::ptr::null_mut;

unsafe extern "C" {
    fn CTLOG_STORE_free(store: *mut c_void);
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_enable_ct(_ctx: Option<&Context>, _mode: c_int) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_enable_ct(_ssl: Option<&Ssl>, _mode: c_int) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_ct_is_enabled(_ctx: Option<&Context>) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn SSL_ct_is_enabled(_ssl: Option<&Ssl>) -> c_int {
    0
}

/// None is what there is.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_ct_validation_callback(
    _ctx: Option<&Context>,
    callback: Option<unsafe extern "C" fn()>,
    _argument: *mut c_void,
) -> c_int {
    unless_none(callback)
}

/// None is what there is.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_ct_validation_callback(
    _ssl: Option<&Ssl>,
    callback: Option<unsafe extern "C" fn()>,
    _argument: *mut c_void,
) -> c_int {
    unless_none(callback)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_default_ctlog_list_file(_ctx: Option<&Context>) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_ctlog_list_file(_ctx: Option<&Context>, _path: *const c_char) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get0_ctlog_store(_ctx: Option<&Context>) -> *mut c_void {
    null_mut()
}

/// The store is the callee's, which has no use for it.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CTX_set0_ctlog_store(_ctx: Option<&Context>, store: *mut c_void) {
    // SAFETY: a store of libcrypto's or NULL, which the caller gave away.
    unsafe { CTLOG_STORE_free(store) };
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get0_peer_scts(_ssl: Option<&Ssl>) -> *mut c_void {
    null_mut()
}
