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
//! | `settings` | what one connection is to do |
//! | `choices` | cipher suites, groups, versions |
//! | `groups` | key exchange groups: rustls' and P-521 |
//! | `identity` | a certificate chain, and who signs with its key |
//! | `choose` | a server's choice among its identities |
//! | `verify` | certificates judged by the program; a client's own on request |
//! | `signature` | signatures of the handshake |
//! | `program` | what rustls asks the program in the midst of a handshake |
//! | `client_hello`, `hello` | the ClientHello, parsed and read before anything is decided |
//! | `session` | a client's sessions |
//! | `resumption` | those of TLS 1.3, made what rustls wants |
//! | `tickets` | a server's session tickets |
//! | `established` | the hand-over |
//! | `secrets` | the key log of one connection |
//! | `alerts` | the alert with which a handshake ends |
//! | `fallback` | `TLS_FALLBACK_SCSV` |

mod alerts;
mod choices;
mod choose;
mod client_hello;
mod error;
mod established;
mod fallback;
mod groups;
mod hello;
mod identity;
mod program;
mod resumption;
mod secrets;
mod session;
mod settings;
mod signature;
mod tickets;
mod verify;

pub use choices::{CIPHER_SUITES, Choices};
pub use client_hello::ClientHello;
pub use error::{Failure, HandshakeError};
pub use established::Established;
pub use fallback::FALLBACK_SCSV;
pub use groups::{GROUPS, all_groups};
pub use hello::Acceptor;
pub use identity::{Identity, Sign, SigningFailed, certificates_from_pem};
pub use secrets::SecretSink;
pub use session::{Session, SessionSink};
pub use settings::{ClientAuth, ClientSettings, ServerSettings, Versions};
pub use tickets::{TICKET_KEYS, TicketFailed, TicketProgram, Tickets};
pub use verify::{Authorities, CertificateRequest, ChooseIdentity, PeerCertificates, VerifyPeer};

use crate::record::{AlertDescription, HEADER, Role, Version};
use alerts::{Protected, Seal, Stage};
use error::failed;
use established::{cipher, hash};
use fallback::SCSV;
use program::Program;
use rustls::client::UnbufferedClientConnection;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, EncodeError, UnbufferedStatus};
use rustls::{HandshakeKind, ProtocolVersion};
use secrets::{Captured, Secrets};
use session::Store;
use std::sync::Arc;
use tickets::Bound;

/// The most bytes of records that wait for a message to be complete: more than rustls' longest takes in records of 256.
const MOST: usize = 70_000;

/// How far a handshake has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The ClientHello is out, or in the output, and nothing has come back; or a server waits for another one.
    Hello,
    /// Version and cipher suite are settled, and the peer's Finished is still to come.
    Finishing,
    /// Both sides are through.
    Complete,
    /// It failed.
    Failed,
}

/// A handshake under way.
pub struct Handshake {
    side: Side,
    secrets: Arc<Secrets>,
    program: Arc<Program>,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    failure: Option<HandshakeError>,
    /// A client's session store, and who gets new sessions.
    resumption: Option<Resumption>,
    /// The client says that it falls back: the highest version of ours, were nothing lowered.
    fallback_from: Option<Version>,
    /// A server's tickets, and whether a session that would be resumed ends the handshake.
    tickets: Option<(Arc<Bound>, bool)>,
    /// A server's: the name that the client asked for.
    server_name: Option<String>,
    server_random: Option<[u8; 32]>,
    /// A TLS 1.2 server gave a client a ticket: how long it can be used, in seconds.
    new_ticket: Option<u32>,
    /// A record has been read.
    started: bool,
    /// What we send from now on is protected: in TLS 1.2 by keys that nobody tells.
    protected: bool,
}

type Resumption = (Arc<Store>, Option<Arc<dyn SessionSink>>);

enum Side {
    Client(Box<UnbufferedClientConnection>),
    Server(Box<UnbufferedServerConnection>),
}

impl Handshake {
    fn new(side: Side, secrets: Arc<Secrets>, program: Arc<Program>) -> Self {
        Handshake {
            side,
            secrets,
            program,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            failure: None,
            resumption: None,
            fallback_from: None,
            tickets: None,
            server_name: None,
            server_random: None,
            new_ticket: None,
            started: false,
            protected: false,
        }
    }

