//! The options: `key=value:key=value`, as the sanitizers write theirs.
//!
//! A value that holds a colon stands in single or double quotes. A switch may stand alone (`trace`) or with
//! `1`/`0`, `yes`/`no`, `true`/`false`. Empty items are passed over; of two items with one key the last counts.

pub mod faults;
mod mistake;
#[cfg(test)]
mod tests;

use faults::FaultWhen;
use mistake::Wrong;
pub use mistake::{OptionError, nearest};
use std::fmt;
use std::str::FromStr;

/// The environment variable that `libsslmode.so` reads them from.
pub const VARIABLE: &str = "SSLMODE_OPTIONS";

/// What a program is run under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Say which rules of the documentation the program breaks.
    pub check: bool,
    /// The status that a process ends with where a finding was an error; its own where there is none.
    pub exitcode: Option<u8>,
    /// The events that are brought about on purpose.
    pub faults: Vec<FaultWhen>,
    /// Whether the processes that the program starts are run under them too.
    pub follow: bool,
    /// The modes that every handle has, or has not, whatever the program sets.
    pub force: Vec<Forced>,
    /// How the trace is written.
    pub format: Format,
    /// Print the options and what they mean.
    pub help: bool,
    /// The libssl that owns handles whose making was not seen.
    pub host: Option<String>,
    /// The file that the trace goes to; stderr where there is none. `%p` stands for the process id.
    pub log: Option<String>,
    /// The dialect that is asked for in place of the libssl's own, by name: which there are is the engine's to say.
    pub profile: Option<String>,
    /// What the dice of the faults are thrown with.
    pub seed: u64,
    /// The file that says which findings are not told; see [`crate::suppressions`].
    pub suppressions: Option<String>,
    /// The file in which processes and handles are counted; see [`crate::tally`].
    pub tally: Option<String>,
    /// Write what the program does with its handles.
    pub trace: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            check: false,
            exitcode: None,
            faults: Vec::new(),
            follow: true,
            force: Vec::new(),
            format: Format::Text,
            help: false,
            host: None,
            log: None,
            profile: None,
            seed: 0,
            suppressions: None,
            tally: None,
            trace: false,
        }
    }
}

/// A mode in every handle, or in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forced {
    /// In every handle (`+`), or in none (`-`).
    pub on: bool,
    /// The mode, as it came: which there are is the dialect's to say.
    pub mode: String,
}

/// How the trace is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line for people.
    Text,
    /// A line of JSON; see [`crate::event`].
    Json,
}

struct Known {
    name: &'static str,
    value: &'static str,
    meaning: &'static str,
    store: fn(&mut Options, Option<&str>) -> Result<(), Wrong>,
}

