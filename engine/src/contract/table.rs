//! The rules that a program can break: one table, of which the reports, `sslmode explain` and sslmode-findings(7) are made.

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The documentation forbids it, and data or the connection is at stake.
    Error,
    /// It is likely not what was meant, or works by luck.
    Warning,
}

impl Severity {
    /// As reports call it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A rule of the documentation, by what breaking it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the table says what each is")]
pub enum Rule {
    MovedWriteBuffer,
    ShorterRetry,
    ChangedRetry,
    AbandonedWrite,
    IgnoredShortWrite,
    WantTakenForError,
    UseAfterFatal,
    ShutdownAfterFatal,
    WriteAfterShutdown,
    StaleErrorQueue,
    GetErrorMismatch,
    ConcurrentUse,
    LateContextMode,
    ScsvFirstTry,
    UnknownMode,
    ForeignMode,
    BusyRetry,
}

/// What there is to say of a rule.
#[derive(Debug)]
pub struct Entry {
    /// The rule.
    pub rule: Rule,
    /// Its stable name: in reports, in suppressions, for `sslmode explain`.
    pub name: &'static str,
    /// How much breaking it weighs.
    pub severity: Severity,
    /// What is found.
    pub trigger: &'static str,
    /// What looks like it and is not found.
    pub silent: &'static str,
    /// Where the rule stands.
    pub source: &'static str,
    /// What to do instead.
    pub advice: &'static str,
}

impl Rule {
    /// Every rule, in the order of the table.
    pub fn all() -> impl Iterator<Item = Rule> {
        TABLE.iter().map(|entry| entry.rule)
    }

    /// What there is to say of it.
    pub fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }

    /// Its stable name.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The rule of this name.
    pub fn by_name(name: &str) -> Option<Rule> {
        Rule::all().find(|rule| rule.name() == name)
    }
}

