//! One run: started, watched, ended, its output kept.

use super::job::Job;
use super::pool;
use crate::mistake::Mistake;
use crate::run::{new_tally, preload};
use sslmode_protocol::Options;
use sslmode_protocol::options::{Format, VARIABLE};
use sslmode_protocol::tally::{Count, Tally};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What all runs have in common.
pub struct Bench {
    pub program: Vec<OsString>,
    pub library: PathBuf,
    /// Beside the faults.
    pub options: Options,
    /// The folder in which each run has one of its own.
    pub output: PathBuf,
    pub timeout: Duration,
    /// What the program writes to standard output, where it has to be the same in each run.
    pub expected_output: Option<Vec<u8>>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// With status 0, and the output that was expected.
    Passed,
    /// With this status.
    Status(i32),
    /// By this signal.
    Signal(i32),
    /// Not at all, and was ended.
    Hang(Duration),
    /// With status 0 and other output.
    OtherOutput,
    /// With status 0, and a finding that is an error.
    Finding(String),
    /// It was stopped for another run's sake.
    Stopped,
}

impl Verdict {
    /// Whether the program is to blame.
    pub fn is_failure(&self) -> bool {
        !matches!(self, Verdict::Passed | Verdict::Stopped)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Passed => f.write_str("passed"),
            Verdict::Status(status) => write!(f, "it ended with status {status}"),
            Verdict::Signal(signal) => write!(f, "signal {signal} ended it"),
            Verdict::Hang(time) => write!(f, "it hung: no end after {} s", time.as_secs()),
            Verdict::OtherOutput => f.write_str("it wrote something else to standard output than without faults"),
            Verdict::Finding(name) => write!(f, "it broke a rule: {name}"),
            Verdict::Stopped => f.write_str("stopped"),
        }
    }
}

/// A run that is over.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub job: Job,
    pub verdict: Verdict,
    pub took: Duration,
    /// The faults that were made, each as the option that makes it again, in their order.
    pub made: Vec<String>,
    /// The last lines of the trace.
    pub last: Vec<String>,
    pub saw_tls: bool,
    pub folder: PathBuf,
}

impl Outcome {
    /// What it wrote to standard output.
    pub fn stdout(&self) -> io::Result<Vec<u8>> {
        fs::read(self.folder.join("stdout"))
    }
}

const LAST: usize = 12;

impl Bench {
    /// Runs the program in a folder of this name for its output.
    ///
    /// # Errors
    /// It cannot be started, or its output not be kept.
    pub fn run(&self, name: &str, job: &Job) -> Result<Outcome, Mistake> {
        let folder = self.output.join(name);
        fs::create_dir_all(&folder)?;
        let tally = new_tally().map_err(|error| Mistake::usage(format_args!("expected a temporary file: {error}")))?;
        let log = folder.join("trace");
        // A run before this may have left one.
        let _ = fs::remove_file(&log);
        let options = Options {
            faults: job.parsed(),
            seed: job.seed,
            trace: true,
            format: Format::Text,
            log: Some(log.display().to_string()),
            tally: Some(tally.path().display().to_string()),
            ..self.options.clone()
        };
        let start = Instant::now();
        let mut child = self.start(name, &options, &folder)?;
        let ended = wait(&mut child, start + self.timeout);
        let Trace { made, last, error } = read_trace(&log);
        let counts = fs::read(tally.path()).ok().as_deref().and_then(Tally::read);
        let mut outcome = Outcome {
            job: job.clone(),
            verdict: self.verdict(ended),
            took: start.elapsed(),
            made,
            last,
            saw_tls: counts.is_some_and(|counts| counts.of(Count::Contexts) + counts.of(Count::Connections) > 0),
            folder,
        };
        if outcome.verdict == Verdict::Passed && !self.is_expected(&outcome) {
            outcome.verdict = Verdict::OtherOutput;
        }
        if let (Verdict::Passed, Some(name)) = (&outcome.verdict, error) {
            outcome.verdict = Verdict::Finding(name);
        }
        if !outcome.verdict.is_failure() {
            // It can be long, and is only of use where something went wrong.
            let _ = fs::remove_file(&log);
        }
        Ok(outcome)
    }

