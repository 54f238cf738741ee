//! Runs the same calls on a real libssl and on the engine in that libssl's rules, and tells where they differ.
//!
//! | file | its job |
//! |---|---|
//! | `ffi.rs` | a libssl loaded at run time: all that is unsafe |
//! | `script.rs` | a sequence of calls as data |
//! | `generate.rs` | random sequences |
//! | `real.rs`, `model.rs` | a sequence on the libssl, and on the engine |
//! | `check.rs`, `run.rs` | the two side by side, once and many times |
//! | `player.rs`, `twins.rs` | an old libssl, and a newer one under its profile: a sequence on each, and many side by side |
//! | `shrink.rs`, `program.rs` | a disagreement made short, and printed as a C program |
//! | `reads.rs` | records without application data, over a blocking socket |
//! | `table.rs`, `rows.rs` | COMPAT.md |

mod check;
mod ffi;
mod generate;
mod model;
mod player;
mod program;
mod reads;
mod real;
mod rows;
mod run;
mod script;
mod shrink;
mod table;
mod twins;

use check::{Step, Subject};
use clap::{Args, Parser, Subcommand};
use player::Player;
use script::Sequence;
use sslmode_engine::Dialect;
use sslmode_engine::write::Rules;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Runs the same calls on a real libssl and on the engine, and tells where they differ.
#[derive(Parser)]
#[command(version, after_help = "exit: 0 they agree; 1 they differ, or a run failed; 2 usage; 77 no such host here")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Args)]
struct Target {
    /// A name from `tools/hosts/get --list`, "ours", or the path of a libssl
    host: String,
    /// Against the rules of this name instead of those of the host's version
    #[arg(long, value_parser = rules_by_name)]
    rules: Option<&'static Rules>,
}

#[derive(Subcommand)]
enum Task {
    /// Random sequences
    Run {
        /// Names from `tools/hosts/get --list`, "ours", or paths of libssls
        #[arg(required = true)]
        hosts: Vec<String>,
        /// Against the rules of this name instead of those of the host's version
        #[arg(long, value_parser = rules_by_name)]
        rules: Option<&'static Rules>,
        /// How many
        #[arg(long, default_value_t = 2_000)]
        sequences: u64,
        /// Of the first one
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Processes side by side; as many as there are processors where not given
        #[arg(long)]
        jobs: Option<u64>,
    },
    /// One sequence, step by step
    Replay {
        #[command(flatten)]
        target: Target,
        /// As `run` prints it: "Tls12 17000 0; write first 0 40000; drain 100"
        sequence: Sequence,
    },
    /// One sequence as a C program that takes the path of a libssl
    Program {
        #[command(flatten)]
        target: Target,
        /// As `run` prints it
        sequence: Sequence,
        /// With the calls that read past the caller's buffer, which end the program
        #[arg(long)]
        overreads: bool,
    },
    /// Part of `run`
    #[command(hide = true)]
    Worker {
        #[command(flatten)]
        target: Target,
        seed: u64,
        sequences: u64,
    },
    /// Random sequences on an old libssl and on newer ones under its profile
    Profile {
        /// What SSLMODE_OPTIONS=profile=... asks for: openssl-1.0.2, openssl-1.1.1, ...
        profile: String,
        /// The newer libssls: names from `tools/hosts/get --list`, or paths
        #[arg(long = "host", required = true)]
        hosts: Vec<String>,
        /// The old one, a name from that list; the usual one of the profile where not given
        #[arg(long)]
        real: Option<String>,
        /// libsslmode.so; that of `make` where not given
        #[arg(long)]
        library: Option<PathBuf>,
        /// How many
        #[arg(long, default_value_t = 1_000)]
        sequences: u64,
        /// Of the first one
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Pairs of processes side by side; as many as there are processors where not given
        #[arg(long)]
        jobs: Option<u64>,
    },
    /// Part of `profile`: one side
    #[command(hide = true)]
    Player {
        path: PathBuf,
        #[arg(value_parser = dialect_by_name)]
        dialect: &'static Dialect,
        #[arg(long)]
        front: Option<PathBuf>,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[arg(long, default_value_t = 1)]
        sequences: u64,
        /// This one, in place of random ones
        #[arg(long)]
        sequence: Option<Sequence>,
        /// Only say which they are
        #[arg(long)]
        print: bool,
    },
    /// COMPAT.md, from runs on these hosts; all that can be had where none is named
    Table {
        /// Names from `tools/hosts/get --list`
        hosts: Vec<String>,
        /// Where to write it; standard output where not given
        #[arg(long)]
        output: Option<PathBuf>,
    },
    /// Part of `table`: what one host does
    #[command(hide = true)]
    Column { name: String, path: PathBuf },
    /// Part of `table`: SSL_CTX_set_mode(NULL, 1), which may crash
    #[command(hide = true)]
    Null { path: PathBuf },
    /// Part of `table`: the server of a renegotiation
    #[command(hide = true)]
    Peer { path: PathBuf, task: String },
    /// Part of `run`
    #[command(hide = true)]
    Sequence {
        #[command(flatten)]
        target: Target,
        seed: u64,
    },
}

