//! The fewest faults that still break the program.
//!
//! A failing run says which faults were made in it, each at its call on its handle. Asked for one by one they come
//! whatever the dice, so that some can be left out: halves, quarters, and so on (delta debugging, Zeller 1999). When one
//! is left out the calls after it may move by one; each candidate is run, so that what remains was seen to fail.

use super::job::Job;
use super::pool;
use super::run::{Bench, Outcome};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// What is left of a failing run.
pub struct Fewest {
    /// The run that fails with the fewest faults.
    pub outcome: Outcome,
    /// How many faults were made in the run that it comes from.
    pub before: usize,
    /// How often it failed when it was run again, and how often it was run.
    pub again: (usize, usize),
}

/// Runs for one search at the most.
const BUDGET: usize = 300;
/// How often the last line is tried.
const AGAIN: usize = 3;
/// As many faults fit into one environment variable.
const ROOM: usize = 2000;

struct Search<'a> {
    bench: &'a Bench,
    workers: usize,
    deadline: Option<Instant>,
    runs: AtomicUsize,
}

/// The fewest faults of this run that still make the program fail.
pub fn shrink(bench: &Bench, failed: &Outcome, workers: usize, deadline: Option<Instant>) -> Fewest {
    let search = Search { bench, workers, deadline, runs: AtomicUsize::new(0) };
    let mut best = failed.clone();
    let mut faults = unique(&failed.made);
    if faults.len() > ROOM {
        faults.drain(..faults.len() - ROOM);
    }
    if let Some(outcome) = search.first_failing(&[Job::exactly(&faults)]) {
        best = outcome;
        if let Some(outcome) = search.reduce(faults) {
            best = outcome;
        }
    }
    let again = (0..AGAIN).filter_map(|_| search.run(&best.job)).collect::<Vec<_>>();
    let failures = again.iter().filter(|outcome| outcome.verdict.is_failure()).count();
    Fewest { outcome: best, before: failed.made.len(), again: (failures, again.len()) }
}

fn unique(made: &[String]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    made.iter().filter(|fault| seen.insert(fault.as_str())).cloned().collect()
}

impl Search<'_> {
    /// A failing run of a part of these faults, of which none can be left out; None where all of them are needed.
    fn reduce(&self, mut faults: Vec<String>) -> Option<Outcome> {
        let mut best = None;
        let mut parts = 2;
        while faults.len() > 1 && !self.is_over() {
            let size = faults.len().div_ceil(parts);
            let chunks: Vec<Vec<String>> = faults.chunks(size).map(<[String]>::to_vec).collect();
            let without = |place: usize| {
                let others = chunks.iter().enumerate().filter(|(other, _)| *other != place);
                others.flat_map(|(_, chunk)| chunk.clone()).collect::<Vec<_>>()
            };
            let mut candidates = chunks.clone();
            if chunks.len() > 2 {
                candidates.extend((0..chunks.len()).map(without));
            }
            let jobs: Vec<_> = candidates.iter().map(|candidate| Job::exactly(candidate)).collect();
            match self.first_failing(&jobs) {
                Some(outcome) => {
                    let place = jobs.iter().position(|job| *job == outcome.job).unwrap_or(0);
                    parts = if place < chunks.len() { 2 } else { parts.max(3) - 1 };
                    faults.clone_from(&candidates[place]);
                    best = Some(outcome);
                }
                None if size == 1 => break,
                None => parts = (parts * 2).min(faults.len()),
            }
        }
        best
    }

    /// The first of these jobs that fails, as many being run at once as there are workers.
    fn first_failing(&self, jobs: &[Job]) -> Option<Outcome> {
        for group in jobs.chunks(self.workers) {
            let outcomes: Vec<_> = std::thread::scope(|scope| {
                let running: Vec<_> = group.iter().map(|job| scope.spawn(|| self.run(job))).collect();
                running.into_iter().map(|running| running.join().ok().flatten()).collect()
            });
            if let Some(outcome) = outcomes.into_iter().flatten().find(|outcome| outcome.verdict.is_failure()) {
                return Some(outcome);
            }
        }
        None
    }

    fn run(&self, job: &Job) -> Option<Outcome> {
        if self.is_over() {
            return None;
        }
        let number = self.runs.fetch_add(1, Ordering::Relaxed) + 1;
        self.bench.run(&format!("shrink-{number:03}"), job).ok()
    }

    fn is_over(&self) -> bool {
        pool::is_stopped()
            || self.runs.load(Ordering::Relaxed) >= BUDGET
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
