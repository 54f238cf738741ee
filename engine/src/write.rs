//! The write machine: what `SSL_write` does, record by record, with ENABLE_PARTIAL_WRITE and
//! ACCEPT_MOVING_WRITE_BUFFER, in the rules of one libssl version.
//!
//! The machine holds what a connection remembers between calls; it sees neither bytes nor a transport. A call either
//! asks for a record to be offered to the transport ([`Step::Offer`]) or is over ([`Step::Done`]):
//!
//! ```
//! use sslmode_engine::write::{Call, Outcome, Rules, Transport, WriteMachine};
//! use sslmode_engine::{Dialect, Modes};
//!
//! let mut connection = WriteMachine::new(Rules::of(Dialect::by_name("openssl-3").unwrap()));
//! let call = Call { address: 0x1000, length: 40_000 };
//! // A transport with room for one record.
//! let mut room = 1;
//! let outcome = connection.write(Modes::empty(), call).run(|_offer| match room {
//!     0 => Transport::Refused,
//!     _ => {
//!         room -= 1;
//!         Transport::Took
//!     }
//! });
//! assert_eq!(outcome, Outcome::WantWrite);
//! ```
//!
//! Not here: what 1.0.2 and later send four or eight records at a time, from 64 KiB on with AES-CBC and SHA where the
//! processor has AES instructions and encrypt-then-MAC is not in use. Such a batch is pending as one, and under
//! ENABLE_PARTIAL_WRITE 1.0.2k returned 79,872 of 100,000 bytes.
//!
//! | file | what it knows |
//! |---|---|
//! | `write.rs` | the machine: records, progress, the pending record |
//! | `write/rules.rs` | what differs from version to version, as a table |

mod rules;
#[cfg(test)]
mod tests;

pub use rules::{AfterFatal, Judged, Least, Negative, ReasonNumbers, Rules};

use crate::mode::Modes;
use std::ops::Range;

/// The bytes of one record at the most (RFC 8446, section 5.1).
pub const MAX_FRAGMENT: usize = 16_384;

/// One call of `SSL_write` or `SSL_write_ex`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Where the caller's buffer is.
    pub address: usize,
    /// The bytes to send, as the caller gave them: an `int` may be negative.
    pub length: i64,
}

/// A record to be offered to the transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// A new one, over these bytes of the caller's buffer.
    New(Range<usize>),
    /// What the transport has not taken yet of the pending one, sealed in an earlier call over this many bytes.
    Pending(usize),
}

/// What the transport did with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Took it, or what was left of it, whole.
    Took,
    /// Took nothing or a part, and would block: the record is pending.
    Refused,
    /// Failed for good.
    Failed,
}

/// Why a call is an error of the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `SSL_R_BAD_WRITE_RETRY`.
    BadWriteRetry,
    /// `SSL_R_BAD_LENGTH`.
    BadLength,
}

/// What `SSL_get_error` says after a call. The numbers are the same in every libssl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum SslError {
    /// The call succeeded.
    None = 0,
    /// An error of the library, in its queue or not.
    Ssl = 1,
    /// To be called again when the transport can be read.
    WantRead = 2,
    /// To be called again when the transport can be written.
    WantWrite = 3,
    /// An error of the transport, and whatever the library has no other name for.
    Syscall = 5,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// So many bytes are sent; 0 where 0 were asked for.
    Written(usize),
    /// -1: the same call is to be made again.
    WantWrite,
    /// -1, with this reason in the error queue.
    Error(Reason),
    /// -1, with what the transport left in `errno` or the error queue.
    TransportFailed,
    /// -1 with an empty queue: an error before was fatal.
    Dead(SslError),
    /// This version would now seal these bytes, counted from the caller's buffer, of which some are not in it.
    ///
    /// Nothing was offered for them. Ask [`WriteMachine::may_read_past`] before a call to know that it may come to it.
    ReadsPast(Range<usize>),
}

