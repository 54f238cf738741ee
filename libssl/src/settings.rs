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
use crate::error::{self, Reason};
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

    /// `SSL_CTX_set_cipher_list`: false where the rules are wrong or leave nothing; the reason is in the queue.
    pub fn set_cipher_list(&mut self, rules: &str) -> bool {
        let Ok((ciphers, level)) = self.choices.ciphers.with_rules(rules) else { return false };
        if let Some(level) = level {
            Arc::make_mut(&mut self.certificates).security.level = level;
        }
        self.choices.ciphers = ciphers;
        let has_any = self.choices.ciphers.has_any_before_tls13();
        if !has_any {
            error::put(Reason::NO_CIPHER_MATCH);
        }
        has_any
    }

    /// `SSL_CTX_set_ciphersuites`: false where no name is known; the reason is in the queue.
    pub fn set_ciphersuites(&mut self, names: &str) -> bool {
        let taken = self.choices.ciphers.with_tls13(names);
        let is_right = taken.is_ok();
        self.choices.ciphers = taken.unwrap_or(self.choices.ciphers.clone());
        is_right
    }
}

impl Settings {
    /// `SSL_set_SSL_CTX`.
    pub fn take_certificates(&mut self, from: &Settings) {
        self.certificates = from.certificates.clone();
    }
}
