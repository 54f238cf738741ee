//! A sequence of calls, as data: what is run on a libssl and on the engine, shrunk, and printed.

use crate::ffi::Protocol;
use std::fmt;
use std::str::FromStr;

/// The bytes that writes take their data from. They are there twice, so that a write can move to another address with
/// the same contents.
pub const ARENA: usize = 300_000;

/// Where the last write ends. Behind it there is more than any transport here takes, so that a host of which the
/// engine was wrong reads too much, but nothing that is not there.
pub const WRITTEN: usize = 200_000;

/// One step of a sequence. All but the peer's are the writing end's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `SSL_set_mode`.
    Set(i64),
    /// `SSL_clear_mode`.
    Clear(i64),
    /// `SSL_write` from this offset in the first or second copy of the data.
    Write {
        /// From the second copy.
        moved: bool,
        /// Where in it.
        offset: usize,
        /// The length given.
        length: i32,
    },
    /// `SSL_write_ex`, where the host has it.
    WriteEx {
        /// From the second copy.
        moved: bool,
        /// Where in it.
        offset: usize,
        /// The length given.
        length: usize,
    },
    /// `SSL_set_max_send_fragment`.
    Limit(usize),
    /// The peer takes so many bytes from the wire, and reads what they hold.
    Drain(usize),
    /// The transport fails from now on.
    Break,
    /// The peer writes so many bytes.
    PeerWrite(usize),
    /// The peer changes its key before it writes again.
    PeerKeyUpdate,
    /// `SSL_read` into so many bytes.
    Read(usize),
}

/// What stands before the first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Of the connection.
    pub protocol: Protocol,
    /// The bytes that the transport holds on their way to the peer.
    pub room: usize,
    /// `SSL_set_read_ahead` of the writing end.
    pub read_ahead: bool,
}

/// A connection and what is done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Before the first step.
    pub setting: Setting,
    /// The steps.
    pub ops: Vec<Op>,
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Op::Set(mask) => write!(f, "set {mask:#x}"),
            Op::Clear(mask) => write!(f, "clear {mask:#x}"),
            Op::Write { moved, offset, length } => {
                write!(f, "write {} {offset} {length}", if moved { "moved" } else { "first" })
            }
            Op::WriteEx { moved, offset, length } => {
                write!(f, "write-ex {} {offset} {length}", if moved { "moved" } else { "first" })
            }
            Op::Limit(bytes) => write!(f, "limit {bytes}"),
            Op::Drain(bytes) => write!(f, "drain {bytes}"),
            Op::Break => f.write_str("break"),
            Op::PeerWrite(bytes) => write!(f, "peer-write {bytes}"),
            Op::PeerKeyUpdate => f.write_str("peer-key-update"),
            Op::Read(bytes) => write!(f, "read {bytes}"),
        }
    }
}

impl FromStr for Op {
    type Err = String;

    fn from_str(text: &str) -> Result<Op, String> {
        let bad = || format!("expected a step such as \"write first 0 40000\" or \"drain 100\", got \"{text}\"");
        let words: Vec<&str> = text.split_whitespace().collect();
        let size = |word: &str| word.parse::<usize>().map_err(|_| bad());
        let mask = |word: &str| {
            let bits = word.strip_prefix("0x").map_or_else(|| word.parse(), |hex| u64::from_str_radix(hex, 16));
            bits.map(|bits| bits as i64).map_err(|_| bad())
        };
        match words[..] {
            ["set", word] => Ok(Op::Set(mask(word)?)),
            ["clear", word] => Ok(Op::Clear(mask(word)?)),
            ["write", place, offset, length] if ["first", "moved"].contains(&place) => {
                let (offset, length) = (size(offset)?, length.parse::<i32>().map_err(|_| bad())?);
                within(offset, length.max(0) as usize)?;
                Ok(Op::Write { moved: place == "moved", offset, length })
            }
            ["write-ex", place, offset, length] if ["first", "moved"].contains(&place) => {
                let (offset, length) = (size(offset)?, size(length)?);
                within(offset, length)?;
                Ok(Op::WriteEx { moved: place == "moved", offset, length })
            }
            ["limit", bytes] => Ok(Op::Limit(size(bytes)?)),
            ["drain", bytes] => Ok(Op::Drain(size(bytes)?)),
            ["break"] => Ok(Op::Break),
            ["peer-write", bytes] => Ok(Op::PeerWrite(size(bytes)?)),
            ["peer-key-update"] => Ok(Op::PeerKeyUpdate),
            ["read", bytes] => Ok(Op::Read(size(bytes)?)),
            _ => Err(bad()),
        }
    }
}

