//! The write machine of an older version over a newer libssl that takes one record a call.

use crate::mode::Modes;
use crate::write::{Call, Offer, Outcome, Reason, Transport, WriteMachine};
use std::ops::Range;

/// What a libssl made of bytes that were given to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// So many of them went out, at least one.
    Took(usize),
    /// The call is to be made again.
    Refused,
    /// It failed for good.
    Failed,
}

/// What the older version would have done to the program, and is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spared {
    /// Read these bytes, counted from the buffer, of which some are not in it.
    ReadsPast(Range<usize>),
    /// Sent so many bytes a second time.
    SendsTwice(usize),
}

/// A call that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// How it ended for the program.
    pub outcome: Outcome,
    /// What it was spared.
    pub spared: Option<Spared>,
}

/// The write machine, and what the libssl underneath has of a record that is not through.
#[derive(Clone, Debug)]
pub struct Writer {
    machine: WriteMachine,
    /// Of the record that is pending, the bytes that went out: where the libssl makes smaller records.
    done: usize,
    /// The bytes that went out and that the older version does not know of any more.
    forgotten: usize,
}

impl Writer {
    /// Over a connection on which nothing was written.
    pub fn new(machine: WriteMachine) -> Writer {
        Writer { machine, done: 0, forgotten: 0 }
    }

    /// The machine.
    pub fn machine(&self) -> &WriteMachine {
        &self.machine
    }

    /// The machine, to be told of what happens beside writes.
    pub fn machine_mut(&mut self) -> &mut WriteMachine {
        &mut self.machine
    }

    /// The connection begins anew (`SSL_clear`).
    pub fn clear(&mut self) {
        self.machine.clear();
        (self.done, self.forgotten) = (0, 0);
    }

    /// Carries a call out. `give` passes bytes of the caller's buffer to the libssl underneath, which keeps those of
    /// a record that it refused: of a retry it looks at the length alone.
    pub fn write(&mut self, modes: Modes, call: Call, form: Form, mut give: impl FnMut(Range<usize>) -> Given) -> Done {
        let retried_at = self.machine.unreported();
        if self.done > 0 && !self.covers_pending(call, retried_at) {
            let outcome = Outcome::Error(Reason::BadLength);
            let end = retried_at + self.machine.pending_length();
            return Done { outcome, spared: Some(Spared::ReadsPast(retried_at..end)) };
        }
        let (machine, done, forgotten) = (&mut self.machine, &mut self.done, &mut self.forgotten);
        let forgets = machine.forgets();
        let mut twice = 0;
        let step = match form {
            Form::Write => machine.write(modes, call),
            Form::WriteEx => machine.write_ex(modes, call),
        };
        let outcome = step.run(|offer| {
            let record = match offer {
                Offer::Pending(length) => retried_at..retried_at + length,
                Offer::New(record) => {
                    *done = record.len().min(*forgotten);
                    *forgotten -= *done;
                    twice += *done;
                    record.clone()
                }
            };
            pass(record, done, &mut give)
        });
        if forgets && outcome == Outcome::Error(Reason::BadLength) {
            self.forgotten += retried_at;
        }
        // What follows a call that is through is other data.
        if matches!(outcome, Outcome::Written(bytes) if bytes as i64 == call.length) {
            self.forgotten = 0;
        }
        match outcome {
            Outcome::ReadsPast(bytes) => {
                Done { outcome: Outcome::Error(Reason::BadLength), spared: Some(Spared::ReadsPast(bytes)) }
            }
            outcome => Done { outcome, spared: (twice > 0).then_some(Spared::SendsTwice(twice)) },
        }
    }

    fn covers_pending(&self, call: Call, at: usize) -> bool {
        call.length >= (at + self.machine.pending_length()) as i64
    }
}

/// Which function was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `SSL_write`.
    Write,
    /// `SSL_write_ex`.
    WriteEx,
}

