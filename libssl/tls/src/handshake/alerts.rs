//! The alert with which a handshake ends: which one rustls sent, and another one in its place.
//!
//! rustls chooses its alerts by itself. Here they come out of its output, which nobody has seen yet: a plain record is
//! read as it is, a record of TLS 1.3 with the traffic secrets that the key log tells. So the alert can be replaced by
//! the one that the program wants, under the same key and sequence number; only one of both is ever sent.

use super::secrets::Captured;
use crate::record::{
    AlertDescription, Cipher, Error, Hash, Protection, Received, RecordLayer, Role, Traffic, TrafficSecret,
};

/// Where the alert is in the output, and what protects it.
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) alert: AlertDescription,
    pub(super) seal: Seal,
}

/// What protects an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seal {
    Plain,
    /// TLS 1.3: our secret of this stage, and the sequence number.
    Tls13(Stage, u64),
}

/// A stage of the TLS 1.3 key schedule (RFC 8446 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Handshake,
    Application,
}

/// Our side of a TLS 1.3 connection whose handshake is under way.
pub(super) struct Protected<'a> {
    pub(super) role: Role,
    pub(super) cipher: Cipher,
    pub(super) hash: Hash,
    pub(super) secrets: &'a Captured,
}

const ALERT: u8 = 21;
const APPLICATION_DATA: u8 = 23;
/// RFC 8446 5.2: two bytes, the content type, the tag.
const SEALED_ALERT: usize = 5 + 2 + 1 + 16;
/// More records than a flight has in front of the alert under the same key.
const RECORDS: u64 = 16;

/// The alert at the end of these records; none, or it cannot be read.
pub(super) fn find(records: &[u8], protected: Option<&Protected<'_>>) -> Option<Found> {
    let start = last_record(records)?;
    match (&records[start..], protected) {
        (&[ALERT, _, _, 0, 2, _, description], _) => {
            Some(Found { start, alert: AlertDescription(description), seal: Seal::Plain })
        }
        (record @ &[APPLICATION_DATA, ..], Some(protected)) if record.len() == SEALED_ALERT => {
            let stages = [Stage::Handshake, Stage::Application];
            let seals = stages.into_iter().flat_map(|stage| (0..RECORDS).map(move |number| (stage, number)));
            seals.into_iter().find_map(|(stage, number)| {
                let alert = protected.open(stage, number, record)?;
                Some(Found { start, alert, seal: Seal::Tls13(stage, number) })
            })
        }
        _ => None,
    }
}

/// The plain record of this alert.
pub(super) fn plain(alert: AlertDescription) -> [u8; 7] {
    const FATAL: u8 = 2;
    [ALERT, 3, 3, 0, 2, FATAL, alert.0]
}

/// The record of this alert.
pub(super) fn record(alert: AlertDescription, seal: Seal, protected: Option<&Protected<'_>>) -> Option<Vec<u8>> {
    match seal {
        // What ends a handshake is fatal, whatever its name (RFC 5246 7.2.2).
        Seal::Plain => Some(plain(alert).to_vec()),
        Seal::Tls13(stage, number) => {
            let mut layer = protected?.layer(stage, number)?;
            layer.fail(Error::Protocol(alert, ""));
            let mut out = vec![0; layer.due_length()];
            let length = layer.seal_due(&mut out).ok()?;
            out.truncate(length);
            Some(out)
        }
    }
}

/// Where the last of these records starts.
pub(super) fn last_record(records: &[u8]) -> Option<usize> {
    let (mut start, mut last) = (0, None);
    while let Some(&[_, _, _, high, low]) = records.get(start..)?.first_chunk() {
        last = Some(start);
        start += 5 + usize::from(u16::from_be_bytes([high, low]));
    }
    last.filter(|_| start == records.len())
}

impl Protected<'_> {
    fn open(&self, stage: Stage, number: u64, record: &[u8]) -> Option<AlertDescription> {
        let mut out = [0; SEALED_ALERT];
        match self.layer(stage, number)?.open(&mut record.to_vec(), &mut out) {
            Err(Error::PeerAlert(alert)) => Some(alert),
            Ok(Received::Warning(alert)) => Some(alert),
            Ok(Received::CloseNotify) => Some(AlertDescription::CLOSE_NOTIFY),
            _ => None,
        }
    }

    /// A record layer that reads and writes what we send.
    fn layer(&self, stage: Stage, number: u64) -> Option<RecordLayer> {
        let secrets = self.secrets;
        let secret = match (self.role, stage) {
            (Role::Client, Stage::Handshake) => &secrets.client_handshake,
            (Role::Server, Stage::Handshake) => &secrets.server_handshake,
            (Role::Client, Stage::Application) => &secrets.client,
            (Role::Server, Stage::Application) => &secrets.server,
        };
        let secret = secret.as_ref()?;
        let secret = || Some((TrafficSecret::new(self.hash, secret)?, number));
        let protection = Protection::Tls13 { cipher: self.cipher, write: secret()?, read: secret()? };
        Some(RecordLayer::new(Traffic { role: self.role, protection, tickets: None }))
    }
}
