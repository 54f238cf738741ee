//! A connection's course: roles, the handshake, the shutdown, and what a call that failed waits for.

use crate::boundary::on_ssl;
use crate::context::Context;
use crate::error::{self, Reason};
use crate::ssl::{Failed, Role, Ssl, Stage};
use libc::{c_char, c_int, c_void};
use sslmode_tls::record::Version;
use std::ptr::null_mut;
use std::sync::Arc;

/// 1, or what a call that failed returns.
fn done(result: Result<(), Failed>) -> c_int {
    match result {
        Ok(()) => 1,
        Err(Failed(returned)) => returned,
    }
}

/// The connection is a client from here on; what it was before is forgotten, its settings and BIOs stay.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_connect_state(ssl: Option<&Ssl>) {
    on_ssl(ssl, (), |ssl| ssl.set_role(Role::Client))
}

/// The connection is a server from here on; what it was before is forgotten, its settings and BIOs stay.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_accept_state(ssl: Option<&Ssl>) {
    on_ssl(ssl, (), |ssl| ssl.set_role(Role::Server))
}

/// Does the handshake as a client, unless the connection is a server already. Returns 1, or -1 or 0: see
/// `SSL_get_error`.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_connect(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, -1, |ssl| done(ssl.handshake_as(Role::Client)))
}

/// Does the handshake as a server, unless the connection is a client already. Returns as [`SSL_connect`].
#[unsafe(no_mangle)]
pub extern "C" fn SSL_accept(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, -1, |ssl| done(ssl.handshake_as(Role::Server)))
}

/// Does the handshake in the role that was set; later sends what is due, such as a key update. Returns as
/// [`SSL_connect`].
#[unsafe(no_mangle)]
pub extern "C" fn SSL_do_handshake(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, -1, |ssl| done(ssl.do_handshake()))
}

/// Sends close_notify; called again, also waits for the peer's. Returns 0 after the first, 1 when both are through, or
/// -1: see `SSL_get_error`.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_shutdown(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, -1, |ssl| ssl.shut_down().unwrap_or_else(|Failed(returned)| returned))
}

/// `SSL_SENT_SHUTDOWN` (1) and `SSL_RECEIVED_SHUTDOWN` (2), added; 0 for neither.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_shutdown(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| ssl.shutdown_state().into())
}

/// Sets what [`SSL_get_shutdown`] answers, and with it what further calls do.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_shutdown(ssl: Option<&Ssl>, mode: c_int) {
    on_ssl(ssl, (), |ssl| ssl.set_shutdown_state(mode as u8))
}

/// What the last call on the connection, which returned `ret`, wants: an `SSL_ERROR_…`. To be asked on the same
/// thread, with the error queue empty before that call.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_error(ssl: Option<&Ssl>, ret: c_int) -> c_int {
    /// `SSL_ERROR_SSL`: what a connection gets that is none, or was poisoned.
    const ERROR_SSL: c_int = 1;
    on_ssl(ssl, ERROR_SSL, |ssl| ssl.get_error(ret))
}

/// What the connection waits for: `SSL_NOTHING` (1), `SSL_WRITING` (2), `SSL_READING` (3) ...
#[unsafe(no_mangle)]
pub extern "C" fn SSL_want(ssl: Option<&Ssl>) -> c_int {
    const NOTHING: c_int = 1;
    on_ssl(ssl, NOTHING, |ssl| ssl.want())
}

/// 1 until the handshake is done, and again where an error ended the connection.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_in_init(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 1, |ssl| c_int::from(ssl.stage() != Stage::Open))
}

/// 1 until the first call that begins the handshake.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_in_before(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| c_int::from(ssl.stage() == Stage::Before))
}

/// 1 when the handshake is done.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_init_finished(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| c_int::from(ssl.stage() == Stage::Open))
}

/// 1 for a server, also where only the method says so.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_server(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| c_int::from(ssl.is_server()))
}

/// Forgets the connection, to begin another with the same settings and BIOs. Returns 1, or 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_clear(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| {
        ssl.clear();
        1
    })
}

/// Before the handshake: a copy with the same settings, mask and data, and copies of the BIOs. Later: the same
/// connection, with a reference more. NULL where it cannot be had.
///
/// # Safety
/// `ssl` is NULL or holds a reference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_dup(ssl: Option<&Ssl>) -> *mut Ssl {
    // SAFETY: the caller's promise is that of this function; the pointer came from `Arc::into_raw`.
    unsafe {
        on_ssl(ssl, null_mut(), |this| {
            if this.stage() == Stage::Before {
                return this.duplicate().map_or(null_mut(), |copy| Arc::into_raw(copy).cast_mut());
            }
            Arc::increment_strong_count(this);
            std::ptr::from_ref(this).cast_mut()
        })
    }
}

/// The context that the connection belongs to, without a reference.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_SSL_CTX(ssl: Option<&Ssl>) -> *mut Context {
    on_ssl(ssl, null_mut(), |ssl| Arc::as_ptr(&ssl.context()).cast_mut())
}

