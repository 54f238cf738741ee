//! A certificate chain, and who signs with its key.

use super::HandshakeError;
use super::error::setup;
use super::program::at_hand;
use rustls::crypto::aws_lc_rs as provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::server::ResolvesServerCert;
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};
use std::fmt;
use std::sync::{Arc, LazyLock};

/// Signs with a private key that rustls never sees.
pub trait Sign: Send + Sync {
    /// The signatures that the key can make: numbers of the IANA registry "TLS SignatureScheme", the preferred first.
    /// All of one kind of key: RSA (PKCS #1, PSS), ECDSA, or EdDSA.
    fn schemes(&self) -> &[u16];

    /// Signs `message`, which is not hashed yet, as `scheme` says: one of [`schemes`](Self::schemes).
    ///
    /// # Errors
    /// Ends the handshake with the alert internal_error and [`Failure::Signing`](super::Failure::Signing).
    fn sign(&self, scheme: u16, message: &[u8]) -> Result<Vec<u8>, SigningFailed>;
}

/// The program's key made no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningFailed;

/// A certificate chain and its key.
pub struct Identity {
    certified: Arc<CertifiedKey>,
    signer: Arc<dyn Sign>,
}

impl Identity {
    /// A chain of DER certificates, the end-entity certificate first, the key that goes with it, and the OCSP response
    /// (DER) that a server staples if the client asks for one.
    ///
    /// Nothing is checked: a key that does not fit is found out by the peer.
    pub fn new(chain: &[impl AsRef<[u8]>], signer: Arc<dyn Sign>, ocsp_response: Option<&[u8]>) -> Self {
        let chain = chain.iter().map(|der| der.as_ref().to_vec().into()).collect();
        let key = Arc::new(ProgramKey(signer.clone()));
        let mut certified = CertifiedKey::new(chain, key);
        certified.ocsp = ocsp_response.map(<[u8]>::to_vec);
        Identity { certified: Arc::new(certified), signer }
    }

    /// Reads a chain, the end-entity certificate first, and a private key (PKCS #8, PKCS #1 or SEC 1), all in PEM. The
    /// key is then aws-lc's.
    ///
    /// # Errors
    /// [`Failure::Setup`](super::Failure::Setup): not PEM, or nothing of the kind in it.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, HandshakeError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
        let key = PrivateKeyDer::from_pem_slice(key).map_err(setup)?;
        let key = provider::sign::any_supported_type(&key).map_err(setup)?;
        Ok(Identity::new(&chain.map_err(setup)?, Arc::new(LibraryKey::new(key)), None))
    }

    /// The chain as DER, the end-entity certificate first.
    pub fn chain(&self) -> impl Iterator<Item = &[u8]> {
        self.certified.cert.iter().map(|der| der.as_ref())
    }

    /// What the key can sign.
    pub fn schemes(&self) -> &[u16] {
        self.signer.schemes()
    }

    pub(super) fn certified(&self) -> &Arc<CertifiedKey> {
        &self.certified
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificates", &self.certified.cert.len()).finish_non_exhaustive()
    }
}

/// The certificates in a PEM file, as DER.
///
/// # Errors
/// [`Failure::Setup`](super::Failure::Setup): not PEM.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<Vec<u8>>, HandshakeError> {
    CertificateDer::pem_slice_iter(pem).map(|der| der.map(|der| der.to_vec())).collect::<Result<_, _>>().map_err(setup)
}

/// The program's key as rustls sees it.
struct ProgramKey(Arc<dyn Sign>);

impl SigningKey for ProgramKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let (ours, program) = (self.0.schemes(), at_hand());
        let may = |scheme: u16| program.as_ref().is_none_or(|program| program.signs(scheme));
        let scheme = *ours.iter().find(|&&scheme| offered.contains(&scheme.into()) && may(scheme))?;
        Some(Box::new(ProgramSigner { key: self.0.clone(), scheme }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.schemes().first().map_or(SignatureAlgorithm::Anonymous, |&scheme| algorithm(scheme))
    }
}

/// The kind of key that makes such signatures.
pub(super) fn algorithm(scheme: u16) -> SignatureAlgorithm {
    match scheme {
        0x0807 | 0x0808 => SignatureAlgorithm::ED25519,
        0x0804..=0x0806 | 0x0809..=0x080b => SignatureAlgorithm::RSA,
        _ if scheme & 0xff == 1 => SignatureAlgorithm::RSA,
        _ if scheme & 0xff == 3 => SignatureAlgorithm::ECDSA,
        _ => SignatureAlgorithm::Anonymous,
    }
}

impl fmt::Debug for ProgramKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProgramKey")
    }
}

struct ProgramSigner {
    key: Arc<dyn Sign>,
    scheme: u16,
}

impl Signer for ProgramSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        // The only error of this text: see `error`.
        self.key.sign(self.scheme, message).map_err(|SigningFailed| rustls::Error::General(SIGNING.to_owned()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme.into()
    }
}

/// What a failed signature is called on its way through rustls.
pub(super) const SIGNING: &str = "the private key made no signature";

impl fmt::Debug for ProgramSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgramSigner").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

/// A key of aws-lc's.
struct LibraryKey {
    key: Arc<dyn SigningKey>,
    schemes: Vec<u16>,
}

impl LibraryKey {
    fn new(key: Arc<dyn SigningKey>) -> Self {
        const ALL: [u16; 10] = [0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601];
        let schemes = ALL.into_iter().filter(|&scheme| key.choose_scheme(&[scheme.into()]).is_some()).collect();
        LibraryKey { key, schemes }
    }
}

impl Sign for LibraryKey {
    fn schemes(&self) -> &[u16] {
        &self.schemes
    }

    fn sign(&self, scheme: u16, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let signer = self.key.choose_scheme(&[scheme.into()]).ok_or(SigningFailed)?;
        signer.sign(message).map_err(|_| SigningFailed)
    }
}

/// Has no identity: what a server's settings begin with.
#[derive(Debug)]
pub(super) struct NoIdentity;

pub(super) static NO_IDENTITY: LazyLock<Arc<NoIdentity>> = LazyLock::new(|| Arc::new(NoIdentity));

impl ResolvesServerCert for NoIdentity {
    fn resolve(&self, _hello: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}
