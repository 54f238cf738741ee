//! Signing by an EVP key of the system's libcrypto, as the C surface does it.

use super::{KeyType, Pki};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};
use sslmode_tls::handshake::{Identity, Sign, SigningFailed};
use std::sync::Arc;

/// The signatures that a key of this type makes in TLS 1.3, and those of TLS 1.2.
pub fn schemes(key: KeyType) -> &'static [u16] {
    match key {
        KeyType::Rsa => &[0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601],
        KeyType::Ecdsa => &[0x0403],
        KeyType::P384 => &[0x0503],
        KeyType::P521 => &[0x0603],
        KeyType::Ed25519 => &[0x0807],
    }
}

pub fn sign(key: &PKey<Private>, scheme: u16, message: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let digest = match scheme {
        0x0807 => return Signer::new_without_digest(key)?.sign_oneshot_to_vec(message),
        0x0401 | 0x0403 | 0x0804 => MessageDigest::sha256(),
        0x0501 | 0x0503 | 0x0805 => MessageDigest::sha384(),
        _ => MessageDigest::sha512(),
    };
    let mut signer = Signer::new(digest, key)?;
    if (0x0804..=0x0806).contains(&scheme) {
        signer.set_rsa_padding(Padding::PKCS1_PSS)?;
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        signer.set_rsa_mgf1_md(digest)?;
    }
    signer.sign_oneshot_to_vec(message)
}

struct EvpKey(PKey<Private>, KeyType);

impl Sign for EvpKey {
    fn schemes(&self) -> &[u16] {
        schemes(self.1)
    }

    fn sign(&self, scheme: u16, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        sign(&self.0, scheme, message).map_err(|_| SigningFailed)
    }
}

/// One of the test certificates, whose key is OpenSSL's.
pub fn identity(key: KeyType) -> Arc<Identity> {
    let pki = Pki::get();
    let evp = PKey::private_key_from_pem(&std::fs::read(pki.key(key)).unwrap()).unwrap();
    let chain: Vec<_> = pki.identity(key).chain().map(<[u8]>::to_vec).collect();
    Arc::new(Identity::new(&chain, Arc::new(EvpKey(evp, key)), None))
}

/// The key of one of the test certificates.
pub fn key(key: KeyType) -> impl Sign {
    EvpKey(PKey::private_key_from_pem(&std::fs::read(Pki::get().key(key)).unwrap()).unwrap(), key)
}

/// An RSA key that is in no certificate.
pub fn other_rsa_key() -> impl Sign {
    EvpKey(PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap(), KeyType::Rsa)
}
