//! `sslmode sweep`: many seeds and mixes of faults side by side, until one breaks the program.
//!
//! | file | what it does |
//! |---|---|
//! | `job.rs` | what one run is: a mix of faults and a seed; which runs there are |
//! | `run.rs` | one run: started, watched, ended, its output kept |
//! | `pool.rs` | many of them side by side |
//! | `shrink.rs` | the fewest faults that still break it |
//! | `report.rs` | for people |
//! | `junit.rs` | for machines |

mod job;
mod junit;
mod pool;
mod report;
mod run;
mod shrink;

use crate::args::Sweep;
use crate::mistake::Mistake;
use crate::{library, run as command};
use job::Job;
use run::{Bench, Outcome, Verdict};
use sslmode_protocol::Options;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// # Errors
/// The command line holds a mistake, or the program fails without faults.
pub fn sweep(sweep: &Sweep) -> Result<ExitCode, Mistake> {
    let bench = bench(sweep)?;
    let start = Instant::now();
    let deadline = sweep.limit.map(|limit| start + Duration::from_secs(limit));
    let mut jobs = job::jobs(&sweep.faults, &sweep.seeds)?;
    jobs.truncate(sweep.runs.unwrap_or(usize::MAX));
    pool::stop_at_signals();
    let bench = with_baseline(bench, sweep)?;
    let workers = side_by_side(&bench, workers(sweep).min(jobs.len()))?;
    let outcomes = pool::run_all(&bench, &jobs, workers, deadline, !sweep.keep_going);
    let failed = outcomes.iter().find(|outcome| outcome.verdict.is_failure());
    let fewest = match failed {
        Some(failed) if !sweep.no_shrink && !pool::is_stopped() => {
            Some(shrink::shrink(&bench, failed, workers, deadline))
        }
        _ => None,
    };
    if let Some(path) = &sweep.junit {
        junit::write(path, &bench, &outcomes, fewest.as_ref())?;
    }
    report::print(&bench, &jobs, &outcomes, fewest.as_ref(), start.elapsed())?;
    Ok(if failed.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn workers(sweep: &Sweep) -> usize {
    sweep.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1)
}

/// How many runs may go on at once. A program that wants a port or a file to itself fails beside another run of it, with
/// no fault to blame: then one at a time.
fn side_by_side(bench: &Bench, workers: usize) -> Result<usize, Mistake> {
    if workers < 2 {
        return Ok(workers);
    }
    let run = |place| bench.run(&format!("baseline-{place}"), &Job::baseline());
    let outcomes: Vec<Result<Outcome, Mistake>> = std::thread::scope(|scope| {
        let running: Vec<_> = (1..=workers).map(|place| scope.spawn(move || run(place))).collect();
        running.into_iter().filter_map(|running| running.join().ok()).collect()
    });
    let outcomes = outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
    match outcomes.iter().find(|outcome| outcome.verdict.is_failure()) {
        None => Ok(workers),
        Some(outcome) => {
            let folder = outcome.folder.display();
            eprintln!("sslmode: without faults, beside another run: {} ({folder}); one at a time", outcome.verdict);
            Ok(1)
        }
    }
}

fn bench(sweep: &Sweep) -> Result<Bench, Mistake> {
    let options = command::inherited(sweep.force.as_deref(), sweep.host.as_deref())?;
    let output = match &sweep.output {
        Some(path) => {
            std::fs::create_dir_all(path)?;
            PathBuf::from(path)
        }
        None => tempfile::Builder::new().prefix("sslmode-sweep-").tempdir()?.keep(),
    };
    Ok(Bench {
        program: sweep.program.clone(),
        library: library::find()?,
        options: Options { faults: Vec::new(), check: options.check || sweep.check, ..options },
        output: std::path::absolute(output)?,
        timeout: Duration::from_secs(sweep.timeout),
        expected_output: None,
    })
}

/// The program has to do well without faults: otherwise nothing that follows says anything.
fn with_baseline(bench: Bench, sweep: &Sweep) -> Result<Bench, Mistake> {
    let outcome: Outcome = bench.run("baseline", &Job::baseline())?;
    match &outcome.verdict {
        Verdict::Passed => {}
        verdict => {
            let folder = outcome.folder.display();
            return Err(Mistake::usage(format_args!(
                "expected a program that ends with status 0 without faults, got: {verdict}; its output is in {folder}"
            )));
        }
    }
    if !outcome.saw_tls {
        return Err(Mistake::usage("NO TLS HANDLE WAS SEEN: sslmode run says why; there is nothing to sweep"));
    }
    Ok(Bench { expected_output: if sweep.same_output { Some(outcome.stdout()?) } else { None }, ..bench })
}
