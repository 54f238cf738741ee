//! `sslmode report`: what a program relies on that differs between two libssls.

use crate::args::{Report as Asked, ReportFormat};
use crate::explain;
use crate::mistake::Mistake;
use sslmode_engine::Dialect;
use sslmode_engine::contract::Rule;
use sslmode_engine::differences::Topic;
use sslmode_protocol::suppressions::Suppressions;
use sslmode_report::{Analysis, Baseline, NoDialect, Question, Report};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::process::ExitCode;

/// The status where the program relies on something, or broke a rule.
const FOUND: u8 = 1;

/// # Errors
/// The command line holds a mistake, or nothing of the traces can be read.
pub fn report(asked: &Asked) -> Result<ExitCode, Mistake> {
    let to = explain::dialect("--to", &asked.to)?;
    let from = asked.from.as_deref().map(|name| explain::dialect("--from", name)).transpose()?;
    let suppressions = suppressions(asked.suppressions.as_deref())?;
    let baseline = asked.baseline.as_deref().map(baseline).transpose()?;
    let mut analysis = Analysis::new(Question { from, to, suppressions, baseline });
    for name in &asked.traces {
        let mut reader = open(name, "expected a trace")?;
        // What was read before an error is reported all the same.
        if let Err(error) = analysis.read(name, &mut reader) {
            eprintln!("sslmode: {name}: expected a trace to its end: {error}");
        }
    }
    let report = analysis.finish().map_err(|unknown| nothing(asked, unknown, to))?;
    write(asked, &report)?;
    if report.traces.iter().all(|trace| trace.events == 0) {
        return Err(no_event(&report));
    }
    Ok(if report.found() { ExitCode::from(FOUND) } else { ExitCode::SUCCESS })
}

fn open(name: &str, expected: &str) -> Result<Box<dyn BufRead>, Mistake> {
    if name == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let mistake = |error: io::Error| Mistake::usage(format_args!("{name}: {expected}: {error}"));
    let file = File::open(name).map_err(mistake)?;
    match file.metadata().map_err(mistake)?.is_dir() {
        true => Err(Mistake::usage(format_args!("{name}: {expected}, got a folder"))),
        false => Ok(Box::new(BufReader::with_capacity(1 << 16, file))),
    }
}

fn baseline(name: &str) -> Result<Baseline, Mistake> {
    let reader = open(name, "--baseline: expected a trace")?;
    Baseline::read(reader).map_err(|error| Mistake::usage(format_args!("--baseline: {name}: {error}")))
}

fn suppressions(path: Option<&str>) -> Result<Suppressions, Mistake> {
    let Some(path) = path else { return Ok(Suppressions::default()) };
    let mistake = |what: &dyn std::fmt::Display| Mistake::usage(format_args!("--suppressions: {path}: {what}"));
    let text = fs::read_to_string(path).map_err(|error| mistake(&error))?;
    let suppressions: Suppressions = text.parse().map_err(|error| mistake(&error))?;
    let is_known = |name: &str| Topic::by_name(name).is_some() || Rule::by_name(name).is_some();
    match suppressions.first_unknown(is_known) {
        None => Ok(suppressions),
        Some(line) => {
            let names = Topic::ALL.iter().map(|topic| topic.name()).collect::<Vec<_>>().join(", ");
            let (number, name) = (line.line, &line.finding);
            Err(mistake(&format_args!("line {number}: expected *, a finding or one of {names}, got {name:?}")))
        }
    }
}

/// No line says which libssl a trace is of: what is wrong with the lines says why.
fn nothing(asked: &Asked, NoDialect: NoDialect, to: &'static Dialect) -> Mistake {
    let question = Question { from: Some(to), to, suppressions: Suppressions::default(), baseline: None };
    let mut analysis = Analysis::new(question);
    for name in asked.traces.iter().filter(|name| *name != "-") {
        if let Ok(mut reader) = open(name, "expected a trace") {
            let _ = analysis.read(name, &mut reader);
        }
    }
    match analysis.finish() {
        Ok(report) if report.traces.iter().all(|trace| trace.events == 0) => no_event(&report),
        _ => Mistake::usage(
            "expected --from DIALECT, or a trace with the line \"host\": no line says which libssl it is of",
        ),
    }
}

/// Nothing in the traces is an event.
fn no_event(report: &Report) -> Mistake {
    let problems = report.traces.iter().filter_map(|trace| Some((trace, trace.problems.first()?)));
    match problems.into_iter().next() {
        Some((trace, problem)) => Mistake::usage(format_args!("{}:{}: {}", trace.name, problem.line, problem.text)),
        None => {
            let name = report.traces.first().map_or("standard input", |trace| &trace.name);
            Mistake::usage(format_args!("{name}: expected a trace, got an empty file"))
        }
    }
}

fn write(asked: &Asked, report: &Report) -> Result<(), Mistake> {
    let text = match asked.format {
        ReportFormat::Text => report.to_text(),
        ReportFormat::Json => report.to_json(),
        ReportFormat::Html => report.to_html(),
    };
    match asked.output.as_deref() {
        None | Some("-") => Ok(io::stdout().lock().write_all(text.as_bytes())?),
        Some(path) => fs::write(path, text).map_err(|error| {
            Mistake::usage(format_args!("--output: expected a file to write to, got {path}: {error}"))
        }),
    }
}