/// The table, in the order of [`Rule`].
pub const TABLE: &[Entry] = &[
    Entry {
        rule: Rule::MovedWriteBuffer,
        name: "moved-write-buffer",
        severity: Severity::Error,
        trigger: "SSL_write returned -1 with SSL_ERROR_WANT_WRITE, and was repeated with the same bytes from another \
                  address, while ACCEPT_MOVING_WRITE_BUFFER is not in force",
        silent: "the mode is in force on the handle, set by the program or by the option force",
        source: "SSL_CTX_set_mode(3), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER; SSL_write(3), NOTES",
        advice: "Set SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER on the SSL_CTX before SSL_new, or keep the buffer where it is \
                 until the write is done.",
    },
    Entry {
        rule: Rule::ShorterRetry,
        name: "shorter-retry",
        severity: Severity::Error,
        trigger: "SSL_write returned -1 with SSL_ERROR_WANT_WRITE, and was repeated with fewer bytes than it was to send",
        silent: "the retry is as long or longer, with the same beginning",
        source: "SSL_write(3), NOTES: \"it must be repeated with the same arguments\"; \"bad length\" from 1.1.1 on",
        advice: "Repeat the call with the same length, or a greater one, until it returns more than 0; cut the data \
                 into pieces before the first try.",
    },
    Entry {
        rule: Rule::ChangedRetry,
        name: "changed-retry",
        severity: Severity::Error,
        trigger: "SSL_write returned -1 with SSL_ERROR_WANT_WRITE, and was repeated with other contents: libssl cannot \
                  notice, and the peer gets the old bytes of what was sealed already",
        silent: "the retry begins with the same bytes and is longer; only a changed byte behind the first 256 KiB is missed",
        source: "SSL_CTX_set_mode(3), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER: \"the buffer contents must stay the same\"; \
                 SSL_write(3), NOTES",
        advice: "Leave the bytes of a write alone from its first try to its success; build the next message elsewhere.",
    },
    Entry {
        rule: Rule::AbandonedWrite,
        name: "abandoned-write",
        severity: Severity::Error,
        trigger: "while a write waited to be repeated after SSL_ERROR_WANT_WRITE other data was written, or SSL_shutdown \
                  was called",
        silent: "the connection failed, the peer closed it, or the shutdown is a quiet one; reads, handshake calls and \
                 SSL_get_error in between",
        source: "SSL_write(3), NOTES: the call \"must be repeated\"",
        advice: "Finish the pending write first: wait until the transport can be written, and repeat the call.",
    },
    Entry {
        rule: Rule::IgnoredShortWrite,
        name: "ignored-short-write",
        severity: Severity::Error,
        trigger: "under ENABLE_PARTIAL_WRITE a write of n bytes returned r < n, and the next write began neither at buffer \
                  + r nor with the bytes that were there",
        silent: "the program moved the rest to another buffer, or gave the connection up",
        source: "SSL_CTX_set_mode(3), SSL_MODE_ENABLE_PARTIAL_WRITE; SSL_write(3), RETURN VALUES",
        advice: "Count the bytes that SSL_write returns, and send the rest before anything else, as with write(2); or \
                 do not set SSL_MODE_ENABLE_PARTIAL_WRITE.",
    },
    Entry {
        rule: Rule::WantTakenForError,
        name: "want-taken-for-error",
        severity: Severity::Warning,
        trigger: "a handshake call, a write, or a read whose SSL_get_error nobody asked for, wanted to be repeated, and \
                  within 100 ms the handle was freed, cleared or shut down instead",
        silent: "the thread has waited meanwhile, as for a time-out, or more time passed; the call had been repeated \
                 before; the peer closed or answered; the transport is no socket",
        source: "SSL_get_error(3), SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: the call \"can be retried later\"",
        advice: "Ask SSL_get_error after each call that returned 0 or less; on a WANT wait for the transport and repeat \
                 the call.",
    },
    Entry {
        rule: Rule::UseAfterFatal,
        name: "use-after-fatal",
        severity: Severity::Error,
        trigger: "a handshake, read or write call after one on the same handle had failed with SSL_ERROR_SSL or \
                  SSL_ERROR_SYSCALL",
        silent: "SSL_free, SSL_get_error, SSL_clear; reads after the transport's end; calls of 0 bytes; SSL_ERROR_SYSCALL \
                 over DTLS and over what is no socket, as BIOs of the program's own; a failed SSL_shutdown; failures that \
                 another finding brought about",
        source: "SSL_get_error(3), SSL_ERROR_SSL, SSL_ERROR_SYSCALL: \"no further I/O operations should be performed\"",
        advice: "Free the handle after such an error, and make a new connection.",
    },
    Entry {
        rule: Rule::ShutdownAfterFatal,
        name: "shutdown-after-fatal",
        severity: Severity::Warning,
        trigger: "SSL_shutdown after a call on the same handle had failed with SSL_ERROR_SSL or SSL_ERROR_SYSCALL",
        silent: "a quiet shutdown; the peer has closed the transport; failures as of use-after-fatal",
        source: "SSL_get_error(3), SSL_ERROR_SSL, SSL_ERROR_SYSCALL: \"SSL_shutdown() must not be called\"; \
                 SSL_shutdown(3), NOTES",
        advice: "Free the handle without SSL_shutdown.",
    },
    Entry {
        rule: Rule::WriteAfterShutdown,
        name: "write-after-shutdown",
        severity: Severity::Error,
        trigger: "a write after the program's own SSL_shutdown had sent the close_notify",
        silent: "reads; a shutdown that still wants to be repeated; the peer's close_notify alone; SSL_clear in between",
        source: "SSL_shutdown(3), NOTES: \"It is not possible to call SSL_write() after calling SSL_shutdown()\"",
        advice: "Write everything before SSL_shutdown.",
    },
    Entry {
        rule: Rule::StaleErrorQueue,
        name: "stale-error-queue",
        severity: Severity::Error,
        trigger: "the thread's error queue held an error before a call, which failed, and SSL_get_error was asked what \
                  that means: it answers SSL_ERROR_SSL, whatever happened",
        silent: "the call succeeded, or emptied the queue itself, as handshakes do; OpenSSL 4, whose SSL_get_error does \
                 not look at the queue",
        source: "SSL_get_error(3), DESCRIPTION: the queue \"must be empty before the TLS/SSL I/O operation is attempted\"",
        advice: "Call ERR_clear_error before each call whose failure SSL_get_error will judge, and take errors out of \
                 the queue where they happen.",
    },
    Entry {
        rule: Rule::GetErrorMismatch,
        name: "get-error-mismatch",
        severity: Severity::Error,
        trigger: "SSL_get_error was asked about a failure after another call on the handle had succeeded, or about a \
                  success after another had failed, on another thread than the call was made on, or after the error \
                  queue that the call filled was emptied",
        silent: "a second question about the same call; a handle on which SSL_want says that a call waits, which came \
                 through an SSL BIO then; on OpenSSL 4 the thread and the queue",
        source: "SSL_get_error(3), DESCRIPTION: \"the value returned by that TLS/SSL I/O function must be passed\", \"in the \
                 same thread\", and \"no other OpenSSL function calls should appear in between\"",
        advice: "Ask SSL_get_error right after the call, on its thread, with its result, and keep the answer.",
    },
    Entry {
        rule: Rule::ConcurrentUse,
        name: "concurrent-use",
        severity: Severity::Error,
        trigger: "two threads were inside handshake, read, write or shutdown calls of one SSL at the same time",
        silent: "calls one after the other, on any threads",
        source: "openssl-threads(7), DESCRIPTION: \"most objects are not safe for simultaneous use\"",
        advice: "Put a lock around the calls on one SSL, or leave the SSL to one thread.",
    },
    Entry {
        rule: Rule::LateContextMode,
        name: "late-context-mode",
        severity: Severity::Warning,
        trigger: "a mode of an SSL_CTX was changed after SSLs had been made from it, and none was made afterwards: the \
                  change reached nobody",
        silent: "another SSL is made from it later, as in servers that configure themselves anew; the mask did not change",
        source: "SSL_CTX_set_mode(3), DESCRIPTION: SSL_CTX_set_mode is for SSL objects created later, SSL_set_mode for one",
        advice: "Set the mode before SSL_new, or on the SSL itself with SSL_set_mode.",
    },
    Entry {
        rule: Rule::ScsvFirstTry,
        name: "scsv-first-try",
        severity: Severity::Error,
        trigger: "a client began a handshake under SEND_FALLBACK_SCSV while its highest version was not lowered",
        silent: "the highest version is lower than what the library can do; servers",
        source: "SSL_CTX_set_mode(3), SSL_MODE_SEND_FALLBACK_SCSV: \"DO NOT ENABLE THIS if your application attempts a \
                 normal handshake\"; RFC 7507, section 4",
        advice: "Set SSL_MODE_SEND_FALLBACK_SCSV only on a connection that repeats a failed one with a lower highest \
                 version.",
    },
    Entry {
        rule: Rule::UnknownMode,
        name: "unknown-mode",
        severity: Severity::Warning,
        trigger: "a mode call set bits that are no mode of this libssl: they are stored and do nothing",
        silent: "bits that are cleared or read",
        source: "SSL_CTX_set_mode(3), NOTES, and ssl.h of the version in use",
        advice: "Compile with the headers of the libssl that is used, or set the mode only where it exists.",
    },
    Entry {
        rule: Rule::ForeignMode,
        name: "foreign-mode",
        severity: Severity::Warning,
        trigger: "a program compiled with OpenSSL's macros set a bit that is another mode in the libssl that it met, as \
                  0x80 and 0x400 are in BoringSSL and AWS-LC",
        silent: "the same bit through BoringSSL's own functions: then its headers chose the number",
        source: "ssl.h of OpenSSL and of BoringSSL",
        advice: "Compile with the headers of the libssl that is used.",
    },
    Entry {
        rule: Rule::BusyRetry,
        name: "busy-retry",
        severity: Severity::Warning,
        trigger: "a hundred retries within 100 ms on a socket that was not ready for what the call before had wanted, \
                  without any progress",
        silent: "BIO pairs, memory BIOs and BIOs of the program's own; a socket that is ready, or waits itself",
        source: "SSL_get_error(3), SSL_ERROR_WANT_READ: the call is to be repeated when the underlying BIO is ready",
        advice: "Wait with poll(2) or the like for what SSL_get_error names: SSL_ERROR_WANT_READ until the socket can be \
                 read, SSL_ERROR_WANT_WRITE until it can be written.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_rules() {
        for (place, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.rule as usize, place, "{}", entry.name);
            assert_eq!(Rule::by_name(entry.name), Some(entry.rule));
        }
        assert_eq!(Rule::BusyRetry as usize + 1, TABLE.len());
    }

    #[test]
    fn every_cell_is_filled_in() {
        for entry in TABLE {
            for cell in [entry.trigger, entry.silent, entry.source, entry.advice] {
                assert!(!cell.is_empty() && !cell.contains("  "), "{}: {cell}", entry.name);
            }
            assert!(entry.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", entry.name);
        }
    }
}
