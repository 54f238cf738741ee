//! Random sequences, with a bent for what programs do wrong.

use crate::ffi::Protocol;
use crate::model::{Model, Says, World};
use crate::script::{ARENA, Op, Random, Sequence, Setting, WRITTEN};
use sslmode_engine::read::ReadRules;
use sslmode_engine::write::Rules;
use sslmode_engine::{Dialect, Modes};

/// Lengths at which something changes, and some at which nothing does.
const LENGTHS: [usize; 14] =
    [0, 1, 5, 500, 4_000, 16_000, 16_383, 16_384, 16_385, 17_000, 20_000, 32_768, 40_000, 60_000];
const ROOMS: [usize; 6] = [17_000, 17_000, 17_000, 1_000, 33_000, 60_000];
const LIMITS: [usize; 4] = [16_384, 8_000, 1_024, 512];
/// The first offsets of writes, of further ones, and their greatest length: all end within the data.
const OFFSETS: usize = 40_000;
const FURTHER: usize = 100_000;
const LONGEST: usize = WRITTEN - FURTHER;

/// What a host is capable of.
#[derive(Clone, Debug)]
pub struct Abilities {
    /// Its protocols.
    pub protocols: Vec<Protocol>,
    /// Whether it lets the size of records be limited.
    pub fragment_limit: bool,
    /// Whether it has `SSL_write_ex`.
    pub write_ex: bool,
}

/// Makes sequences for one host.
pub struct Generator<'a> {
    /// What the host is capable of.
    pub abilities: &'a Abilities,
    /// Its rules; what the engine says decides what comes next.
    pub rules: &'static Rules,
    /// The same for reading.
    pub reading: &'static ReadRules,
    /// Its dialect.
    pub dialect: &'static Dialect,
    /// The data.
    pub arena: &'a [u8],
}

/// Keeps out of a sequence what makes old versions lose data or overwrite memory, and has nothing to do with the modes.
struct Law {
    /// The limit in force.
    limit: usize,
    limits: bool,
    key_updates: bool,
    rises: bool,
}

impl Law {
    /// Limits or key updates, not both in one sequence: from 1.1.1 to 3.1 a handshake message makes the write buffer
    /// anew when the limit has changed, and a pending record in it is lost.
    fn new(random: &mut Random, has_limit: bool, rises: bool) -> Law {
        let limits = has_limit && random.one_in(3);
        Law { limit: LIMITS[0], limits, key_updates: !limits, rises }
    }

    /// The step, or a lawful one in its place.
    fn apply(&mut self, op: Op) -> Op {
        match op {
            // Before 3.0 a limit that is raised may be beyond the write buffer that was made under the lower one, with
            // RELEASE_BUFFERS above all: 1.1.1g fails, 1.0.2 writes past it.
            Op::Limit(bytes) if self.limits => {
                self.limit = if self.rises { self.limit.min(bytes) } else { bytes };
                Op::Limit(self.limit)
            }
            Op::Limit(_) => Op::Drain(1_000),
            Op::PeerKeyUpdate if !self.key_updates => Op::PeerWrite(10),
            other => other,
        }
    }
}

/// A write that was made.
#[derive(Clone, Copy)]
struct Last {
    moved: bool,
    offset: usize,
    length: i32,
    value: i64,
}