/// Why a task was not done.
enum Failure {
    /// The host cannot be had here.
    NoHost(String),
    /// Host and engine differ, or a run failed.
    Failed(String),
}

impl From<String> for Failure {
    fn from(text: String) -> Failure {
        Failure::Failed(text)
    }
}

fn main() -> ExitCode {
    let (text, code) = match perform(Cli::parse().task) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::NoHost(text)) => (text, 77),
        Err(Failure::Failed(text)) => (text, 1),
    };
    eprintln!("sslmode-compare: {}", text.trim_end());
    ExitCode::from(code)
}

fn perform(task: Task) -> Result<(), Failure> {
    match task {
        Task::Run { hosts, rules, sequences, seed, jobs } => {
            let jobs = jobs.unwrap_or_else(processors);
            for host in hosts {
                run_on(&host, run::Job { seed, sequences, rules }, jobs)?;
            }
        }
        Task::Replay { target, sequence } => on_host(&target, |subject, _| {
            let steps = subject.check(&sequence)?;
            print!("{}", run::listing(&steps));
            if steps.iter().all(Step::agrees) { Ok(()) } else { Err("they differ".to_owned()) }
        })?,
        Task::Program { target, sequence, overreads } => on_host(&target, |subject, version| {
            let steps = subject.check(&sequence)?;
            print!("{}", program::program(&sequence, &steps, version, subject.rules.name, overreads));
            Ok(())
        })?,
        Task::Worker { target: Target { host, rules }, seed, sequences } => {
            run::work(&locate(&host)?, run::Job { seed, sequences, rules })?;
        }
        Task::Profile { profile, hosts, real, library, sequences, seed, jobs } => {
            let jobs = jobs.unwrap_or_else(processors);
            for host in hosts {
                let pair = Pair { profile: &profile, host: &host, real: real.as_deref(), library: library.as_deref() };
                compare_pair(&pair, seed, sequences, jobs)?;
            }
        }
        Task::Player { path, dialect, front, seed, sequences, sequence, print } => {
            let host = ffi::Host::load_behind(&path, front.as_deref())?;
            let player = Player::new(&host, dialect, front.is_none())?;
            match sequence {
                Some(sequence) => player::work(&player, std::iter::once(sequence))?,
                None if print => (seed..seed + sequences).for_each(|seed| println!("{}", player.sequence(seed))),
                None => player::work(&player, (seed..seed + sequences).map(|seed| player.sequence(seed)))?,
            }
        }
        Task::Table { hosts, output } => write_table(hosts, output.as_deref())?,
        Task::Column { name, path } => print!("{}", table::column(&name, &path)?.to_lines()),
        Task::Null { path } => println!("{}", ffi::Host::load(&path)?.set_null_context()),
        Task::Peer { path, task } => {
            let host = ffi::Host::load(&path)?;
            reads::serve(&host, host.dialect()?, &task)?;
        }
        Task::Sequence { target, seed } => on_host(&target, |subject, _| {
            println!("{}", subject.sequence(seed));
            Ok(())
        })?,
    }
    Ok(())
}

/// A host that cannot be had is skipped, but not under CI.
fn run_on(host: &str, job: run::Job, jobs: u64) -> Result<(), Failure> {
    let path = match locate(host) {
        Err(Failure::NoHost(why)) if std::env::var_os("CI").is_none() => {
            println!("SKIP {host}: {why}");
            return Ok(());
        }
        path => path?,
    };
    let run::Count { sequences, steps, not_run } = run::run(&path, job, jobs)?;
    println!("{host}: {sequences} sequences agree ({steps} calls; {not_run} would read past the buffer, not run)");
    Ok(())
}

fn processors() -> u64 {
    std::thread::available_parallelism().map_or(1, |it| it.get() as u64)
}

/// A profile and the two that are to be alike under it, as they were named.
struct Pair<'a> {
    profile: &'a str,
    host: &'a str,
    real: Option<&'a str>,
    library: Option<&'a Path>,
}

/// A libssl that cannot be had is skipped, but not under CI.
fn compare_pair(pair: &Pair<'_>, seed: u64, sequences: u64, jobs: u64) -> Result<(), Failure> {
    let Pair { profile, host, .. } = pair;
    let real = pair.real.map_or_else(|| usual_host(profile), |real| Ok(real.to_owned()))?;
    let [real_path, host_path] = match (locate(&real), locate(host)) {
        (Ok(real), Ok(host)) => [real, host],
        (Err(Failure::NoHost(why)), _) | (_, Err(Failure::NoHost(why))) if std::env::var_os("CI").is_none() => {
            println!("SKIP {real} and {host}: {why}");
            return Ok(());
        }
        (Err(failure), _) | (_, Err(failure)) => return Err(failure),
    };
    let of_make = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/libsslmode.so");
    let front = pair.library.unwrap_or(&of_make);
    let dialect = dialect_of(&real)?;
    let twins = twins::Twins { real: &real_path, dialect, host: &host_path, front, profile };
    let twins::Count { sequences, steps, spared } = twins.run(seed, sequences, jobs)?;
    println!("{real} and {host} under {profile}: {sequences} sequences are the same ({steps} calls; {spared} spared)");
    Ok(())
}

