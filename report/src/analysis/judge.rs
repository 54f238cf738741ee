//! Which topic a call belongs to, and whether it relies on the difference.

use super::{Analysis, FOUND_CONNECTIONS, Place, evidence, key, shortened};
use crate::found::{Evidence, SHOWN};
use crate::handles::Key;
use crate::timeline::{Entry, Kind as EntryKind};
use crate::writes::{self, Seen, Write};
use sslmode_engine::differences::{self, Kind, LARGEST, Topic, Verdict};
use sslmode_engine::{Dialect, Modes};
use sslmode_protocol::Event;

impl Analysis {
    /// The number that a program passed to a set or clear call.
    pub(super) fn judge_mask(&mut self, place: &Place, handle: &str, mask: i64, event: &Event) {
        let (Some(from), to) = (self.from, self.question.to) else { return };
        let every = mask < 0 || mask >= i64::from(u32::MAX);
        let (old, new) = (from.decode(mask), to.decode(mask));
        let wide = every.then(|| format!("a mask of all bits: {}", from.name_mask(mask)));
        self.judge(place, handle, Topic::MaskWidth, event, wide);
        let names = |modes: Modes| modes.iter_names().map(|(name, _)| name).collect::<Vec<_>>().join("|");
        let unknown = old.unknown & !new.unknown & i64::from(u32::MAX);
        let gained = (unknown != 0 && !every).then(|| {
            format!("{unknown:#x} means nothing in {} and is {} in {}", from.name, to.name_mask(unknown), to.name)
        });
        self.judge(place, handle, Topic::UnknownBits, event, gained);
        let other = bits(mask).filter(|&bit| {
            let (old, new) = (from.decode(bit).modes, to.decode(bit).modes);
            !old.is_empty() && !new.is_empty() && old != new
        });
        let other: Vec<_> = other
            .map(|bit| {
                format!("{bit:#x} is {} in {} and {} in {}", from.name_mask(bit), from.name, to.name_mask(bit), to.name)
            })
            .collect();
        self.judge(place, handle, Topic::ModeNumbers, event, (!other.is_empty() && !every).then(|| other.join(", ")));
        let lost = old.modes - differences::effective(to);
        let lost = (!lost.is_empty() && !every).then(|| format!("{} has no effect in {}", names(lost), to.name));
        self.judge(place, handle, Topic::MissingModes, event, lost);
        let release = old.modes.contains(Modes::RELEASE_BUFFERS) && !every;
        let release = release.then(|| "the mode is set or cleared here".to_owned());
        self.judge(place, handle, Topic::ReleasedBuffers, event, release);
    }

    /// A call came to a topic: `note` says how it relies on it, None that it does not.
    pub(super) fn judge(&mut self, place: &Place, handle: &str, topic: Topic, event: &Event, note: Option<String>) {
        match note {
            None => self.safe(topic),
            Some(note) => self.relies(place, handle, topic, place.line, &event.to_string(), note),
        }
    }

    pub(super) fn safe(&mut self, topic: Topic) {
        if self.differs(topic) {
            self.tallies.entry(topic).or_default().safe += 1;
        }
    }

    pub(super) fn differs(&self, topic: Topic) -> bool {
        self.differences.iter().any(|difference| difference.topic == topic)
    }

    pub(super) fn relies(&mut self, place: &Place, handle: &str, topic: Topic, line: u64, call: &str, note: String) {
        if !self.differs(topic) {
            return;
        }
        let evidence = Evidence { call: shortened(call), note, ..evidence(place, handle, line) };
        let suppressed = self.is_suppressed(topic.name(), &evidence);
        let tally = self.tallies.entry(topic).or_default();
        tally.count += 1;
        tally.suppressed += u64::from(suppressed);
        if suppressed {
            return;
        }
        let text = format!("{}: {}", topic.name(), evidence.note);
        if tally.evidence.len() < SHOWN {
            tally.evidence.push(evidence);
        }
        self.show_found(place, handle, text);
    }

    pub(super) fn is_suppressed(&self, name: &str, evidence: &Evidence) -> bool {
        let program = evidence.program.rsplit('/').next().unwrap_or_default();
        let by = evidence.call.rsplit_once(", by ").map_or("", |(_, by)| by);
        let function = evidence.call.split('(').next().unwrap_or_default();
        self.question.suppressions.cover(name, [program, by, function].into_iter())
    }

    /// Puts what was found onto the connection's timeline, which is shown from now on.
    pub(super) fn show_found(&mut self, place: &Place, handle: &str, text: String) {
        let Some(key) = key(place, handle) else { return };
        let Some(connection) = self.connections.known(key) else { return };
        if !connection.timeline.shown && self.found_on < FOUND_CONNECTIONS {
            self.found_on += 1;
            connection.timeline.show();
        }
        let (line, time_us) = (place.line, place.time_us);
        let text = shortened(&text).into();
        connection.timeline.push(Entry { line, time_us, kind: EntryKind::Found, text, count: 1 });
    }

