//! Whether the calls of a program get another answer: the write machines of both versions, side by side.
//!
//! A trace tells what the program called and what it got, not how many records the transport took of a call that was
//! refused in the end. So the follower keeps each number that is possible, drops those that later answers rule out (by
//! the machine of the version that the trace is of), and compares the two machines under every one that is left.

use super::words;
use crate::mode::Modes;
use crate::write::{Call, MAX_FRAGMENT, Outcome, Rules, Step, Transport, WriteMachine};

/// What a call was, beside the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Nothing was pending.
    None,
    /// The same call again, or one that ACCEPT_MOVING_WRITE_BUFFER makes the same.
    Right,
    /// From another address, without ACCEPT_MOVING_WRITE_BUFFER.
    Moved,
    /// With less.
    Shorter,
    /// With more.
    Longer,
    /// With a negative length.
    Negative,
    /// `SSL_write_ex` of 0 bytes.
    EmptyEx,
}

/// What the program got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// So many bytes were written.
    Written(u64),
    /// SSL_ERROR_WANT_WRITE.
    WantWrite,
    /// SSL_ERROR_SSL, or SSL_ERROR_SYSCALL of a connection that an error had ended.
    Failed,
    /// Anything that says nothing about what is pending, such as SSL_ERROR_WANT_READ.
    Other,
}

/// Whether the answers of the two versions differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They do not.
    Same,
    /// They do.
    Relies,
    /// They do or not: that depends on how many records went out before, which the calls do not tell.
    Perhaps,
    /// An answer before was another: what the program would have done then is not known.
    NotFollowed,
}

/// A call, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// What the call was.
    pub kind: Kind,
    /// Whether the answers differ.
    pub verdict: Verdict,
    /// The old and the new answer in words, where they do.
    pub answers: Option<[String; 2]>,
    /// The call before it that this one retries.
    pub retried: Option<Call>,
}

/// A number of records that may have gone out, and what the machines make of it.
#[derive(Clone, Debug)]
struct Possible {
    observed: WriteMachine,
    from: WriteMachine,
    to: WriteMachine,
}

/// So many possibilities are kept at the most: the first and the last.
const MOST: usize = 66;

/// Calls of more bytes are not followed: the possibilities would be too many. Nor is what comes after one, until a write
/// is complete.
pub const LARGEST: i64 = 1 << 20;

/// Follows the writes of one connection.
#[derive(Clone, Debug)]
pub struct Follower {
    rules: [&'static Rules; 3],
    possible: Vec<Possible>,
    retried: Option<Call>,
    differed: bool,
}

impl Follower {
    /// A connection of `observed`, the version that the calls were seen on, judged between `from` and `to`.
    pub fn new(observed: &'static Rules, from: &'static Rules, to: &'static Rules) -> Follower {
        let rules = [observed, from, to];
        Follower { rules, possible: vec![Possible::new(rules)], retried: None, differed: false }
    }

    /// A call of `SSL_write`, or with `ex` of `SSL_write_ex`, with the modes in force, and what it got.
    pub fn call(&mut self, modes: Modes, ex: bool, call: Call, seen: Seen) -> Side {
        let (kind, retried) = (self.kind(modes, ex, call), self.retried);
        let mut side = Side { kind, verdict: Verdict::NotFollowed, answers: None, retried };
        if call.length > LARGEST {
            self.differed = true;
        } else if seen != Seen::Other {
            self.step(modes, ex, call, seen, &mut side);
        }
        match seen {
            Seen::WantWrite => self.retried = Some(call),
            Seen::Written(bytes) if bytes > 0 || call.length == 0 && self.nothing_pending() => self.over(),
            _ => {}
        }
        side
    }

    fn nothing_pending(&self) -> bool {
        self.possible.iter().all(|possible| !possible.observed.has_pending())
    }

    /// A write is complete: the next one begins anew, whatever became of the comparison.
    fn over(&mut self) {
        self.retried = None;
        self.possible = vec![Possible::new(self.rules)];
        self.differed = false;
    }

