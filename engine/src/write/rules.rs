//! What differs in `SSL_write` from version to version: one table.

use super::SslError;
use crate::dialect::{Dialect, Source};

/// What a call with a negative length gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Negative {
    /// `bad length` before anything else is looked at; never fatal.
    Refused,
    /// It is judged as any other length; where no length is refused it counts as one of nearly 4 GiB.
    Unchecked,
}

/// The least length of a call, lest it is a `bad length`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Least {
    /// No length is refused.
    Any,
    /// No length is refused; one below what earlier calls sent counts as that.
    Raised,
    /// What earlier calls sent without reporting it.
    Sent,
    /// That, and the pending record.
    SentAndPending,
}

/// How a call that finds a pending record is judged a right or a wrong retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The pending record takes the place of the next one: it must begin where that would, and not be longer. When it
    /// is sent, ENABLE_PARTIAL_WRITE ends the call.
    AsNextRecord,
    /// The pending record is sent apart, before the others: it must begin where the call goes on, whatever the
    /// length. When it is sent the call goes on, ENABLE_PARTIAL_WRITE or not.
    ByRecord,
    /// The same, but the buffer must begin where it began when the write had sent nothing yet. A right retry from
    /// elsewhere, under ACCEPT_MOVING_WRITE_BUFFER, changes that only before the first record is through.
    ByBeginning,
}

/// What calls get when an error was fatal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AfterFatal {
    /// What `SSL_get_error` says, with an empty queue.
    pub error: SslError,
    /// Whether a length that is too small is still told to be one.
    pub judges_length: bool,
}

/// The numbers of the reasons in the error queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReasonNumbers {
    /// `ERR_LIB_SSL`.
    pub library: i32,
    /// `SSL_R_BAD_WRITE_RETRY`.
    pub bad_write_retry: i32,
    /// `SSL_R_BAD_LENGTH`.
    pub bad_length: i32,
}

/// How one line of libssl versions carries out `SSL_write`.
#[derive(Debug)]
pub struct Rules {
    /// The first version that has them: `openssl-3.2`.
    pub name: &'static str,
    /// How they are known.
    pub source: Source,
    /// What a negative length gets.
    pub negative: Negative,
    /// The least length of a call.
    pub least: Least,
    /// Whether a `bad length` makes the connection forget what was sent without being reported. The right retry is
    /// then a wrong one, and under ACCEPT_MOVING_WRITE_BUFFER sends bytes a second time.
    pub bad_length_forgets: bool,
    /// How a retry is judged.
    pub judged: Judged,
    /// Whether a wrong retry, or a length that is too small, ends the connection.
    pub wrong_retry_is_fatal: bool,
    /// Whether a failed transport ends the connection for `SSL_write` (the transport may well be mended).
    pub failed_transport_is_fatal: bool,
    /// Whether `SSL_want` says "writing" after a transport that failed, as after one that is to be tried again.
    pub failed_transport_is_wanted: bool,
    /// Whether a limit on the size of records that was lowered can be raised again. 3.0 raises the limit, and still
    /// splits at the lowest one (`SSL_CTX_set_split_send_fragment`).
    pub limit_rises: bool,
    /// Whether `SSL_write_ex` of 0 bytes succeeds before anything is looked at, a pending record included.
    pub empty_write_ex_is_skipped: bool,
    /// What calls get when it is ended.
    pub after_fatal: AfterFatal,
    /// The numbers of the reasons.
    pub reasons: ReasonNumbers,
}

const OPENSSL_REASONS: ReasonNumbers = ReasonNumbers { library: 20, bad_write_retry: 127, bad_length: 271 };
const BORINGSSL_REASONS: ReasonNumbers = ReasonNumbers { library: 16, bad_write_retry: 118, bad_length: 111 };
const AFTER_FATAL: AfterFatal = AfterFatal { error: SslError::Syscall, judges_length: true };

/// OpenSSL 0.9.8. A write that goes on after it sent more than a retry has reads past the caller's buffer.
static OPENSSL_0_9_8: Rules = Rules {
    name: "openssl-0.9.8",
    source: Source::Observed("0.9.8e"),
    negative: Negative::Unchecked,
    least: Least::Any,
    bad_length_forgets: false,
    judged: Judged::AsNextRecord,
    wrong_retry_is_fatal: false,
    failed_transport_is_fatal: false,
    failed_transport_is_wanted: true,
    limit_rises: true,
    empty_write_ex_is_skipped: false,
    after_fatal: AFTER_FATAL,
    reasons: OPENSSL_REASONS,
};

