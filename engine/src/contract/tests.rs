//! Each rule broken, and each look-alike of it that is legal; and a program that does everything right, whatever happens.

mod correct;
mod retries;
mod rules;

use super::*;
use crate::dialect::OPENSSL_3;
use crate::fallback::Version;
use crate::lawful::{Direction, Transport};
use crate::mode::Modes;
use std::hash::DefaultHasher;
use std::sync::LazyLock;

/// A connection over a socket, and the memory of its program.
pub(super) struct World {
    modes: Modes,
    transport: Transport,
    ready: bool,
    readable: bool,
    closed: bool,
    shaking_hands: bool,
    dtls: bool,
    quiet: bool,
    hello: Option<Hello>,
    memory: Vec<u8>,
    connection: Connection,
    now: u64,
    waits: u64,
}

/// No two places in it hold the same bytes.
static MEMORY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut state = 1_u32;
    let bytes = (0..400_000).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    bytes.collect()
});

/// A millisecond on the clock.
const MS: u64 = 1_000_000;

impl Look for World {
    fn modes(&self) -> Modes {
        self.modes
    }
    fn transport(&self) -> Transport {
        self.transport
    }
    fn is_ready(&self, direction: Direction) -> bool {
        self.ready || (self.readable && direction == Direction::Read)
    }
    fn peer_has_closed(&self) -> bool {
        self.closed
    }
    fn waits(&self) -> u64 {
        self.waits
    }
    fn handshake_is_over(&self) -> bool {
        !self.shaking_hands
    }
    fn is_dtls(&self) -> bool {
        self.dtls
    }
    fn shuts_down_quietly(&self) -> bool {
        self.quiet
    }
    fn hello(&self) -> Option<Hello> {
        self.hello
    }
    fn print(&self, address: usize, length: usize) -> Fingerprint {
        let end = (address + length).min(self.memory.len());
        Fingerprint::of(&self.memory[address.min(end)..end], DefaultHasher::new())
    }
}

/// What a call comes to.
#[derive(Clone, Copy)]
pub(super) struct Comes {
    result: i64,
    bytes: u64,
    answer: Answer,
    queued: [u64; 2],
}

pub(super) const WANT_WRITE: Comes = Comes { result: -1, bytes: 0, answer: Answer::WantWrite, queued: [0; 2] };
pub(super) const WANT_READ: Comes = Comes { answer: Answer::WantRead, ..WANT_WRITE };
pub(super) const FAILS: Comes = Comes { answer: Answer::Ssl, queued: [0, 9], ..WANT_WRITE };
pub(super) const SUCCEEDS: Comes = Comes { result: 1, bytes: 0, answer: Answer::Done, queued: [0; 2] };

pub(super) fn moves(bytes: u64) -> Comes {
    Comes { result: bytes as i64, bytes, ..SUCCEEDS }
}

impl World {
    pub(super) fn new() -> World {
        World::of(&OPENSSL_3)
    }

    pub(super) fn of(dialect: &'static Dialect) -> World {
        World {
            modes: Modes::empty(),
            transport: Transport::NonBlocking,
            ready: false,
            readable: false,
            closed: false,
            shaking_hands: false,
            dtls: false,
            quiet: false,
            hello: None,
            memory: MEMORY.clone(),
            connection: Connection::new(dialect),
            now: 1,
            waits: 0,
        }
    }

    pub(super) fn call(&mut self, function: &'static str, buffer: usize, length: i64, comes: Comes) -> Option<Rule> {
        self.on_thread(1, function, buffer, length, comes)
    }

    fn on_thread(
        &mut self,
        thread: usize,
        function: &'static str,
        buffer: usize,
        length: i64,
        comes: Comes,
    ) -> Option<Rule> {
        let call = Call { function, kind: Kind::of_function(function), thread, buffer, length, at: self.now };
        let mut connection = self.connection.clone();
        let finding = connection.begin(&call, self);
        let [queued_before, queued_after] = comes.queued;
        let Comes { result, bytes, answer, .. } = comes;
        self.now += 1000;
        let outcome = Outcome { result, bytes, answer, queued_before, queued_after, at: self.now };
        connection.end(&call, &outcome, self);
        self.connection = connection;
        finding.map(|finding| finding.rule)
    }

    pub(super) fn write(&mut self, buffer: usize, length: i64, comes: Comes) -> Option<Rule> {
        self.call("SSL_write", buffer, length, comes)
    }

    pub(super) fn read(&mut self, comes: Comes) -> Option<Rule> {
        self.call("SSL_read", 1 << 19, 1000, comes)
    }

    pub(super) fn step(&mut self, function: &'static str, comes: Comes) -> Option<Rule> {
        self.call(function, 0, 0, comes)
    }

    pub(super) fn ask(&mut self, result: i64, thread: usize, queued: u64) -> Option<Rule> {
        self.ask_waiting(result, thread, queued, false)
    }

    fn ask_waiting(&mut self, result: i64, thread: usize, queued: u64, waits: bool) -> Option<Rule> {
        self.connection.ask(Question { result, thread, queued, waits }).map(|finding| finding.rule)
    }

    pub(super) fn free(&mut self) -> Option<Rule> {
        let mut connection = self.connection.clone();
        connection.give_up("SSL_free", 1, self.now, self).map(|finding| finding.rule)
    }

    pub(super) fn wait(&mut self, time: u64) {
        self.now += time;
    }
}