    fn kind(&self, modes: Modes, ex: bool, call: Call) -> Kind {
        let Some(before) = self.retried else {
            return if call.length < 0 { Kind::Negative } else { Kind::None };
        };
        let moved = call.address != before.address && !modes.contains(Modes::ACCEPT_MOVING_WRITE_BUFFER);
        match () {
            () if call.length < 0 => Kind::Negative,
            () if ex && call.length == 0 => Kind::EmptyEx,
            () if moved => Kind::Moved,
            () if call.length < before.length => Kind::Shorter,
            () if call.length > before.length => Kind::Longer,
            () => Kind::Right,
        }
    }

    fn step(&mut self, modes: Modes, ex: bool, call: Call, seen: Seen, side: &mut Side) {
        let begin = |machine: &mut WriteMachine, transport: &mut dyn FnMut() -> Transport| {
            let step: Step<'_> = if ex { machine.write_ex(modes, call) } else { machine.write(modes, call) };
            step.run(|_| transport())
        };
        let (mut left, mut same, mut other) = (Vec::new(), 0, 0);
        for possible in &self.possible {
            for taken in numbers_taken(call, seen) {
                let mut next = possible.clone();
                let observed = begin(&mut next.observed, &mut transport(taken));
                if !agrees(&observed, seen, call) {
                    continue;
                }
                let [from, to] = [&mut next.from, &mut next.to].map(|machine| begin(machine, &mut transport(taken)));
                let lives = [next.from.is_alive(), next.to.is_alive()];
                if from == to && lives[0] == lives[1] {
                    same += 1;
                } else {
                    other += 1;
                    side.answers.get_or_insert_with(|| {
                        [(&from, lives[0]), (&to, lives[1])].map(|(outcome, lives)| told(outcome, lives))
                    });
                }
                if left.iter().all(|known: &Possible| known.memory() != next.memory()) {
                    left.push(next);
                }
            }
        }
        if left.len() > MOST {
            left.drain(MOST / 2..left.len() - MOST / 2);
        }
        if !left.is_empty() {
            self.possible = left;
        }
        if self.differed {
            side.answers = None;
            return;
        }
        side.verdict = match (same, other) {
            // No machine of this version answers so: something that a trace does not tell has happened.
            (0, 0) => Verdict::NotFollowed,
            (_, 0) => Verdict::Same,
            (0, _) => Verdict::Relies,
            _ => Verdict::Perhaps,
        };
        self.differed = !matches!(side.verdict, Verdict::Same);
    }
}

impl Possible {
    fn new(rules: [&'static Rules; 3]) -> Possible {
        let [observed, from, to] = rules.map(WriteMachine::new);
        Possible { observed, from, to }
    }

    fn memory(&self) -> impl Eq + use<> {
        (self.observed.memory(), self.from.memory(), self.to.memory())
    }
}

/// How many records the transport may have taken of this call, the pending one among them; None is all of them.
fn numbers_taken(call: Call, seen: Seen) -> Vec<Option<usize>> {
    if seen != Seen::WantWrite {
        return vec![None];
    }
    let records = usize::try_from(call.length).unwrap_or(0).div_ceil(MAX_FRAGMENT) + 1;
    (0..records).map(Some).collect()
}

fn transport(taken: Option<usize>) -> impl FnMut() -> Transport {
    let mut taken = taken;
    move || match &mut taken {
        None => Transport::Took,
        Some(0) => Transport::Refused,
        Some(left) => {
            *left -= 1;
            Transport::Took
        }
    }
}

/// Whether the version that the calls were seen on answers so.
fn agrees(outcome: &Outcome, seen: Seen, call: Call) -> bool {
    match (outcome, seen) {
        (Outcome::Written(bytes), Seen::Written(seen)) => *bytes as u64 == seen,
        // It has read past the buffer, and the caller knows no better than that all of it was written.
        (Outcome::ReadsPast(_), Seen::Written(seen)) => u64::try_from(call.length).is_ok_and(|length| length <= seen),
        (Outcome::WantWrite, Seen::WantWrite) => true,
        (Outcome::Error(_) | Outcome::Dead(_), Seen::Failed) => true,
        _ => false,
    }
}

fn told(outcome: &Outcome, lives: bool) -> String {
    let words = words::outcome_words(outcome);
    match outcome {
        Outcome::Error(_) if lives => format!("{words}, and the connection lives"),
        Outcome::Error(_) => format!("{words}, and the connection is dead"),
        Outcome::ReadsPast(_) => format!("{words}, reading past the buffer"),
        _ => words,
    }
}
