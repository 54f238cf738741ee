//! RELEASE_BUFFERS: when a record buffer is given back, and where it goes.
//!
//! "When we no longer need a read buffer or a write buffer for a given SSL, then release the memory we were using to
//! hold it. Released memory is either appended to a list of unused RAM chunks on the SSL_CTX, or simply freed if the
//! list of unused chunks would become longer than SSL_CTX->freelist_max_len, which defaults to 32." (manual page)
//!
//! [`Rules`] says when; [`Freelist`] is the list, and holds real memory.

use crate::dialect::{Dialect, Source};
use crate::mode::Modes;

/// How many chunks a freelist holds unless told otherwise (manual page; observed on 1.0.2k: of 50 it kept 32).
pub const MAX_CHUNKS: usize = 32;

/// A list links its chunks through their own memory: one that is smaller than a pointer is never kept (`s3_both.c` of
/// 1.0.2).
pub const MIN_CHUNK: usize = size_of::<usize>();

/// What a record buffer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes from the transport.
    Read,
    /// Bytes on their way to it.
    Write,
}

/// The protocol of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// SSL 2, which has buffers of its own.
    Ssl2,
    /// SSL 3 and TLS.
    Tls,
    /// DTLS.
    Dtls,
}

/// A record buffer at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// What it is for.
    pub kind: Kind,
    /// The bytes in it that are still needed. Reading: what came from the transport and has not reached the program.
    /// Writing: what the transport has not taken of the pending record.
    pub needed: usize,
}

/// When a buffer that nobody needs is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// When the connection is freed.
    AtTheEnd,
    /// At once under RELEASE_BUFFERS, else when the connection is freed.
    WithTheMode,
    /// At once.
    Always,
}

/// What becomes of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// The connection keeps it.
    Keep,
    /// It is offered to the context's [`Freelist`] of its kind.
    ToFreelist,
    /// It is freed.
    Free,
}

/// How one line of libssl versions deals with record buffers.
#[derive(Debug)]
pub struct Rules {
    /// The first version that has them: `openssl-3.2`.
    pub name: &'static str,
    /// How they are known.
    pub source: Source,
    /// Buffers of TLS.
    pub tls: When,
    /// Read buffers of DTLS. The manual page: "no effect on SSL v2 connections, or on DTLS connections".
    pub dtls_read: When,
    /// Write buffers of DTLS.
    pub dtls_write: When,
    /// Whether released buffers go to a freelist of the context.
    pub freelist: bool,
}

/// OpenSSL 0.9.8: the mode came with 1.0.0.
static OPENSSL_0_9_8: Rules = Rules {
    name: "openssl-0.9.8",
    source: Source::Read("ssl.h of 0.9.8"),
    tls: When::AtTheEnd,
    dtls_read: When::AtTheEnd,
    dtls_write: When::AtTheEnd,
    freelist: false,
};

/// OpenSSL 1.0.x. 34,627 bytes less for an idle end; SSL_free feeds the freelists with the mode or without.
static OPENSSL_1_0_2: Rules = Rules {
    name: "openssl-1.0.2",
    source: Source::Observed("1.0.2k"),
    tls: When::WithTheMode,
    freelist: true,
    ..OPENSSL_0_9_8
};

/// OpenSSL 1.0.2l and later: as before.
static OPENSSL_1_0_2L: Rules =
    Rules { name: "openssl-1.0.2l", source: Source::Observed("1.0.2n, 1.0.2q"), ..OPENSSL_1_0_2 };

/// OpenSSL 1.1.0, which did away with the freelists.
static OPENSSL_1_1_0: Rules =
    Rules { name: "openssl-1.1.0", source: Source::Read("CHANGES of 1.1.0"), freelist: false, ..OPENSSL_1_0_2 };

/// OpenSSL 1.1.1.
static OPENSSL_1_1_1: Rules =
    Rules { name: "openssl-1.1.1", source: Source::Observed("1.1.1g, 1.1.1w"), ..OPENSSL_1_1_0 };

/// OpenSSL 3.0 and 3.1.
static OPENSSL_3: Rules = Rules { name: "openssl-3", source: Source::Observed("3.0.19"), ..OPENSSL_1_1_0 };

/// OpenSSL 3.2 and later: the record layer gives write buffers back without asking for the protocol. An idle end of
/// DTLS has 25,000 bytes less, against the page.
static OPENSSL_3_2: Rules =
    Rules { name: "openssl-3.2", source: Source::Observed("3.6.3"), dtls_write: When::WithTheMode, ..OPENSSL_3 };

/// OpenSSL 4.
static OPENSSL_4: Rules = Rules { name: "openssl-4", source: Source::Observed("4.0.3"), ..OPENSSL_3_2 };

