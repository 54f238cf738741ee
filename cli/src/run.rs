//! `sslmode run`: the program, with the library in front of its libssl.

use crate::args::{self, Libssl, Run};
use crate::mistake::Mistake;
use crate::{library, signals, unseen};
use sslmode_engine::contract::Rule;
use sslmode_engine::{force, lawful, profile};
use sslmode_protocol::options::{Format, Options, VARIABLE, nearest};
use sslmode_protocol::suppressions::Suppressions;
use sslmode_protocol::tally::{Count, LENGTH, Tally};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};
use tempfile::NamedTempFile;

/// # Errors
/// The command line holds a mistake, or the program cannot be started.
pub fn run(run: Run) -> Result<ExitCode, Mistake> {
    let library = library::find()?;
    let libssl = run.libssl.map(|Libssl::Ours| library::folder_of_ours()).transpose()?;
    let mut options = options(&run)?;
    let tally = new_tally().map_err(|error| Mistake::usage(format_args!("expected a temporary file: {error}")))?;
    options.tally = Some(path_text(tally.path())?);
    let status = start(&run.program, &library, libssl.as_deref(), &options)?;
    if let Some(counts) = fs::read(tally.path()).ok().as_deref().and_then(Tally::read) {
        if counts.of(Count::Contexts) + counts.of(Count::Connections) == 0 {
            eprintln!("sslmode: NO TLS HANDLE WAS SEEN: {}", unseen::reason(&run.program[0], &counts));
        } else if !options.faults.is_empty() && counts.of(Count::Faults) == 0 {
            eprintln!("sslmode: NO FAULT WAS MADE: {}", unseen::FAULTS);
        }
    }
    Ok(exit_code(status))
}

/// What the environment asks for, with other modes to force and another host if they are given.
pub fn inherited(force: Option<&str>, host: Option<&str>) -> Result<Options, Mistake> {
    let inherited = env::var(VARIABLE).unwrap_or_default();
    let mut options: Options =
        inherited.parse().map_err(|mistake| Mistake::usage(format_args!("{VARIABLE}: {mistake}")))?;
    if let Some(force) = force {
        options.store(&format!("force={force}")).map_err(Mistake::usage)?;
    }
    options.force.iter().try_for_each(|forced| check_mode(&forced.mode))?;
    options.host = host.map(str::to_owned).or(options.host);
    Ok(options)
}

/// What the environment asks for, and on top what the command line does.
fn options(run: &Run) -> Result<Options, Mistake> {
    let mut options = inherited(run.force.as_deref(), run.host.as_deref())?;
    if let Some(faults) = &run.faults {
        options.store(&format!("faults={faults}")).map_err(Mistake::usage)?;
    }
    options.faults.iter().try_for_each(|item| check_fault(&item.fault))?;
    if let Some(profile) = &run.profile {
        check_profile(profile)?;
        options.profile = Some(profile.clone());
    }
    options.seed = run.seed.unwrap_or(options.seed);
    options.trace |= run.trace;
    options.check |= run.check;
    options.exitcode = run.exitcode.or(options.exitcode);
    if let Some(suppressions) = &run.suppressions {
        options.suppressions = Some(absolute("--suppressions", suppressions)?);
        check_suppressions(suppressions)?;
    }
    options.follow &= !run.no_follow;
    if let Some(format) = run.format {
        options.format = match format {
            args::Format::Text => Format::Text,
            args::Format::Json => Format::Json,
        };
    }
    if let Some(log) = &run.log {
        options.log = Some(absolute("--log", log)?);
    }
    check_log(&options)?;
    match options.to_string().parse::<Options>() {
        Ok(parsed) if parsed == options => Ok(options),
        _ => Err(Mistake::usage("expected paths without quotes of both kinds")),
    }
}

fn check_mode(word: &str) -> Result<(), Mistake> {
    force::check_word(word).map_err(|modes| {
        let names = modes.join(", ");
        let meant = nearest(word, modes).map_or_else(String::new, |mode| format!("; did you mean \"{mode}\"?"));
        Mistake::usage(format_args!("--force: unknown mode \"{word}\" (expected a number or one of {names}{meant})"))
    })
}

fn check_profile(name: &str) -> Result<(), Mistake> {
    let names = profile::names();
    if names.contains(&name) {
        return Ok(());
    }
    let meant =
        nearest(name, names.iter().copied()).map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"));
    let names = names.join(", ");
    Err(Mistake::usage(format_args!("--profile: unknown version \"{name}\" (expected one of {names}{meant})")))
}

