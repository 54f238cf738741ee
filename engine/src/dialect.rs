//! What each libssl makes of a mode mask.
//!
//! A fact that a running library showed is [`Source::Observed`], with the versions that showed it; one that stands in
//! a header or in source code only is [`Source::Read`].

use crate::mode::{Modes, Width};

/// Where a fact comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Shown by running libraries of these versions.
    Observed(&'static str),
    /// Found in this header or source, and not seen to happen.
    Read(&'static str),
}

/// A value and where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Fact<T> {
    /// What holds.
    pub value: T,
    /// How it is known.
    pub source: Source,
}

/// What running libraries of these versions showed.
pub(crate) const fn observed<T: Copy>(value: T, versions: &'static str) -> Fact<T> {
    Fact { value, source: Source::Observed(versions) }
}

/// What stands in this header or source.
pub(crate) const fn read<T: Copy>(value: T, place: &'static str) -> Fact<T> {
    Fact { value, source: Source::Read(place) }
}

/// What a mode call does when its handle is NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnNull {
    /// It answers this mask.
    Answers(i64),
    /// It reads through the NULL pointer.
    Crashes,
}

/// How a program reaches the modes of a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// `SSL_CTX_ctrl` and `SSL_ctrl`, commands 33 (set, get) and 78 (clear); the mode functions are macros.
    Ctrl,
    /// The six mode functions, exported, on `uint32_t`; there is no `SSL_ctrl`.
    Functions,
}

/// A mode and its number in one dialect; 0 where the header names the mode and the library does nothing.
pub type Number = (Modes, u32);

/// What one line of libssl versions makes of mode masks.
#[derive(Debug)]
pub struct Dialect {
    /// As options and reports call it: `openssl-1.0.2`.
    pub name: &'static str,
    /// The modes it knows, with their numbers.
    pub numbers: Fact<&'static [Number]>,
    /// The modes of a new `SSL_CTX`.
    pub default_modes: Fact<Modes>,
    /// How much of the `long` it keeps.
    pub width: Fact<Width>,
    /// `SSL_CTX_set_mode(NULL, …)`.
    pub null_context: Fact<OnNull>,
    /// `SSL_set_mode(NULL, …)`.
    pub null_connection: Fact<OnNull>,
    /// How its modes are reached.
    pub interface: Fact<Interface>,
}

/// A mask taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The modes it stands for.
    pub modes: Modes,
    /// The bits that are no mode of the dialect.
    pub unknown: i64,
}

const PARTIAL: Number = (Modes::ENABLE_PARTIAL_WRITE, 0x1);
const MOVING: Number = (Modes::ACCEPT_MOVING_WRITE_BUFFER, 0x2);
const AUTO_RETRY: Number = (Modes::AUTO_RETRY, 0x4);
const NO_CHAIN: Number = (Modes::NO_AUTO_CHAIN, 0x8);
const RELEASE: Number = (Modes::RELEASE_BUFFERS, 0x10);
const CLIENT_TIME: Number = (Modes::SEND_CLIENTHELLO_TIME, 0x20);
const SERVER_TIME: Number = (Modes::SEND_SERVERHELLO_TIME, 0x40);
const SCSV: Number = (Modes::SEND_FALLBACK_SCSV, 0x80);
const ASYNC: Number = (Modes::ASYNC, 0x100);
const SCTP_BUG: Number = (Modes::DTLS_SCTP_LABEL_LENGTH_BUG, 0x400);

const IN_0_9_8: &[Number] = &[PARTIAL, MOVING, AUTO_RETRY, NO_CHAIN, SCSV];
const IN_1_0_2: &[Number] = &[PARTIAL, MOVING, AUTO_RETRY, NO_CHAIN, RELEASE, CLIENT_TIME, SERVER_TIME, SCSV];
const IN_1_1_0: &[Number] = &[PARTIAL, MOVING, AUTO_RETRY, NO_CHAIN, RELEASE, CLIENT_TIME, SERVER_TIME, SCSV, ASYNC];
const IN_1_1_1: &[Number] =
    &[PARTIAL, MOVING, AUTO_RETRY, NO_CHAIN, RELEASE, CLIENT_TIME, SERVER_TIME, SCSV, ASYNC, SCTP_BUG];
