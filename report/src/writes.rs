//! `SSL_write`, judged by the write machines of both versions.

use sslmode_engine::differences::{Follower, Side};
use sslmode_engine::write::{Call, Rules};
use sslmode_engine::{Dialect, Modes};
use sslmode_protocol::Event;

pub use sslmode_engine::differences::Seen;

/// A call of `SSL_write` or one of its sisters.
pub struct Write {
    /// Whether it is one of those that answer 1.
    pub ex: bool,
    /// Where and how much; None in a trace without addresses.
    pub call: Option<Call>,
    /// What it got.
    pub seen: Seen,
}

impl Write {
    /// The write that an event is.
    pub fn of(event: &Event) -> Option<Write> {
        let Event::Io { function, buffer, requested, result, bytes, error, .. } = event else { return None };
        let ex = match function.as_ref() {
            "SSL_write" => false,
            "SSL_write_ex" | "SSL_write_ex2" => true,
            _ => return None,
        };
        let length = (*requested)?;
        let address = buffer.as_deref().and_then(address).and_then(|address| usize::try_from(address).ok());
        let seen = match error.as_deref() {
            _ if *result > 0 => Seen::Written(bytes.unwrap_or(0)),
            // SSL_get_error takes every 0 for a failure; for nothing asked it is none.
            _ if *result == 0 && length == 0 && !ex => Seen::Written(0),
            Some("SSL_ERROR_WANT_WRITE") => Seen::WantWrite,
            Some("SSL_ERROR_SSL" | "SSL_ERROR_SYSCALL") => Seen::Failed,
            _ => Seen::Other,
        };
        Some(Write { ex, call: address.map(|address| Call { address, length }), seen })
    }
}

/// A follower of a connection seen on `observed`.
pub fn follower(observed: &Dialect, from: &Dialect, to: &Dialect) -> Follower {
    Follower::new(Rules::of(observed), Rules::of(from), Rules::of(to))
}

/// Judges a call.
pub fn judge(follower: &mut Follower, modes: Modes, write: &Write) -> Option<Side> {
    Some(follower.call(modes, write.ex, write.call?, write.seen))
}

/// An address in a trace.
pub fn address(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}