/// OpenSSL 1.0.2, and what the manual page at hand was written for. A retry that has what was sent but not the pending
/// record reads past the caller's buffer.
static OPENSSL_1_0_2: Rules = Rules {
    name: "openssl-1.0.2",
    source: Source::Observed("1.0.2k"),
    least: Least::Sent,
    bad_length_forgets: true,
    judged: Judged::ByRecord,
    ..OPENSSL_0_9_8
};

/// OpenSSL 1.0.2l and later, which reads past nothing any more.
static OPENSSL_1_0_2L: Rules = Rules {
    name: "openssl-1.0.2l",
    source: Source::Observed("1.0.2n, 1.0.2q"),
    least: Least::SentAndPending,
    ..OPENSSL_1_0_2
};

/// OpenSSL 1.1.0: the lengths of 1.1.1, the mercy of 1.0.2.
static OPENSSL_1_1_0: Rules = Rules {
    name: "openssl-1.1.0",
    source: Source::Read("rec_layer_s3.c and ssl_lib.c of 1.1.0"),
    negative: Negative::Refused,
    least: Least::SentAndPending,
    bad_length_forgets: false,
    ..OPENSSL_1_0_2
};

/// OpenSSL 1.1.1: the first to end a connection for a wrong retry.
static OPENSSL_1_1_1: Rules = Rules {
    name: "openssl-1.1.1",
    source: Source::Observed("1.1.1g, 1.1.1w"),
    wrong_retry_is_fatal: true,
    ..OPENSSL_1_1_0
};

/// OpenSSL 3.0 and 3.1.
static OPENSSL_3: Rules =
    Rules { name: "openssl-3", source: Source::Observed("3.0.19"), limit_rises: false, ..OPENSSL_1_1_1 };

/// OpenSSL 3.2 and later: the record layer is an object of its own.
static OPENSSL_3_2: Rules = Rules {
    name: "openssl-3.2",
    source: Source::Observed("3.6.3"),
    judged: Judged::ByBeginning,
    failed_transport_is_wanted: false,
    ..OPENSSL_3
};

/// OpenSSL 4.
static OPENSSL_4: Rules = Rules {
    name: "openssl-4",
    source: Source::Observed("4.0.3"),
    failed_transport_is_fatal: true,
    after_fatal: AfterFatal { error: SslError::Ssl, judges_length: false },
    ..OPENSSL_3_2
};

/// BoringSSL: judges as 0.9.8 does, with a check of the length before it.
static BORINGSSL: Rules = Rules {
    name: "boringssl",
    source: Source::Observed("Debian's android-libboringssl 13"),
    least: Least::Sent,
    bad_length_forgets: true,
    reasons: BORINGSSL_REASONS,
    ..OPENSSL_0_9_8
};

/// AWS-LC: BoringSSL's, and a `bad length` is forgiven.
static AWS_LC: Rules = Rules {
    name: "aws-lc",
    source: Source::Observed("5.12.0"),
    negative: Negative::Refused,
    bad_length_forgets: false,
    empty_write_ex_is_skipped: true,
    ..BORINGSSL
};

/// LibreSSL. The reason that it gives for a negative length is `ERR_R_INTERNAL_ERROR`.
static LIBRESSL: Rules = Rules {
    name: "libressl",
    source: Source::Read("ssl_pkt.c of LibreSSL 3.1.0"),
    negative: Negative::Refused,
    least: Least::Raised,
    ..OPENSSL_0_9_8
};

impl Rules {
    /// All of them, OpenSSL's oldest first.
    pub const ALL: [&'static Rules; 11] = [
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

    /// Whether a call of this length is a `bad length` that leaves the connection as it is, `SSL_want` included.
    pub fn refuses_at_once(&self, length: i64) -> bool {
        length < 0 && self.negative == Negative::Refused
    }

    /// The rules of this name.
    pub fn by_name(name: &str) -> Option<&'static Rules> {
        Self::ALL.into_iter().find(|rules| rules.name == name)
    }

    /// The rules of a dialect.
    pub fn of(dialect: &Dialect) -> &'static Rules {
        Self::by_name(dialect.name).unwrap_or(&OPENSSL_4)
    }
}
