//! Certificates judged by the program, and the client's own on request.

use super::HandshakeError;
use super::error::setup;
use super::program::{Program, at_hand};
use super::signature::{self, Kind};
use crate::record::AlertDescription;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::aws_lc_rs as provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, PeerMisbehaved, RootCertStore, SignatureScheme};
use std::sync::{Arc, LazyLock};

/// What a peer says it is.
#[derive(Clone, Copy, Debug)]
pub struct PeerCertificates<'a> {
    /// Its certificates as DER, the end-entity certificate first; never empty.
    pub chain: &'a [&'a [u8]],
    /// The server's name, as the settings of a client have it.
    pub name: Option<&'a str>,
    /// The OCSP response (DER) that a server stapled (RFC 6066 8).
    pub ocsp_response: Option<&'a [u8]>,
}

/// Judges a peer's certificates in the program's name. Signatures of the handshake are verified in any case.
pub trait VerifyPeer: Send + Sync {
    /// Called in the midst of the handshake, on the thread that read the record; not when a session is resumed.
    ///
    /// # Errors
    /// The alert that the peer gets, any number (RFC 8446 6.2).
    fn verify(&self, peer: &PeerCertificates<'_>) -> Result<(), AlertDescription>;
}

/// Judges a server's certificates without the program: by webpki, against these authorities, for the name in the
/// settings.
#[derive(Debug)]
pub struct Authorities(Arc<WebPkiServerVerifier>);

impl Authorities {
    /// Authorities as DER.
    ///
    /// # Errors
    /// [`Failure::Setup`](super::Failure::Setup): none, or one that cannot be read.
    pub fn new(authorities: &[impl AsRef<[u8]>]) -> Result<Self, HandshakeError> {
        let mut roots = RootCertStore::empty();
        for authority in authorities {
            roots.add(authority.as_ref().to_vec().into()).map_err(setup)?;
        }
        let provider = Arc::new(provider::default_provider());
        Ok(Authorities(WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build().map_err(setup)?))
    }
}

impl VerifyPeer for Authorities {
    fn verify(&self, peer: &PeerCertificates<'_>) -> Result<(), AlertDescription> {
        let name = peer.name.and_then(|name| ServerName::try_from(name).ok());
        let name = name.ok_or(AlertDescription::BAD_CERTIFICATE)?;
        let (end_entity, intermediates) = peer.chain.split_first().ok_or(AlertDescription::BAD_CERTIFICATE)?;
        let intermediates: Vec<_> = intermediates.iter().map(|&der| CertificateDer::from(der)).collect();
        let ocsp_response = peer.ocsp_response.unwrap_or_default();
        let verified = self.0.verify_server_cert(
            &CertificateDer::from(*end_entity),
            &intermediates,
            &name,
            ocsp_response,
            UnixTime::now(),
        );
        verified.map(drop).map_err(|error| match error {
            rustls::Error::InvalidCertificate(error) => AlertDescription(rustls::AlertDescription::from(error).into()),
            _ => AlertDescription::CERTIFICATE_UNKNOWN,
        })
    }
}

fn chain<'a>(end_entity: &'a CertificateDer<'_>, intermediates: &'a [CertificateDer<'_>]) -> Vec<&'a [u8]> {
    std::iter::once(end_entity).chain(intermediates).map(|certificate| certificate.as_ref()).collect()
}

type Signature = Result<HandshakeSignatureValid, rustls::Error>;

fn verify_signature(
    kind: Kind,
    program: Option<&Program>,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
) -> Signature {
    if let Some(program) = program {
        if !program.verifies(signature::schemes()).contains(&signed.scheme) {
            return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        program.told().peer_signature_scheme = Some(signed.scheme.into());
    }
    signature::verify(kind, message, certificate, signed)
}

/// Every client's verifier: leaves the certificates to the connection at hand.
#[derive(Debug)]
pub(super) struct ClientVerifier;

pub(super) static CLIENT_VERIFIER: LazyLock<Arc<ClientVerifier>> = LazyLock::new(|| Arc::new(ClientVerifier));

impl ServerCertVerifier for ClientVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let program = at_hand().ok_or_else(|| rustls::Error::General("no connection at hand".to_owned()))?;
        program.judge(&chain(end_entity, intermediates), ocsp_response)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Signature {
        verify_signature(Kind::Tls12, at_hand().as_deref(), message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Signature {
        verify_signature(Kind::Tls13, at_hand().as_deref(), message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let all = signature::schemes();
        at_hand().map_or(all.clone(), |program| program.verifies(all))
    }
}

/// A server's verifier, of one connection.
#[derive(Debug)]
pub(super) struct ServerVerifier {
    pub(super) program: Arc<Program>,
    pub(super) mandatory: bool,
    pub(super) authorities: Vec<DistinguishedName>,
}

impl ClientCertVerifier for ServerVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.authorities
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.program.judge(&chain(end_entity, intermediates), &[])?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Signature {
        verify_signature(Kind::Tls12, Some(&self.program), message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Signature {
        verify_signature(Kind::Tls13, Some(&self.program), message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.program.verifies(signature::schemes())
    }
}

/// A server's request for a certificate (RFC 8446 4.3.2, RFC 5246 7.4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateRequest {
    /// Names of authorities, DER; the server trusts certificates of these, or of any if there is none here.
    pub authorities: Vec<Vec<u8>>,
    /// The signatures that it verifies, by number.
    pub schemes: Vec<u16>,
}

/// Chooses the identity of a client when the server asks for one.
pub trait ChooseIdentity: Send + Sync {
    /// Called in the midst of the handshake; no answer: an empty certificate message goes out.
    fn choose(&self, request: &CertificateRequest) -> Option<Arc<super::Identity>>;
}

/// Always this one.
impl ChooseIdentity for Arc<super::Identity> {
    fn choose(&self, _request: &CertificateRequest) -> Option<Arc<super::Identity>> {
        Some(self.clone())
    }
}

/// Every client's identity: asks the connection at hand.
#[derive(Debug)]
pub(super) struct IdentityOnRequest;

pub(super) static IDENTITY_ON_REQUEST: LazyLock<Arc<IdentityOnRequest>> = LazyLock::new(|| Arc::new(IdentityOnRequest));

impl ResolvesClientCert for IdentityOnRequest {
    fn resolve(&self, authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let program = at_hand()?;
        let request = CertificateRequest {
            authorities: authorities.iter().map(|name| name.to_vec()).collect(),
            schemes: schemes.iter().map(|&scheme| scheme.into()).collect(),
        };
        let chosen = program.identity.as_ref().and_then(|identity| identity.choose(&request));
        program.told().request = Some(request);
        Some(chosen?.certified().clone())
    }

    fn has_certs(&self) -> bool {
        at_hand().is_some_and(|program| program.identity.is_some())
    }
}