const KNOWN: &[Known] = &[
    Known {
        name: "check",
        value: "1|0",
        meaning: "say which rules of the documentation the program breaks: sslmode-findings(7)",
        store: |options, value| switch(value).map(|on| options.check = on),
    },
    Known {
        name: "exitcode",
        value: "NUMBER",
        meaning: "1 to 255: the status of a process that calls exit(3) after a finding that is an error",
        store: |options, value| exitcode(value).map(|status| options.exitcode = Some(status)),
    },
    Known {
        name: "faults",
        value: "FAULT@WHEN",
        meaning: "bring about all, want_write, want_read, short_write, key_update, release; WHEN: a rate (0.1), nth=N, \
                  every=K, calls=A-B, in=FUNCTION, role=client|server, handle=C.N",
        store: |options, value| faults::parse(value).map(|faults| options.faults = faults),
    },
    Known {
        name: "follow",
        value: "1|0",
        meaning: "0: no option is in force in the processes that the program starts",
        store: |options, value| switch(value).map(|on| options.follow = on),
    },
    Known {
        name: "force",
        value: "+MODE,-MODE",
        meaning: "every handle has these modes, or has them not; the program reads back what it set itself",
        store: |options, value| forced(value).map(|force| options.force = force),
    },
    Known {
        name: "format",
        value: "text|json",
        meaning: "how the trace is written",
        store: |options, value| format(value).map(|format| options.format = format),
    },
    Known {
        name: "help",
        value: "1|0",
        meaning: "print this list to stderr and go on",
        store: |options, value| switch(value).map(|on| options.help = on),
    },
    Known {
        name: "host",
        value: "PATH",
        meaning: "the libssl, by path or soname, that owns handles whose making was not seen",
        store: |options, value| path(value).map(|path| options.host = Some(path)),
    },
    Known {
        name: "log",
        value: "PATH",
        meaning: "the file that the trace is added to, in place of stderr; %p is the process id",
        store: |options, value| path(value).map(|path| options.log = Some(path)),
    },
    Known {
        name: "profile",
        value: "NAME",
        meaning: "the modes follow the rules of this version, as openssl-1.0.2, in front of an OpenSSL that is newer",
        store: |options, value| profile(value).map(|profile| options.profile = Some(profile)),
    },
    Known {
        name: "seed",
        value: "NUMBER",
        meaning: "what the dice of the faults are thrown with; 0 if it is not given",
        store: |options, value| seed(value).map(|seed| options.seed = seed),
    },
    Known {
        name: "suppressions",
        value: "PATH",
        meaning: "a file of lines FINDING:PATTERN; what matches a function, module or source file is not told",
        store: |options, value| path(value).map(|path| options.suppressions = Some(path)),
    },
    Known {
        name: "tally",
        value: "PATH",
        meaning: "a file of 48 bytes in which processes, handles and faults are counted, for sslmode(1)",
        store: |options, value| path(value).map(|path| options.tally = Some(path)),
    },
    Known {
        name: "trace",
        value: "1|0",
        meaning: "write libssls, handles, mode calls in names, and I/O calls",
        store: |options, value| switch(value).map(|on| options.trace = on),
    },
];

fn switch(value: Option<&str>) -> Result<bool, Wrong> {
    match value {
        None | Some("1" | "yes" | "true") => Ok(true),
        Some("0" | "no" | "false") => Ok(false),
        Some(_) => Err(Wrong::expected("1 or 0")),
    }
}

fn path(value: Option<&str>) -> Result<String, Wrong> {
    match value {
        Some(value) if !value.is_empty() && !value.contains('\0') => Ok(value.to_owned()),
        _ => Err(Wrong::expected("a path")),
    }
}

fn seed(value: Option<&str>) -> Result<u64, Wrong> {
    value.and_then(|value| value.parse().ok()).ok_or(Wrong::expected("a number from 0 to 18446744073709551615"))
}

fn exitcode(value: Option<&str>) -> Result<u8, Wrong> {
    let status = value.and_then(|value| value.parse().ok()).filter(|&status| status > 0);
    status.ok_or(Wrong::expected("a number from 1 to 255"))
}

fn format(value: Option<&str>) -> Result<Format, Wrong> {
    match value {
        Some("text") => Ok(Format::Text),
        Some("json") => Ok(Format::Json),
        other => Err(Wrong { expected: "text or json", nearest: nearest(other.unwrap_or(""), ["text", "json"]) }),
    }
}

/// Only the shape: which dialects there are is no matter of this crate's.
fn profile(value: Option<&str>) -> Result<String, Wrong> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    match value {
        Some(name) if !name.is_empty() && name.bytes().all(is_letter) => Ok(name.to_owned()),
        _ => Err(Wrong::expected("the name of a libssl version, as openssl-1.0.2")),
    }
}

/// Only the signs and the shape: a mode is no word of this crate's.
fn forced(value: Option<&str>) -> Result<Vec<Forced>, Wrong> {
    let items = value.unwrap_or("").split(',').map(str::trim);
    items.map(one_forced).collect::<Option<_>>().ok_or(Wrong::expected("+MODE or -MODE, with commas between them"))
}

