//! What `SSL_get_error` answers, in names.

use crate::dialect::{self, Dialect, Interface};

const IN_OPENSSL: &[&str] = &[
    "SSL_ERROR_NONE",
    "SSL_ERROR_SSL",
    "SSL_ERROR_WANT_READ",
    "SSL_ERROR_WANT_WRITE",
    "SSL_ERROR_WANT_X509_LOOKUP",
    "SSL_ERROR_SYSCALL",
    "SSL_ERROR_ZERO_RETURN",
    "SSL_ERROR_WANT_CONNECT",
    "SSL_ERROR_WANT_ACCEPT",
    "SSL_ERROR_WANT_ASYNC",
    "SSL_ERROR_WANT_ASYNC_JOB",
    "SSL_ERROR_WANT_CLIENT_HELLO_CB",
    "SSL_ERROR_WANT_RETRY_VERIFY",
];

/// From 9 on BoringSSL and AWS-LC go their own way: `ssl.h` of both.
const IN_BORINGSSL: &[&str] = &[
    "SSL_ERROR_WANT_CHANNEL_ID_LOOKUP",
    "SSL_ERROR_WANT_ASYNC_JOB",
    "SSL_ERROR_PENDING_SESSION",
    "SSL_ERROR_PENDING_CERTIFICATE",
    "SSL_ERROR_WANT_PRIVATE_KEY_OPERATION",
    "SSL_ERROR_PENDING_TICKET",
    "SSL_ERROR_EARLY_DATA_REJECTED",
    "SSL_ERROR_WANT_CERTIFICATE_VERIFY",
    "SSL_ERROR_HANDOFF",
    "SSL_ERROR_HANDBACK",
    "SSL_ERROR_WANT_RENEGOTIATE",
    "SSL_ERROR_HANDSHAKE_HINTS_READY",
];

impl Dialect {
    /// The name of what `SSL_get_error` answered; None where this libssl has none for it.
    pub fn error_name(&self, error: i32) -> Option<&'static str> {
        let place = usize::try_from(error).ok()?;
        match self.interface.value {
            Interface::Functions if place >= 9 => IN_BORINGSSL.get(place - 9).copied(),
            _ => IN_OPENSSL.get(place).copied(),
        }
    }

    /// Whether `SSL_get_error` looks at the thread's error queue, and takes what it finds there for the call's.
    ///
    /// OpenSSL 4.0.3 goes by what the call left in the handle; 1.0.2k, 1.0.2q, 1.1.1g, 1.1.1w, 3.0.19 and 3.6.3 look
    /// (observed), as do the others (read in their `ssl_lib.c` and `ssl_lib.cc`).
    pub fn judges_by_queue(&self) -> bool {
        self.name != dialect::OPENSSL_4.name
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::{BORINGSSL, OPENSSL_3};

    #[test]
    fn the_same_number_is_another_error_elsewhere() {
        assert_eq!(OPENSSL_3.error_name(2), Some("SSL_ERROR_WANT_READ"));
        assert_eq!(OPENSSL_3.error_name(11), Some("SSL_ERROR_WANT_CLIENT_HELLO_CB"));
        assert_eq!(BORINGSSL.error_name(11), Some("SSL_ERROR_PENDING_SESSION"));
        assert_eq!(BORINGSSL.error_name(5), Some("SSL_ERROR_SYSCALL"));
        assert_eq!((OPENSSL_3.error_name(13), OPENSSL_3.error_name(-1)), (None, None));
    }
}
