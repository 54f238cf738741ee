//! How much one key may protect, and how much a peer may send without saying anything.

use super::{AlertDescription, Cipher, Error};

/// The most content that one record holds, in bytes (RFC 8446 5.1, RFC 5246 6.2.1).
pub const MAX_CONTENT: usize = 1 << 14;

/// TLSCiphertext.length in TLS 1.3 (RFC 8446 5.2).
pub(super) const MAX_CIPHERTEXT_TLS13: usize = MAX_CONTENT + 256;

/// TLSCiphertext.length in TLS 1.2 (RFC 5246 6.2.3).
pub(super) const MAX_CIPHERTEXT_TLS12: usize = MAX_CONTENT + 2048;

/// The longest handshake message that is put together after the handshake: a ticket and its extensions.
pub(super) const MAX_MESSAGE: usize = 0xffff;

/// Cipher blocks that one AES-GCM key may protect, the first of each record included.
///
/// RFC 8446 5.5 gives 2^24.5 full-size records of 2^10 blocks, a margin of about 2^-57 (RFC 9325 4.4 says the same of
/// TLS 1.2). The bound is one on blocks, so blocks are counted: a connection of small records lives longer than one
/// that is measured in records. 2^34 stays below 2^24.5 * 2^10 with room for what closes the connection.
const GCM_BLOCKS: u64 = 1 << 34;

/// RFC 8446 5.3: a sequence number that would wrap means new keys or the end; some are kept for the end.
const LAST_SEQUENCE: u64 = u64::MAX - 64;

/// What a key has protected so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) blocks: u64,
}

impl Usage {
    /// Counts a record of `length` bytes.
    pub(super) fn add(&mut self, length: usize) {
        self.blocks = self.blocks.saturating_add(length as u64 / 16 + 2);
    }

    /// Whether the key should protect no more data (RFC 8446 5.5). ChaCha20-Poly1305 is limited by the sequence alone.
    pub(super) fn is_exhausted(self, cipher: Cipher, sequence: u64) -> bool {
        let by_blocks = match cipher {
            Cipher::Aes128Gcm | Cipher::Aes256Gcm => self.blocks >= GCM_BLOCKS,
            Cipher::ChaCha20Poly1305 => false,
        };
        by_blocks || sequence >= LAST_SEQUENCE
    }
}

/// Consecutive records without content; OpenSSL's MAX_EMPTY_RECORDS.
const EMPTY_RECORDS: u32 = 32;
/// Consecutive warning alerts before the one that is too many; OpenSSL's MAX_WARN_ALERT_COUNT.
const WARNINGS: u32 = 5;
/// Consecutive handshake messages: tickets, key updates, attempts at renegotiation.
const MESSAGES: u32 = 32;

/// Counts what a peer sends without application data, so that it cannot keep us busy for nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Floods {
    empty: u32,
    warnings: u32,
    messages: u32,
}

impl Floods {
    /// Application data crossed the connection, in either direction: whatever came before had its reason.
    pub(super) fn progress(&mut self) {
        *self = Floods::default();
    }

    pub(super) fn empty_record(&mut self) -> Result<(), Error> {
        count(&mut self.empty, EMPTY_RECORDS, "too many records without content")
    }

    pub(super) fn warning(&mut self) -> Result<(), Error> {
        count(&mut self.warnings, WARNINGS - 1, "too many warning alerts")
    }

    pub(super) fn message(&mut self) -> Result<(), Error> {
        count(&mut self.messages, MESSAGES, "too many handshake messages without data in between")
    }
}

fn count(counter: &mut u32, limit: u32, rule: &'static str) -> Result<(), Error> {
    if *counter == limit {
        return Err(Error::Protocol(AlertDescription::UNEXPECTED_MESSAGE, rule));
    }
    *counter += 1;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gcm_is_limited_by_blocks_and_chacha_by_the_sequence_alone() {
        let full = Usage { blocks: GCM_BLOCKS };
        assert!(full.is_exhausted(Cipher::Aes128Gcm, 0));
        assert!(!full.is_exhausted(Cipher::ChaCha20Poly1305, 0));
        assert!(Usage::default().is_exhausted(Cipher::ChaCha20Poly1305, u64::MAX));

        // 2^24.5 full-size records, RFC 8446 5.5: we stop before.
        let mut usage = Usage::default();
        usage.add(MAX_CONTENT + 1);
        let records = GCM_BLOCKS / usage.blocks;
        assert!((16_000_000..23_700_000).contains(&records), "{records}");
    }

    #[test]
    fn floods_are_refused_and_data_forgives() {
        let mut floods = Floods::default();
        for _ in 0..3 {
            for _ in 0..EMPTY_RECORDS {
                floods.empty_record().unwrap();
            }
            floods.progress();
        }
        for _ in 0..MESSAGES {
            floods.message().unwrap();
        }
        assert!(floods.message().unwrap_err().is_fatal());
        assert_eq!((0..10).take_while(|_| floods.warning().is_ok()).count(), 4);
    }
}
