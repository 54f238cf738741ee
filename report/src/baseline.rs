//! A run on the old machine beside a new one: which calls got another outcome.
//!
//! Connections are paired in the order of their birth, and their calls in order. How often a handshake waits is the
//! network's affair: waiting calls of a handshake are left out.

use crate::input::{Input, Next};
use serde::Serialize;
use sslmode_protocol::{Event, Line};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead};

/// So many connections are paired.
const CONNECTIONS: usize = 1000;
/// So many calls of each.
const CALLS: usize = 256;
/// So many kinds of outcomes are counted: a trace that was not written by the library may hold any text.
const KINDS: usize = 1000;

/// A call and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The number of the line.
    pub line: u64,
    /// The function.
    pub function: String,
    /// How many bytes it was to move.
    pub requested: Option<i64>,
    /// What became of it.
    pub outcome: String,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Baseline {
    connections: Vec<Vec<Call>>,
    totals: BTreeMap<(String, String), u64>,
}

/// A connection whose calls had other outcomes.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// Which one, from 1, in the order of birth.
    pub connection: usize,
    /// The first call that differs, in the old run; None where the old run has fewer calls.
    pub old: Option<Call>,
    /// The same of the new run.
    pub new: Option<Call>,
}

/// An outcome that one of the runs had more often.
#[derive(Clone, Debug, Serialize)]
pub struct Total {
    /// The function.
    pub function: String,
    /// The outcome.
    pub outcome: String,
    /// How often in the old run.
    pub old: u64,
    /// How often in the new run.
    pub new: u64,
}

/// What changed.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    /// How many connections were compared.
    pub compared: usize,
    /// How many connections each run had among those that are kept.
    pub connections: [usize; 2],
    /// The first call that differs, of each connection that has one.
    pub pairs: Vec<Pair>,
    /// The outcomes that came more often or less often.
    pub totals: Vec<Total>,
}

/// Takes the lines of a run in.
#[derive(Debug, Default)]
pub struct Recorder {
    run: Baseline,
    places: HashMap<(u32, String), usize>,
}

impl Baseline {
    /// Reads a trace. Lines that are none are passed over: the report of that run says which.
    ///
    /// # Errors
    /// The reader's, or that there is no event in it.
    pub fn read(reader: impl BufRead) -> io::Result<Baseline> {
        let (mut input, mut recorder, mut events, mut first) = (Input::new(reader), Recorder::default(), 0_u64, None);
        loop {
            match input.read()? {
                Next::Line(line) => {
                    events += 1;
                    recorder.line(input.number(), &line);
                }
                Next::Unknown => events += 1,
                Next::Problem(problem) => first = first.or(Some(problem)),
                Next::End => break,
            }
        }
        match (events, first) {
            (0, Some(problem)) => {
                let text = format!("line {}: {}", problem.line, problem.text);
                Err(io::Error::new(io::ErrorKind::InvalidData, text))
            }
            (0, None) => Err(io::Error::new(io::ErrorKind::InvalidData, "expected a trace, got an empty file")),
            _ => Ok(recorder.finish()),
        }
    }

    /// The differences between an old run and this new one.
    pub fn beside(self, new: &Baseline) -> Changed {
        let compared = self.connections.len().min(new.connections.len());
        let pairs = self.connections.iter().zip(&new.connections).enumerate();
        let pairs = pairs.filter_map(|(place, (old, new))| first_difference(place + 1, old, new));
        let mut kinds: Vec<_> = self.totals.keys().chain(new.totals.keys()).cloned().collect();
        kinds.sort();
        kinds.dedup();
        let count = |run: &Baseline, kind| run.totals.get(kind).copied().unwrap_or(0);
        let totals = kinds.iter().map(|kind| Total {
            function: kind.0.clone(),
            outcome: kind.1.clone(),
            old: count(&self, kind),
            new: count(new, kind),
        });
        Changed {
            compared,
            connections: [self.connections.len(), new.connections.len()],
            pairs: pairs.collect(),
            totals: totals.filter(|total| total.old != total.new).collect(),
        }
    }
}

fn first_difference(connection: usize, old: &[Call], new: &[Call]) -> Option<Pair> {
    let is_same = |old: &Call, new: &Call| {
        (&old.function, old.requested, &old.outcome) == (&new.function, new.requested, &new.outcome)
    };
    let same = old.iter().zip(new).take_while(|(old, new)| is_same(old, new)).count();
    let (old, new) = (old.get(same), new.get(same));
    // Where both were cut at the same length nothing is known of what follows.
    (old.is_some() || new.is_some()).then(|| Pair { connection, old: old.cloned(), new: new.cloned() })
}

impl Recorder {
    /// One line more.
    pub fn line(&mut self, number: u64, line: &Line) {
        match &line.event {
            Event::Birth(birth) | Event::Seen(birth) if !birth.function.starts_with("SSL_CTX_") => {
                self.born(line.pid, &birth.handle);
            }
            Event::Io { function, handle, requested, result, bytes, error, inner: false, .. } => {
                let waits = error.as_deref().is_some_and(|error| error.starts_with("SSL_ERROR_WANT"));
                if waits && requested.is_none() {
                    return;
                }
                let outcome = outcome(function, *result, *bytes, error.as_deref());
                let (function, requested) = (function.chars().take(40).collect::<String>(), *requested);
                self.count(&function, &outcome);
                if let Some(&place) = self.places.get(&(line.pid, handle.clone())) {
                    let calls = &mut self.run.connections[place];
                    if calls.len() < CALLS {
                        calls.push(Call { line: number, function, requested, outcome });
                    }
                }
            }
            Event::Death { handle } => {
                self.places.remove(&(line.pid, handle.clone()));
            }
            _ => {}
        }
    }

    fn born(&mut self, pid: u32, handle: &str) {
        if self.run.connections.len() < CONNECTIONS && handle.len() < 40 {
            self.places.insert((pid, handle.to_owned()), self.run.connections.len());
            self.run.connections.push(Vec::new());
        }
    }

    fn count(&mut self, function: &str, outcome: &str) {
        let kind = (function.to_owned(), outcome.to_owned());
        if self.run.totals.len() < KINDS || self.run.totals.contains_key(&kind) {
            *self.run.totals.entry(kind).or_default() += 1;
        }
    }

    /// The run.
    pub fn finish(self) -> Baseline {
        self.run
    }
}

/// How much a read brings is the network's affair: that it brings something is not.
fn outcome(function: &str, result: i64, bytes: Option<u64>, error: Option<&str>) -> String {
    match (error, bytes) {
        (Some(error), _) => error.chars().take(40).collect(),
        (None, Some(bytes)) if function.contains("write") => format!("{bytes} bytes"),
        (None, Some(_)) => "data".to_owned(),
        (None, None) if result > 0 => "success".to_owned(),
        (None, None) => format!("{result}"),
    }
}
