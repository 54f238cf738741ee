//! `SSL_CIPHER`: the cipher suites that there are.
//!
//! Names and numbers are those that OpenSSL 3.0.19 answers for the same suites; a test compares them call by call.

pub mod language;
pub mod list;

use sslmode_tls::record::Version;
use std::ffi::CStr;

/// `SSL_CIPHER`. Programs hold pointers to these statics and never look inside.
#[derive(Debug, PartialEq, Eq)]
pub struct Cipher {
    /// The number in TLS (IANA).
    pub number: u16,
    /// OpenSSL's name.
    pub name: &'static CStr,
    /// The name in the RFCs.
    pub standard_name: &'static CStr,
    /// The one version that it belongs to.
    pub version: Version,
    /// Who signs the key exchange.
    pub auth: Auth,
    /// What encrypts.
    pub encryption: Encryption,
    /// The hash of the handshake.
    pub hash: Hash,
}

/// Who signs the key exchange of a cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// TLS 1.3: the suite leaves it open.
    Any,
    /// A certificate with an RSA key.
    Rsa,
    /// A certificate with an EC key.
    Ecdsa,
}

/// What encrypts the records of a cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// AES-128 in GCM.
    Aes128Gcm,
    /// AES-256 in GCM.
    Aes256Gcm,
    /// ChaCha20 with Poly1305.
    ChaCha20Poly1305,
}

/// The hash of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
}

const fn tls13(number: u16, name: &'static CStr, encryption: Encryption, hash: Hash) -> Cipher {
    Cipher { number, name, standard_name: name, version: Version::Tls13, auth: Auth::Any, encryption, hash }
}

const fn tls12(
    number: u16,
    name: &'static CStr,
    standard_name: &'static CStr,
    auth: Auth,
    encryption: Encryption,
    hash: Hash,
) -> Cipher {
    Cipher { number, name, standard_name, version: Version::Tls12, auth, encryption, hash }
}

/// Every suite, in OpenSSL's order of preference: those of TLS 1.3 first.
pub static ALL: [Cipher; 9] = [
    tls13(0x1302, c"TLS_AES_256_GCM_SHA384", Encryption::Aes256Gcm, Hash::Sha384),
    tls13(0x1303, c"TLS_CHACHA20_POLY1305_SHA256", Encryption::ChaCha20Poly1305, Hash::Sha256),
    tls13(0x1301, c"TLS_AES_128_GCM_SHA256", Encryption::Aes128Gcm, Hash::Sha256),
    tls12(
        0xc02c,
        c"ECDHE-ECDSA-AES256-GCM-SHA384",
        c"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        Auth::Ecdsa,
        Encryption::Aes256Gcm,
        Hash::Sha384,
    ),
    tls12(
        0xc030,
        c"ECDHE-RSA-AES256-GCM-SHA384",
        c"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        Auth::Rsa,
        Encryption::Aes256Gcm,
        Hash::Sha384,
    ),
    tls12(
        0xcca9,
        c"ECDHE-ECDSA-CHACHA20-POLY1305",
        c"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        Auth::Ecdsa,
        Encryption::ChaCha20Poly1305,
        Hash::Sha256,
    ),
    tls12(
        0xcca8,
        c"ECDHE-RSA-CHACHA20-POLY1305",
        c"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        Auth::Rsa,
        Encryption::ChaCha20Poly1305,
        Hash::Sha256,
    ),
    tls12(
        0xc02b,
        c"ECDHE-ECDSA-AES128-GCM-SHA256",
        c"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        Auth::Ecdsa,
        Encryption::Aes128Gcm,
        Hash::Sha256,
    ),
    tls12(
        0xc02f,
        c"ECDHE-RSA-AES128-GCM-SHA256",
        c"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        Auth::Rsa,
        Encryption::Aes128Gcm,
        Hash::Sha256,
    ),
];

impl Cipher {
    /// The suite of this number.
    pub fn by_number(number: u16) -> Option<&'static Cipher> {
        ALL.iter().find(|cipher| cipher.number == number)
    }

    /// The suites of TLS 1.3, or those before it.
    pub fn of(version: Version) -> impl Iterator<Item = &'static Cipher> {
        ALL.iter().filter(move |cipher| cipher.version == version)
    }

    /// `SSL_CIPHER_get_id`: the number behind the version of SSL that introduced the form.
    pub fn id(&self) -> u32 {
        0x0300_0000 | u32::from(self.number)
    }

    /// The bits of its key.
    pub fn bits(&self) -> i32 {
        match self.encryption {
            Encryption::Aes128Gcm => 128,
            Encryption::Aes256Gcm | Encryption::ChaCha20Poly1305 => 256,
        }
    }

    /// `SSL_CIPHER_get_version`.
    pub fn version_name(&self) -> &'static CStr {
        match self.version {
            Version::Tls12 => c"TLSv1.2",
            Version::Tls13 => c"TLSv1.3",
        }
    }

    /// `SSL_CIPHER_description`, a line with its newline.
    pub fn description(&self) -> String {
        let (exchange, auth) = match self.auth {
            Auth::Any => ("any", "any"),
            Auth::Rsa => ("ECDH", "RSA"),
            Auth::Ecdsa => ("ECDH", "ECDSA"),
        };
        let encryption = match self.encryption {
            Encryption::Aes128Gcm => "AESGCM(128)",
            Encryption::Aes256Gcm => "AESGCM(256)",
            Encryption::ChaCha20Poly1305 => "CHACHA20/POLY1305(256)",
        };
        let (name, version) = (self.name.to_string_lossy(), self.version_name().to_string_lossy());
        format!("{name:<30} {version:<7} Kx={exchange:<8} Au={auth:<5} Enc={encryption:<22} Mac=AEAD\n")
    }

    /// Whether it is strong enough for a security level (`SSL_CTX_set_security_level(3)`). All have forward secrecy.
    pub fn is_allowed_at(&self, level: i32) -> bool {
        let needed = match level {
            ..=3 => 0,
            4 => 192,
            _ => 256,
        };
        self.bits() >= needed
    }
}
