//! The modes by meaning, and how many bits of a mask a libssl keeps.

bitflags::bitflags! {
    /// Modes by meaning.
    ///
    /// The bits of this type are the engine's own and never leave it: the same number is another mode in another
    /// libssl, so the numbers that a program passes are in its [`Dialect`](crate::Dialect).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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
