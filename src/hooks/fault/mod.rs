//! `faults`: events that a mode governs, brought about below the host, so that what the program sees is the host's own.
//!
//! | file | what it does |
//! |---|---|
//! | `when.rs` | at which calls: the conditions, and the dice |
//! | `state.rs` | what is kept of a handle: its birth, its calls, what happened on it |
//! | `refusal.rs` | a transport that refuses, by a callback on libssl's own BIO |
//! | `between.rs` | the same where BIOs have no callbacks: a BIO in between |
//! | `rearm.rs` | wakes who waits for an edge that the kernel does not know of |
//! | `record.rs` | a key update, and buffers that are freed |
//!
//! Whether a fault is lawful at a moment is the engine's to say ([`sslmode_engine::lawful`]).

mod between;
mod rearm;
mod record;
mod refusal;
mod state;
mod when;

pub use between::Method;
pub use state::State;

use super::io::{IoCall, Outcome};
use super::profile;
use super::trace;
use super::wire;
use crate::boundary::contain;
use crate::host::{Entry, Host};
use crate::openssl::{Handle, ModeCall, ssl_st};
use crate::options;
use crate::tally;
use refusal::Refusal;
use sslmode_engine::lawful::{Answer, Call, Direction, Fault, History, Moment};
use sslmode_protocol::options::faults::{FUNCTIONS, Role};
use sslmode_protocol::tally::Count;
use std::sync::OnceLock;
use when::Throw;

/// The faults that are asked for. Made when the library is loaded: no thread ever waits for it.
static ASKED: OnceLock<Vec<Throw>> = OnceLock::new();

/// Works out the options, while there is one thread.
pub fn prepare() {
    ASKED.get_or_init(|| when::throws(&options::get().faults));
}

/// Whether any fault is asked for.
pub fn is_on() -> bool {
    !options::get().faults.is_empty()
}

/// A handle was made of another, or found.
pub fn born(entry: &Entry, handle: Handle, parent: Option<&Entry>) {
    if !is_on() {
        return;
    }
    let state = entry.faults();
    match handle {
        Handle::Context(_) => state.begin_context(),
        Handle::Connection(_) => state.begin_connection(parent.map(Entry::faults)),
    }
}

/// A call of the program's, and what is to be done to it.
pub struct Plan {
    host: &'static Host,
    ssl: *mut ssl_st,
    state: &'static State,
    place: u8,
    /// Of all on the handle.
    call: u32,
    /// Of this function's.
    nth: u32,
    history: History,
    refusal: Refusal,
    /// Ahead of the call.
    made: Vec<Fault>,
}

/// What is done to this call; None where nothing ever is.
pub fn plan(host: &'static Host, call: &IoCall, entry: &'static Entry) -> Option<Plan> {
    let state = entry.faults();
    let place = FUNCTIONS.iter().position(|function| *function == call.function)?;
    let number = state.count(place);
    let function = u8::try_from(place).ok()?;
    let mut plan = Plan {
        host,
        ssl: call.ssl,
        state,
        place: function,
        call: number,
        nth: state.calls_of(&[function]),
        history: state.history(),
        refusal: Refusal::default(),
        made: Vec::new(),
    };
    if wire::is_closing(host, call.ssl) {
        plan.history = plan.history.closing();
    }
    plan.decide();
    if !plan.made.is_empty() {
        plan.made.iter().for_each(|_| tally::add(Count::Faults));
        let made = when::repeats(&plan.made, state.birth(), plan.place, plan.nth);
        trace::fault(call, made);
    }
    Some(plan)
}

impl Plan {
    fn decide(&mut self) {
        let throws = ASKED.get_or_init(|| when::throws(&options::get().faults));
        let asked = throws.iter().filter(|throw| {
            throw.falls(self.state, self.place, self.call, options::get().seed, || wire::role(self.host, self.ssl))
        });
        let asked: Vec<Fault> = asked.map(|throw| throw.fault).collect();
        if asked.is_empty() {
            return;
        }
        let asked = when::one_way_to_refuse(asked, self.state, self.call, options::get().seed);
        for fault in Fault::ALL.into_iter().filter(|fault| asked.contains(fault)) {
            if self.moment(fault).allows(fault).is_ok() {
                self.take(fault);
            }
        }
    }

    fn moment(&self, fault: Fault) -> Moment {
        let mask = || self.host.mode_call(Handle::Connection(self.ssl), ModeCall::Get);
        let is_server = wire::role(self.host, self.ssl) == Some(Role::Server);
        Moment {
            call: Call::of_function(FUNCTIONS[usize::from(self.place)]),
            wire: wire::of(self.host, self.ssl, fault.refuses().unwrap_or(Direction::Write)),
            modes: profile::modes(self.host, self.ssl).unwrap_or_else(|| self.host.dialect.decode(mask()).modes),
            handshake: wire::handshake(self.host, self.ssl),
            history: self.history,
            waits_for_next: is_server && !wire::has_something_to_read(self.host, self.ssl),
        }
    }

    fn take(&mut self, fault: Fault) {
        match fault {
            Fault::WantWrite | Fault::WantRead | Fault::ShortWrite => self.refusal.add(fault),
            Fault::KeyUpdate | Fault::Release => {
                if record::make(fault, self.host, self.ssl) {
                    self.made.push(fault);
                }
            }
        }
    }

    /// Makes the call, under what is to be done to it.
    pub fn run<R>(&self, make: impl FnOnce() -> R) -> R {
        // Nothing is in the way, and nothing has to be seen going through.
        if self.refusal.is_nothing() && !self.history.owes() {
            return make();
        }
        let _armed = contain(|| refusal::arm(self.host, self.ssl, self.state, self.refusal)).flatten();
        make()
    }

    /// The call is over. Answers what was refused in it, as the option that makes it again.
    pub fn finish(mut self, call: &IoCall, outcome: Outcome) -> Option<String> {
        let done =
            if self.refusal.is_nothing() && !self.history.owes() { Default::default() } else { self.state.seen() };
        for direction in [Direction::Read, Direction::Write] {
            if done.went_through(direction) {
                self.history = self.history.let_through(direction);
            }
            if done.refused(direction) {
                self.history = self.history.refuse(direction);
                rearm::edge(self.host, self.ssl, direction);
            }
        }
        let refused = self.refusal.made(done);
        refused.iter().for_each(|_| tally::add(Count::Faults));
        let answer = self.answer(call, outcome);
        let kind = Call::of_function(call.function);
        if outcome.bytes.is_some() {
            let direction = if kind == Call::Write { Direction::Write } else { Direction::Read };
            self.history = self.history.moved(direction);
        }
        self.state.keep(self.history.answered(answer, kind == Call::Write));
        refused.map(|fault| when::repeats(&[fault], self.state.birth(), self.place, self.nth))
    }

    fn answer(&self, call: &IoCall, outcome: Outcome) -> Answer {
        match super::io::error_number(self.host, call, outcome) {
            None => Answer::Done,
            Some(2) => Answer::WantRead,
            Some(3) => Answer::WantWrite,
            Some(_) => Answer::Failed,
        }
    }
}
