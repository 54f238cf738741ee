//! The hand-over: what a finished handshake leaves behind.

use super::error::internal;
use super::secrets::{Captured, Secret};
use super::session::{Session, Tickets};
use super::{CertificateRequest, Handshake, HandshakeError, Side};
use crate::exporter::Exporter;
use crate::record::{Cipher, Hash, Keys, Protection, Role, TicketSink, Traffic, TrafficSecret, Version};
use rustls::{ConnectionTrafficSecrets, ExtractedSecrets, SupportedCipherSuite};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What a handshake leaves behind.
pub struct Established {
    /// The version agreed on.
    pub version: Version,
    /// The cipher suite's number.
    pub cipher_suite: u16,
    /// The key exchange group's number; none where a TLS 1.2 session was resumed.
    pub group: Option<u16>,
    /// An earlier session was resumed.
    pub resumed: bool,
    /// A server's: what the ticket of a resumed session remembered ([`TicketProgram`](super::TicketProgram)).
    pub note: Option<Vec<u8>>,
    /// The protocol agreed on by ALPN.
    pub alpn: Option<Vec<u8>>,
    /// A server's: the name that the client asked for, in the client's spelling.
    pub server_name: Option<String>,
    /// The peer's certificates as DER, the end-entity certificate first. A server gets those of a resumed session, too;
    /// a client that resumed one gets none.
    pub peer_certificates: Arc<[Vec<u8>]>,
    /// The kind of the peer's signature, by number; none if it signed nothing.
    pub peer_signature_scheme: Option<u16>,
    /// A client's: the OCSP response (DER) that the server stapled.
    pub ocsp_response: Option<Vec<u8>>,
    /// A client's: the server asked for a certificate.
    pub certificate_request: Option<CertificateRequest>,
    /// The random bytes of the client.
    pub client_random: Option<[u8; 32]>,
    /// The random bytes of the server. Missing if a server cut its ServerHello into pieces.
    pub server_random: Option<[u8; 32]>,
    /// The master secret of TLS 1.2.
    pub master_secret: Option<Zeroizing<Vec<u8>>>,
    /// For the program's keying material. Missing if a TLS 1.2 server cut its ServerHello into pieces.
    pub exporter: Option<Exporter>,
}

impl Handshake {
    /// Hands over: keys for [`RecordLayer::new`](crate::record::RecordLayer::new), facts for the program. Whatever is in [`output`](Self::output) must have been sent, or be sent first.
    ///
    /// # Errors
    /// The handshake is not complete, or a part of a handshake message was left behind it.
    pub fn finish(self) -> Result<(Traffic, Established), HandshakeError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let common = self.common();
        if common.is_handshaking() {
            return Err(internal("the handshake is not complete"));
        }
        // RFC 8446 5.1, RFC 5246 6.2.1: the change of keys is a boundary of messages.
        if !self.incoming.is_empty() {
            return Err(super::error::failed(
                super::Failure::UnexpectedMessage,
                "the record of the last handshake message holds more than that message",
            ));
        }
        let suite = common.negotiated_cipher_suite().ok_or_else(|| internal("no cipher suite"))?;
        let resumed = self.is_resumed();
        let group = common.negotiated_key_exchange_group().map(|group| group.name().into());
        let alpn = common.alpn_protocol().map(<[u8]>::to_vec);
        let client_resumed = resumed && self.role() == Role::Client;
        let peer_certificates = common.peer_certificates().filter(|_| !client_resumed).unwrap_or_default();
        let peer_certificates: Arc<[_]> = peer_certificates.iter().map(|der| der.to_vec()).collect();
        let cipher_suite = suite.suite().into();
        let version = self.version().ok_or_else(|| internal("no version"))?;