    /// Whether the modes that differ by default were named before data flow.
    pub(super) fn judge_default(&mut self, place: &Place, handle: &str, key: Key) {
        let Some(from) = self.from else { return };
        let differing = from.default_modes.value ^ self.question.to.default_modes.value;
        let connection = self.connections.get(key, place.line);
        if std::mem::replace(&mut connection.judged, true) || differing.is_empty() {
            return;
        }
        let missing = differing - connection.named;
        let (context, born) = (connection.context, connection.birth.clone());
        if missing.is_empty() {
            return self.safe(Topic::DefaultModes);
        }
        let context = context.and_then(|context| Some((context, self.contexts.known(context)?)));
        let mut born = (handle.to_owned(), born);
        if let Some(((_, address), context)) = context {
            if std::mem::replace(&mut context.judged, true) {
                return;
            }
            born = (format!("{address:#x}"), context.birth.clone().or(born.1));
        }
        let names = missing.iter_names().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
        let has = |dialect: &Dialect| if dialect.default_modes.value.contains(missing) { "set" } else { "clear" };
        let note = format!(
            "the program never says whether it wants {names}: {} in {}, {} in {}",
            has(from),
            from.name,
            has(self.question.to),
            self.question.to.name
        );
        let (line, call) = born.1.map_or((place.line, "made unseen".into()), |birth| (birth.line, birth.call));
        self.relies(place, &born.0, Topic::DefaultModes, line, &call, note.clone());
        if born.0 != handle {
            self.show_found(place, handle, format!("{}: {note}", Topic::DefaultModes.name()));
        }
    }

    /// A call on a connection that an error had ended, or whose transport had failed.
    pub(super) fn judge_failure(&mut self, place: &Place, handle: &str, key: Key, event: &Event) {
        if Write::of(event).is_none() {
            return;
        }
        let connection = self.connections.get(key, place.line);
        let (dead, failed) = (connection.dead, connection.transport_failed);
        if dead {
            let note = "a write after SSL_ERROR_SSL".to_owned();
            self.relies(place, handle, Topic::AfterFatal, place.line, &event.to_string(), note);
        }
        if failed {
            let note = "a write after one that failed with SSL_ERROR_SYSCALL".to_owned();
            self.relies(place, handle, Topic::FailedTransport, place.line, &event.to_string(), note);
        }
    }

    /// Reads without AUTO_RETRY: whether the program goes on after SSL_ERROR_WANT_READ.
    pub(super) fn judge_read(&mut self, place: &Place, key: Key, event: &Event) {
        let Event::Io { error, made, .. } = event else { return };
        let to = self.question.to;
        let connection = self.connections.get(key, place.line);
        let auto_retry = match connection.named.contains(Modes::AUTO_RETRY) {
            true => connection.modes.contains(Modes::AUTO_RETRY),
            false => to.default_modes.value.contains(Modes::AUTO_RETRY),
        };
        if connection.given_up.take().is_some() {
            self.safe(Topic::SessionTickets);
        }
        let connection = self.connections.get(key, place.line);
        let wants = error.as_deref() == Some("SSL_ERROR_WANT_READ") && made.is_none();
        let tls_1_3 = connection.version.as_deref() == Some("TLSv1.3");
        if wants && tls_1_3 && connection.client && !auto_retry {
            connection.given_up = Some((place.line, event.to_string()));
        }
        if made.as_deref().is_some_and(|made| made.contains("key_update")) && error.is_none() {
            self.safe(Topic::KeyUpdates);
        }
    }

    /// Answers whether the call was a retry that the versions differ in: its failure is told with it.
    pub(super) fn judge_write(
        &mut self,
        place: &Place,
        handle: &str,
        key: Key,
        from: &'static Dialect,
        write: &Write,
        event: &Event,
    ) -> bool {
        let (observed, to) = (self.observed(place.pid), self.question.to);
        let connection = self.connections.get(key, place.line);
        let modes = connection.modes;
        let follower = connection.writes.get_or_insert_with(|| writes::follower(observed, from, to));
        let Some(side) = writes::judge(follower, modes, write) else {
            self.without_addresses += 1;
            return false;
        };
        self.too_long += u64::from(write.call.is_some_and(|call| call.length > LARGEST));
        if side.verdict == Verdict::NotFollowed {
            return write.seen == Seen::Failed && side.kind != Kind::None;
        }
        let topic = Topic::of_retry(side.kind);
        let differs = side.verdict != Verdict::Same;
        for &other in exercised(side.kind).iter().filter(|&&other| !differs || other != topic) {
            self.safe(other);
        }
        let (true, Some([old, new])) = (differs, side.answers) else {
            return write.seen == Seen::Failed;
        };
        let retried = side
            .retried
            .map_or_else(String::new, |call| format!(", a retry of {} bytes at {:#x}", call.length, call.address));
        let (address, length) = write.call.map_or((0, 0), |call| (call.address, call.length));
        let note = format!("{length} bytes at {address:#x}{retried}: {} says {old}; {} says {new}", from.name, to.name);
        self.relies(place, handle, topic, place.line, &event.to_string(), note);
        if let Some(tally) = self.tallies.get_mut(&topic) {
            tally.perhaps += u64::from(side.verdict == Verdict::Perhaps);
        }
        true
    }
}

/// The topics that a call comes to: each retry shows whether the program moves, shortens or lengthens.
fn exercised(kind: Kind) -> &'static [Topic] {
    match kind {
        Kind::None => &[Topic::NegativeLength, Topic::EmptyWriteEx],
        _ => &[Topic::MovedRetry, Topic::ShorterRetry, Topic::LongerRetry, Topic::RightRetry],
    }
}

fn bits(mask: i64) -> impl Iterator<Item = i64> {
    (0..63).map(|place| 1_i64 << place).filter(move |bit| mask & bit != 0)
}
