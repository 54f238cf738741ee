//! Where record buffers come from and go to: the freelists of a context, or the allocator.

use sslmode_engine::Dialect;
use sslmode_engine::Modes;
use sslmode_engine::buffers::{Buffer, Freelist, Kind, Protocol, Release, Rules};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The unused record buffers of one context, whose connections may be in several threads.
#[derive(Debug)]
pub struct Pool {
    rules: &'static Rules,
    read: Mutex<Freelist>,
    write: Mutex<Freelist>,
}

impl Pool {
    /// Empty, in the rules of this dialect.
    pub fn new(dialect: &Dialect) -> Self {
        Pool { rules: Rules::of(dialect), read: Mutex::default(), write: Mutex::default() }
    }

    /// A buffer of this length; what is in it is of no meaning.
    pub fn obtain(&self, kind: Kind, length: usize) -> Box<[u8]> {
        if self.rules.freelist
            && let Some(chunk) = self.list(kind).obtain(length)
        {
            return chunk;
        }
        vec![0; length].into()
    }

    /// What becomes of a buffer in which so many bytes are still needed.
    pub fn release(&self, modes: Modes, kind: Kind, needed: usize) -> Release {
        self.rules.release(modes, Protocol::Tls, Buffer { kind, needed })
    }

    /// Takes back the buffer of a connection that ends.
    pub fn at_the_end(&self, kind: Kind, chunk: Box<[u8]>) {
        self.take_back(self.rules.at_the_end(), kind, chunk);
    }

    /// Does to a buffer what [`release`](Self::release) said.
    pub fn take_back(&self, release: Release, kind: Kind, mut chunk: Box<[u8]>) {
        if release == Release::ToFreelist {
            // The next connection has no business with what this one read.
            chunk.fill(0);
            // A list that is full hands it back, to be freed here.
            _ = self.list(kind).release(chunk);
        }
    }

    /// How many buffers of this kind wait to be used again.
    pub fn waiting(&self, kind: Kind) -> usize {
        self.list(kind).len()
    }

    fn list(&self, kind: Kind) -> MutexGuard<'_, Freelist> {
        let list = match kind {
            Kind::Read => &self.read,
            Kind::Write => &self.write,
        };
        list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
