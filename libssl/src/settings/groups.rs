//! Key exchange groups: their numbers in TLS, in libcrypto (NID), and their names.

use crate::error::{self, Reason};
use libc::c_int;
use sslmode_tls::handshake::GROUPS;

/// A group.
#[derive(Debug)]
pub struct Group {
    /// The number in TLS (IANA).
    pub number: u16,
    /// libcrypto's number.
    pub nid: c_int,
    /// The name in TLS.
    pub name: &'static std::ffi::CStr,
    /// Other names that lists of groups may hold.
    aliases: &'static [&'static str],
    /// Whether handshakes can use it.
    is_ours: bool,
}

const fn ours(number: u16, nid: c_int, name: &'static std::ffi::CStr, aliases: &'static [&'static str]) -> Group {
    Group { number, nid, name, aliases, is_ours: true }
}

const fn others(number: u16, nid: c_int, name: &'static std::ffi::CStr, aliases: &'static [&'static str]) -> Group {
    Group { number, nid, name, aliases, is_ours: false }
}

/// Those that OpenSSL 3.0's default provider has.
static ALL: &[Group] = &[
    ours(0x1d, 1034, c"x25519", &["X25519"]),
    ours(0x17, 415, c"secp256r1", &["P-256", "prime256v1"]),
    ours(0x18, 715, c"secp384r1", &["P-384"]),
    ours(0x19, 716, c"secp521r1", &["P-521"]),
    others(0x1e, 1035, c"x448", &["X448"]),
    others(0x16, 714, c"secp256k1", &[]),
    others(0x1a, 927, c"brainpoolP256r1", &[]),
    others(0x1b, 931, c"brainpoolP384r1", &[]),
    others(0x1c, 933, c"brainpoolP512r1", &[]),
    others(0x100, 1126, c"ffdhe2048", &[]),
    others(0x101, 1127, c"ffdhe3072", &[]),
    others(0x102, 1128, c"ffdhe4096", &[]),
    others(0x103, 1129, c"ffdhe6144", &[]),
    others(0x104, 1130, c"ffdhe8192", &[]),
];

/// What is offered where the program chose nothing.
pub const DEFAULT: &[u16] = GROUPS;

/// `TLSEXT_nid_unknown`: with a number of TLS in the lower bytes it stands for a group without a NID.
pub const UNKNOWN_NID: c_int = 0x0100_0000;

/// The longest list that is taken, in groups.
const LONGEST: usize = 40;

/// The NID of a group, or its number in TLS with [`UNKNOWN_NID`].
pub fn nid(number: u16) -> c_int {
    by_number(number).map_or(UNKNOWN_NID | c_int::from(number), |group| group.nid)
}

/// The group of this number.
pub fn by_number(number: u16) -> Option<&'static Group> {
    ALL.iter().find(|group| group.number == number)
}

/// The group of this NID.
pub fn by_nid(nid: c_int) -> Option<&'static Group> {
    match nid & UNKNOWN_NID {
        0 => ALL.iter().find(|group| group.nid == nid),
        _ => by_number((nid & 0xffff) as u16),
    }
}

/// What is wrong with a list of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// One is unknown.
    Unknown,
    /// One comes twice, there are too many, or none of them is ours.
    List,
}

/// `SSL_CTX_set1_groups_list`: names with colons between them. Groups that OpenSSL has and we have not are left out.
///
/// # Errors
/// See [`Wrong`].
pub fn parse(list: &str) -> Result<Vec<u16>, Wrong> {
    if list.split(':').any(|name| name.trim_ascii().is_empty()) {
        return Err(Wrong::List);
    }
    let find = |name: &str| {
        let is = |group: &&Group| group.name.to_bytes() == name.as_bytes() || group.aliases.contains(&name);
        ALL.iter().find(is)
    };
    choose(list.split(':').map(|name| find(name.trim_ascii())))
}

/// As [`parse`]; an unknown name is told to the error queue, and nothing else is, as in OpenSSL 3.0.
pub fn read(list: &str) -> Option<Vec<u16>> {
    let groups = parse(list);
    if groups == Err(Wrong::Unknown) {
        error::put(Reason::PASSED_INVALID_ARGUMENT);
    }
    groups.ok()
}

/// `SSL_CTX_set1_groups`: NIDs. As [`parse`].
///
/// # Errors
/// See [`Wrong`].
pub fn of_nids(nids: &[c_int]) -> Result<Vec<u16>, Wrong> {
    choose(nids.iter().map(|&nid| by_nid(nid)))
}

fn choose(groups: impl Iterator<Item = Option<&'static Group>>) -> Result<Vec<u16>, Wrong> {
    let groups: Vec<&Group> = groups.take(LONGEST + 1).collect::<Option<_>>().ok_or(Wrong::Unknown)?;
    let again = |(place, group): (usize, &&Group)| groups[..place].iter().any(|before| before.number == group.number);
    if groups.len() > LONGEST || groups.iter().enumerate().any(again) {
        return Err(Wrong::List);
    }
    let chosen: Vec<_> = groups.iter().filter(|group| group.is_ours).map(|group| group.number).collect();
    if chosen.is_empty() { Err(Wrong::List) } else { Ok(chosen) }
}
