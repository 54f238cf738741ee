//! Records of TLS 1.2 and 1.3 sealed and opened with known keys, whatever is in them (RFC 8446 5.2, RFC 5288 3).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use rustls::KeyLog;
use sslmode_tls::record::{Cipher, Hash, Version};
use std::sync::Mutex;

/// The key of one direction.
pub struct Key {
    version: Version,
    cipher: Cipher,
    hash: Hash,
    secret: Vec<u8>,
    aead: LessSafeKey,
    iv: [u8; 12],
    sequence: u64,
}

impl Key {
    /// From a traffic secret (RFC 8446 7.3).
    pub fn tls13(cipher: Cipher, hash: Hash, secret: &[u8]) -> Key {
        let (mut key, mut iv) = (vec![0; cipher.key_length()], [0; 12]);
        expand(hash, secret, b"key", &mut key);
        expand(hash, secret, b"iv", &mut iv);
        let aead = aead(cipher, &key);
        Key { version: Version::Tls13, cipher, hash, secret: secret.to_vec(), aead, iv, sequence: 0 }
    }

    /// From a key and an IV; the first record has the number 1, as after a Finished.
    pub fn tls12(cipher: Cipher, key: &[u8], iv: [u8; 12]) -> Key {
        let aead = aead(cipher, key);
        Key { version: Version::Tls12, cipher, hash: Hash::Sha256, secret: Vec::new(), aead, iv, sequence: 1 }
    }

    /// The next generation, after a KeyUpdate (RFC 8446 7.2).
    pub fn update(&mut self) {
        let mut next = vec![0; self.hash.length()];
        expand(self.hash, &self.secret, b"traffic upd", &mut next);
        *self = Key::tls13(self.cipher, self.hash, &next);
    }

    fn nonce(&mut self) -> [u8; 12] {
        let mut nonce = self.iv;
        for (byte, sequence) in nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= sequence;
        }
        nonce
    }

    /// A record with this content, of any type, with so many bytes of padding (TLS 1.3).
    pub fn seal(&mut self, content_type: u8, content: &[u8], padding: usize) -> Vec<u8> {
        let nonce = self.nonce();
        let mut body = content.to_vec();
        let explicit: &[u8] =
            if self.version == Version::Tls12 && self.cipher != Cipher::ChaCha20Poly1305 { &nonce[4..] } else { &[] };
        let mut aad = Vec::new();
        if self.version == Version::Tls13 {
            body.push(content_type);
            body.resize(body.len() + padding, 0);
            aad.extend([23, 3, 3]);
            aad.extend(((body.len() + 16) as u16).to_be_bytes());
        } else {
            aad.extend(self.sequence.to_be_bytes());
            aad.extend([content_type, 3, 3]);
            aad.extend((body.len() as u16).to_be_bytes());
        }
        self.sequence += 1;
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.aead.seal_in_place_append_tag(nonce, Aad::from(&aad), &mut body).unwrap();
        let outer = if self.version == Version::Tls13 { 23 } else { content_type };
        let length = ((explicit.len() + body.len()) as u16).to_be_bytes();
        [&[outer, 3, 3], &length[..], explicit, &body].concat()
    }

    /// Type and content of a TLS 1.3 record.
    pub fn open(&mut self, record: &[u8]) -> Option<(u8, Vec<u8>)> {
        let (header, body) = record.split_at_checked(5)?;
        let nonce = Nonce::assume_unique_for_key(self.nonce());
        self.sequence += 1;
        let mut body = body.to_vec();
        let mut plain = self.aead.open_in_place(nonce, Aad::from(header), &mut body).ok()?.to_vec();
        while plain.last() == Some(&0) {
            plain.pop();
        }
        let content_type = plain.pop()?;
        Some((content_type, plain))
    }
}

fn aead(cipher: Cipher, key: &[u8]) -> LessSafeKey {
    let algorithm = match cipher {
        Cipher::Aes128Gcm => &AES_128_GCM,
        Cipher::Aes256Gcm => &AES_256_GCM,
        Cipher::ChaCha20Poly1305 => &CHACHA20_POLY1305,
    };
    LessSafeKey::new(UnboundKey::new(algorithm, key).unwrap())
}

/// HKDF-Expand-Label without a context (RFC 8446 7.1).
fn expand(hash: Hash, secret: &[u8], label: &[u8], out: &mut [u8]) {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let algorithm = match hash {
        Hash::Sha256 => hkdf::HKDF_SHA256,
        Hash::Sha384 => hkdf::HKDF_SHA384,
    };
    let length = (out.len() as u16).to_be_bytes();
    let info = [&length[..], &[6 + label.len() as u8], b"tls13 ", label, &[0]];
    hkdf::Prk::new_less_safe(algorithm, secret).expand(&info, Length(out.len())).unwrap().fill(out).unwrap();
}

/// The secrets of one connection of rustls'.
#[derive(Debug, Default)]
pub struct Captured(Mutex<Vec<(String, Vec<u8>)>>);

impl Captured {
    /// The secret with this label, as key logs name it.
    pub fn secret(&self, label: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().iter().find(|(found, _)| found == label).map(|(_, secret)| secret.clone())
    }
}

impl KeyLog for Captured {
    fn log(&self, label: &str, _client_random: &[u8], secret: &[u8]) {
        self.0.lock().unwrap().push((label.to_owned(), secret.to_vec()));
    }
}

/// Cuts bytes into records; what is left over counts as one.
pub fn records(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut rest, mut records) = (bytes, Vec::new());
    while let Some(&[.., high, low]) = rest.first_chunk::<5>() {
        let (record, behind) = rest.split_at(rest.len().min(5 + usize::from(u16::from_be_bytes([high, low]))));
        records.push(record);
        rest = behind;
    }
    if !rest.is_empty() {
        records.push(rest);
    }
    records
}
