//! The modes by meaning, and a mask that threads share.

use std::sync::atomic::{AtomicU64, Ordering};

bitflags::bitflags! {
    /// Modes by meaning.
    ///
    /// The bits of this type are the engine's own and never leave it: the same number is another mode in another
    /// libssl, so the numbers that a program passes are in its [`Dialect`](crate::Dialect).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Modes: u32 {
        /// `SSL_write` may report success when a single record has been written (manual page, first mode).
        const ENABLE_PARTIAL_WRITE = 1 << 0;
        /// A retried `SSL_write` may come from another address, with the same contents (second mode).
        const ACCEPT_MOVING_WRITE_BUFFER = 1 << 1;
        /// `SSL_read` and `SSL_write` return only after a handshake in between and the successful completion (third).
        const AUTO_RETRY = 1 << 2;
        /// The certificate chain is not completed from the trusted store (0.9.8 and later).
        const NO_AUTO_CHAIN = 1 << 3;
        /// Record buffers that are not needed are given back (fourth mode; 1.0.0 and later).
        const RELEASE_BUFFERS = 1 << 4;
        /// The current time goes into the random bytes of a ClientHello (1.0.2 and later).
        const SEND_CLIENTHELLO_TIME = 1 << 5;
        /// The current time goes into the random bytes of a ServerHello (1.0.2 and later).
        const SEND_SERVERHELLO_TIME = 1 << 6;
        /// `TLS_FALLBACK_SCSV` goes into the ClientHello (fifth mode; RFC 7507).
        const SEND_FALLBACK_SCSV = 1 << 7;
        /// Cryptographic operations may pause the call with `SSL_ERROR_WANT_ASYNC` (1.1.0 and later).
        const ASYNC = 1 << 8;
        /// The label of a DTLS/SCTP key counts its terminating zero, as 1.0.x did (1.1.1 and later).
        const DTLS_SCTP_LABEL_LENGTH_BUG = 1 << 9;
        /// A client may send data before the handshake's last message arrived (BoringSSL, AWS-LC; RFC 7918).
        const ENABLE_FALSE_START = 1 << 10;
        /// TLS 1.0 CBC records are split after their first byte (BoringSSL, AWS-LC).
        const CBC_RECORD_SPLITTING = 1 << 11;
        /// A handshake that would make a new session fails (BoringSSL, AWS-LC).
        const NO_SESSION_CREATION = 1 << 12;
    }
}

/// How many bits of a `long` a libssl keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    kept: i64,
}

impl Width {
    /// All of them: the field is a `long` or `unsigned long`.
    pub const LONG: Width = Width { kept: -1 };

    /// The low 32: the field is a `uint32_t`, and answers are never negative.
    pub const BITS_32: Width = Width { kept: u32::MAX as i64 };

    /// The part of `mask` that such a libssl keeps, as the `long` that it answers.
    #[inline]
    pub const fn keep(self, mask: i64) -> i64 {
        mask & self.kept
    }
}

/// The mask of one handle, which several threads may change at once without losing a bit.
///
/// `SSL_CTX_set_mode(3)`: set "adds the mode set via bitmask"; bits "already set before are not cleared"; set and
/// get return the bitmask in force.
#[derive(Debug)]
pub struct ModeCell {
    bits: AtomicU64,
    width: Width,
}

impl ModeCell {
    /// A cell that holds what a libssl of this width keeps of `mask`.
    pub const fn new(width: Width, mask: i64) -> Self {
        ModeCell { bits: AtomicU64::new(width.keep(mask) as u64), width }
    }

    /// Adds the bits of `mask`; returns the mask afterwards.
    pub fn set(&self, mask: i64) -> i64 {
        let added = self.width.keep(mask);
        self.bits.fetch_or(added as u64, Ordering::AcqRel) as i64 | added
    }

    /// Takes the bits of `mask` away; returns the mask afterwards.
    pub fn clear(&self, mask: i64) -> i64 {
        let cleared = self.width.keep(mask);
        self.bits.fetch_and(!cleared as u64, Ordering::AcqRel) as i64 & !cleared
    }

    /// The mask in force.
    pub fn get(&self) -> i64 {
        self.bits.load(Ordering::Acquire) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn eight_threads_lose_no_bit() {
        for _ in 0..200 {
            let cell = ModeCell::new(Width::LONG, 0);
            std::thread::scope(|scope| {
                for thread in 0..8 {
                    let cell = &cell;
                    scope.spawn(move || {
                        for bit in (thread..64).step_by(8) {
                            let answer = cell.set(1 << bit);
                            assert_ne!(answer & (1 << bit), 0, "the answer lacks the bit just set");
                        }
                    });
                }
            });
            assert_eq!(cell.get(), -1);
        }
    }

    #[test]
    fn threads_that_clear_leave_the_bits_of_others() {
        let cell = ModeCell::new(Width::BITS_32, -1);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let cell = &cell;
                scope.spawn(move || {
                    (thread..32).step_by(8).filter(|bit| bit % 2 == 0).for_each(|bit| {
                        cell.clear(1 << bit);
                    })
                });
            }
        });
        assert_eq!(cell.get(), 0xaaaa_aaaa);
    }

    proptest! {
        #[test]
        fn a_cell_is_a_long_or_a_u32(start: i64, steps: Vec<(bool, i64)>) {
            let (wide, narrow) = (ModeCell::new(Width::LONG, start), ModeCell::new(Width::BITS_32, start));
            let (mut long, mut word) = (start, start as u32);
            for (set, mask) in steps {
                if set {
                    long |= mask;
                    word |= mask as u32;
                    prop_assert_eq!(wide.set(mask), long);
                    prop_assert_eq!(narrow.set(mask), i64::from(word));
                } else {
                    long &= !mask;
                    word &= !(mask as u32);
                    prop_assert_eq!(wide.clear(mask), long);
                    prop_assert_eq!(narrow.clear(mask), i64::from(word));
                }
                prop_assert_eq!(wide.get(), long);
                prop_assert_eq!(narrow.get(), i64::from(word));
            }
        }
    }
}
