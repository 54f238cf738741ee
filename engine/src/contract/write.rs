//! Writes: what is pending, what is left of a short one, and whether the next call goes on with it.

use super::call::{Answer, Call, Finding, Look, Outcome};
use super::print::{Fingerprint, SEEN};
use super::table::Rule;
use crate::mode::Modes;

/// The bytes of what a short write left that are compared with the next write: so few that every short write can afford it.
const LEFT_SEEN: usize = 256;

/// A write that is to be repeated.
#[derive(Clone, Debug)]
struct Pending {
    call: Call,
    print: Fingerprint,
}

/// A write that sent a part.
#[derive(Clone, Debug)]
struct Short {
    call: Call,
    written: u64,
    /// Of what is left.
    print: Fingerprint,
}

/// What a connection remembers of its writes.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes {
    pending: Option<Pending>,
    short: Option<Short>,
}

impl Writes {
    /// Whether a write waits to be repeated.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// A write is about to be made. What it breaks with is forgotten: one finding for each.
    pub fn begin(&mut self, call: &Call, look: &impl Look) -> Option<Finding> {
        let length = usize::try_from(call.length).ok()?;
        if let Some(pending) = self.pending.take() {
            let finding = judge_retry(&pending, call, length, look);
            if finding.is_none() {
                self.pending = Some(pending);
            }
            return finding;
        }
        if length == 0 {
            return None;
        }
        judge_rest(&self.short.take()?, call, length, look)
    }

    /// A write came back.
    pub fn end(&mut self, call: &Call, outcome: &Outcome, look: &impl Look) {
        let length = usize::try_from(call.length).unwrap_or(0);
        match outcome.answer {
            Answer::Done => {
                self.pending = None;
                self.short = (outcome.bytes > 0 && outcome.bytes < length as u64).then(|| {
                    let (left, at) = (length - outcome.bytes as usize, call.buffer + outcome.bytes as usize);
                    Short { call: *call, written: outcome.bytes, print: look.print(at, left.min(LEFT_SEEN)) }
                });
            }
            // Before the handshake is over nothing of the data was taken: there is nothing to go on with.
            Answer::WantWrite if self.pending.is_some() || (length > 0 && look.handshake_is_over()) => {
                self.pending = Some(Pending { call: *call, print: look.print(call.buffer, length.min(SEEN)) });
            }
            Answer::WantRead | Answer::WantWrite => {}
            _ => *self = Writes::default(),
        }
    }

    /// The connection is to be closed, and nothing excuses it.
    pub fn shut_down(&mut self) -> Option<Finding> {
        let pending = self.pending.take()?;
        Some(Finding::new(
            Rule::AbandonedWrite,
            format_args!(
                "SSL_shutdown while {} waits to be repeated after SSL_ERROR_WANT_WRITE: expected that write again first",
                pending.call
            ),
        ))
    }
}

fn judge_retry(pending: &Pending, call: &Call, length: usize, look: &impl Look) -> Option<Finding> {
    let expected = usize::try_from(pending.call.length).unwrap_or(0);
    let print = look.print(call.buffer, length.min(expected).min(SEEN));
    let (moved, shorter) = (call.buffer != pending.call.buffer, length < expected);
    let agrees = print.agrees(&pending.print);
    let is_same_call = !moved && length == expected;
    let first = format_args!("after {} wanted to be repeated (SSL_ERROR_WANT_WRITE)", pending.call).to_string();
    if !agrees && !is_same_call && !print.begins_as(&pending.print) {
        let text = format_args!("{call} {first}: other data, while that write is pending").to_string();
        return Some(Finding { rule: Rule::AbandonedWrite, text });
    }
    if shorter {
        let least = format!("expected at least {expected} bytes");
        return Some(Finding::new(Rule::ShorterRetry, format_args!("{call} {first}: {least}")));
    }
    if !agrees {
        let text = format!("{call} {first}: expected the same contents in the first {expected} bytes, got others");
        return Some(Finding { rule: Rule::ChangedRetry, text });
    }
    if moved && !look.modes().contains(Modes::ACCEPT_MOVING_WRITE_BUFFER) {
        let text = format!("{call} {first}: expected the same address, ACCEPT_MOVING_WRITE_BUFFER not being in force");
        return Some(Finding { rule: Rule::MovedWriteBuffer, text });
    }
    None
}

fn judge_rest(short: &Short, call: &Call, length: usize, look: &impl Look) -> Option<Finding> {
    let next = short.call.buffer + short.written as usize;
    if call.buffer == next {
        return None;
    }
    let print = look.print(call.buffer, length.min(LEFT_SEEN));
    if print.agrees(&short.print) {
        return None;
    }
    let end = short.call.buffer + usize::try_from(short.call.length).unwrap_or(0);
    let how = match call.buffer {
        at if at == short.call.buffer => "which begins again",
        at if at == end => "which leaves them out",
        _ => "other data",
    };
    let left = end - next;
    Some(Finding::new(
        Rule::IgnoredShortWrite,
        format_args!(
            "{} returned {}: expected the {left} bytes left, at {next:#x} or elsewhere, got {call}, {how}",
            short.call, short.written
        ),
    ))
}
