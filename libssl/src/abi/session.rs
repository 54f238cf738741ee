//! `SSL_SESSION`: what a session says of itself.

use crate::boundary::{answer, bytes, guard, string};
use crate::cipher::Cipher;
use crate::error::{self, Reason};
use crate::session::{self, Data, Session};
use crate::settings::sessions::Id;
use libc::{c_char, c_int, c_long, c_uchar, c_uint, c_ulong, c_void};
use openssl_sys::X509;
use std::ffi::CString;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Runs `body` on what a session holds. NULL and panics answer `failed`.
fn on_data<R>(session: Option<&Session>, failed: R, body: impl FnOnce(&mut Data) -> R) -> R {
    match session {
        Some(session) => guard(failed, || body(&mut session.data())),
        None => failed,
    }
}

/// A pointer into what a session holds, and its length where C wants it.
fn part(session: Option<&Session>, length: *mut usize, find: impl Fn(&Data) -> Option<&[u8]>) -> *const c_uchar {
    on_data(session, null(), |data| {
        let found = find(data).filter(|found| !found.is_empty());
        // SAFETY: C's place.
        unsafe { answer(length, found.map_or(0, <[u8]>::len)) };
        found.map_or(null(), <[u8]>::as_ptr)
    })
}

/// An empty session with one reference, made now, with a timeout of 304 seconds. NULL if it cannot be made.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_new() -> *mut Session {
    guard(null_mut(), || Arc::into_raw(Session::new(Data::default())).cast_mut())
}

/// A copy with one reference and copies of the program's data; NULL for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_dup(session: Option<&Session>) -> *mut Session {
    let Some(session) = session else { return null_mut() };
    guard(null_mut(), || Arc::into_raw(session.duplicate()).cast_mut())
}

/// Adds a reference. Returns 1, or 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_up_ref(session: Option<&Session>) -> c_int {
    let Some(session) = session else { return 0 };
    // SAFETY: every session of C's came from `Arc::into_raw` and is still counted.
    unsafe { Arc::increment_strong_count(session) };
    1
}

/// Gives a reference back; NULL is nothing.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_free(session: *mut Session) {
    if !session.is_null() {
        // SAFETY: it came from `Arc::into_raw`, and its reference is the caller's to give.
        guard((), || drop(unsafe { Arc::from_raw(session) }));
    }
}

/// The session id and its length, 0 to 32 bytes, where `length` is not NULL. It stays the session's: until it is set
/// anew.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_get_id(session: Option<&Session>, length: *mut c_uint) -> *const c_uchar {
    on_data(session, null(), |data| {
        // SAFETY: C's place.
        unsafe { answer(length, data.id.as_bytes().len() as c_uint) };
        data.id.as_bytes().as_ptr()
    })
}

/// As [`SSL_SESSION_get_id`], for the session id context.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_get0_id_context(session: Option<&Session>, length: *mut c_uint) -> *const c_uchar {
    on_data(session, null(), |data| {
        // SAFETY: C's place.
        unsafe { answer(length, data.id_context.as_bytes().len() as c_uint) };
        data.id_context.as_bytes().as_ptr()
    })
}

fn new_id(id: *const c_uchar, length: c_uint, too_long: Reason) -> Option<Id> {
    // SAFETY: C's bytes, of which no more than fit are read.
    let id = if length > 32 { None } else { Id::new(unsafe { bytes(id, length as usize) }) };
    if id.is_none() {
        error::put(too_long);
    }
    id
}

/// Copies a session id of 0 to 32 bytes. Returns 1; 0 where it is longer, with the reason "ssl session id too long".
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set1_id(session: Option<&Session>, id: *const c_uchar, length: c_uint) -> c_int {
    on_data(session, 0, |data| {
        let Some(id) = new_id(id, length, Reason::SSL_SESSION_ID_TOO_LONG) else { return 0 };
        data.id = id;
        1
    })
}

