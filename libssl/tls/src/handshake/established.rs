//! The hand-over: what a finished handshake leaves behind.

use super::error::protocol;
use super::secrets::Secret;
use super::{Handshake, HandshakeError, Side};
use crate::exporter::Exporter;
use crate::record::{AlertDescription, Cipher, Hash, Keys, Protection, Role, TicketSink, Traffic, TrafficSecret};
use rustls::client::ClientConnectionData;
use rustls::kernel::KernelConnection;
use rustls::{ConnectionTrafficSecrets, SupportedCipherSuite};

/// What a handshake leaves behind.
pub struct Established {
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

impl Handshake {
    /// Hands over to the record layer ([`RecordLayer::new`](crate::record::RecordLayer::new)). Whatever is in [`output`](Self::output) must have been sent, or be sent first.
    ///
    /// # Errors
    /// The handshake is not complete, or a part of a handshake message was left behind it.
    pub fn finish(self) -> Result<(Traffic, Established), HandshakeError> {
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
        Ok((traffic, Established { cipher_suite, resumed, alpn, peer_certificates, exporter }))
    }
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
