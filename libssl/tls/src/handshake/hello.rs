//! The ClientHello, read before anything is decided.

use super::error::setup;
use super::secrets::Secrets;
use super::{FALLBACK_SCSV, Handshake, HandshakeError, ServerContext, Side};
use rustls::server::{Acceptor as RustlsAcceptor, UnbufferedServerConnection};
use std::sync::Arc;

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
    /// [`Failure::Setup`](super::Failure::Setup).
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
