//! A server's choice among its identities.

use super::identity::algorithm;
use super::program::Program;
use super::{ClientHello, Identity, ServerSettings};
use rustls::server::ResolvesServerCert;
use rustls::sign::CertifiedKey;
use rustls::{SignatureAlgorithm, SupportedCipherSuite};
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
    let signs = |identity: &&Arc<Identity>, scheme: u16| identity.schemes().contains(&scheme);
    if settings.choices.can_tls13() && hello.offers_version(0x0304) {
        // The first signature of the client's that one of our keys makes (RFC 8446 4.2.3); rustls leaves out what TLS
        // 1.3 does not have.
        let schemes = hello.signature_schemes.iter().filter(|&&scheme| scheme & 0xff != 1);
        return schemes.into_iter().find_map(|&scheme| settings.identities.iter().find(|it| signs(it, scheme)));
    }
    // RFC 5246 7.4.2: the cipher suite names the kind of key.
    let ours = settings.choices.suites();
    let client_order =
        hello.cipher_suites.iter().filter_map(|&number| ours.iter().find(|it| number == it.suite().into()));
    let server_order = ours.iter().filter(|suite| hello.cipher_suites.contains(&suite.suite().into()));
    let fits = |suite: &SupportedCipherSuite| {
        settings.identities.iter().find(|identity| {
            let kind = identity.schemes().first().map_or(SignatureAlgorithm::Anonymous, |&scheme| algorithm(scheme));
            suite.version().version == rustls::ProtocolVersion::TLSv1_2
                && suite.tls12_signature_fits(kind)
                && hello.signature_schemes.iter().any(|&scheme| signs(identity, scheme))
        })
    };
    if settings.server_preference {
        server_order.into_iter().find_map(fits)
    } else {
        client_order.into_iter().find_map(fits)
    }
}

trait Fits {
    fn tls12_signature_fits(&self, kind: SignatureAlgorithm) -> bool;
}

impl Fits for SupportedCipherSuite {
    fn tls12_signature_fits(&self, kind: SignatureAlgorithm) -> bool {
        match self {
            SupportedCipherSuite::Tls12(suite) => suite.sign.iter().any(|scheme| algorithm((*scheme).into()) == kind),
            SupportedCipherSuite::Tls13(_) => false,
        }
    }
}