/// As [`SSL_SESSION_set1_id`], for the session id context; the reason is "ssl session id context too long".
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set1_id_context(session: Option<&Session>, context: *const c_uchar, length: c_uint) -> c_int {
    on_data(session, 0, |data| {
        let Some(id) = new_id(context, length, Reason::SSL_SESSION_ID_CONTEXT_TOO_LONG) else { return 0 };
        data.id_context = id;
        1
    })
}

/// When it was made, in seconds since 1970; 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_time(session: Option<&Session>) -> c_long {
    on_data(session, 0, |data| data.time)
}

/// Sets the time, in seconds since 1970, and answers it; 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set_time(session: Option<&Session>, time: c_long) -> c_long {
    on_data(session, 0, |data| {
        data.time = time;
        time
    })
}

/// How long it can be resumed, in seconds from its time on; 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_timeout(session: Option<&Session>) -> c_long {
    on_data(session, 0, |data| data.timeout)
}

/// Sets what [`SSL_SESSION_get_timeout`] answers. Returns 1, or 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set_timeout(session: Option<&Session>, seconds: c_long) -> c_long {
    on_data(session, 0, |data| {
        data.timeout = seconds;
        1
    })
}

/// The version by number, such as 0x304; 0 where it was never set.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_protocol_version(session: Option<&Session>) -> c_int {
    on_data(session, 0, |data| data.version)
}

/// Sets the version, whatever the number. Returns 1, or 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set_protocol_version(session: Option<&Session>, version: c_int) -> c_int {
    on_data(session, 0, |data| {
        data.version = version;
        1
    })
}

/// The suite; static. NULL where there is none, or where it is not among those of this library.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get0_cipher(session: Option<&Session>) -> *const Cipher {
    on_data(session, null(), |data| data.cipher.map_or(null(), std::ptr::from_ref))
}

/// Sets the suite; NULL takes it away. Returns 1, or 0 for a session that is NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set_cipher(session: Option<&Session>, cipher: Option<&'static Cipher>) -> c_int {
    on_data(session, 0, |data| {
        data.cipher = cipher;
        1
    })
}

/// 1 where there is a ticket, or what a handshake left to resume by; else 0.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_has_ticket(session: Option<&Session>) -> c_int {
    on_data(session, 0, |data| (data.ticket.is_some() || data.resumption.is_some()).into())
}

/// How long the server keeps the ticket, in seconds; 0 where it is unknown.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_ticket_lifetime_hint(session: Option<&Session>) -> c_ulong {
    session.map_or(0, session::cache::lifetime_hint)
}

/// The ticket of a session that was decoded, and its length in bytes; else NULL and 0, since the tickets of handshakes
/// are not shown. It stays the session's. Either place may be NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_get0_ticket(
    session: Option<&Session>,
    ticket: *mut *const c_uchar,
    length: *mut usize,
) {
    let start = part(session, length, |data| data.ticket.as_deref());
    // SAFETY: C's place.
    unsafe { answer(ticket, start) };
}

/// 1 where there is an id or something to resume by, and it was not taken out of service; else 0.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_is_resumable(session: Option<&Session>) -> c_int {
    session.map_or(0, |session| guard(0, || session.is_resumable().into()))
}

/// The peer's certificate, or NULL; decoded when it is first asked for, and the session's.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get0_peer(session: Option<&Session>) -> *mut X509 {
    session.map_or(null_mut(), |session| guard(null_mut(), || session.peer()))
}

/// The server's name on a client, or NULL. It stays the session's: until it is set anew.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get0_hostname(session: Option<&Session>) -> *const c_char {
    on_data(session, null(), |data| data.host_name.as_ref().map_or(null(), |name| name.as_ptr()))
}

/// Copies a server's name; NULL takes it away. Returns 1, or 0 for a session that is NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_set1_hostname(session: Option<&Session>, name: *const c_char) -> c_int {
    on_data(session, 0, |data| {
        // SAFETY: C's string.
        data.host_name = unsafe { string(name) }.map(CString::from);
        1
    })
}

