//! The handshake, by rustls: bytes in, bytes out, and then the keys.
//!
//! This module is the only one that knows rustls. It shows rustls one record at a time through the unbuffered API, so
//! that not a byte beyond the handshake is read by it, and hands the keys over to
//! [`RecordLayer`](crate::record::RecordLayer) as soon as the last handshake message is through
//! ([`Handshake::finish`]).
//!
//! The keys come from `dangerous_into_kernel_connection`. That names the keys in force and not the secrets they came
//! from, without which there is neither a key update nor an exporter once rustls is gone; those come from the key log,
//! which each connection has to itself.
//!
//! | file | its job |
//! |---|---|
//! | `settings` | what the handshakes of one context have in common |
//! | `hello` | the ClientHello, read before anything is decided |
//! | `established` | the hand-over |
//! | `secrets` | the key log of one connection |
//! | `fallback` | `TLS_FALLBACK_SCSV` |
//! | `verify` | certificates judged by the program |

mod error;
mod established;
mod fallback;
mod hello;
mod secrets;
mod settings;
mod verify;

pub use error::{Failure, HandshakeError};
pub use established::Established;
pub use fallback::FALLBACK_SCSV;
pub use hello::{Acceptor, ClientHello};
pub use settings::{
    ClientContext, ClientSettings, Identity, ServerContext, ServerSettings, Verification, Versions,
    certificates_from_pem,
};
pub use verify::VerifyPeer;

use crate::record::{AlertDescription, Version};
use error::protocol;
use fallback::SCSV;
use rustls::ProtocolVersion;
use rustls::client::UnbufferedClientConnection;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, EncodeError, UnbufferedStatus};
use secrets::Secrets;
use std::sync::Arc;

/// A handshake under way.
pub struct Handshake {
    side: Side,
    secrets: Arc<Secrets>,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    failure: Option<HandshakeError>,
    /// A server whose client says that it falls back: the highest version that we would have accepted.
    fallback_from: Option<Version>,
    server_random: Option<[u8; 32]>,
}

enum Side {
    Client(Box<UnbufferedClientConnection>),
    Server(Box<UnbufferedServerConnection>),
}

impl Handshake {
    fn new(side: Side, secrets: Arc<Secrets>) -> Self {
        Handshake {
            side,
            secrets,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            failure: None,
            fallback_from: None,
            server_random: None,
        }
    }

