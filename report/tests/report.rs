//! Traces, whole and broken, and what is said of them.

use proptest::prelude::*;
use sslmode_engine::Dialect;
use sslmode_engine::differences::Topic;
use sslmode_protocol::event::{Birth, Event, Line, VERSION};
use sslmode_report::{Analysis, Baseline, Question, Report, Status};

fn line(event: Event) -> String {
    Line { v: VERSION, time_us: 1, pid: 7, tid: 7, event }.to_json() + "\n"
}

fn birth(function: &'static str, handle: &str, parent: Option<&str>, modes: &str) -> String {
    line(Event::Birth(Birth {
        function: function.into(),
        handle: handle.to_owned(),
        parent: parent.map(str::to_owned),
        modes: modes.to_owned(),
        modes_shown: None,
        by: "program+0x10".to_owned(),
    }))
}

fn start(dialect: &'static str) -> String {
    let program = "/usr/bin/program".to_owned();
    let host =
        Event::Host { path: "/libssl".to_owned(), version: dialect.to_owned(), dialect: dialect.into(), profile: None };
    line(Event::Start { version: "0.1.0".into(), program }) + &line(host)
}

fn mode(function: &'static str, handle: &str, asked: &str, after: &str) -> String {
    line(Event::Mode {
        function: function.into(),
        handle: handle.to_owned(),
        asked: Some(asked.to_owned()),
        before: "0".to_owned(),
        after: after.to_owned(),
        shown: None,
        by: "program+0x20".to_owned(),
    })
}

fn io(function: &'static str, requested: i64, result: i64, error: Option<&'static str>) -> String {
    io_at("0x7000", function, requested, result, error)
}

fn io_at(buffer: &str, function: &'static str, requested: i64, result: i64, error: Option<&'static str>) -> String {
    line(Event::Io {
        function: function.into(),
        handle: "0x20".to_owned(),
        buffer: Some(buffer.to_owned()),
        requested: Some(requested),
        result,
        bytes: u64::try_from(result).ok().filter(|&bytes| bytes > 0),
        error: error.map(Into::into),
        made: None,
        duration_ns: 5,
        inner: false,
        bio: false,
    })
}

fn handshake(version: &str, role: &'static str) -> String {
    let (handle, version) = ("0x20".to_owned(), Some(version.to_owned()));
    line(Event::Handshake { handle, version, role: Some(role.into()), cipher: None })
}

/// A context and a connection.
fn handles(modes: &str) -> String {
    birth("SSL_CTX_new", "0x10", None, modes) + &birth("SSL_new", "0x20", Some("0x10"), modes)
}

fn question(from: Option<&str>, to: &str) -> Question {
    let dialect = |name| Dialect::by_name(name).unwrap();
    Question { from: from.map(dialect), to: dialect(to), suppressions: Default::default(), baseline: None }
}

fn report(from: Option<&str>, to: &str, trace: &str) -> Report {
    let mut analysis = Analysis::new(question(from, to));
    analysis.read("trace", trace.as_bytes()).unwrap();
    analysis.finish().unwrap()
}

fn names(report: &Report, status: Status) -> Vec<&'static str> {
    report.of(status).map(|topic| topic.difference.topic.name()).collect()
}

const WANT_WRITE: Option<&str> = Some("SSL_ERROR_WANT_WRITE");
const SSL: Option<&str> = Some("SSL_ERROR_SSL");

#[test]
fn where_the_program_comes_from_is_in_the_trace() {
    let found = report(None, "openssl-4", &(start("openssl-1.0.2") + &handles("0") + &io("SSL_read", 5, 5, None)));
    assert_eq!((found.from.name, names(&found, Status::Found)), ("openssl-1.0.2", vec!["default-modes"]));
    assert!(found.found() && found.to_text().contains("trace:3: /usr/bin/program[7] SSL_CTX_new() = 0x10"));
    let mut nothing = Analysis::new(question(None, "openssl-4"));
    nothing.read("trace", handles("0").as_bytes()).unwrap();
    assert!(nothing.finish().is_err());
}

