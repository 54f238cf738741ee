//! Traffic secrets and keys: HKDF-Expand-Label, nonces, additional data.

use super::limits::Usage;
use super::{ContentType, Error};
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

/// The protocol versions that there are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// TLS 1.2, RFC 5246.
    Tls12,
    /// TLS 1.3, RFC 8446.
    Tls13,
}

impl Version {
    /// Its number on the wire, as in `TLS1_2_VERSION`.
    pub const fn number(self) -> u16 {
        match self {
            Version::Tls12 => 0x0303,
            Version::Tls13 => 0x0304,
        }
    }
}

/// The AEAD of a cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher {
    /// AEAD_AES_128_GCM.
    Aes128Gcm,
    /// AEAD_AES_256_GCM.
    Aes256Gcm,
    /// AEAD_CHACHA20_POLY1305.
    ChaCha20Poly1305,
}

impl Cipher {
    /// The length of a key, in bytes.
    pub fn key_length(self) -> usize {
        match self {
            Cipher::Aes128Gcm => 16,
            Cipher::Aes256Gcm | Cipher::ChaCha20Poly1305 => 32,
        }
    }

    fn is_gcm(self) -> bool {
        matches!(self, Cipher::Aes128Gcm | Cipher::Aes256Gcm)
    }
}

/// The hash of a cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
}

impl Hash {
    /// The length of its output, in bytes.
    pub fn length(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
        }
    }

    fn hkdf(self) -> hkdf::Algorithm {
        match self {
            Hash::Sha256 => hkdf::HKDF_SHA256,
            Hash::Sha384 => hkdf::HKDF_SHA384,
        }
    }
}

/// The bytes of an AEAD's tag and of its nonce: the same for all three.
pub(super) const TAG: usize = 16;
const NONCE: usize = 12;
/// The part of a TLS 1.2 AES-GCM nonce that each record carries (RFC 5288 3).
pub(super) const EXPLICIT_NONCE: usize = 8;

/// A key and an IV of one direction, zeroized on drop.
pub struct Keys {
    cipher: Cipher,
    key: Zeroizing<[u8; 32]>,
    iv: Zeroizing<[u8; NONCE]>,
}

impl Keys {
    /// `key` has the cipher's length and `iv` 12 bytes, or there is no answer. For AES-GCM in TLS 1.2 the IV is the
    /// salt of 4 bytes and where the explicit nonces start.
    pub fn new(cipher: Cipher, key: &[u8], iv: &[u8]) -> Option<Self> {
        if key.len() != cipher.key_length() || iv.len() != NONCE {
            return None;
        }
        let mut keys = Keys { cipher, key: Zeroizing::default(), iv: Zeroizing::default() };
        keys.key[..key.len()].copy_from_slice(key);
        keys.iv.copy_from_slice(iv);
        Some(keys)
    }

    /// The AEAD that they are for.
    pub fn cipher(&self) -> Cipher {
        self.cipher
    }

    fn key(&self) -> &[u8] {
        &self.key[..self.cipher.key_length()]
    }

    /// Whether both are the same keys: not in constant time, for tests and checks of our own derivation.
    pub fn matches(&self, other: &Keys) -> bool {
        self.cipher == other.cipher && self.key() == other.key() && self.iv == other.iv
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("cipher", &self.cipher).finish_non_exhaustive()
    }
}

/// A secret of the TLS 1.3 key schedule (RFC 8446 7.1), zeroized on drop.
#[derive(Clone)]
pub struct TrafficSecret {
    hash: Hash,
    bytes: Zeroizing<[u8; 48]>,
}

impl TrafficSecret {
    /// `secret` has the length of the hash, or there is no answer.
    pub fn new(hash: Hash, secret: &[u8]) -> Option<Self> {
        if secret.len() != hash.length() {
            return None;
        }
        let mut bytes = Zeroizing::new([0; 48]);
        bytes[..secret.len()].copy_from_slice(secret);
        Some(TrafficSecret { hash, bytes })
    }

    /// A secret of the hash whose output is as long.
    pub(crate) fn of_length(secret: &[u8]) -> Option<Self> {
        [Hash::Sha256, Hash::Sha384].into_iter().find_map(|hash| TrafficSecret::new(hash, secret))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.hash.length()]
    }

    /// The keys of this secret (RFC 8446 7.3).
    pub fn keys(&self, cipher: Cipher) -> Keys {
        let mut keys = Keys { cipher, key: Zeroizing::default(), iv: Zeroizing::default() };
        self.expand_label(b"key", b"", &mut keys.key[..cipher.key_length()]);
        self.expand_label(b"iv", b"", &mut keys.iv[..]);
        keys
    }

    /// The secret of the next generation (RFC 8446 7.2).
    pub fn next(&self) -> Self {
        let mut next = TrafficSecret { hash: self.hash, bytes: Zeroizing::new([0; 48]) };
        self.expand_label(b"traffic upd", b"", &mut next.bytes[..self.hash.length()]);
        next
    }

    /// HKDF-Expand-Label (RFC 8446 7.1); `out` is at most 255 bytes, label and context as short as the RFC's.
    pub(crate) fn expand_label(&self, label: &[u8], context: &[u8], out: &mut [u8]) {
        const PREFIX: &[u8] = b"tls13 ";
        let length = (out.len() as u16).to_be_bytes();
        let label_length = [(PREFIX.len() + label.len()) as u8];
        let context_length = [context.len() as u8];
        let info = [&length[..], &label_length, PREFIX, label, &context_length, context];
        hkdf::Prk::new_less_safe(self.hash.hkdf(), &self.bytes[..self.hash.length()])
            .expand(&info, OutputLength(out.len()))
            .and_then(|okm| okm.fill(out))
            .expect("HKDF-Expand gives up to 255 times the hash's length");
    }
}

