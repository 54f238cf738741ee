//! The handshake, by rustls: bytes in, bytes out, and then the keys.
//!
//! This is the only file that knows rustls. It shows rustls one record at a time through the unbuffered API, so that
//! not a byte beyond the handshake is read by it, and hands the keys over to [`RecordLayer`](crate::record::RecordLayer)
//! as soon as the last handshake message is through ([`Handshake::finish`]).
//!
//! The keys come from `dangerous_into_kernel_connection`. That names the keys in force and not the secrets they came
//! from, without which there is neither a key update nor an exporter once rustls is gone; those come from the key log,
//! which each connection has to itself.

use crate::exporter::Exporter;
use crate::record::{
    AlertDescription, Cipher, Hash, Keys, Protection, Role, TicketSink, Traffic, TrafficSecret, Version,
};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConnectionData, UnbufferedClientConnection, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs as provider};
use rustls::kernel::KernelConnection;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject};
use rustls::server::{Acceptor as RustlsAcceptor, UnbufferedServerConnection};
use rustls::unbuffered::{ConnectionState, EncodeError, UnbufferedStatus};
use rustls::{
    CipherSuite, CipherSuiteCommon, ClientConfig, ConnectionTrafficSecrets, DigitallySignedStruct, KeyLog,
    ProtocolVersion, RootCertStore, ServerConfig, SignatureScheme, SupportedCipherSuite, SupportedProtocolVersion,
    Tls12CipherSuite,
};
use std::sync::{Arc, LazyLock, Mutex};
use zeroize::Zeroizing;

/// `TLS_FALLBACK_SCSV` (RFC 7507 4).
pub const FALLBACK_SCSV: u16 = 0x5600;

/// Which versions are offered or accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The lowest.
    pub min: Version,
    /// The highest.
    pub max: Version,
}

impl Versions {
    /// TLS 1.2 and TLS 1.3.
    pub const ALL: Versions = Versions { min: Version::Tls12, max: Version::Tls13 };

    /// This one alone.
    pub const fn only(version: Version) -> Self {
        Versions { min: version, max: version }
    }

    fn list(self) -> &'static [&'static SupportedProtocolVersion] {
        static HIGHEST_FIRST: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS13, &rustls::version::TLS12];
        match (self.min, self.max) {
            (Version::Tls12, Version::Tls13) => &HIGHEST_FIRST,
            (Version::Tls13, Version::Tls13) => &HIGHEST_FIRST[..1],
            (Version::Tls12, Version::Tls12) => &HIGHEST_FIRST[1..],
            (Version::Tls13, Version::Tls12) => &[],
        }
    }
}

/// A certificate chain and its key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads a chain, the end-entity certificate first, and a private key (PKCS #8, PKCS #1 or SEC 1), all in PEM.
    ///
    /// # Errors
    /// [`Failure::Setup`]: not PEM, or nothing of the kind in it.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, HandshakeError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
        let chain = chain.map_err(setup)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(setup)?;
        Ok(Identity { chain, key })
    }
}

/// The certificates in a PEM file, as DER.
///
/// # Errors
/// [`Failure::Setup`]: not PEM.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<Vec<u8>>, HandshakeError> {
    CertificateDer::pem_slice_iter(pem).map(|der| der.map(|der| der.to_vec())).collect::<Result<_, _>>().map_err(setup)
}

/// Judges a server's certificates in the program's name.
pub trait VerifyPeer: Send + Sync {
    /// `chain` is DER, the end-entity certificate first. The alert is what the peer gets; of the alerts for
    /// certificates (RFC 8446 6.2) the nearest that rustls can send goes out.
    fn verify(&self, chain: &[&[u8]], name: &str) -> Result<(), AlertDescription>;
}

/// How a client judges the server's certificates. Signatures of the handshake are verified in any case.
pub enum Verification {
    /// Not at all (`SSL_VERIFY_NONE`).
    Nobody,
    /// Against these authorities, DER, by rustls' own verifier.
    Authorities(Vec<Vec<u8>>),
    /// By the program.
    Program(Arc<dyn VerifyPeer>),
}