/// Moves the connection to another context, whose certificates it takes over; its mask stays. NULL means the context
/// that it was made with. Returns the context, or NULL.
///
/// # Safety
/// `ssl` is NULL or holds a reference; `ctx` is NULL or holds one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_SSL_CTX(ssl: Option<&Ssl>, ctx: Option<&Context>) -> *mut Context {
    // SAFETY: the caller's promises; a context's pointer came from `Arc::into_raw`.
    unsafe {
        on_ssl(ssl, null_mut(), |ssl| {
            let context = match ctx {
                None => ssl.first_context(),
                Some(ctx) => {
                    Arc::increment_strong_count(ctx);
                    Arc::from_raw(ctx)
                }
            };
            let pointer = Arc::as_ptr(&context).cast_mut();
            ssl.set_context(context);
            pointer
        })
    }
}

/// `TLS1_3_VERSION`, `TLS1_2_VERSION`; before the handshake the highest that is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_version(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| ssl.version().number().into())
}

/// "TLSv1.3", "TLSv1.2"; before the handshake that of the highest version that is allowed. Static.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_version(ssl: Option<&Ssl>) -> *const c_char {
    let name = on_ssl(ssl, c"unknown", |ssl| match ssl.version() {
        Version::Tls13 => c"TLSv1.3",
        Version::Tls12 => c"TLSv1.2",
    });
    name.as_ptr()
}

/// 0: there is no DTLS here.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_is_dtls(_ssl: Option<&Ssl>) -> c_int {
    0
}

/// Makes a key update due, with (1, `SSL_KEY_UPDATE_REQUESTED`) or without (0) a request for the peer's; it goes out
/// with the next `SSL_do_handshake` or `SSL_write`. Returns 1, or 0: not TLS 1.3, the handshake is not done, a write
/// is pending.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_key_update(ssl: Option<&Ssl>, updatetype: c_int) -> c_int {
    on_ssl(ssl, 0, |ssl| match updatetype {
        0 | 1 => c_int::from(ssl.update_keys(updatetype == 1).is_ok()),
        _ => {
            error::put(Reason::INVALID_KEY_UPDATE_TYPE);
            0
        }
    })
}

/// -1 (`SSL_KEY_UPDATE_NONE`), or the type of the key update that is due.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_key_update_type(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, -1, |ssl| ssl.due_key_update().map_or(-1, c_int::from))
}

/// Renegotiation is not there: 0, with the reason.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_renegotiate(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| {
        error::put(match ssl.version() {
            Version::Tls13 => Reason::WRONG_SSL_VERSION,
            Version::Tls12 => Reason::NO_RENEGOTIATION,
        });
        0
    })
}

/// As [`SSL_renegotiate`].
#[unsafe(no_mangle)]
pub extern "C" fn SSL_renegotiate_abbreviated(ssl: Option<&Ssl>) -> c_int {
    SSL_renegotiate(ssl)
}

/// 0: see [`SSL_renegotiate`].
#[unsafe(no_mangle)]
pub extern "C" fn SSL_renegotiate_pending(_ssl: Option<&Ssl>) -> c_int {
    0
}

/// Keying material for the program (RFC 5705, RFC 8446 7.5). Returns 1, or 0 before the handshake is done.
///
/// # Safety
/// `ssl` is NULL or holds a reference; the buffers have the lengths given; without `use_context` the context is not
/// looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_export_keying_material(
    ssl: Option<&Ssl>,
    out: *mut u8,
    olen: usize,
    label: *const c_char,
    llen: usize,
    context: *const u8,
    contextlen: usize,
    use_context: c_int,
) -> c_int {
    // SAFETY: the caller's promises.
    unsafe {
        on_ssl(ssl, 0, |ssl| {
            if out.is_null() || label.is_null() {
                error::put(Reason::PASSED_NULL_PARAMETER);
                return 0;
            }
            let label = std::slice::from_raw_parts(label.cast::<u8>(), llen);
            let context = (use_context != 0)
                .then(|| if context.is_null() { &[][..] } else { std::slice::from_raw_parts(context, contextlen) });
            c_int::from(ssl.export(label, context, std::slice::from_raw_parts_mut(out, olen)))
        })
    }
}

/// Frees the record buffers if they are empty, as RELEASE_BUFFERS would. Returns 1, or 0 where bytes wait in one.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_free_buffers(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| c_int::from(ssl.free_buffers()))
}

/// Buffers are allocated when bytes come; nothing is to be done before. Returns 1.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_alloc_buffers(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |_| 1)
}

/// Stateless servers (HelloRetryRequest with a cookie) are not there: -1.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_stateless(_ssl: Option<&Ssl>) -> c_int {
    error::put(Reason::SHOULD_NOT_HAVE_BEEN_CALLED);
    -1
}

/// DTLS is not there: -1.
#[unsafe(no_mangle)]
pub extern "C" fn DTLSv1_listen(_ssl: Option<&Ssl>, _peer: *mut c_void) -> c_int {
    error::put(Reason::SHOULD_NOT_HAVE_BEEN_CALLED);
    -1
}
