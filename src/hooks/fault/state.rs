//! What is kept of a handle for its faults. One thread at a time calls on a handle, which is libssl's own rule; here is
//! no lock, and nothing points into a frame: a program may leave one by longjmp.

use super::refusal::{End, Seen};
use sslmode_engine::lawful::History;
use sslmode_protocol::options::faults::{Birth, FUNCTIONS};
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::Relaxed};

/// Contexts made, and connections whose making was not seen.
static CONTEXTS: AtomicU32 = AtomicU32::new(0);
static UNSEEN: AtomicU32 = AtomicU32::new(0);

/// What is kept of one handle.
#[derive(Default)]
pub struct State {
    birth: AtomicU64,
    connections: AtomicU32,
    calls: [AtomicU32; FUNCTIONS.len()],
    history: AtomicU16,
    /// What is to be refused in the call under way, as [`super::refusal::Refusal`] has it.
    pub(super) refusal: AtomicU8,
    /// What was seen in it, as [`Seen`] has it.
    pub(super) seen: AtomicU8,
    /// The BIOs that are watched in it: for reading, and for writing where that is another.
    pub(super) ends: [End; 2],
}

impl State {
    /// Forgets everything: the handle is freed.
    pub fn reset(&self) {
        self.birth.store(0, Relaxed);
        self.connections.store(0, Relaxed);
        self.calls.iter().for_each(|count| count.store(0, Relaxed));
        self.history.store(0, Relaxed);
        self.refusal.store(0, Relaxed);
        self.ends.iter().for_each(End::clear);
    }

    /// A context gets the next number.
    pub fn begin_context(&self) {
        self.be_born(CONTEXTS.fetch_add(1, Relaxed) + 1, 0);
    }

    /// A connection gets the next number of its context's.
    pub fn begin_connection(&self, context: Option<&State>) {
        match context.filter(|context| context.birth().connection == 0 && context.birth().context != 0) {
            Some(context) => self.be_born(context.birth().context, context.connections.fetch_add(1, Relaxed) + 1),
            None => self.be_born(0, UNSEEN.fetch_add(1, Relaxed) + 1),
        }
    }

    fn be_born(&self, context: u32, connection: u32) {
        self.birth.store(u64::from(context) << 32 | u64::from(connection), Relaxed);
    }

    /// Which one it is.
    pub fn birth(&self) -> Birth {
        let birth = self.birth.load(Relaxed);
        Birth { context: (birth >> 32) as u32, connection: birth as u32 }
    }

    /// One more call of this function; how many of all functions that makes.
    pub fn count(&self, function: usize) -> u32 {
        self.calls[function].store(self.calls[function].load(Relaxed).saturating_add(1), Relaxed);
        self.calls.iter().fold(0, |sum: u32, count| sum.saturating_add(count.load(Relaxed)))
    }

    /// How many calls of these functions there were.
    pub fn calls_of(&self, functions: &[u8]) -> u32 {
        let counts = functions.iter().filter_map(|&place| self.calls.get(usize::from(place)));
        counts.fold(0, |sum: u32, count| sum.saturating_add(count.load(Relaxed)))
    }

    pub fn history(&self) -> History {
        History::from_bits(self.history.load(Relaxed))
    }

    pub fn keep(&self, history: History) {
        self.history.store(history.bits(), Relaxed);
    }

    /// What happened at the transport in the call that is over.
    pub fn seen(&self) -> Seen {
        Seen::from_bits(self.seen.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_context_by_context() {
        let [one, other, first, second, third, unseen] = [(); 6].map(|()| State::default());
        one.begin_context();
        other.begin_context();
        first.begin_connection(Some(&one));
        second.begin_connection(Some(&one));
        third.begin_connection(Some(&other));
        unseen.begin_connection(None);
        let number = one.birth().context;
        assert_eq!(first.birth(), Birth { context: number, connection: 1 });
        assert_eq!(second.birth(), Birth { context: number, connection: 2 });
        assert_eq!(third.birth(), Birth { context: other.birth().context, connection: 1 });
        assert_eq!(unseen.birth().context, 0);
    }

    #[test]
    fn calls_are_counted_by_function_and_in_all() {
        let state = State::default();
        assert_eq!([state.count(4), state.count(6), state.count(6)], [1, 2, 3]);
        assert_eq!((state.calls_of(&[6]), state.calls_of(&[4, 6]), state.calls_of(&[0])), (2, 3, 0));
        state.reset();
        assert_eq!(state.count(6), 1);
    }
}