const IN_LIBRESSL: &[Number] = &[PARTIAL, MOVING, AUTO_RETRY, NO_CHAIN, RELEASE];
const IN_BORINGSSL: &[Number] = &[
    PARTIAL,
    MOVING,
    NO_CHAIN,
    (Modes::ENABLE_FALSE_START, 0x80),
    (Modes::CBC_RECORD_SPLITTING, 0x100),
    (Modes::NO_SESSION_CREATION, 0x200),
    (Modes::SEND_FALLBACK_SCSV, 0x400),
    (Modes::AUTO_RETRY, 0),
    (Modes::RELEASE_BUFFERS, 0),
    (Modes::SEND_CLIENTHELLO_TIME, 0),
    (Modes::SEND_SERVERHELLO_TIME, 0),
];

/// OpenSSL 0.9.8.
pub static OPENSSL_0_9_8: Dialect = Dialect {
    name: "openssl-0.9.8",
    numbers: read(IN_0_9_8, "ssl.h; SEND_FALLBACK_SCSV came with 0.9.8zc"),
    default_modes: observed(Modes::empty(), "0.9.8e"),
    width: observed(Width::LONG, "0.9.8e"),
    null_context: observed(OnNull::Crashes, "0.9.8e"),
    null_connection: observed(OnNull::Crashes, "0.9.8e"),
    interface: observed(Interface::Ctrl, "0.9.8e"),
};

/// OpenSSL 1.0.x up to 1.0.2k, the version of the manual page. 1.0.0 and 1.0.1 know fewer modes and count the same.
pub static OPENSSL_1_0_2: Dialect = Dialect {
    name: "openssl-1.0.2",
    numbers: read(IN_1_0_2, "ssl.h of 1.0.2; SEND_FALLBACK_SCSV came with 1.0.1j and 1.0.0o"),
    default_modes: observed(Modes::empty(), "1.0.2k"),
    width: observed(Width::LONG, "1.0.2k"),
    null_context: observed(OnNull::Answers(0), "1.0.2k"),
    null_connection: observed(OnNull::Crashes, "1.0.2k"),
    interface: observed(Interface::Ctrl, "1.0.2k"),
};

/// OpenSSL 1.0.2l and later, which judge a retry by its length more strictly: see [`crate::write`].
pub static OPENSSL_1_0_2L: Dialect = Dialect {
    name: "openssl-1.0.2l",
    numbers: read(IN_1_0_2, "ssl.h of 1.0.2"),
    default_modes: observed(Modes::empty(), "1.0.2n, 1.0.2q"),
    width: observed(Width::LONG, "1.0.2n, 1.0.2q"),
    null_context: observed(OnNull::Answers(0), "1.0.2n, 1.0.2q"),
    null_connection: observed(OnNull::Crashes, "1.0.2n, 1.0.2q"),
    interface: observed(Interface::Ctrl, "1.0.2n, 1.0.2q"),
};

/// OpenSSL 1.1.0: as 1.1.1, before AUTO_RETRY became the default.
pub static OPENSSL_1_1_0: Dialect = Dialect {
    name: "openssl-1.1.0",
    numbers: read(IN_1_1_0, "ssl.h of 1.1.0"),
    default_modes: read(Modes::empty(), "SSL_CTX_set_mode(3) of 1.1.1, HISTORY"),
    width: read(Width::BITS_32, "ssl_locl.h of 1.1.0"),
    null_context: read(OnNull::Answers(0), "ssl_lib.c of 1.1.0"),
    null_connection: read(OnNull::Crashes, "ssl_lib.c of 1.1.0"),
    interface: read(Interface::Ctrl, "ssl.h of 1.1.0"),
};

/// OpenSSL 1.1.1.
pub static OPENSSL_1_1_1: Dialect = Dialect {
    name: "openssl-1.1.1",
    numbers: read(IN_1_1_1, "ssl.h of 1.1.1w"),
    default_modes: observed(Modes::AUTO_RETRY, "1.1.1g, 1.1.1w"),
    width: observed(Width::BITS_32, "1.1.1g, 1.1.1w"),
    null_context: observed(OnNull::Answers(0), "1.1.1g, 1.1.1w"),
    null_connection: observed(OnNull::Crashes, "1.1.1g, 1.1.1w"),
    interface: observed(Interface::Ctrl, "1.1.1g, 1.1.1w"),
};

