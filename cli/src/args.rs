//! The command line.

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::ffi::OsString;

/// See and change what a TLS program does with the modes of SSL_CTX_set_mode(3).
#[derive(Parser)]
#[command(name = "sslmode", version, about, max_term_width = 100)]
pub struct Args {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Subcommand)]
pub enum Verb {
    /// Run a program with libsslmode in front of its libssl
    Run(Run),
    /// Run a program under many mixes of faults, and find the fewest that break it
    Sweep(Sweep),
    /// Say what a program relies on that differs between two libssls, from the trace of a run
    Report(Report),
    /// Say what a mask or a mode means, version by version, or what a finding does
    Explain(Explain),
    /// Say which libssl a program would use, or a process uses, and whether a preload reaches it
    Hosts {
        /// A program, by name or path, or the id of a process
        target: String,
    },
    /// List what each libssl makes of modes
    Dialects,
    /// Print a script that completes this command's words in a shell
    #[command(hide = true)]
    Completions { shell: Shell },
}

#[derive(ClapArgs)]
pub struct Run {
    /// Write libssls, handles, mode calls and I/O calls to stderr, or where --log says
    #[arg(long)]
    pub trace: bool,
    /// Say which rules of the documentation the program breaks: sslmode-findings(7)
    #[arg(long)]
    pub check: bool,
    /// The status of a process that calls exit(3) after a finding that is an error [default: its own]
    #[arg(long, value_name = "N", requires = "check", value_parser = clap::value_parser!(u8).range(1..))]
    pub exitcode: Option<u8>,
    /// Do not tell the findings that this file's lines FINDING:PATTERN match
    #[arg(long, value_name = "FILE", requires = "check")]
    pub suppressions: Option<String>,
    /// Put modes into every handle, or keep them out: +MODE,-MODE
    #[arg(long, value_name = "+MODE,-MODE", allow_hyphen_values = true)]
    pub force: Option<String>,
    /// Bring events about: all, or FAULT@WHEN,FAULT@WHEN such as want_write@0.1,want_read@nth=3/in=SSL_read
    #[arg(long, value_name = "FAULT@WHEN")]
    pub faults: Option<String>,
    /// What the dice of the faults are thrown with [default: 0]
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Follow the rules of this older version, as openssl-1.0.2, in front of the program's libssl
    #[arg(long, value_name = "VERSION")]
    pub profile: Option<String>,
    /// Add the trace and the findings to this file; %p is the process id
    #[arg(long, value_name = "PATH")]
    pub log: Option<String>,
    /// How the trace and the findings are written
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Leave the processes that the program starts alone
    #[arg(long)]
    pub no_follow: bool,
    /// The libssl, by path or soname, that owns handles whose making was not seen
    #[arg(long, value_name = "PATH")]
    pub host: Option<String>,
    /// Put another libssl in place of the program's libssl.so.3
    #[arg(long, value_name = "WHICH")]
    pub libssl: Option<Libssl>,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "PROGRAM")]
    pub program: Vec<OsString>,
}

#[derive(ClapArgs)]
pub struct Sweep {
    /// A mix to try, as --faults of run takes it; may be given several times [default: each fault and all, rates 0.1 and 1]
    #[arg(long, value_name = "FAULT@WHEN")]
    pub faults: Vec<String>,
    /// The seeds to try each mix with: 1 to N, or FIRST-LAST
    #[arg(long, value_name = "N", default_value = "10")]
    pub seeds: String,
    /// Go on after a failure
    #[arg(long)]
    pub keep_going: bool,
    /// Runs at once [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// A run that takes longer hangs, which is a failure
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub timeout: u64,
    /// Begin no run after this time
    #[arg(long, value_name = "SECONDS")]
    pub limit: Option<u64>,
    /// So many runs at the most
    #[arg(long, value_name = "N")]
    pub runs: Option<usize>,
    /// What the program writes to standard output has to be the same as without faults
    #[arg(long)]
    pub same_output: bool,
    /// A rule of the documentation that the program breaks, with a finding that is an error, is a failure too
    #[arg(long)]
    pub check: bool,
    /// Do not look for the fewest faults of a failing run
    #[arg(long)]
    pub no_shrink: bool,
    /// Write what was found to this file, as JUnit's XML
    #[arg(long, value_name = "PATH")]
    pub junit: Option<String>,
    /// Keep the output of each run in this folder [default: one in the folder for temporary files]
    #[arg(long, value_name = "FOLDER")]
    pub output: Option<String>,
    /// Put modes into every handle, or keep them out: +MODE,-MODE
    #[arg(long, value_name = "+MODE,-MODE", allow_hyphen_values = true)]
    pub force: Option<String>,
    /// The libssl, by path or soname, that owns handles whose making was not seen
    #[arg(long, value_name = "PATH")]
    pub host: Option<String>,
    /// The program and its arguments; SSLMODE_RUN is the name of the run in its environment
    #[arg(required = true, trailing_var_arg = true, value_name = "PROGRAM")]
    pub program: Vec<OsString>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Format {
    /// A line for people
    Text,
    /// A line of JSON
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Libssl {
    /// The libssl of this project
    Ours,
}

#[derive(ClapArgs)]
pub struct Report {
    /// Where the program comes from; `sslmode dialects` lists them [default: the libssl that the trace is of]
    #[arg(long, value_name = "DIALECT")]
    pub from: Option<String>,
    /// Where it goes to
    #[arg(long, value_name = "DIALECT")]
    pub to: String,
    /// The trace of a run on the old machine: say which calls got another outcome since
    #[arg(long, value_name = "TRACE")]
    pub baseline: Option<String>,
    /// Leave out what this file's lines NAME:PATTERN match; a name is a topic or a finding
    #[arg(long, value_name = "FILE")]
    pub suppressions: Option<String>,
    /// How the report is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// Write it to this file
    #[arg(long, value_name = "PATH")]
    pub output: Option<String>,
    /// What `sslmode run --trace --format json --log TRACE` wrote; - is standard input
    #[arg(required = true, value_name = "TRACE")]
    pub traces: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum ReportFormat {
    /// For people
    Text,
    /// One JSON object
    Json,
    /// One page that needs nothing beside it
    Html,
}

#[derive(ClapArgs)]
pub struct Explain {
    /// A number such as 0x14, names such as AUTO_RETRY|RELEASE_BUFFERS, or a finding such as moved-write-buffer
    #[arg(allow_hyphen_values = true)]
    pub mask: String,
    /// Only in this dialect; `sslmode dialects` lists them
    #[arg(long)]
    pub dialect: Option<String>,
    /// What the same number is in this dialect, and which number the same modes have there
    #[arg(long = "as", value_name = "DIALECT", requires = "dialect")]
    pub other: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Args::command().debug_assert();
    }
}