#[test]
fn modes_that_are_named_are_no_defaults() {
    let named = start("openssl-1.0.2")
        + &birth("SSL_CTX_new", "0x10", None, "0")
        + &mode("SSL_CTX_set_mode", "0x10", "AUTO_RETRY", "AUTO_RETRY")
        + &birth("SSL_new", "0x20", Some("0x10"), "AUTO_RETRY")
        + &io("SSL_read", 5, 5, None);
    let found = report(None, "openssl-4", &named);
    assert_eq!(names(&found, Status::Found), [""; 0]);
    assert!(names(&found, Status::Safe).contains(&"default-modes"));
}

#[test]
fn retries_are_judged_by_both_machines() {
    let writes = |second: &str| {
        let first = io("SSL_write", 40_000, -1, WANT_WRITE);
        report(Some("openssl-1.0.2"), "openssl-4", &(start("openssl-3") + &handles("0") + &first + second))
    };
    let moved = writes(&io_at("0x9000", "SSL_write", 40_000, -1, SSL));
    assert_eq!(names(&moved, Status::Found), ["default-modes", "moved-retry"]);
    let shorter = writes(&io("SSL_write", 10, -1, SSL));
    assert_eq!(names(&shorter, Status::Found), ["default-modes", "shorter-retry"]);
    let right = writes(&io("SSL_write", 40_000, 40_000, None));
    assert_eq!(names(&right, Status::Found), ["default-modes"]);
    for name in ["moved-retry", "shorter-retry"] {
        assert!(names(&right, Status::Safe).contains(&name), "{name}");
    }
    // What was called afterwards, with a connection that the error had ended, is the same mistake.
    let twice = io_at("0x9000", "SSL_write", 40_000, -1, SSL) + &io("SSL_write", 40_000, -1, SSL);
    assert_eq!(names(&writes(&twice), Status::Found), ["default-modes", "moved-retry"]);
    // Nothing was refused: nothing can be said.
    let none = report(Some("openssl-1.0.2"), "openssl-4", &(start("openssl-3") + &handles("0")));
    assert!(names(&none, Status::NotExercised).contains(&"moved-retry"));
}

#[test]
fn numbers_of_another_libssl() {
    let set = mode("SSL_set_mode", "0x20", "ENABLE_FALSE_START", "0");
    let found = report(Some("boringssl"), "openssl-3", &(start("boringssl") + &handles("NO_AUTO_CHAIN") + &set));
    let numbers = found.of(Status::Found).find(|topic| topic.difference.topic == Topic::ModeNumbers).unwrap();
    assert_eq!(numbers.evidence[0].note, "0x80 is ENABLE_FALSE_START in boringssl and SEND_FALLBACK_SCSV in openssl-3");
    assert!(names(&found, Status::Found).contains(&"missing-modes"));
}

#[test]
fn a_mask_of_all_bits() {
    let trace = start("openssl-1.0.2") + &handles("0") + &mode("SSL_set_mode", "0x20", "-1", "-1");
    assert_eq!(names(&report(None, "openssl-4", &trace), Status::Found), ["mask-width"]);
}

#[test]
fn a_program_that_gives_up_when_a_ticket_comes() {
    let begin = start("openssl-3")
        + &handles("AUTO_RETRY")
        + &mode("SSL_clear_mode", "0x20", "AUTO_RETRY", "0")
        + &handshake("TLSv1.3", "client");
    let wants = io("SSL_read", 5, -1, Some("SSL_ERROR_WANT_READ"));
    let death = line(Event::Death { handle: "0x20".to_owned() });
    let up = report(Some("openssl-1.0.2"), "openssl-4", &(begin.clone() + &wants + &death));
    assert_eq!(names(&up, Status::Found), ["session-tickets"]);
    let on = report(Some("openssl-1.0.2"), "openssl-4", &(begin + &wants + &io("SSL_read", 5, 5, None) + &death));
    assert_eq!(names(&on, Status::Found), [""; 0]);
    assert!(names(&on, Status::Safe).contains(&"session-tickets"));
}

#[test]
fn a_trace_without_addresses_is_read() {
    let write = io("SSL_write", 5, -1, WANT_WRITE).replace("\"buffer\":\"0x7000\",", "");
    let found = report(Some("openssl-1.0.2"), "openssl-4", &(start("openssl-3") + &handles("0") + &write));
    assert!(found.remarks[0].starts_with("1 writes have no address"), "{:?}", found.remarks);
    assert!(names(&found, Status::NotExercised).contains(&"moved-retry"));
}

