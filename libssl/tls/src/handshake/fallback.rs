//! `TLS_FALLBACK_SCSV`: a signaling value in the place of a cipher suite (RFC 7507).

use crate::record::Version;
use rustls::crypto::aws_lc_rs::cipher_suite;
use rustls::{CipherSuite, CipherSuiteCommon, SupportedCipherSuite, Tls12CipherSuite};
use sslmode_engine::dialect::OPENSSL_3;
use sslmode_engine::fallback::{self, Answer};
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

/// What a server that could do more writes at the end of its random bytes (RFC 8446 4.1.3).
const MARK: &[u8; 8] = b"DOWNGRD\x01";

fn number(version: Version) -> fallback::Version {
    fallback::Version(version.number())
}

/// Whether a server that can do `highest` refuses a client with the signal, of which it would take `negotiated`. Every
/// version that knows the signal answers alike.
pub(super) fn server_refuses(negotiated: Version, highest: Version) -> bool {
    fallback::server_answers(&OPENSSL_3, true, number(negotiated), number(highest)) != Answer::GoesOn
}

/// Whether these random bytes of a server that chose `negotiated` say that it could do `highest`.
pub(super) fn is_marked(negotiated: Version, highest: Version, random: &[u8; 32]) -> bool {
    number(negotiated) < number(highest) && random.ends_with(MARK)
}
