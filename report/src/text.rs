//! The report for people.

use crate::baseline::{Call, Changed};
use crate::found::{Evidence, Finding, Profiled, Report, Status, TopicFound};
use sslmode_engine::differences::Weight;
use std::fmt::{self, Formatter, Write};

/// So wide are the lines at the most, where words allow it.
const WIDTH: usize = 100;

impl Report {
    /// The report as text.
    pub fn to_text(&self) -> String {
        Text(self).to_string()
    }

    /// What the run says in one line.
    pub fn summary(&self) -> String {
        format!("From {} to {}: {}", self.from.name, self.to.name, self.verdict())
    }

    /// The same without the names.
    pub fn verdict(&self) -> String {
        let Counts { found, safe, open, rules } = self.counts();
        let broken = if rules == 0 { String::new() } else { format!("; {} of the documentation broken", rule(rules)) };
        let relied = differences(found);
        format!("the program relies on {relied}, {safe} found safe, {open} not exercised by this run{broken}")
    }

    /// How many topics and rules there are of each kind; what shows in memory alone is left out.
    pub fn counts(&self) -> Counts {
        let count = |status| self.of(status).filter(|topic| topic.difference.topic.weight() == Weight::Breaks).count();
        Counts {
            found: count(Status::Found),
            safe: count(Status::Safe),
            open: count(Status::NotExercised),
            rules: self.findings.iter().filter(|finding| finding.count > finding.suppressed).count(),
        }
    }
}

/// How many topics the run says what of.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// The program relies on so many.
    pub found: usize,
    /// So many were exercised and are no difference to it.
    pub safe: usize,
    /// So many were not exercised.
    pub open: usize,
    /// So many rules of the documentation were broken.
    pub rules: usize,
}

fn differences(count: usize) -> String {
    match count {
        0 => "no difference".to_owned(),
        1 => "1 difference".to_owned(),
        count => format!("{count} differences"),
    }
}

fn rule(count: usize) -> String {
    format!("{count} rule{}", if count == 1 { "" } else { "s" })
}

struct Text<'r>(&'r Report);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        writeln!(f, "{}", report.summary())?;
        self.read(f)?;
        for topic in report.of(Status::Found).filter(|topic| topic.counts()) {
            found(f, topic)?;
        }
        for finding in report.findings.iter().filter(|finding| finding.count > finding.suppressed) {
            broken(f, finding)?;
        }
        for profiled in &report.profiled {
            kept(f, profiled)?;
        }
        if let Some(changed) = &report.changed {
            changes(f, changed)?;
        }
        self.list(f, "Changed, nothing to do:", Status::Found, |topic| !topic.counts())?;
        self.list(f, "Found safe, exercised without a difference:", Status::Safe, |_| true)?;
        self.list(f, "Not exercised by this run:", Status::NotExercised, |_| true)?;
        self.list(f, "Not shown by any trace:", Status::NotShown, |_| true)
    }
}

impl Text<'_> {
    /// What was read, and what could not be.
    fn read(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let report = self.0;
        for program in &report.programs {
            let (contexts, connections) = (program.contexts, program.connections);
            let hosts = if program.hosts.is_empty() { "no libssl".to_owned() } else { program.hosts.join(", ") };
            let (program, pid) = (clean(&program.program), program.pid);
            writeln!(f, "    {program}[{pid}]: {}; contexts {contexts}, connections {connections}", clean(&hosts))?;
        }
        let more = report.processes.saturating_sub(report.programs.len() as u64);
        if more > 0 {
            writeln!(f, "    and {more} more processes")?;
        }
        for trace in &report.traces {
            for problem in &trace.problems {
                writeln!(f, "    {}:{}: {}", clean(&trace.name), problem.line, clean(&problem.text))?;
            }
            let more = trace.bad_lines - trace.problems.len() as u64;
            if more > 0 {
                writeln!(f, "    {}: and {more} more lines that are none of a trace", clean(&trace.name))?;
            }
            if trace.lines == 0 {
                writeln!(f, "    {}: expected a trace, got an empty file", clean(&trace.name))?;
            }
        }
        report.remarks.iter().try_for_each(|remark| writeln!(f, "    {}", wrapped(remark, 4)))
    }

    fn list(
        &self,
        f: &mut Formatter<'_>,
        title: &str,
        status: Status,
        is_meant: impl Fn(&TopicFound) -> bool,
    ) -> fmt::Result {
        let topics: Vec<_> = self.0.of(status).filter(|topic| is_meant(topic)).collect();
        if topics.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{title}")?;
        for topic in topics {
            let name = topic.difference.topic.name();
            let what = match status {
                Status::Found => format!("{}; now: {}", topic.difference.from, topic.difference.to),
                Status::Safe if topic.suppressed > 0 => {
                    format!("{} suppressed, {} without a difference", topic.suppressed, topic.safe)
                }
                Status::Safe => format!("{} call{}", topic.safe, if topic.safe == 1 { "" } else { "s" }),
                Status::NotExercised => format!("needs {}", topic.exercise()),
                Status::NotShown => format!("{}; now: {}", topic.difference.from, topic.difference.to),
            };
            writeln!(f, "    {name:18} {}", wrapped(&what, 23))?;
        }
        Ok(())
    }
}

