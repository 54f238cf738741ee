//! The trace, line by line: what happened, as text for people or as JSON.
//!
//! # The JSON lines
//!
//! Each line is one object. Every object has `v` (the version of this description: [`VERSION`]), `time_us`
//! (microseconds since 1970), `pid`, `tid`, and `event`, which says what else is there:
//!
//! | `event` | members |
//! |---|---|
//! | `start` | `version` of the library, `program`: the first line of a process |
//! | `host` | `path`, `version`, `dialect`: a libssl was found; `profile`, the dialect that it follows in place of its own |
//! | `birth` | `function`, `handle`, `modes`, `by`; `parent`, the context or connection that it was made of; `modes_shown`, if the program reads another mask |
//! | `seen` | as `birth`, for a handle whose making was not seen, when it is first used |
//! | `mode` | `function`, `handle`, `before`, `after`, `by`; `asked`, unless it only reads; `shown`, if the program was told another mask |
//! | `fault` | `function`, `handle`, `made`: faults were brought about ahead of a call, as the option `faults` that makes them again |
//! | `io` | `function`, `handle`, `result`, `duration_ns`; `buffer`, the address of the caller's buffer, where one is read or written; `requested` and `bytes` where there are lengths; `error`, as `SSL_get_error` names it, where it failed; `made`, the faults brought about while it was served; `inner`: true for a call that the libssl made itself while it served one of the program's on the same handle; `bio`: true for a call that an SSL BIO made for the program |
//! | `handshake` | `handle`; `version` (`TLSv1.3`), `role` (`client` or `server`), `cipher`, where the libssl tells them: a handshake is finished, which the `io` before it brought about |
//! | `finding` | `name`, `severity` (`error` or `warning`), `function`, `handle`, `text` (what happened), `source` (the rule's), `advice`, `frames`: the program broke a rule; `frames` are the calls that led there, innermost first, as `module(symbol+0x10) file:line` |
//! | `findings` | `found`: an array of objects with `name`, `count`, `frames`: each finding of a process, with how often it was made; written at exit, where there is one |
//! | `profile` | `function`, `handle`, `kind`, `text`: the option `profile` kept something from the program; `kind` is `spared` (the older libssl would have read past the program's buffer, or sent bytes twice) or `hidden` (a record that it never met) |
//! | `death` | `handle`: the libssl frees it |
//!
//! Modes are in names, of the handle's dialect. A member that does not apply is left out. Later versions of the
//! library may add members and events without a new `v`: readers pass over what they do not know.

mod text;

use crate::json::Object;
use std::borrow::Cow;

/// The version of the JSON lines: raised when what a reader relies on changes.
pub const VERSION: u32 = 1;

/// A text that is mostly known when the library is compiled.
pub type Name = Cow<'static, str>;

