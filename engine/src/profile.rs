//! A profile: the rules of an older libssl, followed in front of a newer one.
//!
//! The mask that the program reads is the older version's, with its default, its width and its numbers; the newer
//! libssl's handle has what brings that about ([`Profile::of_context`], [`Profile::of_connection`]). Records without
//! data that the older version never met are hidden ([`Profile::hides`]).
//!
//! | file | what it knows |
//! |---|---|
//! | `profile.rs` | masks, and records without data |
//! | `profile/writer.rs` | writes: the [write machine](mod@crate::write) over a libssl that takes one record a call |

mod writer;

pub use writer::{Done, Form, Given, Spared, Writer};

use crate::dialect::{Dialect, Interface};
use crate::mode::Modes;
use crate::read::{Handling, ReadRules, Record};
use crate::write::{Rules, WriteMachine};
use std::fmt;

/// The rules of one dialect over the libssl of another.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// The dialect that the program is to find.
    pub dialect: &'static Dialect,
    /// How it carries out `SSL_write`.
    pub writes: &'static Rules,
    reads: &'static ReadRules,
    host: &'static Dialect,
}

/// Why a libssl cannot follow the rules of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It counts modes otherwise, or is another product.
    OtherFamily,
    /// It is the older one.
    Older,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unfit::OtherFamily => "expected an OpenSSL",
            Unfit::Older => "expected an OpenSSL that is newer than the profile",
        })
    }
}

/// The dialects that may be asked for.
pub fn names() -> Vec<&'static str> {
    Dialect::ALL.into_iter().filter(|dialect| is_openssl(dialect)).map(|dialect| dialect.name).collect()
}

fn is_openssl(dialect: &Dialect) -> bool {
    dialect.interface.value == Interface::Ctrl && dialect.name.starts_with("openssl-")
}

fn age(dialect: &Dialect) -> Option<usize> {
    Dialect::ALL.into_iter().position(|known| std::ptr::eq(known, dialect))
}

/// Modes that the libssl underneath has while the write machine gives it one record at a time: it reports each record,
/// and a retry may come from anywhere, for the machine has judged it.
const UNDERNEATH: Modes = Modes::ENABLE_PARTIAL_WRITE.union(Modes::ACCEPT_MOVING_WRITE_BUFFER);

impl Profile {
    /// The rules of `dialect` over a libssl of `host`; None where they are the same.
    ///
    /// # Errors
    /// The two do not fit together.
    pub fn over(dialect: &'static Dialect, host: &'static Dialect) -> Result<Option<Profile>, Unfit> {
        if !is_openssl(dialect) || !is_openssl(host) {
            return Err(Unfit::OtherFamily);
        }
        if age(dialect) > age(host) {
            return Err(Unfit::Older);
        }
        let profile = Profile { dialect, writes: Rules::of(dialect), reads: ReadRules::of(dialect), host };
        Ok((!std::ptr::eq(dialect, host)).then_some(profile))
    }

    /// The writes of a connection on which nothing was written.
    pub fn writer(&self) -> Writer {
        Writer::new(WriteMachine::new(self.writes))
    }

    /// The modes in force for the program that left this mask.
    pub fn modes(&self, own: i64) -> Modes {
        self.dialect.decode(own).modes
    }

    /// The program's mask of a context or connection that was not seen being made, and has this mask underneath.
    pub fn of_unseen(&self, mask: i64) -> i64 {
        let found = self.host.decode(mask).modes;
        let modes = (found - self.host.default_modes.value) | self.dialect.default_modes.value;
        self.dialect.encode(modes & self.dialect.known()).unwrap_or(0)
    }

    /// What a context has underneath, where the program left this mask.
    pub fn of_context(&self, own: i64) -> i64 {
        self.host.encode(self.modes(own) & self.host.known()).unwrap_or(0)
    }

    /// What a connection has underneath, where the program left this mask.
    pub fn of_connection(&self, own: i64) -> i64 {
        self.host.encode((self.modes(own) | UNDERNEATH) & self.host.known()).unwrap_or(0)
    }