fn found(f: &mut Formatter<'_>, topic: &TopicFound) -> fmt::Result {
    let difference = &topic.difference;
    let perhaps = match topic.perhaps {
        0 => String::new(),
        some => format!(", {some} of them perhaps: the trace does not tell how much had been sent"),
    };
    writeln!(f, "\n{} ({}{perhaps})", difference.topic.name(), times(topic.count))?;
    writeln!(f, "    before:  {}", wrapped(&difference.from, 13))?;
    writeln!(f, "    now:     {}", wrapped(&difference.to, 13))?;
    writeln!(f, "    instead: {}", wrapped(difference.topic.instead(), 13))?;
    writeln!(f, "    source:  {}", wrapped(&difference.source, 13))?;
    evidence(f, &topic.evidence, topic.count - topic.suppressed)?;
    if topic.suppressed > 0 {
        writeln!(f, "    {} suppressed", topic.suppressed)?;
    }
    Ok(())
}

fn broken(f: &mut Formatter<'_>, finding: &Finding) -> fmt::Result {
    writeln!(f, "\n{} (a rule of the documentation, {}; {})", finding.name, finding.severity, times(finding.count))?;
    writeln!(f, "    instead: {}", wrapped(&clean(&finding.advice), 13))?;
    evidence(f, &finding.evidence, finding.count - finding.suppressed)
}

fn kept(f: &mut Formatter<'_>, profiled: &Profiled) -> fmt::Result {
    let what = match profiled.kind.as_str() {
        "spared" => "the old version would have read past the buffer, or sent bytes twice",
        "hidden" => "records that no old version met",
        _ => "kept from the program",
    };
    writeln!(f, "\nprofile, {} ({what}; {})", clean(&profiled.kind), times(profiled.count))?;
    evidence(f, &profiled.evidence, profiled.count)
}

fn evidence(f: &mut Formatter<'_>, shown: &[Evidence], count: u64) -> fmt::Result {
    for call in shown {
        let (trace, program) = (clean(&call.trace), clean(&call.program));
        writeln!(f, "    {trace}:{}: {program}[{}] {}", call.line, call.pid, clean(&call.call))?;
        if !call.note.is_empty() {
            writeln!(f, "        {}", wrapped(&clean(&call.note), 8))?;
        }
    }
    let more = count.saturating_sub(shown.len() as u64);
    if more > 0 { writeln!(f, "    and {more} more") } else { Ok(()) }
}

fn changes(f: &mut Formatter<'_>, changed: &Changed) -> fmt::Result {
    writeln!(f, "\nBeside the baseline: {} connections compared", changed.compared)?;
    let [old, new] = changed.connections;
    if old != new {
        writeln!(f, "    the baseline has {old} connections, this run {new}")?;
    }
    if changed.pairs.is_empty() && changed.totals.is_empty() {
        return writeln!(f, "    every call had the same outcome");
    }
    for pair in changed.pairs.iter().take(crate::found::SHOWN) {
        let (old, new) = (outcome(pair.old.as_ref()), outcome(pair.new.as_ref()));
        writeln!(f, "    connection {}: the first call that differs was {old}, is {new}", pair.connection)?;
    }
    let more = changed.pairs.len().saturating_sub(crate::found::SHOWN);
    if more > 0 {
        writeln!(f, "    and {more} more connections")?;
    }
    for total in &changed.totals {
        let (function, outcome) = (clean(&total.function), clean(&total.outcome));
        writeln!(f, "    {function}: {outcome}: {} times, now {}", total.old, total.new)?;
    }
    Ok(())
}

fn outcome(call: Option<&Call>) -> String {
    let Some(call) = call else { return "none".to_owned() };
    let mut text = clean(&call.function);
    let _ = call.requested.map(|length| write!(text, " of {length}"));
    let _ = write!(text, ": {} (line {})", clean(&call.outcome), call.line);
    text
}

/// How often.
pub fn times(count: u64) -> String {
    format!("{count} time{}", if count == 1 { "" } else { "s" })
}

/// What came from a trace, without what a terminal would take as a command.
pub fn clean(text: &str) -> String {
    // Letters that turn the direction of the text around make a name look like another.
    let turns = |letter| matches!(letter, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|letter| if letter.is_control() || turns(letter) { '\u{fffd}' } else { letter }).collect()
}

/// Words in lines, the following ones set in.
fn wrapped(text: &str, indent: usize) -> String {
    let (mut lines, mut length) = (String::new(), indent);
    for word in text.split(' ') {
        let letters = word.chars().count();
        if length > indent && length + 1 + letters > WIDTH {
            let _ = write!(lines, "\n{:indent$}", "");
            length = indent;
        } else if !lines.is_empty() {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += letters;
    }
    lines
}
