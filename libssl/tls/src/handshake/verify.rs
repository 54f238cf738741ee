//! Certificates judged by the program.

use super::error::protocol;
use crate::record::AlertDescription;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use std::sync::Arc;

/// Judges a server's certificates in the program's name.
pub trait VerifyPeer: Send + Sync {
    /// `chain` is DER, the end-entity certificate first. The alert is what the peer gets; of the alerts for
    /// certificates (RFC 8446 6.2) the nearest that rustls can send goes out.
    fn verify(&self, chain: &[&[u8]], name: &str) -> Result<(), AlertDescription>;
}

/// Leaves the certificates to the program, or to nobody; the signatures of the handshake are verified here.
pub(super) struct ProgramVerifier {
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) program: Option<Arc<dyn VerifyPeer>>,
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
