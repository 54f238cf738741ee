//! The sessions that a context keeps, by id, and how often that helped.

use super::Session;
use crate::settings::sessions::Id;
use libc::{c_long, c_ulong};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// See the module.
#[derive(Default)]
pub struct Cache {
    kept: Mutex<Kept>,
    /// `SSL_CTX_sess_connect` and its sisters.
    pub counts: Counts,
}

#[derive(Default)]
struct Kept {
    by_id: HashMap<Id, (End, Arc<Session>)>,
    /// The one whose time is over first is the first.
    by_end: BTreeMap<End, Id>,
    made: u64,
}

/// When a session's time is over, in seconds since 1970; of two the one that came first.
type End = (c_long, u64);

/// What `SSL_CTX_sess_connect` and its sisters count, in their order.
#[derive(Default)]
pub struct Counts {
    /// Handshakes that clients began, finished, and began again.
    pub connect: [AtomicI64; 3],
    /// Handshakes that servers began, finished, and began again.
    pub accept: [AtomicI64; 3],
    /// Sessions resumed.
    pub hits: AtomicI64,
    /// Sessions that the program's function gave.
    pub callback_hits: AtomicI64,
    /// Sessions that clients asked for and nobody had.
    pub misses: AtomicI64,
    /// Sessions that clients asked for too late.
    pub timeouts: AtomicI64,
    /// Sessions that left because there were too many.
    pub full: AtomicI64,
}

impl Kept {
    fn remove(&mut self, id: &Id) -> Option<Arc<Session>> {
        let (end, session) = self.by_id.remove(id)?;
        self.by_end.remove(&end);
        Some(session)
    }

    fn insert(&mut self, id: Id, session: Arc<Session>) {
        self.made += 1;
        let end = (session.end(), self.made);
        self.by_end.insert(end, id);
        self.by_id.insert(id, (end, session));
    }
}

impl Cache {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.kept().by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a session; there are then fewer than `limit` (0: any number), or this one alone, as in OpenSSL 3.0. Answers
    /// whether it is new, and which had to leave: the program is told of those.
    pub fn add(&self, session: &Arc<Session>, limit: c_long) -> (bool, Vec<Arc<Session>>) {
        let id = session.data().id;
        let mut kept = self.kept();
        let before = kept.remove(&id);
        let is_new = before.as_ref().is_none_or(|before| !Arc::ptr_eq(before, session));
        let mut leaving = Vec::new();
        while is_new && limit > 0 && kept.by_id.len() + 1 >= limit as usize {
            let Some(first) = kept.by_end.values().next().copied() else { break };
            leaving.extend(kept.remove(&first));
        }
        kept.insert(id, session.clone());
        // The last reference may go with it, and the program's functions run then.
        drop(kept);
        drop(before);
        (is_new, leaving)
    }

    /// The session of this id.
    pub fn find(&self, id: &Id) -> Option<Arc<Session>> {
        self.kept().by_id.get(id).map(|(_, session)| session.clone())
    }

    /// Takes out the session of this id: it or, as in OpenSSL, another one.
    pub fn remove(&self, session: &Session) -> Option<Arc<Session>> {
        let id = session.data().id;
        self.kept().remove(&id)
    }

    /// Takes out all whose time is over at this second; 0 is all of them.
    pub fn flush(&self, now: c_long) -> Vec<Arc<Session>> {
        let mut kept = self.kept();
        let over = |(_, (_, session)): &(&Id, &(End, Arc<Session>))| now == 0 || session.is_over(now);
        let leaving: Vec<Id> = kept.by_id.iter().filter(over).map(|(id, _)| *id).collect();
        leaving.iter().filter_map(|id| kept.remove(id)).collect()
    }
}

/// What `SSL_SESSION_get_ticket_lifetime_hint` answers.
pub fn lifetime_hint(session: &Session) -> c_ulong {
    c_ulong::from(session.data().lifetime_hint)
}
