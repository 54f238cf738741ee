//! What each mode does, in words for the header and the command.

use crate::mode::Modes;

/// Each mode and a sentence or two that continue its name.
pub const MEANINGS: &[(Modes, &str)] = &[
    (
        Modes::ENABLE_PARTIAL_WRITE,
        "lets SSL_write(ssl, buf, n) return r with 0 < r < n once a record has been written. Then r bytes are \
         written, and the next call must send only the n - r bytes that are left, as with write(2). Without it \
         SSL_write reports success only once all n bytes are written.",
    ),
    (
        Modes::ACCEPT_MOVING_WRITE_BUFFER,
        "lets an SSL_write that returned -1 with SSL_ERROR_WANT_READ or SSL_ERROR_WANT_WRITE be repeated from \
         another address. The contents must be the same. Without it such a retry fails with \"bad write retry\".",
    ),
    (
        Modes::AUTO_RETRY,
        "makes SSL_read and SSL_write go on by themselves after a record without application data: a \
         renegotiation, a session ticket, a key update. Without it SSL_read may return -1 with \
         SSL_ERROR_WANT_READ over a blocking transport too; SSL_write was not seen to in any version. Default \
         since OpenSSL 1.1.1; 0 in BoringSSL.",
    ),
    (
        Modes::NO_AUTO_CHAIN,
        "keeps the library from completing the certificate chain that is sent with certificates from the trusted \
         store. Default in BoringSSL.",
    ),
    (
        Modes::RELEASE_BUFFERS,
        "gives the buffers for records back while they are empty: about 34k for each idle connection. No effect on \
         DTLS, but for the write buffer from OpenSSL 3.2 on. OpenSSL 1.0.0 and later; 0 in BoringSSL.",
    ),
    (
        Modes::SEND_CLIENTHELLO_TIME,
        "puts the current time into the first four random bytes of the ClientHello. OpenSSL 1.0.2 and later.",
    ),
    (
        Modes::SEND_SERVERHELLO_TIME,
        "puts the current time into the first four random bytes of the ServerHello. OpenSSL 1.0.2 and later.",
    ),
    (
        Modes::SEND_FALLBACK_SCSV,
        "puts TLS_FALLBACK_SCSV (RFC 7507) into the ClientHello, which tells the server that this connection is a \
         second try with a lowered protocol version. Set it in such retries only: in a first try with the versions \
         unlowered it is wrong. 0x400 in BoringSSL and AWS-LC, where 0x80 is another mode.",
    ),
    (
        Modes::ASYNC,
        "lets cryptographic operations pause a call, which then fails with SSL_ERROR_WANT_ASYNC. OpenSSL 1.1.0 and \
         later.",
    ),
    (
        Modes::DTLS_SCTP_LABEL_LENGTH_BUG,
        "counts the terminating zero of the label for DTLS over SCTP, as OpenSSL 1.0.x did. OpenSSL 1.1.1 and later.",
    ),
    (
        Modes::ENABLE_FALSE_START,
        "lets a client send data before the handshake's last message has arrived (RFC 7918). BoringSSL and AWS-LC.",
    ),
    (Modes::CBC_RECORD_SPLITTING, "splits TLS 1.0 CBC records after their first byte. BoringSSL and AWS-LC."),
    (Modes::NO_SESSION_CREATION, "makes a handshake fail that would create a new session. BoringSSL and AWS-LC."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_stands_there_once() {
        let all: Vec<_> = MEANINGS.iter().map(|(mode, _)| *mode).collect();
        assert_eq!(all, Modes::all().iter().collect::<Vec<_>>());
    }
}
