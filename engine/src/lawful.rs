//! Which fault is lawful: fault x transport x mask x protocol x handshake x what happened last on the handle.
//!
//! A fault is an event that the documentation permits at that moment, brought about on purpose. What is not in the
//! table is not done: a program that fails under a fault fails in what its own manual pages told it to expect.
//!
//! ```
//! use sslmode_engine::lawful::{Call, Fault, Handshake, History, Moment, Protocol, Transport, Wire};
//! use sslmode_engine::Modes;
//!
//! let wire = Wire { transport: Transport::NonBlocking, protocol: Protocol::Tls13 };
//! let (modes, handshake, history) = (Modes::AUTO_RETRY, Handshake::Finished, History::default());
//! let moment = Moment { call: Call::Write, wire, modes, handshake, history, waits_for_next: false };
//! assert!(moment.allows(Fault::WantWrite).is_ok());
//!
//! let blocking = Wire { transport: Transport::Blocking, ..wire };
//! assert!(Moment { wire: blocking, ..moment }.allows(Fault::WantWrite).is_err());
//! ```
//!
//! | file | what it knows |
//! |---|---|
//! | `lawful.rs` | the faults, the moments, and the question |
//! | `lawful/table.rs` | the table: each fault's rule, cell by cell, with its source |
//! | `lawful/history.rs` | what happened on a handle so far, as far as it matters here |

mod history;
mod table;
#[cfg(test)]
mod tests;

pub use history::{Answer, Direction, History, Last};
use table::ALONE;
pub use table::Rule;

use crate::dialect::Source;
use crate::mode::Modes;

/// An event to be brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Fault {
    /// The transport refuses the first record of a call.
    WantWrite,
    /// The transport has nothing for the first read of a call.
    WantRead,
    /// The transport takes one record of a call and refuses the next.
    ShortWrite,
    /// The peer gets a TLS 1.3 KeyUpdate that asks for none back, ahead of the data of a write.
    KeyUpdate,
    /// The record buffers of an idle connection are freed.
    Release,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Fault; 5] =
        [Fault::WantWrite, Fault::WantRead, Fault::ShortWrite, Fault::KeyUpdate, Fault::Release];

    /// The word that stands for all of them.
    pub const EVERY: &'static str = "all";

    /// As options and reports call it.
    pub fn name(self) -> &'static str {
        match self {
            Fault::WantWrite => "want_write",
            Fault::WantRead => "want_read",
            Fault::ShortWrite => "short_write",
            Fault::KeyUpdate => "key_update",
            Fault::Release => "release",
        }
    }

    /// The faults that a word stands for.
    pub fn of_word(word: &str) -> Option<Vec<Fault>> {
        match word {
            Fault::EVERY => Some(Fault::ALL.to_vec()),
            _ => Fault::ALL.into_iter().find(|fault| fault.name() == word).map(|fault| vec![fault]),
        }
    }

    /// How often it comes where nobody says how often, in millionths of the calls at which it may.
    pub fn usual_rate(self) -> u32 {
        match self {
            Fault::WantWrite | Fault::WantRead | Fault::ShortWrite => 100_000,
            Fault::Release => 50_000,
            Fault::KeyUpdate => 10_000,
        }
    }

    /// The direction in which it refuses; None where it refuses nothing.
    pub fn refuses(self) -> Option<Direction> {
        match self {
            Fault::WantWrite | Fault::ShortWrite => Some(Direction::Write),
            Fault::WantRead => Some(Direction::Read),
            Fault::KeyUpdate | Fault::Release => None,
        }
    }
}

/// Whether a word stands for faults.
///
/// # Errors
/// The words that do.
pub fn check_word(word: &str) -> Result<(), Vec<&'static str>> {
    let words = || [Fault::EVERY].into_iter().chain(Fault::ALL.map(Fault::name)).collect();
    Fault::of_word(word).map(drop).ok_or_else(words)
}

/// What carries the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A stream socket of libssl's own BIO that waits.
    Blocking,
    /// A stream socket of libssl's own BIO that does not wait.
    NonBlocking,
    /// One end of a BIO pair.
    Pair,
    /// A memory BIO.
    Memory,
    /// A BIO of the program's own, or anything else.
    Own,
}

