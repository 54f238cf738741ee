//! Bytes become complete records: headers and their limits.

use super::limits::{MAX_CIPHERTEXT_TLS12, MAX_CIPHERTEXT_TLS13};
use super::{AlertDescription, ContentType, Error, Version};

/// The bytes of a record header: type, version, length (RFC 8446 5.1).
pub const HEADER: usize = 5;

/// The longest record of either version, header included: the bytes that a [`RecordBuffer`] needs.
pub const MAX_RECORD: usize = HEADER + MAX_CIPHERTEXT_TLS12;

/// Checks a header; returns the record's type and the length of what follows the header.
pub(super) fn parse_header(version: Version, header: [u8; HEADER]) -> Result<(ContentType, usize), Error> {
    let [content_type, major, minor, high, low] = header;
    let content_type = ContentType::from_wire(content_type)?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    // RFC 8446 5.1: legacy_record_version is ignored; it is authenticated as additional data. TLS 1.2 authenticates
    // the version that was negotiated, so another one must be refused here.
    if version == Version::Tls12 && (major, minor) != (3, 3) {
        return Err(Error::Protocol(AlertDescription::PROTOCOL_VERSION, "record of another version"));
    }
    if length > max_ciphertext(version) {
        return Err(Error::Protocol(AlertDescription::RECORD_OVERFLOW, "record longer than the protocol allows"));
    }
    Ok((content_type, length))
}

fn max_ciphertext(version: Version) -> usize {
    match version {
        Version::Tls12 => MAX_CIPHERTEXT_TLS12,
        Version::Tls13 => MAX_CIPHERTEXT_TLS13,
    }
}

/// Whether these bytes can be the header of a record of any version since SSL 3.0; what cannot is another protocol.
pub fn is_record_header(header: [u8; HEADER]) -> bool {
    matches!(header, [20..=23, 3, ..])
}

/// Where incoming bytes wait until they are complete records.
///
/// It holds at most one record of the largest size, whatever the peer sends: memory is allocated when the first bytes
/// come and given back by [`take_memory`](RecordBuffer::take_memory). A caller that wants no byte beyond the record at hand
/// reads [`missing`](RecordBuffer::missing) bytes at a time; one that reads ahead fills [`space`](RecordBuffer::space).
#[derive(Default)]
pub struct RecordBuffer {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl RecordBuffer {
    /// An empty buffer, without memory.
    pub fn new() -> Self {
        RecordBuffer { bytes: Box::new([]), start: 0, end: 0 }
    }

    /// Bytes that wait.
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// How many more bytes the first record needs, as far as can be told: 0 when it is complete.
    pub fn missing(&self) -> usize {
        self.record_length().saturating_sub(self.len())
    }

    /// Room for bytes from the transport: never empty unless the first record is complete.
    pub fn space(&mut self) -> &mut [u8] {
        if self.bytes.is_empty() {
            self.bytes = vec![0; MAX_RECORD].into();
        }
        if self.start > 0 && self.bytes.len() - self.start < self.record_length() {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        &mut self.bytes[self.end..]
    }

    /// Says that `count` bytes were put into [`space`](RecordBuffer::space).
    pub fn filled(&mut self, count: usize) {
        self.end = (self.end + count).min(self.bytes.len());
    }

    /// Takes as much of `input` as there is room for; returns how many bytes that was.
    pub fn push(&mut self, input: &[u8]) -> usize {
        let space = self.space();
        let count = space.len().min(input.len());
        space[..count].copy_from_slice(&input[..count]);
        self.filled(count);
        count
    }

    /// The first record, when it is complete, or bytes whose header no record can have: opening tells why.
    pub fn record(&mut self) -> Option<&mut [u8]> {
        let length = self.record_length();
        (self.len() >= length).then(|| &mut self.bytes[self.start..self.start + length])
    }

    /// Forgets the first `count` bytes: the record that was handled.
    pub fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Whether it has memory.
    pub fn has_memory(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Gives it memory, [`MAX_RECORD`] bytes, if it has none.
    pub fn lend(&mut self, memory: Box<[u8]>) {
        if !self.has_memory() && memory.len() == MAX_RECORD {
            self.bytes = memory;
        }
    }

    /// Gives its memory back if nothing waits (`SSL_MODE_RELEASE_BUFFERS`).
    pub fn take_memory(&mut self) -> Option<Box<[u8]>> {
        (self.is_empty() && self.has_memory()).then(|| std::mem::take(&mut self.bytes))
    }

    fn record_length(&self) -> usize {
        match self.bytes[self.start..self.end].first_chunk::<HEADER>() {
            None => HEADER,
            // What is no record, and a length that no version allows, is not waited for.
            Some(&[content_type, ..]) if ContentType::from_wire(content_type).is_err() => HEADER,
            Some(&[.., high, low]) => match HEADER + usize::from(u16::from_be_bytes([high, low])) {
                length if length > MAX_RECORD => HEADER,
                length => length,
            },
        }
    }
}

impl std::fmt::Debug for RecordBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordBuffer").field("waiting", &self.len()).field("allocated", &self.bytes.len()).finish()
    }
}
