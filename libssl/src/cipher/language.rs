//! The cipher list language of `openssl-ciphers(1)`, on the suites before TLS 1.3 that there are.
//!
//! OpenSSL applies each item to all of its suites, one by one, so that what it makes of ours is the same whether or
//! not the others are there.

use super::{Auth, Cipher, Encryption};
use crate::error::{self, InQueue, Reason};
use sslmode_tls::record::Version;
use std::ffi::CStr;

/// What a list of rules leaves.
pub struct Outcome {
    /// The suites, the preferred first.
    pub ciphers: Vec<&'static Cipher>,
    /// What `@SECLEVEL` asked for.
    pub security_level: Option<i32>,
}

/// `OSSL_default_cipher_list()`.
pub const DEFAULT: &CStr = c"ALL:!COMPLEMENTOFDEFAULT:!eNULL";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Switches on, at the end.
    Add,
    /// `!`: never again.
    Kill,
    /// `-`: off, until it is added again.
    Delete,
    /// `+`: to the end.
    Order,
}

struct State {
    /// Every suite that was not killed, and whether it is on.
    ciphers: Vec<(&'static Cipher, bool)>,
    security_level: Option<i32>,
}

/// Applies a list of rules.
///
/// # Errors
/// A word that the language does not have after `@`, or a letter that begins no item; the reason is in the queue.
pub fn apply(rules: &str) -> Result<Outcome, InQueue> {
    let suite_b = suite_b(rules);
    let mut rest = suite_b.unwrap_or(rules);
    let mut state =
        State { ciphers: Cipher::of(Version::Tls12).map(|cipher| (cipher, false)).collect(), security_level: None };
    let mut result = Ok(());
    if let Some(after) = rest.strip_prefix("DEFAULT") {
        result = state.apply(&DEFAULT.to_string_lossy());
        rest = after.strip_prefix(':').unwrap_or(after);
    }
    if result.is_ok() {
        result = state.apply(rest);
    }
    let ciphers = state.ciphers.into_iter().filter(|(_, on)| *on).map(|(cipher, _)| cipher).collect();
    result.map(|()| Outcome { ciphers, security_level: state.security_level })
}

/// The rules that the names of RFC 6460's profiles stand for.
fn suite_b(rules: &str) -> Option<&'static str> {
    const AES128: &str = "ECDHE-ECDSA-AES128-GCM-SHA256";
    const AES256: &str = "ECDHE-ECDSA-AES256-GCM-SHA384";
    const BOTH: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384";
    let names = [("SUITEB128ONLY", AES128), ("SUITEB128C2", BOTH), ("SUITEB128", BOTH), ("SUITEB192", AES256)];
    names.into_iter().find(|(name, _)| rules.starts_with(name)).map(|(_, rules)| rules)
}

fn is_separator(letter: char) -> bool {
    matches!(letter, ':' | ' ' | ';' | ',')
}

/// Up to the next separator, and from there.
fn split_item(text: &str) -> (&str, &str) {
    text.split_at(text.find(is_separator).unwrap_or(text.len()))
}

/// The letters of a name at the beginning of `text`.
fn word(text: &str) -> &str {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'=' | b'_');
    let end = text.bytes().position(|byte| !is_letter(byte)).unwrap_or(text.len());
    &text[..end]
}

impl State {
    fn apply(&mut self, rules: &str) -> Result<(), InQueue> {
        let mut result = Ok(());
        let mut rest = rules;
        loop {
            rest = rest.trim_start_matches(is_separator);
            let rule = match rest.chars().next() {
                None => return result,
                Some('!') => Rule::Kill,
                Some('-') => Rule::Delete,
                Some('+') => Rule::Order,
                Some('@') => {
                    let (item, after) = split_item(&rest[1..]);
                    result = result.and(self.special(item));
                    rest = after;
                    continue;
                }
                Some(_) => Rule::Add,
            };
            let names = if rule == Rule::Add { rest } else { &rest[1..] };
            let (wanted, after) = self.select(names)?;
            self.change(rule, &wanted);
            rest = after;
        }
    }

    /// `@STRENGTH`, `@SECLEVEL=n`.
    fn special(&mut self, item: &str) -> Result<(), InQueue> {
        let name = word(item);
        if name == "STRENGTH" {
            self.sort_by_strength();
            return Ok(());
        }
        match name.strip_prefix("SECLEVEL=").map(str::as_bytes) {
            Some([level @ b'0'..=b'5']) => {
                self.security_level = Some(i32::from(level - b'0'));
                Ok(())
            }
            _ => {
                error::put(Reason::INVALID_COMMAND);
                Err(InQueue)
            }
        }
    }

