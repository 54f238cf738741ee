//! What is kept of a handle for the check.
//!
//! A connection is used by one thread at a time: that is a rule of libssl's, and whether the program keeps to it is part of
//! what is checked. So a thread takes the word `owner` before it touches the connection, and gives it back when its call
//! is over; who finds it taken by another thread leaves the connection alone. Nobody waits, and a fork leaves nothing held
//! that matters: the words of a process's handles are heeded in that process only.

use super::stack::Stack;
use sslmode_engine::Dialect;
use sslmode_engine::contract::modes::ContextLife;
use sslmode_engine::contract::{Connection, Finding};
use sslmode_protocol::options::faults::FUNCTIONS;
use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, Ordering};

/// What is kept of one handle.
#[derive(Default)]
pub struct State {
    /// The thread that uses the connection; 0 for none.
    owner: AtomicUsize,
    /// What it is inside of, as its place in [`FUNCTIONS`].
    function: AtomicU8,
    /// Two threads were inside calls at once: what became of the connection is not known any more.
    muddled: AtomicBool,
    /// The process in which the handle was made.
    pid: AtomicU32,
    /// How many handles have lived here.
    life: AtomicU32,
    connection: UnsafeCell<Option<Connection>>,
    context: AtomicU8,
    late: AtomicPtr<Late>,
}

// SAFETY: the connection is only touched by the thread that has taken `owner`; all else is atomic.
unsafe impl Sync for State {}

/// A change to a context that has reached no connection yet.
pub struct Late {
    pub finding: Finding,
    pub function: &'static str,
    pub stack: Stack,
}

/// What came of trying to enter.
pub enum Entered {
    /// Nobody else is inside.
    Turn(Turn),
    /// This thread is inside already, further out.
    Nested,
    /// Another thread is inside this function.
    Beside(&'static str),
}

/// This thread's turn at a connection.
pub struct Turn(&'static State);

/// The calling thread, as a number that no other has while it lives.
pub fn thread() -> usize {
    thread_local!(static HERE: Cell<u8> = const { Cell::new(0) });
    HERE.with(|here| ptr::from_ref(here).addr())
}

impl State {
    /// A connection begins; None is one that is not checked.
    pub fn begin_connection(&'static self, dialect: Option<&'static Dialect>) {
        self.pid.store(std::process::id(), Ordering::Relaxed);
        if let Entered::Turn(turn) = self.enter("") {
            turn.put(dialect.map(Connection::new));
        }
    }

    /// Takes the connection for a call of `function`, if nobody has it.
    pub fn enter(&'static self, function: &str) -> Entered {
        let me = thread();
        let taken = self.owner.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed);
        match taken {
            Ok(_) => {}
            Err(other) if other == me => return Entered::Nested,
            // Whoever held it when the process was forked is not here.
            Err(_) if self.pid.load(Ordering::Relaxed) != std::process::id() => return Entered::Nested,
            Err(_) if function_place(function).is_none() => return Entered::Nested,
            Err(_) => match FUNCTIONS.get(usize::from(self.function.load(Ordering::Relaxed))) {
                Some(inside) => {
                    self.muddled.store(true, Ordering::Relaxed);
                    return Entered::Beside(inside);
                }
                None => return Entered::Nested,
            },
        }
        self.function.store(function_place(function).unwrap_or(u8::MAX), Ordering::Relaxed);
        Entered::Turn(Turn(self))
    }

    /// How many handles have lived here.
    pub fn life(&self) -> u32 {
        self.life.load(Ordering::Relaxed)
    }

    /// Forgets everything: the handle is freed.
    pub fn reset(&'static self) {
        self.life.fetch_add(1, Ordering::Relaxed);
        self.context.store(0, Ordering::Relaxed);
        drop(self.late());
        match self.enter("") {
            Entered::Turn(turn) => {
                turn.put(None);
                self.muddled.store(false, Ordering::Relaxed);
            }
            // Freed inside a call: what is there belongs to nobody.
            _ => self.muddled.store(true, Ordering::Relaxed),
        }
    }

    /// A connection was made of this context: what was changed before has reached somebody.
    pub fn made_connection(&self) {
        self.context.store(ContextLife::default().made().bits(), Ordering::Relaxed);
        drop(self.late());
    }

    /// The program changed this context's mask.
    pub fn changed_context(&self, [before, after]: [i64; 2], late: impl FnOnce() -> Late) {
        let life = ContextLife::from_bits(self.context.load(Ordering::Relaxed)).changed(before, after);
        self.context.store(life.bits(), Ordering::Relaxed);
        if life.is_late() && before != after {
            let late = Box::into_raw(Box::new(late()));
            drop(taken(self.late.swap(late, Ordering::AcqRel)));
        }
    }

    /// The change that has reached nobody, if there is one; it is told once.
    pub fn late(&self) -> Option<Box<Late>> {
        taken(self.late.swap(ptr::null_mut(), Ordering::AcqRel))
    }
}

fn taken(late: *mut Late) -> Option<Box<Late>> {
    // SAFETY: NULL, or leaked by `changed_context`; who swaps it out is the only one to have it.
    (!late.is_null()).then(|| unsafe { Box::from_raw(late) })
}

fn function_place(function: &str) -> Option<u8> {
    let place = FUNCTIONS.iter().position(|known| *known == function)?;
    u8::try_from(place).ok()
}

impl Turn {
    /// Uses the connection, unless none is checked here, or two threads have spoilt it.
    pub fn connection<R>(&self, body: impl FnOnce(&mut Connection) -> R) -> Option<R> {
        if self.0.muddled.load(Ordering::Relaxed) {
            return None;
        }
        // SAFETY: this thread has taken `owner`, and gives it back when the turn is dropped; `body` gets no way here.
        let connection = unsafe { &mut *self.0.connection.get() };
        connection.as_mut().map(body)
    }

