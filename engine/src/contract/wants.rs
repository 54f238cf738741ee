//! WANTs: what a call waits for, whether it is given up at once, and whether it is repeated without waiting.

use super::call::{Answer, Call, Finding, Kind, Look, Outcome};
use super::table::Rule;
use crate::lawful::{Direction, Transport};

/// Whoever gives up later than this after a WANT had other reasons; in nanoseconds.
const AT_ONCE: u64 = 100_000_000;

/// So many WANTs in a row are nothing to look into.
const USUAL: u32 = 16;

/// So many vain retries within [`VAIN_TIME`] nanoseconds are no waiting.
const VAIN: u32 = 100;
const VAIN_TIME: u64 = 100_000_000;

/// A call that wants to be repeated.
#[derive(Clone, Debug)]
struct Want {
    call: Call,
    answer: Answer,
    direction: Direction,
    at: u64,
    /// How often the thread had waited by then.
    waits: u64,
    /// Whether it was a repetition itself.
    repeated: bool,
    /// Whether SSL_get_error was asked about it.
    asked: bool,
}

/// What a connection remembers of its WANTs.
#[derive(Clone, Debug, Default)]
pub(super) struct Wants {
    last: Option<Want>,
    in_a_row: u32,
    vain: u32,
    vain_since: u64,
    told: bool,
}

impl Wants {
    /// A call that moves data or shakes hands is about to be made.
    pub fn begin(&mut self, call: &Call, look: &impl Look) -> Option<Finding> {
        let last = self.last.as_ref()?;
        if self.told || self.in_a_row < USUAL || look.transport() != Transport::NonBlocking {
            return None;
        }
        if look.is_ready(last.direction) {
            self.vain = 0;
            return None;
        }
        if self.vain == 0 || call.at.saturating_sub(self.vain_since) > VAIN_TIME {
            (self.vain, self.vain_since) = (0, call.at);
        }
        self.vain += 1;
        if self.vain < VAIN {
            return None;
        }
        self.told = true;
        let (answer, time) = (last.answer.name(), call.at.saturating_sub(self.vain_since) / 1000);
        Some(Finding::new(
            Rule::BusyRetry,
            format_args!(
                "{call} came {VAIN} times in {time} us after {answer} while the socket was not ready: expected to wait"
            ),
        ))
    }

    /// A call came back.
    pub fn end(&mut self, call: &Call, outcome: &Outcome, look: &impl Look) {
        let Some(direction) = outcome.answer.wants() else {
            *self = Wants { told: self.told, ..Wants::default() };
            return;
        };
        let repeated = self.last.as_ref().is_some_and(|last| last.call.kind == call.kind);
        // Reads that find nothing are usual; they are judged by whether anybody asks why.
        let waits = if call.kind == Kind::Read || repeated { 0 } else { look.waits() };
        let (answer, at) = (outcome.answer, outcome.at);
        self.last = Some(Want { call: *call, answer, direction, at, waits, repeated, asked: false });
        self.in_a_row = self.in_a_row.saturating_add(1);
    }

    /// SSL_get_error was asked about the last call.
    pub fn ask(&mut self) {
        if let Some(last) = &mut self.last {
            last.asked = true;
        }
    }

    /// `function` gives the connection up, on this thread.
    pub fn give_up(&mut self, function: &str, thread: usize, now: u64, look: &impl Look) -> Option<Finding> {
        let last = self.last.take()?;
        let is_taken_for_error = match last.call.kind {
            Kind::Handshake | Kind::Write => true,
            // Whoever reads what is there and then closes has asked why there is no more.
            Kind::Read => !last.asked && !last.call.function.starts_with("SSL_peek"),
            Kind::Other | Kind::Shutdown => false,
        };
        let time = now.saturating_sub(last.at);
        // A socket with a time-out has waited inside of the call.
        let waited = now.saturating_sub(last.call.at);
        if !is_taken_for_error || last.repeated || waited >= AT_ONCE || !is_socket(look) || look.peer_has_closed() {
            return None;
        }
        // A time-out, however short; or another thread has judged.
        if last.call.kind != Kind::Read && (last.call.thread != thread || last.waits != look.waits()) {
            return None;
        }
        // The peer's answer may be the reason to stop.
        if last.call.kind == Kind::Write && look.is_ready(Direction::Read) {
            return None;
        }
        Some(Finding::new(
            Rule::WantTakenForError,
            format_args!(
                "{function} {} us after {} failed with {}: expected that call again, once the socket is ready",
                time / 1000,
                last.call,
                last.answer.name()
            ),
        ))
    }
}

fn is_socket(look: &impl Look) -> bool {
    matches!(look.transport(), Transport::NonBlocking | Transport::Blocking)
}