fn within(offset: usize, length: usize) -> Result<(), String> {
    match offset.checked_add(length) {
        Some(end) if end <= WRITTEN => Ok(()),
        _ => Err(format!("expected a write that ends within {WRITTEN} bytes, got {length} from {offset}")),
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setting { protocol, room, read_ahead } = self.setting;
        write!(f, "{protocol:?} {room} {}", u8::from(read_ahead))?;
        self.ops.iter().try_for_each(|op| write!(f, "; {op}"))
    }
}

impl FromStr for Sequence {
    type Err = String;

    fn from_str(text: &str) -> Result<Sequence, String> {
        let mut parts = text.split(';').map(str::trim);
        let head = parts.next().unwrap_or_default();
        let bad = || format!("expected a beginning such as \"Tls12 17000 0\", got \"{head}\"");
        let [protocol, room, ahead] = head.split_whitespace().collect::<Vec<_>>()[..] else { return Err(bad()) };
        let protocols = [Protocol::Tls10, Protocol::Tls10Cbc, Protocol::Tls12, Protocol::Tls13];
        let setting = Setting {
            protocol: protocols.into_iter().find(|it| format!("{it:?}") == protocol).ok_or_else(bad)?,
            // Less than what is behind the last write.
            room: room.parse().ok().filter(|room| *room < ARENA - WRITTEN).ok_or_else(bad)?,
            read_ahead: ahead == "1",
        };
        Ok(Sequence { setting, ops: parts.map(str::parse).collect::<Result<_, _>>()? })
    }
}

/// What a step gave. Two runs of a sequence agree when they saw the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What the function returned; for `SSL_write_ex` the bytes written or -1; for a drain the bytes that the peer could
    /// read.
    pub value: i64,
    /// What `SSL_get_error` said, and 0 where there is nothing to ask about.
    pub ssl_error: i32,
    /// What was first in the error queue.
    pub reason: Option<Reason>,
    /// The bytes that arrived, at the peer or from it.
    pub data: Vec<u8>,
    /// The bytes on the wire afterwards.
    pub wire: usize,
}

/// What is in the error queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// One that the engine knows.
    Known(sslmode_engine::write::Reason),
    /// One of the transport's.
    Transport,
    /// Another of libssl's.
    Other(i32),
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)?;
        match self.ssl_error {
            0 => {}
            1 => f.write_str(" SSL")?,
            2 => f.write_str(" WANT_READ")?,
            3 => f.write_str(" WANT_WRITE")?,
            5 => f.write_str(" SYSCALL")?,
            other => write!(f, " error {other}")?,
        }
        match self.reason {
            None => {}
            Some(Reason::Known(sslmode_engine::write::Reason::BadWriteRetry)) => f.write_str(" \"bad write retry\"")?,
            Some(Reason::Known(sslmode_engine::write::Reason::BadLength)) => f.write_str(" \"bad length\"")?,
            Some(Reason::Transport) => f.write_str(" (the transport's error)")?,
            Some(Reason::Other(number)) => write!(f, " reason {number}")?,
        }
        if !self.data.is_empty() {
            write!(f, ", {} bytes of data (sum {:08x})", self.data.len(), checksum(&self.data))?;
        }
        write!(f, ", {} on the wire", self.wire)
    }
}

/// To tell contents apart in a line (FNV-1a).
pub fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Small numbers that look random, the same for the same seed (SplitMix64).
pub struct Random(pub u64);

impl Random {
    /// The next one.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// The data that is written: it does not compress, and no two parts of it are alike.
pub fn arena() -> Vec<u8> {
    let mut random = Random(1);
    (0..ARENA / 8).flat_map(|_| random.next().to_le_bytes()).collect()
}
