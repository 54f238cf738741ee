//! What a program is told after a call: `SSL_get_error`, `SSL_want`, and the error queue.

use super::state::State;
use crate::host::{self, Host};
use crate::openssl::ssl_st;
use libc::{c_int, c_ulong};
use sslmode_engine::profile::Profile;
use sslmode_engine::write::{Outcome, Reason, SslError};
use std::ffi::CStr;
use std::sync::atomic::Ordering::Relaxed;

/// `SSL_NOTHING` and `SSL_WRITING`.
pub const WANT_NOTHING: c_int = 1;
pub const WANT_WRITING: c_int = 2;
/// `SSL_RECEIVED_SHUTDOWN`.
const RECEIVED_SHUTDOWN: c_int = 2;
/// `SSL_ERROR_ZERO_RETURN`.
const ERROR_ZERO_RETURN: c_int = 6;
/// `ERR_LIB_SYS`.
const LIBRARY_SYS: c_ulong = 2;

/// What `SSL_get_error` answers; None where the libssl underneath is to answer by itself.
pub fn get_error(host: &Host, ssl: *const ssl_st, result: c_int) -> Option<c_int> {
    let (profile, state) = kept(host, ssl)?;
    // SAFETY: it has no arguments and only looks.
    let first = host.below.peek_error.map_or(0, |peek_error| unsafe { peek_error() });
    if result > 0 {
        return Some(SslError::None as c_int);
    }
    if first != 0 && profile.dialect.judges_by_queue() {
        let is_system = is_system(host, first);
        return Some(if is_system { SslError::Syscall } else { SslError::Ssl } as c_int);
    }
    let is_over = state.is_over.load(Relaxed);
    if !is_over && state.want.load(Relaxed) == 0 {
        return None;
    }
    // SAFETY: the handle is alive: the program asks after it. This libssl owns it.
    let shutdown = host.below.get_shutdown.map_or(0, |get_shutdown| unsafe { get_shutdown(ssl) });
    if result == 0 && shutdown & RECEIVED_SHUTDOWN != 0 {
        return Some(ERROR_ZERO_RETURN);
    }
    Some(profile.writes.after_fatal.error as c_int).filter(|_| is_over).or(Some(SslError::Syscall as c_int))
}

/// What `SSL_want` answers; None where the libssl underneath is to answer by itself.
pub fn want(host: &Host, ssl: *const ssl_st) -> Option<c_int> {
    let (_, state) = kept(host, ssl)?;
    Some(state.want.load(Relaxed)).filter(|want| *want != 0)
}

/// What `SSL_want` says after a write that ended so; 0 where the libssl underneath has the last word: it may still be
/// waiting for its transport.
pub fn want_after(profile: &Profile, outcome: &Outcome) -> c_int {
    match outcome {
        Outcome::Error(_) | Outcome::Dead(_) | Outcome::Written(0) => WANT_NOTHING,
        Outcome::TransportFailed if profile.writes.failed_transport_is_wanted => WANT_WRITING,
        Outcome::TransportFailed => WANT_NOTHING,
        _ => 0,
    }
}

fn kept(host: &Host, ssl: *const ssl_st) -> Option<(&'static Profile, &'static State)> {
    let profile = super::of(host)?;
    let entry = host::kept(ssl.addr()).filter(|entry| entry.is_met())?;
    Some((profile, entry.profile()))
}

/// From 3.0 on a system's error is a flag and not a library.
fn is_system(host: &Host, error: c_ulong) -> bool {
    const FLAG: c_ulong = 1 << 31;
    match host.below.set_error.is_some() {
        true => error & FLAG != 0 || error >> 23 & 0xff == LIBRARY_SYS,
        false => error >> 24 & 0xff == LIBRARY_SYS,
    }
}

/// Puts a reason into the error queue of the thread, as this libssl's own functions would.
pub fn raise(host: &Host, reason: Reason) {
    let numbers = super::of(host).map(|profile| profile.writes.reasons);
    let Some(numbers) = numbers else { return };
    let (reason, function, place) = match reason {
        Reason::BadWriteRetry => (numbers.bad_write_retry, SSL3_WRITE_PENDING, c"ssl3_write_pending"),
        Reason::BadLength => (numbers.bad_length, SSL3_WRITE_BYTES, c"ssl3_write_bytes"),
    };
    const FILE: &CStr = c"libsslmode.so";
    let below = &host.below;
    // SAFETY: these functions take numbers and strings that live as long as the process; where the
    // format is NULL the arguments are not looked at.
    unsafe {
        match (below.new_error, below.set_error_place, below.set_error, below.put_error) {
            (Some(new), Some(set_place), Some(set), _) => {
                new();
                set_place(FILE.as_ptr(), 0, place.as_ptr());
                set(numbers.library, reason, std::ptr::null(), std::ptr::null_mut());
            }
            (.., Some(put)) => put(numbers.library, function, reason, FILE.as_ptr(), 0),
            _ => {}
        }
    }
}

/// `SSL_F_SSL3_WRITE_PENDING` and `SSL_F_SSL3_WRITE_BYTES`, up to 1.1.1.
const SSL3_WRITE_PENDING: c_int = 159;
const SSL3_WRITE_BYTES: c_int = 158;
