//! How large records are: the machine and the libssl underneath have to cut a write in the same places.

use super::state::State;
use crate::host::{self, Host};
use crate::openssl::{Handle, ssl_st};
use libc::{c_int, c_long};
use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

/// `SSL_CTRL_SET_MAX_SEND_FRAGMENT` and `SSL_CTRL_SET_SPLIT_SEND_FRAGMENT`.
const SET_MAX_SEND_FRAGMENT: c_int = 52;
const SET_SPLIT_SEND_FRAGMENT: c_int = 125;

/// A control command of the program was answered.
pub fn control(host: &Host, handle: Handle, command: c_int, argument: c_long, answer: c_long) {
    let Some(profile) = super::of(host) else { return };
    let (SET_MAX_SEND_FRAGMENT, 1, Ok(bytes)) = (command, answer, usize::try_from(argument)) else { return };
    let Some(entry) = host::kept(handle.address()) else { return };
    entry.profile().limit.store(bytes, Relaxed);
    entry.profile().with(|writer| writer.machine_mut().limit_fragment(bytes));
    if profile.has_to_raise_the_split() {
        split(host, handle, argument);
    }
}

fn split(host: &Host, handle: Handle, bytes: c_long) {
    // SAFETY: the handle is alive: the program has just called on it. This libssl owns it; the command takes a number.
    unsafe {
        match handle {
            Handle::Context(ctx) => {
                host.calls.context_ctrl.map(|ctrl| ctrl(ctx, SET_SPLIT_SEND_FRAGMENT, bytes, ptr::null_mut()))
            }
            Handle::Connection(ssl) => {
                host.calls.connection_ctrl.map(|ctrl| ctrl(ssl, SET_SPLIT_SEND_FRAGMENT, bytes, ptr::null_mut()))
            }
        }
    };
}

/// Looks, once, whether the two ends agreed on smaller records (RFC 6066, section 4).
pub fn learn_negotiated(host: &Host, ssl: *mut ssl_st, state: &State) {
    if state.knows_negotiated.swap(true, Relaxed) {
        return;
    }
    let (Some(get_session), Some(get_length)) = (host.below.get_session, host.below.session_max_fragment_length) else {
        return;
    };
    // SAFETY: the handle is alive, and this libssl owns it; the session is the handle's, and is only looked at.
    let code = unsafe {
        let session = get_session(ssl);
        if session.is_null() { 0 } else { get_length(session) }
    };
    if let 1..=4 = code {
        state.with(|writer| writer.machine_mut().limit_fragment(256 << code));
    }
}
