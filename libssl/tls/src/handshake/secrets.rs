//! The secrets of one connection, from the key log that it has to itself.

use rustls::KeyLog;
use std::sync::{Arc, Mutex, MutexGuard};
use zeroize::Zeroizing;

pub(super) type Secret = Zeroizing<Vec<u8>>;

/// Gets the secrets of one connection, for tools that read what was captured on the wire.
pub trait SecretSink: Send + Sync {
    /// A secret with its label in key log files, and the client's random bytes, in the midst of the handshake.
    fn secret(&self, label: &str, client_random: &[u8], secret: &[u8]);
}

/// The secrets of one connection, as the key log tells them. Boxed: rustls' settings hold this as long as they live.
#[derive(Default)]
pub(super) struct Secrets(Mutex<Option<Box<Captured>>>);

#[derive(Default)]
pub(super) struct Captured {
    pub(super) client_handshake: Option<Secret>,
    pub(super) server_handshake: Option<Secret>,
    pub(super) client: Option<Secret>,
    pub(super) server: Option<Secret>,
    pub(super) exporter: Option<Secret>,
    pub(super) master: Option<Secret>,
    pub(super) client_random: Option<[u8; 32]>,
    /// Who else gets them.
    sink: Option<Arc<dyn SecretSink>>,
}

impl Secrets {
    /// That are told to somebody else, too, as long as the handshake lasts.
    pub(super) fn telling(sink: Option<Arc<dyn SecretSink>>) -> Self {
        Secrets(Mutex::new(sink.map(|sink| Box::new(Captured { sink: Some(sink), ..Captured::default() }))))
    }

    /// What was told so far; nothing of it stays here.
    pub(super) fn take(&self) -> Box<Captured> {
        self.lock().take().unwrap_or_default()
    }

    /// Looks at what was told so far.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Captured) -> T) -> T {
        look(self.lock().get_or_insert_default())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<Captured>>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Secrets {
    /// Keeps a secret that somebody here has a use for; answers who else gets it.
    fn keep(&self, label: &str, client_random: &[u8], secret: &[u8]) -> Option<Arc<dyn SecretSink>> {
        let mut captured = self.lock();
        let captured = captured.get_or_insert_default();
        let field = match label {
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET" => Some(&mut captured.client_handshake),
            "SERVER_HANDSHAKE_TRAFFIC_SECRET" => Some(&mut captured.server_handshake),
            "CLIENT_TRAFFIC_SECRET_0" => Some(&mut captured.client),
            "SERVER_TRAFFIC_SECRET_0" => Some(&mut captured.server),
            "EXPORTER_SECRET" => Some(&mut captured.exporter),
            "CLIENT_RANDOM" => Some(&mut captured.master),
            _ => None,
        };
        if let Some(field) = field {
            *field = Some(Zeroizing::new(secret.to_vec()));
            captured.client_random = client_random.try_into().ok();
        }
        captured.sink.clone()
    }
}

impl KeyLog for Secrets {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        // Told without the lock: it may look at the connection.
        if let Some(sink) = self.keep(label, client_random, secret) {
            sink.secret(label, client_random, secret);
        }
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}
