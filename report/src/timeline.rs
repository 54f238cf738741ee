//! The calls of a connection, as many as fit: the first ones and the last ones.

use serde::Serialize;
use sslmode_protocol::Event;
use std::collections::VecDeque;
use std::rc::Rc;

/// The first so many entries of a connection that is shown.
pub const FIRST: usize = 150;
/// The last so many.
pub const LAST: usize = 50;
/// The last so many are kept of a connection that is not shown yet: should something be found on it, it will be.
const RING: usize = 12;

/// What an entry is, for the eye and the filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A beginning or an end.
    Life,
    /// A mode call.
    Mode,
    /// A handshake is finished.
    Handshake,
    /// A call that did what it was to do.
    Call,
    /// SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE and the like.
    Want,
    /// Another error.
    Error,
    /// A fault, or a call in which one was made.
    Fault,
    /// The program relies on a difference, or broke a rule.
    Found,
}

/// One entry, or several that are the same.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The number of the first line.
    pub line: u64,
    /// Microseconds since 1970, of the first.
    pub time_us: u64,
    /// What it is.
    pub kind: Kind,
    /// The event, for people.
    pub text: Box<str>,
    /// How many in a row.
    pub count: u64,
}

/// The calls of a connection so far.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Whether it is shown, whatever is found.
    pub shown: bool,
    first: Vec<Entry>,
    last: VecDeque<Entry>,
    left_out: u64,
}

impl Timeline {
    /// One entry more.
    pub fn push(&mut self, entry: Entry) {
        let latest = self.last.back_mut().or(self.first.last_mut());
        if let Some(latest) = latest.filter(|latest| latest.kind == entry.kind && is_the_same(latest, &entry)) {
            latest.count += 1;
            return;
        }
        if self.shown && self.last.is_empty() && self.first.len() < FIRST {
            return self.first.push(entry);
        }
        self.last.push_back(entry);
        if self.last.len() > if self.shown { LAST } else { RING } {
            self.left_out += self.last.pop_front().map_or(0, |entry| entry.count);
        }
    }

    /// Something was found on it.
    pub fn show(&mut self) {
        self.shown = true;
    }

    /// The entries, and how many were left out between the first and the last.
    pub fn parts(self) -> (Vec<Entry>, u64, Vec<Entry>) {
        (self.first, self.left_out, self.last.into())
    }
}

/// Findings stand alone: each says something else.
fn is_the_same(latest: &Entry, entry: &Entry) -> bool {
    entry.kind != Kind::Found && without_time(&latest.text) == without_time(&entry.text)
}

/// A call's line ends in how long it took.
fn without_time(text: &str) -> &str {
    text.rsplit_once(" <").map_or(text, |(call, _)| call)
}

/// What an event is.
pub fn kind(event: &Event) -> Kind {
    match event {
        Event::Mode { .. } => Kind::Mode,
        Event::Handshake { .. } => Kind::Handshake,
        Event::Fault { .. } | Event::Io { made: Some(_), .. } => Kind::Fault,
        Event::Io { error: Some(error), .. } if error.starts_with("SSL_ERROR_WANT") => Kind::Want,
        Event::Io { error: Some(error), .. } if error != "SSL_ERROR_ZERO_RETURN" => Kind::Error,
        Event::Io { .. } => Kind::Call,
        Event::Finding(_) | Event::Profile { .. } => Kind::Found,
        _ => Kind::Life,
    }
}

/// A connection, as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct Connection {
    /// The trace.
    pub trace: Rc<str>,
    /// The program.
    pub program: Rc<str>,
    /// The process.
    pub pid: u32,
    /// The handle's address.
    pub handle: String,
    /// What the last handshake agreed on, in words.
    pub agreed: String,
    /// The entries.
    pub first: Vec<Entry>,
    /// How many were left out.
    pub left_out: u64,
    /// The last entries.
    pub last: Vec<Entry>,
}

impl Connection {
    /// Whether something was found on it.
    pub fn has_found(&self) -> bool {
        self.first.iter().chain(&self.last).any(|entry| entry.kind == Kind::Found)
    }
}
