//! `sslmode explain`: a mask in names, names as a mask, and what they do; or a finding.

use crate::args::Explain;
use crate::mistake::Mistake;
use sslmode_engine::contract::{Entry, Rule};
use sslmode_engine::meaning::MEANINGS;
use sslmode_engine::names::MaskError;
use sslmode_engine::{Dialect, Modes};
use sslmode_protocol::options::nearest;
use std::io::{self, Write};

/// # Errors
/// The text is no mask in any of the dialects asked for, and no finding.
pub fn explain(explain: &Explain) -> Result<(), Mistake> {
    if let Some(rule) = Rule::by_name(&explain.mask) {
        return Ok(write_finding(rule.entry())?);
    }
    if let (Some(name), Some(other)) = (&explain.dialect, &explain.other) {
        return explain_as(&explain.mask, dialect("--dialect", name)?, dialect("--as", other)?);
    }
    let dialects = match &explain.dialect {
        Some(name) => vec![dialect("--dialect", name)?],
        None => Dialect::ALL.to_vec(),
    };
    let (mut modes, mut error) = (Modes::empty(), None);
    let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
    for dialect in dialects {
        let line = match dialect.parse_mask(&explain.mask) {
            Ok(mask) => {
                let mask = dialect.argument(mask);
                modes |= dialect.decode(mask).modes | named(&explain.mask, dialect);
                format!("{mask:#x}  {}", dialect.name_mask(mask))
            }
            Err(MaskError::Foreign { word, .. }) => format!("has no {word}"),
            Err(unknown) => {
                error = Some(unknown);
                continue;
            }
        };
        match lines.iter_mut().find(|(known, _)| *known == line) {
            Some((_, names)) => names.push(dialect.name),
            None => lines.push((line, vec![dialect.name])),
        }
    }
    if let Some(error) = error.filter(|_| modes.is_empty()) {
        return Err(unknown(&error));
    }
    Ok(write(&lines, modes)?)
}

/// Modes that are named but are 0 here, such as BoringSSL's AUTO_RETRY.
fn named(text: &str, dialect: &Dialect) -> Modes {
    let words = text.split('|').map(|word| word.trim().to_ascii_uppercase());
    let modes = words.filter_map(|word| Modes::from_name(word.strip_prefix("SSL_MODE_").unwrap_or(&word)));
    modes.collect::<Modes>() & dialect.known()
}

/// A program built for one libssl's numbers that meets another: the same number, and the same modes.
fn explain_as(text: &str, from: &'static Dialect, to: &'static Dialect) -> Result<(), Mistake> {
    let mask = from.argument(from.parse_mask(text).map_err(|error| Mistake::usage(error.to_string()))?);
    let (modes, there) = (from.decode(mask).modes, to.argument(mask));
    let mut out = io::stdout().lock();
    writeln!(out, "{mask:#x} in {}: {}", from.name, from.name_mask(mask))?;
    writeln!(out, "{there:#x} in {}: {}", to.name, to.name_mask(there))?;
    for (name, mode) in modes.iter_names() {
        match to.encode(mode) {
            Ok(0) => writeln!(out, "{name} is 0 in {}: it does nothing there", to.name)?,
            Ok(number) => writeln!(out, "{name} is {number:#x} in {}", to.name)?,
            Err(_) => writeln!(out, "{name} does not exist in {}", to.name)?,
        }
    }
    Ok(())
}

/// The dialect of this name, which `option` was given.
pub fn dialect(option: &str, name: &str) -> Result<&'static Dialect, Mistake> {
    let names = Dialect::ALL.map(|dialect| dialect.name);
    Dialect::by_name(name).ok_or_else(|| {
        let meant = nearest(name, names).map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
        Mistake::usage(format_args!("{option}: expected one of {}, got \"{name}\"{meant}", names.join(", ")))
    })
}

fn unknown(error: &MaskError) -> Mistake {
    let (MaskError::Unknown { word, .. } | MaskError::Foreign { word, .. }) = error;
    let modes = Modes::all().iter_names().map(|(name, _)| name);
    let names = modes.chain(Rule::all().map(Rule::name));
    let meant = nearest(word, names).map_or_else(String::new, |mode| format!("; did you mean \"{mode}\"?"));
    let names = Modes::all().iter_names().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
    Mistake::usage(format_args!("unknown mode \"{word}\" (expected a number or one of {names}{meant})"))
}

fn write_finding(entry: &Entry) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{} ({})", entry.name, entry.severity.name())?;
    let parts =
        [("Found", entry.trigger), ("Not found", entry.silent), ("Rule", entry.source), ("Instead", entry.advice)];
    parts.into_iter().try_for_each(|(title, text)| writeln!(out, "\n{}", wrapped(&format!("{title}: {text}"))))
}

fn write(lines: &[(String, Vec<&str>)], modes: Modes) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (line, dialects) in lines {
        writeln!(out, "{line}")?;
        writeln!(out, "    in {}", dialects.join(", "))?;
    }
    for (mode, meaning) in MEANINGS.iter().filter(|(mode, _)| modes.contains(*mode)) {
        let name = mode.iter_names().map(|(name, _)| name).collect::<String>();
        writeln!(out, "\n{}", wrapped(&format!("{name} {meaning}")))?;
    }
    Ok(())
}

fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is a line");
        if last.is_empty() {
            last.push_str(word);
        } else if last.len() + 1 + word.len() <= 80 {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}
