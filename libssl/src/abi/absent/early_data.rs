//! Early data, post-handshake authentication, tickets on demand: parts of TLS 1.3 that are not there.

use super::{failed, unsupported};
use crate::boundary::on_ssl;
use crate::context::Context;
use crate::error::Reason;
use crate::ssl::{Ssl, Stage};
use libc::{c_char, c_int, c_uchar, c_void};
use sslmode_tls::record::Version;

/// 0 is `SSL_READ_EARLY_DATA_ERROR`.
#[unsafe(no_mangle)]
extern "C" fn SSL_read_early_data(_ssl: Option<&Ssl>, _buffer: *mut c_void, _room: usize, _read: *mut usize) -> c_int {
    failed(Reason::SHOULD_NOT_HAVE_BEEN_CALLED, 0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_write_early_data(
    _ssl: Option<&Ssl>,
    _data: *const c_void,
    _length: usize,
    _written: *mut usize,
) -> c_int {
    failed(Reason::SHOULD_NOT_HAVE_BEEN_CALLED, 0)
}

/// 0 is `SSL_EARLY_DATA_NOT_SENT`.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_early_data_status(_ssl: Option<&Ssl>) -> c_int {
    0
}

/// It is never called.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_allow_early_data_cb(
    _ctx: Option<&Context>,
    _callback: Option<unsafe extern "C" fn()>,
    _argument: *mut c_void,
) {
}

/// It is never called.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_allow_early_data_cb(
    _ssl: Option<&Ssl>,
    _callback: Option<unsafe extern "C" fn()>,
    _argument: *mut c_void,
) {
}

#[unsafe(no_mangle)]
extern "C" fn SSL_export_keying_material_early(
    _ssl: Option<&Ssl>,
    _out: *mut c_uchar,
    _out_length: usize,
    _label: *const c_char,
    _label_length: usize,
    _context: *const c_uchar,
    _context_length: usize,
) -> c_int {
    unsupported(0)
}

/// A client never offers it.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_post_handshake_auth(_ctx: Option<&Context>, _yes: c_int) {}

/// A client never offers it.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_post_handshake_auth(_ssl: Option<&Ssl>, _yes: c_int) {}

/// No client is asked for a certificate after the handshake.
#[unsafe(no_mangle)]
extern "C" fn SSL_verify_client_post_handshake(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| {
        let is_tls13 = ssl.stage() == Stage::Open && ssl.version() == Version::Tls13;
        failed(
            match (is_tls13, ssl.is_server()) {
                (false, _) => Reason::WRONG_SSL_VERSION,
                (true, false) => Reason::NOT_SERVER,
                (true, true) => Reason::EXTENSION_NOT_RECEIVED,
            },
            0,
        )
    })
}

/// Tickets are sent with the handshake alone.
#[unsafe(no_mangle)]
extern "C" fn SSL_new_session_ticket(_ssl: Option<&Ssl>) -> c_int {
    0
}
