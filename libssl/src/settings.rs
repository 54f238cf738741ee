//! What contexts and connections both hold. A connection shares its context's settings until either changes them.

use sslmode_engine::Dialect;
use sslmode_engine::mode::Width;
use std::sync::LazyLock;

/// See the module. Every setter of a context has its twin on the connection, and both come here.
#[derive(Clone, Default)]
pub struct Settings {}

/// The dialect in force: whose default mask, retry rules and read rule the modes follow.
pub fn dialect() -> &'static Dialect {
    static DIALECT: LazyLock<&'static Dialect> = LazyLock::new(|| Dialect::by_name("openssl-3").expect("in the table"));
    &DIALECT
}

impl Settings {
    /// The width and the mask of a new context.
    pub fn default_modes() -> (Width, i64) {
        (dialect().width.value, dialect().default_mask())
    }
}
