//! `check`: which rules of the documentation the program breaks.
//!
//! | file | what it does |
//! |---|---|
//! | `state.rs` | what is kept of a handle: its connection for the engine, and which thread is inside a call on it |
//! | `look.rs` | what the engine may ask about a connection |
//! | `stack.rs` | the calls that led to a finding: taken cheaply, named when it is told |
//! | `source.rs` | the function, file and line of an address, from the module's file |
//! | `found.rs` | what was found: told once for each stack, counted, summed up at exit |
//!
//! What breaks a rule is the engine's to say ([`sslmode_engine::contract`]); here it is only told what happens.

mod found;
mod look;
mod source;
mod stack;
mod state;

pub use state::State;

use super::io::{IoCall, Outcome, error_number};
use super::nesting;
use crate::host::{self, Entry, Host};
use crate::openssl::{Handle, ModeCall, ssl_st};
use crate::options;
use libc::c_int;
use look::Eye;
use sslmode_engine::contract::{self, Answer, Call, Finding, Kind, Question};
use stack::Stack;
use state::{Entered, Late, Turn};
use std::sync::OnceLock;
use std::time::Instant;

/// What times are counted from.
static BEGINNING: OnceLock<Instant> = OnceLock::new();

/// Works out the options, while there is one thread.
pub fn prepare() {
    if is_asked_for() {
        BEGINNING.get_or_init(Instant::now);
        look::prepare();
        found::prepare();
    }
}

fn is_asked_for() -> bool {
    options::get().check
}

/// Whether the option is on, in this process.
pub fn is_on() -> bool {
    is_asked_for() && options::are_in_force()
}

