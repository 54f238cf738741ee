//! Signature schemes: their numbers in TLS, and the names and NIDs that lists of them are made of.

use libc::c_int;

/// A signature scheme.
#[derive(Debug)]
pub struct Scheme {
    /// The number in TLS (IANA).
    pub number: u16,
    /// The name in TLS 1.3; none for what TLS 1.2 alone has.
    name: Option<&'static str>,
    /// libcrypto's number of the hash; 0 where the signature has one of its own.
    pub hash: c_int,
    /// libcrypto's number of the kind of key.
    pub key: c_int,
    /// libcrypto's number of both together; 0 where there is none.
    pub both: c_int,
}

/// `EVP_PKEY_RSA`, `EVP_PKEY_DSA`, `EVP_PKEY_EC`, `EVP_PKEY_RSA_PSS`, `EVP_PKEY_ED25519`, `EVP_PKEY_ED448`.
const RSA: c_int = 6;
const DSA: c_int = 116;
const EC: c_int = 408;
const PSS: c_int = 912;
const ED25519: c_int = 1087;
const ED448: c_int = 1088;
/// `NID_sha1` and so on.
const SHA1: c_int = 64;
const SHA224: c_int = 675;
const SHA256: c_int = 672;
const SHA384: c_int = 673;
const SHA512: c_int = 674;

const fn scheme(number: u16, name: Option<&'static str>, hash: c_int, key: c_int, both: c_int) -> Scheme {
    Scheme { number, name, hash, key, both }
}

/// Those of OpenSSL 3.0 without GOST, in its order. The first of a hash and a kind of key is the one that both name.
static ALL: &[Scheme] = &[
    scheme(0x0403, Some("ecdsa_secp256r1_sha256"), SHA256, EC, 794),
    scheme(0x0503, Some("ecdsa_secp384r1_sha384"), SHA384, EC, 795),
    scheme(0x0603, Some("ecdsa_secp521r1_sha512"), SHA512, EC, 796),
    scheme(0x0807, Some("ed25519"), 0, ED25519, 0),
    scheme(0x0808, Some("ed448"), 0, ED448, 0),
    scheme(0x0303, None, SHA224, EC, 793),
    scheme(0x0203, None, SHA1, EC, 416),
    scheme(0x0804, Some("rsa_pss_rsae_sha256"), SHA256, PSS, 0),
    scheme(0x0805, Some("rsa_pss_rsae_sha384"), SHA384, PSS, 0),
    scheme(0x0806, Some("rsa_pss_rsae_sha512"), SHA512, PSS, 0),
    scheme(0x0809, Some("rsa_pss_pss_sha256"), SHA256, PSS, 0),
    scheme(0x080a, Some("rsa_pss_pss_sha384"), SHA384, PSS, 0),
    scheme(0x080b, Some("rsa_pss_pss_sha512"), SHA512, PSS, 0),
    scheme(0x0401, Some("rsa_pkcs1_sha256"), SHA256, RSA, 668),
    scheme(0x0501, Some("rsa_pkcs1_sha384"), SHA384, RSA, 669),
    scheme(0x0601, Some("rsa_pkcs1_sha512"), SHA512, RSA, 670),
    scheme(0x0301, Some("rsa_pkcs1_sha224"), SHA224, RSA, 671),
    scheme(0x0201, Some("rsa_pkcs1_sha1"), SHA1, RSA, 65),
    scheme(0x0402, None, SHA256, DSA, 803),
    scheme(0x0502, None, SHA384, DSA, 0),
    scheme(0x0602, None, SHA512, DSA, 0),
    scheme(0x0302, None, SHA224, DSA, 802),
    scheme(0x0202, None, SHA1, DSA, 113),
];

/// What is offered and accepted where the program chose nothing: what rustls can verify.
pub const DEFAULT: &[u16] = &[0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601];

/// The scheme of this number.
pub fn by_number(number: u16) -> Option<&'static Scheme> {
    ALL.iter().find(|scheme| scheme.number == number)
}

/// `SSL_CTX_set1_sigalgs_list`: `RSA+SHA256` or a name of TLS 1.3, with colons between them. None where one is unknown
/// or comes twice.
pub fn parse(list: &str) -> Option<Vec<u16>> {
    let mut chosen: Vec<u16> = Vec::new();
    for item in list.split(':') {
        let scheme = one(item.trim_ascii())?;
        if chosen.contains(&scheme.number) {
            return None;
        }
        chosen.push(scheme.number);
    }
    Some(chosen)
}

/// `SSL_CTX_set1_sigalgs`: pairs of a hash's NID and a kind of key.
pub fn of_nids(nids: &[c_int]) -> Option<Vec<u16>> {
    if !nids.len().is_multiple_of(2) {
        return None;
    }
    nids.chunks_exact(2).map(|pair| pair_of(pair[0], pair[1]).map(|scheme| scheme.number)).collect()
}

fn pair_of(hash: c_int, key: c_int) -> Option<&'static Scheme> {
    ALL.iter().find(|scheme| scheme.hash == hash && scheme.key == key)
}

fn one(item: &str) -> Option<&'static Scheme> {
    let Some((first, second)) = item.split_once('+') else {
        return ALL.iter().find(|scheme| scheme.name == Some(item));
    };
    let (mut hash, mut key) = (None, None);
    for word in [first, second] {
        match word {
            "RSA" => key = Some(RSA),
            "RSA-PSS" | "PSS" => key = Some(PSS),
            "DSA" => key = Some(DSA),
            "ECDSA" => key = Some(EC),
            "SHA1" | "sha1" => hash = Some(SHA1),
            "SHA224" | "sha224" => hash = Some(SHA224),
            "SHA256" | "sha256" => hash = Some(SHA256),
            "SHA384" | "sha384" => hash = Some(SHA384),
            "SHA512" | "sha512" => hash = Some(SHA512),
            _ => return None,
        }
    }
    pair_of(hash?, key?)
}
