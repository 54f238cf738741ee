//! The command `sslmode`: runs programs under libsslmode, and explains modes.

mod args;
mod deepbind;
mod dialects;
mod elf;
mod explain;
mod hosts;
mod library;
mod mistake;
mod report;
mod run;
mod signals;
mod sweep;
mod unseen;

use args::{Args, Verb};
use clap::{CommandFactory, Parser};
use mistake::Mistake;
use std::process::ExitCode;

fn main() -> ExitCode {
    let verb = Args::parse().verb;
    let done = match verb {
        Verb::Run(run) => run::run(run),
        Verb::Sweep(sweep) => sweep::sweep(&sweep),
        Verb::Report(report) => report::report(&report),
        Verb::Explain(explain) => explain::explain(&explain).map(|()| ExitCode::SUCCESS),
        Verb::Hosts { target } => hosts::hosts(&target).map(|()| ExitCode::SUCCESS),
        Verb::Dialects => dialects::dialects().map(|()| ExitCode::SUCCESS),
        Verb::Completions { shell } => {
            clap_complete::generate(shell, &mut Args::command(), "sslmode", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    };
    done.unwrap_or_else(|Mistake { text, status }| {
        eprintln!("sslmode: {text}");
        ExitCode::from(status)
    })
}