/// OpenSSL 3.0 and 3.1.
pub static OPENSSL_3: Dialect = Dialect {
    name: "openssl-3",
    numbers: read(IN_1_1_1, "ssl.h of 3.0.19"),
    default_modes: observed(Modes::AUTO_RETRY, "3.0.19"),
    width: observed(Width::BITS_32, "3.0.19"),
    null_context: observed(OnNull::Answers(0), "3.0.19"),
    null_connection: observed(OnNull::Crashes, "3.0.19"),
    interface: observed(Interface::Ctrl, "3.0.19"),
};

/// OpenSSL 3.2 and later, whose record layer was written anew.
pub static OPENSSL_3_2: Dialect = Dialect {
    name: "openssl-3.2",
    numbers: read(IN_1_1_1, "ssl.h of 3.6.3"),
    default_modes: observed(Modes::AUTO_RETRY, "3.6.3"),
    width: observed(Width::BITS_32, "3.6.3"),
    null_context: observed(OnNull::Answers(0), "3.6.3"),
    null_connection: observed(OnNull::Answers(0), "3.6.3"),
    interface: observed(Interface::Ctrl, "3.6.3"),
};

/// OpenSSL 4.x, and what comes after it until it is looked at.
pub static OPENSSL_4: Dialect = Dialect {
    name: "openssl-4",
    numbers: read(IN_1_1_1, "ssl.h of 4.0.3"),
    default_modes: observed(Modes::AUTO_RETRY, "4.0.3"),
    width: observed(Width::BITS_32, "4.0.3"),
    null_context: observed(OnNull::Answers(0), "4.0.3"),
    null_connection: observed(OnNull::Answers(0), "4.0.3"),
    interface: observed(Interface::Ctrl, "4.0.3"),
};

/// BoringSSL.
pub static BORINGSSL: Dialect = Dialect {
    name: "boringssl",
    numbers: read(IN_BORINGSSL, "ssl.h"),
    default_modes: observed(Modes::NO_AUTO_CHAIN, "Debian's android-libboringssl 13"),
    width: observed(Width::BITS_32, "Debian's android-libboringssl 13"),
    null_context: observed(OnNull::Crashes, "Debian's android-libboringssl 13"),
    null_connection: observed(OnNull::Crashes, "Debian's android-libboringssl 13"),
    interface: observed(Interface::Functions, "Debian's android-libboringssl 13"),
};

/// AWS-LC.
pub static AWS_LC: Dialect = Dialect {
    name: "aws-lc",
    numbers: read(IN_BORINGSSL, "ssl.h of 5.12.0"),
    default_modes: observed(Modes::NO_AUTO_CHAIN, "5.12.0"),
    width: observed(Width::BITS_32, "5.12.0"),
    null_context: observed(OnNull::Crashes, "5.12.0"),
    null_connection: observed(OnNull::Crashes, "5.12.0"),
    interface: observed(Interface::Functions, "5.12.0"),
};

/// LibreSSL.
pub static LIBRESSL: Dialect = Dialect {
    name: "libressl",
    numbers: read(IN_LIBRESSL, "ssl.h"),
    default_modes: read(Modes::AUTO_RETRY, "ssl_lib.c of LibreSSL 3.x"),
    width: read(Width::LONG, "ssl.h"),
    null_context: read(OnNull::Answers(0), "ssl_lib.c"),
    null_connection: read(OnNull::Crashes, "ssl_lib.c"),
    interface: read(Interface::Ctrl, "ssl.h"),
};

impl Dialect {
    /// Every dialect, OpenSSL's oldest first.
    pub const ALL: [&'static Dialect; 11] = [
        &OPENSSL_0_9_8,
        &OPENSSL_1_0_2,
        &OPENSSL_1_0_2L,
        &OPENSSL_1_1_0,
        &OPENSSL_1_1_1,
        &OPENSSL_3,
        &OPENSSL_3_2,
        &OPENSSL_4,
        &BORINGSSL,
        &AWS_LC,
        &LIBRESSL,
    ];

