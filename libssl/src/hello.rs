//! A ClientHello, for the program's `SSL_client_hello_get0_…` and for what has to be known of the peer's offers.

use std::ops::Range;

/// A ClientHello message and where its parts are.
#[derive(Debug)]
pub struct Hello {
    message: Box<[u8]>,
    random: Range<usize>,
    session_id: Range<usize>,
    ciphers: Range<usize>,
    compressions: Range<usize>,
    /// Number and contents, in the order they came.
    extensions: Vec<(u16, Range<usize>)>,
}

/// Reads a message from the front.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, length: usize) -> Option<Range<usize>> {
        let range = self.at..self.at.checked_add(length)?;
        self.bytes.get(range.clone())?;
        self.at = range.end;
        Some(range)
    }

    fn number(&mut self, bytes: usize) -> Option<usize> {
        let range = self.take(bytes)?;
        Some(self.bytes[range].iter().fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    /// A vector with a length of this many bytes before it.
    fn vector(&mut self, bytes: usize) -> Option<Range<usize>> {
        let length = self.number(bytes)?;
        self.take(length)
    }
}

impl Hello {
    /// Reads a handshake message, its header of four bytes included (RFC 8446 4.1.2). None where it is no ClientHello.
    pub fn parse(message: &[u8]) -> Option<Hello> {
        const CLIENT_HELLO: usize = 1;
        let mut reader = Reader { bytes: message, at: 0 };
        if reader.number(1)? != CLIENT_HELLO || reader.number(3)? != message.len() - 4 {
            return None;
        }
        reader.take(2)?;
        let random = reader.take(32)?;
        let session_id = reader.vector(1)?;
        let ciphers = reader.vector(2)?;
        let compressions = reader.vector(1)?;
        let mut extensions = Vec::new();
        if reader.at < message.len() {
            let all = reader.vector(2)?;
            let mut reader = Reader { bytes: &message[..all.end], at: all.start };
            while reader.at < all.end {
                let number = reader.number(2)? as u16;
                extensions.push((number, reader.vector(2)?));
            }
        }
        Some(Hello { message: message.into(), random, session_id, ciphers, compressions, extensions })
    }

    /// `legacy_version`, on the wire always that of TLS 1.2 for clients of today.
    pub fn legacy_version(&self) -> u16 {
        u16::from_be_bytes([self.message[4], self.message[5]])
    }

    /// The 32 random bytes.
    pub fn random(&self) -> &[u8] {
        &self.message[self.random.clone()]
    }

    /// The session id, empty or not.
    pub fn session_id(&self) -> &[u8] {
        &self.message[self.session_id.clone()]
    }

    /// The suites as they came, two bytes each.
    pub fn ciphers(&self) -> &[u8] {
        &self.message[self.ciphers.clone()]
    }

    /// The compression methods as they came.
    pub fn compressions(&self) -> &[u8] {
        &self.message[self.compressions.clone()]
    }

    /// The numbers of the extensions, in the order they came.
    pub fn extensions(&self) -> impl Iterator<Item = u16> {
        self.extensions.iter().map(|(number, _)| *number)
    }

    /// The contents of an extension.
    pub fn extension(&self, number: u16) -> Option<&[u8]> {
        let (_, range) = self.extensions.iter().find(|(there, _)| *there == number)?;
        Some(&self.message[range.clone()])
    }

    /// The groups that the client can do, by number (RFC 8446 4.2.7).
    pub fn groups(&self) -> Vec<u16> {
        self.numbers(10)
    }

    /// The signature schemes that the client can verify, by number (RFC 8446 4.2.3).
    pub fn signature_schemes(&self) -> Vec<u16> {
        self.numbers(13)
    }

    /// What the client offers by ALPN, as it stands in the extension: a length and a name, and so on.
    pub fn alpn(&self) -> &[u8] {
        self.extension(16).and_then(|list| list.get(2..)).unwrap_or_default()
    }

    /// An extension that is a list of two-byte numbers.
    fn numbers(&self, extension: u16) -> Vec<u16> {
        let list = self.extension(extension).and_then(|list| list.get(2..)).unwrap_or_default();
        list.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0, 4, 0x13, 0x01, 0xc0, 0x2f, 1, 0]);
        body.extend([0, 18]);
        body.extend([0, 10, 0, 4, 0, 2, 0, 0x1d]);
        body.extend([0, 16, 0, 5 + 1, 0, 4, 3, b'f', b'o', b'o']);
        let mut message = vec![1, 0, 0, body.len() as u8];
        message.extend(body);
        message
    }

    #[test]
    fn parts_are_found() {
        let hello = Hello::parse(&message()).unwrap();
        assert_eq!(hello.legacy_version(), 0x303);
        assert_eq!(hello.random(), [7; 32]);
        assert_eq!(hello.ciphers(), [0x13, 0x01, 0xc0, 0x2f]);
        assert_eq!(hello.groups(), [0x1d]);
        assert_eq!(hello.alpn(), b"\x03foo");
        assert_eq!(hello.extensions().collect::<Vec<_>>(), [10, 16]);
        assert!(hello.extension(13).is_none());
    }

    #[test]
    fn a_cut_message_is_none() {
        let message = message();
        for end in 0..message.len() {
            assert!(Hello::parse(&message[..end]).is_none(), "{end}");
        }
    }
}