    fn start(&self, name: &str, options: &Options, folder: &Path) -> Result<Child, Mistake> {
        let mut command = Command::new(&self.program[0]);
        command.args(&self.program[1..]).env("SSLMODE_RUN", name);
        command.env(VARIABLE, options.to_string()).env("LD_PRELOAD", preload(&self.library));
        command.stdin(Stdio::null()).stdout(File::create(folder.join("stdout"))?);
        // What it starts belongs to it, and ends with it.
        command.stderr(File::create(folder.join("stderr"))?).process_group(0);
        command.spawn().map_err(|error| {
            let found = error.kind() != io::ErrorKind::NotFound;
            let program = self.program[0].display();
            Mistake::program(format_args!("expected a program to run, got {program}: {error}"), found)
        })
    }

    fn verdict(&self, ended: Ended) -> Verdict {
        match ended {
            Ended::With(status) if status.success() => Verdict::Passed,
            Ended::With(status) => match status.code() {
                Some(code) => Verdict::Status(code),
                None => Verdict::Signal(status.signal().unwrap_or(0)),
            },
            Ended::NotAtAll => Verdict::Hang(self.timeout),
            Ended::Stopped => Verdict::Stopped,
        }
    }

    fn is_expected(&self, outcome: &Outcome) -> bool {
        let Some(expected) = &self.expected_output else { return true };
        outcome.stdout().is_ok_and(|stdout| stdout == *expected)
    }
}

enum Ended {
    With(ExitStatus),
    NotAtAll,
    Stopped,
}

/// Waits for a process, and ends what is left of its group.
fn wait(child: &mut Child, deadline: Instant) -> Ended {
    let mut pause = Duration::from_millis(1);
    let ended = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ended::With(status),
            Ok(None) if pool::is_stopped() => break Ended::Stopped,
            Ok(None) if Instant::now() < deadline => sleep(pause),
            Ok(None) | Err(_) => break Ended::NotAtAll,
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    if !matches!(ended, Ended::With(_)) {
        signal_group(child.id(), libc::SIGTERM);
        for _ in 0..50 {
            if child.try_wait().is_ok_and(|status| status.is_some()) {
                break;
            }
            sleep(Duration::from_millis(20));
        }
    }
    signal_group(child.id(), libc::SIGKILL);
    let _ = child.wait();
    ended
}

/// The group is the run's own: its number is that of the process that was started as its leader.
fn signal_group(leader: u32, signal: libc::c_int) {
    // SAFETY: kill has no preconditions; where the group is gone it does nothing.
    unsafe { libc::kill(-leader.cast_signed(), signal) };
}

/// What a trace says.
struct Trace {
    /// The faults that were made.
    made: Vec<String>,
    /// The last lines.
    last: Vec<String>,
    /// The first finding that is an error.
    error: Option<String>,
}

fn read_trace(path: &Path) -> Trace {
    let (mut made, mut last, mut error) = (Vec::new(), VecDeque::new(), None);
    let lines = File::open(path).map(|file| BufReader::new(file).split(b'\n'));
    for line in lines.into_iter().flatten().map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        let ahead = line.split_once("]: made ").and_then(|(_, rest)| rest.split_once(" ahead of "));
        let within = || line.rsplit_once(", made ").and_then(|(_, rest)| rest.split_once(" <"));
        if let Some((faults, _)) = ahead.or_else(within) {
            made.extend(faults.split(',').map(str::to_owned));
        }
        let finding = || line.split_once("]: ERROR: ").and_then(|(_, rest)| rest.split_once(':'));
        error = error.or_else(|| finding().map(|(name, _)| name.to_owned()));
        last.push_back(line);
        if last.len() > LAST {
            last.pop_front();
        }
    }
    Trace { made, last: last.into(), error }
}

#[cfg(test)]
mod tests {
    use super::{Trace, read_trace};

    #[test]
    fn made_faults_are_read_from_a_trace() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = "sslmode[1]: SSL_write(0x1, 5) = -1 SSL_ERROR_WANT_WRITE, made want_write@nth=3/handle=1.1 <0.1>\n\
                    sslmode[1]: SSL_write(0x1, 5) = 5 <0.000001>\n\
                    sslmode[1]: ERROR: busy-retry: SSL_write(5 bytes at 0x1), handle 0x1\n\
                    sslmode[1:2]: made key_update@nth=1/handle=1.2,release@nth=1/handle=1.2 ahead of SSL_write(0x2)\n";
        std::fs::write(file.path(), text).unwrap();
        let Trace { made, last, error } = read_trace(file.path());
        assert_eq!(made, ["want_write@nth=3/handle=1.1", "key_update@nth=1/handle=1.2", "release@nth=1/handle=1.2"]);
        assert_eq!((last.len(), error.as_deref()), (4, Some("busy-retry")));
    }
}
