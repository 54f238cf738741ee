//! What the state machine is told of a call, what it may ask, and what it answers.

use super::print::Fingerprint;
use super::table::Rule;
use crate::fallback::Version;
use crate::lawful::{Direction, Transport};
use crate::mode::Modes;
use std::fmt;

/// What a function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It shakes hands.
    Handshake,
    /// It reads data, or looks at it.
    Read,
    /// It writes data from a buffer.
    Write,
    /// It sends or reads early data, or a file: no rule about buffers holds.
    Other,
    /// It closes.
    Shutdown,
}

impl Kind {
    /// What a function does, by its name in the manual.
    pub fn of_function(name: &str) -> Kind {
        match name {
            "SSL_do_handshake" | "SSL_connect" | "SSL_accept" => Kind::Handshake,
            "SSL_read" | "SSL_read_ex" | "SSL_peek" | "SSL_peek_ex" => Kind::Read,
            "SSL_write" | "SSL_write_ex" | "SSL_write_ex2" => Kind::Write,
            "SSL_shutdown" => Kind::Shutdown,
            _ => Kind::Other,
        }
    }
}

/// A call that is about to be made.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Its name in the manual.
    pub function: &'static str,
    /// What it does.
    pub kind: Kind,
    /// The thread, as any number that no other thread has at the same time.
    pub thread: usize,
    /// Where the program's buffer begins; 0 where there is none.
    pub buffer: usize,
    /// How many bytes it is to move; 0 where it moves none.
    pub length: i64,
    /// When, in nanoseconds since whatever.
    pub at: u64,
}

/// What `SSL_get_error` says of a call, as far as the rules tell answers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It did what it was asked.
    Done,
    /// `SSL_ERROR_WANT_READ`
    WantRead,
    /// `SSL_ERROR_WANT_WRITE`
    WantWrite,
    /// `SSL_ERROR_ZERO_RETURN`
    ZeroReturn,
    /// `SSL_ERROR_SSL`
    Ssl,
    /// `SSL_ERROR_SYSCALL`
    Syscall,
    /// Anything else: the call waits for the program, or an old error hides what happened.
    Unclear,
}

impl Answer {
    /// What this number means; the numbers up to 6 are the same in every libssl.
    pub fn of_number(number: i32) -> Answer {
        match number {
            0 => Answer::Done,
            1 => Answer::Ssl,
            2 => Answer::WantRead,
            3 => Answer::WantWrite,
            5 => Answer::Syscall,
            6 => Answer::ZeroReturn,
            _ => Answer::Unclear,
        }
    }

    /// What it waits for.
    pub fn wants(self) -> Option<Direction> {
        match self {
            Answer::WantRead => Some(Direction::Read),
            Answer::WantWrite => Some(Direction::Write),
            _ => None,
        }
    }

    /// Its name in the manual.
    pub fn name(self) -> &'static str {
        match self {
            Answer::Done => "SSL_ERROR_NONE",
            Answer::WantRead => "SSL_ERROR_WANT_READ",
            Answer::WantWrite => "SSL_ERROR_WANT_WRITE",
            Answer::ZeroReturn => "SSL_ERROR_ZERO_RETURN",
            Answer::Ssl => "SSL_ERROR_SSL",
            Answer::Syscall => "SSL_ERROR_SYSCALL",
            Answer::Unclear => "another error",
        }
    }
}

/// What became of a call.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// What it returned.
    pub result: i64,
    /// The bytes that it moved.
    pub bytes: u64,
    /// What `SSL_get_error` makes of it.
    pub answer: Answer,
    /// The oldest error in the thread's queue before the call; 0 for none.
    pub queued_before: u64,
    /// The same after it.
    pub queued_after: u64,
    /// When it returned, on the clock of [`Call::at`].
    pub at: u64,
}

/// What the program asks `SSL_get_error`.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The result that it asks about.
    pub result: i64,
    /// The thread that asks.
    pub thread: usize,
    /// The oldest error in that thread's queue; 0 for none.
    pub queued: u64,
    /// Whether `SSL_want` says that the handle waits to read or to write.
    pub waits: bool,
}

/// What a first ClientHello would say about versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The highest that it offers.
    pub offered: Version,
    /// The highest that the library can do.
    pub highest: Version,
}

/// What the state machine may ask about the connection at the moment; asked only where an answer matters.
pub trait Look {
    /// The modes in force on the handle.
    fn modes(&self) -> Modes;
    /// What carries the records.
    fn transport(&self) -> Transport;
    /// Whether the transport can be read, or written, now.
    fn is_ready(&self, direction: Direction) -> bool;
    /// Whether the peer has closed the transport or sent a close_notify.
    fn peer_has_closed(&self) -> bool;
    /// How often the calling thread has given up the processor to wait for something, so far.
    fn waits(&self) -> u64;
    /// Whether no handshake is under way and one was finished.
    fn handshake_is_over(&self) -> bool;
    /// Whether it is DTLS.
    fn is_dtls(&self) -> bool;
    /// Whether SSL_shutdown would send nothing.
    fn shuts_down_quietly(&self) -> bool;
    /// What a client's first ClientHello would say; None for a server, or where the library cannot say.
    fn hello(&self) -> Option<Hello>;
    /// The fingerprint of the program's memory.
    fn print(&self, address: usize, length: usize) -> Fingerprint;
}

/// A rule that was broken, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// What happened, in one line: names, numbers and addresses, nothing of the program's data.
    pub text: String,
}

impl Finding {
    pub(super) fn new(rule: Rule, text: fmt::Arguments<'_>) -> Finding {
        Finding { rule, text: text.to_string() }
    }
}

/// The call as the manual would write it.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.buffer {
            0 => f.write_str(self.function),
            buffer => write!(f, "{}({} bytes at {buffer:#x})", self.function, self.length),
        }
    }
}