/// What a client's handshakes have in common.
pub struct ClientSettings {
    /// The versions offered.
    pub versions: Versions,
    /// Who verifies.
    pub verification: Verification,
    /// Protocols offered by ALPN, in order.
    pub alpn: Vec<Vec<u8>>,
    /// Sends [`FALLBACK_SCSV`] (`SSL_MODE_SEND_FALLBACK_SCSV`).
    pub fallback_scsv: bool,
}

/// A client's settings, made ready; keeps the sessions that can be resumed.
pub struct ClientContext {
    config: ClientConfig,
}

impl ClientContext {
    /// Makes settings ready.
    ///
    /// # Errors
    /// [`Failure::Setup`]: no version, or authorities that cannot be read.
    pub fn new(settings: ClientSettings) -> Result<Self, HandshakeError> {
        let mut provider = provider::default_provider();
        if settings.fallback_scsv {
            provider.cipher_suites.push(SupportedCipherSuite::Tls12(&FALLBACK_SUITE));
        }
        let provider = Arc::new(provider);
        let verifier: Arc<dyn ServerCertVerifier> = match settings.verification {
            Verification::Authorities(authorities) => {
                let mut roots = RootCertStore::empty();
                for authority in authorities {
                    roots.add(authority.into()).map_err(setup)?;
                }
                WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone()).build().map_err(setup)?
            }
            Verification::Nobody => Arc::new(ProgramVerifier { provider: provider.clone(), program: None }),
            Verification::Program(program) => {
                Arc::new(ProgramVerifier { provider: provider.clone(), program: Some(program) })
            }
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(settings.versions.list())
            .map_err(setup)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.alpn_protocols = settings.alpn;
        config.enable_secret_extraction = true;
        Ok(ClientContext { config })
    }

    /// Begins a handshake with the server of this name; the ClientHello is then in [`Handshake::output`].
    ///
    /// # Errors
    /// [`Failure::Setup`]: not a name.
    pub fn connect(&self, name: &str) -> Result<Handshake, HandshakeError> {
        let name = ServerName::try_from(name.to_owned()).map_err(setup)?;
        let mut config = self.config.clone();
        let secrets = Arc::new(Secrets::default());
        config.key_log = secrets.clone();
        let connection = UnbufferedClientConnection::new(Arc::new(config), name).map_err(setup)?;
        let mut handshake = Handshake::new(Side::Client(Box::new(connection)), secrets);
        handshake.advance()?;
        Ok(handshake)
    }
}

/// What a server's handshakes have in common.
pub struct ServerSettings {
    /// The versions accepted.
    pub versions: Versions,
    /// The server's certificates and key.
    pub identity: Identity,
    /// Protocols accepted by ALPN, the preferred first.
    pub alpn: Vec<Vec<u8>>,
}

/// A server's settings, made ready; keeps the key of its tickets.
pub struct ServerContext {
    config: ServerConfig,
    highest: Version,
}

impl ServerContext {
    /// Makes settings ready.
    ///
    /// # Errors
    /// [`Failure::Setup`]: no version, or a key that does not fit.
    pub fn new(settings: ServerSettings) -> Result<Self, HandshakeError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
            .with_protocol_versions(settings.versions.list())
            .map_err(setup)?
            .with_no_client_auth()
            .with_single_cert(settings.identity.chain, settings.identity.key)
            .map_err(setup)?;
        config.alpn_protocols = settings.alpn;
        config.ticketer = provider::Ticketer::new().map_err(setup)?;
        config.enable_secret_extraction = true;
        Ok(ServerContext { config, highest: settings.versions.max })
    }
}

/// What a ClientHello says, for whoever chooses the certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// The name of the server that the client wants (RFC 6066 3).
    pub server_name: Option<String>,
    /// The protocols that it offers by ALPN (RFC 7301).
    pub alpn: Vec<Vec<u8>>,
    /// Its cipher suites, [`FALLBACK_SCSV`] among them if it is a fallback.
    pub cipher_suites: Vec<u16>,
}

