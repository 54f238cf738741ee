//! OpenSSL's reasons for what stopped a connection.

use crate::error::Reason;
use sslmode_engine::write;
use sslmode_tls::handshake::{Failure, HandshakeError};
use sslmode_tls::record::{AlertDescription, Error};

/// `SSL_AD_REASON_OFFSET`: the reasons that are alerts.
const ALERTS: i32 = 1000;

impl Reason {
    /// For a wrong call of `SSL_write`.
    pub(super) fn of_write(reason: write::Reason) -> Reason {
        match reason {
            write::Reason::BadWriteRetry => Reason::BAD_WRITE_RETRY,
            write::Reason::BadLength => Reason::BAD_LENGTH,
        }
    }

    /// For an alert that the peer sent (`SSL_R_TLSV1_ALERT_…`).
    pub(super) fn of_alert(alert: AlertDescription) -> Reason {
        Reason(ALERTS + i32::from(alert.0))
    }

    /// For a handshake that failed.
    pub(super) fn of_handshake(error: &HandshakeError) -> Reason {
        match error.failure {
            Failure::Setup => Reason::NO_PROTOCOLS_AVAILABLE,
            Failure::PeerAlert(AlertDescription::CLOSE_NOTIFY) => Reason::UNEXPECTED_EOF_WHILE_READING,
            Failure::PeerAlert(alert) => Reason::of_alert(alert),
            Failure::NotTls([b'G' | b'P' | b'H', b'E' | b'O' | b'U', b'T' | b'S' | b'A', ..]) => Reason::HTTP_REQUEST,
            Failure::NotTls([b'C', b'O', b'N', b'N', b'E']) => Reason::HTTPS_PROXY_REQUEST,
            Failure::NotTls(_) => Reason::WRONG_VERSION_NUMBER,
            Failure::UnsupportedProtocol => Reason::UNSUPPORTED_PROTOCOL,
            Failure::NoSharedCipher => Reason::NO_SHARED_CIPHER,
            Failure::NoSharedGroup => Reason::NO_SUITABLE_GROUPS,
            Failure::NoSharedSignatureAlgorithm => Reason::NO_SUITABLE_SIGNATURE_ALGORITHM,
            Failure::NoApplicationProtocol => Reason::NO_APPLICATION_PROTOCOL,
            Failure::InappropriateFallback => Reason::INAPPROPRIATE_FALLBACK,
            Failure::Certificate => Reason::CERTIFICATE_VERIFY_FAILED,
            Failure::NoCertificate => Reason::PEER_DID_NOT_RETURN_A_CERTIFICATE,
            Failure::BadSignature => Reason::BAD_SIGNATURE,
            Failure::WrongSignatureType => Reason::WRONG_SIGNATURE_TYPE,
            Failure::BadFinished => Reason::DIGEST_CHECK_FAILED,
            Failure::BadRecord => Reason::DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
            Failure::RecordTooLong => Reason::PACKET_LENGTH_TOO_LONG,
            Failure::MessageTooLong => Reason::EXCESSIVE_MESSAGE_SIZE,
            Failure::Decode => Reason::LENGTH_MISMATCH,
            Failure::UnexpectedMessage => Reason::UNEXPECTED_MESSAGE,
            Failure::MissingExtension | Failure::IllegalParameter => Reason::BAD_EXTENSION,
            Failure::Signing => Reason::EVP_LIB,
            Failure::Refused | Failure::Ticket => Reason::CALLBACK_FAILED,
            Failure::NoSessionContext => Reason::SESSION_ID_CONTEXT_UNINITIALIZED,
            Failure::Internal => Reason::INTERNAL_ERROR,
        }
    }

    /// For a record that was refused.
    pub(super) fn of_record(error: &Error) -> Reason {
        match error {
            Error::PeerAlert(alert) => Reason::of_alert(*alert),
            Error::WriteClosed => Reason::PROTOCOL_IS_SHUTDOWN,
            Error::NoKeyUpdate => Reason::WRONG_SSL_VERSION,
            Error::KeyExhausted => Reason::INTERNAL_ERROR,
            Error::NoRoom(_) | Error::TooLong(_) => Reason::INTERNAL_ERROR,
            Error::Protocol(alert, _) => match *alert {
                AlertDescription::BAD_RECORD_MAC => Reason::DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
                AlertDescription::RECORD_OVERFLOW => Reason::PACKET_LENGTH_TOO_LONG,
                AlertDescription::UNEXPECTED_MESSAGE => Reason::UNEXPECTED_RECORD,
                AlertDescription::PROTOCOL_VERSION => Reason::WRONG_VERSION_NUMBER,
                AlertDescription::INTERNAL_ERROR => Reason::INTERNAL_ERROR,
                _ => Reason::LENGTH_MISMATCH,
            },
        }
    }
}
