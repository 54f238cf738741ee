//! What a record without application data means to `SSL_read`: AUTO_RETRY.
//!
//! "If a renegotiation take place during normal operation, a SSL_read(3) or SSL_write(3) would return with -1 and
//! indicate the need to retry with SSL_ERROR_WANT_READ. ... The flag SSL_MODE_AUTO_RETRY will cause read/write
//! operations to only return after the handshake and successful completion." (manual page, third mode)
//!
//! For `SSL_write` no version seen does so: it carries a handshake in progress to its end and goes on, whatever the
//! mask; only a transport that would block makes it answer with WANT_READ. See [`ReadRules::write_returns`].

use crate::dialect::{Dialect, Fact, observed, read};
use crate::mode::Modes;

/// A record that `SSL_read` meets and that holds no application data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Record {
    /// A handshake in the connection's life, up to TLS 1.2: a HelloRequest or a ClientHello, and what follows.
    Renegotiation,
    /// A NewSessionTicket after a TLS 1.3 handshake.
    SessionTicket,
    /// A TLS 1.3 KeyUpdate.
    KeyUpdate,
    /// A heartbeat request or response (RFC 6520).
    Heartbeat,
    /// A warning alert other than `close_notify`, up to TLS 1.2.
    WarningAlert,
    /// Application data of 0 bytes.
    Empty,
}

impl Record {
    /// Every kind.
    pub const ALL: [Record; 6] = [
        Record::Renegotiation,
        Record::SessionTicket,
        Record::KeyUpdate,
        Record::Heartbeat,
        Record::WarningAlert,
        Record::Empty,
    ];
}

/// What one version does with one kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// Takes it in and reads on, whatever the mask.
    ReadsOn,
    /// Takes it in; reads on under AUTO_RETRY or when more bytes are in the read buffer, else answers WANT_READ.
    ByMode,
    /// Takes it in; reads on under AUTO_RETRY, else answers WANT_READ, whatever is in the read buffer.
    ByModeAlone,
    /// Takes it in and answers WANT_READ, whatever the mask.
    WantRead,
    /// Fails: this version does not take such a record.
    Fails,
    /// This version has no protocol in which it occurs.
    Unknown,
}

/// What `SSL_read` does after the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Looks for the next record, and waits for it if the transport is blocking.
    ReadsOn,
    /// Returns -1, and `SSL_get_error` says SSL_ERROR_WANT_READ, even if data are there.
    WantRead,
    /// Returns -1 with an error.
    Fails,
}

/// What the records without application data are to one line of libssl versions.
#[derive(Debug)]
pub struct ReadRules {
    /// [`Record::Renegotiation`].
    pub renegotiation: Fact<Handling>,
    /// [`Record::SessionTicket`].
    pub session_ticket: Fact<Handling>,
    /// [`Record::KeyUpdate`].
    pub key_update: Fact<Handling>,
    /// [`Record::Heartbeat`].
    pub heartbeat: Fact<Handling>,
    /// [`Record::WarningAlert`].
    pub warning_alert: Fact<Handling>,
    /// [`Record::Empty`].
    pub empty: Fact<Handling>,
    /// Whether `SSL_write` returns with WANT_READ after a handshake that it finished, as the page says.
    pub write_returns: Fact<bool>,
}

use Handling::{ByMode, ByModeAlone, Fails, ReadsOn, Unknown, WantRead};

static OPENSSL_0_9_8: ReadRules = ReadRules {
    renegotiation: observed(ByMode, "0.9.8e"),
    session_ticket: read(Unknown, "TLS 1.0 is its last protocol"),
    key_update: read(Unknown, "TLS 1.0 is its last protocol"),
    heartbeat: read(Fails, "s3_pkt.c of 0.9.8"),
    warning_alert: observed(ReadsOn, "0.9.8e"),
    empty: observed(ReadsOn, "0.9.8e"),
    write_returns: observed(false, "0.9.8e"),
};

static OPENSSL_1_0_2: ReadRules = ReadRules {
    renegotiation: observed(ByMode, "1.0.2k"),
    session_ticket: read(Unknown, "TLS 1.2 is its last protocol"),
    key_update: read(Unknown, "TLS 1.2 is its last protocol"),
    heartbeat: observed(WantRead, "1.0.2k"),
    warning_alert: observed(ReadsOn, "1.0.2k"),
    empty: observed(ReadsOn, "1.0.2k"),
    write_returns: observed(false, "1.0.2k"),
};