impl std::fmt::Debug for TrafficSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrafficSecret").field("hash", &self.hash).finish_non_exhaustive()
    }
}

struct OutputLength(usize);

impl hkdf::KeyType for OutputLength {
    fn len(&self) -> usize {
        self.0
    }
}

/// What protects the records of one direction: the key, and how far it has been used.
pub(super) struct RecordKey {
    pub(super) version: Version,
    pub(super) cipher: Cipher,
    aead: LessSafeKey,
    iv: Zeroizing<[u8; NONCE]>,
    sequence: u64,
    usage: Usage,
    /// TLS 1.3 only: what the next keys are made from.
    secret: Option<TrafficSecret>,
}

impl RecordKey {
    pub(super) fn tls12(keys: Keys, sequence: u64) -> Self {
        RecordKey::new(Version::Tls12, keys, sequence, None)
    }

    pub(super) fn tls13(cipher: Cipher, secret: TrafficSecret, sequence: u64) -> Self {
        RecordKey::new(Version::Tls13, secret.keys(cipher), sequence, Some(secret))
    }

    fn new(version: Version, keys: Keys, sequence: u64, secret: Option<TrafficSecret>) -> Self {
        let aead = aead(&keys);
        RecordKey { version, cipher: keys.cipher, aead, iv: keys.iv, sequence, usage: Usage::default(), secret }
    }

    pub(super) fn aead(&self) -> &LessSafeKey {
        &self.aead
    }

    /// The bytes of each record that carry a part of the nonce.
    pub(super) fn explicit_nonce_length(&self) -> usize {
        if self.version == Version::Tls12 && self.cipher.is_gcm() { EXPLICIT_NONCE } else { 0 }
    }

    /// The sequence number for the next record, with its nonce: each is given out once (RFC 8446 5.3, RFC 7905 2).
    ///
    /// AES-GCM in TLS 1.2 leaves the explicit nonce to the sender, as long as none comes twice (RFC 5288 3): the same
    /// exclusive or serves, and goes on where the handshake's records under this key left off.
    pub(super) fn next_nonce(&mut self) -> Result<(u64, [u8; NONCE]), Error> {
        let sequence = self.sequence;
        // RFC 8446 5.3: a sequence number must not wrap.
        self.sequence = sequence.checked_add(1).ok_or(Error::KeyExhausted)?;
        let mut nonce = *self.iv;
        for (byte, sequence) in nonce[NONCE - 8..].iter_mut().zip(sequence.to_be_bytes()) {
            *byte ^= sequence;
        }
        Ok((sequence, nonce))
    }

    /// The nonce of a TLS 1.2 AES-GCM record: our salt and the part that the record carries (RFC 5288 3).
    pub(super) fn nonce_with_explicit(&self, explicit: [u8; EXPLICIT_NONCE]) -> [u8; NONCE] {
        let mut nonce = *self.iv;
        nonce[NONCE - EXPLICIT_NONCE..].copy_from_slice(&explicit);
        nonce
    }

    /// Counts what was protected.
    pub(super) fn count(&mut self, length: usize) {
        self.usage.add(length);
    }

    /// Whether the key has done enough (RFC 8446 5.5).
    pub(super) fn is_exhausted(&self) -> bool {
        self.usage.is_exhausted(self.cipher, self.sequence)
    }

    /// Takes up the next generation of keys (RFC 8446 7.2); the sequence starts at 0 again (5.3).
    pub(super) fn update(&mut self) -> Result<(), Error> {
        let secret = self.secret.as_ref().ok_or(Error::NoKeyUpdate)?.next();
        let keys = secret.keys(self.cipher);
        self.aead = aead(&keys);
        self.iv = keys.iv;
        self.sequence = 0;
        self.usage = Usage::default();
        self.secret = Some(secret);
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn set_usage(&mut self, sequence: u64, blocks: u64) {
        self.sequence = sequence;
        self.usage = Usage { blocks };
    }
}

fn aead(keys: &Keys) -> LessSafeKey {
    let algorithm = match keys.cipher {
        Cipher::Aes128Gcm => &AES_128_GCM,
        Cipher::Aes256Gcm => &AES_256_GCM,
        Cipher::ChaCha20Poly1305 => &CHACHA20_POLY1305,
    };
    LessSafeKey::new(UnboundKey::new(algorithm, keys.key()).expect("the key has the cipher's length"))
}

pub(super) fn nonce(bytes: [u8; NONCE]) -> Nonce {
    Nonce::assume_unique_for_key(bytes)
}

/// TLS 1.2: sequence number, type, version, length of the plaintext (RFC 5246 6.2.3.3).
pub(super) fn aad_tls12(sequence: u64, content_type: ContentType, length: usize) -> Aad<[u8; 13]> {
    let mut aad = [0; 13];
    aad[..8].copy_from_slice(&sequence.to_be_bytes());
    aad[8] = content_type as u8;
    aad[9..11].copy_from_slice(&[3, 3]);
    aad[11..].copy_from_slice(&(length as u16).to_be_bytes());
    Aad::from(aad)
}
