//! Signatures of the handshake, verified with the key in the peer's certificate.
//!
//! rustls' own functions for this judge the certificate as well: its version, its extensions. That is the program's
//! affair here, and OpenSSL programs have certificates of X.509 version 1. So only the public key is taken out of it.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs as provider};
use rustls::pki_types::SignatureVerificationAlgorithm;
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved, SignatureScheme};
use std::sync::LazyLock;

/// What signs and verifies in TLS 1.2 and in TLS 1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// RFC 5246 7.4.1.4.1: ECDSA with a hash, on any curve.
    Tls12,
    /// RFC 8446 4.2.3: ECDSA on the curve that goes with the hash; no PKCS #1.
    Tls13,
}

/// The kinds of signature that are verified.
pub(super) fn schemes() -> Vec<SignatureScheme> {
    algorithms().supported_schemes()
}

fn algorithms() -> &'static WebPkiSupportedAlgorithms {
    static ALGORITHMS: LazyLock<WebPkiSupportedAlgorithms> =
        LazyLock::new(|| provider::default_provider().signature_verification_algorithms);
    &ALGORITHMS
}

/// Verifies the signature of `message` with the key in this certificate.
pub(super) fn verify(
    kind: Kind,
    message: &[u8],
    certificate: &[u8],
    signed: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, Error> {
    let (algorithm, key) = public_key(certificate).ok_or(CertificateError::BadEncoding)?;
    let mapping = algorithms().mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
    let (_, possible) = mapping.ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    let pkcs1 = u16::from(signed.scheme) & 0xff == 1;
    let possible = match kind {
        Kind::Tls12 => possible,
        Kind::Tls13 if pkcs1 => return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into()),
        // The first is the one whose curve goes with the hash.
        Kind::Tls13 => &possible[..possible.len().min(1)],
    };
    let fits = |verifier: &&&dyn SignatureVerificationAlgorithm| verifier.public_key_alg_id().as_ref() == algorithm;
    let verifier = possible.iter().find(fits).ok_or(PeerMisbehaved::SignedKxWithWrongAlgorithm)?;
    match verifier.verify_signature(key, message, signed.signature()) {
        Ok(()) => Ok(HandshakeSignatureValid::assertion()),
        Err(_) => Err(CertificateError::BadSignature.into()),
    }
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// The public key of a certificate (RFC 5280 4.1): the content of its algorithm identifier, and its bits.
fn public_key(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut tbs = Der(Der(Der(certificate).expect(SEQUENCE)?).expect(SEQUENCE)?);
    if tbs.0.first() == Some(&VERSION) {
        tbs.expect(VERSION)?;
    }
    tbs.expect(INTEGER)?;
    // Signature, issuer, validity, subject.
    for _ in 0..4 {
        tbs.expect(SEQUENCE)?;
    }
    let mut key = Der(tbs.expect(SEQUENCE)?);
    let algorithm = key.expect(SEQUENCE)?;
    // The first byte counts unused bits: keys have none.
    let bits = key.expect(BIT_STRING)?.strip_prefix(&[0])?;
    Some((algorithm, bits))
}

/// A certificate with a public key and nothing else, for ends of our own that judge none. Shorter than 128 bytes.
pub(super) fn bare_certificate(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let value = |tag: u8, content: &[u8]| [&[tag, content.len() as u8], content].concat();
    let bits = value(BIT_STRING, &[&[0], key].concat());
    let key = value(SEQUENCE, &[value(SEQUENCE, algorithm), bits].concat());
    let tbs = [value(INTEGER, &[1]), value(SEQUENCE, b"").repeat(4), key].concat();
    value(SEQUENCE, &value(SEQUENCE, &tbs))
}

/// DER that is still to be read; nothing is read beyond it.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next value, which must have this tag.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&[found, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // Lengths of up to three bytes: a certificate message has no more (RFC 8446 4.4.2).
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length).filter(|_| found == tag)?;
        self.0 = rest;
        Some(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, 0x82][..], &(content.len() as u16).to_be_bytes(), content].concat()
    }

    fn certificate(version: &[u8]) -> Vec<u8> {
        let key = [value(SEQUENCE, b"algorithm"), value(BIT_STRING, b"\0the key")].concat();
        let empty = value(SEQUENCE, b"");
        let tbs = [version, &value(INTEGER, &[1]), &empty.repeat(4), &value(SEQUENCE, &key)].concat();
        value(SEQUENCE, &value(SEQUENCE, &tbs))
    }

    #[test]
    fn the_key_of_a_certificate_with_and_without_a_version() {
        let expected = Some((&b"algorithm"[..], &b"the key"[..]));
        assert_eq!(public_key(&certificate(b"")), expected);
        assert_eq!(public_key(&certificate(&value(VERSION, &[2, 1, 2]))), expected);
    }

    #[test]
    fn a_bare_certificate_has_its_key() {
        assert_eq!(public_key(&bare_certificate(b"algorithm", &[7; 32])), Some((&b"algorithm"[..], &[7; 32][..])));
    }

    #[test]
    fn what_is_cut_has_no_key() {
        let whole = certificate(b"");
        for length in 0..whole.len() {
            assert_eq!(public_key(&whole[..length]), None);
        }
    }
}
