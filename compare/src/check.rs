//! One host held against its rules.

use crate::ffi::{Host, Protocol};
use crate::generate::{Abilities, Generator};
use crate::model::{Model, Says, World};
use crate::real::Real;
use crate::script::{Op, Seen, Sequence};
use sslmode_engine::Dialect;
use sslmode_engine::read::{Handling, ReadRules};
use sslmode_engine::write::Rules;

/// A step that was done, or was not because the host would have read past the buffer.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was asked for.
    pub op: Op,
    /// What the engine says.
    pub says: Says,
    /// What the host gave; None where it was not asked.
    pub gave: Option<Seen>,
}

impl Step {
    /// Whether engine and host say the same, or nothing.
    pub fn agrees(&self) -> bool {
        match (&self.says, &self.gave) {
            (Says::Gives(said), Some(gave)) => said == gave,
            (Says::ReadsPast, None) => true,
            _ => false,
        }
    }
}

/// A host and the rules that it is held against.
pub struct Subject<'h> {
    /// The rules.
    pub rules: &'static Rules,
    /// The rules for reading, always those of the host's version.
    pub reading: &'static ReadRules,
    /// The dialect, for its masks.
    pub dialect: &'static Dialect,
    is_ours: bool,
    real: Real<'h>,
    abilities: Abilities,
    arena: Vec<u8>,
}

impl<'h> Subject<'h> {
    /// The host against the rules of its version, or against others.
    ///
    /// # Errors
    /// When the version is unknown, or the host cannot make its contexts.
    pub fn new(host: &'h Host, other_rules: Option<&'static Rules>) -> Result<Self, String> {
        let dialect = host.dialect()?;
        let own = Rules::of(dialect);
        let reading = ReadRules::of(dialect);
        let abilities = Abilities {
            protocols: if host.is_ours() { vec![Protocol::Tls12, Protocol::Tls13] } else { protocols(dialect) },
            fragment_limit: host.has_fragment_limit(),
            write_ex: host.has_write_ex(),
        };
        // The numbers of the reasons are the host's own in any case.
        let real = Real::new(host, own, &abilities.protocols)?;
        Ok(Subject {
            rules: other_rules.unwrap_or(own),
            reading,
            dialect,
            is_ours: host.is_ours(),
            real,
            abilities,
            arena: crate::script::arena(),
        })
    }

    /// The random sequence of this seed.
    pub fn sequence(&self, seed: u64) -> Sequence {
        let Subject { abilities, rules, reading, dialect, arena, .. } = self;
        Generator { abilities, rules, reading, dialect, arena }.sequence(seed)
    }

    /// Runs a sequence up to the first disagreement.
    ///
    /// # Errors
    /// When the handshake fails.
    pub fn check(&self, sequence: &Sequence) -> Result<Vec<Step>, String> {
        let mut running = self.real.connect(sequence.setting)?;
        let world = World { addresses: self.real.addresses(), arena: &self.arena, overhead: running.overhead };
        let mut model = Model::new(self.rules, self.reading, self.dialect, world, sequence.setting);
        if self.is_ours {
            model = model.of_ours();
        }
        let mut steps = Vec::new();
        for &op in &sequence.ops {
            let says = model.step(op);
            let gave = match says {
                // SAFETY: the engine says that no byte beyond the caller's buffer is read, and should it be wrong there
                // are `ARENA - WRITTEN` more bytes behind it: more than the transport takes before it refuses.
                Says::Gives(_) => Some(unsafe { running.step(op) }),
                Says::ReadsPast => None,
            };
            steps.push(Step { op, says, gave });
            if !steps.last().is_some_and(Step::agrees) {
                break;
            }
        }
        Ok(steps)
    }

    /// Whether host and engine disagree on a sequence; a handshake that fails is no disagreement.
    pub fn differs(&self, sequence: &Sequence) -> bool {
        self.check(sequence).is_ok_and(|steps| steps.last().is_some_and(|step| !step.agrees()))
    }
}

/// The protocols of a version, newest last.
pub fn protocols(dialect: &Dialect) -> Vec<Protocol> {
    match dialect.name {
        "openssl-0.9.8" => vec![Protocol::Tls10],
        _ if ReadRules::of(dialect).key_update.value == Handling::Unknown => vec![Protocol::Tls12],
        _ => vec![Protocol::Tls12, Protocol::Tls13],
    }
}