        // All that rustls could do from here on is ours: key updates, and sessions.
        let (role, handed) = match self.side {
            Side::Client(connection) => {
                let (handed, _) = connection.dangerous_into_kernel_connection()?;
                (Role::Client, handed)
            }
            Side::Server(connection) => {
                let (handed, _) = connection.dangerous_into_kernel_connection()?;
                (Role::Server, handed)
            }
        };
        let mut captured = self.secrets.take();
        let mut new_session = None;
        let (protection, exporter) = protection(suite, role, handed, &captured, self.server_random)?;
        let mut told = self.program.told();
        let master = told.resumption_master.take();
        let tickets = match self.resumption {
            Some((_, Some(sink))) if version == Version::Tls13 => {
                let master = master.ok_or_else(|| internal("no resumption master secret"))?;
                Some(Box::new(Tickets::new(master, cipher_suite, sink)) as Box<dyn TicketSink>)
            }
            // A resumed session of TLS 1.2 is the one that was offered, unless its ticket was replaced; rustls stores it
            // again.
            Some((store, Some(sink))) if !resumed || self.new_ticket.is_some() => {
                let randoms = [captured.client_random.unwrap_or_default(), self.server_random.unwrap_or_default()];
                new_session = store
                    .take_tls12()
                    .map(|value| (sink, Session::tls12(value, cipher_suite, self.new_ticket.unwrap_or(0), randoms)));
                None
            }
            _ => None,
        };
        let established = Established {
            version,
            cipher_suite,
            group,
            resumed,
            note: self.tickets.and_then(|(tickets, _)| tickets.take_note()),
            alpn,
            server_name: self.server_name,
            peer_certificates,
            peer_signature_scheme: told.peer_signature_scheme,
            ocsp_response: told.ocsp_response.take(),
            certificate_request: told.request.take(),
            client_random: captured.client_random,
            server_random: self.server_random,
            master_secret: captured.master.take(),
            exporter,
        };
        drop(told);
        // The program's function runs while nothing is locked.
        if let Some((sink, session)) = new_session {
            if resumed { sink.renewed_session(session) } else { sink.new_session(session) }
        }
        Ok((Traffic { role, protection, tickets }, established))
    }
}

/// The keys of the record layer, and the exporter.
fn protection(
    suite: SupportedCipherSuite,
    role: Role,
    handed: ExtractedSecrets,
    captured: &Captured,
    server_random: Option<[u8; 32]>,
) -> Result<(Protection, Option<Exporter>), HandshakeError> {
    let hash = hash(suite);
    let (write, read) = ((keys(handed.tx.1)?, handed.tx.0), (keys(handed.rx.1)?, handed.rx.0));
    if suite.tls13().is_none() {
        let exporter = match (&captured.master, captured.client_random, server_random) {
            (Some(master), Some(client), Some(server)) => Some(Exporter::tls12(hash, master, client, server)),
            _ => None,
        };
        return Ok((Protection::Tls12 { write, read }, exporter));
    }
    let secret = |bytes: &Option<Secret>| {
        let bytes = bytes.as_ref().ok_or_else(|| internal("no traffic secret"))?;
        TrafficSecret::new(hash, bytes).ok_or_else(|| internal("traffic secret of another length"))
    };
    let (client, server) = (secret(&captured.client)?, secret(&captured.server)?);
    let (ours, theirs) = if role == Role::Client { (client, server) } else { (server, client) };
    let cipher = write.0.cipher();
    if !ours.keys(cipher).matches(&write.0) || !theirs.keys(cipher).matches(&read.0) {
        return Err(internal("the traffic secrets are not those of the keys handed over"));
    }
    let protection = Protection::Tls13 { cipher, write: (ours, write.1), read: (theirs, read.1) };
    Ok((protection, Some(Exporter::tls13(hash, secret(&captured.exporter)?))))
}

pub(super) fn hash(suite: SupportedCipherSuite) -> Hash {
    let common = match suite {
        SupportedCipherSuite::Tls12(suite) => &suite.common,
        SupportedCipherSuite::Tls13(suite) => &suite.common,
    };
    if common.hash_provider.output_len() == Hash::Sha384.length() { Hash::Sha384 } else { Hash::Sha256 }
}

/// The AEAD of a TLS 1.3 cipher suite.
pub(super) fn cipher(suite: SupportedCipherSuite) -> Cipher {
    match u16::from(suite.suite()) {
        0x1301 => Cipher::Aes128Gcm,
        0x1303 => Cipher::ChaCha20Poly1305,
        _ => Cipher::Aes256Gcm,
    }
}

fn keys(secrets: ConnectionTrafficSecrets) -> Result<Keys, HandshakeError> {
    let (cipher, key, iv) = match secrets {
        ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (Cipher::Aes128Gcm, key, iv),
        ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (Cipher::Aes256Gcm, key, iv),
        ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (Cipher::ChaCha20Poly1305, key, iv),
        _ => return Err(internal("an AEAD that the record layer does not have")),
    };
    Keys::new(cipher, key.as_ref(), iv.as_ref()).ok_or_else(|| internal("a key of another length"))
}