/// Whether a word stands for faults.
pub fn check_fault(word: &str) -> Result<(), Mistake> {
    lawful::check_word(word).map_err(|faults| {
        let names = faults.join(", ");
        let meant = nearest(word, faults).map_or_else(String::new, |fault| format!("; did you mean \"{fault}\"?"));
        Mistake::usage(format_args!("--faults: unknown fault \"{word}\" (expected one of {names}{meant})"))
    })
}

/// The program may change its folder before it writes.
fn absolute(option: &str, path: &str) -> Result<String, Mistake> {
    match path {
        "" => Err(Mistake::usage(format_args!("{option}: expected a path, got \"\""))),
        path => path_text(&std::path::absolute(path)?),
    }
}

fn path_text(path: &Path) -> Result<String, Mistake> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| Mistake::usage(format_args!("expected a path in UTF-8, got {}", path.display())))
}

/// Whether the library will take this file.
fn check_suppressions(path: &str) -> Result<(), Mistake> {
    let mistake = |what: &dyn std::fmt::Display| Mistake::usage(format_args!("--suppressions: {path}: {what}"));
    let text =
        fs::read_to_string(path).map_err(|error| mistake(&format_args!("expected a text file, got: {error}")))?;
    let suppressions: Suppressions = text.parse().map_err(|wrong| mistake(&wrong))?;
    match suppressions.first_unknown(|name| Rule::by_name(name).is_some()) {
        None => Ok(()),
        Some(line) => {
            let (number, name) = (line.line, &line.finding);
            let meant = nearest(name, Rule::all().map(Rule::name));
            let meant = meant.map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"));
            Err(mistake(&format_args!("line {number}: unknown finding \"{name}\"{meant}")))
        }
    }
}

/// A log that cannot be written is a mistake now, and would be a line in the middle of the program's output later.
fn check_log(options: &Options) -> Result<(), Mistake> {
    if options.log.is_some() && !options.trace && !options.check {
        return Err(Mistake::usage("--log: expected --trace or --check with it: there is nothing else to write"));
    }
    let Some(log) = options.log.as_deref().filter(|log| !log.contains("%p")) else { return Ok(()) };
    let opened = OpenOptions::new().append(true).create(true).open(log);
    opened
        .map(drop)
        .map_err(|error| Mistake::usage(format_args!("--log: expected a file to write to, got {log}: {error}")))
}

/// The file in which processes and handles are counted.
pub fn new_tally() -> io::Result<NamedTempFile> {
    let mut tally = NamedTempFile::with_prefix("sslmode-")?;
    tally.write_all(&[0; LENGTH])?;
    Ok(tally)
}

fn start(
    program: &[OsString],
    library: &Path,
    libssl: Option<&Path>,
    options: &Options,
) -> Result<ExitStatus, Mistake> {
    let mut command = Command::new(&program[0]);
    command.args(&program[1..]).env(VARIABLE, options.to_string());
    command.env("LD_PRELOAD", preload(library));
    if let Some(folder) = libssl {
        command.env("LD_LIBRARY_PATH", search_path(folder));
    }
    signals::leave_to(&mut command);
    let mut child = command.spawn().map_err(|error| {
        let found = error.kind() != io::ErrorKind::NotFound;
        Mistake::program(format_args!("expected a program to run, got {}: {error}", program[0].display()), found)
    })?;
    signals::pass_on_to(child.id());
    Ok(child.wait()?)
}

/// Behind what is preloaded already: what stands in front of libssl's functions goes on to the next library that has
/// them, which is ours then; from ours calls go straight to the libssl. A sanitizer's runtime insists on being first.
pub fn preload(library: &Path) -> OsString {
    joined(env::var_os("LD_PRELOAD").unwrap_or_default(), library.as_os_str())
}

/// Before the folders that are searched already.
fn search_path(folder: &Path) -> OsString {
    joined(folder.as_os_str().to_owned(), &env::var_os("LD_LIBRARY_PATH").unwrap_or_default())
}

fn joined(mut first: OsString, second: &OsStr) -> OsString {
    if !first.is_empty() && !second.is_empty() {
        first.push(":");
    }
    first.push(second);
    first
}

/// The program's own status; 128 and the signal's number where one ended it, as shells say it.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}