    /// Takes one complete record. Once [`is_complete`](Self::is_complete) says so, records belong to the record layer.
    ///
    /// # Errors
    /// What ended the handshake; it sticks. The alert for the peer is in [`output`](Self::output).
    pub fn read(&mut self, record: &[u8]) -> Result<(), HandshakeError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.incoming.extend_from_slice(record);
        let sent = self.outgoing.len();
        let result = self.advance().and_then(|()| self.refuse_fallback(sent));
        if self.server_random.is_none() {
            self.server_random = match self.side {
                Side::Client(_) => server_random(record),
                Side::Server(_) => server_random(&self.outgoing[sent..]),
            };
        }
        result.inspect_err(|failure| self.failure = Some(failure.clone()))
    }

    /// What is to be sent to the peer, also after a failure.
    pub fn output(&self) -> &[u8] {
        &self.outgoing
    }

    /// Says that the first `count` bytes of [`output`](Self::output) were sent.
    pub fn sent(&mut self, count: usize) {
        self.outgoing.drain(..count.min(self.outgoing.len()));
    }

    /// What ended the handshake.
    pub fn failure(&self) -> Option<&HandshakeError> {
        self.failure.as_ref()
    }

    /// Both sides are through; [`output`](Self::output) may still hold our last message.
    pub fn is_complete(&self) -> bool {
        self.failure.is_none() && !self.common().is_handshaking()
    }

    fn common(&self) -> &rustls::CommonState {
        match &self.side {
            Side::Client(connection) => connection,
            Side::Server(connection) => connection,
        }
    }

    /// Lets rustls work until it wants another record.
    fn advance(&mut self) -> Result<(), HandshakeError> {
        loop {
            let (discard, step) = match &mut self.side {
                Side::Client(connection) => {
                    step(connection.process_tls_records(&mut self.incoming), &mut self.outgoing)
                }
                Side::Server(connection) => {
                    step(connection.process_tls_records(&mut self.incoming), &mut self.outgoing)
                }
            };
            self.incoming.drain(..discard.min(self.incoming.len()));
            match step {
                Ok(Step::Again) => {}
                Ok(Step::Wait) => return Ok(()),
                Err(error) => {
                    self.drain_alert();
                    return Err(error);
                }
            }
        }
    }

    /// After an error rustls still has the alert to send. It is asked for no longer than that lasts: the next thing it
    /// would do is to go on with the input.
    fn drain_alert(&mut self) {
        while self.common().wants_write() {
            let (_, step) = match &mut self.side {
                Side::Client(connection) => step(connection.process_tls_records(&mut []), &mut self.outgoing),
                Side::Server(connection) => step(connection.process_tls_records(&mut []), &mut self.outgoing),
            };
            if step.is_err() {
                return;
            }
        }
    }

    /// Ends the handshake where a fallback is no choice of the peer's; `sent` is what was output before this record.
    fn refuse_fallback(&mut self, sent: usize) -> Result<(), HandshakeError> {
        let negotiated = self.common().protocol_version();
        let (alert, error) = match (&self.side, negotiated) {
            // RFC 7507 3: the client's highest version is what we negotiate unless ours is lower.
            (Side::Server(_), Some(ProtocolVersion::TLSv1_2)) if self.fallback_from == Some(Version::Tls13) => {
                let failure = Failure::InappropriateFallback;
                let detail = "the client fell back to TLS 1.2 although both sides can do TLS 1.3".to_owned();
                (AlertDescription::INAPPROPRIATE_FALLBACK, HandshakeError { failure, detail })
            }
            // A signaling value is no cipher suite, and only we know that rustls takes it for one (RFC 5246 7.4.1.3).
            (Side::Client(_), _)
                if self.common().negotiated_cipher_suite().is_some_and(|suite| suite.suite() == SCSV) =>
            {
                (AlertDescription::ILLEGAL_PARAMETER, protocol("the server chose TLS_FALLBACK_SCSV as cipher suite"))
            }
            _ => return Ok(()),
        };
        // Nothing of what rustls answered goes out. Both cases are TLS 1.2 before any key, so the alert is plain.
        self.outgoing.truncate(sent);
        self.outgoing.extend_from_slice(&[21, 3, 3, 0, 2]);
        self.outgoing.extend_from_slice(&alert.encode());
        Err(error)
    }
}

enum Step {
    Again,
    Wait,
}

/// One step of rustls: how many bytes it is done with, and whether it has more to do.
fn step<Data>(status: UnbufferedStatus<'_, '_, Data>, outgoing: &mut Vec<u8>) -> (usize, Result<Step, HandshakeError>) {
    let step = match status.state {
        Err(error) => Err(error.into()),
        Ok(ConnectionState::EncodeTlsData(mut chunk)) => {
            let start = outgoing.len();
            if let Err(EncodeError::InsufficientSize(error)) = chunk.encode(&mut []) {
                outgoing.resize(start + error.required_size, 0);
                // The size is the one that was asked for.
                _ = chunk.encode(&mut outgoing[start..]);
            }
            Ok(Step::Again)
        }
        Ok(ConnectionState::TransmitTlsData(transmit)) => {
            transmit.done();
            Ok(Step::Again)
        }
        Ok(ConnectionState::BlockedHandshake | ConnectionState::WriteTraffic(_)) => Ok(Step::Wait),
        // RFC 8446 6.1: a close_notify before the end of the handshake leaves nothing to hand over.
        Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => Err(HandshakeError {
            failure: Failure::PeerAlert(AlertDescription::CLOSE_NOTIFY),
            detail: "the peer closed the connection during the handshake".to_owned(),
        }),
        // No early data is accepted, and records of application data are never shown to rustls after the handshake.
        Ok(_) => Err(protocol("application data during the handshake")),
    };
    (status.discard, step)
}

/// The random of a ServerHello that begins these bytes of plain records (RFC 5246 7.4.1.3).
fn server_random(records: &[u8]) -> Option<[u8; 32]> {
    const HANDSHAKE: u8 = 22;
    const SERVER_HELLO: u8 = 2;
    // Record header 5, message header 4, version 2.
    (records.first() == Some(&HANDSHAKE) && records.get(5) == Some(&SERVER_HELLO))
        .then(|| records.get(11..)?.first_chunk().copied())?
}
