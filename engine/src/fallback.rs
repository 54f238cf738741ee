//! SEND_FALLBACK_SCSV: when the signal goes into a ClientHello, what a server does with it, and when it is a mistake.
//!
//! "Send TLS_FALLBACK_SCSV in the ClientHello. To be set only by applications that reconnect with a downgraded
//! protocol version", and: "DO NOT ENABLE THIS if your application attempts a normal handshake. Only use this in
//! explicit fallback retries" (manual page). RFC 7507 says the rest. RFC 8996 obsoletes it: servers of TLS 1.3 mark a
//! downgrade in their ServerHello, which the mode makes OpenSSL's clients look for as well.

use crate::dialect::{self, Dialect};
use crate::mode::Modes;
use crate::read::{Handling, ReadRules};
use std::cmp::Ordering;

/// The signal, a cipher suite that is none (RFC 7507, section 2). Clients put it last in their list.
pub const TLS_FALLBACK_SCSV: u16 = 0x5600;

/// The alert `inappropriate_fallback` (RFC 7507, section 2).
pub const INAPPROPRIATE_FALLBACK: u8 = 86;

/// The alert `illegal_parameter` (RFC 8446, section 6).
pub const ILLEGAL_PARAMETER: u8 = 47;

/// A protocol version by its number on the wire. Versions of TLS and of DTLS do not compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub u16);

impl Version {
    /// SSL 3.
    pub const SSL_3: Version = Version(0x0300);
    /// TLS 1.0.
    pub const TLS_1_0: Version = Version(0x0301);
    /// TLS 1.1.
    pub const TLS_1_1: Version = Version(0x0302);
    /// TLS 1.2.
    pub const TLS_1_2: Version = Version(0x0303);
    /// TLS 1.3.
    pub const TLS_1_3: Version = Version(0x0304);
    /// DTLS 1.0.
    pub const DTLS_1_0: Version = Version(0xfeff);
    /// DTLS 1.2.
    pub const DTLS_1_2: Version = Version(0xfefd);

    fn is_dtls(self) -> bool {
        self.0 >> 8 == 0xfe
    }
}

impl PartialOrd for Version {
    /// The numbers of DTLS count down (RFC 6347, section 4.1).
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        match (self.is_dtls(), other.is_dtls()) {
            (false, false) => Some(self.0.cmp(&other.0)),
            (true, true) => Some(other.0.cmp(&self.0)),
            _ => None,
        }
    }
}

/// The end of a connection that an `SSL` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It sends the ClientHello.
    Client,
    /// It answers.
    Server,
}

/// Whether [`TLS_FALLBACK_SCSV`] goes into the ClientHellos of a handle with these modes.
///
/// Into all of them: the mode alone decides, in the first handshake and in a renegotiation (observed on 0.9.8e, 1.0.2k,
/// 1.1.1w, 3.0.19, 3.6.3 and 4.0.3; for BoringSSL and AWS-LC `handshake_client.cc`), whatever versions are enabled. So
/// it is up to the program to set it in a fallback only, and up to [`judge`] to notice.
pub fn is_sent(dialect: &Dialect, role: Role, modes: Modes) -> bool {
    role == Role::Client && (modes & dialect.known()).contains(Modes::SEND_FALLBACK_SCSV)
}

/// What there is to say about a ClientHello, with the signal or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be.
    Proper,
    /// The signal, and nothing is lowered: the "normal handshake" of the manual page. Each server that learns a version
    /// which this client does not know will then refuse it.
    NothingLowered,
    /// The signal in an attempt to resume a session of the version offered: the client knows what the server can do.
    Resumption,
    /// Lowered without the signal: nobody will notice if an attacker was the reason.
    Missing,
}

impl Verdict {
    /// Whether the mode is set where the manual page says not to, or left out where it says to.
    pub fn is_mistake(self) -> bool {
        self != Verdict::Proper
    }
}

