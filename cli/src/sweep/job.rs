//! What one run is, and which there are.

use crate::mistake::Mistake;
use crate::run::check_fault;
use sslmode_engine::lawful::Fault;
use sslmode_protocol::Options;
use sslmode_protocol::options::faults::FaultWhen;
use std::fmt;
use std::ops::RangeInclusive;

/// A mix of faults and a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// As the option `faults` takes it; empty for none.
    pub faults: String,
    /// What the dice are thrown with.
    pub seed: u64,
}

impl Job {
    /// No faults at all.
    pub fn baseline() -> Job {
        Job { faults: String::new(), seed: 0 }
    }

    /// Exactly these faults.
    pub fn exactly(made: &[String]) -> Job {
        Job { faults: made.join(","), seed: 0 }
    }

    /// The faults in the library's own form.
    pub fn parsed(&self) -> Vec<FaultWhen> {
        let options = format!("faults={}", self.faults).parse::<Options>();
        options.map(|options| options.faults).unwrap_or_default()
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--faults '{}'", self.faults)?;
        if self.seed == 0 { Ok(()) } else { write!(f, " --seed {}", self.seed) }
    }
}

/// The mixes that are tried where none is given: now and then, and as often as is lawful; each fault alone, and all.
fn usual_mixes() -> Vec<String> {
    let names = [Fault::EVERY].into_iter().chain(Fault::ALL.map(Fault::name));
    names.flat_map(|name| [format!("{name}@0.1"), format!("{name}@1")]).collect()
}

/// Every mix with every seed; the seed changes slowest, so that every mix comes early.
///
/// # Errors
/// A mix or the seeds are no such thing.
pub fn jobs(mixes: &[String], seeds: &str) -> Result<Vec<Job>, Mistake> {
    for mix in mixes {
        let options: Options = format!("faults={mix}").parse().map_err(Mistake::usage)?;
        options.faults.iter().try_for_each(|item| check_fault(&item.fault))?;
    }
    let mixes = if mixes.is_empty() { usual_mixes() } else { mixes.to_vec() };
    let jobs = seeds_of(seeds)?.flat_map(|seed| mixes.iter().map(move |mix| Job { faults: mix.clone(), seed }));
    Ok(jobs.collect())
}

/// `N` is 1 to N.
fn seeds_of(text: &str) -> Result<RangeInclusive<u64>, Mistake> {
    let parsed = match text.split_once('-') {
        Some((first, last)) => (first.parse(), last.parse()),
        None => (Ok(1), text.parse()),
    };
    match parsed {
        (Ok(first), Ok(last)) if first <= last && last - first < 1_000_000 => Ok(first..=last),
        _ => Err(Mistake::usage(format_args!("--seeds: expected a number of seeds, or FIRST-LAST, got \"{text}\""))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mix_with_every_seed() {
        let mixes = ["want_write@1".to_owned(), "all".to_owned()];
        let jobs = jobs(&mixes, "7-8").ok().unwrap();
        let names: Vec<_> = jobs.iter().map(|job| (job.faults.as_str(), job.seed)).collect();
        assert_eq!(names, [("want_write@1", 7), ("all", 7), ("want_write@1", 8), ("all", 8)]);
        assert_eq!(super::jobs(&[], "3").ok().unwrap().len(), 3 * 2 * 6);
    }

    #[test]
    fn mistakes() {
        for seeds in ["", "x", "0", "9-3", "1-", "-5"] {
            assert!(jobs(&[], seeds).is_err(), "{seeds}");
        }
        assert!(jobs(&["want_wirte".to_owned()], "1").err().unwrap().text.contains("did you mean \"want_write\"?"));
        assert!(jobs(&["want_write@2".to_owned()], "1").is_err());
    }
}