fn now() -> u64 {
    let time = BEGINNING.get_or_init(Instant::now).elapsed();
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A handle was made of another, or found.
pub fn born(host: &'static Host, entry: &Entry, handle: Handle, parent: Option<&Entry>) {
    if !is_asked_for() {
        return;
    }
    if let Handle::Connection(ssl) = handle {
        // Of QUIC other rules hold: writes have streams of their own.
        let is_quic = Eye { host, ssl }.is_quic();
        entry.check().begin_connection((!is_quic).then_some(host.dialect));
        if let Some(parent) = parent {
            parent.check().made_connection();
        }
    }
}

/// A call of the program's that is watched.
pub struct Watch {
    host: &'static Host,
    turn: Turn,
    call: Call,
    queued: u64,
}

/// A call is about to be made. None where there is nothing to watch.
pub fn begin(host: &'static Host, io: &IoCall, entry: &'static Entry) -> Option<Watch> {
    let state = entry.check();
    let turn = match state.enter(io.function) {
        Entered::Turn(turn) => turn,
        Entered::Nested => return None,
        Entered::Beside(other) => {
            tell(contract::concurrent(io.function, other), io.function, io.ssl.addr(), &Stack::here());
            return None;
        }
    };
    let call = Call {
        function: io.function,
        kind: Kind::of_function(io.function),
        thread: state::thread(),
        buffer: io.buffer.unwrap_or(0),
        length: io.requested.unwrap_or(0),
        at: now(),
    };
    let queued = queued(host);
    let eye = Eye { host, ssl: io.ssl };
    let finding = turn.connection(|connection| connection.begin(&call, &eye)).flatten();
    told(finding, io.function, io.ssl);
    Some(Watch { host, turn, call, queued })
}

impl Watch {
    /// The call came back.
    pub fn end(self, io: &IoCall, outcome: Outcome) {
        let answer = error_number(self.host, io, outcome).map_or(Answer::Done, Answer::of_number);
        let outcome = contract::Outcome {
            result: outcome.result,
            bytes: outcome.bytes.unwrap_or(0),
            answer,
            queued_before: self.queued,
            queued_after: if answer == Answer::Done { 0 } else { queued(self.host) },
            at: now(),
        };
        let eye = Eye { host: self.host, ssl: io.ssl };
        self.turn.connection(|connection| connection.end(&self.call, &outcome, &eye));
    }
}

/// The program asks what a result means.
pub fn get_error(host: &'static Host, ssl: *mut ssl_st, result: c_int, caller: usize) {
    if !is_on() || ssl.is_null() || nesting::origin(ssl.addr(), caller) == nesting::Origin::Inner {
        return;
    }
    let Some(entry) = host::kept(ssl.addr()).filter(|entry| entry.is_met()) else { return };
    // Whoever asks while another thread is inside a call has been told of that, or will be.
    let Entered::Turn(turn) = entry.check().enter("SSL_get_error") else { return };
    let question =
        Question { result: result.into(), thread: state::thread(), queued: queued(host), waits: waits(host, ssl) };
    let finding = turn.connection(|connection| connection.ask(question)).flatten();
    told(finding, "SSL_get_error", ssl);
}

/// What there is to say if the handle is given up now, and how often handles lived here before.
pub struct GivenUp {
    finding: Option<Finding>,
    stack: Stack,
    function: &'static str,
    state: &'static State,
    life: u32,
}

/// The program frees the handle, or clears it.
pub fn giving_up(host: &'static Host, function: &'static str, ssl: *mut ssl_st) -> Option<GivenUp> {
    if !is_on() || ssl.is_null() {
        return None;
    }
    let entry = host::kept(ssl.addr()).filter(|entry| entry.is_met())?;
    let state = entry.check();
    let Entered::Turn(turn) = state.enter(function) else { return None };
    let eye = Eye { host, ssl };
    let finding = turn.connection(|connection| connection.give_up(function, state::thread(), now(), &eye)).flatten();
    let stack = finding.as_ref().map_or(Stack::default(), |_| Stack::here());
    Some(GivenUp { finding, stack, function, state, life: state.life() })
}

impl GivenUp {
    /// It was freed: told, unless that was only one of its references.
    pub fn freed(self, ssl: *mut ssl_st) {
        if self.state.life() != self.life {
            self.tell(ssl);
        }
    }

    /// It was cleared.
    pub fn cleared(self, ssl: *mut ssl_st) {
        if let Entered::Turn(turn) = self.state.enter(self.function) {
            turn.connection(|connection| connection.clear());
        }
        self.tell(ssl);
    }

    fn tell(self, ssl: *mut ssl_st) {
        if let Some(finding) = self.finding {
            tell(finding, self.function, ssl.addr(), &self.stack);
        }
    }
}

/// A mode call of the program's was answered: the masks before and after it, and whether it came as OpenSSL's macros come.
pub fn mode_call(
    host: &'static Host,
    entry: &Entry,
    handle: Handle,
    call: ModeCall,
    masks: [i64; 2],
    by_macro: bool,
    caller: usize,
) {
    if !is_on() || host.holds(caller) {
        return;
    }
    let function = call.name(handle);
    if let ModeCall::Set(asked) = call
        && let Some(finding) = contract::modes::judge_mask(host.dialect, function, asked, by_macro)
    {
        tell(finding, function, handle.address(), &Stack::here());
    }
    if let Handle::Context(_) = handle {
        let late =
            || Late { finding: contract::modes::late(host.dialect, function, masks), function, stack: Stack::here() };
        entry.check().changed_context(masks, late);
    }
}

/// A libssl frees a handle.
pub fn ended(handle: usize, entry: &Entry) {
    if is_on()
        && let Some(late) = entry.check().late()
    {
        tell(late.finding, late.function, handle, &late.stack);
    }
}

/// The process ends: what is freed by nobody has ended, too.
fn end_all() {
    for (handle, entry) in host::all_kept().filter(|(_, entry)| entry.is_met()) {
        ended(handle, entry);
    }
}

fn told(finding: Option<Finding>, function: &'static str, ssl: *mut ssl_st) {
    if let Some(finding) = finding {
        tell(finding, function, ssl.addr(), &Stack::here());
    }
}

fn tell(finding: Finding, function: &'static str, handle: usize, stack: &Stack) {
    found::add(finding, function, handle, stack);
}

/// Whether the handle waits to read or to write: 2 and 3 are these two in every libssl.
fn waits(host: &Host, ssl: *const ssl_st) -> bool {
    // SAFETY: the handle is alive, and this libssl owns it.
    host.calls.want.is_some_and(|want| matches!(unsafe { want(ssl) }, 2 | 3))
}

/// The oldest error in this thread's queue; 0 for none.
fn queued(host: &Host) -> u64 {
    // SAFETY: it takes nothing, and leaves the queue as it is.
    host.below.peek_error.map_or(0, |peek_error| unsafe { peek_error() })
}