/// The protocol agreed on by ALPN and its length in bytes, or NULL and 0. It stays the session's: until it is set anew.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_get0_alpn_selected(
    session: Option<&Session>,
    name: *mut *const c_uchar,
    length: *mut usize,
) {
    let start = part(session, length, |data| data.alpn.as_deref());
    // SAFETY: C's place.
    unsafe { answer(name, start) };
}

/// Copies the name of a protocol; NULL or 0 bytes take it away. Returns 1, or 0 for a session that is NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_set1_alpn_selected(
    session: Option<&Session>,
    name: *const c_uchar,
    length: usize,
) -> c_int {
    on_data(session, 0, |data| {
        // SAFETY: C's bytes.
        let name = unsafe { bytes(name, length) };
        data.alpn = (!name.is_empty()).then(|| name.into());
        1
    })
}

/// The program's data for the ticket and their length in bytes, or NULL and 0. They stay the session's: until they are
/// set anew. Returns 1, or 0 for a session that is NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_get0_ticket_appdata(
    session: Option<&Session>,
    bytes: *mut *mut c_void,
    length: *mut usize,
) -> c_int {
    if session.is_none() {
        return 0;
    }
    let start = part(session, length, |data| data.ticket_data.as_deref());
    // SAFETY: C's place.
    unsafe { answer(bytes, start.cast_mut().cast()) };
    1
}

/// Copies the program's data for the ticket, to be asked for here; NULL or 0 bytes take them away. Returns 1, or 0 for
/// a session that is NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_set1_ticket_appdata(
    session: Option<&Session>,
    start: *const c_void,
    length: usize,
) -> c_int {
    on_data(session, 0, |data| {
        // SAFETY: C's bytes.
        let copy = unsafe { bytes(start.cast(), length) };
        data.ticket_data = (!copy.is_empty()).then(|| copy.into());
        1
    })
}

/// What [`SSL_SESSION_set_max_early_data`] set, in bytes; 0 by default.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_max_early_data(session: Option<&Session>) -> u32 {
    on_data(session, 0, |data| data.max_early_data)
}

/// Keeps a number of bytes: there is no early data. Returns 1, or 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set_max_early_data(session: Option<&Session>, length: u32) -> c_int {
    on_data(session, 0, |data| {
        data.max_early_data = length;
        1
    })
}

/// `TLSEXT_max_fragment_length_…` of a session that was decoded; else 0: the extension is not sent.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_max_fragment_length(session: Option<&Session>) -> u8 {
    on_data(session, 0, |data| data.max_fragment_length)
}

/// 0: there is no compression.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_compress_id(_session: Option<&Session>) -> c_uint {
    0
}

/// Copies up to `room` bytes of the master secret of TLS 1.2, or of what the program set, and returns how many; all
/// that there are where `room` is 0. There are none in TLS 1.3, whose secret is not shown.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_get_master_key(session: Option<&Session>, out: *mut c_uchar, room: usize) -> usize {
    on_data(session, 0, |data| {
        if room == 0 {
            return data.master_key.len();
        }
        let length = data.master_key.len().min(room);
        if !out.is_null() {
            // SAFETY: there is room for as many bytes.
            unsafe { out.copy_from_nonoverlapping(data.master_key.as_ptr(), length) };
        }
        length
    })
}

/// Copies a secret of 0 to 512 bytes, to be asked for and encoded: handshakes do not resume by it. Returns 1; 0 where
/// it is longer.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_set1_master_key(
    session: Option<&Session>,
    key: *const c_uchar,
    length: usize,
) -> c_int {
    on_data(session, 0, |data| {
        if length > session::encoding::LONGEST_KEY {
            return 0;
        }
        // SAFETY: C's bytes.
        data.master_key = Zeroizing::new(unsafe { bytes(key, length) }.into());
        1
    })
}
