//! The record layer: everything that crosses the connection once the handshake is over.
//!
//! [`RecordLayer`] has one job in each direction. [`RecordLayer::open`] takes one complete record and says what it was;
//! [`RecordLayer::seal`] makes one record of application data. Everything else (alerts, key updates, the answer to a
//! peer's key update) becomes *due* and is sealed ahead of the next data, or by [`RecordLayer::seal_due`], so the order
//! of sealing is always the order on the wire.
//!
//! | file | its job |
//! |---|---|
//! | `frame` | bytes become complete records: headers, length limits |
//! | `keys` | traffic secrets and keys: HKDF-Expand-Label, nonces, additional data |
//! | `seal`, `open` | one record with one key |
//! | `alert` | alerts in both directions |
//! | `messages` | handshake messages after the handshake: tickets, key updates, renegotiation refused |
//! | `layer` | both directions of one connection, and what is due to be sent |
//! | `limits` | how much a key may protect; how many records without data a peer may send |
//!
//! RFC 8446 is TLS 1.3, RFC 5246 TLS 1.2.

mod alert;
mod error;
mod frame;
mod keys;
mod layer;
mod limits;
mod messages;
mod open;
mod seal;
#[cfg(test)]
mod tests;
mod traffic;

pub use alert::AlertDescription;
pub use error::Error;
pub use frame::{HEADER, MAX_RECORD, RecordBuffer, is_record_header};
pub use keys::{Cipher, Hash, Keys, TrafficSecret, Version};
pub use layer::RecordLayer;
pub use limits::MAX_CONTENT;
pub use traffic::{Protection, Received, Role, TicketSink, Traffic};

/// What a record carries (RFC 8446 5.1, RFC 5246 6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ContentType {
    /// `change_cipher_spec`: never lawful once the handshake is over.
    ChangeCipherSpec = 20,
    /// `alert`.
    Alert = 21,
    /// `handshake`.
    Handshake = 22,
    /// `application_data`; in TLS 1.3 also the outer type of every protected record.
    ApplicationData = 23,
}

impl ContentType {
    fn from_wire(byte: u8) -> Result<Self, Error> {
        match byte {
            20 => Ok(ContentType::ChangeCipherSpec),
            21 => Ok(ContentType::Alert),
            22 => Ok(ContentType::Handshake),
            23 => Ok(ContentType::ApplicationData),
            // RFC 8446 5: "MUST terminate the connection with an unexpected_message alert".
            _ => Err(Error::Protocol(AlertDescription::UNEXPECTED_MESSAGE, "unknown content type")),
        }
    }
}
