//! Sequences as one side plays them: an old libssl itself, or a newer one under its profile. Each side is a process of
//! its own and writes what it saw, a line a sequence; where both follow the same rules the lines are the same.

use crate::check::protocols;
use crate::ffi::{Host, Protocol};
use crate::generate::{Abilities, Generator};
use crate::model::{Model, Says, World};
use crate::real::{Real, Running};
use crate::script::{Op, Seen, Sequence};
use sslmode_engine::Dialect;
use sslmode_engine::read::ReadRules;
use sslmode_engine::write::Rules;
use std::fmt;
use std::io::Write as _;

/// A side of the comparison.
pub struct Player<'h> {
    dialect: &'static Dialect,
    rules: &'static Rules,
    reading: &'static ReadRules,
    /// Whether it is the old version itself, which may do what the profile spares the program.
    is_real: bool,
    real: Real<'h>,
    abilities: Abilities,
    arena: Vec<u8>,
}

/// A step and what it gave.
struct Played {
    op: Op,
    seen: Seen,
    /// What `SSL_want` said after a call that it speaks of.
    want: Option<i32>,
    spared: Option<Spared>,
}

/// What the old version does to a program and the profile does not. Such a step is the last of its sequence: from there
/// on the two are meant to differ.
#[derive(Clone, Copy)]
enum Spared {
    /// Reads past the buffer, where the profile answers "bad length".
    ReadsPast,
    /// Sends bytes a second time.
    SendsTwice,
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.op)?;
        match self.spared {
            None => self.seen.fmt(f)?,
            Some(Spared::ReadsPast) => write!(f, "{}, spared a read past the buffer", self.seen)?,
            // How far it comes is meant to differ.
            Some(Spared::SendsTwice) => f.write_str("spared bytes sent twice")?,
        }
        self.want.map_or(Ok(()), |want| write!(f, ", SSL_want {want}"))
    }
}

/// What a side writes of a sequence.
pub struct Line {
    /// The calls.
    pub steps: u64,
    /// Those that the program was spared.
    pub spared: u64,
    /// What they gave.
    pub text: String,
}

impl Line {
    /// From what [`work`] wrote.
    pub fn parse(line: &str) -> Option<Line> {
        let mut parts = line.splitn(3, '\t');
        let mut number = || parts.next()?.parse().ok();
        let (steps, spared) = (number()?, number()?);
        Some(Line { steps, spared, text: parts.next()?.to_owned() })
    }
}

impl<'h> Player<'h> {
    /// A side that is to follow the rules of `dialect`.
    ///
    /// # Errors
    /// When the host cannot make its contexts.
    pub fn new(host: &'h Host, dialect: &'static Dialect, is_real: bool) -> Result<Self, String> {
        let protocols = protocols(dialect);
        let abilities = Abilities {
            fragment_limit: dialect.name != "openssl-0.9.8",
            // It came with TLS 1.3.
            write_ex: protocols.contains(&Protocol::Tls13),
            protocols,
        };
        let rules = Rules::of(dialect);
        let real = Real::new(host, rules, &abilities.protocols)?;
        let reading = ReadRules::of(dialect);
        Ok(Player { dialect, rules, reading, is_real, real, abilities, arena: crate::script::arena() })
    }

    /// The random sequence of this seed: the same on both sides.
    pub fn sequence(&self, seed: u64) -> Sequence {
        let Player { abilities, rules, reading, dialect, arena, .. } = self;
        Generator { abilities, rules, reading, dialect, arena }.sequence(seed)
    }

    /// Plays a sequence to its end, or to the first step that the program is spared.
    ///
    /// # Errors
    /// When the handshake fails.
    pub fn play(&self, sequence: &Sequence) -> Result<Line, String> {
        let mut running = self.real.connect(sequence.setting)?;
        let world = World { addresses: self.real.addresses(), arena: &self.arena, overhead: running.overhead };
        let mut model = Model::new(self.rules, self.reading, self.dialect, world, sequence.setting);
        let mut played = Vec::new();
        for &op in &sequence.ops {
            let step;
            (step, model) = self.step(&mut running, model, op);
            let is_last = step.spared.is_some();
            played.push(step);
            if is_last {
                break;
            }
        }
        let spared = played.last().is_some_and(|step| step.spared.is_some());
        let text = played.iter().map(Played::to_string).collect::<Vec<_>>().join("; ");
        Ok(Line { steps: played.len() as u64, spared: spared.into(), text })
    }

    fn step<'a>(&self, running: &mut Running<'_, '_>, mut model: Model<'a>, op: Op) -> (Played, Model<'a>) {
        let reads_past = matches!(model.step(op), Says::ReadsPast);
        if reads_past && self.is_real {
            // Not to be done: what the profile is to give in its place.
            let mut model = model.of_ours();
            let Says::Gives(seen) = model.step(op) else { unreachable!("our rules never read past the buffer") };
            return (Played { op, seen, want: None, spared: Some(Spared::ReadsPast) }, model);
        }
        // SAFETY: the real version is not asked where it would read past the buffer, and should the engine be wrong
        // there are `ARENA - WRITTEN` more bytes behind it: more than the transport takes before it refuses. The same
        // holds of a profile that is wrong.
        let seen = unsafe { running.step(op) };
        let spared = match () {
            () if reads_past => Some(Spared::ReadsPast),
            () if model.sends_twice() => Some(Spared::SendsTwice),
            () => None,
        };
        let is_call = matches!(op, Op::Write { .. } | Op::WriteEx { .. } | Op::Read(_));
        let want = (is_call && spared.is_none()).then(|| running.want());
        (Played { op, seen, want, spared }, model)
    }
}

/// Plays so many sequences, a line each.
///
/// # Errors
/// When a handshake fails, or a line cannot be written.
pub fn work(player: &Player<'_>, sequences: impl Iterator<Item = Sequence>) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    for sequence in sequences {
        let Line { steps, spared, text } = player.play(&sequence).map_err(|error| format!("{sequence}: {error}"))?;
        writeln!(out, "{steps}\t{spared}\t{text}").and_then(|()| out.flush()).map_err(|error| error.to_string())?;
    }
    Ok(())
}