/// OpenSSL 1.0.2l and later, where a heartbeat minds the mode.
static OPENSSL_1_0_2L: ReadRules = ReadRules {
    renegotiation: observed(ByMode, "1.0.2n, 1.0.2q"),
    heartbeat: observed(ByModeAlone, "1.0.2n, 1.0.2q"),
    warning_alert: observed(ReadsOn, "1.0.2n, 1.0.2q"),
    empty: observed(ReadsOn, "1.0.2n, 1.0.2q"),
    write_returns: observed(false, "1.0.2n, 1.0.2q"),
    ..OPENSSL_1_0_2
};

static OPENSSL_1_1_0: ReadRules = ReadRules {
    renegotiation: read(ByMode, "rec_layer_s3.c of 1.1.0"),
    session_ticket: read(Unknown, "TLS 1.2 is its last protocol"),
    key_update: read(Unknown, "TLS 1.2 is its last protocol"),
    heartbeat: read(WantRead, "rec_layer_s3.c of 1.1.0"),
    warning_alert: read(ReadsOn, "rec_layer_s3.c of 1.1.0"),
    empty: read(ReadsOn, "rec_layer_s3.c of 1.1.0"),
    write_returns: read(false, "rec_layer_s3.c of 1.1.0"),
};

static OPENSSL_1_1_1: ReadRules = ReadRules {
    renegotiation: observed(ByMode, "1.1.1g, 1.1.1w"),
    session_ticket: observed(ByMode, "1.1.1g, 1.1.1w"),
    key_update: observed(ByMode, "1.1.1g, 1.1.1w"),
    heartbeat: read(Fails, "rec_layer_s3.c of 1.1.1w"),
    warning_alert: read(ReadsOn, "rec_layer_s3.c of 1.1.1w"),
    empty: observed(ReadsOn, "1.1.1g, 1.1.1w"),
    write_returns: observed(false, "1.1.1g, 1.1.1w"),
};

static OPENSSL_3: ReadRules = ReadRules {
    renegotiation: observed(ByMode, "3.0.19"),
    session_ticket: observed(ByMode, "3.0.19"),
    key_update: observed(ByMode, "3.0.19"),
    heartbeat: read(Fails, "rec_layer_s3.c of 3.0"),
    warning_alert: read(ReadsOn, "rec_layer_s3.c of 3.0"),
    empty: observed(ReadsOn, "3.0.19"),
    write_returns: observed(false, "3.0.19"),
};

/// OpenSSL 3.2 and later: with the key the record layer is another, and what the old one had read counts no more.
static OPENSSL_3_2: ReadRules = ReadRules {
    renegotiation: observed(ByMode, "3.6.3"),
    session_ticket: observed(ByMode, "3.6.3"),
    key_update: observed(ByModeAlone, "3.6.3"),
    heartbeat: read(Fails, "rec_layer_s3.c of 3.6.3"),
    warning_alert: read(ReadsOn, "rec_layer_s3.c of 3.6.3"),
    empty: observed(ReadsOn, "3.6.3"),
    write_returns: observed(false, "3.6.3"),
};

static OPENSSL_4: ReadRules = ReadRules {
    renegotiation: observed(ByMode, "4.0.3"),
    session_ticket: observed(ByMode, "4.0.3"),
    key_update: observed(ByModeAlone, "4.0.3"),
    heartbeat: read(Fails, "rec_layer_s3.c of 4.0.3"),
    warning_alert: read(ReadsOn, "rec_layer_s3.c of 4.0.3"),
    empty: observed(ReadsOn, "4.0.3"),
    write_returns: observed(false, "4.0.3"),
};

static BORINGSSL: ReadRules = ReadRules {
    renegotiation: read(Fails, "s3_pkt.cc; a client may ask for it with SSL_set_renegotiate_mode"),
    session_ticket: observed(ReadsOn, "Debian's android-libboringssl 13"),
    key_update: observed(ReadsOn, "Debian's android-libboringssl 13"),
    heartbeat: read(Fails, "s3_pkt.cc"),
    warning_alert: read(ReadsOn, "tls_record.cc"),
    empty: read(ReadsOn, "s3_pkt.cc"),
    write_returns: read(false, "ssl_lib.cc"),
};

static AWS_LC: ReadRules = ReadRules {
    renegotiation: read(Fails, "s3_pkt.cc; a client may ask for it with SSL_set_renegotiate_mode"),
    session_ticket: observed(ReadsOn, "5.12.0"),
    key_update: observed(ReadsOn, "5.12.0"),
    heartbeat: read(Fails, "s3_pkt.cc of 5.12.0"),
    warning_alert: read(ReadsOn, "tls_record.cc of 5.12.0"),
    empty: read(ReadsOn, "s3_pkt.cc of 5.12.0"),
    write_returns: read(false, "ssl_lib.cc of 5.12.0"),
};

