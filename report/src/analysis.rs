//! Takes the lines of traces in, one at a time, and says which topics a call belongs to.

mod judge;
mod lives;

use crate::baseline::{Baseline, Recorder};
use crate::found::{self, Evidence, Finding, Profiled, Program, Report, SHOWN, Status, TopicFound, Trace};
use crate::handles::{Connection, Context, Key, Process, Table};
use crate::input::{Input, Next};
use crate::timeline::{self, Entry};
use crate::writes::address;
use sslmode_engine::differences::{self, Difference, LARGEST, Topic};
use sslmode_engine::{Dialect, Modes};
use sslmode_protocol::suppressions::Suppressions;
use sslmode_protocol::{Event, Line};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead};
use std::rc::Rc;

/// So many processes are listed.
const PROGRAMS: usize = 100;
/// So many are remembered, of a trace in which none ends.
const MOST_PROCESSES: usize = 65_536;
/// So many names of findings and kinds of a profile: the library has fewer.
const NAMES: usize = 200;
/// So many connections are shown, whatever is found on them.
const CONNECTIONS: usize = 40;
/// So many more, if something is found on them.
const FOUND_CONNECTIONS: usize = 40;
/// The longest text that is kept of an event, in letters.
const LONGEST: usize = 400;

/// What is asked of a trace.
pub struct Question {
    /// Where the program comes from; None: the libssl that the trace is of.
    pub from: Option<&'static Dialect>,
    /// Where it goes to.
    pub to: &'static Dialect,
    /// What is not told.
    pub suppressions: Suppressions,
    /// A run on the old machine.
    pub baseline: Option<Baseline>,
}

/// No line of the traces says which libssl they are of, and nothing else does.
#[derive(Debug)]
pub struct NoDialect;

/// What is counted of a topic.
#[derive(Debug, Default)]
struct Tally {
    count: u64,
    perhaps: u64,
    safe: u64,
    suppressed: u64,
    evidence: Vec<Evidence>,
}

/// Where a line stands.
#[derive(Clone)]
struct Place {
    trace: Rc<str>,
    line: u64,
    time_us: u64,
    pid: u32,
    program: Rc<str>,
}

/// An analysis in progress.
pub struct Analysis {
    question: Question,
    from: Option<&'static Dialect>,
    differences: Vec<Difference>,
    tallies: BTreeMap<Topic, Tally>,
    processes: HashMap<u32, Process>,
    latest: Option<&'static Dialect>,
    contexts: Table<Context>,
    connections: Table<Connection>,
    traces: Vec<Trace>,
    programs: Vec<Program>,
    process_count: u64,
    handles: [u64; 2],
    findings: BTreeMap<String, Finding>,
    profiled: BTreeMap<String, Profiled>,
    shown: Vec<timeline::Connection>,
    allotted: usize,
    found_on: usize,
    left_out: u64,
    recorder: Option<Recorder>,
    without_addresses: u64,
    too_long: u64,
    other_dialects: u64,
}

impl Analysis {
    /// Nothing is read yet.
    pub fn new(question: Question) -> Analysis {
        let recorder = question.baseline.is_some().then(Recorder::default);
        let mut analysis = Analysis {
            from: None,
            differences: Vec::new(),
            tallies: BTreeMap::new(),
            processes: HashMap::new(),
            latest: None,
            contexts: Table::default(),
            connections: Table::default(),
            traces: Vec::new(),
            programs: Vec::new(),
            process_count: 0,
            handles: [0; 2],
            findings: BTreeMap::new(),
            profiled: BTreeMap::new(),
            shown: Vec::new(),
            allotted: 0,
            found_on: 0,
            left_out: 0,
            recorder,
            without_addresses: 0,
            too_long: 0,
            other_dialects: 0,
            question,
        };
        if let Some(from) = analysis.question.from {
            analysis.settle(from);
        }
        analysis
    }

    /// From now on it is known where the program comes from.
    fn settle(&mut self, from: &'static Dialect) {
        self.from = Some(from);
        self.differences = differences::between(from, self.question.to);
    }

