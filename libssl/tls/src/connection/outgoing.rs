//! Sealed bytes on their way to the transport.

use super::{Blocked, Io};
use crate::record::{Error, HEADER, MAX_CONTENT};
use sslmode_engine::buffers::{Kind, Release};

/// Room for one full record of either version, and ahead of it for what can be due: two key updates and two alerts.
const ROOM: usize = (HEADER + MAX_CONTENT + OVERHEAD) + 4 * (HEADER + 8 + OVERHEAD);
/// The most that protection adds to a record: nonce or content type, and tag.
const OVERHEAD: usize = 24;

/// At most one record of application data, whole or what is left of it, with what was due ahead of it.
#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Outgoing {
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Puts bytes in, as `seal` says how many; it must be empty.
    ///
    /// # Errors
    /// Those of `seal`.
    pub(super) fn fill(
        &mut self,
        io: &Io<'_>,
        seal: impl FnOnce(&mut [u8]) -> Result<usize, Error>,
    ) -> Result<(), Error> {
        if self.bytes.is_empty() {
            self.bytes = io.pool.obtain(Kind::Write, ROOM);
        }
        let sealed = seal(&mut self.bytes);
        (self.start, self.end) = (0, *sealed.as_ref().unwrap_or(&0));
        sealed.map(|_| ())
    }

    /// Hands the bytes to the transport until it has them all or takes no more.
    pub(super) fn write(&mut self, io: &mut Io<'_>) -> Result<(), Blocked> {
        while !self.is_empty() {
            self.start += io.transport.write(&self.bytes[self.start..self.end])?.min(self.end - self.start);
        }
        self.release(io);
        Ok(())
    }

    /// RELEASE_BUFFERS.
    fn release(&mut self, io: &Io<'_>) {
        match io.pool.release(io.modes, Kind::Write, self.end - self.start) {
            Release::Keep => {}
            release => io.pool.take_back(release, Kind::Write, std::mem::take(&mut self.bytes)),
        }
    }

    /// The memory, for the context when the connection ends.
    pub(super) fn take_memory(&mut self) -> Option<Box<[u8]>> {
        (self.start, self.end) = (0, 0);
        (!self.bytes.is_empty()).then(|| std::mem::take(&mut self.bytes))
    }
}