fn one_forced(item: &str) -> Option<Forced> {
    let (on, mode) = match item.split_at_checked(1)? {
        ("+", mode) => (true, mode),
        ("-", mode) => (false, mode),
        _ => return None,
    };
    let is_word = !mode.is_empty() && mode.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_word.then(|| Forced { on, mode: mode.to_owned() })
}

impl FromStr for Options {
    type Err = OptionError;

    fn from_str(options: &str) -> Result<Self, OptionError> {
        let mut parsed = Options::default();
        let mut rest = options;
        while !rest.is_empty() {
            let item;
            (item, rest) = next_item(rest)?;
            let item = item.trim();
            if !item.is_empty() {
                parsed.store(item)?;
            }
        }
        Ok(parsed)
    }
}

impl Options {
    /// Takes one `key=value`.
    ///
    /// # Errors
    /// No such key, or a value that it does not take.
    pub fn store(&mut self, item: &str) -> Result<(), OptionError> {
        let (key, value) = match item.split_once('=') {
            Some((key, value)) => (key, Some(unquoted(value))),
            None => (item, None),
        };
        let Some(known) = KNOWN.iter().find(|known| known.name == key) else {
            return Err(OptionError::Unknown { key: key.to_owned() });
        };
        (known.store)(self, value).map_err(|wrong| OptionError::Value {
            key: known.name,
            value: value.map(str::to_owned),
            expected: wrong.expected,
            nearest: wrong.nearest,
        })
    }

    /// The options and their meanings, a line each.
    pub fn describe() -> impl fmt::Display {
        Description
    }
}

/// The options as text that reads back as the same options, unless a path holds quotes of both kinds; those at their
/// default are left out.
impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let force: Vec<_> = self.force.iter().map(|forced| sign(forced.on).to_owned() + &forced.mode).collect();
        let faults: Vec<_> = self.faults.iter().map(FaultWhen::to_string).collect();
        let items = [
            self.check.then(|| "check".to_owned()),
            self.exitcode.map(|status| format!("exitcode={status}")),
            (!faults.is_empty()).then(|| format!("faults={}", faults.join(","))),
            (!self.follow).then(|| "follow=0".to_owned()),
            (!force.is_empty()).then(|| format!("force={}", force.join(","))),
            (self.format == Format::Json).then(|| "format=json".to_owned()),
            self.help.then(|| "help".to_owned()),
            self.host.as_deref().map(|path| format!("host={}", quoted(path))),
            self.log.as_deref().map(|path| format!("log={}", quoted(path))),
            self.profile.as_deref().map(|name| format!("profile={name}")),
            (self.seed != 0).then(|| format!("seed={}", self.seed)),
            self.suppressions.as_deref().map(|path| format!("suppressions={}", quoted(path))),
            self.tally.as_deref().map(|path| format!("tally={}", quoted(path))),
            self.trace.then(|| "trace".to_owned()),
        ];
        f.write_str(&items.into_iter().flatten().collect::<Vec<_>>().join(":"))
    }
}

fn sign(on: bool) -> &'static str {
    if on { "+" } else { "-" }
}

fn quoted(value: &str) -> String {
    let quote = if value.contains('"') { '\'' } else { '"' };
    format!("{quote}{value}{quote}")
}

/// The first item of `options`, and what follows its colon. A colon between quotes ends nothing.
fn next_item(options: &str) -> Result<(&str, &str), OptionError> {
    let mut quote = None;
    for (at, letter) in options.char_indices() {
        match (quote, letter) {
            (None, ':') => return Ok((&options[..at], &options[at + 1..])),
            (None, '"' | '\'') if options[..at].ends_with('=') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    match quote {
        None => Ok((options, "")),
        Some(quote) => Err(OptionError::Unclosed { quote, item: options.to_owned() }),
    }
}

fn unquoted(value: &str) -> &str {
    let inner = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

struct Description;

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for known in KNOWN {
            writeln!(f, "  {:<18} {}", format!("{}={}", known.name, known.value), known.meaning)?;
        }
        Ok(())
    }
}

fn known_names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.name)
}