#[test]
fn suppressed_by_topic_and_place() {
    let trace = start("openssl-1.0.2") + &handles("0") + &io("SSL_read", 5, 5, None);
    for (line, suppressed) in
        [("default-modes:program", true), ("*:*", true), ("default-modes:other", false), ("moved-retry:*", false)]
    {
        let suppressions = line.parse().unwrap();
        let mut analysis = Analysis::new(Question { suppressions, ..question(None, "openssl-4") });
        analysis.read("trace", trace.as_bytes()).unwrap();
        assert_eq!(analysis.finish().unwrap().found(), !suppressed, "{line}");
    }
}

#[test]
fn beside_a_run_on_the_old_machine() {
    let old = start("openssl-1.0.2") + &handles("0") + &io("SSL_write", 5, 5, None) + &io("SSL_read", 5, 5, None);
    let new = start("openssl-4") + &handles("0") + &io("SSL_write", 5, 5, None) + &io("SSL_read", 5, -1, SSL);
    let changed = |trace: &str| {
        let baseline = Some(Baseline::read(old.as_bytes()).unwrap());
        let mut analysis = Analysis::new(Question { baseline, ..question(Some("openssl-1.0.2"), "openssl-4") });
        analysis.read("trace", trace.as_bytes()).unwrap();
        analysis.finish().unwrap().changed.unwrap()
    };
    let now = changed(&new);
    let pair = &now.pairs[0];
    assert_eq!((pair.old.as_ref().unwrap().line, pair.new.as_ref().unwrap().outcome.as_str()), (6, "SSL_ERROR_SSL"));
    assert_eq!(now.totals.len(), 2);
    let same = changed(&old);
    assert!(same.pairs.is_empty() && same.totals.is_empty() && same.compared == 1);
    assert!(Baseline::read(&b"no trace"[..]).unwrap_err().to_string().starts_with("line 1: expected a line of"));
}

#[test]
fn what_is_kept_does_not_grow_with_the_trace() {
    let mut trace = start("openssl-3") + &handles("0");
    for _ in 0..2000 {
        trace += &io("SSL_write", 40_000, -1, WANT_WRITE);
        trace += &io_at("0x9000", "SSL_write", 40_000, -1, SSL);
        trace += &birth("SSL_new", "0x20", Some("0x10"), "0");
    }
    let found = report(Some("openssl-1.0.2"), "openssl-4", &trace);
    let moved = found.of(Status::Found).find(|topic| topic.difference.topic == Topic::MovedRetry).unwrap();
    assert_eq!((moved.count, moved.evidence.len()), (2000, 10));
    assert!(found.connections.len() <= 80 && found.connections_left_out > 1900);
    assert!(found.to_html().len() < 1 << 20 && found.to_text().contains("and 1990 more"));
}

proptest! {
    /// Any bytes are a trace or lines with a reason; every report can be written.
    #[test]
    fn nothing_breaks_it(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        cut in 0..2000_usize,
        lines in prop::collection::vec(0..9_usize, 0..40),
    ) {
        let parts = [
            start("openssl-3"), start("boringssl"), handles("0"), mode("SSL_set_mode", "0x20", "0x7fffffffffffffff", "-1"),
            io("SSL_write", 1 << 40, -1, WANT_WRITE), io("SSL_write", -5, -1, SSL), io("SSL_read", 0, 0, None),
            io_at("0xffffffffffffffff", "SSL_write", i64::MAX, -1, WANT_WRITE), handshake("DTLSv1.2", "client"),
        ];
        let whole: String = lines.iter().map(|&place| parts[place].as_str()).collect();
        let mut trace = whole.into_bytes();
        trace.truncate(cut);
        trace.extend(bytes);
        let mut analysis = Analysis::new(question(Some("openssl-1.0.2"), "openssl-4"));
        analysis.read("trace", &trace[..]).unwrap();
        let report = analysis.finish().unwrap();
        let _ = (report.to_text(), report.to_json(), report.to_html());
        let _ = Baseline::read(&trace[..]);
    }
}