impl Transport {
    /// Every kind.
    pub const ALL: [Transport; 5] =
        [Transport::Blocking, Transport::NonBlocking, Transport::Pair, Transport::Memory, Transport::Own];
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// The handshake, or what goes with it: early data.
    Handshake,
    /// To read data.
    Read,
    /// To write data.
    Write,
    /// To say goodbye.
    Shutdown,
}

impl Call {
    /// Every kind.
    pub const ALL: [Call; 4] = [Call::Handshake, Call::Read, Call::Write, Call::Shutdown];

    /// What a function is for, by its name in the manual.
    pub fn of_function(name: &str) -> Call {
        match name {
            "SSL_read" | "SSL_read_ex" | "SSL_peek" | "SSL_peek_ex" => Call::Read,
            "SSL_write" | "SSL_write_ex" | "SSL_write_ex2" | "SSL_sendfile" => Call::Write,
            "SSL_shutdown" => Call::Shutdown,
            _ => Call::Handshake,
        }
    }
}

/// The protocol of a connection, as far as it is known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// TLS 1.2 and below.
    Tls12,
    /// TLS 1.3.
    Tls13,
    /// DTLS of any version.
    Dtls,
    /// QUIC.
    Quic,
}

impl Protocol {
    /// Every kind.
    pub const ALL: [Protocol; 4] = [Protocol::Tls12, Protocol::Tls13, Protocol::Dtls, Protocol::Quic];

    /// The protocol that `SSL_version` answers with this number.
    pub fn of_version(version: i32) -> Protocol {
        match version {
            // 0x100 is DTLS1_BAD_VER, of Cisco's old clients.
            0xFE00..=0xFEFF | 0x100 => Protocol::Dtls,
            // OSSL_QUIC1_VERSION
            1 => Protocol::Quic,
            version if version >= 0x304 => Protocol::Tls13,
            _ => Protocol::Tls12,
        }
    }
}

/// How far the handshake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Handshake {
    /// Not begun, or under way.
    Going,
    /// Finished.
    Finished,
}

/// What carries a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wire {
    /// What carries the records, in the direction that the fault is about; for writing, where it is about none.
    pub transport: Transport,
    /// In which protocol.
    pub protocol: Protocol,
}

/// A call on a handle that is about to be made.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What the call is for.
    pub call: Call,
    /// What carries the connection.
    pub wire: Wire,
    /// The modes in force on the handle.
    pub modes: Modes,
    /// How far the handshake is.
    pub handshake: Handshake,
    /// What happened before.
    pub history: History,
    /// Whether this is a server that has nothing of the client's to read.
    pub waits_for_next: bool,
}

/// Why a fault is not lawful at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unlawful {
    /// Which side of the moment forbids it.
    pub because: Because,
    /// How that is known.
    pub source: Source,
}

/// The sides of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// What the call is for.
    Call,
    /// The transport.
    Transport,
    /// The protocol.
    Protocol,
    /// The modes in force.
    Modes,
    /// The state of the handshake.
    Handshake,
    /// What happened last on the handle.
    Last,
}

impl Moment {
    /// Whether the fault may be brought about.
    ///
    /// # Errors
    /// What forbids it.
    pub fn allows(&self, fault: Fault) -> Result<(), Unlawful> {
        let rule = Rule::of(fault);
        let unless = |allowed: bool, because, source| match allowed {
            true => Ok(()),
            false => Err(Unlawful { because, source }),
        };
        let last = self.history.last(fault.refuses());
        unless(rule.calls.value.contains(&self.call), Because::Call, rule.calls.source)?;
        unless(rule.transports.value.contains(&self.wire.transport), Because::Transport, rule.transports.source)?;
        unless(rule.protocols.value.contains(&self.wire.protocol), Because::Protocol, rule.protocols.source)?;
        unless(!self.modes.intersects(rule.not_under.value), Because::Modes, rule.not_under.source)?;
        unless(rule.handshake.value.contains(&self.handshake), Because::Handshake, rule.handshake.source)?;
        unless(rule.last.value.contains(&last), Because::Last, rule.last.source)?;
        let is_alone = fault == Fault::KeyUpdate && self.call == Call::Read;
        let is_expected = self.waits_for_next && self.history.has_answered();
        unless(!is_alone || is_expected, Because::Last, ALONE.source)
    }
}
