//! Why a handshake failed.

use crate::record::AlertDescription;

/// Why a handshake failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The settings make no handshake possible.
    Setup,
    /// The peer ended it with this alert.
    PeerAlert(AlertDescription),
    /// The peer's certificate was refused.
    Certificate,
    /// The client came back with a lower version than it and we can do (RFC 7507 3).
    InappropriateFallback,
    /// The peer broke the protocol, or nothing that both sides can do was left.
    Protocol,
}

/// Why a handshake failed, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandshakeError {
    /// The kind of failure.
    pub failure: Failure,
    /// In rustls' words.
    pub detail: String,
}

impl std::fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for HandshakeError {}

impl From<rustls::Error> for HandshakeError {
    fn from(error: rustls::Error) -> Self {
        let failure = match &error {
            rustls::Error::AlertReceived(alert) => Failure::PeerAlert(AlertDescription((*alert).into())),
            rustls::Error::InvalidCertificate(_) => Failure::Certificate,
            _ => Failure::Protocol,
        };
        HandshakeError { failure, detail: error.to_string() }
    }
}

pub(super) fn setup(error: impl std::fmt::Display) -> HandshakeError {
    HandshakeError { failure: Failure::Setup, detail: error.to_string() }
}

pub(super) fn protocol(detail: &str) -> HandshakeError {
    HandshakeError { failure: Failure::Protocol, detail: detail.to_owned() }
}
