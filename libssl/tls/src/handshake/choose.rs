//! A server's choice among its identities.

use super::identity::algorithm;
use super::program::Program;
use super::{ClientHello, Identity, ServerSettings};
use rustls::server::ResolvesServerCert;
use rustls::sign::CertifiedKey;
use rustls::{SupportedCipherSuite, Tls12CipherSuite};
use std::sync::Arc;

/// Chooses by the ClientHello, before rustls asks.
#[derive(Debug)]
pub(super) struct ByHello {
    chosen: Option<Arc<CertifiedKey>>,
    program: Arc<Program>,
}

impl ByHello {
    pub(super) fn new(settings: &ServerSettings, hello: &ClientHello, program: Arc<Program>) -> Self {
        // Where none fits, rustls says what is missing.
        let chosen = choose(settings, hello).or(settings.identities.first());
        ByHello { chosen: chosen.map(|identity| identity.certified().clone()), program }
    }
}

impl ResolvesServerCert for ByHello {
    fn resolve(&self, _hello: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if self.chosen.is_none() {
            self.program.told().no_identity = true;
        }
        self.chosen.clone()
    }
}

fn choose<'a>(settings: &'a ServerSettings, hello: &ClientHello) -> Option<&'a Arc<Identity>> {
    if settings.choices.can_tls13() && hello.offers_version(0x0304) {
        // The first signature of the client's that one of our keys makes (RFC 8446 4.2.3). PKCS #1 is for certificates.
        let schemes =
            hello.signature_schemes.iter().filter(|&&scheme| scheme & 0xff != 1 && may_sign(settings, scheme));
        let signs = |&scheme: &u16| settings.identities.iter().find(|identity| identity.schemes().contains(&scheme));
        return schemes.copied().find_map(|scheme| signs(&scheme));
    }
    // RFC 5246 7.4.2: the cipher suite names the kind of key.
    let ours = settings.choices.suites();
    let fits = |suite: &SupportedCipherSuite| {
        let SupportedCipherSuite::Tls12(suite) = suite else { return None };
        settings.identities.iter().find(|identity| fits_tls12(settings, identity, suite, hello))
    };
    if settings.server_preference {
        ours.iter().filter(|suite| hello.cipher_suites.contains(&suite.suite().into())).find_map(fits)
    } else {
        let theirs = hello.cipher_suites.iter();
        theirs.filter_map(|&number| ours.iter().find(|suite| number == suite.suite().into())).find_map(fits)
    }
}

fn may_sign(settings: &ServerSettings, scheme: u16) -> bool {
    settings.sign_schemes.as_ref().is_none_or(|wanted| wanted.contains(&scheme))
}

fn fits_tls12(settings: &ServerSettings, identity: &Identity, suite: &Tls12CipherSuite, hello: &ClientHello) -> bool {
    let Some(&first) = identity.schemes().first() else { return false };
    // RFC 8422 5.4: EdDSA goes with the suites of ECDSA.
    let same_kind = suite.sign.iter().any(|&scheme| algorithm(scheme.into()) == algorithm(first));
    // RFC 8422 5.1: the curve of the certificate, too, is one of the client's groups.
    let curve = match first {
        0x0403 => Some(0x0017),
        0x0503 => Some(0x0018),
        0x0603 => Some(0x0019),
        _ => None,
    };
    same_kind
        && curve.is_none_or(|curve| hello.groups.is_empty() || hello.groups.contains(&curve))
        && identity
            .schemes()
            .iter()
            .any(|scheme| hello.signature_schemes.contains(scheme) && may_sign(settings, *scheme))
}
