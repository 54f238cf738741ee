//! A sequence on the engine: its rules, over a pipe that works as a BIO pair does.

use crate::ffi::Protocol;
use crate::script::{Op, Reason, Seen, Setting};
use sslmode_engine::read::{Next, ReadRules, Record};
use sslmode_engine::write::{
    Call, Offer, Outcome, Reason as EngineReason, Rules, SslError, Step, Transport, WriteMachine,
};
use sslmode_engine::{Dialect, ModeCell, Modes};
use std::collections::VecDeque;

/// What the engine says of a step.
#[derive(Clone, Debug)]
pub enum Says {
    /// It gives this.
    Gives(Seen),
    /// The version would read beyond the caller's buffer: it must not be done.
    ReadsPast,
}

/// `SSL_write` or `SSL_write_ex`.
type Function = for<'m> fn(&'m mut WriteMachine, Modes, Call) -> Step<'m>;

/// A pipe with room for some bytes, and what is on its way in it.
#[derive(Clone)]
struct Pipe {
    room: usize,
    broken: bool,
    /// Bytes that went in, and came out, since the beginning.
    entered: usize,
    left: usize,
    /// The records, by the byte after their last, with their data.
    records: VecDeque<(usize, Vec<u8>)>,
    /// The byte after the last of the newest record, in the pipe yet or not.
    end: usize,
}

impl Pipe {
    /// Offers what has not yet entered of the records so far.
    fn offer(&mut self) -> Transport {
        if self.broken {
            return Transport::Failed;
        }
        self.entered = self.end.min(self.left + self.room);
        if self.entered == self.end { Transport::Took } else { Transport::Refused }
    }

    fn drain(&mut self, bytes: usize) -> Vec<u8> {
        self.left = self.entered.min(self.left.saturating_add(bytes));
        let mut data = Vec::new();
        while let Some((end, record)) = self.records.front()
            && *end <= self.left
        {
            data.extend_from_slice(record);
            self.records.pop_front();
        }
        data
    }
}

/// A record on its way to the writing end.
enum Incoming {
    KeyUpdate,
    Data(Vec<u8>),
}

/// What the reading side of the writing end holds.
#[derive(Default)]
struct Inbox {
    /// Records come whole, so they are on the wire or in the read buffer.
    records: VecDeque<Incoming>,
    /// How many of them are in the read buffer.
    buffered: usize,
    read_ahead: bool,
    key_update_queued: bool,
}

/// The engine's side of a connection.
pub struct Model<'a> {
    dialect: &'static Dialect,
    addresses: [usize; 2],
    arena: &'a [u8],
    overhead: usize,
    modes: ModeCell,
    machine: WriteMachine,
    pipe: Pipe,
    inbox: Inbox,
    tls13: bool,
    reading: &'static ReadRules,
    after_fatal: SslError,
    is_ours: bool,
    /// Whether bytes went out that the version does not know of any more.
    has_forgotten: bool,
    sends_twice: bool,
}

/// What the engine has to know of the run that it predicts.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// Where the two copies of the data are.
    pub addresses: [usize; 2],
    /// The data.
    pub arena: &'a [u8],
    /// The bytes that a record has on the wire beside its data.
    pub overhead: usize,
}

impl<'a> Model<'a> {
    /// A connection just made, with the mask that the host gave it.
    pub fn new(
        rules: &'static Rules,
        reading: &'static ReadRules,
        dialect: &'static Dialect,
        world: World<'a>,
        setting: Setting,
    ) -> Self {
        Model {
            dialect,
            addresses: world.addresses,
            arena: world.arena,
            overhead: world.overhead,
            modes: ModeCell::new(dialect.width.value, dialect.default_mask()),
            machine: WriteMachine::new(rules),
            pipe: Pipe { room: setting.room, broken: false, entered: 0, left: 0, records: VecDeque::new(), end: 0 },
            inbox: Inbox { read_ahead: setting.read_ahead, ..Inbox::default() },
            tls13: setting.protocol == Protocol::Tls13,
            reading,
            after_fatal: rules.after_fatal.error,
            is_ours: false,
            has_forgotten: false,
            sends_twice: false,
        }
    }

    /// The same on our own libssl. Where the version would read past the buffer it answers "bad length" and the stream
    /// is as it was; records that the version never met are not seen.
    pub fn of_ours(mut self) -> Self {
        self.is_ours = true;
        self
    }

    /// Whether a record waits for the transport.
    pub fn has_pending(&self) -> bool {
        self.machine.has_pending()
    }

    /// Whether the last step sent bytes which had gone out already.
    pub fn sends_twice(&self) -> bool {
        self.sends_twice
    }

