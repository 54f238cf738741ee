//! One connection's calls and outcomes in, findings out: which rule of the documentation did the program break?
//!
//! A caller tells a [`Connection`] of each call before it is made ([`Connection::begin`]) and after it came back
//! ([`Connection::end`]), of each `SSL_get_error` ([`Connection::ask`]), and of what ends or begins the connection anew
//! ([`Connection::give_up`], [`Connection::clear`]). Where the state matters the machine asks, through [`Look`]; it reads no
//! memory, no clock and no handle itself. What a context and a mode call can do wrong is in [`modes`].
//!
//! Of what one mistake leads to only the mistake is told: a connection that failed in a call with a finding is not told of
//! as used after a fatal error.
//!
//! | file | what it knows |
//! |---|---|
//! | `contract/table.rs` | the rules, as a table: trigger, what is silent, source, advice |
//! | `contract/call.rs` | calls, outcomes, what may be asked, findings |
//! | `contract/write.rs` | pending and short writes |
//! | `contract/wants.rs` | WANTs that are given up or repeated without waiting |
//! | `contract/asked.rs` | `SSL_get_error` |
//! | `contract/modes.rs` | mode calls and contexts |
//! | `contract/print.rs` | the fingerprint of a buffer |

mod asked;
mod call;
pub mod modes;
mod print;
mod table;
#[cfg(test)]
mod tests;
mod wants;
mod write;

pub use call::{Answer, Call, Finding, Hello, Kind, Look, Outcome, Question};
pub use print::{Fingerprint, SEEN};
pub use table::{Entry, Rule, Severity, TABLE};

use crate::dialect::Dialect;
use crate::fallback::{self, Role, Verdict};
use crate::lawful::Transport;
use asked::{Last, is_stale};
use wants::Wants;
use write::Writes;

/// A call after which the connection is lost.
#[derive(Clone, Debug)]
struct Fatal {
    call: Call,
    answer: Answer,
    /// Whether it was only the transport's end, without a close_notify.
    is_end: bool,
    /// Whether there is nothing more to say of it.
    told: bool,
}

/// What is remembered of one connection. One thread at a time may use it: see [`concurrent`] for what comes at once.
#[derive(Clone, Debug)]
pub struct Connection {
    dialect: &'static Dialect,
    writes: Writes,
    wants: Wants,
    last: Option<Last>,
    fatal: Option<Fatal>,
    /// Whether the ClientHello was looked at.
    greeted: bool,
    closed: Closed,
    /// Whether the call under way has a finding.
    found: bool,
    /// Whether it is a shutdown that sends nothing.
    quiet: bool,
}

/// What the program's own SSL_shutdown did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closed {
    No,
    /// It sent the close_notify.
    Sent,
    /// And a write after it was told.
    Told,
}

impl Connection {
    /// A connection on which nothing was done.
    pub fn new(dialect: &'static Dialect) -> Connection {
        Connection {
            dialect,
            writes: Writes::default(),
            wants: Wants::default(),
            last: None,
            fatal: None,
            greeted: false,
            closed: Closed::No,
            found: false,
            quiet: false,
        }
    }

    /// A call is about to be made.
    pub fn begin(&mut self, call: &Call, look: &impl Look) -> Option<Finding> {
        self.quiet = call.kind == Kind::Shutdown && look.shuts_down_quietly();
        let finding = self.judge(call, look);
        self.found = finding.is_some();
        finding
    }

    fn judge(&mut self, call: &Call, look: &impl Look) -> Option<Finding> {
        if self.quiet {
            return None;
        }
        if let Some(fatal) = &mut self.fatal {
            return judge_after_fatal(fatal, call, look);
        }
        if call.kind == Kind::Shutdown {
            return self.judge_shutdown(call, look);
        }
        self.judge_hello(call, look)
            .or_else(|| self.judge_after_shutdown(call))
            .or_else(|| if call.kind == Kind::Write { self.writes.begin(call, look) } else { None })
            .or_else(|| self.wants.begin(call, look))
    }

    fn judge_shutdown(&mut self, call: &Call, look: &impl Look) -> Option<Finding> {
        if self.closed != Closed::No {
            return None;
        }
        let excused = self.writes.is_pending() && look.peer_has_closed();
        let abandoned = if excused { None } else { self.writes.shut_down() };
        abandoned.or_else(|| self.wants.give_up(call.function, call.thread, call.at, look))
    }

    fn judge_after_shutdown(&mut self, call: &Call) -> Option<Finding> {
        let writes = matches!(call.function, "SSL_sendfile" | "SSL_write_early_data") || call.kind == Kind::Write;
        if self.closed != Closed::Sent || !writes || call.length <= 0 {
            return None;
        }
        self.closed = Closed::Told;
        Some(Finding::new(
            Rule::WriteAfterShutdown,
            format_args!("{call} after SSL_shutdown had sent the close_notify: expected no more writes"),
        ))
    }

