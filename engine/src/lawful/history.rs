//! What happened on a handle so far, as far as faults depend on it: small enough to be kept with each handle.

/// A way through the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Direction {
    /// From the peer.
    Read,
    /// To the peer.
    Write,
}

/// What a call came to, as far as the next one depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It did what it was asked.
    Done,
    /// `SSL_ERROR_WANT_READ`
    WantRead,
    /// `SSL_ERROR_WANT_WRITE`
    WantWrite,
    /// Any other failure: the connection is at its end, or waits for the program.
    Failed,
}

/// What happened last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Last {
    /// No call was seen.
    Nothing,
    /// A call did what it was asked.
    Went,
    /// The transport had nothing to read, of itself.
    ReadBlocked,
    /// A write is to be retried: the transport was full of itself, or the retry was not made yet.
    WriteBlocked,
    /// A refusal was brought about in the last call, or what one refused has not gone through since.
    Refused,
    /// A close_notify went one way or the other.
    Closing,
    /// A call failed.
    Failed,
}

impl Last {
    /// Every case.
    pub const ALL: [Last; 7] =
        [Last::Nothing, Last::Went, Last::ReadBlocked, Last::WriteBlocked, Last::Refused, Last::Closing, Last::Failed];
}

/// What happened on a handle so far, in two bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History(u16);

const SEEN: u16 = 1;
const REFUSED_READ: u16 = 1 << 1;
const REFUSED_WRITE: u16 = 1 << 2;
const READ_BLOCKED: u16 = 1 << 3;
/// A write of the program's is to be retried.
const DATA_PENDING: u16 = 1 << 4;
/// Another call is, that had something to write.
const STEP_PENDING: u16 = 1 << 5;
const CLOSING: u16 = 1 << 6;
const FAILED: u16 = 1 << 7;
/// In the call under way; in the last one.
const REFUSED_NOW: u16 = 1 << 8;
const REFUSED_LAST: u16 = 1 << 9;
/// The last of the program's data that moved went to the peer.
const ANSWERED: u16 = 1 << 10;

fn refused(direction: Direction) -> u16 {
    match direction {
        Direction::Read => REFUSED_READ,
        Direction::Write => REFUSED_WRITE,
    }
}

impl History {
    /// As [`History::bits`] gave it.
    pub fn from_bits(bits: u16) -> History {
        History(bits)
    }

    /// To be kept.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// Whether what was refused has yet to go through.
    pub fn owes(self) -> bool {
        self.0 & (REFUSED_READ | REFUSED_WRITE) != 0
    }

    /// The transport was asked in this direction, and nobody stood in the way.
    pub fn let_through(self, direction: Direction) -> History {
        History(self.0 & !refused(direction))
    }

    /// A refusal was brought about.
    pub fn refuse(self, direction: Direction) -> History {
        History(self.0 | refused(direction) | REFUSED_NOW)
    }

    /// A call is over; `writes` where it is one that sends the program's data.
    pub fn answered(self, answer: Answer, writes: bool) -> History {
        let refused = if self.0 & REFUSED_NOW == 0 { 0 } else { REFUSED_LAST };
        let went = self.0 & !(READ_BLOCKED | FAILED | REFUSED_NOW | REFUSED_LAST) | SEEN | refused;
        let pending = if writes { DATA_PENDING } else { STEP_PENDING };
        History(match answer {
            Answer::Done => went & !pending,
            // What a write wants to read first, it still has to write.
            Answer::WantRead if writes => went | READ_BLOCKED | pending,
            Answer::WantRead => went & !pending | READ_BLOCKED,
            Answer::WantWrite => went | pending,
            Answer::Failed => went | FAILED,
        })
    }

    /// Data of the program's moved.
    pub fn moved(self, direction: Direction) -> History {
        History(match direction {
            Direction::Read => self.0 & !ANSWERED,
            Direction::Write => self.0 | ANSWERED,
        })
    }

    /// Whether the last data that moved went to the peer.
    pub fn has_answered(self) -> bool {
        self.0 & ANSWERED != 0
    }

    /// A close_notify was sent or received.
    pub fn closing(self) -> History {
        History(self.0 | CLOSING)
    }

    /// What matters most of it to what refuses in this direction, or to what refuses in none.
    pub fn last(self, direction: Option<Direction>) -> Last {
        let has = |bit| self.0 & bit != 0;
        if has(FAILED) {
            Last::Failed
        } else if has(REFUSED_LAST) || has(direction.map_or(REFUSED_READ | REFUSED_WRITE, refused)) {
            Last::Refused
        } else if has(DATA_PENDING | STEP_PENDING) {
            Last::WriteBlocked
        } else if has(CLOSING) {
            Last::Closing
        } else if has(READ_BLOCKED) {
            Last::ReadBlocked
        } else if has(SEEN) {
            Last::Went
        } else {
            Last::Nothing
        }
    }
}
