//! What is known of a process, a context, a connection.

use crate::timeline::Timeline;
use sslmode_engine::differences::Follower;
use sslmode_engine::{Dialect, Modes};
use std::collections::HashMap;
use std::rc::Rc;

/// So many handles are followed at once. A trace that was cut off in parts has more that never end.
pub const MOST: usize = 16_384;

/// A process and a handle in it.
pub type Key = (u32, u64);

/// A process.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its path.
    pub program: Rc<str>,
    /// What its libssl makes of modes: the last one that was found.
    pub dialect: Option<&'static Dialect>,
    /// Whether that is the older one that a profile puts in front: then the modes that the program sees are in force.
    pub profile: bool,
    /// Where it is among the report's programs.
    pub place: Option<usize>,
}

/// Where a handle comes from.
#[derive(Clone, Debug)]
pub struct Birth {
    /// The number of the line.
    pub line: u64,
    /// The event, for people.
    pub call: Rc<str>,
}

/// A context.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Where it comes from.
    pub birth: Option<Birth>,
    /// The modes that the program set or cleared on it.
    pub named: Modes,
    /// Whether its default modes are judged.
    pub judged: bool,
}

/// A connection.
#[derive(Debug, Default)]
pub struct Connection {
    /// Where it comes from.
    pub birth: Option<Birth>,
    /// Its context.
    pub context: Option<Key>,
    /// The modes that the program set or cleared on it, and on its context before it was made.
    pub named: Modes,
    /// The modes in force.
    pub modes: Modes,
    /// What the last handshake agreed on.
    pub version: Option<String>,
    /// Whether it is a client's.
    pub client: bool,
    /// Its writes.
    pub writes: Option<Follower>,
    /// Whether a fatal error was met.
    pub dead: bool,
    /// Whether a write met SSL_ERROR_SYSCALL.
    pub transport_failed: bool,
    /// Whether its default modes are judged.
    pub judged: bool,
    /// A SSL_ERROR_WANT_READ without AUTO_RETRY that no read has followed.
    pub given_up: Option<(u64, String)>,
    /// Its calls.
    pub timeline: Timeline,
}

/// The handles that are alive.
#[derive(Debug, Default)]
pub struct Table<T> {
    live: HashMap<Key, (u64, T)>,
}

impl<T: Default> Table<T> {
    /// What is known of a handle; something new where nothing is. `line` is when it is used.
    pub fn get(&mut self, key: Key, line: u64) -> &mut T {
        let (used, known) = self.live.entry(key).or_default();
        *used = line;
        known
    }

    /// What is known of a handle that was seen before.
    pub fn known(&mut self, key: Key) -> Option<&mut T> {
        self.live.get_mut(&key).map(|(_, known)| known)
    }

    /// The handle is gone.
    pub fn remove(&mut self, key: Key) -> Option<T> {
        self.live.remove(&key).map(|(_, known)| known)
    }

    /// Takes out the half that was used the longest ago, if there are too many.
    pub fn excess(&mut self) -> Vec<(Key, T)> {
        if self.live.len() <= MOST {
            return Vec::new();
        }
        let mut used: Vec<u64> = self.live.values().map(|(used, _)| *used).collect();
        let middle = used.len() / 2;
        let limit = *used.select_nth_unstable(middle).1;
        self.live.extract_if(|_, (used, _)| *used < limit).map(|(key, (_, known))| (key, known)).collect()
    }

    /// Takes out those that `is_over` holds for, the oldest first.
    pub fn take(&mut self, is_over: impl Fn(Key) -> bool) -> Vec<(Key, T)> {
        let mut over: Vec<_> = self.live.extract_if(|key, _| is_over(*key)).collect();
        over.sort_by_key(|(key, (used, _))| (*used, *key));
        over.into_iter().map(|(key, (_, known))| (key, known)).collect()
    }
}