    /// What a step gives. The model stays as it was when the step must not be done.
    pub fn step(&mut self, op: Op) -> Says {
        self.sends_twice = false;
        let seen = match op {
            Op::Set(mask) => seen(self.modes.set(mask)),
            Op::Clear(mask) => seen(self.modes.clear(mask)),
            Op::Write { moved, offset, length } => {
                match self.write(WriteMachine::write, moved, offset, length.into()) {
                    Outcome::ReadsPast(_) if self.is_ours => of_write(&Outcome::Error(EngineReason::BadLength)),
                    Outcome::ReadsPast(_) => return Says::ReadsPast,
                    outcome => of_write(&outcome),
                }
            }
            Op::WriteEx { moved, offset, length } => {
                match self.write(WriteMachine::write_ex, moved, offset, length as i64) {
                    Outcome::ReadsPast(_) if self.is_ours => of_write_ex(&Outcome::Error(EngineReason::BadLength)),
                    Outcome::ReadsPast(_) => return Says::ReadsPast,
                    outcome => of_write_ex(&outcome),
                }
            }
            Op::Limit(bytes) => {
                self.machine.limit_fragment(bytes);
                seen(0)
            }
            Op::Drain(bytes) => {
                let data = self.pipe.drain(bytes);
                Seen { data: data.clone(), ..seen(data.len() as i64) }
            }
            Op::Break => {
                self.pipe.broken = true;
                seen(0)
            }
            Op::PeerWrite(bytes) => self.peer_write(bytes),
            Op::PeerKeyUpdate => {
                self.inbox.key_update_queued |= self.tls13;
                seen(0)
            }
            Op::Read(bytes) => self.read(bytes),
        };
        Says::Gives(Seen { wire: self.pipe.entered - self.pipe.left, ..seen })
    }

    fn modes(&self) -> Modes {
        self.dialect.decode(self.modes.get()).modes
    }

    fn write(&mut self, function: Function, moved: bool, offset: usize, length: i64) -> Outcome {
        let (modes, data) = (self.modes(), &self.arena[offset..]);
        let call = Call { address: self.addresses[usize::from(moved)] + offset, length };
        let (mut machine, mut pipe) = (self.machine.clone(), self.pipe.clone());
        let (forgets, unreported) = (machine.forgets(), machine.unreported());
        let mut makes_records = false;
        let outcome = function(&mut machine, modes, call).run(|offer| {
            if let Offer::New(range) = offer {
                makes_records = true;
                pipe.end += range.len() + self.overhead;
                pipe.records.push_back((pipe.end, data[range.clone()].to_vec()));
            }
            pipe.offer()
        });
        if self.is_ours || !matches!(outcome, Outcome::ReadsPast(_)) {
            (self.machine, self.pipe) = (machine, pipe);
            self.sends_twice = self.has_forgotten && makes_records;
            self.has_forgotten &= !matches!(outcome, Outcome::Written(bytes) if bytes as i64 == length);
            self.has_forgotten |= forgets && unreported > 0 && outcome == Outcome::Error(EngineReason::BadLength);
        }
        outcome
    }

    fn peer_write(&mut self, bytes: usize) -> Seen {
        if std::mem::take(&mut self.inbox.key_update_queued) {
            self.inbox.records.push_back(Incoming::KeyUpdate);
        }
        self.inbox.records.push_back(Incoming::Data(self.arena[..bytes].to_vec()));
        seen(bytes as i64)
    }

    fn read(&mut self, bytes: usize) -> Seen {
        if !self.machine.is_alive() {
            return Seen { ssl_error: self.after_fatal as i32, ..seen(-1) };
        }
        let (modes, rules) = (self.modes(), self.reading);
        while let Some(record) = self.inbox.next() {
            match record {
                Incoming::Data(mut data) => {
                    let rest = data.split_off(bytes.min(data.len()));
                    if !rest.is_empty() {
                        self.inbox.records.push_front(Incoming::Data(rest));
                        self.inbox.buffered += 1;
                    }
                    return Seen { data: data.clone(), ..seen(data.len() as i64) };
                }
                Incoming::KeyUpdate => match rules.after(Record::KeyUpdate, modes, self.inbox.buffered > 0) {
                    Next::ReadsOn => {}
                    Next::Fails if self.is_ours => {}
                    _ => break,
                },
            }
        }
        Seen { ssl_error: SslError::WantRead as i32, ..seen(-1) }
    }
}

impl Inbox {
    /// Takes the next record; where the read buffer is empty, what the wire holds goes there: all of it under
    /// read-ahead, else one record.
    fn next(&mut self) -> Option<Incoming> {
        if self.buffered == 0 {
            self.buffered = if self.read_ahead { self.records.len() } else { self.records.len().min(1) };
        }
        let record = self.records.pop_front()?;
        self.buffered -= 1;
        Some(record)
    }
}

fn seen(value: i64) -> Seen {
    Seen { value, ssl_error: 0, reason: None, data: Vec::new(), wire: 0 }
}

fn of_write(outcome: &Outcome) -> Seen {
    of_outcome(outcome, outcome.returned().unwrap_or(-1), outcome.ssl_error())
}

fn of_write_ex(outcome: &Outcome) -> Seen {
    let written = if let Outcome::Written(bytes) = outcome { *bytes as i64 } else { -1 };
    of_outcome(outcome, written, outcome.ssl_error_ex())
}

fn of_outcome(outcome: &Outcome, value: i64, ssl_error: SslError) -> Seen {
    let (ssl_error, reason) = match outcome {
        Outcome::Error(reason) => (ssl_error, Some(Reason::Known(*reason))),
        // A BIO pair puts an error of its own into the queue.
        Outcome::TransportFailed => (SslError::Ssl, Some(Reason::Transport)),
        _ => (ssl_error, None),
    };
    Seen { ssl_error: ssl_error as i32, reason, ..seen(value) }
}
