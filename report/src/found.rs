//! What comes out of an analysis.

use crate::baseline::Changed;
use crate::input::Problem;
use crate::timeline::Connection;
use serde::Serialize;
use sslmode_engine::Dialect;
use sslmode_engine::differences::{Difference, Topic, Weight};
use std::rc::Rc;

/// So many calls are shown of each topic, and so many problems of each trace; more are counted.
pub const SHOWN: usize = 10;

/// A call that shows something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The trace, by its name.
    pub trace: Rc<str>,
    /// The number of its line.
    pub line: u64,
    /// The program, by its path.
    pub program: Rc<str>,
    /// The process.
    pub pid: u32,
    /// The handle's address; addresses are used again.
    pub handle: String,
    /// The call, as a trace for people has it.
    pub call: String,
    /// What it shows.
    pub note: String,
}

/// What is known of a topic after the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The program relies on the difference.
    Found,
    /// It came to it, and does not.
    Safe,
    /// It did not come to it in this run.
    NotExercised,
    /// No trace can show it.
    NotShown,
}

/// A topic, and what the run says of it.
#[derive(Clone, Debug)]
pub struct TopicFound {
    /// What differs.
    pub difference: Difference,
    /// What the run says.
    pub status: Status,
    /// How many calls rely on it.
    pub count: u64,
    /// How many of them may or may not: the trace does not tell how much the transport had taken.
    pub perhaps: u64,
    /// How many calls came to it without relying on it.
    pub safe: u64,
    /// Whether a suppression hides it: it is not counted as found.
    pub suppressed: u64,
    /// The first calls.
    pub evidence: Vec<Evidence>,
}

impl TopicFound {
    /// Whether the exit status says it.
    pub fn counts(&self) -> bool {
        self.status == Status::Found && self.difference.topic.weight() == Weight::Breaks
    }

    /// What a run has to do to come to it.
    pub fn exercise(&self) -> &'static str {
        exercise(self.difference.topic)
    }
}

/// What a run has to do before a trace says something of a topic.
fn exercise(topic: Topic) -> &'static str {
    match topic {
        Topic::DefaultModes => "a connection that reads or writes",
        Topic::MaskWidth | Topic::UnknownBits | Topic::ModeNumbers | Topic::MissingModes => {
            "a call that sets or clears modes"
        }
        Topic::MovedRetry | Topic::ShorterRetry | Topic::LongerRetry | Topic::RightRetry => {
            "a write that has to be retried; --faults want_write@0.1,short_write@0.1 brings it about"
        }
        Topic::NegativeLength | Topic::EmptyWriteEx => "a call of SSL_write or SSL_write_ex",
        Topic::AfterFatal => "a call after a fatal error",
        Topic::FailedTransport => "a write that fails with SSL_ERROR_SYSCALL",
        Topic::SessionTickets | Topic::KeyUpdates => {
            "TLS 1.3, and a record without data that SSL_read answers with SSL_ERROR_WANT_READ; --force -AUTO_RETRY and \
             --faults key_update@0.1 bring it about"
        }
        Topic::ReleasedBuffers | Topic::DtlsBuffers => "a connection under RELEASE_BUFFERS",
        Topic::FallbackSignal | Topic::DowngradeMark => "a client's handshake",
        _ => "what a trace does not show: look at the source",
    }
}

/// Whether a trace can show it at all.
pub fn is_shown(topic: Topic) -> bool {
    !exercise(topic).starts_with("what a trace does not show")
}

/// A rule of the documentation that the program broke, as `--check` found it.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Its name, in sslmode-findings(7).
    pub name: String,
    /// `error` or `warning`.
    pub severity: String,
    /// What to do instead.
    pub advice: String,
    /// How often it was made.
    pub count: u64,
    /// How many of them a suppression hides.
    pub suppressed: u64,
    /// The first times.
    pub evidence: Vec<Evidence>,
}

/// What a profile kept from the program.
#[derive(Clone, Debug, Serialize)]
pub struct Profiled {
    /// `spared` or `hidden`.
    pub kind: String,
    /// How often.
    pub count: u64,
    /// The first times.
    pub evidence: Vec<Evidence>,
}

/// A process of the traces.
#[derive(Clone, Debug, Serialize)]
pub struct Program {
    /// Its path.
    pub program: Rc<str>,
    /// The process.
    pub pid: u32,
    /// The libssls that it used.
    pub hosts: Vec<String>,
    /// How many contexts and connections were seen.
    pub contexts: u64,
    /// How many connections.
    pub connections: u64,
}

/// A trace that was read.
#[derive(Clone, Debug, Serialize)]
pub struct Trace {
    /// Its path, or `-`.
    pub name: Rc<str>,
    /// How many lines it has.
    pub lines: u64,
    /// How many of them are events.
    pub events: u64,
    /// What is wrong with the others, the first of them.
    #[serde(skip)]
    pub problems: Vec<Problem>,
    /// How many others there are.
    pub bad_lines: u64,
}

/// All of it.
#[derive(Debug)]
pub struct Report {
    /// Where the program comes from.
    pub from: &'static Dialect,
    /// Where it goes to.
    pub to: &'static Dialect,
    /// What was read.
    pub traces: Vec<Trace>,
    /// The processes in it, the first of them.
    pub programs: Vec<Program>,
    /// How many processes there are.
    pub processes: u64,
    /// How many contexts and connections.
    pub handles: [u64; 2],
    /// The topics that differ, found ones first.
    pub topics: Vec<TopicFound>,
    /// What `--check` found.
    pub findings: Vec<Finding>,
    /// What a profile kept from the program.
    pub profiled: Vec<Profiled>,
    /// The connections, as many as fit.
    pub connections: Vec<Connection>,
    /// How many there are that are not among them.
    pub connections_left_out: u64,
    /// What changed since a run on the old machine.
    pub changed: Option<Changed>,
    /// What else the reader should know.
    pub remarks: Vec<String>,
}

impl Report {
    /// Whether the program relies on something, or broke a rule.
    pub fn found(&self) -> bool {
        self.topics.iter().any(TopicFound::counts)
            || self.findings.iter().any(|finding| finding.count > finding.suppressed)
            || self.profiled.iter().any(|profiled| profiled.kind == "spared")
    }

    /// The topics of this status, in order.
    pub fn of(&self, status: Status) -> impl Iterator<Item = &TopicFound> {
        self.topics.iter().filter(move |topic| topic.status == status)
    }
}
