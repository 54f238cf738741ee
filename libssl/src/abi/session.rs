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

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_new() -> *mut Session {
    guard(null_mut(), || Arc::into_raw(Session::new(Data::default())).cast_mut())
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_dup(session: Option<&Session>) -> *mut Session {
    let Some(session) = session else { return null_mut() };
    guard(null_mut(), || Arc::into_raw(session.duplicate()).cast_mut())
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_up_ref(session: Option<&Session>) -> c_int {
    let Some(session) = session else { return 0 };
    // SAFETY: every session of C's came from `Arc::into_raw` and is still counted.
    unsafe { Arc::increment_strong_count(session) };
    1
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_free(session: *mut Session) {
    if !session.is_null() {
        // SAFETY: it came from `Arc::into_raw`, and its reference is the caller's to give.
        guard((), || drop(unsafe { Arc::from_raw(session) }));
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_get_id(session: Option<&Session>, length: *mut c_uint) -> *const c_uchar {
    on_data(session, null(), |data| {
        // SAFETY: C's place.
        unsafe { answer(length, data.id.as_bytes().len() as c_uint) };
        data.id.as_bytes().as_ptr()
    })
}

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

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set1_id(session: Option<&Session>, id: *const c_uchar, length: c_uint) -> c_int {
    on_data(session, 0, |data| {
        let Some(id) = new_id(id, length, Reason::SSL_SESSION_ID_TOO_LONG) else { return 0 };
        data.id = id;
        1
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set1_id_context(session: Option<&Session>, context: *const c_uchar, length: c_uint) -> c_int {
    on_data(session, 0, |data| {
        let Some(id) = new_id(context, length, Reason::SSL_SESSION_ID_CONTEXT_TOO_LONG) else { return 0 };
        data.id_context = id;
        1
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_time(session: Option<&Session>) -> c_long {
    on_data(session, 0, |data| data.time)
}

/// Answers the time set.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set_time(session: Option<&Session>, time: c_long) -> c_long {
    on_data(session, 0, |data| {
        data.time = time;
        time
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_timeout(session: Option<&Session>) -> c_long {
    on_data(session, 0, |data| data.timeout)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set_timeout(session: Option<&Session>, seconds: c_long) -> c_long {
    on_data(session, 0, |data| {
        data.timeout = seconds;
        1
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_protocol_version(session: Option<&Session>) -> c_int {
    on_data(session, 0, |data| data.version)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set_protocol_version(session: Option<&Session>, version: c_int) -> c_int {
    on_data(session, 0, |data| {
        data.version = version;
        1
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get0_cipher(session: Option<&Session>) -> *const Cipher {
    on_data(session, null(), |data| data.cipher.map_or(null(), std::ptr::from_ref))
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set_cipher(session: Option<&Session>, cipher: Option<&'static Cipher>) -> c_int {
    on_data(session, 0, |data| {
        data.cipher = cipher;
        1
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_has_ticket(session: Option<&Session>) -> c_int {
    on_data(session, 0, |data| (data.ticket.is_some() || data.resumption.is_some()).into())
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_ticket_lifetime_hint(session: Option<&Session>) -> c_ulong {
    session.map_or(0, session::cache::lifetime_hint)
}

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

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_is_resumable(session: Option<&Session>) -> c_int {
    session.map_or(0, |session| guard(0, || session.is_resumable().into()))
}

/// The peer's certificate, decoded when it is first asked for; it stays the session's.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get0_peer(session: Option<&Session>) -> *mut X509 {
    session.map_or(null_mut(), |session| guard(null_mut(), || session.peer()))
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get0_hostname(session: Option<&Session>) -> *const c_char {
    on_data(session, null(), |data| data.host_name.as_ref().map_or(null(), |name| name.as_ptr()))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_set1_hostname(session: Option<&Session>, name: *const c_char) -> c_int {
    on_data(session, 0, |data| {
        // SAFETY: C's string.
        data.host_name = unsafe { string(name) }.map(CString::from);
        1
    })
}

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

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_max_early_data(session: Option<&Session>) -> u32 {
    on_data(session, 0, |data| data.max_early_data)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set_max_early_data(session: Option<&Session>, length: u32) -> c_int {
    on_data(session, 0, |data| {
        data.max_early_data = length;
        1
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_max_fragment_length(session: Option<&Session>) -> u8 {
    on_data(session, 0, |data| data.max_fragment_length)
}

/// None: there is no compression.
#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_compress_id(_session: Option<&Session>) -> c_uint {
    0
}

/// The secret as far as it was set by the program: that of our handshakes is not shown.
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

#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_set1_master_key(
    session: Option<&Session>,
    key: *const c_uchar,
    length: usize,
) -> c_int {
    const LONGEST: usize = 512;
    on_data(session, 0, |data| {
        if length > LONGEST {
            return 0;
        }
        // SAFETY: C's bytes.
        data.master_key = Zeroizing::new(unsafe { bytes(key, length) }.into());
        1
    })
}
