//! What the peer is told about its certificate.

use libc::c_int;
use openssl_sys as ffi;
use sslmode_tls::record::AlertDescription;

/// `X509_V_ERR_EC_KEY_EXPLICIT_PARAMS`.
const EC_KEY_EXPLICIT_PARAMS: c_int = 94;

/// The alert for an error of `X509_verify_cert`, as OpenSSL 3.0 sends it (`ssl_x509err2alert`).
pub fn for_error(error: c_int) -> AlertDescription {
    match error {
        ffi::X509_V_ERR_CA_KEY_TOO_SMALL
        | EC_KEY_EXPLICIT_PARAMS
        | ffi::X509_V_ERR_CA_MD_TOO_WEAK
        | ffi::X509_V_ERR_CERT_NOT_YET_VALID
        | ffi::X509_V_ERR_CERT_REJECTED
        | ffi::X509_V_ERR_CERT_UNTRUSTED
        | ffi::X509_V_ERR_CRL_NOT_YET_VALID
        | ffi::X509_V_ERR_DANE_NO_MATCH
        | ffi::X509_V_ERR_EE_KEY_TOO_SMALL
        | ffi::X509_V_ERR_EMAIL_MISMATCH
        | ffi::X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD
        | ffi::X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD
        | ffi::X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD
        | ffi::X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD
        | ffi::X509_V_ERR_HOSTNAME_MISMATCH
        | ffi::X509_V_ERR_IP_ADDRESS_MISMATCH
        | ffi::X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY
        | ffi::X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE
        | ffi::X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE => AlertDescription::BAD_CERTIFICATE,
        ffi::X509_V_ERR_CERT_CHAIN_TOO_LONG
        | ffi::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
        | ffi::X509_V_ERR_INVALID_CA
        | ffi::X509_V_ERR_PATH_LENGTH_EXCEEDED
        | ffi::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
        | ffi::X509_V_ERR_UNABLE_TO_GET_CRL
        | ffi::X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER
        | ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        | ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | ffi::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE => AlertDescription::UNKNOWN_CA,
        ffi::X509_V_ERR_CERT_HAS_EXPIRED | ffi::X509_V_ERR_CRL_HAS_EXPIRED => AlertDescription::CERTIFICATE_EXPIRED,
        ffi::X509_V_ERR_CERT_REVOKED => AlertDescription::CERTIFICATE_REVOKED,
        ffi::X509_V_ERR_CERT_SIGNATURE_FAILURE | ffi::X509_V_ERR_CRL_SIGNATURE_FAILURE => {
            AlertDescription::DECRYPT_ERROR
        }
        ffi::X509_V_ERR_INVALID_PURPOSE => AlertDescription::UNSUPPORTED_CERTIFICATE,
        ffi::X509_V_ERR_APPLICATION_VERIFICATION => AlertDescription::HANDSHAKE_FAILURE,
        ffi::X509_V_ERR_INVALID_CALL
        | ffi::X509_V_ERR_OUT_OF_MEM
        | ffi::X509_V_ERR_STORE_LOOKUP
        | ffi::X509_V_ERR_UNSPECIFIED => AlertDescription::INTERNAL_ERROR,
        _ => AlertDescription::CERTIFICATE_UNKNOWN,
    }
}
