//! Writes: the older version's machine decides, the libssl underneath sends a record a call.

use super::limits;
use super::state::State;
use super::{answers, failure};
use crate::boundary::contain;
use crate::hooks::{trace, wire};
use crate::host::{self, Host};
use crate::openssl::ssl_st;
use libc::{c_int, c_void, size_t};
use sslmode_engine::lawful::{Direction, Handshake, Protocol};
use sslmode_engine::profile::{Done, Form, Given, Profile, Spared};
use sslmode_engine::write::{Call, Outcome};
use std::ops::Range;
use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

/// `SSL_SENT_SHUTDOWN`.
const SENT_SHUTDOWN: c_int = 1;

/// What `SSL_write` returns; None where the libssl underneath is to answer by itself.
///
/// # Safety
/// The arguments are the program's own, and this libssl owns the handle.
pub unsafe fn write(host: &'static Host, ssl: *mut ssl_st, buffer: *const c_void, length: c_int) -> Option<c_int> {
    // SAFETY: the caller's promise.
    let outcome = unsafe { outcome(host, ssl, buffer, length.into(), Form::Write) }?;
    Some(outcome.returned().and_then(|returned| c_int::try_from(returned).ok()).unwrap_or(-1))
}

/// What `SSL_write_ex` returns, with the bytes in `moved`; None where the libssl underneath is to answer by itself.
///
/// # Safety
/// As for [`write()`]; `moved` is valid for writing, as the function asks.
pub unsafe fn write_ex(
    host: &'static Host,
    ssl: *mut ssl_st,
    buffer: *const c_void,
    length: size_t,
    moved: *mut size_t,
) -> Option<c_int> {
    // SAFETY: the caller's promise.
    let outcome = unsafe { outcome(host, ssl, buffer, i64::try_from(length).ok()?, Form::WriteEx) }?;
    if let Outcome::Written(bytes) = outcome {
        // SAFETY: the caller's promise.
        unsafe { *moved = bytes };
    }
    outcome.returned_ex().and_then(|returned| c_int::try_from(returned).ok())
}

unsafe fn outcome(
    host: &'static Host,
    ssl: *mut ssl_st,
    buffer: *const c_void,
    length: i64,
    form: Form,
) -> Option<Outcome> {
    let profile = super::of(host)?;
    let entry = host::kept(ssl.addr()).filter(|entry| entry.is_met())?;
    let state = entry.profile();
    if !is_for_the_machine(host, ssl) {
        state.want.store(0, Relaxed);
        return None;
    }
    // Each version's SSL_write begins so. A connection that is over counts as one that is not finished.
    if !state.is_over.load(Relaxed) && wire::handshake(host, ssl) == Handshake::Going {
        state.want.store(0, Relaxed);
        // SAFETY: the handle is the program's own, and this libssl owns it.
        if unsafe { host.calls.do_handshake?(ssl) } <= 0 {
            return Some(Outcome::TransportFailed);
        }
    }
    limits::learn_negotiated(host, ssl, state);
    let modes = profile.modes(entry.own().load(Relaxed));
    let mut writer = state.take()?;
    let call = Call { address: buffer.addr(), length };
    let done = writer.write(modes, call, form, |bytes| match profile.outlives_failed_transport() {
        true => failure::outlive(host, ssl, || give(host, ssl, buffer, bytes)),
        false => give(host, ssl, buffer, bytes),
    });
    let is_alive = writer.machine().is_alive();
    drop(writer);
    settle(host, ssl, state, &done, is_alive);
    if !profile.writes.refuses_at_once(length) {
        state.want.store(answers::want_after(profile, &done.outcome), Relaxed);
    }
    contain(|| report(profile, ssl, form, length, &done));
    Some(done.outcome)
}

/// Streams of TLS that are open for writing.
fn is_for_the_machine(host: &Host, ssl: *mut ssl_st) -> bool {
    let is_stream = matches!(wire::protocol(&host.below, ssl), Protocol::Tls12 | Protocol::Tls13);
    // SAFETY: the handle is alive, and this libssl owns it.
    let shutdown = host.below.get_shutdown.map_or(0, |get_shutdown| unsafe { get_shutdown(ssl) });
    is_stream && shutdown & SENT_SHUTDOWN == 0
}

/// Gives bytes of the program's buffer to the libssl underneath, which has them sent as one record or says why not.
fn give(host: &Host, ssl: *mut ssl_st, buffer: *const c_void, bytes: Range<usize>) -> Given {
    let Some(write) = host.calls.write else { return Given::Failed };
    let length = c_int::try_from(bytes.len()).unwrap_or(c_int::MAX);
    // SAFETY: the machine asks for bytes of the program's buffer, or for those of a record that this libssl has sealed
    // already and does not read again.
    let result = unsafe { write(ssl, buffer.wrapping_byte_add(bytes.start), length) };
    match usize::try_from(result) {
        Ok(sent @ 1..) => Given::Took(sent),
        _ if would_block(host, ssl) => Given::Refused,
        _ => Given::Failed,
    }
}

/// Whether a call that failed is to be made again. The error queue is not asked: there may be something of the
/// program's in it.
fn would_block(host: &Host, ssl: *mut ssl_st) -> bool {
    const WANT_NOTHING: c_int = 1;
    const WANT_WRITING: c_int = 2;
    // SAFETY: the handle is alive, and this libssl owns it.
    match host.calls.want.map_or(WANT_NOTHING, |want| unsafe { want(ssl) }) {
        WANT_NOTHING => false,
        WANT_WRITING => {
            wire::bio(&host.below, ssl, Direction::Write).is_some_and(|bio| wire::is_to_be_retried(&host.below, bio))
        }
        _ => true,
    }
}

/// Leaves the handle and the error queue as the outcome has it.
fn settle(host: &Host, ssl: *mut ssl_st, state: &State, done: &Done, is_alive: bool) {
    let is_over = !is_alive;
    if is_over && !state.is_over.swap(true, Relaxed) && matches!(done.outcome, Outcome::Error(_)) {
        end_underneath(host, ssl);
    }
    if let Outcome::Error(reason) = done.outcome {
        answers::raise(host, reason);
    }
}

/// What ends the connection here ends it underneath, too: a retry of 0 bytes is fatal there, and what it leaves in
/// the error queue is taken out again.
fn end_underneath(host: &Host, ssl: *mut ssl_st) {
    let below = &host.below;
    let (Some(write), Some(set_mark), Some(pop_to_mark)) = (host.calls.write, below.set_mark, below.pop_to_mark) else {
        return;
    };
    // SAFETY: the handle is alive, and this libssl owns it; no byte is read.
    unsafe {
        set_mark();
        write(ssl, ptr::dangling(), 0);
        pop_to_mark();
    }
}

fn report(profile: &Profile, ssl: *mut ssl_st, form: Form, length: i64, done: &Done) {
    let function = match form {
        Form::Write => "SSL_write",
        Form::WriteEx => "SSL_write_ex",
    };
    let name = profile.dialect.name;
    let text = match &done.spared {
        None => return,
        Some(Spared::ReadsPast(bytes)) => {
            let (start, end) = (bytes.start, bytes.end);
            format!("of {length} bytes {name} would have read {start} to {end}; answered as a bad length")
        }
        Some(Spared::SendsTwice(bytes)) => format!("{name} would have sent {bytes} bytes a second time; sent once"),
    };
    trace::profile(function, ssl, "spared", text.clone());
    super::say_spared(&format!("{function}({ssl:p}): {text}"));
}