/// One line of the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
pub struct Line {
    /// [`VERSION`], in what the same version wrote.
    pub v: u32,
    /// Microseconds since 1970.
    pub time_us: u64,
    /// The process.
    pub pid: u32,
    /// The thread.
    pub tid: u32,
    /// What happened.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(tag = "event", rename_all = "lowercase"))]
pub enum Event {
    /// A process began to write.
    Start {
        /// The library's version.
        version: Name,
        /// The path of the program.
        program: String,
    },
    /// A libssl was found.
    Host {
        /// Where it was loaded from.
        path: String,
        /// As it calls itself.
        version: String,
        /// The engine's name for what it makes of modes.
        dialect: Name,
        /// The dialect that it follows in its place.
        profile: Option<Name>,
    },
    /// A handle was made.
    Birth(Birth),
    /// A handle whose making was not seen is used for the first time.
    Seen(Birth),
    /// A mode call was answered.
    Mode {
        /// As the manual page calls it.
        function: Name,
        /// The handle's address, `0x…`.
        handle: String,
        /// What was to be set or cleared.
        asked: Option<String>,
        /// The mask in force before.
        before: String,
        /// The mask in force afterwards.
        after: String,
        /// The mask that the program was told, where modes are forced.
        shown: Option<String>,
        /// Who called.
        by: String,
    },
    /// A fault was brought about ahead of a call, which is about to be made.
    Fault {
        /// The function that is called.
        function: Name,
        /// The handle's address.
        handle: String,
        /// The faults, as the option `faults` that makes them again.
        made: String,
    },
    /// A call that reads, writes, shakes hands or shuts down was answered.
    Io {
        /// The function.
        function: Name,
        /// The handle's address.
        handle: String,
        /// Where the caller's buffer begins, `0x…`.
        buffer: Option<String>,
        /// How many bytes it was to move at most.
        requested: Option<i64>,
        /// What it returned.
        result: i64,
        /// How many bytes it moved.
        bytes: Option<u64>,
        /// What `SSL_get_error` makes of the result, where that is no success.
        error: Option<Name>,
        /// The faults that were brought about while it was served, as the option `faults` that makes them again.
        made: Option<String>,
        /// How long it took.
        duration_ns: u64,
        /// The libssl's own call, while it served a call of the program on the same handle.
        #[cfg_attr(feature = "serde", serde(default))]
        inner: bool,
        /// An SSL BIO's call.
        #[cfg_attr(feature = "serde", serde(default))]
        bio: bool,
    },
    /// A handshake is finished.
    Handshake {
        /// The connection's address.
        handle: String,
        /// The protocol version, as the libssl names it.
        version: Option<String>,
        /// `client` or `server`.
        role: Option<Name>,
        /// The cipher suite, as the libssl names it.
        cipher: Option<String>,
    },
    /// A rule of the documentation was broken.
    Finding(Finding),
    /// What was found in all.
    Findings {
        /// Each finding, in the order of the first time.
        found: Vec<Found>,
    },
    /// A profile kept something from the program.
    Profile {
        /// The function that was called.
        function: Name,
        /// The handle's address.
        handle: String,
        /// `spared` or `hidden`.
        kind: Name,
        /// What it was.
        text: String,
    },
    /// The libssl frees a handle.
    Death {
        /// The handle's address.
        handle: String,
    },
}

/// A rule of the documentation that the program broke.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
pub struct Finding {
    /// The finding's name, in sslmode-findings(7).
    pub name: Name,
    /// `error` or `warning`.
    pub severity: Name,
    /// The function in whose call it was made.
    pub function: Name,
    /// The handle's address.
    pub handle: String,
    /// What happened, in one line.
    pub text: String,
    /// Where the rule stands.
    pub source: Name,
    /// What to do instead.
    pub advice: Name,
    /// The calls that led there, innermost first.
    pub frames: Vec<String>,
}

/// A finding, and how often it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
pub struct Found {
    /// The finding's name.
    pub name: Name,
    /// How often it was made with this stack.
    pub count: u64,
    /// The calls that led there, innermost first.
    pub frames: Vec<String>,
}

/// A handle and its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
pub struct Birth {
    /// The function that made or used it.
    pub function: Name,
    /// Its address.
    pub handle: String,
    /// What it was made of.
    pub parent: Option<String>,
    /// The mask in force.
    pub modes: String,
    /// The mask that the program reads, where modes are forced.
    pub modes_shown: Option<String>,
    /// Who called.
    pub by: String,
}

impl Line {
    /// The line as a JSON object, without a newline.
    pub fn to_json(&self) -> String {
        let line = Object::new().number("v", self.v).number("time_us", self.time_us).number("pid", self.pid);
        self.event.members(line.number("tid", self.tid)).end()
    }
}

impl Event {
    fn members(&self, line: Object) -> Object {
        match self {
            Event::Start { version, program } => {
                line.text("event", "start").text("version", version).text("program", program)
            }
            Event::Host { path, version, dialect, profile } => line
                .text("event", "host")
                .text("path", path)
                .text("version", version)
                .text("dialect", dialect)
                .optional_text("profile", profile.as_deref()),
            Event::Birth(birth) => birth.members(line.text("event", "birth")),
            Event::Seen(birth) => birth.members(line.text("event", "seen")),
            Event::Mode { function, handle, asked, before, after, shown, by } => line
                .text("event", "mode")
                .text("function", function)
                .text("handle", handle)
                .optional_text("asked", asked.as_deref())
                .text("before", before)
                .text("after", after)
                .optional_text("shown", shown.as_deref())
                .text("by", by),
            Event::Fault { function, handle, made } => {
                line.text("event", "fault").text("function", function).text("handle", handle).text("made", made)
            }
            Event::Io { function, handle, buffer, requested, result, bytes, error, made, duration_ns, inner, bio } => {
                line.text("event", "io")
                    .text("function", function)
                    .text("handle", handle)
                    .optional_text("buffer", buffer.as_deref())
                    .optional_number("requested", *requested)
                    .number("result", *result)
                    .optional_number("bytes", *bytes)
                    .optional_text("error", error.as_deref())
                    .optional_text("made", made.as_deref())
                    .number("duration_ns", *duration_ns)
                    .truth("inner", *inner)
                    .truth("bio", *bio)
            }
            Event::Handshake { handle, version, role, cipher } => line
                .text("event", "handshake")
                .text("handle", handle)
                .optional_text("version", version.as_deref())
                .optional_text("role", role.as_deref())
                .optional_text("cipher", cipher.as_deref()),
            Event::Finding(finding) => finding.members(line.text("event", "finding")),
            Event::Findings { found } => {
                line.text("event", "findings").objects("found", found.iter().map(|found| found.members(Object::new())))
            }
            Event::Profile { function, handle, kind, text } => line
                .text("event", "profile")
                .text("function", function)
                .text("handle", handle)
                .text("kind", kind)
                .text("text", text),
            Event::Death { handle } => line.text("event", "death").text("handle", handle),
        }
    }
}

impl Finding {
    fn members(&self, line: Object) -> Object {
        line.text("name", &self.name)
            .text("severity", &self.severity)
            .text("function", &self.function)
            .text("handle", &self.handle)
            .text("text", &self.text)
            .text("source", &self.source)
            .text("advice", &self.advice)
            .texts("frames", &self.frames)
    }
}

impl Found {
    fn members(&self, line: Object) -> Object {
        line.text("name", &self.name).number("count", self.count).texts("frames", &self.frames)
    }
}

impl Birth {
    fn members(&self, line: Object) -> Object {
        line.text("function", &self.function)
            .text("handle", &self.handle)
            .optional_text("parent", self.parent.as_deref())
            .text("modes", &self.modes)
            .optional_text("modes_shown", self.modes_shown.as_deref())
            .text("by", &self.by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(function: &'static str, result: i64, bytes: Option<u64>, error: Option<&'static str>) -> Event {
        Event::Io {
            function: function.into(),
            handle: "0x10".to_owned(),
            buffer: Some("0x7f00".to_owned()),
            requested: Some(16384),
            result,
            bytes,
            error: error.map(Name::from),
            made: None,
            duration_ns: 1_000_004_500,
            inner: false,
            bio: false,
        }
    }

    #[test]
    fn lines_for_people() {
        assert_eq!(read("SSL_read", 5, Some(5), None).to_string(), "SSL_read(0x10, 16384) = 5 <1.000004>");
        assert_eq!(
            read("SSL_read_ex", 1, Some(5), None).to_string(),
            "SSL_read_ex(0x10, 16384) = 1, 5 bytes <1.000004>"
        );
        assert_eq!(
            read("SSL_read", -1, None, Some("SSL_ERROR_WANT_READ")).to_string(),
            "SSL_read(0x10, 16384) = -1 SSL_ERROR_WANT_READ <1.000004>"
        );
        let mut event = read("SSL_read", -1, None, Some("SSL_ERROR_WANT_READ"));
        if let Event::Io { made, .. } = &mut event {
            *made = Some("want_read@nth=3/handle=1.1".to_owned());
        }
        assert_eq!(
            event.to_string(),
            "SSL_read(0x10, 16384) = -1 SSL_ERROR_WANT_READ, made want_read@nth=3/handle=1.1 <1.000004>"
        );
        let made = "release@nth=3/handle=1.1".to_owned();
        assert_eq!(
            Event::Fault { function: "SSL_read".into(), handle: "0x10".to_owned(), made }.to_string(),
            "made release@nth=3/handle=1.1 ahead of SSL_read(0x10)"
        );
        let mode = Event::Mode {
            function: "SSL_set_mode".into(),
            handle: "0x10".to_owned(),
            asked: Some("RELEASE_BUFFERS".to_owned()),
            before: "AUTO_RETRY".to_owned(),
            after: "AUTO_RETRY|RELEASE_BUFFERS".to_owned(),
            shown: None,
            by: "curl+0x10".to_owned(),
        };
        assert_eq!(
            mode.to_string(),
            "SSL_set_mode(0x10, RELEASE_BUFFERS) = AUTO_RETRY|RELEASE_BUFFERS, was AUTO_RETRY, by curl+0x10"
        );
    }

    #[test]
    fn findings_for_people_and_as_json() {
        let finding = Finding {
            name: "moved-write-buffer".into(),
            severity: "error".into(),
            function: "SSL_write".into(),
            handle: "0x10".to_owned(),
            text: "SSL_write(5 bytes at 0x20)".to_owned(),
            source: "SSL_write(3)".into(),
            advice: "Keep the buffer.".into(),
            frames: vec!["program(main+0x10) program.c:7".to_owned(), "libc.so.6+0x10".to_owned()],
        };
        assert_eq!(
            finding.to_string(),
            "ERROR: moved-write-buffer: SSL_write(5 bytes at 0x20), handle 0x10\n    #0 program(main+0x10) program.c:7\n    \
             #1 libc.so.6+0x10\n    rule: SSL_write(3)\n    instead: Keep the buffer."
        );
        let line = Line { v: VERSION, time_us: 7, pid: 1, tid: 2, event: Event::Finding(finding) };
        assert!(line.to_json().ends_with(
            "\"event\":\"finding\",\"name\":\"moved-write-buffer\",\"severity\":\"error\",\"function\":\"SSL_write\",\
             \"handle\":\"0x10\",\"text\":\"SSL_write(5 bytes at 0x20)\",\"source\":\"SSL_write(3)\",\
             \"advice\":\"Keep the buffer.\",\"frames\":[\"program(main+0x10) program.c:7\",\"libc.so.6+0x10\"]}"
        ));
        let found = |name: &'static str, count| Found { name: name.into(), count, frames: vec!["a".to_owned()] };
        let event = Event::Findings { found: vec![found("busy-retry", 1), found("scsv", 2), found("busy-retry", 3)] };
        assert_eq!(event.to_string(), "6 findings: busy-retry 4, scsv 2");
        let line = Line { v: VERSION, time_us: 7, pid: 1, tid: 2, event };
        assert!(
            line.to_json()
                .contains("\"found\":[{\"name\":\"busy-retry\",\"count\":1,\"frames\":[\"a\"]},{\"name\":\"scsv\"")
        );
    }

    #[test]
    fn a_line_of_json() {
        let event = read("SSL_read", -1, None, Some("SSL_ERROR_WANT_READ"));
        let line = Line { v: VERSION, time_us: 7, pid: 1, tid: 2, event };
        assert_eq!(
            line.to_json(),
            "{\"v\":1,\"time_us\":7,\"pid\":1,\"tid\":2,\"event\":\"io\",\"function\":\"SSL_read\",\"handle\":\"0x10\",\
             \"buffer\":\"0x7f00\",\"requested\":16384,\"result\":-1,\"error\":\"SSL_ERROR_WANT_READ\",\"duration_ns\":1000004500}"
        );
    }
}
