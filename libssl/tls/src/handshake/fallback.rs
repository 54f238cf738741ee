//! `TLS_FALLBACK_SCSV`: a signaling value in the place of a cipher suite (RFC 7507).

use rustls::crypto::aws_lc_rs::cipher_suite;
use rustls::{CipherSuite, CipherSuiteCommon, SupportedCipherSuite, Tls12CipherSuite};
use std::sync::LazyLock;

/// `TLS_FALLBACK_SCSV` (RFC 7507 2).
pub const FALLBACK_SCSV: u16 = 0x5600;

/// [`FALLBACK_SCSV`] as rustls calls it.
pub(super) const SCSV: CipherSuite = CipherSuite::Unknown(FALLBACK_SCSV);

/// The signaling value in the form that rustls puts into a ClientHello: a real suite under the value's number.
pub(super) static FALLBACK_SUITE: LazyLock<Tls12CipherSuite> = LazyLock::new(|| {
    let SupportedCipherSuite::Tls12(suite) = cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 else {
        unreachable!("a TLS 1.2 suite by its name")
    };
    Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: SCSV,
            hash_provider: suite.common.hash_provider,
            confidentiality_limit: suite.common.confidentiality_limit,
        },
        prf_provider: suite.prf_provider,
        kx: suite.kx,
        sign: suite.sign,
        aead_alg: suite.aead_alg,
    }
});
