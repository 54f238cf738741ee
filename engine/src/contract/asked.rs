//! `SSL_get_error`: whether the program asks it about the call that came last, on its thread, with a queue that is the call's.

use super::call::{Answer, Call, Finding, Outcome, Question};
use super::table::Rule;
use crate::dialect::Dialect;

/// The last call on a handle.
#[derive(Clone, Debug)]
pub(super) struct Last {
    call: Call,
    outcome: Outcome,
    asked: bool,
}

impl Last {
    pub fn new(call: &Call, outcome: &Outcome) -> Last {
        Last { call: *call, outcome: *outcome, asked: false }
    }

    /// The program asks.
    pub fn ask(&mut self, dialect: &Dialect, question: Question) -> Option<Finding> {
        let Question { result, thread, queued, waits } = question;
        let first = !std::mem::replace(&mut self.asked, true);
        if !first {
            return None;
        }
        // Whatever is positive is a success to SSL_get_error, which looks no further.
        if (result > 0) != (self.outcome.result > 0) {
            // A call that was not seen came after it: through an SSL BIO, say.
            if waits && result <= 0 {
                return None;
            }
            return Some(self.mismatch(format_args!(
                "asked about a result of {result}: expected one of {}, the last call on the handle, which returned {}",
                self.call, self.outcome.result
            )));
        }
        if result > 0 {
            return None;
        }
        if self.outcome.answer == Answer::Done || !dialect.judges_by_queue() {
            return None;
        }
        if self.call.thread != thread {
            let call = self.call;
            return Some(self.mismatch(format_args!("asked about {call} on another thread than the call was made on")));
        }
        if is_stale(&self.outcome) {
            return Some(Finding::new(
                Rule::StaleErrorQueue,
                format_args!(
                    "asked about {}, which returned {}: expected an empty error queue before the call, found {:#x} in it \
                     then and now",
                    self.call, self.outcome.result, self.outcome.queued_before
                ),
            ));
        }
        if self.outcome.queued_after != 0 && queued == 0 {
            let found = self.outcome.queued_after;
            return Some(self.mismatch(format_args!(
                "asked about {}: expected the error {found:#x} that the call left in the queue, which was emptied since",
                self.call
            )));
        }
        None
    }

    fn mismatch(&self, text: std::fmt::Arguments<'_>) -> Finding {
        Finding::new(Rule::GetErrorMismatch, text)
    }
}

/// Whether an error from before the call is in the queue still, so that `SSL_get_error` takes it for the call's.
pub(super) fn is_stale(outcome: &Outcome) -> bool {
    outcome.queued_before != 0 && outcome.queued_before == outcome.queued_after
}
