//! A client's sessions, as objects that the program keeps.

use super::resumption;
use crate::record::{AlertDescription, TicketSink, TrafficSecret, Version};
use aws_lc_rs::digest;
use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::{ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

/// A session that a client can resume, as often as its server lets it; copying it copies a pointer.
///
/// Whoever offers a session in [`ClientSettings`](super::ClientSettings) decides that it is fit: nothing is compared but
/// the version and the cipher suite, and the certificates are not judged again.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    version: Version,
    cipher_suite: u16,
    created: SystemTime,
    lifetime: u32,
    id: [u8; 32],
    resumption: Resumption,
}

enum Resumption {
    Tls12(Box<Tls12ClientSessionValue>),
    Tls13 { master: TrafficSecret, body: Box<[u8]> },
}

impl Session {
    /// The version that it was made with, and will be resumed with.
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// The cipher suite, by number.
    pub fn cipher_suite(&self) -> u16 {
        self.0.cipher_suite
    }

    /// When the ticket came, or the handshake was over (TLS 1.2).
    pub fn created(&self) -> SystemTime {
        self.0.created
    }

    /// How long the server lets it be resumed, in seconds; 0: it does not say (RFC 5077 3.3).
    pub fn lifetime(&self) -> u32 {
        self.0.lifetime
    }

    /// Whether it is young enough to be resumed.
    pub fn is_resumable(&self) -> bool {
        let age = SystemTime::now().duration_since(self.0.created).unwrap_or_default();
        self.0.lifetime == 0 || age <= Duration::from_secs(self.0.lifetime.into())
    }

    /// A name of 32 bytes, made up: in TLS 1.3 from the ticket, in TLS 1.2 from the randoms of both sides.
    pub fn id(&self) -> &[u8; 32] {
        &self.0.id
    }

    pub(super) fn tls12(
        value: Box<Tls12ClientSessionValue>,
        cipher_suite: u16,
        lifetime: u32,
        randoms: [[u8; 32]; 2],
    ) -> Self {
        Session(Arc::new(Inner {
            version: Version::Tls12,
            cipher_suite,
            created: SystemTime::now(),
            lifetime,
            id: sha256(randoms.as_flattened()),
            resumption: Resumption::Tls12(value),
        }))
    }

    fn tls12_value(&self) -> Option<Tls12ClientSessionValue> {
        match &self.0.resumption {
            Resumption::Tls12(value) if self.is_resumable() => Some((**value).clone()),
            _ => None,
        }
    }

    /// rustls' value is for one use, so each use makes a new one from the ticket.
    fn tls13_value(&self) -> Option<Tls13ClientSessionValue> {
        match &self.0.resumption {
            Resumption::Tls13 { master, body } if self.is_resumable() => {
                resumption::redeem(self.0.cipher_suite, master, body, self.0.created)
            }
            _ => None,
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("version", &self.0.version)
            .field("cipher_suite", &self.0.cipher_suite)
            .field("lifetime", &self.0.lifetime)
            .finish_non_exhaustive()
    }
}

/// Gets a connection's new sessions.
pub trait SessionSink: Send + Sync {
    /// A session that can be resumed from now on: in TLS 1.2 at [`Handshake::finish`](super::Handshake::finish), in
    /// TLS 1.3 whenever the record layer read a ticket.
    fn new_session(&self, session: Session);

    /// The session of TLS 1.2 that was resumed, with another ticket.
    fn renewed_session(&self, session: Session) {
        self.new_session(session);
    }
}

/// The session store of one connection: one session to offer, one that came.
#[derive(Default)]
pub(super) struct Store(Mutex<Slots>);

#[derive(Default)]
struct Slots {
    offered: Option<Session>,
    // Boxed: the store outlives the handshake.
    tls12: Option<Box<Tls12ClientSessionValue>>,
    tls13: Option<Box<Tls13ClientSessionValue>>,
    /// What the clock shows rustls; nothing: the time of day.
    clock: Option<SystemTime>,
}

impl Store {
    pub(super) fn offering(session: Option<Session>) -> Self {
        Store(Mutex::new(Slots { offered: session, ..Slots::default() }))
    }

    pub(super) fn take_tls12(&self) -> Option<Box<Tls12ClientSessionValue>> {
        self.slots().tls12.take()
    }

    pub(super) fn take_tls13(&self) -> Option<Tls13ClientSessionValue> {
        self.slots().tls13.take().map(|value| *value)
    }

    /// Does something while the clock shows this time.
    pub(super) fn at<T>(&self, time: SystemTime, work: impl FnOnce() -> T) -> T {
        self.slots().clock = Some(time);
        let answer = work();
        self.slots().clock = None;
        answer
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        lock(&self.0)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

impl ClientSessionStore for Store {
    fn set_kx_hint(&self, _name: ServerName<'static>, _group: NamedGroup) {}

    fn kx_hint(&self, _name: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.slots().tls12 = Some(Box::new(value));
    }

    fn tls12_session(&self, _name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        let offered = self.slots().offered.clone();
        offered?.tls12_value()
    }

    fn remove_tls12_session(&self, _name: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _name: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.slots().tls13 = Some(Box::new(value));
    }

    fn take_tls13_ticket(&self, _name: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let offered = self.slots().offered.clone();
        offered?.tls13_value()
    }
}

impl TimeProvider for Store {
    fn current_time(&self) -> Option<UnixTime> {
        let time = self.slots().clock.unwrap_or_else(SystemTime::now);
        time.duration_since(SystemTime::UNIX_EPOCH).ok().map(UnixTime::since_unix_epoch)
    }
}

/// Makes sessions of the tickets that the record layer reads.
pub(super) struct Tickets {
    master: TrafficSecret,
    cipher_suite: u16,
    sink: Arc<dyn SessionSink>,
}

impl Tickets {
    pub(super) fn new(master: TrafficSecret, cipher_suite: u16, sink: Arc<dyn SessionSink>) -> Self {
        Tickets { master, cipher_suite, sink }
    }
}

impl TicketSink for Tickets {
    fn ticket(&mut self, body: &[u8]) -> Result<(), AlertDescription> {
        let lifetime = resumption::lifetime(body)?;
        // RFC 8446 4.6.1: "The value of zero indicates that the ticket should be discarded immediately."
        if lifetime > 0 {
            self.sink.new_session(Session(Arc::new(Inner {
                version: Version::Tls13,
                cipher_suite: self.cipher_suite,
                created: SystemTime::now(),
                lifetime,
                id: sha256(body),
                resumption: Resumption::Tls13 { master: self.master.clone(), body: body.into() },
            })));
        }
        Ok(())
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut id = [0; 32];
    id.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    id
}
