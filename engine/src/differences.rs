//! What a program meets when it goes from one libssl to another: topic by topic, in words made from the tables.
//!
//! ```
//! use sslmode_engine::{Dialect, differences};
//!
//! let old = Dialect::by_name("openssl-1.0.2").unwrap();
//! let new = Dialect::by_name("openssl-4").unwrap();
//! let found = differences::between(old, new);
//! let modes = found.iter().find(|difference| difference.topic.name() == "default-modes").unwrap();
//! assert_eq!((modes.from.as_str(), modes.to.as_str()), ("a new SSL_CTX has the modes 0", "a new SSL_CTX has the modes AUTO_RETRY"));
//! ```
//!
//! | file | what it knows |
//! |---|---|
//! | `differences.rs` | the topics: names, what to write instead |
//! | `differences/words.rs` | what one dialect does about a topic, in words |
//! | `differences/retries.rs` | whether the calls of a program get another answer: both write machines, side by side |

mod retries;
#[cfg(test)]
mod tests;
mod words;

pub use retries::{Follower, Kind, LARGEST, Seen, Side, Verdict};
pub use words::effective;

use crate::dialect::{Dialect, Source};

/// Whether a difference can break a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It can: other results, other errors, a call that waits.
    Breaks,
    /// It shows in memory alone: there is nothing to write instead.
    Note,
}

macro_rules! topics {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $weight:ident, $instead:literal;)*) => {
        /// Something that libssl versions differ in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Topic {
            $($(#[$doc])* $variant,)*
        }

        impl Topic {
            /// Every topic.
            pub const ALL: &'static [Topic] = &[$(Topic::$variant),*];

            /// As reports and suppressions call it. Never renamed.
            pub fn name(self) -> &'static str {
                match self { $(Topic::$variant => $name,)* }
            }

            /// Whether it can break a program.
            pub fn weight(self) -> Weight {
                match self { $(Topic::$variant => Weight::$weight,)* }
            }

            /// What to write instead.
            pub fn instead(self) -> &'static str {
                match self { $(Topic::$variant => $instead,)* }
            }
        }
    };
}