/// Reads the ClientHello before anything is decided; then the same bytes go to the handshake.
#[derive(Default)]
pub struct Acceptor {
    rustls: RustlsAcceptor,
    seen: Vec<u8>,
}

impl Acceptor {
    /// One that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one complete record; answers once the ClientHello is complete. What is wrong with it is left to the
    /// handshake to say, so bytes that are no ClientHello count as an empty one.
    pub fn read(&mut self, record: &[u8]) -> Option<ClientHello> {
        self.seen.extend_from_slice(record);
        let mut rest = record;
        while !rest.is_empty() {
            match self.rustls.read_tls(&mut rest) {
                Ok(count) if count > 0 => {}
                _ => return Some(ClientHello::default()),
            }
        }
        match self.rustls.accept() {
            Ok(None) => None,
            Err(_) => Some(ClientHello::default()),
            Ok(Some(accepted)) => {
                let hello = accepted.client_hello();
                Some(ClientHello {
                    server_name: hello.server_name().map(str::to_owned),
                    alpn: hello.alpn().map(|names| names.map(<[u8]>::to_vec).collect()).unwrap_or_default(),
                    cipher_suites: hello.cipher_suites().iter().map(|&suite| suite.into()).collect(),
                })
            }
        }
    }

    /// Goes on with these settings.
    ///
    /// What is wrong with the ClientHello is told by [`Handshake::failure`]; the alert for the peer is in
    /// [`Handshake::output`].
    ///
    /// # Errors
    /// [`Failure::Setup`].
    pub fn accept(self, context: &ServerContext, hello: &ClientHello) -> Result<Handshake, HandshakeError> {
        let mut config = context.config.clone();
        let secrets = Arc::new(Secrets::default());
        config.key_log = secrets.clone();
        let connection = UnbufferedServerConnection::new(Arc::new(config)).map_err(setup)?;
        let mut handshake = Handshake::new(Side::Server(Box::new(connection)), secrets);
        handshake.fallback_from = hello.cipher_suites.contains(&FALLBACK_SCSV).then_some(context.highest);
        // A failure is kept for the caller's next look, with the alert.
        _ = handshake.read(&self.seen);
        Ok(handshake)
    }
}

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

fn setup(error: impl std::fmt::Display) -> HandshakeError {
    HandshakeError { failure: Failure::Setup, detail: error.to_string() }
}

