//! What contexts and connections both hold. A connection shares its context's settings until either changes them.

use crate::certificates::Certificates;
use crate::verification::Verification;
use sslmode_engine::Dialect;
use sslmode_engine::mode::Width;
use std::sync::{Arc, LazyLock};

/// See the module. Every setter of a context has its twin on the connection, and both come here.
#[derive(Clone, Default)]
pub struct Settings {
    /// Certificates and private keys.
    pub certificates: Arc<Certificates>,
    /// How the peer is verified.
    pub verification: Verification,
}

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

impl Settings {
    /// `SSL_set_read_ahead`.
    pub fn read_ahead(&self) -> bool {
        false
    }

    /// `SSL_OP_IGNORE_UNEXPECTED_EOF`.
    pub fn ignores_unexpected_eof(&self) -> bool {
        false
    }

    /// `SSL_set_quiet_shutdown`.
    pub fn is_quiet_shutdown(&self) -> bool {
        false
    }

    /// The most data in one record, in bytes.
    pub fn fragment(&self) -> usize {
        16_384
    }

    /// The highest version that is allowed.
    pub fn highest_version(&self) -> sslmode_tls::record::Version {
        sslmode_tls::record::Version::Tls13
    }

    /// `SSL_set_SSL_CTX`.
    pub fn take_certificates(&mut self, from: &Settings) {
        self.certificates = from.certificates.clone();
    }
}