    /// What the names with `+` between them stand for together, and what follows them. An unknown name makes the whole
    /// item stand for nothing.
    fn select<'a>(&self, names: &'a str) -> Result<(Vec<&'static Cipher>, &'a str), InQueue> {
        let mut selected: Vec<_> = self.ciphers.iter().map(|(cipher, _)| *cipher).collect();
        let mut rest = names;
        loop {
            let name = word(rest);
            if name.is_empty() {
                error::put(Reason::INVALID_COMMAND);
                return Err(InQueue);
            }
            if !is_known(name) {
                return Ok((Vec::new(), split_item(rest).1));
            }
            selected.retain(|cipher| matches(cipher, name));
            rest = &rest[name.len()..];
            match rest.strip_prefix('+') {
                Some(more) => rest = more,
                None => return Ok((selected, rest)),
            }
        }
    }

    fn change(&mut self, rule: Rule, wanted: &[&'static Cipher]) {
        let is_wanted = |cipher: &Cipher| wanted.iter().any(|wanted| wanted.number == cipher.number);
        let moved = |(cipher, on): &(&'static Cipher, bool)| match rule {
            Rule::Add => is_wanted(cipher) && !on,
            Rule::Delete | Rule::Order => is_wanted(cipher) && *on,
            Rule::Kill => is_wanted(cipher),
        };
        let (moving, staying): (Vec<_>, Vec<_>) = self.ciphers.drain(..).partition(moved);
        self.ciphers = match rule {
            Rule::Kill => staying,
            // Most recently deleted first, in the order they had.
            Rule::Delete => moving.into_iter().map(|(cipher, _)| (cipher, false)).chain(staying).collect(),
            Rule::Add | Rule::Order => {
                staying.into_iter().chain(moving.into_iter().map(|(cipher, _)| (cipher, true))).collect()
            }
        };
    }

    /// Those that are on, the strongest last-moved: all of one strength go to the end together.
    fn sort_by_strength(&mut self) {
        for bits in [256, 128] {
            let strong = |cipher: &&Cipher| cipher.bits() == bits;
            let wanted: Vec<_> = self.ciphers.iter().map(|(cipher, _)| *cipher).filter(strong).collect();
            self.change(Rule::Order, &wanted);
        }
    }
}

/// Aliases and names of suites that OpenSSL has and we have not: they are known, and select none of ours.
const OF_OTHERS: &[&str] = &[
    "COMPLEMENTOFALL",
    "COMPLEMENTOFDEFAULT",
    "kRSA",
    "kEDH",
    "kDHE",
    "DH",
    "kPSK",
    "kRSAPSK",
    "kECDHEPSK",
    "kDHEPSK",
    "kSRP",
    "kGOST",
    "kGOST18",
    "aDSS",
    "DSS",
    "aNULL",
    "aPSK",
    "aGOST01",
    "aGOST12",
    "aGOST",
    "aSRP",
    "EDH",
    "DHE",
    "NULL",
    "RSA",
    "ADH",
    "AECDH",
    "PSK",
    "SRP",
    "3DES",
    "RC4",
    "RC2",
    "IDEA",
    "SEED",
    "eNULL",
    "GOST89",
    "AESCCM",
    "AESCCM8",
    "CAMELLIA128",
    "CAMELLIA256",
    "CAMELLIA",
    "ARIA",
    "ARIAGCM",
    "ARIA128",
    "ARIA256",
    "CBC",
    "MD5",
    "SHA1",
    "SHA",
    "GOST94",
    "GOST89MAC",
    "SHA256",
    "SHA384",
    "GOST12",
    "GOST2012-GOST8912-GOST8912",
    "GOST2001-GOST89-GOST89",
    "SSLv3",
    "TLSv1",
    "TLSv1.0",
    "LOW",
    "MEDIUM",
    "EXP",
    "EXPORT",
    "EXPORT40",
    "EXPORT56",
];

const OF_OURS: &[&str] = &[
    "ALL", "kEECDH", "kECDHE", "ECDH", "EECDH", "ECDHE", "aRSA", "aECDSA", "ECDSA", "AES128", "AES256", "AES",
    "AESGCM", "CHACHA20", "TLSv1.2", "HIGH", "FIPS",
];

fn is_known(name: &str) -> bool {
    OF_OURS.contains(&name) || OF_OTHERS.contains(&name) || named(name).is_some()
}

/// By OpenSSL's name; 3.0 does not know those of the RFCs here.
fn named(name: &str) -> Option<&'static Cipher> {
    Cipher::of(Version::Tls12).find(|cipher| cipher.name.to_bytes() == name.as_bytes())
}

/// Whether a suite is one of those that a name stands for.
fn matches(cipher: &Cipher, name: &str) -> bool {
    let is_aes128 = cipher.encryption == Encryption::Aes128Gcm;
    let is_aes256 = cipher.encryption == Encryption::Aes256Gcm;
    match name {
        "ALL" | "kEECDH" | "kECDHE" | "ECDH" | "EECDH" | "ECDHE" | "TLSv1.2" | "HIGH" => true,
        "aRSA" => cipher.auth == Auth::Rsa,
        "aECDSA" | "ECDSA" => cipher.auth == Auth::Ecdsa,
        "AES128" => is_aes128,
        "AES256" => is_aes256,
        "AES" | "AESGCM" | "FIPS" => is_aes128 || is_aes256,
        "CHACHA20" => cipher.encryption == Encryption::ChaCha20Poly1305,
        _ => named(name).is_some_and(|named| named.number == cipher.number),
    }
}
