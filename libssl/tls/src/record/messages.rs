//! Handshake messages after the handshake: put together, and told apart.

use super::limits::MAX_MESSAGE;
use super::{AlertDescription, Error, Role, Version};

/// The header of a handshake message: type and length (RFC 8446 4).
const HEADER: usize = 4;

const HELLO_REQUEST: u8 = 0;
const CLIENT_HELLO: u8 = 1;
const NEW_SESSION_TICKET: u8 = 4;
const KEY_UPDATE: u8 = 24;

/// What a peer may say after the handshake.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// NewSessionTicket, without its header (RFC 8446 4.6.1).
    Ticket(Vec<u8>),
    /// KeyUpdate (RFC 8446 4.6.3).
    KeyUpdate {
        /// The peer wants ours too.
        requested: bool,
    },
    /// HelloRequest or ClientHello of TLS 1.2: a renegotiation, which there is not here.
    Renegotiation,
}

/// A message whose records have not all come. Bounded: header and [`MAX_MESSAGE`] bytes, and one record more.
#[derive(Default)]
pub(super) struct Messages {
    bytes: Vec<u8>,
}

impl Messages {
    /// Whether a message has begun and not ended: no other type of record may come now (RFC 8446 5.1).
    pub(super) fn is_partial(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Takes the content of one record.
    pub(super) fn push(&mut self, content: &[u8]) {
        self.bytes.extend_from_slice(content);
    }

    /// The next complete message.
    pub(super) fn pop(&mut self, version: Version, role: Role) -> Result<Option<Message>, Error> {
        let Some(&[message_type, high, middle, low]) = self.bytes.first_chunk::<HEADER>() else { return Ok(None) };
        // The type is judged before its length is waited for.
        let lawful = match (version, role) {
            (Version::Tls13, Role::Client) => matches!(message_type, NEW_SESSION_TICKET | KEY_UPDATE),
            // RFC 8446 4.6.2: a client that did not offer post-handshake authentication gets no CertificateRequest.
            (Version::Tls13, Role::Server) => message_type == KEY_UPDATE,
            (Version::Tls12, Role::Client) => message_type == HELLO_REQUEST,
            (Version::Tls12, Role::Server) => message_type == CLIENT_HELLO,
        };
        if !lawful {
            return Err(Error::Protocol(
                AlertDescription::UNEXPECTED_MESSAGE,
                "handshake message that is not lawful after the handshake",
            ));
        }
        let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        let limit = match message_type {
            KEY_UPDATE => 1,
            HELLO_REQUEST => 0,
            _ => MAX_MESSAGE,
        };
        if length > limit {
            return Err(Error::Protocol(AlertDescription::DECODE_ERROR, "handshake message longer than it may be"));
        }
        let Some(body) = self.bytes.get(HEADER..HEADER + length) else { return Ok(None) };
        let message = match (message_type, body) {
            (NEW_SESSION_TICKET, body) => Message::Ticket(body.to_vec()),
            (KEY_UPDATE, []) => {
                return Err(Error::Protocol(AlertDescription::DECODE_ERROR, "KeyUpdate without its byte"));
            }
            // RFC 8446 4.6.3: any other value is an illegal_parameter.
            (KEY_UPDATE, &[requested, ..]) if requested > 1 => {
                return Err(Error::Protocol(AlertDescription::ILLEGAL_PARAMETER, "KeyUpdate with an unknown request"));
            }
            (KEY_UPDATE, &[requested, ..]) => Message::KeyUpdate { requested: requested == 1 },
            _ => Message::Renegotiation,
        };
        self.bytes.drain(..HEADER + length);
        // RFC 8446 5.1: a message before a change of keys ends with its record.
        if matches!(message, Message::KeyUpdate { .. }) && self.is_partial() {
            return Err(Error::Protocol(
                AlertDescription::UNEXPECTED_MESSAGE,
                "KeyUpdate is not the last in its record",
            ));
        }
        if self.bytes.is_empty() {
            self.bytes = Vec::new();
        }
        Ok(Some(message))
    }
}

/// KeyUpdate as we send it (RFC 8446 4.6.3).
pub(super) fn key_update(request: bool) -> [u8; 5] {
    [KEY_UPDATE, 0, 0, 1, u8::from(request)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(result: Result<Option<Message>, Error>) -> AlertDescription {
        match result {
            Err(Error::Protocol(alert, _)) => alert,
            other => panic!("{other:?}"),
        }
    }

    fn pop(bytes: &[u8], version: Version, role: Role) -> Result<Option<Message>, Error> {
        let mut messages = Messages::default();
        messages.push(bytes);
        messages.pop(version, role)
    }

    #[test]
    fn messages_are_put_together_from_any_pieces() {
        let mut messages = Messages::default();
        let ticket: Vec<u8> = [&[4, 0, 1, 44][..], &[7; 300], &[24, 0, 0, 1, 1]].concat();
        let mut seen = Vec::new();
        for piece in ticket.chunks(7) {
            messages.push(piece);
            while let Some(message) = messages.pop(Version::Tls13, Role::Client).unwrap() {
                seen.push(message);
            }
        }
        assert_eq!(seen, [Message::Ticket(vec![7; 300]), Message::KeyUpdate { requested: true }]);
        assert!(!messages.is_partial());
        assert_eq!(messages.bytes.capacity(), 0);
    }

    #[test]
    fn what_is_not_lawful_is_refused_by_its_header() {
        use AlertDescription as Alert;
        assert_eq!(alert(pop(&[4, 0, 0, 1], Version::Tls13, Role::Server)), Alert::UNEXPECTED_MESSAGE);
        assert_eq!(alert(pop(&[13, 0, 0, 1], Version::Tls13, Role::Client)), Alert::UNEXPECTED_MESSAGE);
        assert_eq!(alert(pop(&[24, 0, 0, 1, 0], Version::Tls12, Role::Client)), Alert::UNEXPECTED_MESSAGE);
        assert_eq!(alert(pop(&[4, 1, 0, 0], Version::Tls13, Role::Client)), Alert::DECODE_ERROR);
        assert_eq!(alert(pop(&[24, 0, 0, 0], Version::Tls13, Role::Client)), Alert::DECODE_ERROR);
        assert_eq!(alert(pop(&[24, 0, 0, 2, 0, 0], Version::Tls13, Role::Client)), Alert::DECODE_ERROR);
        assert_eq!(alert(pop(&[24, 0, 0, 1, 2], Version::Tls13, Role::Client)), Alert::ILLEGAL_PARAMETER);
        assert_eq!(alert(pop(&[24, 0, 0, 1, 0, 24], Version::Tls13, Role::Client)), Alert::UNEXPECTED_MESSAGE);
        assert_eq!(pop(&[0, 0, 0, 0], Version::Tls12, Role::Client), Ok(Some(Message::Renegotiation)));
    }
}