/// The libssl that stands for a profile.
fn usual_host(profile: &str) -> Result<String, String> {
    const USUAL: [(&str, &str); 5] = [
        ("openssl-1.0.2", "openssl-1.0.2k"),
        ("openssl-1.0.2l", "openssl-1.0.2q"),
        ("openssl-1.1.1", "openssl-1.1.1w"),
        ("openssl-3", "openssl-3.0"),
        ("openssl-3.2", "openssl-3.6.3"),
    ];
    let usual = USUAL.into_iter().find(|(name, _)| *name == profile).map(|(_, host)| host.to_owned());
    let names = USUAL.map(|(name, _)| name).join(", ");
    usual.ok_or_else(|| format!("expected one of {names}, or --real, got \"{profile}\""))
}

/// The dialect that `tools/hosts` says a libssl has.
fn dialect_of(name: &str) -> Result<&'static Dialect, String> {
    let list = host_list()?;
    let rows = list.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let dialect = rows.into_iter().find(|row| row[0] == name).and_then(|row| dialect_by_name(row.get(2)?).ok());
    dialect.ok_or_else(|| format!("expected a name of tools/hosts/get --list, got \"{name}\""))
}

fn dialect_by_name(name: &str) -> Result<&'static Dialect, String> {
    Dialect::by_name(name).ok_or_else(|| {
        let names: Vec<_> = Dialect::ALL.iter().map(|dialect| dialect.name).collect();
        format!("expected one of {}", names.join(", "))
    })
}

fn on_host(target: &Target, task: impl FnOnce(&Subject<'_>, &str) -> Result<(), String>) -> Result<(), Failure> {
    let host = ffi::Host::load(&locate(&target.host)?)?;
    Ok(task(&Subject::new(&host, target.rules)?, host.version())?)
}

fn write_table(mut hosts: Vec<String>, output: Option<&Path>) -> Result<(), Failure> {
    if hosts.is_empty() {
        hosts = all_hosts()?;
    }
    let mut columns = Vec::new();
    for name in hosts {
        match locate(&name) {
            Ok(path) => columns.push(column_of(&name, &path)?),
            Err(Failure::NoHost(why)) if std::env::var_os("CI").is_none() => eprintln!("SKIP {name}: {why}"),
            Err(failure) => return Err(failure),
        }
    }
    let page = table::page(&columns);
    match output {
        Some(path) => std::fs::write(path, page).map_err(|error| format!("{}: {error}", path.display()))?,
        None => print!("{page}"),
    }
    match table::unpredicted(&columns) {
        0 => Ok(()),
        cells => Err(Failure::Failed(format!("{cells} cells are not as the engine says (marked with ✗)"))),
    }
}

/// In a process of its own: two libssls of the same name would get in each other's way.
fn column_of(name: &str, path: &Path) -> Result<table::Column, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let ran = Command::new(program).args(["column", name]).arg(path).output().map_err(|error| error.to_string())?;
    let column = table::Column::from_lines(&String::from_utf8_lossy(&ran.stdout)).filter(|_| ran.status.success());
    column.ok_or_else(|| format!("{name}: {} {}", ran.status, String::from_utf8_lossy(&ran.stderr).trim_end()))
}

fn host_list() -> Result<String, String> {
    let ran = Command::new(hosts_tool()).arg("--list").output().map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

fn all_hosts() -> Result<Vec<String>, String> {
    let list = host_list()?;
    let names = list.lines().filter_map(|line| line.split('\t').next());
    Ok(names.chain([OURS]).map(str::to_owned).collect())
}

fn hosts_tool() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/hosts/get")
}

fn rules_by_name(name: &str) -> Result<&'static Rules, String> {
    Rules::by_name(name).ok_or_else(|| {
        let names: Vec<_> = Rules::ALL.iter().map(|rules| rules.name).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// Our own libssl, as `make` leaves it, which follows `SSLMODE_OPTIONS=profile=...`.
const OURS: &str = "ours";

/// The path of a host.
fn locate(name: &str) -> Result<PathBuf, Failure> {
    if name.contains('/') {
        return Ok(PathBuf::from(name));
    }
    if name == OURS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/libssl/libssl.so.3");
        return match path.canonicalize() {
            Ok(path) => Ok(path),
            Err(error) => Err(Failure::NoHost(format!("{} (make): {error}", path.display()))),
        };
    }
    let get = hosts_tool();
    let ran = Command::new(&get).arg(name).output().map_err(|error| format!("{}: {error}", get.display()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    match ran.status.code() {
        Some(0) => Ok(PathBuf::from(text(&ran.stdout))),
        Some(77) => Err(Failure::NoHost(text(&ran.stderr))),
        _ => Err(Failure::Failed(text(&ran.stderr))),
    }
}
