//! What OpenSSL has and this library has not. Each function exists, so that programs link, and answers as OpenSSL
//! documents failure or absence.

mod compression;
mod dane;
mod datagrams;
mod early_data;
mod extensions;
mod jobs;
mod psk;
mod srp;
mod transparency;

use crate::error::{self, Reason};
use libc::c_int;

/// Fails for this reason.
#[track_caller]
fn failed<R>(reason: Reason, answer: R) -> R {
    error::put(reason);
    answer
}

/// Fails, since the feature is not there.
#[track_caller]
fn unsupported<R>(answer: R) -> R {
    failed(Reason::UNSUPPORTED, answer)
}

/// Fails where there is a function to be called: it would never be.
#[track_caller]
fn unless_none(callback: Option<unsafe extern "C" fn()>) -> c_int {
    if callback.is_none() { 1 } else { unsupported(0) }
}
