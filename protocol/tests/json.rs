//! What the hand-written JSON says, read back by serde.

use proptest::prelude::*;
use sslmode_protocol::event::{Birth, Event, Finding, Found, Line, Name, VERSION};

fn name() -> impl Strategy<Value = Name> {
    any::<String>().prop_map(Name::from)
}

prop_compose! {
    fn birth()(
        function in name(), handle: String, parent: Option<String>, modes: String, modes_shown: Option<String>, by: String,
    ) -> Birth {
        Birth { function, handle, parent, modes, modes_shown, by }
    }
}

prop_compose! {
    fn mode()(
        function in name(), handle: String, asked: Option<String>, before: String, after: String, shown: Option<String>,
        by: String,
    ) -> Event {
        Event::Mode { function, handle, asked, before, after, shown, by }
    }
}

prop_compose! {
    fn io()(
        function in name(), handle: String, buffer: Option<String>, requested: Option<i64>, result: i64,
        bytes: Option<u64>,
        error in prop::option::of(name()), made: Option<String>, duration_ns: u64, inner: bool, bio: bool,
    ) -> Event {
        Event::Io { function, handle, buffer, requested, result, bytes, error, made, duration_ns, inner, bio }
    }
}

prop_compose! {
    fn finding()(
        name in name(), severity in name(), function in name(), handle: String, text: String, source in name(),
        advice in name(), frames: Vec<String>,
    ) -> Finding {
        Finding { name, severity, function, handle, text, source, advice, frames }
    }
}

prop_compose! {
    fn found()(name in name(), count: u64, frames: Vec<String>) -> Found {
        Found { name, count, frames }
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (name(), any::<String>()).prop_map(|(version, program)| Event::Start { version, program }),
        (any::<String>(), any::<String>(), name(), prop::option::of(name()))
            .prop_map(|(path, version, dialect, profile)| Event::Host { path, version, dialect, profile }),
        birth().prop_map(Event::Birth),
        birth().prop_map(Event::Seen),
        mode(),
        io(),
        (name(), any::<String>(), any::<String>()).prop_map(|(function, handle, made)| Event::Fault {
            function,
            handle,
            made
        }),
        (any::<String>(), any::<Option<String>>(), prop::option::of(name()), any::<Option<String>>())
            .prop_map(|(handle, version, role, cipher)| Event::Handshake { handle, version, role, cipher }),
        finding().prop_map(Event::Finding),
        prop::collection::vec(found(), 0..3).prop_map(|found| Event::Findings { found }),
        any::<String>().prop_map(|handle| Event::Death { handle }),
    ]
}

proptest! {
    #[test]
    fn every_line_reads_back(time_us: u64, pid: u32, tid: u32, event in event()) {
        let line = Line { v: VERSION, time_us, pid, tid, event };
        let json = line.to_json();
        prop_assert!(!json.contains('\n'));
        prop_assert_eq!(serde_json::from_str::<Line>(&json).unwrap(), line);
    }
}

/// What the first versions wrote has no `buffer`.
#[test]
fn an_older_trace_is_read() {
    let json = "{\"v\":1,\"time_us\":7,\"pid\":1,\"tid\":2,\"event\":\"io\",\"function\":\"SSL_read\",\"handle\":\"0x10\",\
                \"requested\":16384,\"result\":5,\"bytes\":5,\"duration_ns\":9}";
    let line: Line = serde_json::from_str(json).unwrap();
    assert!(matches!(line.event, Event::Io { buffer: None, requested: Some(16384), inner: false, .. }));
}
