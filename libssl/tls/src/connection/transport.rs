//! What carries the bytes: a pair of BIOs, for our libssl.

/// Why a transport moved nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// It would block: the same call is to be made again.
    Retry,
    /// There is nothing more to read. With it what the transport answered: 0, or a negative number.
    Eof(i32),
    /// It failed for good. With it what it answered.
    Failed(i32),
}

impl Blocked {
    /// What a call returns that it stops.
    pub fn answer(self) -> i32 {
        match self {
            Blocked::Retry => -1,
            Blocked::Eof(answer) | Blocked::Failed(answer) => answer,
        }
    }
}

/// A stream of bytes in each direction, blocking or not.
pub trait Transport {
    /// Reads between 1 byte and as many as fit.
    ///
    /// # Errors
    /// Nothing was read.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Blocked>;

    /// Takes between 1 byte and all of them.
    ///
    /// # Errors
    /// Nothing was taken.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Blocked>;

    /// Sends what it may have held back.
    ///
    /// # Errors
    /// Not all of it was sent.
    fn flush(&mut self) -> Result<(), Blocked>;
}
