//! An old libssl beside a newer one under its profile: the same sequences of calls in two processes, line by line.

use crate::player::Line;
use crate::script::Sequence;
use crate::shrink::shrink;
use sslmode_engine::Dialect;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The two.
#[derive(Clone, Copy)]
pub struct Twins<'a> {
    /// The old libssl.
    pub real: &'a Path,
    /// Whose rules it follows: what is generated has them in mind.
    pub dialect: &'static Dialect,
    /// The newer libssl.
    pub host: &'a Path,
    /// What stands in front of it: libsslmode.so.
    pub front: &'a Path,
    /// What it is asked to follow.
    pub profile: &'a str,
}

/// What a run came to.
#[derive(Debug, Default, Clone, Copy)]
pub struct Count {
    /// Sequences in which both gave the same.
    pub sequences: u64,
    /// Calls of them.
    pub steps: u64,
    /// Calls in which the old version would read past the buffer or send bytes twice.
    pub spared: u64,
}

/// One of the two, at work.
struct Side {
    name: &'static str,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Side {
    fn start(name: &'static str, mut command: Command) -> Result<Side, String> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let lines = BufReader::new(child.stdout.take().ok_or("no pipe")?).lines();
        Ok(Side { name, child, lines })
    }

    /// The next line; the error says how the process ended.
    fn next(&mut self) -> Result<String, String> {
        self.lines.next().and_then(Result::ok).ok_or_else(|| self.end())
    }

    fn end(&mut self) -> String {
        let said = self.child.stderr.take().map_or(String::new(), |stderr| {
            let lines = BufReader::new(stderr).lines().map_while(Result::ok);
            lines.collect::<Vec<_>>().join("; ")
        });
        match self.child.wait() {
            Ok(status) => match status.signal() {
                Some(signal) => format!("{}: ended by signal {signal} {said}", self.name),
                None => format!("{}: ended with {status}: {said}", self.name),
            },
            Err(error) => format!("{}: {error}", self.name),
        }
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        // It may be waiting for its lines to be read.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Twins<'_> {
    /// Runs so many sequences from this seed on, in so many pairs of processes.
    ///
    /// # Errors
    /// The report of a difference or a crash.
    pub fn run(self, seed: u64, sequences: u64, pairs: u64) -> Result<Count, String> {
        let share = sequences.div_ceil(pairs.max(1)).max(1);
        let shares = (0..sequences).step_by(share as usize).map(|from| (seed + from, share.min(sequences - from)));
        std::thread::scope(|scope| {
            let running: Vec<_> = shares.map(|(seed, count)| scope.spawn(move || self.run_one(seed, count))).collect();
            running.into_iter().try_fold(Count::default(), |all, one| {
                let one = one.join().map_err(|_| "a thread of the comparison panicked".to_owned())??;
                Ok(Count {
                    sequences: all.sequences + one.sequences,
                    steps: all.steps + one.steps,
                    spared: all.spared + one.spared,
                })
            })
        })
    }

    fn run_one(self, seed: u64, sequences: u64) -> Result<Count, String> {
        let ask = |mut command: Command| {
            command.arg("--seed").arg(seed.to_string()).arg("--sequences").arg(sequences.to_string());
            command
        };
        let mut real = Side::start("the real version", ask(self.real_side()?))?;
        let mut under = Side::start("the profile", ask(self.side_under_profile()?))?;
        let mut count = Count::default();
        for seed in seed..seed + sequences {
            let (of_real, of_profile) = (real.next(), under.next());
            match (&of_real, &of_profile) {
                (Ok(one), Ok(other)) if one == other => {
                    let line = Line::parse(one).ok_or_else(|| format!("expected a line of results, got {one}"))?;
                    count.sequences += 1;
                    count.steps += line.steps;
                    count.spared += line.spared;
                }
                _ => return Err(self.report(seed, &of_real, &of_profile)),
            }
        }
        Ok(count)
    }

    fn report(self, seed: u64, real: &Result<String, String>, under: &Result<String, String>) -> String {
        let head = format!("the real version and the profile {} differ (seed {seed})", self.profile);
        let sequence = self.real_side().and_then(|mut command| {
            let ran = command.args(["--print", "--sequences", "1", "--seed"]).arg(seed.to_string()).output();
            let ran = ran.map_err(|error| error.to_string())?;
            String::from_utf8_lossy(&ran.stdout).trim().parse::<Sequence>()
        });
        let Ok(sequence) = sequence.inspect_err(|error| eprintln!("{error}")) else {
            return format!("{head}\n{}", beside(real, under));
        };
        let differs = |candidate: &Sequence| {
            let [real, under] = self.replay(candidate);
            real != under
        };
        if !differs(&sequence) {
            return format!("{head}, and only after those before it:\n  {sequence}\n{}", beside(real, under));
        }
        let shrunk = shrink(sequence, differs);
        let [real, under] = self.replay(&shrunk);
        format!("{head}, shrunk to:\n  {shrunk}\n{}", beside(&real, &under))
    }

    /// What the real version and the profile give.
    fn replay(self, sequence: &Sequence) -> [Result<String, String>; 2] {
        [("the real version", self.real_side()), ("the profile", self.side_under_profile())].map(|(name, command)| {
            let mut command = command?;
            command.arg("--sequence").arg(sequence.to_string());
            Side::start(name, command)?.next()
        })
    }

    fn real_side(self) -> Result<Command, String> {
        let mut command = self.side(self.real)?;
        command.env_remove("SSLMODE_OPTIONS");
        Ok(command)
    }

    fn side_under_profile(self) -> Result<Command, String> {
        let mut command = self.side(self.host)?;
        command.arg("--front").arg(self.front).env("SSLMODE_OPTIONS", format!("profile={}", self.profile));
        Ok(command)
    }

    fn side(self, libssl: &Path) -> Result<Command, String> {
        let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
        command.arg("player").arg(libssl).arg(self.dialect.name);
        Ok(command)
    }
}

/// The steps of both, one a line, up to the first that differs.
fn beside(real: &Result<String, String>, under: &Result<String, String>) -> String {
    let (real, under) = match (real, under) {
        (Ok(real), Ok(under)) => (real, under),
        (real, under) => {
            let say = |side: &Result<String, String>| side.clone().unwrap_or_else(|error| error);
            return format!("  real    {}\n  profile {}\n", say(real), say(under));
        }
    };
    let steps = |line: &str| -> Vec<String> {
        line.splitn(3, '\t').nth(2).unwrap_or(line).split("; ").map(str::to_owned).collect()
    };
    let (real, under) = (steps(real), steps(under));
    let mut text = String::new();
    for step in 0..real.len().max(under.len()) {
        let (one, other) = (real.get(step), under.get(step));
        if one == other {
            let _ = writeln!(text, "  {}", one.map_or("", String::as_str));
            continue;
        }
        let none = || "(no such step)".to_owned();
        let _ = writeln!(text, "  real    {}", one.cloned().unwrap_or_else(none));
        let _ = writeln!(text, "  profile {}", other.cloned().unwrap_or_else(none));
        break;
    }
    text
}
