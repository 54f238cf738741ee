//! The ClientHello, parsed (RFC 8446 4.1.2, RFC 5246 7.4.1.2).

/// What a ClientHello says. Lists are in the client's order; numbers are the registries'.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// The whole message, header included; empty if there was no ClientHello to be read.
    pub message: Vec<u8>,
    /// `legacy_version`.
    pub legacy_version: u16,
    /// `random`.
    pub random: [u8; 32],
    /// `legacy_session_id`, at most 32 bytes.
    pub session_id: Vec<u8>,
    /// The cipher suites, [`FALLBACK_SCSV`](super::FALLBACK_SCSV) among them if it is a fallback.
    pub cipher_suites: Vec<u16>,
    /// `legacy_compression_methods`.
    pub compression_methods: Vec<u8>,
    /// Every extension: its number, and where its body lies in [`message`](Self::message).
    pub extensions: Vec<(u16, std::ops::Range<usize>)>,
    /// The name of the server that the client wants (RFC 6066 3), in the client's spelling.
    pub server_name: Option<String>,
    /// The protocols that it offers by ALPN (RFC 7301).
    pub alpn: Vec<Vec<u8>>,
    /// `supported_versions`; empty without the extension.
    pub supported_versions: Vec<u16>,
    /// `signature_algorithms`.
    pub signature_schemes: Vec<u16>,
    /// `supported_groups`.
    pub groups: Vec<u16>,
}

const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const SUPPORTED_VERSIONS: u16 = 43;

impl ClientHello {
    /// Parses a message, header included. No answer: it is none, or its lengths do not fit together; what is wrong
    /// with it is for the handshake to say.
    pub fn parse(message: &[u8]) -> Option<ClientHello> {
        let mut input = Input(message);
        (input.u8()? == 1).then_some(())?;
        let mut body = Input(input.vector(3)?);
        input.end()?;
        let mut hello = ClientHello { message: message.to_vec(), ..ClientHello::default() };
        hello.legacy_version = body.u16()?;
        hello.random = *body.take(32)?.first_chunk()?;
        hello.session_id = body.vector(1).filter(|id| id.len() <= 32)?.to_vec();
        hello.cipher_suites = numbers(body.vector(2)?)?;
        hello.compression_methods = body.vector(1)?.to_vec();
        if body.0.is_empty() {
            return Some(hello);
        }
        let mut extensions = Input(body.vector(2)?);
        body.end()?;
        while !extensions.0.is_empty() {
            let (number, content) = (extensions.u16()?, extensions.vector(2)?);
            let end = message.len() - extensions.0.len();
            hello.extensions.push((number, end - content.len()..end));
            hello.extension(number, content)?;
        }
        Some(hello)
    }

    fn extension(&mut self, number: u16, content: &[u8]) -> Option<()> {
        let mut input = Input(content);
        match number {
            SERVER_NAME => {
                let mut names = Input(input.vector(2)?);
                while !names.0.is_empty() {
                    let (kind, name) = (names.u8()?, names.vector(2)?);
                    if kind == 0 && self.server_name.is_none() {
                        self.server_name = Some(std::str::from_utf8(name).ok()?.to_owned());
                    }
                }
            }
            SUPPORTED_GROUPS => self.groups = numbers(input.vector(2)?)?,
            SIGNATURE_ALGORITHMS => self.signature_schemes = numbers(input.vector(2)?)?,
            ALPN => {
                let mut names = Input(input.vector(2)?);
                while !names.0.is_empty() {
                    self.alpn.push(names.vector(1)?.to_vec());
                }
            }
            SUPPORTED_VERSIONS => self.supported_versions = numbers(input.vector(1)?)?,
            _ => return Some(()),
        }
        input.end()
    }

    /// Whether it offers this version, TLS 1.2 (0x0303) or 1.3 (0x0304) (RFC 8446 4.2.1).
    pub fn offers_version(&self, version: u16) -> bool {
        if self.supported_versions.is_empty() {
            version <= self.legacy_version.min(0x0303)
        } else {
            self.supported_versions.contains(&version)
        }
    }

