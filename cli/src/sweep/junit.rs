//! What a sweep found, as the XML that build servers read.

use super::report::repeat_line;
use super::run::{Bench, Outcome, Verdict};
use super::shrink::Fewest;
use crate::mistake::Mistake;
use std::fmt::Write;
use std::fs;

/// # Errors
/// The file cannot be written.
pub fn write(path: &str, bench: &Bench, outcomes: &[Outcome], fewest: Option<&Fewest>) -> Result<(), Mistake> {
    let written = fs::write(path, document(bench, outcomes, fewest));
    written.map_err(|error| Mistake::usage(format_args!("--junit: expected a file to write to, got {path}: {error}")))
}

fn document(bench: &Bench, outcomes: &[Outcome], fewest: Option<&Fewest>) -> String {
    let count = |matches: fn(&Verdict) -> bool| outcomes.iter().filter(|outcome| matches(&outcome.verdict)).count();
    let seconds: f64 = outcomes.iter().map(|outcome| outcome.took.as_secs_f64()).sum();
    let name = escaped(&bench.program[0].to_string_lossy());
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"sslmode sweep {name}\" tests=\"{}\" \
         failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{seconds:.3}\">\n",
        outcomes.len(),
        count(Verdict::is_failure),
        count(|verdict| *verdict == Verdict::Stopped),
    );
    for outcome in outcomes {
        case(&mut text, bench, outcome, fewest.filter(|_| outcome.verdict.is_failure()));
    }
    text + "</testsuite>\n</testsuites>\n"
}

fn case(text: &mut String, bench: &Bench, outcome: &Outcome, fewest: Option<&Fewest>) {
    let name = escaped(&format!("faults={} seed={}", outcome.job.faults, outcome.job.seed));
    let seconds = outcome.took.as_secs_f64();
    let _ = write!(text, "<testcase classname=\"sweep\" name=\"{name}\" time=\"{seconds:.3}\">");
    if outcome.verdict == Verdict::Stopped {
        text.push_str("<skipped/>");
    }
    if outcome.verdict.is_failure() {
        let job = fewest.map_or(&outcome.job, |fewest| &fewest.outcome.job);
        let mut body = format!("{}\n\n", repeat_line(bench, job));
        body.extend(outcome.last.iter().flat_map(|line| [line, "\n"]));
        let message = escaped(&outcome.verdict.to_string());
        let _ = write!(text, "<failure message=\"{message}\">{}</failure>", escaped(&body));
    }
    text.push_str("</testcase>\n");
}

/// XML 1.0, section 2.4; what it has no way to write at all is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(letter),
            control if control.is_control() || matches!(control, '\u{FFFE}' | '\u{FFFF}') => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_for_xml() {
        assert_eq!(escaped("a<b> & \"c\"\u{1}\n"), "a&lt;b&gt; &amp; &quot;c&quot;\n");
    }
}
