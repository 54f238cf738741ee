//! One record opened with one key.

use super::error::BAD_RECORD_MAC;
use super::frame::{HEADER, parse_header};
use super::keys::{RecordKey, TAG, aad_tls12, nonce};
use super::limits::MAX_CONTENT;
use super::{AlertDescription, ContentType, Error, Version};
use aws_lc_rs::aead::Aad;
use std::ops::Range;

/// Records with less than this are opened in their own place and copied: the copy costs next to nothing, and what is
/// no application data (tickets, alerts) then leaves the caller's buffer alone.
const DIRECT: usize = 1024;

/// Opens the records that we receive.
pub(super) struct Opener {
    key: RecordKey,
}

/// A record's content and where it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) content_type: ContentType,
    pub(super) place: Place,
}

/// Where the content of an opened record is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the front of the caller's buffer, so many bytes.
    Out(usize),
    /// In the record itself.
    Record(Range<usize>),
}

impl Opener {
    pub(super) fn new(key: RecordKey) -> Self {
        Opener { key }
    }

    /// Opens one complete record: into `out` where it fits and is worth it, else in its own place.
    ///
    /// A failure leaves nothing of the plaintext anywhere.
    pub(super) fn open(&mut self, record: &mut [u8], out: &mut [u8]) -> Result<Opened, Error> {
        let Some((&mut header, body)) = record.split_first_chunk_mut::<HEADER>() else {
            return Err(Error::Protocol(AlertDescription::DECODE_ERROR, "record without a header"));
        };
        let (content_type, length) = parse_header(self.key.version, header)?;
        if body.len() != length {
            return Err(Error::Protocol(AlertDescription::DECODE_ERROR, "record of another length than its header's"));
        }
        match self.key.version {
            Version::Tls13 => self.open_tls13(header, content_type, body, out),
            Version::Tls12 => self.open_tls12(content_type, body, out),
        }
    }

    fn open_tls12(&mut self, content_type: ContentType, body: &mut [u8], out: &mut [u8]) -> Result<Opened, Error> {
        let explicit_length = self.key.explicit_nonce_length();
        let start = HEADER + explicit_length;
        let Some(length) = body.len().checked_sub(explicit_length + TAG) else { return Err(BAD_RECORD_MAC) };
        // RFC 5246 6.2.1: at most 2^14 bytes of content. Their number is known before anything is decrypted.
        if length > MAX_CONTENT {
            return Err(overflow());
        }
        let (sequence, mut nonce_bytes) = self.key.next_nonce().map_err(|_| wrapped())?;
        let (explicit, body) = body.split_at_mut(explicit_length);
        if let Some(explicit) = explicit.first_chunk() {
            nonce_bytes = self.key.nonce_with_explicit(*explicit);
        }
        let in_out = self.decrypt(nonce_bytes, aad_tls12(sequence, content_type, length), body, out)?;
        // RFC 5246 6.2.1: no zero-length fragments of anything but application data; no renegotiation here, so no
        // change_cipher_spec either.
        if content_type == ContentType::ChangeCipherSpec {
            return Err(unexpected("change_cipher_spec after the handshake"));
        }
        if length == 0 && content_type != ContentType::ApplicationData {
            return Err(unexpected("empty record of a type that must not be empty"));
        }
        let place = if in_out { Place::Out(length) } else { Place::Record(start..start + length) };
        Ok(Opened { content_type, place })
    }

    fn open_tls13(
        &mut self,
        header: [u8; HEADER],
        content_type: ContentType,
        body: &mut [u8],
        out: &mut [u8],
    ) -> Result<Opened, Error> {
        // RFC 8446 5.2: protected records are application_data outside. change_cipher_spec is dropped during the
        // handshake only (5), which is over.
        if content_type != ContentType::ApplicationData {
            return Err(unexpected("unprotected record after the handshake"));
        }
        let Some(inner_length) = body.len().checked_sub(TAG) else { return Err(BAD_RECORD_MAC) };
        let (_, nonce_bytes) = self.key.next_nonce().map_err(|_| wrapped())?;
        let in_out = self.decrypt(nonce_bytes, Aad::from(header), body, out)?;
        let inner = if in_out { &mut out[..inner_length] } else { &mut body[..inner_length] };
        // RFC 8446 5.4: the whole TLSInnerPlaintext, padding and type included, is at most 2^14 + 1 bytes.
        if inner_length > MAX_CONTENT + 1 {
            inner.fill(0);
            return Err(overflow());
        }
        // RFC 8446 5.4: zeros from the end, then the type. None at all: unexpected_message.
        let Some(length) = inner.iter().rposition(|&byte| byte != 0) else {
            return Err(unexpected("record without a content type"));
        };
        let content_type = match ContentType::from_wire(inner[length]) {
            Ok(ContentType::ChangeCipherSpec) | Err(_) => {
                inner.fill(0);
                return Err(unexpected("protected record of an unknown type"));
            }
            Ok(content_type) => content_type,
        };
        inner[length] = 0;
        // RFC 8446 5.4: no zero-length content for handshake and alert.
        if length == 0 && content_type != ContentType::ApplicationData {
            return Err(unexpected("empty record of a type that must not be empty"));
        }
        let place = if in_out { Place::Out(length) } else { Place::Record(HEADER..HEADER + length) };
        Ok(Opened { content_type, place })
    }

    /// Decrypts ciphertext and tag; says whether the plaintext is in `out` (else at the front of `body`).
    fn decrypt(
        &mut self,
        nonce_bytes: [u8; 12],
        aad: Aad<impl AsRef<[u8]>>,
        body: &mut [u8],
        out: &mut [u8],
    ) -> Result<bool, Error> {
        let (ciphertext, tag) = body.split_at_mut(body.len() - TAG);
        let nonce = nonce(nonce_bytes);
        let direct = if ciphertext.len() >= DIRECT { out.get_mut(..ciphertext.len()) } else { None };
        let Some(out) = direct else {
            if self.key.aead().open_in_place(nonce, aad, body).is_err() {
                body.fill(0);
                return Err(BAD_RECORD_MAC);
            }
            return Ok(false);
        };
        if self.key.aead().open_separate_gather(nonce, aad, ciphertext, tag, out).is_err() {
            // The library leaves the contents unspecified: nothing unauthenticated stays in the caller's buffer.
            out.fill(0);
            return Err(BAD_RECORD_MAC);
        }
        Ok(true)
    }

    /// The next generation of keys, after the peer's KeyUpdate (RFC 8446 4.6.3).
    pub(super) fn update(&mut self) -> Result<(), Error> {
        self.key.update()
    }

    #[cfg(test)]
    pub(super) fn key(&mut self) -> &mut RecordKey {
        &mut self.key
    }
}

fn overflow() -> Error {
    Error::Protocol(AlertDescription::RECORD_OVERFLOW, "record with more content than the protocol allows")
}

/// RFC 8446 5.3: "either rekey … or terminate the connection".
fn wrapped() -> Error {
    Error::Protocol(AlertDescription::INTERNAL_ERROR, "the sequence number of the peer's records would wrap")
}

fn unexpected(rule: &'static str) -> Error {
    Error::Protocol(AlertDescription::UNEXPECTED_MESSAGE, rule)
}