impl Outcome {
    /// What `SSL_write` returns; None where it must not be called.
    pub fn returned(&self) -> Option<i64> {
        match self {
            Outcome::Written(bytes) => Some(*bytes as i64),
            Outcome::ReadsPast(_) => None,
            _ => Some(-1),
        }
    }

    /// What `SSL_write_ex` returns, which gives the bytes through its last argument; None where it must not be called.
    pub fn returned_ex(&self) -> Option<i64> {
        match self {
            Outcome::Written(_) => Some(1),
            Outcome::ReadsPast(_) => None,
            _ => Some(0),
        }
    }

    /// What `SSL_get_error` says after `SSL_write_ex`: the same but for 0 bytes, which are a success there.
    pub fn ssl_error_ex(&self) -> SslError {
        match self {
            Outcome::Written(_) => SslError::None,
            other => other.ssl_error(),
        }
    }

    /// What `SSL_get_error` says after `SSL_write`, if the error queue was empty before the call.
    ///
    /// For a failed transport this is what a socket gives; one that puts an error of its own into the queue, as a BIO
    /// pair does, gives [`SslError::Ssl`].
    pub fn ssl_error(&self) -> SslError {
        match self {
            // Success as the page counts it, yet SSL_get_error takes every 0 for a failure (observed everywhere).
            Outcome::Written(0) => SslError::Syscall,
            Outcome::Written(_) => SslError::None,
            Outcome::WantWrite => SslError::WantWrite,
            Outcome::Error(_) => SslError::Ssl,
            Outcome::TransportFailed => SslError::Syscall,
            Outcome::Dead(error) => *error,
            Outcome::ReadsPast(_) => SslError::Ssl,
        }
    }
}

/// A record that the transport has not taken whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    /// What the address of a retry is compared with.
    address: usize,
    /// The bytes of the caller's that it was sealed over.
    length: usize,
}

/// What a connection remembers between two calls of `SSL_write`.
#[derive(Clone, Debug)]
pub struct WriteMachine {
    rules: &'static Rules,
    limit: usize,
    split: usize,
    /// The bytes that earlier calls sent without reporting them to the caller.
    sent: usize,
    pending: Option<Pending>,
    /// Where the buffer began when the write in progress had sent nothing ([`Judged::ByBeginning`]).
    beginning: usize,
    alive: bool,
}

impl WriteMachine {
    /// A connection on which nothing was written.
    pub fn new(rules: &'static Rules) -> Self {
        WriteMachine {
            rules,
            limit: MAX_FRAGMENT,
            split: MAX_FRAGMENT,
            sent: 0,
            pending: None,
            beginning: 0,
            alive: true,
        }
    }

    /// Records of at most so many bytes from now on (`SSL_set_max_send_fragment`), between 1 and [`MAX_FRAGMENT`].
    pub fn limit_fragment(&mut self, bytes: usize) {
        self.limit = bytes.clamp(1, MAX_FRAGMENT);
        self.split = self.split.min(self.limit);
    }

    /// Where data are split, from now on (`SSL_set_split_send_fragment`), between 1 and the limit. The versions whose
    /// limit rises split at the limit.
    pub fn split_fragment(&mut self, bytes: usize) {
        self.split = bytes.clamp(1, self.limit);
    }

    fn fragment(&self) -> usize {
        if self.rules.limit_rises { self.limit } else { self.split }
    }

    /// Whether a further call can succeed.
    pub fn is_alive(&self) -> bool {
        self.alive
    }

    /// What `SSL_get_error` says of a call that cannot succeed any more, with an empty error queue.
    pub fn error_when_over(&self) -> SslError {
        self.rules.after_fatal.error
    }

    /// The connection begins anew (`SSL_clear`): what was set on it stays.
    pub fn clear(&mut self) {
        (self.sent, self.pending, self.beginning, self.alive) = (0, None, 0, true);
    }

    /// Notes that an error elsewhere on the connection ended it, such as a record that could not be read.
    pub fn end(&mut self) {
        self.alive = false;
    }

