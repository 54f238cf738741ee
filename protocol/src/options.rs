//! The options: `key=value:key=value`, as the sanitizers write theirs.
//!
//! A value that holds a colon stands in single or double quotes. A switch may stand alone (`trace`) or with
//! `1`/`0`, `yes`/`no`, `true`/`false`. Empty items are passed over; of two items with one key the last counts.

use std::fmt;
use std::str::FromStr;

/// The environment variable that `libsslmode.so` reads them from.
pub const VARIABLE: &str = "SSLMODE_OPTIONS";

/// What a program is run under.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Print the options and what they mean.
    pub help: bool,
    /// The libssl that owns handles whose making was not seen.
    pub host: Option<String>,
    /// Write mode calls and the hosts found to stderr.
    pub trace: bool,
}

struct Known {
    name: &'static str,
    value: &'static str,
    meaning: &'static str,
    store: fn(&mut Options, Option<&str>) -> Result<(), &'static str>,
}

const KNOWN: &[Known] = &[
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
        store: |options, value| text(value).map(|path| options.host = Some(path)),
    },
    Known {
        name: "trace",
        value: "1|0",
        meaning: "write mode calls, in names, and the libssls found to stderr",
        store: |options, value| switch(value).map(|on| options.trace = on),
    },
];

fn switch(value: Option<&str>) -> Result<bool, &'static str> {
    match value {
        None | Some("1" | "yes" | "true") => Ok(true),
        Some("0" | "no" | "false") => Ok(false),
        Some(_) => Err("1 or 0"),
    }
}

fn text(value: Option<&str>) -> Result<String, &'static str> {
    match value {
        Some(value) if !value.is_empty() => Ok(value.to_owned()),
        _ => Err("a path"),
    }
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
    fn store(&mut self, item: &str) -> Result<(), OptionError> {
        let (key, value) = match item.split_once('=') {
            Some((key, value)) => (key, Some(unquoted(value))),
            None => (item, None),
        };
        let Some(known) = KNOWN.iter().find(|known| known.name == key) else {
            return Err(OptionError::Unknown { key: key.to_owned() });
        };
        (known.store)(self, value).map_err(|expected| OptionError::Value {
            key: known.name,
            value: value.map(str::to_owned),
            expected,
        })
    }

    /// The options and their meanings, a line each.
    pub fn describe() -> impl fmt::Display {
        Description
    }
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
            writeln!(f, "  {:<12} {}", format!("{}={}", known.name, known.value), known.meaning)?;
        }
        Ok(())
    }
}

/// A mistake in the options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionError {
    /// There is no such option.
    Unknown {
        /// As it came.
        key: String,
    },
    /// An option got a value that it does not take.
    Value {
        /// Which option.
        key: &'static str,
        /// As it came, if one came.
        value: Option<String>,
        /// What it takes.
        expected: &'static str,
    },
    /// A quote was opened and never closed.
    Unclosed {
        /// Which quote.
        quote: char,
        /// Where it began.
        item: String,
    },
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionError::Unknown { key } => {
                write!(f, "unknown option \"{key}\" (expected one of")?;
                let mut separator = " ";
                for known in KNOWN {
                    write!(f, "{separator}{}", known.name)?;
                    separator = ", ";
                }
                match nearest(key) {
                    Some(name) => write!(f, "; did you mean \"{name}\"?)"),
                    None => f.write_str(")"),
                }
            }
            OptionError::Value { key, value: Some(value), expected } => {
                write!(f, "option {key}: expected {expected}, got \"{value}\"")
            }
            OptionError::Value { key, value: None, expected } => {
                write!(f, "option {key}: expected {expected}, got nothing")
            }
            OptionError::Unclosed { quote, item } => write!(f, "no closing {quote} in {item}"),
        }
    }
}

impl std::error::Error for OptionError {}

fn nearest(key: &str) -> Option<&'static str> {
    let distance = |known: &&Known| strsim::damerau_levenshtein(known.name, key);
    let best = KNOWN.iter().min_by_key(distance)?;
    (distance(&best) <= 2).then_some(best.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Options, String> {
        text.parse().map_err(|error: OptionError| error.to_string())
    }

    #[test]
    fn items_and_switches() {
        assert_eq!(parse(""), Ok(Options::default()));
        assert_eq!(parse("trace"), parse("trace=1"));
        assert_eq!(parse(":trace=yes::"), parse("trace=0:trace=true"));
        assert_eq!(parse("trace=no"), Ok(Options::default()));
        let both = Options { host: Some("/a/b.so".to_owned()), trace: true, help: false };
        assert_eq!(parse("host=/a/b.so:trace=1"), Ok(both));
    }

    #[test]
    fn quotes_keep_colons() {
        let host = |path: &str| Ok(Options { host: Some(path.to_owned()), ..Options::default() });
        assert_eq!(parse("host=\"/a:b\""), host("/a:b"));
        assert_eq!(parse("host='/a:\"b\"':trace=0"), host("/a:\"b\""));
        assert_eq!(parse("host=/it's"), host("/it's"), "a quote in mid-value is a letter");
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        let mistake = |text| parse(text).unwrap_err();
        assert_eq!(
            mistake("tracee=1"),
            "unknown option \"tracee\" (expected one of help, host, trace; did you mean \"trace\"?)"
        );
        assert_eq!(mistake("colour=1"), "unknown option \"colour\" (expected one of help, host, trace)");
        assert_eq!(mistake("trace=2"), "option trace: expected 1 or 0, got \"2\"");
        assert_eq!(mistake("host="), "option host: expected a path, got \"\"");
        assert_eq!(mistake("host"), "option host: expected a path, got nothing");
        assert_eq!(mistake("host=\"/a"), "no closing \" in host=\"/a");
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String, items in "([a-z]{0,6}(=['\"]?[a-z:]{0,6}['\"]?)?:?){0,8}") {
            let _ = parse(&text);
            let _ = parse(&items);
        }
    }
}
