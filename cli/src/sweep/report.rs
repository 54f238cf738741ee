//! What a sweep found, for people.

use super::job::Job;
use super::run::{Bench, Outcome, Verdict};
use super::shrink::Fewest;
use crate::unseen;
use sslmode_engine::lawful::Fault;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::time::Duration;

/// # Errors
/// Nobody reads the output.
pub fn print(
    bench: &Bench,
    jobs: &[Job],
    outcomes: &[Outcome],
    fewest: Option<&Fewest>,
    took: Duration,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let failures: Vec<_> = outcomes.iter().filter(|outcome| outcome.verdict.is_failure()).collect();
    for outcome in &failures {
        writeln!(out, "FAILED {}: {}", outcome.job, outcome.verdict)?;
        writeln!(out, "    {}", outcome.folder.display())?;
    }
    if let Some(fewest) = fewest {
        write_fewest(&mut out, bench, fewest)?;
    }
    let run = outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Stopped).count();
    writeln!(
        out,
        "{run} of {} runs in {:.1} s, {} failed; faults made: {}",
        jobs.len(),
        took.as_secs_f64(),
        failures.len(),
        counts(outcomes)
    )?;
    if run > 0 && failures.is_empty() && outcomes.iter().all(|outcome| outcome.made.is_empty()) {
        writeln!(out, "NO FAULT WAS MADE: {}", unseen::FAULTS)?;
    }
    if failures.is_empty() { Ok(()) } else { writeln!(out, "output of each run: {}", bench.output.display()) }
}

fn write_fewest(out: &mut dyn Write, bench: &Bench, fewest: &Fewest) -> io::Result<()> {
    let outcome = &fewest.outcome;
    writeln!(out, "\nthe fewest faults that still do it ({} of {}):", outcome.made.len(), fewest.before)?;
    for fault in &outcome.made {
        writeln!(out, "    {fault}")?;
    }
    writeln!(out, "the last calls of that run: {}", outcome.verdict)?;
    for line in &outcome.last {
        writeln!(out, "    {line}")?;
    }
    let (failures, again) = fewest.again;
    writeln!(out, "again, as it failed {failures} of {again} times:")?;
    writeln!(out, "    {}\n", repeat_line(bench, &outcome.job))
}

/// The line that repeats a run.
pub fn repeat_line(bench: &Bench, job: &Job) -> String {
    let mut line = String::from("sslmode run");
    let force: Vec<_> =
        bench.options.force.iter().map(|forced| if forced.on { "+" } else { "-" }.to_owned() + &forced.mode).collect();
    if !force.is_empty() {
        line += &format!(" --force {}", force.join(","));
    }
    line += &format!(" {job} --");
    bench.program.iter().fold(line, |line, word| line + " " + &quoted(word))
}

/// As a shell reads it.
fn quoted(word: &OsStr) -> Cow<'_, str> {
    let text = word.to_string_lossy();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./=:,+@%".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => text,
        false => Cow::Owned(format!("'{}'", text.replace('\'', "'\\''"))),
    }
}

/// How many of each were made.
fn counts(outcomes: &[Outcome]) -> String {
    let made = |fault: &Fault| {
        let prefix = format!("{}@", fault.name());
        outcomes.iter().flat_map(|outcome| &outcome.made).filter(|made| made.starts_with(&prefix)).count()
    };
    let counts: Vec<_> = Fault::ALL.iter().map(|fault| format!("{} {}", made(fault), fault.name())).collect();
    counts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use std::ffi::OsStr;

    #[test]
    fn words_for_a_shell() {
        for (word, expected) in [("./a-b", "./a-b"), ("", "''"), ("it's a", "'it'\\''s a'"), ("$x", "'$x'")] {
            assert_eq!(quoted(OsStr::new(word)), expected);
        }
    }
}
