//! DTLS, which is not there.

use crate::context::Context;
use crate::ssl::Ssl;

#[unsafe(no_mangle)]
extern "C" fn DTLS_get_data_mtu(_ssl: Option<&Ssl>) -> usize {
    0
}

/// It is never called.
#[unsafe(no_mangle)]
extern "C" fn DTLS_set_timer_cb(_ssl: Option<&Ssl>, _callback: Option<unsafe extern "C" fn()>) {}

/// It is never called.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_cookie_generate_cb(_ctx: Option<&Context>, _callback: Option<unsafe extern "C" fn()>) {}

/// It is never called.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_cookie_verify_cb(_ctx: Option<&Context>, _callback: Option<unsafe extern "C" fn()>) {}

/// It is never called.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_stateless_cookie_generate_cb(
    _ctx: Option<&Context>,
    _callback: Option<unsafe extern "C" fn()>,
) {
}

/// It is never called.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_stateless_cookie_verify_cb(
    _ctx: Option<&Context>,
    _callback: Option<unsafe extern "C" fn()>,
) {
}
