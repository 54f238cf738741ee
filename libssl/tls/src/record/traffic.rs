//! What goes into the record layer from the handshake, and what comes out of it.

use super::{AlertDescription, Cipher, Keys, TrafficSecret};
use std::ops::Range;

/// Which end of the connection we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// What the handshake hands over.
pub struct Traffic {
    /// Which end we are.
    pub role: Role,
    /// The keys.
    pub protection: Protection,
    /// Who gets the session tickets of a TLS 1.3 server; nobody: they are checked for form and dropped.
    pub tickets: Option<Box<dyn TicketSink>>,
}

/// The keys in force after the handshake, with the sequence number of the next record in each direction.
#[derive(Debug)]
pub enum Protection {
    /// TLS 1.2: each side's Finished was protected by these keys, so the sequence numbers are 1.
    Tls12 {
        /// For what we send.
        write: (Keys, u64),
        /// For what we receive.
        read: (Keys, u64),
    },
    /// TLS 1.3: the application traffic secrets, from which the keys and those of every key update come.
    Tls13 {
        /// The AEAD of both directions.
        cipher: Cipher,
        /// For what we send.
        write: (TrafficSecret, u64),
        /// For what we receive.
        read: (TrafficSecret, u64),
    },
}

/// Gets the session tickets that come after a TLS 1.3 handshake.
pub trait TicketSink: Send + Sync {
    /// Takes the body of a NewSessionTicket (RFC 8446 4.6.1), or names the alert that ends the connection.
    fn ticket(&mut self, body: &[u8]) -> Result<(), AlertDescription>;
}

/// What a record was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Application data: so many bytes at the front of the caller's buffer.
    Data(usize),
    /// Application data that the caller's buffer has no room for: it lies here in the record that was passed.
    DataInRecord(Range<usize>),
    /// An application data record without content.
    Empty,
    /// Handshake messages, or a part of one: tickets, key updates, an attempt at renegotiation.
    Handshake {
        /// Tickets completed by this record.
        tickets: u32,
        /// The peer's keys were updated.
        key_update: bool,
    },
    /// A warning alert.
    Warning(AlertDescription),
    /// The peer sends nothing more (RFC 8446 6.1). Answered for everything that follows.
    CloseNotify,
}
