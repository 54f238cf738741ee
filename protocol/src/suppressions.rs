//! The file of the option `suppressions`: which findings are not told.
//!
//! A line is `FINDING:PATTERN`, as the sanitizers write theirs. The finding is suppressed where the pattern matches the
//! function, the module or the source file of a call that led to it. `*` stands for any letters; a pattern matches a part of
//! the name unless it begins with `^` or ends with `$`. `*` as the finding is every finding. Lines that are empty or begin
//! with `#` are passed over.

use std::fmt;
use std::str::FromStr;

/// The lines of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppressions(Vec<Suppression>);

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The finding's name, or `*`: which there are is the engine's to say.
    pub finding: String,
    /// What it is matched with.
    pub pattern: Pattern,
    /// The number of the line, from 1.
    pub line: usize,
}

/// Every finding.
pub const EVERY: &str = "*";

/// What a name is matched with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Between the `*`: never empty unless the pattern is `*` alone.
    parts: Vec<String>,
    from_start: bool,
    to_end: bool,
}

/// A line that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressionError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What it holds.
    pub text: String,
}

impl fmt::Display for SuppressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected FINDING:PATTERN, got {:?}", self.line, self.text)
    }
}

impl FromStr for Suppressions {
    type Err = SuppressionError;

    fn from_str(text: &str) -> Result<Suppressions, SuppressionError> {
        let lines = text.lines().enumerate().map(|(place, line)| (place + 1, line.trim()));
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        lines.map(|(line, text)| suppression(line, text)).collect::<Result<_, _>>().map(Suppressions)
    }
}

fn suppression(line: usize, text: &str) -> Result<Suppression, SuppressionError> {
    let error = || SuppressionError { line, text: text.to_owned() };
    let (finding, pattern) = text.split_once(':').ok_or_else(error)?;
    let (finding, pattern) = (finding.trim(), pattern.trim());
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if finding != EVERY && (finding.is_empty() || !finding.bytes().all(is_name)) {
        return Err(error());
    }
    let pattern = Pattern::new(pattern).ok_or_else(error)?;
    Ok(Suppression { finding: finding.to_owned(), pattern, line })
}

impl Suppressions {
    /// The first line whose finding is none, as `is_known` has it.
    pub fn first_unknown(&self, is_known: impl Fn(&str) -> bool) -> Option<&Suppression> {
        self.0.iter().find(|line| line.finding != EVERY && !is_known(&line.finding))
    }

    /// Whether a finding is not to be told that the code of these names led to.
    pub fn cover<'a>(&self, finding: &str, names: impl Iterator<Item = &'a str> + Clone) -> bool {
        self.0.iter().any(|line| {
            (line.finding == EVERY || line.finding == finding) && names.clone().any(|name| line.pattern.matches(name))
        })
    }
}

impl Pattern {
    /// None where there is nothing to match.
    fn new(text: &str) -> Option<Pattern> {
        let (from_start, text) = text.strip_prefix('^').map_or((false, text), |rest| (true, rest));
        let (to_end, text) = text.strip_suffix('$').map_or((false, text), |rest| (true, rest));
        if text.is_empty() {
            return None;
        }
        let (from_start, to_end) = (from_start && !text.starts_with('*'), to_end && !text.ends_with('*'));
        let parts = text.split('*').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Some(Pattern { parts, from_start, to_end })
    }

    /// Whether it matches `name`.
    pub fn matches(&self, name: &str) -> bool {
        let Some((last, others)) = self.parts.split_last() else { return true };
        let mut rest = name;
        for (place, part) in others.iter().enumerate() {
            let Some(at) = rest.find(part.as_str()) else { return false };
            if place == 0 && self.from_start && at != 0 {
                return false;
            }
            rest = &rest[at + part.len()..];
        }
        let alone = others.is_empty() && self.from_start;
        match (alone, self.to_end) {
            (true, true) => rest == last,
            (true, false) => rest.starts_with(last.as_str()),
            (false, true) => rest.ends_with(last.as_str()),
            (false, false) => rest.contains(last.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::new(pattern).unwrap().matches(name)
    }

    #[test]
    fn patterns() {
        assert!(matches("write", "my_writer") && !matches("^write", "my_writer") && matches("^my_", "my_writer"));
        assert!(matches("writer$", "my_writer") && !matches("write$", "my_writer"));
        assert!(matches("^main$", "main") && !matches("^main$", "main2") && !matches("^main$", "a_main"));
        assert!(matches("lib*.so", "/usr/lib/libcurl.so.4") && !matches("lib*.dll", "libcurl.so"));
        assert!(matches("^lib*.so$", "libcurl.so") && !matches("^lib*.so$", "libcurl.so.4"));
        assert!(matches("*", "") && matches("^*$", "anything") && matches("a*b*c", "xaxbxcx"));
        assert!(!matches("a*b*c", "acb") && !matches("aa*a", "aa"));
    }

    #[test]
    fn lines_and_mistakes() {
        let text = "# those of others\n\n busy-retry: ^writeHandler$ \r\n*:libfoo.so\n";
        let suppressions: Suppressions = text.parse().unwrap();
        assert_eq!(suppressions.0.iter().map(|line| line.line).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(suppressions.first_unknown(|name| name == "busy").map(|line| line.line), Some(3));
        assert_eq!(suppressions.first_unknown(|name| name == "busy-retry"), None);
        let covered = |finding, names: &[&str]| suppressions.cover(finding, names.iter().copied());
        assert!(covered("busy-retry", &["main", "writeHandler"]) && !covered("busy-retry", &["main", "writeHandlers"]));
        assert!(covered("changed-retry", &["/lib/libfoo.so.1"]) && !covered("changed-retry", &["writeHandler"]));
        for wrong in ["busy-retry", ":x", "busy retry:x", "busy-retry:", "busy-retry:^$", "é:x"] {
            let error = format!("#\n{wrong}").parse::<Suppressions>().unwrap_err();
            assert_eq!(error.to_string(), format!("line 2: expected FINDING:PATTERN, got {wrong:?}"));
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String, nearly in "([a-z*-]{0,4}:?[\\^*$a-b]{0,5}\n?){0,4}", name in "[ab]{0,6}") {
            for text in [text, nearly] {
                if let Ok(suppressions) = text.parse::<Suppressions>() {
                    let _ = suppressions.cover("busy-retry", [name.as_str()].into_iter());
                }
            }
        }

        /// A pattern made of a name by leaving letters out for `*` matches it.
        #[test]
        fn what_is_left_out_is_matched(name in "[ab]{1,8}", one in 0..8usize, other in 0..8usize) {
            let (from, to) = (one.min(other).min(name.len()), one.max(other).min(name.len()));
            let pattern = format!("^{}*{}$", &name[..from], &name[to..]);
            prop_assert!(matches(&pattern, &name), "{pattern} {name}");
        }
    }
}