    /// Whether a record without data is kept from the program. One that its version never met is, unless it cleared
    /// AUTO_RETRY itself: then it is prepared for a read that brings nothing, and may rely on reads not to wait.
    pub fn hides(&self, record: Record, cleared_auto_retry: bool) -> bool {
        self.reads.handling(record).value == Handling::Unknown && !cleared_auto_retry
    }

    /// Whether SSL_read goes on after a key update here where the libssl underneath stops: some bytes are in the read
    /// buffer already, and AUTO_RETRY is not in force.
    pub fn reads_on_where_buffered(&self) -> bool {
        let stops = ReadRules::of(self.host).handling(Record::KeyUpdate).value == Handling::ByModeAlone;
        stops && self.reads.handling(Record::KeyUpdate).value == Handling::ByMode
    }

    /// Whether a write tries a transport again that has failed, and the libssl underneath does not.
    pub fn outlives_failed_transport(&self) -> bool {
        Rules::of(self.host).failed_transport_is_fatal && !self.writes.failed_transport_is_fatal
    }

    /// Whether the limit on the size of records rises here with the one that the program sets, and underneath does
    /// not: then the libssl has to be told where to split, too.
    pub fn has_to_raise_the_split(&self) -> bool {
        self.writes.limit_rises && !Rules::of(self.host).limit_rises
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{BORINGSSL, OPENSSL_1_0_2, OPENSSL_1_1_1, OPENSSL_3, OPENSSL_4};
    use proptest::prelude::*;

    fn profile(dialect: &'static Dialect, host: &'static Dialect) -> Profile {
        Profile::over(dialect, host).unwrap().unwrap()
    }

    #[test]
    fn only_the_older_over_the_newer() {
        assert!(Profile::over(&OPENSSL_3, &OPENSSL_3).unwrap().is_none());
        assert_eq!(Profile::over(&OPENSSL_3, &OPENSSL_1_1_1).err(), Some(Unfit::Older));
        assert_eq!(Profile::over(&OPENSSL_1_0_2, &BORINGSSL).err(), Some(Unfit::OtherFamily));
        assert_eq!(Profile::over(&BORINGSSL, &OPENSSL_4).err(), Some(Unfit::OtherFamily));
        assert!(names().contains(&"openssl-1.0.2") && !names().contains(&"aws-lc"));
    }

    #[test]
    fn a_number_that_means_nothing_there_means_nothing_underneath() {
        let old = profile(&OPENSSL_1_0_2, &OPENSSL_3);
        // ASYNC and DTLS_SCTP_LABEL_LENGTH_BUG came later.
        assert_eq!(old.of_context(0x500), 0);
        assert_eq!(old.of_context(-1), 0xff);
        assert_eq!(old.of_connection(0x10), 0x13);
    }

    #[test]
    fn the_default_of_a_handle_that_was_not_seen() {
        let old = profile(&OPENSSL_1_0_2, &OPENSSL_3);
        assert_eq!(old.of_unseen(0x4), 0);
        assert_eq!(old.of_unseen(0x15), 0x11);
    }

    #[test]
    fn only_what_never_was_is_hidden() {
        let old = profile(&OPENSSL_1_0_2, &OPENSSL_3);
        assert!(old.hides(Record::SessionTicket, false) && old.hides(Record::KeyUpdate, false));
        assert!(!old.hides(Record::SessionTicket, true));
        assert!(!old.hides(Record::Renegotiation, false));
        assert!(!profile(&OPENSSL_1_1_1, &OPENSSL_3).hides(Record::KeyUpdate, false));
    }

    proptest! {
        /// Whatever the program sets, the handle has no mode that it did not mean but the two of the machine.
        #[test]
        fn underneath_is_what_is_meant(own: i64, old in 0..8usize, new in 0..8usize) {
            let Ok(Some(profile)) = Profile::over(Dialect::ALL[old], Dialect::ALL[new]) else { return Ok(()) };
            let meant = profile.modes(own) & Dialect::ALL[new].known();
            prop_assert_eq!(Dialect::ALL[new].decode(profile.of_context(own)).modes, meant);
            prop_assert_eq!(Dialect::ALL[new].decode(profile.of_connection(own)).modes, meant | UNDERNEATH);
        }
    }
}
