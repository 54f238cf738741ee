//! Alerts in both directions (RFC 8446 6, RFC 5246 7.2).

use super::{Error, Version};

/// What an alert says: a number of the IANA registry "TLS Alerts".
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AlertDescription(pub u8);

macro_rules! descriptions {
    ($($constant:ident = $number:literal $name:literal;)*) => {
        impl AlertDescription {
            $(#[doc = concat!("`", $name, "`")] pub const $constant: AlertDescription = AlertDescription($number);)*

            /// The registry's name; `unknown` for a number that it does not have.
            pub fn name(self) -> &'static str {
                match self.0 {
                    $($number => $name,)*
                    _ => "unknown",
                }
            }
        }
    };
}

descriptions! {
    CLOSE_NOTIFY = 0 "close_notify";
    UNEXPECTED_MESSAGE = 10 "unexpected_message";
    BAD_RECORD_MAC = 20 "bad_record_mac";
    RECORD_OVERFLOW = 22 "record_overflow";
    HANDSHAKE_FAILURE = 40 "handshake_failure";
    BAD_CERTIFICATE = 42 "bad_certificate";
    UNSUPPORTED_CERTIFICATE = 43 "unsupported_certificate";
    CERTIFICATE_REVOKED = 44 "certificate_revoked";
    CERTIFICATE_EXPIRED = 45 "certificate_expired";
    CERTIFICATE_UNKNOWN = 46 "certificate_unknown";
    ILLEGAL_PARAMETER = 47 "illegal_parameter";
    UNKNOWN_CA = 48 "unknown_ca";
    ACCESS_DENIED = 49 "access_denied";
    DECODE_ERROR = 50 "decode_error";
    DECRYPT_ERROR = 51 "decrypt_error";
    PROTOCOL_VERSION = 70 "protocol_version";
    INSUFFICIENT_SECURITY = 71 "insufficient_security";
    INTERNAL_ERROR = 80 "internal_error";
    INAPPROPRIATE_FALLBACK = 86 "inappropriate_fallback";
    USER_CANCELED = 90 "user_canceled";
    NO_RENEGOTIATION = 100 "no_renegotiation";
    MISSING_EXTENSION = 109 "missing_extension";
    UNSUPPORTED_EXTENSION = 110 "unsupported_extension";
    UNRECOGNIZED_NAME = 112 "unrecognized_name";
    BAD_CERTIFICATE_STATUS_RESPONSE = 113 "bad_certificate_status_response";
    UNKNOWN_PSK_IDENTITY = 115 "unknown_psk_identity";
    CERTIFICATE_REQUIRED = 116 "certificate_required";
    NO_APPLICATION_PROTOCOL = 120 "no_application_protocol";
}

impl std::fmt::Display for AlertDescription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name(), self.0)
    }
}

impl std::fmt::Debug for AlertDescription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

const WARNING: u8 = 1;
const FATAL: u8 = 2;

impl AlertDescription {
    /// The two bytes of the alert as we send it. All of ours are fatal, but for these two (RFC 5246 7.2.1, 7.2.2).
    pub(crate) fn encode(self) -> [u8; 2] {
        let warning = matches!(self, AlertDescription::CLOSE_NOTIFY | AlertDescription::NO_RENEGOTIATION);
        [if warning { WARNING } else { FATAL }, self.0]
    }
}

/// An alert that the peer sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PeerAlert {
    /// close_notify: the peer sends nothing more.
    Close,
    /// One that leaves the connection as it is.
    Warning(AlertDescription),
    /// One that ends it.
    Fatal(AlertDescription),
}

/// Reads the alert in one record.
pub(super) fn parse(version: Version, content: &[u8]) -> Result<PeerAlert, Error> {
    // RFC 8446 5.1: neither fragmented nor coalesced. TLS 1.2 would allow both; nobody does it, and OpenSSL refuses it.
    let &[level, description] = content else {
        return Err(Error::Protocol(AlertDescription::DECODE_ERROR, "an alert is two bytes in a record of its own"));
    };
    let description = AlertDescription(description);
    match (version, level, description) {
        (_, _, AlertDescription::CLOSE_NOTIFY) => Ok(PeerAlert::Close),
        // RFC 8446 6: the level "can safely be ignored"; all but closure alerts end the connection, unknown ones too.
        (Version::Tls13, _, AlertDescription::USER_CANCELED) => Ok(PeerAlert::Warning(description)),
        (Version::Tls13, _, _) => Ok(PeerAlert::Fatal(description)),
        // RFC 5246 7.2: the level decides.
        (Version::Tls12, WARNING, _) => Ok(PeerAlert::Warning(description)),
        (Version::Tls12, FATAL, _) => Ok(PeerAlert::Fatal(description)),
        (Version::Tls12, ..) => Err(Error::Protocol(AlertDescription::ILLEGAL_PARAMETER, "unknown alert level")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_decides_in_tls12_only() {
        assert_eq!(parse(Version::Tls12, &[1, 90]), Ok(PeerAlert::Warning(AlertDescription::USER_CANCELED)));
        assert_eq!(parse(Version::Tls12, &[2, 40]), Ok(PeerAlert::Fatal(AlertDescription::HANDSHAKE_FAILURE)));
        assert_eq!(parse(Version::Tls13, &[1, 40]), Ok(PeerAlert::Fatal(AlertDescription::HANDSHAKE_FAILURE)));
        assert_eq!(parse(Version::Tls13, &[1, 250]), Ok(PeerAlert::Fatal(AlertDescription(250))));
        assert_eq!(parse(Version::Tls13, &[1, 90]), Ok(PeerAlert::Warning(AlertDescription::USER_CANCELED)));
        for version in [Version::Tls12, Version::Tls13] {
            for level in [1, 2] {
                assert_eq!(parse(version, &[level, 0]), Ok(PeerAlert::Close));
            }
        }
    }

    #[test]
    fn other_lengths_and_levels_are_refused() {
        for content in [&[][..], &[1], &[1, 0, 1], &[1, 0, 1, 0]] {
            let refused = parse(Version::Tls13, content).unwrap_err();
            assert!(matches!(refused, Error::Protocol(AlertDescription::DECODE_ERROR, _)), "{refused}");
        }
        assert!(matches!(
            parse(Version::Tls12, &[3, 40]),
            Err(Error::Protocol(AlertDescription::ILLEGAL_PARAMETER, _))
        ));
    }
}