    /// Begins to send something else than data: an alert or a handshake message. While a record is pending that is a
    /// wrong retry, whatever the modes (read in `ssl3_write_pending` of 1.0.2 to 4.0, which compares the types).
    pub fn interrupt(&mut self) -> Option<Outcome> {
        self.pending.is_some().then(|| self.error(Reason::BadWriteRetry))
    }

    /// Whether a record waits for the transport.
    pub fn has_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// The bytes of the record that waits for the transport; 0 where none does.
    pub fn pending_length(&self) -> usize {
        self.pending.map_or(0, |record| record.length)
    }

    /// Whether a `bad length` makes this version forget what [`unreported`](Self::unreported) counts.
    pub fn forgets(&self) -> bool {
        self.rules.bad_length_forgets
    }

    /// The bytes that earlier calls sent without reporting them, as far as this version remembers.
    pub fn unreported(&self) -> usize {
        self.sent
    }

    /// All that decides what comes next, beside the rules and the limits.
    pub(crate) fn memory(&self) -> (usize, Option<Pending>, usize, bool) {
        (self.sent, self.pending, self.beginning, self.alive)
    }

    /// Begins a call of `SSL_write` with the modes in force.
    pub fn write(&mut self, modes: Modes, call: Call) -> Step<'_> {
        if self.rules.refuses_at_once(call.length) {
            return Step::Done(Outcome::Error(Reason::BadLength));
        }
        if !self.alive && !self.rules.after_fatal.judges_length {
            return Step::Done(Outcome::Dead(self.rules.after_fatal.error));
        }
        if call.length < self.least() {
            return Step::Done(self.bad_length());
        }
        // What was sent is noted again when this call, too, stops before its end.
        let sent = std::mem::take(&mut self.sent);
        if !self.alive {
            return Step::Done(Outcome::Dead(self.rules.after_fatal.error));
        }
        Write { machine: self, modes, call, sent, retries: false }.next()
    }

    /// Begins a call of `SSL_write_ex` with the modes in force.
    pub fn write_ex(&mut self, modes: Modes, call: Call) -> Step<'_> {
        if call.length == 0 && self.rules.empty_write_ex_is_skipped {
            return Step::Done(Outcome::Written(0));
        }
        self.write(modes, call)
    }

    /// Whether this call would make the version read beyond the caller's buffer if the transport took every record.
    /// If not, it does not whatever the transport does.
    pub fn may_read_past(&self, modes: Modes, call: Call) -> bool {
        let mut copy = self.clone();
        matches!(copy.write(modes, call).run(|_| Transport::Took), Outcome::ReadsPast(_))
    }

    /// The least length that a call may have.
    fn least(&self) -> i64 {
        match self.rules.least {
            Least::Any | Least::Raised => i64::MIN,
            Least::Sent => self.sent as i64,
            Least::SentAndPending => (self.sent + self.pending_length()) as i64,
        }
    }

    fn bad_length(&mut self) -> Outcome {
        if self.rules.bad_length_forgets {
            self.sent = 0;
        }
        self.error(Reason::BadLength)
    }

    fn error(&mut self, reason: Reason) -> Outcome {
        self.alive &= !self.rules.wrong_retry_is_fatal;
        Outcome::Error(reason)
    }
}

/// What a call wants next.
#[derive(Debug)]
#[must_use = "a call is over only at Step::Done"]
pub enum Step<'m> {
    /// A record for the transport, which answers through [`Write::transport`].
    Offer(Offer, Write<'m>),
    /// The call is over.
    Done(Outcome),
}

impl Step<'_> {
    /// Carries the call to its end over `transport`.
    pub fn run(self, mut transport: impl FnMut(&Offer) -> Transport) -> Outcome {
        let mut step = self;
        loop {
            step = match step {
                Step::Offer(offer, write) => write.transport(transport(&offer)),
                Step::Done(outcome) => return outcome,
            }
        }
    }
}

/// A call that waits for the transport. Dropped without an answer, the record counts as refused.
#[derive(Debug)]
pub struct Write<'m> {
    machine: &'m mut WriteMachine,
    modes: Modes,
    call: Call,
    /// The bytes sent of this write, those of earlier calls included.
    sent: usize,
    /// Whether the record offered was pending when the call began.
    retries: bool,
}

