//! Both directions of one connection, and what is due to be sent.

use super::alert::{self, PeerAlert};
use super::keys::RecordKey;
use super::limits::Floods;
use super::messages::{Message, Messages, key_update};
use super::open::{Opener, Place};
use super::seal::Sealer;
use super::{AlertDescription, ContentType, Error, Protection, Received, Role, TicketSink, Traffic, Version};

/// What is to be sealed as soon as the caller has room for it.
#[derive(Default)]
struct Due {
    no_renegotiation: bool,
    key_update_answer: bool,
    key_update: Option<bool>,
    /// The last record that we will ever send.
    last_alert: Option<AlertDescription>,
}

/// The record layer of one connection. The size of its state does not depend on what the peer sends, but for one
/// handshake message of at most 64 KiB while its records come in.
pub struct RecordLayer {
    version: Version,
    role: Role,
    pub(super) opener: Opener,
    pub(super) sealer: Sealer,
    tickets: Option<Box<dyn TicketSink>>,
    messages: Messages,
    floods: Floods,
    due: Due,
    failure: Option<Error>,
    received_close_notify: bool,
    write_closed: bool,
}

impl RecordLayer {
    /// Takes over from the handshake.
    pub fn new(traffic: Traffic) -> Self {
        let Traffic { role, protection, tickets } = traffic;
        let (version, write, read) = match protection {
            Protection::Tls12 { write, read } => {
                (Version::Tls12, RecordKey::tls12(write.0, write.1), RecordKey::tls12(read.0, read.1))
            }
            Protection::Tls13 { cipher, write, read } => {
                (Version::Tls13, RecordKey::tls13(cipher, write.0, write.1), RecordKey::tls13(cipher, read.0, read.1))
            }
        };
        RecordLayer {
            version,
            role,
            opener: Opener::new(read),
            sealer: Sealer::new(write),
            tickets,
            messages: Messages::default(),
            floods: Floods::default(),
            due: Due::default(),
            failure: None,
            received_close_notify: false,
            write_closed: false,
        }
    }