    fn judge_hello(&mut self, call: &Call, look: &impl Look) -> Option<Finding> {
        if std::mem::replace(&mut self.greeted, true) || call.function == "SSL_accept" {
            return None;
        }
        if !fallback::is_sent(self.dialect, Role::Client, look.modes()) {
            return None;
        }
        let hello = look.hello()?;
        let verdict = fallback::judge(true, hello.offered, hello.highest, None);
        (verdict == Verdict::NothingLowered).then(|| {
            let (offered, highest) = (hello.offered.0, hello.highest.0);
            Finding::new(
                Rule::ScsvFirstTry,
                format_args!(
                    "{} under SEND_FALLBACK_SCSV: expected a highest version below {highest:#06x}, got {offered:#06x}",
                    call.function
                ),
            )
        })
    }

    /// A call came back.
    pub fn end(&mut self, call: &Call, outcome: &Outcome, look: &impl Look) {
        let mut outcome = *outcome;
        // SSL_get_error took the old error for the call's: what happened is not known.
        if outcome.answer != Answer::Done && self.dialect.judges_by_queue() && is_stale(&outcome) {
            outcome.answer = Answer::Unclear;
        }
        // What comes after a fatal error is judged as that.
        self.last = self.fatal.is_none().then(|| Last::new(call, &outcome));
        if is_fatal(call, &outcome, look) {
            let (answer, is_end) = (outcome.answer, is_end(&outcome));
            self.fatal.get_or_insert(Fatal { call: *call, answer, is_end, told: self.found });
        }
        match call.kind {
            Kind::Write if call.length != 0 => self.writes.end(call, &outcome, look),
            Kind::Shutdown if outcome.result >= 0 && self.closed == Closed::No && !self.quiet => {
                self.closed = Closed::Sent;
            }
            _ => {}
        }
        self.wants.end(call, &outcome, look);
        self.found = false;
    }

    /// The program asks `SSL_get_error`.
    pub fn ask(&mut self, question: Question) -> Option<Finding> {
        self.wants.ask();
        let dialect = self.dialect;
        self.last.as_mut().and_then(|last| last.ask(dialect, question))
    }

    /// The program frees the handle, or clears it, with this function, on this thread.
    pub fn give_up(&mut self, function: &str, thread: usize, now: u64, look: &impl Look) -> Option<Finding> {
        if self.fatal.is_some() || self.closed != Closed::No {
            return None;
        }
        self.wants.give_up(function, thread, now, look)
    }

    /// The handle was cleared: it begins anew.
    pub fn clear(&mut self) {
        *self = Connection::new(self.dialect);
    }
}

/// Two calls of two threads on one handle at once.
pub fn concurrent(function: &str, other: &str) -> Finding {
    Finding::new(
        Rule::ConcurrentUse,
        format_args!("{function} while another thread is inside {other} on the same SSL: expected one at a time"),
    )
}

fn judge_after_fatal(fatal: &mut Fatal, call: &Call, look: &impl Look) -> Option<Finding> {
    let rule = match call.kind {
        // Whoever reads on finds the end again, and a goodbye that nobody hears harms nobody.
        Kind::Read | Kind::Shutdown if fatal.is_end => return None,
        // Nor does one to a peer who is gone.
        Kind::Shutdown if look.peer_has_closed() => return None,
        Kind::Shutdown => Rule::ShutdownAfterFatal,
        Kind::Read | Kind::Write if call.length <= 0 => return None,
        _ => Rule::UseAfterFatal,
    };
    if std::mem::replace(&mut fatal.told, true) {
        return None;
    }
    let (before, answer) = (fatal.call, fatal.answer.name());
    Some(Finding::new(rule, format_args!("{call} after {before} had failed with {answer}: expected SSL_free")))
}

/// `SSL_R_UNEXPECTED_EOF_WHILE_READING`, of OpenSSL 3.0 and later.
const UNEXPECTED_EOF: u64 = 294;
/// The reason in an error's number there.
const REASON: u64 = 0x7f_ffff;

/// Whether the peer has ended the transport without a close_notify: SSL_get_error(3), BUGS up to 1.1.1, NOTES later.
fn is_end(outcome: &Outcome) -> bool {
    match outcome.answer {
        Answer::Ssl => outcome.queued_after & REASON == UNEXPECTED_EOF,
        Answer::Syscall => outcome.result == 0 && outcome.queued_after == 0,
        _ => false,
    }
}

fn is_fatal(call: &Call, outcome: &Outcome, look: &impl Look) -> bool {
    let moves = matches!(call.kind, Kind::Read | Kind::Write);
    // SSL_get_error takes the 0 of a call of 0 bytes for a failure; and what SSL_shutdown cannot do, others still can.
    if call.kind == Kind::Shutdown || (moves && call.length <= 0) {
        return false;
    }
    match outcome.answer {
        Answer::Ssl => true,
        // A datagram that was not taken is a datagram lost; and what a BIO of the program's own fails with, the program
        // knows, and it may be no more than its end.
        Answer::Syscall => !look.is_dtls() && matches!(look.transport(), Transport::Blocking | Transport::NonBlocking),
        _ => false,
    }
}
