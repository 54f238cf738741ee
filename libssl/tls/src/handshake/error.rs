//! Why a handshake failed.

use super::identity::SIGNING;
use crate::record::AlertDescription;
use rustls::{CertificateError, InvalidMessage, PeerIncompatible, PeerMisbehaved};

/// Why a handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The settings make no handshake possible.
    Setup,
    /// The peer ended it with this alert.
    PeerAlert(AlertDescription),
    /// What came first is no TLS record: its first five bytes.
    NotTls([u8; 5]),
    /// No version that both sides can do.
    UnsupportedProtocol,
    /// No cipher suite that both sides can do, with a certificate of ours that goes with it.
    NoSharedCipher,
    /// No key exchange group that both sides can do.
    NoSharedGroup,
    /// No signature that one side can make and the other verify.
    NoSharedSignatureAlgorithm,
    /// None of the protocols that the client offers by ALPN is ours (RFC 7301 3.2).
    NoApplicationProtocol,
    /// The client came back with a lower version than it and we can do (RFC 7507 3).
    InappropriateFallback,
    /// The peer's certificate was refused, by the program or because it cannot be read.
    Certificate,
    /// The peer sent no certificate although it must.
    NoCertificate,
    /// A signature of the peer's is wrong.
    BadSignature,
    /// A signature of the peer's is of a kind that was not offered, or that does not go with its key.
    WrongSignatureType,
    /// The peer's Finished, or its proof of a session's key, is wrong.
    BadFinished,
    /// A record could not be decrypted.
    BadRecord,
    /// A record is longer than the protocol allows.
    RecordTooLong,
    /// A message is longer than is accepted.
    MessageTooLong,
    /// A message's fields do not fit together.
    Decode,
    /// A message or a record came that has no place here.
    UnexpectedMessage,
    /// An extension that must be there is missing.
    MissingExtension,
    /// A value that the peer may not send.
    IllegalParameter,
    /// The program's key made no signature.
    Signing,
    /// The program ended it when a ticket was to be made or opened.
    Ticket,
    /// A session would be resumed where [`lacks_session_context`](super::ServerSettings::lacks_session_context).
    NoSessionContext,
    /// The program ended it: [`Acceptor::refuse`](super::Acceptor::refuse).
    Refused,
    /// None of these: what was asked for does not fit the state of the handshake, or a fault of ours.
    Internal,
}

/// Why a handshake failed, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandshakeError {
    /// The kind of failure.
    pub failure: Failure,
    /// The alert that the peer gets; none, or unknown: after a failure of TLS 1.2 under new keys it is rustls' own.
    pub alert: Option<AlertDescription>,
    /// In rustls' words.
    pub detail: String,
}

impl std::fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for HandshakeError {}

impl From<rustls::Error> for HandshakeError {
    fn from(error: rustls::Error) -> Self {
        HandshakeError { failure: failure(&error), alert: None, detail: error.to_string() }
    }
}

fn failure(error: &rustls::Error) -> Failure {
    use rustls::Error;
    match error {
        Error::AlertReceived(alert) => Failure::PeerAlert(AlertDescription((*alert).into())),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => Failure::UnexpectedMessage,
        Error::InvalidMessage(message) => invalid(*message),
        Error::PeerIncompatible(reason) => incompatible(reason),
        Error::PeerMisbehaved(reason) => misbehaved(reason),
        Error::InvalidCertificate(CertificateError::BadSignature) => Failure::BadSignature,
        Error::InvalidCertificate(
            CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        ) => Failure::WrongSignatureType,
        Error::InvalidCertificate(_) => Failure::Certificate,
        Error::NoCertificatesPresented => Failure::NoCertificate,
        // Also what rustls calls a wrong Finished; the alert tells which it was.
        Error::DecryptError => Failure::BadRecord,
        Error::PeerSentOversizedRecord => Failure::RecordTooLong,
        Error::NoApplicationProtocol => Failure::NoApplicationProtocol,
        Error::General(text) if text == SIGNING => Failure::Signing,
        _ => Failure::Internal,
    }
}

