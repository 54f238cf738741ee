//! The words that values are made of, and the options that they stand for.

use super::flag::{CLIENT, SERVER};
use crate::settings::choices::option;
use libc::{c_int, c_uint};

const BOTH: c_uint = CLIENT | SERVER;

/// A word, for whom it is, and the bits that it sets, or clears where `inverse`.
pub struct Word {
    pub name: &'static str,
    pub for_whom: c_uint,
    pub inverse: bool,
    pub bits: u64,
}

const fn sets(name: &'static str, bits: u64) -> Word {
    Word { name, for_whom: BOTH, inverse: false, bits }
}

const fn clears(name: &'static str, bits: u64) -> Word {
    Word { name, for_whom: BOTH, inverse: true, bits }
}

const fn server(name: &'static str, bits: u64) -> Word {
    Word { name, for_whom: SERVER, inverse: false, bits }
}

const ALL_VERSIONS: u64 = option::NO_SSL3 | option::NO_TLS1 | option::NO_TLS1_1 | option::NO_TLS1_2 | option::NO_TLS1_3;

/// For `Protocol`.
pub static PROTOCOLS: &[Word] = &[
    clears("ALL", ALL_VERSIONS),
    clears("SSLv2", 0),
    clears("SSLv3", option::NO_SSL3),
    clears("TLSv1", option::NO_TLS1),
    clears("TLSv1.1", option::NO_TLS1_1),
    clears("TLSv1.2", option::NO_TLS1_2),
    clears("TLSv1.3", option::NO_TLS1_3),
    // The bits of DTLS are those of TLS 1.0 and 1.2.
    clears("DTLSv1", option::NO_TLS1),
    clears("DTLSv1.2", option::NO_TLS1_2),
];

/// `SSL_OP_ALL`.
const BUGS: u64 = 1 << 31 | 1 << 11 | 1 << 4 | 1 << 6;

/// For `Options`.
pub static OPTIONS: &[Word] = &[
    clears("SessionTicket", option::NO_TICKET),
    clears("EmptyFragments", 1 << 11),
    sets("Bugs", BUGS),
    clears("Compression", option::NO_COMPRESSION),
    server("ServerPreference", option::CIPHER_SERVER_PREFERENCE),
    server("NoResumptionOnRenegotiation", 1 << 16),
    server("DHSingle", 0),
    server("ECDHSingle", 0),
    sets("UnsafeLegacyRenegotiation", 1 << 18),
    sets("UnsafeLegacyServerConnect", 1 << 2),
    clears("EncryptThenMac", 1 << 19),
    sets("NoRenegotiation", 1 << 30),
    sets("AllowNoDHEKEX", 1 << 10),
    sets("PrioritizeChaCha", option::PRIORITIZE_CHACHA),
    sets("MiddleboxCompat", option::ENABLE_MIDDLEBOX_COMPAT),
    clears("AntiReplay", 1 << 24),
    clears("ExtendedMasterSecret", 1),
    clears("CANames", 1 << 9),
    sets("KTLS", 1 << 3),
];

/// The switches of command lines.
pub static SWITCHES: &[Word] = &[
    sets("no_ssl3", option::NO_SSL3),
    sets("no_tls1", option::NO_TLS1),
    sets("no_tls1_1", option::NO_TLS1_1),
    sets("no_tls1_2", option::NO_TLS1_2),
    sets("no_tls1_3", option::NO_TLS1_3),
    sets("bugs", BUGS),
    sets("no_comp", option::NO_COMPRESSION),
    clears("comp", option::NO_COMPRESSION),
    server("ecdh_single", 0),
    sets("no_ticket", option::NO_TICKET),
    server("serverpref", option::CIPHER_SERVER_PREFERENCE),
    sets("legacy_renegotiation", 1 << 18),
    server("client_renegotiation", 1 << 8),
    Word { name: "legacy_server_connect", for_whom: CLIENT, inverse: false, bits: 1 << 2 },
    sets("no_renegotiation", 1 << 30),
    server("no_resumption_on_reneg", 1 << 16),
    Word { name: "no_legacy_server_connect", for_whom: CLIENT, inverse: true, bits: 1 << 2 },
    sets("allow_no_dhe_kex", 1 << 10),
    server("prioritize_chacha", option::PRIORITIZE_CHACHA),
    clears("no_middlebox", option::ENABLE_MIDDLEBOX_COMPAT),
    Word { name: "anti_replay", for_whom: SERVER, inverse: true, bits: 1 << 24 },
    server("no_anti_replay", 1 << 24),
    sets("no_etm", 1 << 19),
];

/// For `VerifyMode`: `SSL_VERIFY_…`.
pub static VERIFY_MODES: &[Word] = &[
    Word { name: "Peer", for_whom: CLIENT, inverse: false, bits: 1 },
    server("Request", 1),
    server("Require", 1 | 2),
    server("Once", 1 | 4),
    server("RequestPostHandshake", 1 | 8),
    server("RequirePostHandshake", 1 | 2 | 8),
];

/// The number of a version for `MinProtocol` and `MaxProtocol`; 0 is no bound.
pub fn version(name: &str) -> Option<c_int> {
    Some(match name {
        "None" => 0,
        "SSLv3" => 0x300,
        "TLSv1" => 0x301,
        "TLSv1.1" => 0x302,
        "TLSv1.2" => 0x303,
        "TLSv1.3" => 0x304,
        "DTLSv1" => 0xfeff,
        "DTLSv1.2" => 0xfefd,
        _ => return None,
    })
}

/// Applies words with commas between them, each after `+`, `-` or neither, to `bits`. False where one is unknown: those
/// before it are in force then, as in OpenSSL.
pub fn apply(list: &str, words: &[Word], for_whom: c_uint, bits: &mut u64) -> bool {
    list.split(',').map(str::trim_ascii).all(|item| {
        let (on, name) = match item.as_bytes().first() {
            Some(b'+') => (true, &item[1..]),
            Some(b'-') => (false, &item[1..]),
            _ => (true, item),
        };
        let is_it = |word: &&Word| word.for_whom & for_whom != 0 && word.name.eq_ignore_ascii_case(name);
        let word = words.iter().find(is_it);
        if let Some(word) = word {
            *bits = word.apply(on, *bits);
        }
        word.is_some()
    })
}

impl Word {
    /// The bits with this word on or off.
    pub fn apply(&self, on: bool, bits: u64) -> u64 {
        if on != self.inverse { bits | self.bits } else { bits & !self.bits }
    }
}
