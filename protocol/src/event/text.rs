//! Events as lines for people.

use super::{Birth, Event, Finding, Found};
use std::fmt;

/// The event in the manner of strace(1).
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Start { version, program } => write!(f, "start {program}, libsslmode {version}"),
            Event::Host { path, version, dialect, profile } => {
                write!(f, "host {path}: {version}, dialect {dialect}")?;
                profile.as_ref().map_or(Ok(()), |profile| write!(f, ", profile {profile}"))
            }
            Event::Birth(birth) => write!(f, "{birth}"),
            Event::Seen(birth) => write!(f, "{birth}, made unseen"),
            Event::Mode { function, handle, asked, before, after, shown, by } => {
                write!(f, "{function}({handle}")?;
                if let Some(asked) = asked {
                    write!(f, ", {asked}")?;
                }
                write!(f, ") = {}", shown.as_ref().unwrap_or(after))?;
                if asked.is_some() {
                    write!(f, ", was {before}")?;
                }
                if shown.is_some() {
                    write!(f, ", in force {after}")?;
                }
                write!(f, ", by {by}")
            }
            Event::Fault { function, handle, made } => write!(f, "made {made} ahead of {function}({handle})"),
            Event::Io { function, handle, requested, result, bytes, error, made, duration_ns, inner, bio, .. } => {
                f.write_str(if *inner { "  inner " } else { "" })?;
                f.write_str(if *bio { "BIO " } else { "" })?;
                write!(f, "{function}({handle}")?;
                requested.map_or(Ok(()), |length| write!(f, ", {length}"))?;
                write!(f, ") = {result}")?;
                match bytes {
                    Some(bytes) if i64::try_from(*bytes) != Ok(*result) => write!(f, ", {bytes} bytes")?,
                    _ => {}
                }
                error.as_ref().map_or(Ok(()), |error| write!(f, " {error}"))?;
                made.as_ref().map_or(Ok(()), |made| write!(f, ", made {made}"))?;
                write!(f, " <{}.{:06}>", duration_ns / 1_000_000_000, duration_ns / 1000 % 1_000_000)
            }
            Event::Handshake { handle, version, role, cipher } => {
                write!(f, "handshake of {handle} is finished")?;
                let words = [version.as_deref(), role.as_deref(), cipher.as_deref()];
                words.into_iter().flatten().try_for_each(|word| write!(f, ", {word}"))
            }
            Event::Finding(finding) => write!(f, "{finding}"),
            Event::Findings { found } => findings(f, found),
            Event::Profile { function, handle, kind, text } => write!(f, "{kind} in {function}({handle}): {text}"),
            Event::Death { handle } => write!(f, "{handle} is freed"),
        }
    }
}

/// Several lines, in the manner of the sanitizers.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}, handle {}", self.severity.to_uppercase(), self.name, self.text, self.handle)?;
        for (place, frame) in self.frames.iter().enumerate() {
            write!(f, "\n    #{place} {frame}")?;
        }
        write!(f, "\n    rule: {}\n    instead: {}", self.source, self.advice)
    }
}

/// One line: each name and how often.
fn findings(f: &mut fmt::Formatter<'_>, found: &[Found]) -> fmt::Result {
    let all: u64 = found.iter().map(|found| found.count).sum();
    let mut names: Vec<(&str, u64)> = Vec::new();
    for found in found {
        match names.iter_mut().find(|(name, _)| *name == found.name) {
            Some((_, count)) => *count += found.count,
            None => names.push((&found.name, found.count)),
        }
    }
    write!(f, "{all} finding{}", if all == 1 { "" } else { "s" })?;
    for (place, (name, count)) in names.into_iter().enumerate() {
        write!(f, "{} {name} {count}", if place == 0 { ":" } else { "," })?;
    }
    Ok(())
}

impl fmt::Display for Birth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parent = self.parent.as_deref().unwrap_or("");
        write!(f, "{}({parent}) = {} ({})", self.function, self.handle, self.modes)?;
        self.modes_shown.as_ref().map_or(Ok(()), |shown| write!(f, ", shown as {shown}"))?;
        write!(f, ", by {}", self.by)
    }
}