    /// Opens one complete record, straight into `out` if its plaintext has room there and is no small one.
    ///
    /// In TLS 1.3 the plaintext is the content, one byte and padding: `out` may be written to beyond the content, up to
    /// the plaintext's length; a record that turns out to hold no data leaves zeros there.
    ///
    /// # Errors
    /// [`Error::Protocol`] and [`Error::PeerAlert`]; both stick, and the alert of the first is then due.
    pub fn open(&mut self, record: &mut [u8], out: &mut [u8]) -> Result<Received, Error> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        // RFC 8446 6.1: "Any data received after a closure alert has been received MUST be ignored."
        if self.received_close_notify {
            return Ok(Received::CloseNotify);
        }
        self.receive(record, out).inspect_err(|&error| self.fail(error))
    }

    fn receive(&mut self, record: &mut [u8], out: &mut [u8]) -> Result<Received, Error> {
        let opened = self.opener.open(record, out)?;
        // RFC 8446 5.1: the records of one message have no others between them.
        if self.messages.is_partial() && opened.content_type != ContentType::Handshake {
            return Err(Error::Protocol(
                AlertDescription::UNEXPECTED_MESSAGE,
                "record of another type inside a handshake message",
            ));
        }
        if opened.content_type == ContentType::ApplicationData {
            return self.data(opened.place, record, out);
        }
        let content = match &opened.place {
            Place::Out(length) => &mut out[..*length],
            Place::Record(range) => &mut record[range.clone()],
        };
        let received = match opened.content_type {
            ContentType::Alert => self.alert(content),
            _ => self.handshake(content),
        };
        // No application data: nothing of it stays in the caller's buffer.
        content.fill(0);
        received
    }

    fn data(&mut self, place: Place, record: &[u8], out: &mut [u8]) -> Result<Received, Error> {
        let received = match place {
            Place::Out(length) => Received::Data(length),
            Place::Record(range) => match out.get_mut(..range.len()) {
                Some(room) => {
                    room.copy_from_slice(&record[range.clone()]);
                    Received::Data(range.len())
                }
                None => Received::DataInRecord(range),
            },
        };
        if received == Received::Data(0) {
            self.floods.empty_record()?;
            return Ok(Received::Empty);
        }
        self.floods.progress();
        Ok(received)
    }

    fn alert(&mut self, content: &[u8]) -> Result<Received, Error> {
        match alert::parse(self.version, content)? {
            PeerAlert::Close => {
                // RFC 8446 6.1: only the peer's direction is closed; when ours closes is the caller's affair. (RFC 5246
                // 7.2.1 wants an answer at once, which OpenSSL, too, leaves to SSL_shutdown.)
                self.received_close_notify = true;
                Ok(Received::CloseNotify)
            }
            PeerAlert::Warning(description) => {
                self.floods.warning()?;
                Ok(Received::Warning(description))
            }
            PeerAlert::Fatal(description) => Err(Error::PeerAlert(description)),
        }
    }

    fn handshake(&mut self, content: &[u8]) -> Result<Received, Error> {
        let (mut tickets, mut key_update) = (0, false);
        self.messages.push(content);
        while let Some(message) = self.messages.pop(self.version, self.role)? {
            self.floods.message()?;
            match message {
                Message::Ticket(body) => {
                    tickets += 1;
                    if let Some(sink) = &mut self.tickets {
                        sink.ticket(&body).map_err(|alert| Error::Protocol(alert, "session ticket refused"))?;
                    }
                }
                Message::KeyUpdate { requested } => {
                    key_update = true;
                    self.opener.update()?;
                    // RFC 8446 4.6.3: answered before the next application data, once for however many requests.
                    self.due.key_update_answer |= requested && !self.write_closed;
                }
                // RFC 5246 7.2.2: refused with a warning, and the connection goes on.
                Message::Renegotiation => self.due.no_renegotiation = !self.write_closed,
            }
        }
        Ok(Received::Handshake { tickets, key_update })
    }

    /// Seals what is due and then one record with `data` into the front of `out`; returns how many bytes that was.
    ///
    /// # Errors
    /// [`Error::NoRoom`] (see [`sealed_length`](Self::sealed_length)), [`Error::TooLong`], [`Error::WriteClosed`],
    /// [`Error::KeyExhausted`], and what ended the connection. Then nothing was sealed.
    pub fn seal(&mut self, data: &[u8], out: &mut [u8]) -> Result<usize, Error> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if self.write_closed {
            return Err(Error::WriteClosed);
        }
        if data.len() > super::MAX_CONTENT {
            return Err(Error::TooLong(data.len()));
        }
        // RFC 8446 5.5: "implementations SHOULD do a key update … prior to reaching these limits".
        if self.sealer.is_exhausted() {
            match self.version {
                Version::Tls13 => _ = self.due.key_update.get_or_insert(false),
                Version::Tls12 => return Err(Error::KeyExhausted),
            }
        }
        let needed = self.sealed_length(data.len());
        if out.len() < needed {
            return Err(Error::NoRoom(needed));
        }
        let ahead = self.seal_due(out)?;
        let sealed = self.sealer.seal(ContentType::ApplicationData, data, &mut out[ahead..])?;
        self.floods.progress();
        Ok(ahead + sealed)
    }

    /// Seals everything that is due: answers to key updates, close_notify, a fatal alert; 0 bytes when nothing is.
    ///
    /// # Errors
    /// [`Error::NoRoom`]: then nothing was sealed.
    pub fn seal_due(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        let needed = self.due_length();
        if out.len() < needed {
            return Err(Error::NoRoom(needed));
        }
        let mut length = 0;
        if std::mem::take(&mut self.due.no_renegotiation) {
            let alert = AlertDescription::NO_RENEGOTIATION.encode();
            length += self.sealer.seal(ContentType::Alert, &alert, &mut out[length..])?;
        }
        // RFC 8446 4.6.3: the answer asks for nothing; ours without a request serves as one.
        if std::mem::take(&mut self.due.key_update_answer) && self.due.key_update != Some(false) {
            length += self.seal_key_update(false, &mut out[length..])?;
        }
        if let Some(request) = self.due.key_update.take() {
            length += self.seal_key_update(request, &mut out[length..])?;
        }
        if let Some(alert) = self.due.last_alert.take() {
            length += self.sealer.seal(ContentType::Alert, &alert.encode(), &mut out[length..])?;
        }
        Ok(length)
    }

    fn seal_key_update(&mut self, request: bool, out: &mut [u8]) -> Result<usize, Error> {
        let length = self.sealer.seal(ContentType::Handshake, &key_update(request), out)?;
        self.sealer.update()?;
        Ok(length)
    }

    /// The most bytes that [`seal`](Self::seal) needs for `length` bytes of data, with what is due ahead of them.
    pub fn sealed_length(&self, length: usize) -> usize {
        self.due_length() + self.sealer.sealed_length(length)
    }

    /// The most bytes that [`seal_due`](Self::seal_due) needs: 0 when nothing is due.
    pub fn due_length(&self) -> usize {
        let due = &self.due;
        let alerts = usize::from(due.no_renegotiation) + usize::from(due.last_alert.is_some());
        let updates = usize::from(due.key_update_answer) + usize::from(due.key_update.is_some());
        alerts * self.sealer.sealed_length(2) + updates * self.sealer.sealed_length(5)
    }

    /// Makes a key update due, with or without a request for the peer's (RFC 8446 4.6.3).
    ///
    /// # Errors
    /// [`Error::NoKeyUpdate`] in TLS 1.2, [`Error::WriteClosed`], and what ended the connection.
    pub fn update_keys(&mut self, request: bool) -> Result<(), Error> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if self.version == Version::Tls12 {
            return Err(Error::NoKeyUpdate);
        }
        if self.write_closed {
            return Err(Error::WriteClosed);
        }
        self.due.key_update = Some(request || self.due.key_update == Some(true));
        Ok(())
    }

    /// Whether a key update of ours is due, and whether it asks for the peer's.
    pub fn due_key_update(&self) -> Option<bool> {
        self.due.key_update
    }

    /// Whether an alert is due.
    pub fn is_alert_due(&self) -> bool {
        self.due.no_renegotiation || self.due.last_alert.is_some()
    }

    /// Makes our close_notify due: nothing can be sealed after it, while the peer may go on sending (RFC 8446 6.1).
    pub fn close(&mut self) {
        if !self.write_closed && self.failure.is_none() {
            self.write_closed = true;
            // The answer to a key update goes ahead of data, of which there will be none.
            self.due.key_update_answer = false;
            self.due.last_alert = Some(AlertDescription::CLOSE_NOTIFY);
        }
    }

    /// Ends the connection; the alert of an [`Error::Protocol`] becomes due (RFC 8446 6.2).
    pub fn fail(&mut self, error: Error) {
        if self.failure.is_some() || !error.is_fatal() {
            return;
        }
        self.failure = Some(error);
        // RFC 8446 6.2: after a fatal alert neither side sends anything; and nothing follows a close_notify of ours.
        let alert = match error {
            Error::Protocol(alert, _) if !self.write_closed || self.due.last_alert.is_some() => Some(alert),
            _ => None,
        };
        self.due = Due { last_alert: alert, ..Due::default() };
        self.write_closed = true;
        self.messages = Messages::default();
    }

    /// What ended the connection.
    pub fn failure(&self) -> Option<Error> {
        self.failure
    }

    /// The peer's close_notify came.
    pub fn received_close_notify(&self) -> bool {
        self.received_close_notify
    }

    /// Nothing more can be sent: our close_notify or fatal alert is out, or due.
    pub fn is_write_closed(&self) -> bool {
        self.write_closed
    }

    /// The version agreed on.
    pub fn version(&self) -> Version {
        self.version
    }
}

impl std::fmt::Debug for RecordLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordLayer")
            .field("version", &self.version)
            .field("role", &self.role)
            .field("failure", &self.failure)
            .field("received_close_notify", &self.received_close_notify)
            .field("write_closed", &self.write_closed)
            .finish_non_exhaustive()
    }
}
