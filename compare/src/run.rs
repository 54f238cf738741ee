//! Many random sequences on one host, in a process of their own: a host that crashes is a finding too.

use crate::check::{Step, Subject};
use crate::ffi::Host;
use crate::model::Says;
use crate::program;
use crate::script::Sequence;
use crate::shrink::shrink;
use sslmode_engine::write::Rules;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a run over a host came to.
#[derive(Debug, Default, Clone, Copy)]
pub struct Count {
    /// Sequences that agreed.
    pub sequences: u64,
    /// Steps of them.
    pub steps: u64,
    /// Calls that were not made because the host would have read past the buffer.
    pub not_run: u64,
}

/// Which sequences, and against which rules.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    /// Of the first sequence; the next has the next.
    pub seed: u64,
    /// How many.
    pub sequences: u64,
    /// In place of those of the host's version.
    pub rules: Option<&'static Rules>,
}

/// The worker's part: writes a line before each sequence, so that the other process knows which one crashed, and at
/// the end either the count or the report of a disagreement.
///
/// # Errors
/// When the host cannot be used or a line cannot be written.
pub fn work(path: &Path, job: Job) -> Result<(), String> {
    let host = Host::load(path)?;
    let subject = Subject::new(&host, job.rules)?;
    let mut out = std::io::stdout().lock();
    let mut say = |line: &str| out.write_all(line.as_bytes()).and_then(|()| out.flush()).map_err(|it| it.to_string());
    let mut count = Count::default();
    for seed in job.seed..job.seed + job.sequences {
        say(&format!("at {seed}\n"))?;
        let sequence = subject.sequence(seed);
        let steps = subject.check(&sequence).map_err(|error| format!("seed {seed}: {error}"))?;
        if steps.iter().all(Step::agrees) {
            count.sequences += 1;
            count.steps += steps.len() as u64;
            count.not_run += steps.iter().filter(|step| matches!(step.says, Says::ReadsPast)).count() as u64;
            continue;
        }
        let report = report(&host, &subject, seed, sequence)?;
        return say(&format!("report\n{report}"));
    }
    say(&format!("count {} {} {}\n", count.sequences, count.steps, count.not_run))
}

fn report(host: &Host, subject: &Subject<'_>, seed: u64, sequence: Sequence) -> Result<String, String> {
    let shrunk = shrink(sequence, |candidate| subject.differs(candidate));
    let steps = subject.check(&shrunk)?;
    let mut text = format!(
        "{} and the rules of {} differ (seed {seed}), shrunk to:\n  {shrunk}\n",
        host.version(),
        subject.rules.name
    );
    text += &listing(&steps);
    text += "\nThe same as a C program:\n\n";
    text += &program::program(&shrunk, &steps, host.version(), subject.rules.name, false);
    Ok(text)
}

/// Steps, one a line.
pub fn listing(steps: &[Step]) -> String {
    steps.iter().fold(String::new(), |mut text, step| {
        let _ = match (&step.says, &step.gave) {
            (Says::ReadsPast, _) => writeln!(text, "  {}: would read past the buffer, not run", step.op),
            (Says::Gives(said), Some(gave)) if said != gave => {
                writeln!(text, "  {}:\n    host   {gave}\n    engine {said}", step.op)
            }
            (Says::Gives(said), _) => writeln!(text, "  {}: {said}", step.op),
        };
        text
    })
}

/// Runs the job in so many processes side by side.
///
/// # Errors
/// The report of a disagreement or a crash, or what stood in the way.
pub fn run(path: &Path, job: Job, processes: u64) -> Result<Count, String> {
    let share = job.sequences.div_ceil(processes.max(1)).max(1);
    let shares = (0..job.sequences).step_by(share as usize).map(|from| Job {
        seed: job.seed + from,
        sequences: share.min(job.sequences - from),
        ..job
    });
    std::thread::scope(|scope| {
        let running: Vec<_> = shares.map(|share| scope.spawn(move || run_one(path, share))).collect();
        running.into_iter().try_fold(Count::default(), |all, one| {
            let one = one.join().map_err(|_| "a thread of the comparison panicked".to_owned())??;
            Ok(Count {
                sequences: all.sequences + one.sequences,
                steps: all.steps + one.steps,
                not_run: all.not_run + one.not_run,
            })
        })
    })
}

fn run_one(path: &Path, job: Job) -> Result<Count, String> {
    let mut command = this_program("worker", path, job.rules)?;
    command.arg(job.seed.to_string()).arg(job.sequences.to_string());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|it| it.to_string())?;
    let lines = BufReader::new(child.stdout.take().ok_or("no pipe")?).lines();
    let mut lines = lines.map_while(Result::ok);
    let (mut seed, mut count) = (job.seed, None);
    while let Some(line) = lines.next() {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |word: &str| word.parse().unwrap_or(0);
        match words[..] {
            ["at", number_of] => seed = number(number_of),
            ["count", sequences, steps, not_run] => {
                count = Some(Count { sequences: number(sequences), steps: number(steps), not_run: number(not_run) });
            }
            ["report"] => {
                let report = lines.by_ref().fold(String::new(), |all, line| all + &line + "\n");
                let _ = child.wait();
                return Err(report);
            }
            _ => {}
        }
    }
    let done = child.wait_with_output().map_err(|it| it.to_string())?;
    match (done.status.signal(), count) {
        (Some(signal), _) => Err(crash(path, job, seed, signal)),
        (None, Some(count)) => Ok(count),
        (None, None) => Err(format!("{}: {}", path.display(), String::from_utf8_lossy(&done.stderr).trim_end())),
    }
}

fn crash(path: &Path, job: Job, seed: u64, signal: i32) -> String {
    let found = format!("{}: ended by signal {signal} in the sequence of seed {seed}", path.display());
    let sequence = this_program("sequence", path, job.rules)
        .and_then(|mut it| it.arg(seed.to_string()).output().map_err(|error| error.to_string()))
        .and_then(|it| String::from_utf8_lossy(&it.stdout).trim().parse::<Sequence>());
    let Ok(sequence) = sequence else { return found };
    let crashes = |candidate: &Sequence| {
        let replay = this_program("replay", path, job.rules).map(|mut it| it.arg(candidate.to_string()).output());
        replay.is_ok_and(|ran| ran.is_ok_and(|ran| ran.status.signal().is_some()))
    };
    if !crashes(&sequence) {
        return format!("{found}, and only after those before it:\n  {sequence}");
    }
    format!("{found}, shrunk to:\n  {}", shrink(sequence, crashes))
}

/// This program, to be run on the same host against the same rules.
fn this_program(task: &str, path: &Path, rules: Option<&Rules>) -> Result<Command, String> {
    let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
    command.arg(task).arg(path);
    if let Some(rules) = rules {
        command.args(["--rules", rules.name]);
    }
    Ok(command)
}
