//! What the handshakes of one context have in common: `SSL_CTX`, as far as rustls is concerned.

use super::error::setup;
use super::fallback::FALLBACK_SUITE;
use super::secrets::Secrets;
use super::verify::ProgramVerifier;
use super::{Handshake, HandshakeError, Side, VerifyPeer};
use crate::record::Version;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{UnbufferedClientConnection, WebPkiServerVerifier};
use rustls::crypto::aws_lc_rs as provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion};
use std::sync::Arc;

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
    /// [`Failure::Setup`](super::Failure::Setup): not PEM, or nothing of the kind in it.
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
/// [`Failure::Setup`](super::Failure::Setup): not PEM.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<Vec<u8>>, HandshakeError> {
    CertificateDer::pem_slice_iter(pem).map(|der| der.map(|der| der.to_vec())).collect::<Result<_, _>>().map_err(setup)
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
    /// Sends [`FALLBACK_SCSV`](super::FALLBACK_SCSV) (`SSL_MODE_SEND_FALLBACK_SCSV`).
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
    /// [`Failure::Setup`](super::Failure::Setup): no version, or authorities that cannot be read.
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
    /// [`Failure::Setup`](super::Failure::Setup): not a name.
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
    pub(super) config: ServerConfig,
    pub(super) highest: Version,
}

impl ServerContext {
    /// Makes settings ready.
    ///
    /// # Errors
    /// [`Failure::Setup`](super::Failure::Setup): no version, or a key that does not fit.
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