/// Gives what is left of a record.
fn pass(record: Range<usize>, done: &mut usize, give: &mut impl FnMut(Range<usize>) -> Given) -> Transport {
    while *done < record.len() {
        match give(record.start + *done..record.end) {
            Given::Took(bytes) => *done += bytes.clamp(1, record.len() - *done),
            Given::Refused => return Transport::Refused,
            Given::Failed => return Transport::Failed,
        }
    }
    *done = 0;
    Transport::Took
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{OPENSSL_1_0_2, OPENSSL_3};
    use crate::write::Rules;
    use proptest::prelude::*;

    /// A libssl underneath: makes records of so many bytes, keeps the one that it could not send, and looks at the
    /// length of a retry alone, as with both modes set.
    struct Underneath {
        fragment: usize,
        pending: Option<(Range<usize>, usize)>,
        wire: Vec<u8>,
    }

    impl Underneath {
        fn give(&mut self, data: &[u8], bytes: Range<usize>, room: &mut usize) -> Given {
            let record = match self.pending.take() {
                Some((record, length)) => {
                    assert_eq!(length, bytes.len(), "a retry of another length is fatal underneath");
                    record
                }
                None => bytes.start..bytes.end.min(bytes.start + self.fragment),
            };
            if *room == 0 {
                self.pending = Some((record, bytes.len()));
                return Given::Refused;
            }
            *room -= 1;
            self.wire.extend(&data[record.clone()]);
            Given::Took(record.len())
        }
    }

    proptest! {
        /// Whatever the program does with one buffer under ACCEPT_MOVING_WRITE_BUFFER, the peer gets its bytes in
        /// their order, each once: until a retry that is too short is through, after which the program is taken to
        /// write other data.
        #[test]
        fn the_stream_is_intact(
            rooms in prop::collection::vec(0..4usize, 1..12), partial: bool, old: bool, short in 0..40_000i64,
        ) {
            let dialect = if old { &OPENSSL_1_0_2 } else { &OPENSSL_3 };
            let data: Vec<u8> = (0..40_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
            let mut writer = Writer::new(WriteMachine::new(Rules::of(dialect)));
            let mut below = Underneath { fragment: 16_384, pending: None, wire: Vec::new() };
            let modes = Modes::ACCEPT_MOVING_WRITE_BUFFER
                | if partial { Modes::ENABLE_PARTIAL_WRITE } else { Modes::empty() };
            let mut reported = 0;
            let mut unanswered = None;
            for (nth, mut room) in rooms.into_iter().enumerate() {
                let whole = (data.len() - reported) as i64;
                // A retry that is too short, now and then.
                let length = if nth % 3 == 2 { short.min(whole) } else { whole };
                let call = Call { address: 0x1000 * nth, length };
                let before = reported;
                let done = writer.write(modes, call, Form::Write, |bytes| {
                    below.give(&data, before + bytes.start..before + bytes.end, &mut room)
                });
                let offered = unanswered.unwrap_or(length).max(length);
                unanswered = Some(offered);
                if let Outcome::Written(bytes) = done.outcome {
                    reported += bytes;
                    if bytes as i64 == length && length < offered {
                        break;
                    }
                    unanswered = None;
                }
            }
            prop_assert_eq!(&below.wire[..], &data[..below.wire.len()]);
            prop_assert!(below.wire.len() >= reported);
        }
    }

    #[test]
    fn what_follows_a_forgotten_write_is_sent() {
        let mut writer = Writer::new(WriteMachine::new(Rules::of(&OPENSSL_1_0_2)));
        let moving = Modes::ACCEPT_MOVING_WRITE_BUFFER;
        let call = |length| Call { address: 0x1000, length };
        let mut answers = [Given::Took(16_384), Given::Refused].into_iter();
        writer.write(moving, call(40_000), Form::Write, |_| answers.next().unwrap());
        writer.write(moving, call(10), Form::Write, |_| unreachable!());
        // The program gives up all but the pending record.
        let done = writer.write(moving, call(16_384), Form::Write, |bytes| Given::Took(bytes.len()));
        assert_eq!(done.outcome, Outcome::Written(16_384));
        let mut sent = 0;
        let done = writer.write(moving, call(5), Form::Write, |bytes| {
            sent += bytes.len();
            Given::Took(bytes.len())
        });
        assert_eq!((done, sent), (Done { outcome: Outcome::Written(5), spared: None }, 5));
    }

    #[test]
    fn what_is_forgotten_is_not_sent_twice() {
        let mut writer = Writer::new(WriteMachine::new(Rules::of(&OPENSSL_1_0_2)));
        let moving = Modes::ACCEPT_MOVING_WRITE_BUFFER;
        let call = |length| Call { address: 0x1000, length };
        let mut given = Vec::new();
        let mut answers = [Given::Took(16_384), Given::Refused].into_iter();
        let mut first = |bytes: Range<usize>| {
            given.push(bytes);
            answers.next().unwrap()
        };
        assert_eq!(writer.write(moving, call(40_000), Form::Write, &mut first).outcome, Outcome::WantWrite);
        let done = writer.write(moving, call(10), Form::Write, |_| unreachable!());
        assert_eq!(done.outcome, Outcome::Error(Reason::BadLength));
        let done = writer.write(moving, call(40_000), Form::Write, |bytes| {
            given.push(bytes.clone());
            Given::Took(bytes.len())
        });
        assert_eq!(done, Done { outcome: Outcome::Written(40_000), spared: Some(Spared::SendsTwice(16_384)) });
        // The pending record, whose bytes the libssl has, and the last one.
        assert_eq!(given, [0..16_384, 16_384..32_768, 0..16_384, 32_768..40_000]);
    }
}
