//! A key update to the peer, and record buffers that are freed.

use super::wire;
use crate::host::Host;
use crate::openssl::ssl_st;
use libc::{c_char, c_int};
use sslmode_engine::lawful::Fault;
use std::ffi::CStr;

/// `SSL_KEY_UPDATE_NOT_REQUESTED`: one that is requested makes a peer that has closed its end answer with a reset.
const NOT_REQUESTED: c_int = 0;

/// Whether the fault has a meaning at calls of this function.
pub fn fits(fault: Fault, function: &str) -> bool {
    let writes = matches!(function, "SSL_write" | "SSL_write_ex" | "SSL_write_ex2");
    let reads = matches!(function, "SSL_read" | "SSL_read_ex" | "SSL_peek" | "SSL_peek_ex");
    match fault {
        // It goes out with the data.
        Fault::KeyUpdate => writes,
        Fault::Release => writes || reads,
        Fault::WantWrite | Fault::WantRead | Fault::ShortWrite => true,
    }
}

/// Makes it, ahead of the call. False where this libssl cannot, or will not now.
pub fn make(fault: Fault, host: &Host, ssl: *mut ssl_st) -> bool {
    let made = match fault {
        Fault::KeyUpdate if wire::kernel_encrypts(host, ssl) => None,
        // SAFETY: the handle is alive: the program has just called on it. This libssl owns it.
        Fault::KeyUpdate => host.below.key_update.map(|update| quietly(host, || unsafe { update(ssl, NOT_REQUESTED) })),
        Fault::Release if !is_idle(host, ssl) => None,
        // SAFETY: as above.
        Fault::Release => host.below.free_buffers.map(|free| quietly(host, || unsafe { free(ssl) })),
        Fault::WantWrite | Fault::WantRead | Fault::ShortWrite => None,
    };
    made == Some(1)
}

/// Whether no record is half read and none half taken by the program: versions before 3.0.14 and 1.1.1y free the buffer
/// all the same and read from it afterwards (CVE-2024-4741).
fn is_idle(host: &Host, ssl: *mut ssl_st) -> bool {
    let (Some(pending), Some(state)) = (host.below.pending, host.below.rstate_string) else { return false };
    // SAFETY: the handle is alive, and this libssl owns it; the text is one of its constants.
    unsafe {
        let state: *const c_char = state(ssl);
        pending(ssl) == 0 && !state.is_null() && CStr::from_ptr(state) == c"RH"
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