fn protocol(detail: &str) -> HandshakeError {
    HandshakeError { failure: Failure::Protocol, detail: detail.to_owned() }
}

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

    /// Hands over to the record layer. Whatever is in [`output`](Self::output) must have been sent, or be sent first.
    ///
    /// # Errors
    /// The handshake is not complete, or a part of a handshake message was left behind it.
    pub fn finish(self) -> Result<Established, HandshakeError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if self.common().is_handshaking() {
            return Err(protocol("the handshake is not complete"));
        }
        // RFC 8446 5.1, RFC 5246 6.2.1: the change of keys is a boundary of messages.
        if !self.incoming.is_empty() {
            return Err(protocol("the record of the last handshake message holds more than that message"));
        }
        let common = self.common();
        let suite = common.negotiated_cipher_suite().ok_or_else(|| protocol("no cipher suite"))?;
        let hash = hash(suite);
        let cipher_suite = suite.suite().into();
        let resumed = common.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
        let alpn = common.alpn_protocol().map(<[u8]>::to_vec);
        let peer_certificates = common.peer_certificates().unwrap_or_default();
        let peer_certificates = peer_certificates.iter().map(|der| der.to_vec()).collect();

        let (role, handed, kernel) = match self.side {
            Side::Client(connection) => {
                let (handed, kernel) = connection.dangerous_into_kernel_connection()?;
                (Role::Client, handed, Some(kernel))
            }
            Side::Server(connection) => {
                // All that the kernel connection of a server could do is update keys, which is ours.
                let (handed, _) = connection.dangerous_into_kernel_connection()?;
                (Role::Server, handed, None)
            }
        };
        let (write, read) = ((keys(handed.tx.1)?, handed.tx.0), (keys(handed.rx.1)?, handed.rx.0));
        let captured = self.secrets.take();
        let (protection, exporter, tickets) = match suite {
            SupportedCipherSuite::Tls12(_) => {
                let exporter = match (&captured.master, captured.client_random, self.server_random) {
                    (Some(master), Some(client), Some(server)) => Some(Exporter::tls12(hash, master, client, server)),
                    _ => None,
                };
                // The tickets of TLS 1.2 came with the handshake.
                (Protection::Tls12 { write, read }, exporter, None)
            }
            SupportedCipherSuite::Tls13(_) => {
                let secret = |bytes: &Option<Secret>| {
                    let bytes = bytes.as_ref().ok_or_else(|| protocol("no traffic secret"))?;
                    TrafficSecret::new(hash, bytes).ok_or_else(|| protocol("traffic secret of another length"))
                };
                let (client, server) = (secret(&captured.client)?, secret(&captured.server)?);
                let (ours, theirs) = if role == Role::Client { (client, server) } else { (server, client) };
                let cipher = write.0.cipher();
                if !ours.keys(cipher).matches(&write.0) || !theirs.keys(cipher).matches(&read.0) {
                    return Err(protocol("the traffic secrets are not those of the keys handed over"));
                }
                let protection = Protection::Tls13 { cipher, write: (ours, write.1), read: (theirs, read.1) };
                let tickets = kernel.map(|kernel| Box::new(Tickets(kernel)) as Box<dyn TicketSink>);
                (protection, Some(Exporter::tls13(hash, secret(&captured.exporter)?)), tickets)
            }
        };
        let traffic = Traffic { role, protection, tickets };
        Ok(Established { traffic, cipher_suite, resumed, alpn, peer_certificates, exporter })
    }
}