static LIBRESSL: ReadRules = ReadRules {
    renegotiation: read(ByMode, "ssl_pkt.c of LibreSSL 3.1.0"),
    session_ticket: read(ReadsOn, "tls13_lib.c of LibreSSL 3.1.0"),
    key_update: read(ReadsOn, "tls13_lib.c of LibreSSL 3.1.0"),
    heartbeat: read(Fails, "ssl_pkt.c of LibreSSL 3.1.0"),
    warning_alert: read(ReadsOn, "ssl_pkt.c of LibreSSL 3.1.0"),
    empty: read(ReadsOn, "ssl_pkt.c of LibreSSL 3.1.0"),
    write_returns: read(false, "ssl_pkt.c of LibreSSL 3.1.0"),
};

impl ReadRules {
    /// The rules of a dialect.
    pub fn of(dialect: &Dialect) -> &'static ReadRules {
        match dialect.name {
            "openssl-0.9.8" => &OPENSSL_0_9_8,
            "openssl-1.0.2" => &OPENSSL_1_0_2,
            "openssl-1.0.2l" => &OPENSSL_1_0_2L,
            "openssl-1.1.0" => &OPENSSL_1_1_0,
            "openssl-1.1.1" => &OPENSSL_1_1_1,
            "openssl-3" => &OPENSSL_3,
            "openssl-3.2" => &OPENSSL_3_2,
            "boringssl" => &BORINGSSL,
            "aws-lc" => &AWS_LC,
            "libressl" => &LIBRESSL,
            _ => &OPENSSL_4,
        }
    }

    /// What this version does with such a record.
    pub fn handling(&self, record: Record) -> Fact<Handling> {
        match record {
            Record::Renegotiation => self.renegotiation,
            Record::SessionTicket => self.session_ticket,
            Record::KeyUpdate => self.key_update,
            Record::Heartbeat => self.heartbeat,
            Record::WarningAlert => self.warning_alert,
            Record::Empty => self.empty,
        }
    }

    /// What `SSL_read` does after such a record, with these modes in force. `buffered` is whether more bytes are in
    /// the read buffer already, as they are under `SSL_set_read_ahead` when the peer sent more.
    pub fn after(&self, record: Record, modes: Modes, buffered: bool) -> Next {
        match self.handling(record).value {
            ReadsOn => Next::ReadsOn,
            ByMode | ByModeAlone if modes.contains(Modes::AUTO_RETRY) => Next::ReadsOn,
            ByMode if buffered => Next::ReadsOn,
            ByMode | ByModeAlone | WantRead => Next::WantRead,
            Fails | Unknown => Next::Fails,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{BORINGSSL, OPENSSL_1_0_2, OPENSSL_1_0_2L, OPENSSL_3, OPENSSL_4};

    #[test]
    fn auto_retry_hides_what_it_is_documented_to_hide() {
        for dialect in Dialect::ALL {
            let rules = ReadRules::of(dialect);
            for record in [Record::Renegotiation, Record::SessionTicket, Record::KeyUpdate] {
                let hidden = rules.after(record, Modes::AUTO_RETRY, false);
                assert_ne!(hidden, Next::WantRead, "{}: {record:?}", dialect.name);
            }
        }
    }

    #[test]
    fn a_key_update_without_auto_retry() {
        let after = |dialect, buffered| ReadRules::of(dialect).after(Record::KeyUpdate, Modes::empty(), buffered);
        assert_eq!(after(&OPENSSL_3, false), Next::WantRead);
        assert_eq!(after(&OPENSSL_3, true), Next::ReadsOn, "bytes are in the read buffer");
        assert_eq!(after(&OPENSSL_4, true), Next::WantRead, "of the record layer before it");
        assert_eq!(after(&BORINGSSL, false), Next::ReadsOn);
    }

    #[test]
    fn a_heartbeat_minds_the_mode_from_1_0_2l_on() {
        let heartbeat = |rules: &ReadRules, modes| rules.after(Record::Heartbeat, modes, false);
        let later = ReadRules::of(&OPENSSL_1_0_2L);
        assert_eq!(heartbeat(ReadRules::of(&OPENSSL_1_0_2), Modes::AUTO_RETRY), Next::WantRead);
        assert_eq!(heartbeat(later, Modes::AUTO_RETRY), Next::ReadsOn);
        assert_eq!(heartbeat(later, Modes::empty()), Next::WantRead);
    }

    #[test]
    fn every_dialect_has_rules_of_its_own() {
        for (index, dialect) in Dialect::ALL.iter().enumerate() {
            for other in &Dialect::ALL[index + 1..] {
                assert!(!std::ptr::eq(ReadRules::of(dialect), ReadRules::of(other)), "{}", dialect.name);
            }
        }
    }
}
