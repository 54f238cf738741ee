//! One record sealed with one key.

use super::frame::HEADER;
use super::keys::{RecordKey, TAG, aad_tls12, nonce};
use super::limits::MAX_CONTENT;
use super::{ContentType, Error, Version};
use aws_lc_rs::aead::Aad;

/// Seals the records that we send.
pub(super) struct Sealer {
    key: RecordKey,
}

impl Sealer {
    pub(super) fn new(key: RecordKey) -> Self {
        Sealer { key }
    }

    /// The length of the record that holds `length` bytes of content.
    pub(super) fn sealed_length(&self, length: usize) -> usize {
        HEADER + length + TAG + self.extra()
    }

    /// Seals `content` into the front of `out`, straight from the caller's buffer; returns the record's length.
    pub(super) fn seal(&mut self, content_type: ContentType, content: &[u8], out: &mut [u8]) -> Result<usize, Error> {
        if content.len() > MAX_CONTENT {
            return Err(Error::TooLong(content.len()));
        }
        let total = self.sealed_length(content.len());
        let Some(record) = out.get_mut(..total) else { return Err(Error::NoRoom(total)) };
        let (sequence, nonce_bytes) = self.key.next_nonce()?;

        // RFC 8446 5.2: the outer type is always application_data. Both versions write 0x0303.
        let outer = if self.key.version == Version::Tls13 { ContentType::ApplicationData } else { content_type };
        let [high, low] = ((total - HEADER) as u16).to_be_bytes();
        let header = [outer as u8, 3, 3, high, low];
        let (record_header, body) = record.split_at_mut(HEADER);
        record_header.copy_from_slice(&header);

        let (explicit, body) = body.split_at_mut(self.key.explicit_nonce_length());
        explicit.copy_from_slice(&nonce_bytes[nonce_bytes.len() - explicit.len()..]);
        let (ciphertext, tail) = body.split_at_mut(content.len());
        let sealed = match self.key.version {
            // RFC 8446 5.2: the real type follows the content, without padding here (5.4 leaves that to us).
            Version::Tls13 => self.key.aead().seal_out_of_place_scatter(
                nonce(nonce_bytes),
                Aad::from(header),
                content,
                ciphertext,
                &[content_type as u8],
                tail,
            ),
            Version::Tls12 => self.key.aead().seal_out_of_place_scatter(
                nonce(nonce_bytes),
                aad_tls12(sequence, content_type, content.len()),
                content,
                ciphertext,
                &[],
                tail,
            ),
        };
        sealed.expect("lengths within the AEAD's limits are sealed");
        self.key.count(content.len());
        Ok(total)
    }

    /// Whether the key should protect no more data (RFC 8446 5.5).
    pub(super) fn is_exhausted(&self) -> bool {
        self.key.is_exhausted()
    }

    /// The next generation of keys, after the KeyUpdate was sealed with the old one (RFC 8446 4.6.3).
    pub(super) fn update(&mut self) -> Result<(), Error> {
        self.key.update()
    }

    fn extra(&self) -> usize {
        match self.key.version {
            Version::Tls13 => 1,
            Version::Tls12 => self.key.explicit_nonce_length(),
        }
    }

    #[cfg(test)]
    pub(super) fn key(&mut self) -> &mut RecordKey {
        &mut self.key
    }
}
