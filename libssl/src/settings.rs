//! What contexts and connections both hold. A connection shares its context's settings until either changes them.

mod profile;

pub use profile::dialect;

use sslmode_engine::mode::Width;

/// See the module. Every setter of a context has its twin on the connection, and both come here.
#[derive(Clone, Default)]
pub struct Settings {}

impl Settings {
    /// The width and the mask of a new context.
    pub fn default_modes() -> (Width, i64) {
        (dialect().width.value, dialect().default_mask())
    }
}
