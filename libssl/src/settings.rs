//! What contexts and connections both hold. A connection shares its context's settings until either changes them.

pub mod callbacks;
pub mod choices;
pub mod groups;
mod profile;
pub mod sessions;
pub mod signatures;

pub use profile::dialect;

use callbacks::Callbacks;
use choices::Choices;
use sessions::SessionSettings;
use sslmode_engine::mode::Width;
use std::sync::Arc;

/// See the module. Every setter of a context has its twin on the connection, and both come here.
#[derive(Clone, Default)]
pub struct Settings {
    /// The program's functions; few connections have others than their context.
    pub callbacks: Arc<Callbacks>,
    /// What a handshake may choose from.
    pub choices: Choices,
    /// How sessions are kept.
    pub sessions: SessionSettings,
}

impl Settings {
    /// The width and the mask of a new context.
    pub fn default_modes() -> (Width, i64) {
        (dialect().width.value, dialect().default_mask())
    }
}