    fn put(&self, connection: Option<Connection>) {
        // SAFETY: as in `connection`.
        unsafe { *self.0.connection.get() = connection };
    }
}

impl Drop for Turn {
    /// Also where the thread is cancelled inside the call and unwinds.
    fn drop(&mut self) {
        self.0.owner.store(0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sslmode_engine::dialect::OPENSSL_3;

    fn new_state() -> &'static State {
        let state: &State = Box::leak(Box::default());
        state.begin_connection(Some(&OPENSSL_3));
        state
    }

    #[test]
    fn one_thread_at_a_time() {
        let state = new_state();
        let turn = match state.enter("SSL_read") {
            Entered::Turn(turn) => turn,
            _ => panic!("it is free"),
        };
        assert!(matches!(state.enter("SSL_write"), Entered::Nested));
        let other = || std::thread::spawn(|| matches!(state.enter("SSL_write"), Entered::Beside("SSL_read")));
        assert!(turn.connection(|_| ()).is_some());
        assert!(other().join().unwrap());
        assert!(turn.connection(|_| ()).is_none(), "it is spoilt");
        drop(turn);
        assert!(!other().join().unwrap());
    }

    #[test]
    fn a_new_life() {
        let state = new_state();
        let life = state.life();
        state.reset();
        assert_ne!(state.life(), life);
        let Entered::Turn(turn) = state.enter("SSL_read") else { panic!("it is free") };
        assert!(turn.connection(|_| ()).is_none(), "nothing lives there");
    }

    #[test]
    fn a_late_change_is_taken_back_by_the_next_connection() {
        let state = new_state();
        let late = || Late {
            finding: sslmode_engine::contract::modes::late(&OPENSSL_3, "SSL_CTX_set_mode", [0, 1]),
            function: "SSL_CTX_set_mode",
            stack: Stack::default(),
        };
        state.changed_context([0, 1], late);
        assert!(state.late().is_none(), "nothing was made of it yet");
        state.made_connection();
        state.changed_context([1, 1], late);
        assert!(state.late().is_none(), "nothing changed");
        state.changed_context([1, 3], late);
        state.made_connection();
        assert!(state.late().is_none());
        state.changed_context([3, 7], late);
        assert!(state.late().is_some() && state.late().is_none());
    }
}