/// BoringSSL: the mode is 0, and its effect is always on. An idle end has 5,800 bytes in all.
static BORINGSSL: Rules = Rules {
    name: "boringssl",
    source: Source::Observed("Debian's android-libboringssl 13, over TLS"),
    tls: When::Always,
    dtls_read: When::Always,
    dtls_write: When::Always,
    freelist: false,
};

/// AWS-LC: as BoringSSL.
static AWS_LC: Rules = Rules { name: "aws-lc", source: Source::Observed("5.12.0, over TLS"), ..BORINGSSL };

/// LibreSSL: the mode, and no freelists.
static LIBRESSL: Rules =
    Rules { name: "libressl", source: Source::Read("ssl_pkt.c and ssl_both.c of LibreSSL 3.1.0"), ..OPENSSL_1_1_0 };

impl Rules {
    /// All of them, OpenSSL's oldest first.
    pub const ALL: [&'static Rules; 11] = [
        &OPENSSL_0_9_8,
        &OPENSSL_1_0_2,
        &OPENSSL_1_0_2L,
        &OPENSSL_1_1_0,
        &OPENSSL_1_1_1,
        &OPENSSL_3,
        &OPENSSL_3_2,
        &OPENSSL_4,
        &BORINGSSL,
        &AWS_LC,
        &LIBRESSL,
    ];

    /// The rules of this name.
    pub fn by_name(name: &str) -> Option<&'static Rules> {
        Self::ALL.into_iter().find(|rules| rules.name == name)
    }

    /// The rules of a dialect.
    pub fn of(dialect: &Dialect) -> &'static Rules {
        Self::by_name(dialect.name).unwrap_or(&OPENSSL_4)
    }

    /// What becomes of a buffer, after each read from the transport that brought nothing, each record that reached the
    /// program whole, and each that the transport took.
    pub fn release(&self, modes: Modes, protocol: Protocol, buffer: Buffer) -> Release {
        let when = match (protocol, buffer.kind) {
            (Protocol::Ssl2, _) => When::AtTheEnd,
            (Protocol::Tls, _) => self.tls,
            (Protocol::Dtls, Kind::Read) => self.dtls_read,
            (Protocol::Dtls, Kind::Write) => self.dtls_write,
        };
        let now = match when {
            When::AtTheEnd => false,
            When::WithTheMode => modes.contains(Modes::RELEASE_BUFFERS),
            When::Always => true,
        };
        if now && buffer.needed == 0 { self.at_the_end() } else { Release::Keep }
    }

    /// What becomes of the buffers of a connection that is freed, needed or not, whatever its mask.
    pub fn at_the_end(&self) -> Release {
        if self.freelist { Release::ToFreelist } else { Release::Free }
    }
}

/// A chunk that a freelist would not take: the caller's to free.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// The chunk, as it was.
    pub chunk: Box<[u8]>,
    /// Why it came back.
    pub why: Why,
}

/// Why a freelist would not take a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The list is full.
    Full,
    /// The list holds chunks of this length.
    OtherLength(usize),
    /// It is smaller than [`MIN_CHUNK`].
    TooSmall,
}

/// The unused buffers of one context and one kind, all of one length: that of the chunk which came when it was empty.
///
/// Chunks come back as they were given: who has secrets in one wipes it first. A context that several threads use
/// keeps its lists under a lock.
#[derive(Debug)]
pub struct Freelist {
    chunks: Vec<Box<[u8]>>,
    max: usize,
}

impl Default for Freelist {
    fn default() -> Self {
        Freelist::new(MAX_CHUNKS)
    }
}

impl Freelist {
    /// An empty list of at most `max` chunks (`SSL_CTX->freelist_max_len`).
    pub const fn new(max: usize) -> Self {
        Freelist { chunks: Vec::new(), max }
    }

    /// Puts a buffer into the list.
    ///
    /// # Errors
    /// The buffer itself, if the list is full or holds others than of its length.
    pub fn release(&mut self, chunk: Box<[u8]>) -> Result<(), Refused> {
        let why = match self.chunk_length() {
            Some(length) if length != chunk.len() => Why::OtherLength(length),
            _ if self.chunks.len() >= self.max => Why::Full,
            _ if chunk.len() < MIN_CHUNK => Why::TooSmall,
            _ => {
                self.chunks.push(chunk);
                return Ok(());
            }
        };
        Err(Refused { chunk, why })
    }

    /// Takes a buffer of this length out of the list, the one that came last; None if a new one must be made.
    pub fn obtain(&mut self, length: usize) -> Option<Box<[u8]>> {
        if self.chunk_length() == Some(length) { self.chunks.pop() } else { None }
    }

    /// The length of its chunks, in bytes; None if it has none, and takes any.
    pub fn chunk_length(&self) -> Option<usize> {
        self.chunks.first().map(|chunk| chunk.len())
    }

    /// How many chunks it holds.
    pub fn len(&self) -> usize {
        self.chunks.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }
}

#[cfg(test)]
mod tests;