    /// The cipher suites as they stand in the message, two bytes each.
    pub fn cipher_suite_bytes(&self) -> &[u8] {
        // Message header 4, version 2, random 32, and two lengths (RFC 8446 4.1.2).
        let start = 4 + 2 + 32 + 1 + self.session_id.len() + 2;
        self.message.get(start..start + 2 * self.cipher_suites.len()).unwrap_or_default()
    }

    /// The body of an extension.
    pub fn extension_body(&self, number: u16) -> Option<&[u8]> {
        let (_, range) = self.extensions.iter().find(|(found, _)| *found == number)?;
        self.message.get(range.clone())
    }
}

fn numbers(list: &[u8]) -> Option<Vec<u16>> {
    let pairs = list.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect())
}

/// Bytes that are still to be read; nothing is read beyond them.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// Bytes behind their length, which takes so many bytes itself.
    pub(super) fn vector(&mut self, length_bytes: usize) -> Option<&'a [u8]> {
        let length = self.take(length_bytes)?.iter().fold(0, |length, &byte| length << 8 | usize::from(byte));
        self.take(length)
    }

    pub(super) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn vector(length_bytes: usize, content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32).to_be_bytes()[4 - length_bytes..], content].concat()
    }

    fn extension(number: u16, content: &[u8]) -> Vec<u8> {
        [&number.to_be_bytes()[..], &vector(2, content)].concat()
    }

    fn hello(extensions: &[u8]) -> Vec<u8> {
        let body = [&[3, 3][..], &[7; 32], &vector(1, &[1, 2]), &vector(2, &[0x13, 1, 0x56, 0]), &[1, 0], extensions];
        [&[1][..], &vector(3, &body.concat())].concat()
    }

    fn full() -> Vec<u8> {
        let extensions = [
            extension(SERVER_NAME, &vector(2, &[&[0][..], &vector(2, b"Example.org")].concat())),
            extension(SUPPORTED_GROUPS, &vector(2, &[0, 29, 0, 23])),
            extension(SIGNATURE_ALGORITHMS, &vector(2, &[4, 3])),
            extension(ALPN, &vector(2, &[vector(1, b"h2"), vector(1, b"x")].concat())),
            extension(SUPPORTED_VERSIONS, &vector(1, &[3, 4])),
            extension(0xfe0d, b"unknown"),
        ];
        hello(&vector(2, &extensions.concat()))
    }

    #[test]
    fn everything_is_read() {
        let parsed = ClientHello::parse(&full()).unwrap();
        assert_eq!((parsed.legacy_version, parsed.random), (0x0303, [7; 32]));
        assert_eq!((&parsed.session_id[..], &parsed.cipher_suites[..]), (&[1, 2][..], &[0x1301, 0x5600][..]));
        assert_eq!(parsed.server_name.as_deref(), Some("Example.org"));
        assert_eq!((&parsed.groups[..], &parsed.signature_schemes[..]), (&[29, 23][..], &[0x0403][..]));
        assert_eq!(parsed.alpn, [b"h2".to_vec(), b"x".to_vec()]);
        assert_eq!(parsed.extension_body(0xfe0d), Some(&b"unknown"[..]));
        assert_eq!(parsed.extension_body(99), None);
        assert!(parsed.offers_version(0x0304) && !parsed.offers_version(0x0303));
        let old = ClientHello::parse(&hello(&[])).unwrap();
        assert!(old.offers_version(0x0303) && !old.offers_version(0x0304));
    }

    #[test]
    fn what_is_cut_or_has_a_wrong_length_is_refused() {
        let full = full();
        for length in 0..full.len() {
            assert_eq!(ClientHello::parse(&full[..length]), None);
        }
        assert_eq!(ClientHello::parse(&[&full[..], &[0]].concat()), None);
        let odd = extension(SUPPORTED_GROUPS, &vector(2, &[0, 29, 0]));
        assert_eq!(ClientHello::parse(&hello(&vector(2, &odd))), None);
        let behind = extension(SUPPORTED_GROUPS, &[&vector(2, &[0, 29])[..], &[0]].concat());
        assert_eq!(ClientHello::parse(&hello(&vector(2, &behind))), None);
    }
}