/// Judges a ClientHello that offers `offered` at the most, by a client that can do `highest`.
///
/// `resumed` is the version of the session that it offers to resume, if any.
///
/// Source: RFC 7507, section 4, and the manual page as quoted above.
pub fn judge(sent: bool, offered: Version, highest: Version, resumed: Option<Version>) -> Verdict {
    let lowered = offered < highest;
    match sent {
        true if !lowered => Verdict::NothingLowered,
        true if resumed == Some(offered) => Verdict::Resumption,
        false if lowered && resumed != Some(offered) => Verdict::Missing,
        _ => Verdict::Proper,
    }
}

/// What an SSL says of its versions before its first handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `SSL_version`: the highest of its method.
    pub method: Version,
    /// `SSL_get_max_proto_version`; None where no limit is set or there is no such function.
    pub limit: Option<Version>,
    /// `SSL_get_options`, of which the `SSL_OP_NO_...` of the versions count.
    pub options: u64,
}

/// The versions, from the highest down, and the option that disables each: the same bits in every libssl (`ssl.h` of
/// 1.0.2k, 3.0.19 and BoringSSL).
const TLS: [(Version, u64); 5] = [
    (Version::TLS_1_3, 0x2000_0000),
    (Version::TLS_1_2, 0x0800_0000),
    (Version::TLS_1_1, 0x1000_0000),
    (Version::TLS_1_0, 0x0400_0000),
    (Version::SSL_3, 0x0200_0000),
];
const DTLS: [(Version, u64); 2] = [(Version::DTLS_1_2, 0x0800_0000), (Version::DTLS_1_0, 0x0400_0000)];

impl Settings {
    fn versions(&self) -> &'static [(Version, u64)] {
        if self.method.is_dtls() { &DTLS } else { &TLS }
    }

    /// The highest version that a ClientHello offers; None where every version is disabled.
    pub fn offered(&self) -> Option<Version> {
        let may_be = |version: Version| version <= self.method && self.limit.is_none_or(|limit| version <= limit);
        let enabled = |&&(version, disables): &&(Version, u64)| may_be(version) && self.options & disables == 0;
        self.versions().iter().find(enabled).map(|(version, _)| *version)
    }

    /// The highest version that this libssl can do, were it enabled.
    pub fn highest(&self, dialect: &Dialect) -> Version {
        let is_oldest = dialect.name == dialect::OPENSSL_0_9_8.name;
        match self.method.is_dtls() {
            true if is_oldest => Version::DTLS_1_0,
            true => Version::DTLS_1_2,
            false if is_oldest => Version::TLS_1_0,
            false if knows_tls_1_3(dialect) => Version::TLS_1_3,
            false => Version::TLS_1_2,
        }
    }
}

fn knows_tls_1_3(dialect: &Dialect) -> bool {
    ReadRules::of(dialect).key_update.value != Handling::Unknown
}

/// What an end does about a downgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The handshake goes on.
    GoesOn,
    /// It fails with "inappropriate fallback", and this fatal alert is sent.
    Alert(u8),
    /// It fails with "inappropriate fallback", and the peer is not told.
    FailsSilently,
}

/// What a server does with a ClientHello, of which it would take `negotiated`, when it can do `highest`.
///
/// RFC 7507, section 3, compares the server's highest version with `ClientHello.client_version`. That field says TLS
/// 1.2 in every ClientHello of TLS 1.3, where `supported_versions` counts: servers compare with the version
/// negotiated, and go on with TLS 1.3 (observed on 1.1.1w, 3.0.19, 3.6.3, 4.0.3, BoringSSL and AWS-LC). A ClientHello
/// that has no version in common gets `protocol_version` before it comes to this.
///
/// OpenSSL 0.9.8e has no such alert for SSL 3, the only version to fall back to, and sends none (observed).
pub fn server_answers(dialect: &Dialect, signalled: bool, negotiated: Version, highest: Version) -> Answer {
    if !signalled || negotiated >= highest {
        Answer::GoesOn
    } else if dialect.name == dialect::OPENSSL_0_9_8.name && negotiated == Version::SSL_3 {
        Answer::FailsSilently
    } else {
        Answer::Alert(INAPPROPRIATE_FALLBACK)
    }
}

/// What a client's settings say about versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ability {
    /// The highest that is enabled.
    pub enabled: Version,
    /// The highest that the library can do, were it enabled.
    pub built: Version,
}

