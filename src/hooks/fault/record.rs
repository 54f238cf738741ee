//! A key update to the peer, and record buffers that are freed.

use super::wire;
use crate::host::Host;
use crate::openssl::ssl_st;
use libc::{c_char, c_int};
use sslmode_engine::lawful::Fault;
use std::ffi::CStr;
use std::ptr;

/// `SSL_KEY_UPDATE_NOT_REQUESTED`: one that is requested makes a peer that has closed its end answer with a reset.
const NOT_REQUESTED: c_int = 0;

/// Makes it, ahead of the call. False where this libssl cannot, or will not now.
pub fn make(fault: Fault, host: &Host, ssl: *mut ssl_st) -> bool {
    let made = match fault {
        Fault::KeyUpdate if wire::kernel_encrypts(host, ssl) || !is_idle(host, ssl) => None,
        // SAFETY: the handle is alive: the program has just called on it. This libssl owns it.
        Fault::KeyUpdate => host.below.key_update.map(|update| quietly(host, || unsafe { update(ssl, NOT_REQUESTED) })),
        Fault::Release if !is_idle(host, ssl) => None,
        // SAFETY: as above.
        Fault::Release => host.below.free_buffers.map(|free| quietly(host, || unsafe { free(ssl) })),
        Fault::WantWrite | Fault::WantRead | Fault::ShortWrite => None,
    };
    made == Some(1)
}

/// Whether no record is half read and none half taken by the program.
///
/// Versions before 3.0.14 free the buffer all the same and read from it afterwards (CVE-2024-4741). Those before 1.1.1l
/// lose their place in a half-read record when they update the key (openssl issue 13729).
fn is_idle(host: &Host, ssl: *mut ssl_st) -> bool {
    let below = &host.below;
    // SAFETY: the handle is alive, and this libssl owns it; the text is one of its constants.
    unsafe {
        let state: *const c_char = below.rstate_string.map_or(ptr::null(), |state| state(ssl));
        // BoringSSL has neither the function nor these mistakes.
        let is_between_records = state.is_null() || CStr::from_ptr(state) == c"RH";
        is_between_records
            && below.pending.is_some_and(|pending| pending(ssl) == 0)
            && below.has_pending.is_none_or(|has_pending| has_pending(ssl) == 0)
    }
}

/// What the call leaves in the error queue is not the program's.
fn quietly(host: &Host, call: impl FnOnce() -> c_int) -> c_int {
    let (Some(set_mark), Some(pop_to_mark)) = (host.below.set_mark, host.below.pop_to_mark) else { return 0 };
    // SAFETY: neither takes anything; what is popped came after the mark.
    unsafe { set_mark() };
    let result = call();
    // SAFETY: as above.
    unsafe { pop_to_mark() };
    result
}