    /// Takes in a whole trace.
    ///
    /// # Errors
    /// The reader's.
    pub fn read(&mut self, name: &str, reader: impl BufRead) -> io::Result<()> {
        let name: Rc<str> = name.into();
        let mut trace = Trace { name: name.clone(), lines: 0, events: 0, problems: Vec::new(), bad_lines: 0 };
        let mut input = Input::new(reader);
        let read = loop {
            match input.read() {
                Ok(Next::Line(line)) => {
                    trace.events += 1;
                    self.line(&name, input.number(), &line);
                }
                Ok(Next::Unknown) => trace.events += 1,
                Ok(Next::Problem(problem)) => {
                    trace.bad_lines += 1;
                    if trace.problems.len() < SHOWN {
                        trace.problems.push(problem);
                    }
                }
                Ok(Next::End) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        trace.lines = input.number();
        self.traces.push(trace);
        self.end_of_trace(&name);
        read
    }

    /// What is alive at the end of a trace never ended: the program was stopped, or the trace was cut off.
    fn end_of_trace(&mut self, trace: &Rc<str>) {
        for (key, connection) in self.connections.take(|_| true) {
            self.close(trace, key, connection);
        }
        self.contexts.take(|_| true);
        self.processes.clear();
        self.latest = None;
    }

    /// What was found.
    ///
    /// # Errors
    /// It is not known where the program comes from.
    pub fn finish(self) -> Result<Report, NoDialect> {
        let Some(from) = self.from else { return Err(NoDialect) };
        let mut remarks = Vec::new();
        if self.without_addresses > 0 {
            remarks.push(format!(
                "{} writes have no address of their buffer in the trace, and are not judged: it was made by an older \
                 version",
                self.without_addresses
            ));
        }
        if self.too_long > 0 {
            remarks.push(format!("{} writes of more than {LARGEST} bytes are not judged", self.too_long));
        }
        if self.other_dialects > 0 {
            remarks.push(format!(
                "{} more libssls of other dialects were found in the traces: without --from the first one, {}, is where the \
                 program comes from",
                self.other_dialects, from.name
            ));
        }
        let mut tallies = self.tallies;
        let topics = self.differences.into_iter().map(|difference| {
            let tally = tallies.remove(&difference.topic).unwrap_or_default();
            let status = match &tally {
                _ if tally.count > tally.suppressed => Status::Found,
                _ if tally.safe + tally.count > 0 => Status::Safe,
                _ if found::is_shown(difference.topic) => Status::NotExercised,
                _ => Status::NotShown,
            };
            let Tally { count, perhaps, safe, suppressed, evidence } = tally;
            TopicFound { difference, status, count, perhaps, safe, suppressed, evidence }
        });
        let changed = self.question.baseline.zip(self.recorder).map(|(old, new)| old.beside(&new.finish()));
        Ok(Report {
            from,
            to: self.question.to,
            traces: self.traces,
            programs: self.programs,
            processes: self.process_count,
            handles: self.handles,
            topics: topics.collect(),
            findings: self.findings.into_values().collect(),
            profiled: self.profiled.into_values().collect(),
            connections: self.shown,
            connections_left_out: self.left_out,
            changed,
            remarks,
        })
    }

    fn line(&mut self, trace: &Rc<str>, number: u64, line: &Line) {
        if let Some(recorder) = &mut self.recorder {
            recorder.line(number, line);
        }
        if self.processes.len() > MOST_PROCESSES {
            self.processes.clear();
        }
        let process = self.processes.entry(line.pid).or_insert_with(|| Process {
            program: "(unknown)".into(),
            dialect: self.latest,
            profile: false,
            place: None,
        });
        let program = process.program.clone();
        let place = Place { trace: trace.clone(), line: number, time_us: line.time_us, pid: line.pid, program };
        match &line.event {
            Event::Start { program, .. } => self.start(line.pid, program),
            Event::Host { version, dialect, profile, .. } => self.host(line.pid, version, dialect, profile.as_deref()),
            Event::Birth(birth) | Event::Seen(birth) => self.birth(&place, birth, &line.event),
            Event::Mode { function, handle, asked, after, shown, .. } => {
                let modes = self.modes(line.pid, after, shown.as_deref());
                self.mode(&place, function, handle, asked.as_deref(), modes, &line.event);
            }
            Event::Fault { handle, .. } => self.on_timeline(&place, handle, &line.event),
            Event::Io { handle, inner, .. } => {
                if !inner {
                    self.on_timeline(&place, handle, &line.event);
                    self.io(&place, handle, &line.event);
                }
            }
            Event::Handshake { handle, version, role, .. } => {
                self.on_timeline(&place, handle, &line.event);
                self.handshake(&place, handle, version.as_deref(), role.as_deref(), &line.event);
            }
            Event::Finding(finding) => self.finding(&place, finding),
            Event::Findings { .. } => {}
            Event::Profile { handle, kind, text, .. } => self.profile(&place, handle, kind, text, &line.event),
            Event::Death { handle } => self.death(&place, handle, &line.event),
        }
        for (key, connection) in self.connections.excess() {
            self.close(trace, key, connection);
        }
        self.contexts.excess();
    }

    fn start(&mut self, pid: u32, program: &str) {
        self.process_count += 1;
        let program: Rc<str> = shortened(program).into();
        let mut place = None;
        if self.programs.len() < PROGRAMS {
            place = Some(self.programs.len());
            let program = program.clone();
            self.programs.push(Program { program, pid, hosts: Vec::new(), contexts: 0, connections: 0 });
        }
        self.processes.insert(pid, Process { program, dialect: None, profile: false, place });
    }

    fn host(&mut self, pid: u32, version: &str, dialect: &str, profile: Option<&str>) {
        let Some(dialect) = Dialect::by_name(profile.unwrap_or(dialect)) else { return };
        match self.from {
            None => self.settle(dialect),
            Some(from) if self.question.from.is_none() && from.name != dialect.name => self.other_dialects += 1,
            Some(_) => {}
        }
        self.latest = Some(dialect);
        let Some(process) = self.processes.get_mut(&pid) else { return };
        process.dialect = Some(dialect);
        process.profile = profile.is_some();
        if let Some(program) = process.place.and_then(|place| self.programs.get_mut(place)) {
            let under = if profile.is_some() { "profile " } else { "" };
            let host = format!("{} ({under}{})", shortened(version.trim()), dialect.name);
            if program.hosts.len() < SHOWN && !program.hosts.contains(&host) {
                program.hosts.push(host);
            }
        }
    }

    /// The libssl that the process was seen on.
    fn observed(&self, pid: u32) -> &'static Dialect {
        let seen = self.processes.get(&pid).and_then(|process| process.dialect);
        seen.or(self.from).unwrap_or(self.question.to)
    }

    /// The modes in force: `mask`, or under a profile the one that the program is shown.
    fn modes(&self, pid: u32, mask: &str, shown: Option<&str>) -> Modes {
        let dialect = self.observed(pid);
        let profile = self.processes.get(&pid).is_some_and(|process| process.profile);
        let mask = shown.filter(|_| profile).unwrap_or(mask);
        dialect.decode(dialect.parse_mask(mask).unwrap_or(0)).modes
    }

    fn finding(&mut self, place: &Place, finding: &sslmode_protocol::event::Finding) {
        let frames = finding.frames.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(" < ");
        let shown = Evidence {
            call: shortened(&frames),
            note: shortened(&finding.text),
            ..evidence(place, &finding.handle, place.line)
        };
        let name = shortened(&finding.name);
        let names = finding.frames.iter().flat_map(|frame| frame.split(['(', ')', ' ', '+', ':']));
        let suppressed = self.question.suppressions.cover(&name, names.chain([finding.function.as_ref()]));
        if self.findings.len() >= NAMES && !self.findings.contains_key(&name) {
            return;
        }
        let known = self.findings.entry(name.clone()).or_insert_with(|| Finding {
            name: name.clone(),
            severity: shortened(&finding.severity),
            advice: shortened(&finding.advice),
            count: 0,
            suppressed: 0,
            evidence: Vec::new(),
        });
        known.count += 1;
        known.suppressed += u64::from(suppressed);
        if suppressed {
            return;
        }
        if known.evidence.len() < SHOWN {
            known.evidence.push(shown);
        }
        self.show_found(place, &finding.handle, format!("{name}: {}", finding.text));
    }

    fn profile(&mut self, place: &Place, handle: &str, kind: &str, text: &str, event: &Event) {
        let shown = Evidence {
            call: shortened(&event.to_string()),
            note: shortened(text),
            ..evidence(place, handle, place.line)
        };
        let kind = shortened(kind);
        if self.profiled.len() >= NAMES && !self.profiled.contains_key(&kind) {
            return;
        }
        let known =
            self.profiled.entry(kind.clone()).or_insert_with(|| Profiled { kind, count: 0, evidence: Vec::new() });
        known.count += 1;
        if known.evidence.len() < SHOWN {
            known.evidence.push(shown);
        }
        self.show_found(place, handle, text.to_owned());
    }
}

fn key(place: &Place, handle: &str) -> Option<Key> {
    Some((place.pid, address(handle)?))
}

fn evidence(place: &Place, handle: &str, line: u64) -> Evidence {
    Evidence {
        trace: place.trace.clone(),
        line,
        program: place.program.clone(),
        pid: place.pid,
        handle: shortened(handle),
        call: String::new(),
        note: String::new(),
    }
}

fn entry(place: &Place, event: &Event) -> Entry {
    let text = shortened(&event.to_string()).into();
    Entry { line: place.line, time_us: place.time_us, kind: timeline::kind(event), text, count: 1 }
}

/// What is kept of a text, in one line.
fn shortened(text: &str) -> String {
    let text = text.lines().next().unwrap_or_default();
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
