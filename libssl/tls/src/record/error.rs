//! Why the record layer refused.

use super::AlertDescription;

/// Why a record was refused.
///
/// [`Protocol`](Error::Protocol) and [`PeerAlert`](Error::PeerAlert) end the connection and stick: every later call
/// answers the same. The others leave it as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// What the peer sent broke a rule: the alert that it gets, and the rule.
    Protocol(AlertDescription, &'static str),
    /// The peer ended the connection with this alert (RFC 8446 6.2).
    PeerAlert(AlertDescription),
    /// Our close_notify is out, or due: nothing may follow it (RFC 8446 6.1).
    WriteClosed,
    /// A TLS 1.2 key has protected as much as it may (RFC 9325 4.4), and TLS 1.2 has no key update.
    KeyExhausted,
    /// The caller's buffer is too small: so many bytes are needed. Nothing was sealed.
    NoRoom(usize),
    /// More than [`MAX_CONTENT`](super::MAX_CONTENT) bytes were passed for one record. Nothing was sealed.
    TooLong(usize),
    /// A key update was asked for on a TLS 1.2 connection.
    NoKeyUpdate,
}

impl Error {
    /// The connection is over.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Error::Protocol(..) | Error::PeerAlert(_))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Protocol(alert, rule) => write!(f, "{rule} (alert sent: {alert})"),
            Error::PeerAlert(alert) => write!(f, "the peer sent the alert {alert}"),
            Error::WriteClosed => f.write_str("close_notify was sent: nothing may follow it"),
            Error::KeyExhausted => f.write_str("the key has protected as much as it may, and TLS 1.2 cannot update it"),
            Error::NoRoom(needed) => write!(f, "the buffer for the record needs {needed} bytes"),
            Error::TooLong(length) => write!(f, "a record holds at most 16384 bytes of content, got {length}"),
            Error::NoKeyUpdate => f.write_str("TLS 1.2 has no key update"),
        }
    }
}

impl std::error::Error for Error {}

/// RFC 8446 5.2: "If the decryption fails, the receiver MUST terminate the connection with a bad_record_mac alert."
/// Whatever failed in it, the peer learns no more than that.
pub(super) const BAD_RECORD_MAC: Error =
    Error::Protocol(AlertDescription::BAD_RECORD_MAC, "decryption failed or bad record mac");