/// What a client does with a ServerHello of the version `negotiated` whose random bytes end in the mark that a server
/// capable of more leaves there (RFC 8446, section 4.1.3).
///
/// A client that could do more itself refuses. Under the mode OpenSSL's (1.1.1 and later) counts as one by what it was
/// built with, though less is enabled, and so notices the downgrade where the signal was ignored or removed (observed
/// on 1.1.1g, 1.1.1w, 3.0.19, 3.6.3 and 4.0.3). BoringSSL's and AWS-LC's go by what is enabled (observed).
pub fn client_answers_mark(dialect: &Dialect, modes: Modes, negotiated: Version, ability: Ability) -> Answer {
    let Some(highest) = looks_for_mark(dialect, modes, ability) else { return Answer::GoesOn };
    if negotiated < highest { Answer::Alert(ILLEGAL_PARAMETER) } else { Answer::GoesOn }
}

/// The version that counts as the client's highest; None where clients do not know the mark, as before TLS 1.3.
fn looks_for_mark(dialect: &Dialect, modes: Modes, ability: Ability) -> Option<Version> {
    let of_openssl = dialect.name.starts_with("openssl-");
    if !knows_tls_1_3(dialect) {
        None
    } else if of_openssl && modes.contains(Modes::SEND_FALLBACK_SCSV) {
        Some(ability.built)
    } else {
        Some(ability.enabled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: Modes = Modes::SEND_FALLBACK_SCSV;
    const VERSIONS: [Version; 5] =
        [Version::SSL_3, Version::TLS_1_0, Version::TLS_1_1, Version::TLS_1_2, Version::TLS_1_3];

    #[test]
    fn versions_rise() {
        assert!(VERSIONS.is_sorted());
        assert!(Version::DTLS_1_0 < Version::DTLS_1_2);
        assert_eq!(Version::DTLS_1_2.partial_cmp(&Version::TLS_1_2), None);
    }

    #[test]
    fn only_a_client_sends_it() {
        for dialect in Dialect::ALL {
            let known = dialect.known().contains(ON);
            assert_eq!(is_sent(dialect, Role::Client, ON | Modes::AUTO_RETRY), known, "{}", dialect.name);
            assert!(!is_sent(dialect, Role::Server, ON), "{}", dialect.name);
            assert!(!is_sent(dialect, Role::Client, !ON), "{}", dialect.name);
        }
        assert!(!is_sent(&dialect::LIBRESSL, Role::Client, ON), "LibreSSL has no such mode");
    }

    /// "DO NOT ENABLE THIS if your application attempts a normal handshake."
    #[test]
    fn the_page_warns_of_a_normal_handshake() {
        assert_eq!(judge(true, Version::TLS_1_3, Version::TLS_1_3, None), Verdict::NothingLowered);
        assert_eq!(judge(true, Version::TLS_1_2, Version::TLS_1_3, None), Verdict::Proper);
        assert_eq!(judge(false, Version::TLS_1_2, Version::TLS_1_3, None), Verdict::Missing);
        assert_eq!(judge(false, Version::TLS_1_3, Version::TLS_1_3, None), Verdict::Proper);
    }

    #[test]
    fn what_is_offered() {
        let any = Settings { method: Version::TLS_1_3, limit: None, options: 0 };
        assert_eq!(any.offered(), Some(Version::TLS_1_3));
        assert_eq!(Settings { limit: Some(Version::TLS_1_2), ..any }.offered(), Some(Version::TLS_1_2));
        assert_eq!(Settings { options: 0x2800_0000, ..any }.offered(), Some(Version::TLS_1_1));
        assert_eq!(Settings { options: 0x3e00_0000, ..any }.offered(), None);
        let fixed = Settings { method: Version::TLS_1_1, ..any };
        assert_eq!(fixed.offered(), Some(Version::TLS_1_1));
        let datagrams = Settings { method: Version::DTLS_1_2, ..any };
        assert_eq!(datagrams.offered(), Some(Version::DTLS_1_2));
        assert_eq!(Settings { options: 0x0800_0000, ..datagrams }.offered(), Some(Version::DTLS_1_0));
        assert_eq!(datagrams.highest(&dialect::OPENSSL_3), Version::DTLS_1_2);
        let highest = |dialect| any.highest(dialect);
        assert_eq!(highest(&dialect::OPENSSL_1_0_2), Version::TLS_1_2);
        assert_eq!(
            (highest(&dialect::OPENSSL_0_9_8), highest(&dialect::BORINGSSL)),
            (Version::TLS_1_0, Version::TLS_1_3)
        );
    }

    /// RFC 7507, section 4, the exception for sessions.
    #[test]
    fn a_resumption_needs_no_signal() {
        let session = Some(Version::TLS_1_2);
        assert_eq!(judge(true, Version::TLS_1_2, Version::TLS_1_3, session), Verdict::Resumption);
        assert_eq!(judge(false, Version::TLS_1_2, Version::TLS_1_3, session), Verdict::Proper);
        assert_eq!(judge(true, Version::TLS_1_1, Version::TLS_1_3, session), Verdict::Proper);
    }

    #[test]
    fn servers_answer_as_observed() {
        let (old, new) = (&dialect::OPENSSL_0_9_8, &dialect::OPENSSL_3);
        let alert = Answer::Alert(INAPPROPRIATE_FALLBACK);
        assert_eq!(server_answers(new, true, Version::TLS_1_2, Version::TLS_1_3), alert);
        assert_eq!(server_answers(new, true, Version::TLS_1_3, Version::TLS_1_3), Answer::GoesOn);
        assert_eq!(server_answers(new, true, Version::TLS_1_2, Version::TLS_1_2), Answer::GoesOn);
        assert_eq!(server_answers(new, false, Version::TLS_1_2, Version::TLS_1_3), Answer::GoesOn);
        assert_eq!(server_answers(old, true, Version::SSL_3, Version::TLS_1_0), Answer::FailsSilently);
        assert_eq!(server_answers(&dialect::OPENSSL_1_0_2, true, Version::TLS_1_1, Version::TLS_1_2), alert);
    }

    #[test]
    fn clients_answer_the_mark_as_observed() {
        let ability = Ability { enabled: Version::TLS_1_2, built: Version::TLS_1_3 };
        let answer = |dialect, modes| client_answers_mark(dialect, modes, Version::TLS_1_2, ability);
        assert_eq!(answer(&dialect::OPENSSL_1_1_1, ON), Answer::Alert(ILLEGAL_PARAMETER));
        assert_eq!(answer(&dialect::OPENSSL_4, Modes::empty()), Answer::GoesOn);
        assert_eq!(answer(&dialect::BORINGSSL, ON), Answer::GoesOn);
        assert_eq!(answer(&dialect::OPENSSL_1_0_2, ON), Answer::GoesOn);
    }

    fn up_to(top: Version) -> impl Iterator<Item = Version> {
        VERSIONS.into_iter().filter(move |version| *version <= top)
    }

    /// What a client can do, and what it offers of that.
    fn offers() -> impl Iterator<Item = (Version, Version)> {
        VERSIONS.into_iter().flat_map(|can| up_to(can).map(move |offered| (can, offered)))
    }

    /// A client that makes no mistake is never refused by a server that can do no more than it offers.
    #[test]
    fn a_needed_fallback_succeeds() {
        let ladders = offers().flat_map(|(can, offered)| up_to(offered).map(move |server| (can, offered, server)));
        let ladders: Vec<_> = ladders.collect();
        assert_eq!(ladders.len(), 35);
        for (can, offered, server) in ladders {
            let signalled = judge(true, offered, can, None) == Verdict::Proper;
            for dialect in Dialect::ALL {
                assert_eq!(server_answers(dialect, signalled, server, server), Answer::GoesOn, "{}", dialect.name);
            }
        }
    }

    /// With and without the signal cannot both be right, nor both be wrong.
    #[test]
    fn one_of_two_is_right() {
        for (can, offered) in offers() {
            for session in VERSIONS.into_iter().map(Some).chain([None]) {
                let mistake = |sent| judge(sent, offered, can, session).is_mistake();
                assert_ne!(mistake(true), mistake(false), "{offered:?} of {can:?}, {session:?}");
            }
        }
    }
}