impl<'m> Write<'m> {
    /// What the transport did with the record offered.
    pub fn transport(self, answer: Transport) -> Step<'m> {
        match answer {
            Transport::Took => self.took(),
            Transport::Refused => Step::Done(Outcome::WantWrite),
            Transport::Failed => {
                self.machine.alive &= !self.machine.rules.failed_transport_is_fatal;
                Step::Done(Outcome::TransportFailed)
            }
        }
    }

    fn next(self) -> Step<'m> {
        match self.machine.pending {
            Some(pending) if self.is_wrong_retry(pending) => self.wrong_retry(),
            Some(pending) => self.retry(pending),
            None if self.rest() == 0 => Step::Done(Outcome::Written(self.sent)),
            None => self.new_record(),
        }
    }

    fn retry(mut self, pending: Pending) -> Step<'m> {
        self.retries = true;
        self.offer(Offer::Pending(pending.length))
    }

    /// "The buffer contents must stay the same" (manual page, second mode): no version looks at the contents, all
    /// look at the address, and some at the length.
    fn is_wrong_retry(&self, pending: Pending) -> bool {
        let judged = self.machine.rules.judged;
        let address = match judged {
            Judged::AsNextRecord | Judged::ByRecord => self.next_address(),
            Judged::ByBeginning => self.call.address,
        };
        let moved = address != pending.address && !self.modes.contains(Modes::ACCEPT_MOVING_WRITE_BUFFER);
        let shorter = judged == Judged::AsNextRecord && pending.length > self.next_length();
        moved || shorter
    }

    fn wrong_retry(self) -> Step<'m> {
        if self.machine.rules.judged != Judged::ByBeginning {
            self.machine.sent = self.sent;
        }
        Step::Done(self.machine.error(Reason::BadWriteRetry))
    }

    fn new_record(self) -> Step<'m> {
        let record = self.sent..self.sent + self.next_length();
        if record.end as i64 > self.call.length {
            self.machine.sent = self.sent;
            return Step::Done(Outcome::ReadsPast(record));
        }
        if self.sent == 0 {
            self.machine.beginning = self.call.address;
        }
        let address = match self.machine.rules.judged {
            Judged::AsNextRecord | Judged::ByRecord => self.next_address(),
            Judged::ByBeginning => self.machine.beginning,
        };
        self.machine.pending = Some(Pending { address, length: record.len() });
        self.offer(Offer::New(record))
    }

    fn offer(self, offer: Offer) -> Step<'m> {
        self.machine.sent = self.sent;
        Step::Offer(offer, self)
    }

    fn took(mut self) -> Step<'m> {
        let record = self.machine.pending.take();
        self.sent += record.map_or(0, |record| record.length);
        self.machine.sent = 0;
        let complete = self.rest() == 0;
        // Versions that send a pending record apart go on to the next one before they look at the mode.
        let looks = !self.retries || self.machine.rules.judged == Judged::AsNextRecord;
        if complete || (looks && self.modes.contains(Modes::ENABLE_PARTIAL_WRITE)) {
            return Step::Done(Outcome::Written(self.sent));
        }
        self.retries = false;
        self.next()
    }

    /// Where the next record begins.
    fn next_address(&self) -> usize {
        self.call.address.wrapping_add(self.sent)
    }

    /// The bytes of the next record.
    fn next_length(&self) -> usize {
        self.rest().min(self.machine.fragment() as u64) as usize
    }

    /// The bytes still to be sent. Where more were sent than the call has, the versions that let it pass count in
    /// 32 bits without a sign, and arrive at nearly 4 GiB.
    fn rest(&self) -> u64 {
        match u64::try_from(self.call.length.saturating_sub(self.sent as i64)) {
            Ok(rest) => rest,
            Err(_) if self.machine.rules.least == Least::Raised => 0,
            Err(_) => u64::from((self.call.length as u32).wrapping_sub(self.sent as u32)),
        }
    }
}
