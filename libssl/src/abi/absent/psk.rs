//! Keys agreed on beforehand, and secrets and tickets of the program's own making (EAP-FAST): they are not there.

use super::unsupported;
use crate::context::Context;
use crate::ssl::Ssl;
use libc::{c_char, c_int, c_void};
use std::ptr::null;

/// It is never called: no key is ever agreed on beforehand.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_psk_client_callback(_ctx: Option<&Context>, _callback: Option<unsafe extern "C" fn()>) {}

/// It is never called: no key is ever agreed on beforehand.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_psk_server_callback(_ctx: Option<&Context>, _callback: Option<unsafe extern "C" fn()>) {}

/// It is never called: no key is ever agreed on beforehand.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_psk_find_session_callback(_ctx: Option<&Context>, _callback: Option<unsafe extern "C" fn()>) {
}

/// It is never called: no key is ever agreed on beforehand.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_psk_use_session_callback(_ctx: Option<&Context>, _callback: Option<unsafe extern "C" fn()>) {}

/// No hint is what there is.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_use_psk_identity_hint(_ctx: Option<&Context>, hint: *const c_char) -> c_int {
    if hint.is_null() { 1 } else { unsupported(0) }
}

/// It is never called: no key is ever agreed on beforehand.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_psk_client_callback(_ssl: Option<&Ssl>, _callback: Option<unsafe extern "C" fn()>) {}

/// It is never called: no key is ever agreed on beforehand.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_psk_server_callback(_ssl: Option<&Ssl>, _callback: Option<unsafe extern "C" fn()>) {}

/// It is never called: no key is ever agreed on beforehand.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_psk_find_session_callback(_ssl: Option<&Ssl>, _callback: Option<unsafe extern "C" fn()>) {}

/// It is never called: no key is ever agreed on beforehand.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_psk_use_session_callback(_ssl: Option<&Ssl>, _callback: Option<unsafe extern "C" fn()>) {}

/// No hint is what there is.
#[unsafe(no_mangle)]
extern "C" fn SSL_use_psk_identity_hint(_ssl: Option<&Ssl>, hint: *const c_char) -> c_int {
    if hint.is_null() { 1 } else { unsupported(0) }
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_psk_identity(_ssl: Option<&Ssl>) -> *const c_char {
    null()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_psk_identity_hint(_ssl: Option<&Ssl>) -> *const c_char {
    null()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_session_secret_cb(
    _ssl: Option<&Ssl>,
    _callback: Option<unsafe extern "C" fn()>,
    _argument: *mut c_void,
) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_session_ticket_ext(_ssl: Option<&Ssl>, _data: *mut c_void, _length: c_int) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_session_ticket_ext_cb(
    _ssl: Option<&Ssl>,
    _callback: Option<unsafe extern "C" fn()>,
    _argument: *mut c_void,
) -> c_int {
    unsupported(0)
}