fn invalid(message: InvalidMessage) -> Failure {
    match message {
        InvalidMessage::MessageTooLarge => Failure::RecordTooLong,
        InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge => {
            Failure::MessageTooLong
        }
        InvalidMessage::InvalidContentType | InvalidMessage::InvalidCcs | InvalidMessage::InvalidEmptyPayload => {
            Failure::UnexpectedMessage
        }
        InvalidMessage::DuplicateExtension(_) | InvalidMessage::PreSharedKeyIsNotFinalExtension => {
            Failure::IllegalParameter
        }
        _ => Failure::Decode,
    }
}

fn incompatible(reason: &PeerIncompatible) -> Failure {
    match reason {
        PeerIncompatible::NoCipherSuitesInCommon => Failure::NoSharedCipher,
        PeerIncompatible::NoKxGroupsInCommon => Failure::NoSharedGroup,
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => Failure::NoSharedSignatureAlgorithm,
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::SupportedVersionsExtensionRequired
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled => Failure::UnsupportedProtocol,
        PeerIncompatible::EcPointsExtensionRequired
        | PeerIncompatible::ExtendedMasterSecretExtensionRequired
        | PeerIncompatible::KeyShareExtensionRequired
        | PeerIncompatible::NamedGroupsExtensionRequired
        | PeerIncompatible::SignatureAlgorithmsExtensionRequired => Failure::MissingExtension,
        _ => Failure::IllegalParameter,
    }
}

fn misbehaved(reason: &PeerMisbehaved) -> Failure {
    match reason {
        PeerMisbehaved::SignedKxWithWrongAlgorithm | PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme => {
            Failure::WrongSignatureType
        }
        PeerMisbehaved::IncorrectBinder => Failure::BadFinished,
        PeerMisbehaved::KeyEpochWithPendingFragment
        | PeerMisbehaved::MessageInterleavedWithHandshakeMessage
        | PeerMisbehaved::IllegalMiddleboxChangeCipherSpec
        | PeerMisbehaved::TooManyEmptyFragments
        | PeerMisbehaved::TooManyWarningAlertsReceived => Failure::UnexpectedMessage,
        PeerMisbehaved::MissingKeyShare
        | PeerMisbehaved::MissingPskModesExtension
        | PeerMisbehaved::MissingBinderInPskExtension => Failure::MissingExtension,
        _ => Failure::IllegalParameter,
    }
}

impl Failure {
    /// The alert for the peer where rustls sends none (RFC 8446 6.2).
    pub(super) fn default_alert(self) -> Option<AlertDescription> {
        Some(match self {
            Failure::Setup | Failure::PeerAlert(_) | Failure::NotTls(_) | Failure::Refused => return None,
            Failure::UnsupportedProtocol => AlertDescription::PROTOCOL_VERSION,
            Failure::NoSharedCipher | Failure::NoSharedGroup | Failure::NoSharedSignatureAlgorithm => {
                AlertDescription::HANDSHAKE_FAILURE
            }
            Failure::NoApplicationProtocol => AlertDescription::NO_APPLICATION_PROTOCOL,
            Failure::InappropriateFallback => AlertDescription::INAPPROPRIATE_FALLBACK,
            Failure::Certificate => AlertDescription::CERTIFICATE_UNKNOWN,
            Failure::NoCertificate => AlertDescription::HANDSHAKE_FAILURE,
            Failure::BadSignature | Failure::BadFinished => AlertDescription::DECRYPT_ERROR,
            Failure::BadRecord => AlertDescription::BAD_RECORD_MAC,
            Failure::RecordTooLong => AlertDescription::RECORD_OVERFLOW,
            Failure::Decode => AlertDescription::DECODE_ERROR,
            Failure::UnexpectedMessage => AlertDescription::UNEXPECTED_MESSAGE,
            Failure::MissingExtension => AlertDescription::MISSING_EXTENSION,
            Failure::MessageTooLong | Failure::WrongSignatureType | Failure::IllegalParameter => {
                AlertDescription::ILLEGAL_PARAMETER
            }
            Failure::Signing | Failure::Ticket | Failure::NoSessionContext | Failure::Internal => {
                AlertDescription::INTERNAL_ERROR
            }
        })
    }
}

pub(super) fn setup(error: impl std::fmt::Display) -> HandshakeError {
    failed(Failure::Setup, error)
}

pub(super) fn internal(detail: &str) -> HandshakeError {
    failed(Failure::Internal, detail)
}

pub(super) fn failed(failure: Failure, detail: impl std::fmt::Display) -> HandshakeError {
    HandshakeError { failure, alert: None, detail: detail.to_string() }
}
