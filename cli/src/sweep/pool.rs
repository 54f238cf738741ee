//! Many runs side by side.

use super::job::Job;
use super::run::{Bench, Outcome};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

/// Somebody wants the whole sweep to end.
static STOPPED: AtomicBool = AtomicBool::new(false);

extern "C" fn stop(_: libc::c_int) {
    STOPPED.store(true, Ordering::SeqCst);
}

/// The runs are in groups of their own: what the terminal sends ends the sweep, and the sweep ends them.
pub fn stop_at_signals() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: the handler only stores to an atomic.
        unsafe { libc::signal(signal, stop as *const () as libc::sighandler_t) };
    }
}

/// Whether the sweep is to end.
pub fn is_stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}

/// Runs the jobs, as many at once as there are workers, and answers those that were run in the order of the jobs.
///
/// No run begins after the deadline, nor after a failure where that ends the search.
pub fn run_all(
    bench: &Bench,
    jobs: &[Job],
    workers: usize,
    deadline: Option<Instant>,
    stop_at_failure: bool,
) -> Vec<Outcome> {
    let bar = bar(jobs.len());
    let next = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let outcomes: Mutex<Vec<(usize, Outcome)>> = Mutex::new(Vec::new());
    let work = || {
        while !is_over.load(Ordering::SeqCst) && !is_stopped() && deadline.is_none_or(|end| Instant::now() < end) {
            let place = next.fetch_add(1, Ordering::SeqCst);
            let Some(job) = jobs.get(place) else { break };
            let outcome = match bench.run(&format!("run-{:05}", place + 1), job) {
                Ok(outcome) => outcome,
                Err(mistake) => {
                    bar.suspend(|| eprintln!("sslmode: {}", mistake.text));
                    is_over.store(true, Ordering::SeqCst);
                    break;
                }
            };
            if outcome.verdict.is_failure() {
                bar.suspend(|| eprintln!("sslmode: {job}: {}", outcome.verdict));
                is_over.fetch_or(stop_at_failure, Ordering::SeqCst);
            }
            bar.inc(1);
            outcomes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((place, outcome));
        }
    };
    std::thread::scope(|scope| (0..workers.min(jobs.len())).for_each(|_| drop(scope.spawn(work))));
    bar.finish_and_clear();
    let mut outcomes = outcomes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    outcomes.sort_by_key(|(place, _)| *place);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// On stderr, where that is a terminal.
fn bar(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(length as u64);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} runs, {elapsed} gone, {eta} to go");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
