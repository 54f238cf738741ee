//! What contexts and connections both hold. A connection shares its context's settings until either changes them.

pub mod callbacks;
pub mod choices;
pub mod groups;
mod profile;
mod ready;
pub mod sessions;
pub mod signatures;

pub use profile::dialect;

use crate::certificates::Certificates;
use crate::verification::Verification;
use callbacks::Callbacks;
use choices::Choices;
use ready::Ready;
use sessions::SessionSettings;
use sslmode_engine::mode::Width;
use std::sync::Arc;

/// See the module. Every setter of a context has its twin on the connection, and both come here.
#[derive(Clone, Default)]
pub struct Settings {
    /// The program's functions; few connections have others than their context.
    pub callbacks: Arc<Callbacks>,
    /// Certificates and private keys.
    pub certificates: Arc<Certificates>,
    /// What a handshake may choose from.
    pub choices: Choices,
    /// How sessions are kept.
    pub sessions: SessionSettings,
    /// How the peer is verified.
    pub verification: Verification,
    ready: Ready,
}

impl Settings {
    /// The width and the mask of a new context.
    pub fn default_modes() -> (Width, i64) {
        (dialect().width.value, dialect().default_mask())
    }
}

impl Settings {
    /// `SSL_set_SSL_CTX`.
    pub fn take_certificates(&mut self, from: &Settings) {
        self.certificates = from.certificates.clone();
    }
}
