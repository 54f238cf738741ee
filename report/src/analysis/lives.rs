//! What becomes of contexts and connections, event by event.

use super::{Analysis, CONNECTIONS, Place, entry, key, shortened};
use crate::handles::{Birth, Connection, Context, Key};
use crate::timeline;
use crate::writes::Write;
use sslmode_engine::Modes;
use sslmode_engine::differences::Topic;
use sslmode_engine::fallback::{Role, is_sent};
use sslmode_protocol::Event;
use sslmode_protocol::event::{Birth as Born, Name};
use std::rc::Rc;

impl Analysis {
    pub(super) fn birth(&mut self, place: &Place, born: &Born, event: &Event) {
        let Some(key) = key(place, &born.handle) else { return };
        let birth = Birth { line: place.line, call: shortened(&event.to_string()).into() };
        let kind = usize::from(!is_context(&born.function));
        self.handles[kind] += 1;
        let process = self.processes.get(&place.pid).and_then(|process| process.place);
        if let Some(program) = process.and_then(|at| self.programs.get_mut(at)) {
            *[&mut program.contexts, &mut program.connections][kind] += 1;
        }
        if kind == 0 {
            self.contexts.remove(key);
            *self.contexts.get(key, place.line) = Context { birth: Some(birth), ..Context::default() };
            return;
        }
        if let Some(connection) = self.connections.remove(key) {
            self.close(&place.trace, key, connection);
        }
        let parent = born.parent.as_deref().and_then(|parent| self::key(place, parent));
        let (context, named) = self.inherited(parent);
        let modes = self.modes(place.pid, &born.modes, born.modes_shown.as_deref());
        let shown = self.allotted < CONNECTIONS;
        self.allotted += usize::from(shown);
        let connection = self.connections.get(key, place.line);
        *connection = Connection { birth: Some(birth), context, named, modes, ..Connection::default() };
        connection.timeline.shown = shown;
        connection.timeline.push(entry(place, event));
    }

    /// The context of a new connection, and the modes that it brings: a parent may be a connection too (SSL_dup).
    fn inherited(&mut self, parent: Option<Key>) -> (Option<Key>, Modes) {
        let Some(parent) = parent else { return (None, Modes::empty()) };
        if let Some(context) = self.contexts.known(parent) {
            return (Some(parent), context.named);
        }
        self.connections.known(parent).map_or((None, Modes::empty()), |known| (known.context, known.named))
    }

    pub(super) fn mode(
        &mut self,
        place: &Place,
        function: &Name,
        handle: &str,
        asked: Option<&str>,
        after: Modes,
        event: &Event,
    ) {
        let Some(key) = key(place, handle) else { return };
        let dialect = self.observed(place.pid);
        let mask = asked.and_then(|asked| dialect.parse_mask(asked).ok());
        let named = mask.map_or(Modes::empty(), |mask| dialect.decode(mask).modes);
        if is_context(function) {
            self.contexts.get(key, place.line).named |= named;
        } else {
            let connection = self.connections.get(key, place.line);
            connection.named |= named;
            connection.modes = after;
            connection.timeline.push(entry(place, event));
        }
        if let Some(mask) = mask {
            self.judge_mask(place, handle, mask, event);
        }
    }

    pub(super) fn on_timeline(&mut self, place: &Place, handle: &str, event: &Event) {
        if let Some(key) = key(place, handle) {
            let modes = self.observed(place.pid).default_modes.value;
            let connection = self.connections.get(key, place.line);
            if connection.birth.is_none() && connection.modes.is_empty() {
                connection.modes = modes;
            }
            connection.timeline.push(entry(place, event));
        }
    }

    pub(super) fn io(&mut self, place: &Place, handle: &str, event: &Event) {
        let (Some(from), Some(key)) = (self.from, key(place, handle)) else { return };
        let Event::Io { function, error, requested, .. } = event else { return };
        if requested.is_some() {
            self.judge_default(place, handle, key);
        }
        self.judge_failure(place, handle, key, event);
        if function.starts_with("SSL_read") || function.starts_with("SSL_peek") {
            self.judge_read(place, key, event);
        }
        let own_retry = match Write::of(event) {
            Some(write) => self.judge_write(place, handle, key, from, &write, event),
            None => false,
        };
        let connection = self.connections.get(key, place.line);
        connection.dead |= error.as_deref() == Some("SSL_ERROR_SSL") && !own_retry;
        let syscall = error.as_deref() == Some("SSL_ERROR_SYSCALL") && Write::of(event).is_some();
        connection.transport_failed |= syscall && !own_retry && requested.is_some_and(|length| length > 0);
    }

    pub(super) fn handshake(
        &mut self,
        place: &Place,
        handle: &str,
        version: Option<&str>,
        role: Option<&str>,
        event: &Event,
    ) {
        let (Some(from), Some(key)) = (self.from, key(place, handle)) else { return };
        let connection = self.connections.get(key, place.line);
        connection.version = version.map(shortened);
        connection.client = role == Some("client");
        let (modes, client) = (connection.modes, connection.client);
        if !client {
            return;
        }
        let sends = is_sent(from, Role::Client, modes) || is_sent(self.question.to, Role::Client, modes);
        let note = sends.then(|| "a handshake under SEND_FALLBACK_SCSV".to_owned());
        self.judge(place, handle, Topic::FallbackSignal, event, note.clone());
        self.judge(place, handle, Topic::DowngradeMark, event, note);
        if version.is_some_and(|version| version.starts_with("DTLS")) {
            let note = modes.contains(Modes::RELEASE_BUFFERS).then(|| "DTLS under RELEASE_BUFFERS".to_owned());
            self.judge(place, handle, Topic::DtlsBuffers, event, note);
        }
    }

    pub(super) fn death(&mut self, place: &Place, handle: &str, event: &Event) {
        let Some(key) = key(place, handle) else { return };
        self.contexts.remove(key);
        if let Some(mut connection) = self.connections.remove(key) {
            connection.timeline.push(entry(place, event));
            self.close(&place.trace, key, connection);
        }
    }

    /// A connection ends, or is followed no further.
    pub(super) fn close(&mut self, trace: &Rc<str>, (pid, address): Key, mut connection: Connection) {
        let program = self.processes.get(&pid).map_or_else(|| "(unknown)".into(), |process| process.program.clone());
        let handle = format!("{address:#x}");
        if let Some((line, call)) = connection.given_up.take() {
            let place = Place { trace: trace.clone(), line, time_us: 0, pid, program: program.clone() };
            let note = "SSL_ERROR_WANT_READ without AUTO_RETRY, and no further read: over TLS 1.3 a ticket may be all that came";
            self.relies(&place, &handle, Topic::SessionTickets, line, &call, note.to_owned());
        }
        if !connection.timeline.shown {
            self.left_out += 1;
            return;
        }
        let role = if connection.client { "client" } else { "server" };
        let agreed = connection.version.map_or_else(String::new, |version| format!("{version}, {role}"));
        let (first, left_out, last) = connection.timeline.parts();
        let trace = trace.clone();
        self.shown.push(timeline::Connection { trace, program, pid, handle, agreed, first, left_out, last });
    }
}

fn is_context(function: &str) -> bool {
    function.starts_with("SSL_CTX_")
}
