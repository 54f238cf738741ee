//! Cipher suites, groups and versions, in the order that the program asked for.

use super::error::setup;
use super::fallback::FALLBACK_SUITE;
use super::groups::{GROUPS, group};
use super::identity::NO_IDENTITY;
use super::resumption::SUITES;
use super::verify::{CLIENT_VERIFIER, IDENTITY_ON_REQUEST};
use super::{HandshakeError, Versions};
use crate::record::Version;
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs as provider;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, ServerConfig, SupportedCipherSuite};
use std::sync::{Arc, LazyLock, OnceLock};

/// The cipher suites that there are, by number, in OpenSSL 3's order.
pub const CIPHER_SUITES: &[u16] = &[0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc02b, 0xc02f];

/// Cipher suites, groups and versions, made ready; copying it copies a pointer.
#[derive(Clone)]
pub struct Choices(Arc<Inner>);

struct Inner {
    versions: Versions,
    provider: Arc<CryptoProvider>,
    client: OnceLock<ClientConfig>,
    fallback_client: OnceLock<ClientConfig>,
    server: OnceLock<ServerConfig>,
}

impl Choices {
    /// Takes suites and groups in order of preference. Numbers that are unknown, come twice, or belong to a version that
    /// is not wanted are left out.
    ///
    /// # Errors
    /// [`Failure::Setup`](super::Failure::Setup): no version is left, or no suite for any version, or no group.
    pub fn new(cipher_suites: &[u16], groups: &[u16], versions: Versions) -> Result<Choices, HandshakeError> {
        // rustls would offer suites of versions that it does not offer.
        let usable = |suite: &SupportedCipherSuite| match suite.tls13() {
            Some(_) => versions.max == Version::Tls13,
            None => versions.min == Version::Tls12,
        };
        let suites = known(cipher_suites, |number| {
            let suites = SUITES.iter().copied();
            suites.filter(usable).find(|suite| u16::from(suite.suite()) == number)
        });
        let groups = known(groups, group);
        let provider =
            Arc::new(CryptoProvider { cipher_suites: suites, kx_groups: groups, ..provider::default_provider() });
        let choices = Choices(Arc::new(Inner {
            versions,
            provider,
            client: OnceLock::new(),
            fallback_client: OnceLock::new(),
            server: OnceLock::new(),
        }));
        choices.client(false)?;
        Ok(choices)
    }

    /// The cipher suites, by number.
    pub fn cipher_suites(&self) -> Vec<u16> {
        self.0.provider.cipher_suites.iter().map(|suite| suite.suite().into()).collect()
    }

    /// The groups, by number.
    pub fn groups(&self) -> Vec<u16> {
        self.0.provider.kx_groups.iter().map(|group| group.name().into()).collect()
    }

    /// The versions.
    pub fn versions(&self) -> Versions {
        self.0.versions
    }

    pub(super) fn suites(&self) -> &[SupportedCipherSuite] {
        &self.0.provider.cipher_suites
    }

    /// Whether a TLS 1.3 suite is among them, and a TLS 1.3 version.
    pub(super) fn can_tls13(&self) -> bool {
        self.0.versions.max == Version::Tls13
            && self.0.provider.cipher_suites.iter().any(|suite| suite.tls13().is_some())
    }

    /// What all clients with these choices have in common, with `TLS_FALLBACK_SCSV` or without it.
    pub(super) fn client(&self, fallback: bool) -> Result<&ClientConfig, HandshakeError> {
        let made = if fallback { &self.0.fallback_client } else { &self.0.client };
        if let Some(config) = made.get() {
            return Ok(config);
        }
        let mut provider = self.0.provider.clone();
        if fallback {
            Arc::make_mut(&mut provider).cipher_suites.push(SupportedCipherSuite::Tls12(&FALLBACK_SUITE));
        }
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(self.0.versions.list())
            .map_err(setup)?
            .dangerous()
            .with_custom_certificate_verifier(CLIENT_VERIFIER.clone())
            .with_client_cert_resolver(IDENTITY_ON_REQUEST.clone());
        config.resumption = Resumption::disabled();
        config.enable_secret_extraction = true;
        Ok(made.get_or_init(|| config))
    }

    /// What all servers with these choices have in common that ask for no certificate.
    pub(super) fn server(&self) -> Result<&ServerConfig, HandshakeError> {
        if let Some(config) = self.0.server.get() {
            return Ok(config);
        }
        let config = self.new_server(WebPkiClientVerifier::no_client_auth())?;
        Ok(self.0.server.get_or_init(|| config))
    }

    pub(super) fn new_server(
        &self,
        verifier: Arc<dyn rustls::server::danger::ClientCertVerifier>,
    ) -> Result<ServerConfig, HandshakeError> {
        let mut config = ServerConfig::builder_with_provider(self.0.provider.clone())
            .with_protocol_versions(self.0.versions.list())
            .map_err(setup)?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(NO_IDENTITY.clone());
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.enable_secret_extraction = true;
        Ok(config)
    }
}

impl Default for Choices {
    /// All [`CIPHER_SUITES`], [`GROUPS`], TLS 1.2 and 1.3.
    fn default() -> Self {
        static ALL: LazyLock<Choices> = LazyLock::new(|| {
            Choices::new(CIPHER_SUITES, GROUPS, Versions::ALL).expect("the suites and groups that there are")
        });
        ALL.clone()
    }
}

impl std::fmt::Debug for Choices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Choices")
            .field("versions", &self.versions())
            .field("cipher_suites", &self.cipher_suites())
            .field("groups", &self.groups())
            .finish()
    }
}

fn known<T>(numbers: &[u16], find: impl Fn(u16) -> Option<T>) -> Vec<T> {
    let first = |&(place, number): &(usize, &u16)| !numbers[..place].contains(number);
    numbers.iter().enumerate().filter(first).filter_map(|(_, &number)| find(number)).collect()
}