impl Generator<'_> {
    /// The sequence of this seed.
    pub fn sequence(&self, seed: u64) -> Sequence {
        let mut random = Random(seed);
        let setting = Setting {
            protocol: random.pick(&self.abilities.protocols),
            room: random.pick(&ROOMS),
            read_ahead: random.one_in(3),
        };
        // The addresses and the overhead are others in the run; what they are changes little of what comes next.
        let world = World { addresses: [ARENA, 10 * ARENA], arena: self.arena, overhead: 29 };
        let mut model = Model::new(self.rules, self.reading, self.dialect, world, setting);
        let mut last = Last { moved: false, offset: 0, length: 0, value: 0 };
        let steps = 3 + random.below(22);
        let mut law = Law::new(&mut random, self.abilities.fragment_limit, self.rules.limit_rises);
        let mut ops = self.opening(&mut random);
        ops.iter().for_each(|op| drop(model.step(*op)));
        for _ in 0..steps {
            let mut op = law.apply(self.op(&mut random, &model, last));
            if let (Op::Write { moved, offset, length }, Says::Gives(seen)) = (op, model.step(op)) {
                last = Last { moved, offset, length, value: seen.value };
                // Both functions may take turns on one write.
                if let (Ok(length), true) = (usize::try_from(length), self.abilities.write_ex && random.one_in(8)) {
                    op = Op::WriteEx { moved, offset, length };
                }
            }
            ops.push(op);
        }
        Sequence { setting, ops }
    }

    fn opening(&self, random: &mut Random) -> Vec<Op> {
        let mut ops = Vec::new();
        if random.one_in(2) {
            ops.push(self.mode_op(random));
        }
        ops
    }

    fn op(&self, random: &mut Random, model: &Model<'_>, last: Last) -> Op {
        match random.below(100) {
            0..45 if model.has_pending() => retry(random, last),
            0..45 => fresh(random, last),
            45..50 => fresh(random, last),
            50..55 => retry(random, last),
            55..74 => Op::Drain(random.pick(&[1, 100, 594, 600, 5_000, 16_413, 17_000, 1 << 17])),
            74..86 => self.mode_op(random),
            86..89 => Op::PeerWrite(1 + random.below(300)),
            89..92 => Op::PeerKeyUpdate,
            92..97 => Op::Read(random.pick(&[1, 5, 100, 1_000])),
            97..99 => Op::Limit(random.pick(&LIMITS)),
            99 if random.one_in(3) => Op::Break,
            _ => Op::Drain(1 << 17),
        }
    }

    fn mode_op(&self, random: &mut Random) -> Op {
        const WRITING: [Modes; 3] = [
            Modes::ENABLE_PARTIAL_WRITE,
            Modes::ACCEPT_MOVING_WRITE_BUFFER,
            Modes::ENABLE_PARTIAL_WRITE.union(Modes::ACCEPT_MOVING_WRITE_BUFFER),
        ];
        let mask = match random.below(10) {
            0..7 => self.dialect.encode(random.pick(&WRITING)).unwrap_or(0),
            7 => return self.auto_retry_op(random),
            8 => self.dialect.encode(Modes::RELEASE_BUFFERS).unwrap_or(0x10),
            _ => random.next() as i64 & self.harmless(),
        };
        if random.one_in(3) { Op::Clear(mask) } else { Op::Set(mask) }
    }

    fn auto_retry_op(&self, random: &mut Random) -> Op {
        let mask = self.dialect.encode(Modes::AUTO_RETRY).unwrap_or(0);
        if random.one_in(3) { Op::Set(mask) } else { Op::Clear(mask) }
    }

    /// Bits that change nothing which is not looked at here: no operation is to become asynchronous.
    fn harmless(&self) -> i64 {
        !self.dialect.encode(Modes::ASYNC).unwrap_or(0)
    }
}

fn fresh(random: &mut Random, last: Last) -> Op {
    let length = match random.below(20) {
        0 => -1,
        1 => -(1 + random.below(1 << 20) as i32),
        2..5 => random.below(60_000) as i32,
        _ => random.pick(&LENGTHS) as i32,
    };
    let offset = if random.one_in(2) { random.below(OFFSETS) } else { last.offset };
    Op::Write { moved: random.one_in(4), offset, length }
}

/// A retry of the last write, right or wrong.
fn retry(random: &mut Random, last: Last) -> Op {
    let Last { moved, offset, length, value } = last;
    let whole = length.max(0) as usize;
    let shorter = random.below(whole + 1) as i32;
    let longer = (whole + 1 + random.below(20_000)).min(LONGEST) as i32;
    match random.below(20) {
        // What is left after a partial success, as the page asks for it.
        0..5 if value > 0 => {
            let sent = value as usize;
            Op::Write { moved, offset: (offset + sent).min(FURTHER), length: length - sent as i32 }
        }
        0..7 => Op::Write { moved, offset, length },
        7..10 => Op::Write { moved: !moved, offset, length },
        10 | 11 => Op::Write { moved, offset, length: shorter },
        12 => Op::Write { moved: !moved, offset, length: shorter },
        13 => Op::Write { moved, offset, length: longer },
        14 => Op::Write { moved: !moved, offset, length: longer },
        15 => Op::Write { moved, offset, length: random.pick(&LENGTHS) as i32 },
        // Where the next record, or the pending one, begins.
        16 => Op::Write { moved, offset: (offset + 16_384).min(FURTHER), length: length.saturating_sub(16_384) },
        17 => Op::Write { moved, offset: random.below(OFFSETS), length },
        18 => Op::Write { moved, offset, length: 0 },
        _ => Op::Write { moved, offset, length: -(1 + random.below(50_000) as i32) },
    }
}