/// What a handshake leaves behind.
pub struct Established {
    /// For [`RecordLayer::new`](crate::record::RecordLayer::new).
    pub traffic: Traffic,
    /// The cipher suite's number.
    pub cipher_suite: u16,
    /// An earlier session was resumed.
    pub resumed: bool,
    /// The protocol agreed on by ALPN.
    pub alpn: Option<Vec<u8>>,
    /// The peer's certificates as DER, the end-entity certificate first.
    pub peer_certificates: Vec<Vec<u8>>,
    /// For the program's keying material. Missing if a TLS 1.2 server cut its ServerHello into pieces.
    pub exporter: Option<Exporter>,
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

fn hash(suite: SupportedCipherSuite) -> Hash {
    let common = match suite {
        SupportedCipherSuite::Tls12(suite) => &suite.common,
        SupportedCipherSuite::Tls13(suite) => &suite.common,
    };
    if common.hash_provider.output_len() == Hash::Sha384.length() { Hash::Sha384 } else { Hash::Sha256 }
}

fn keys(secrets: ConnectionTrafficSecrets) -> Result<Keys, HandshakeError> {
    let (cipher, key, iv) = match secrets {
        ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (Cipher::Aes128Gcm, key, iv),
        ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (Cipher::Aes256Gcm, key, iv),
        ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (Cipher::ChaCha20Poly1305, key, iv),
        _ => return Err(protocol("an AEAD that the record layer does not have")),
    };
    Keys::new(cipher, key.as_ref(), iv.as_ref()).ok_or_else(|| protocol("a key of another length"))
}

/// The random of a ServerHello that begins these bytes of plain records (RFC 5246 7.4.1.3).
fn server_random(records: &[u8]) -> Option<[u8; 32]> {
    const HANDSHAKE: u8 = 22;
    const SERVER_HELLO: u8 = 2;
    // Record header 5, message header 4, version 2.
    (records.first() == Some(&HANDSHAKE) && records.get(5) == Some(&SERVER_HELLO))
        .then(|| records.get(11..)?.first_chunk().copied())?
}

/// rustls' part of a TLS 1.3 client after the handshake: it stores tickets with the session.
struct Tickets(KernelConnection<ClientConnectionData>);

impl TicketSink for Tickets {
    fn ticket(&mut self, body: &[u8]) -> Result<(), AlertDescription> {
        self.0.handle_new_session_ticket(body).map_err(|error| match error {
            rustls::Error::InvalidMessage(_) => AlertDescription::DECODE_ERROR,
            rustls::Error::PeerMisbehaved(_) => AlertDescription::ILLEGAL_PARAMETER,
            _ => AlertDescription::INTERNAL_ERROR,
        })
    }
}

type Secret = Zeroizing<Vec<u8>>;

/// The secrets of one connection, as the key log tells them.
#[derive(Default)]
struct Secrets(Mutex<Captured>);

#[derive(Default)]
struct Captured {
    client: Option<Secret>,
    server: Option<Secret>,
    exporter: Option<Secret>,
    master: Option<Secret>,
    client_random: Option<[u8; 32]>,
}

impl Secrets {
    fn take(&self) -> Captured {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

impl KeyLog for Secrets {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut captured = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let field = match label {
            "CLIENT_TRAFFIC_SECRET_0" => &mut captured.client,
            "SERVER_TRAFFIC_SECRET_0" => &mut captured.server,
            "EXPORTER_SECRET" => &mut captured.exporter,
            "CLIENT_RANDOM" => &mut captured.master,
            _ => return,
        };
        *field = Some(Zeroizing::new(secret.to_vec()));
        captured.client_random = client_random.try_into().ok();
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

const SCSV: CipherSuite = CipherSuite::Unknown(FALLBACK_SCSV);

/// The signaling value in the form that rustls puts into a ClientHello: a real suite under the value's number.
static FALLBACK_SUITE: LazyLock<Tls12CipherSuite> = LazyLock::new(|| {
    let SupportedCipherSuite::Tls12(suite) = provider::cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 else {
        unreachable!("a TLS 1.2 suite by its name")
    };
    Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: SCSV,
            hash_provider: suite.common.hash_provider,
            confidentiality_limit: suite.common.confidentiality_limit,
        },
        prf_provider: suite.prf_provider,
        kx: suite.kx,
        sign: suite.sign,
        aead_alg: suite.aead_alg,
    }
});

/// Leaves the certificates to the program, or to nobody; the signatures of the handshake are verified here.
struct ProgramVerifier {
    provider: Arc<CryptoProvider>,
    program: Option<Arc<dyn VerifyPeer>>,
}

impl std::fmt::Debug for ProgramVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProgramVerifier").field("verifies", &self.program.is_some()).finish()
    }
}

impl ServerCertVerifier for ProgramVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(program) = &self.program {
            let chain: Vec<&[u8]> =
                std::iter::once(end_entity).chain(intermediates).map(|certificate| certificate.as_ref()).collect();
            program.verify(&chain, &server_name.to_str()).map_err(certificate_error)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The error for which rustls sends this alert, or the nearest one.
fn certificate_error(alert: AlertDescription) -> rustls::Error {
    use rustls::CertificateError as Certificate;
    rustls::Error::InvalidCertificate(match alert {
        AlertDescription::BAD_CERTIFICATE => Certificate::BadEncoding,
        AlertDescription::CERTIFICATE_REVOKED => Certificate::Revoked,
        AlertDescription::CERTIFICATE_EXPIRED => Certificate::Expired,
        AlertDescription::UNKNOWN_CA => Certificate::UnknownIssuer,
        AlertDescription::ACCESS_DENIED => Certificate::ApplicationVerificationFailure,
        _ => Certificate::Other(rustls::OtherError(Arc::new(protocol("the program refused the certificate")))),
    })
}
