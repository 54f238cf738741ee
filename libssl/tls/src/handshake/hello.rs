//! The ClientHello, read before anything is decided.

use super::choose::ByHello;
use super::error::{failed, setup};
use super::program::Program;
use super::secrets::Secrets;
use super::{ClientHello, FALLBACK_SCSV, Failure, Handshake, HandshakeError, ServerSettings, Side};
use crate::record::{AlertDescription, HEADER};
use rustls::server::UnbufferedServerConnection;
use std::sync::Arc;

/// The longest ClientHello that rustls takes, header included.
const LONGEST: usize = 65_535 + 4;

/// Reads the ClientHello before anything is decided; then the same bytes go to the handshake.
#[derive(Default)]
pub struct Acceptor {
    records: Vec<u8>,
    message: Vec<u8>,
}

impl Acceptor {
    /// One that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one complete record; answers once the ClientHello is complete. What is wrong with it is left to the
    /// handshake to say, so bytes that are no ClientHello count as an empty one.
    pub fn read(&mut self, record: &[u8]) -> Option<ClientHello> {
        const HANDSHAKE: u8 = 22;
        self.records.extend_from_slice(record);
        let content = record.get(HEADER..).unwrap_or_default();
        if record.first() != Some(&HANDSHAKE) || content.is_empty() {
            return Some(ClientHello::default());
        }
        self.message.extend_from_slice(content);
        let &[_, high, middle, low] = self.message.first_chunk()?;
        let length = 4 + u32::from_be_bytes([0, high, middle, low]) as usize;
        if self.message.len() < length && length <= LONGEST && self.records.len() <= super::MOST {
            return None;
        }
        Some(ClientHello::parse(&self.message).unwrap_or_default())
    }

    /// Goes on with these settings.
    ///
    /// What is wrong with the ClientHello is told by [`Handshake::failure`]; the alert for the peer is in
    /// [`Handshake::output`].
    ///
    /// # Errors
    /// [`Failure::Setup`].
    pub fn accept(self, settings: &ServerSettings, hello: &ClientHello) -> Result<Handshake, HandshakeError> {
        let secrets = Arc::new(Secrets::telling(settings.secrets.clone()));
        let program = Arc::new(Program {
            verify: settings.verify.clone(),
            verify_schemes: settings.verify_schemes.clone(),
            sign_schemes: settings.sign_schemes.clone(),
            ..Program::default()
        });
        let (mut config, tickets) = settings.config(&program, hello)?;
        config.cert_resolver = Arc::new(ByHello::new(settings, hello, program.clone()));
        config.key_log = secrets.clone();
        let connection = UnbufferedServerConnection::new(Arc::new(config)).map_err(setup)?;
        let mut handshake = Handshake::new(Side::Server(Box::new(connection)), secrets, program);
        let falls_back = hello.cipher_suites.contains(&FALLBACK_SCSV);
        handshake.fallback_from = falls_back.then_some(settings.choices.versions().max);
        handshake.tickets = tickets.map(|tickets| (tickets, settings.lacks_session_context));
        handshake.server_name = hello.server_name.clone();
        let mut rest = &self.records[..];
        while !rest.is_empty() {
            let (record, behind) = rest.split_at(record_length(rest));
            // A failure is kept for the caller's next look, with the alert.
            if handshake.read(record).is_err() {
                break;
            }
            rest = behind;
        }
        Ok(handshake)
    }

    /// Ends it here: the record to be sent, with this alert, and the error.
    pub fn refuse(self, alert: AlertDescription) -> ([u8; 7], HandshakeError) {
        let failure = match alert {
            AlertDescription::NO_APPLICATION_PROTOCOL => Failure::NoApplicationProtocol,
            _ => Failure::Refused,
        };
        let error = failed(failure, format!("the program refused the ClientHello (alert sent: {alert})"));
        (super::alerts::plain(alert), HandshakeError { alert: Some(alert), ..error })
    }
}

/// The length of the first of these records; what is cut counts as one.
pub(super) fn record_length(records: &[u8]) -> usize {
    match records.first_chunk::<HEADER>() {
        Some(&[.., high, low]) => records.len().min(HEADER + usize::from(u16::from_be_bytes([high, low]))),
        None => records.len(),
    }
}