    /// The dialect of this name.
    pub fn by_name(name: &str) -> Option<&'static Dialect> {
        Self::ALL.into_iter().find(|dialect| dialect.name == name)
    }

    /// What this libssl takes of the `long` that a program passes to a set or clear call.
    ///
    /// Bits that are no mode are passed on too: every libssl seen stores them and answers with them.
    #[inline]
    pub fn argument(&self, mask: i64) -> i64 {
        self.width.value.keep(mask)
    }

    /// The mask in what a mode call of this libssl left in the return register, whose upper half is undefined where
    /// the function returns a `uint32_t`.
    #[inline]
    pub fn answer(&self, register: i64) -> i64 {
        self.width.value.keep(register)
    }

    /// What a mode call on NULL answers. Where the libssl itself would crash this is 0, as in the versions that answer.
    pub fn null_answer(&self, on_null: Fact<OnNull>) -> i64 {
        match on_null.value {
            OnNull::Answers(mask) => mask,
            OnNull::Crashes => 0,
        }
    }

    /// The mask of a new `SSL_CTX`.
    pub fn default_mask(&self) -> i64 {
        self.encode(self.default_modes.value).unwrap_or(0)
    }

    /// The number that stands for `modes` here.
    ///
    /// # Errors
    /// The modes among them that this dialect has no number for.
    pub fn encode(&self, modes: Modes) -> Result<i64, Modes> {
        let known = self.known();
        if !known.contains(modes) {
            return Err(modes - known);
        }
        let numbers = self.numbers.value.iter().filter(|(mode, _)| modes.contains(*mode));
        Ok(numbers.fold(0, |mask, (_, number)| mask | i64::from(*number)))
    }

    /// The modes that `mask` stands for here, and the bits that are none.
    pub fn decode(&self, mask: i64) -> Decoded {
        let mut decoded = Decoded { modes: Modes::empty(), unknown: mask };
        for &(mode, number) in self.numbers.value {
            let number = i64::from(number);
            if mask & number != 0 {
                decoded.modes |= mode;
                decoded.unknown &= !number;
            }
        }
        decoded
    }

    /// The modes that this dialect has a name for.
    pub fn known(&self) -> Modes {
        self.numbers.value.iter().map(|(mode, _)| *mode).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_unique_and_found() {
        for dialect in Dialect::ALL {
            assert!(std::ptr::eq(Dialect::by_name(dialect.name).unwrap(), dialect));
        }
        assert!(Dialect::by_name("openssl-2").is_none());
    }

    #[test]
    fn a_number_is_one_bit_and_one_mode() {
        for dialect in Dialect::ALL {
            let mut seen = 0;
            for &(mode, number) in dialect.numbers.value {
                assert_eq!(mode.bits().count_ones(), 1, "{}: {mode:?} is not one mode", dialect.name);
                assert!(number.count_ones() <= 1, "{}: {number:#x} is not one bit", dialect.name);
                assert_eq!(seen & number, 0, "{}: {number:#x} stands twice", dialect.name);
                seen |= number;
            }
            let modes: Modes = dialect.known();
            assert_eq!(modes.bits().count_ones() as usize, dialect.numbers.value.len(), "{}", dialect.name);
        }
    }

    #[test]
    fn the_same_number_is_another_mode_elsewhere() {
        assert_eq!(OPENSSL_3.decode(0x80).modes, Modes::SEND_FALLBACK_SCSV);
        assert_eq!(BORINGSSL.decode(0x80).modes, Modes::ENABLE_FALSE_START);
        assert_eq!(BORINGSSL.encode(Modes::SEND_FALLBACK_SCSV), Ok(0x400));
        assert_eq!(OPENSSL_3.decode(0x400).modes, Modes::DTLS_SCTP_LABEL_LENGTH_BUG);
    }

    #[test]
    fn a_mode_that_a_dialect_lacks_is_named() {
        let wanted = Modes::AUTO_RETRY | Modes::RELEASE_BUFFERS;
        assert_eq!(OPENSSL_0_9_8.encode(wanted), Err(Modes::RELEASE_BUFFERS));
        assert_eq!(BORINGSSL.encode(wanted), Ok(0), "named in its header, and does nothing");
    }

    #[test]
    fn set_minus_one_answers_as_observed() {
        assert_eq!(OPENSSL_1_0_2.answer(OPENSSL_1_0_2.argument(-1)), -1);
        assert_eq!(OPENSSL_3.answer(OPENSSL_3.argument(-1)), 4_294_967_295);
        assert_eq!(BORINGSSL.answer(-1), 4_294_967_295);
    }

    proptest! {
        #[test]
        fn decode_loses_nothing(mask: i64, index in 0..Dialect::ALL.len()) {
            let dialect = Dialect::ALL[index];
            let Decoded { modes, unknown } = dialect.decode(mask);
            prop_assert_eq!(dialect.encode(modes).unwrap() | unknown, mask);
            prop_assert_eq!(dialect.encode(modes).unwrap() & unknown, 0);
        }
    }
}