    /// Takes one complete record. Once [`is_complete`](Self::is_complete) says so, records belong to the record layer.
    ///
    /// # Errors
    /// What ended the handshake; it sticks. The alert for the peer is in [`output`](Self::output). After the end of the
    /// handshake: [`Failure::Internal`], and nothing has changed.
    pub fn read(&mut self, record: &[u8]) -> Result<(), HandshakeError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        // The keys of the last flight must not be used again: nothing is answered here any more.
        if self.is_complete() {
            return Err(failed(Failure::Internal, "the handshake is complete: the record is the record layer's"));
        }
        let sent = self.outgoing.len();
        let result = self.check(record).and_then(|()| {
            self.incoming.extend_from_slice(record);
            self.advance()
        });
        if self.server_random.is_none() {
            self.server_random = match self.side {
                Side::Client(_) => server_random(record),
                Side::Server(_) => server_random(&self.outgoing[sent..]),
            };
        }
        if matches!(self.side, Side::Client(_)) {
            self.new_ticket = new_ticket(record).or(self.new_ticket);
        }
        let result = result.and_then(|()| self.refuse_fallback()).and_then(|()| self.judge_resumption());
        match result {
            Ok(()) => {
                self.protected |= match self.version() {
                    Some(Version::Tls13) => self.secrets.look(|told| told.server.is_some()),
                    _ => has_change_cipher_spec(&self.outgoing[sent..]),
                };
                Ok(())
            }
            Err(error) => {
                let error = self.end(error, sent);
                self.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    /// What rustls would not bound or not name.
    fn check(&mut self, record: &[u8]) -> Result<(), HandshakeError> {
        let Some(&header) = record.first_chunk::<HEADER>() else {
            return Err(failed(Failure::Decode, "less than a record header"));
        };
        if !std::mem::replace(&mut self.started, true) && !crate::record::is_record_header(header) {
            return Err(failed(Failure::NotTls(header), "what came first is no TLS record"));
        }
        // RFC 8446 5.1: "Implementations MUST NOT send zero-length fragments of Handshake types".
        if record.len() == HEADER {
            return Err(failed(Failure::UnexpectedMessage, "a record without content during the handshake"));
        }
        if self.incoming.len() + record.len() > MOST {
            return Err(failed(Failure::MessageTooLong, "a handshake message longer than 64 KiB"));
        }
        Ok(())
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

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        match () {
            () if self.failure.is_some() => Progress::Failed,
            () if self.is_complete() => Progress::Complete,
            () if self.is_past_hello() => Progress::Finishing,
            () => Progress::Hello,
        }
    }

    /// The version, as soon as it is settled.
    pub fn version(&self) -> Option<Version> {
        match self.common().protocol_version()? {
            ProtocolVersion::TLSv1_2 => Some(Version::Tls12),
            ProtocolVersion::TLSv1_3 => Some(Version::Tls13),
            _ => None,
        }
    }

    /// The cipher suite by number, as soon as it is settled.
    pub fn cipher_suite(&self) -> Option<u16> {
        self.common().negotiated_cipher_suite().map(|suite| suite.suite().into())
    }

    fn is_past_hello(&self) -> bool {
        self.common().negotiated_cipher_suite().is_some()
    }

    fn role(&self) -> Role {
        match self.side {
            Side::Client(_) => Role::Client,
            Side::Server(_) => Role::Server,
        }
    }

    fn common(&self) -> &rustls::CommonState {
        match &self.side {
            Side::Client(connection) => connection,
            Side::Server(connection) => connection,
        }
    }

    /// Lets rustls work until it wants another record.
    fn advance(&mut self) -> Result<(), HandshakeError> {
        let _entered = program::enter(&self.program);
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

    /// Ends the handshake where a fallback is no choice of the peer's.
    fn refuse_fallback(&mut self) -> Result<(), HandshakeError> {
        let Some(negotiated) = self.version() else { return Ok(()) };
        match (&self.side, self.fallback_from) {
            (Side::Server(_), Some(highest)) if fallback::server_refuses(negotiated, highest) => {
                let detail = "the client fell back although both sides can do more";
                Err(failed(Failure::InappropriateFallback, detail))
            }
            (Side::Client(_), Some(highest))
                if self.server_random.is_some_and(|random| fallback::is_marked(negotiated, highest, &random)) =>
            {
                self.program.told().refused = Some(AlertDescription::ILLEGAL_PARAMETER);
                let detail = "the server fell back although it can do more";
                Err(failed(Failure::InappropriateFallback, detail))
            }
            // A signaling value is no cipher suite, and only we know that rustls takes it for one (RFC 5246 7.4.1.3).
            (Side::Client(_), _)
                if self.common().negotiated_cipher_suite().is_some_and(|suite| suite.suite() == SCSV) =>
            {
                let detail = "the server chose TLS_FALLBACK_SCSV as cipher suite";
                Err(failed(Failure::IllegalParameter, detail))
            }
            _ => Ok(()),
        }
    }

    /// What the tickets of a server mean to the handshake.
    fn judge_resumption(&mut self) -> Result<(), HandshakeError> {
        let Some((tickets, lacks_context)) = &self.tickets else { return Ok(()) };
        if tickets.has_failed() {
            return Err(failed(Failure::Ticket, "the program made or opened no ticket"));
        }
        match self.is_resumed() {
            true if *lacks_context => Err(failed(
                Failure::NoSessionContext,
                "a session of a client that is verified, without a session context",
            )),
            // The session in the ticket was not fit, if there was one: what the ticket remembered is about nobody.
            false if self.is_past_hello() => {
                tickets.take_note();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn is_resumed(&self) -> bool {
        self.common().handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Makes the alert in the output the one that is due; `sent` is where the output of the failed step begins.
    fn end(&mut self, error: HandshakeError, sent: usize) -> HandshakeError {
        let (error, record) = self.secrets.look(|secrets| self.last_words(error, sent, secrets));
        // An alert of rustls' that cannot be read stays.
        if let Some((start, record)) = record {
            self.outgoing.truncate(start);
            self.outgoing.extend_from_slice(&record);
        }
        error
    }

    /// The failure with its name and alert, and the record of that: where in the output it goes.
    fn last_words(
        &self,
        mut error: HandshakeError,
        sent: usize,
        secrets: &Captured,
    ) -> (HandshakeError, Option<(usize, Vec<u8>)>) {
        let (refused, no_identity) = {
            let mut told = self.program.told();
            (told.refused.take(), told.no_identity)
        };
        if no_identity {
            error.failure = Failure::NoSharedCipher;
        }
        let suite = self.common().negotiated_cipher_suite();
        let protected = suite.and_then(|suite| {
            let tls13 = suite.tls13().is_some();
            tls13.then(|| Protected { role: self.role(), cipher: cipher(suite), hash: hash(suite), secrets })
        });
        let found = alerts::find(&self.outgoing[sent..], protected.as_ref());
        let was = found.as_ref().map(|found| found.alert);
        if error.failure == Failure::BadRecord && was == Some(AlertDescription::DECRYPT_ERROR) {
            error.failure = Failure::BadFinished;
        }
        let tls12 = self.common().protocol_version() == Some(ProtocolVersion::TLSv1_2);
        let wanted = match error.failure {
            Failure::PeerAlert(_) => None,
            // RFC 8446 6.2 has certificate_required; TLS 1.2 has only this (RFC 5246 7.4.6).
            Failure::NoCertificate if tls12 => Some(AlertDescription::HANDSHAKE_FAILURE),
            Failure::NoSharedCipher => Some(AlertDescription::HANDSHAKE_FAILURE),
            // RFC 8446 4.1.3: a suite that was not offered is an illegal parameter, and rustls calls it a failure.
            Failure::IllegalParameter if was == Some(AlertDescription::HANDSHAKE_FAILURE) => {
                Some(AlertDescription::ILLEGAL_PARAMETER)
            }
            failure => refused.or(was).or_else(|| failure.default_alert()),
        };
        let (start, seal) = match found {
            Some(found) => (sent + found.start, Some(found.seal)),
            None => (sent, self.seal_for_alert(protected.as_ref())),
        };
        let record = wanted.zip(seal).and_then(|(alert, seal)| alerts::record(alert, seal, protected.as_ref()));
        if record.is_some() {
            error.alert = wanted;
        }
        (error, record.map(|record| (start, record)))
    }

    /// What protects an alert where rustls sent none, if that can be told.
    fn seal_for_alert(&self, protected: Option<&Protected<'_>>) -> Option<Seal> {
        match protected {
            Some(protected) => match protected.role {
                Role::Client if protected.secrets.client_handshake.is_some() => Some(Seal::Tls13(Stage::Handshake, 0)),
                Role::Client => Some(Seal::Plain),
                // Our flight ends with our Finished, and then come the keys of the application (RFC 8446 4.4.4).
                Role::Server if self.protected => Some(Seal::Tls13(Stage::Application, 0)),
                // Nothing of our flight has left: the client has no keys yet.
                Role::Server => Some(Seal::Plain),
            },
            None => (!self.protected).then_some(Seal::Plain),
        }
    }
}

fn has_change_cipher_spec(records: &[u8]) -> bool {
    let mut rest = records;
    while let Some(&[content_type, _, _, high, low]) = rest.first_chunk() {
        if content_type == 20 {
            return true;
        }
        rest = rest.get(HEADER + usize::from(u16::from_be_bytes([high, low]))..).unwrap_or_default();
    }
    false
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
            alert: None,
            detail: "the peer closed the connection during the handshake".to_owned(),
        }),
        // No early data is accepted, and records of application data are never shown to rustls after the handshake.
        Ok(_) => Err(failed(Failure::UnexpectedMessage, "application data during the handshake")),
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

/// The lifetime in a NewSessionTicket of TLS 1.2 that begins these bytes of plain records; none where it holds no ticket
/// (RFC 5077 3.3).
fn new_ticket(records: &[u8]) -> Option<u32> {
    const HANDSHAKE: u8 = 22;
    const NEW_SESSION_TICKET: u8 = 4;
    // Record header 5, message header 4.
    if records.first() != Some(&HANDSHAKE) || records.get(5) != Some(&NEW_SESSION_TICKET) {
        return None;
    }
    let (lifetime, ticket) = records.get(9..)?.split_first_chunk()?;
    (ticket.first_chunk()? != &[0, 0]).then(|| u32::from_be_bytes(*lifetime))
}