topics! {
    /// The mask of a new context.
    DefaultModes = "default-modes", Breaks,
        "Set or clear the mode on the SSL_CTX yourself, right after SSL_CTX_new: then every version does the same.";
    /// How many bits of a mask are kept.
    MaskWidth = "mask-width", Breaks,
        "Pass the names that you mean; never -1 or ~0, and compare masks as uint32_t.";
    /// A bit that the old version stored without meaning, and the new one heeds.
    UnknownBits = "unknown-bits", Breaks,
        "Pass only the modes that you mean, by name.";
    /// A number that stands for two modes.
    ModeNumbers = "mode-numbers", Breaks,
        "Write the mode's name, and compile against the headers of the libssl that the program will run with.";
    /// A mode that the new version does not have, or that does nothing there.
    MissingModes = "missing-modes", Breaks,
        "Do without the mode, or find out at run time what its bit does (sslmode_mode_names).";
    /// How the mode functions are reached.
    ModeFunctions = "mode-functions", Breaks,
        "Call the mode functions by name in C, or libsslmode's; not SSL_ctrl with a number.";
    /// NULL for an `SSL_CTX` or an `SSL`.
    NullHandle = "null-handle", Breaks,
        "Check what SSL_CTX_new and SSL_new returned before the first mode call.";
    /// A retry of `SSL_write` from another address.
    MovedRetry = "moved-retry", Breaks,
        "Retry with the same pointer; or set ACCEPT_MOVING_WRITE_BUFFER, and keep contents and length.";
    /// A retry of `SSL_write` with less.
    ShorterRetry = "shorter-retry", Breaks,
        "Retry with the same length. To be told of each record, set ENABLE_PARTIAL_WRITE.";
    /// A retry of `SSL_write` with more.
    LongerRetry = "longer-retry", Breaks,
        "Retry with the same length, and write what was added afterwards.";
    /// The right retry: when it returns.
    RightRetry = "right-retry", Breaks,
        "Go on from the number of bytes that SSL_write returned, whatever it is.";
    /// What calls get after a fatal error.
    AfterFatal = "error-after-fatal", Breaks,
        "After SSL_ERROR_SSL or SSL_ERROR_SYSCALL call nothing but SSL_free on the connection.";
    /// `SSL_write` after the transport failed.
    FailedTransport = "failed-transport", Breaks,
        "Give the connection up when the transport fails.";
    /// A negative length.
    NegativeLength = "negative-length", Breaks,
        "Check the length before the call.";
    /// `SSL_write_ex` of nothing.
    EmptyWriteEx = "empty-write-ex", Breaks,
        "Make no call where there is nothing to write; retry a pending write with its own length.";
    /// A limit on the size of records that is raised again.
    FragmentLimit = "fragment-limit", Breaks,
        "Set the size of records once, before the first write.";
    /// A handshake in the connection's life.
    Renegotiation = "renegotiation", Breaks,
        "Handle SSL_ERROR_WANT_READ from every SSL_read, or set AUTO_RETRY; do without renegotiation.";
    /// A ticket after a TLS 1.3 handshake.
    SessionTickets = "session-tickets", Breaks,
        "Handle SSL_ERROR_WANT_READ from every SSL_read, over blocking sockets too, or leave AUTO_RETRY set.";
    /// A TLS 1.3 key update.
    KeyUpdates = "key-updates", Breaks,
        "Handle SSL_ERROR_WANT_READ from every SSL_read, over blocking sockets too, or leave AUTO_RETRY set.";
    /// A heartbeat.
    Heartbeats = "heartbeats", Breaks,
        "Do without heartbeats; TCP keepalive or a message of your own protocol takes their place.";
    /// A warning alert.
    WarningAlerts = "warning-alerts", Breaks,
        "Handle SSL_ERROR_WANT_READ from every SSL_read.";
    /// A record of application data without data.
    EmptyRecords = "empty-records", Breaks,
        "Handle SSL_ERROR_WANT_READ from every SSL_read.";
    /// What `SSL_CTX_set_read_ahead` changes about records without data.
    ReadAhead = "read-ahead", Breaks,
        "Handle SSL_ERROR_WANT_READ from every SSL_read, or set AUTO_RETRY; do not rely on read_ahead.";
    /// Where released buffers go.
    ReleasedBuffers = "released-buffers", Note,
        "Nothing: the memory is given back all the same.";
    /// Buffers of DTLS.
    DtlsBuffers = "dtls-buffers", Note,
        "Nothing: the memory is given back all the same.";
    /// The fallback signal.
    FallbackSignal = "fallback-signal", Breaks,
        "Do not fall back: negotiate the version in one handshake, and leave SEND_FALLBACK_SCSV alone.";
    /// The mark that TLS 1.3 servers leave in a lower handshake.
    DowngradeMark = "downgrade-mark", Breaks,
        "Do not fall back: negotiate the version in one handshake, and leave SEND_FALLBACK_SCSV alone.";
    /// The numbers that the error queue and `SSL_get_error` give.
    ErrorNumbers = "error-numbers", Breaks,
        "Compare with the names in the headers that the program is compiled against.";
}

impl Topic {
    /// The topic of this name.
    pub fn by_name(name: &str) -> Option<Topic> {
        Topic::ALL.iter().copied().find(|topic| topic.name() == name)
    }

    /// The topic that retries of a kind belong to.
    pub fn of_retry(kind: Kind) -> Topic {
        match kind {
            Kind::Moved => Topic::MovedRetry,
            Kind::Shorter => Topic::ShorterRetry,
            Kind::Longer => Topic::LongerRetry,
            Kind::Right | Kind::None => Topic::RightRetry,
            Kind::Negative => Topic::NegativeLength,
            Kind::EmptyEx => Topic::EmptyWriteEx,
        }
    }
}

/// A topic that two dialects differ in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub topic: Topic,
    /// What the old one does.
    pub from: String,
    /// What the new one does.
    pub to: String,
    /// How both are known.
    pub source: String,
}

/// What one dialect does about a topic, and how that is known.
struct Said {
    text: String,
    sources: Vec<Source>,
}

/// The differences between two dialects, in the order of [`Topic::ALL`].
pub fn between(from: &'static Dialect, to: &'static Dialect) -> Vec<Difference> {
    let differs = |&topic: &Topic| {
        let (old, new) = (words::said(topic, from, from, to)?, words::said(topic, to, from, to)?);
        let source = format!("{}: {}; {}: {}", from.name, sources(&old), to.name, sources(&new));
        (old.text != new.text).then_some(Difference { topic, from: old.text, to: new.text, source })
    };
    Topic::ALL.iter().filter_map(differs).collect()
}

fn sources(said: &Said) -> String {
    let mut words: Vec<String> = Vec::new();
    for source in &said.sources {
        let word = match source {
            Source::Observed(versions) => format!("seen on {versions}"),
            Source::Read(place) => (*place).to_owned(),
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}
