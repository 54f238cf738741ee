//! The suites that a context or connection allows, in order of preference.

use super::{Cipher, language};
use crate::crypto::stack::Stack;
use crate::error::{self, InQueue, Reason};
use openssl_sys::OPENSSL_STACK;
use sslmode_tls::record::Version;
use std::ffi::CStr;
use std::ptr::null_mut;
use std::sync::{Arc, LazyLock, OnceLock};

/// A list that never changes: a setter makes a new one. C is shown it as a `STACK_OF(SSL_CIPHER)`, which lives as long.
pub struct CipherList {
    tls13: Vec<&'static Cipher>,
    before: Vec<&'static Cipher>,
    stack: OnceLock<Option<Stack>>,
}

/// `OSSL_default_ciphersuites()`.
pub const DEFAULT_TLS13: &CStr = c"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";

impl CipherList {
    fn new(tls13: Vec<&'static Cipher>, before: Vec<&'static Cipher>) -> Arc<Self> {
        Arc::new(CipherList { tls13, before, stack: OnceLock::new() })
    }

    /// These suites.
    pub fn of(ciphers: Vec<&'static Cipher>) -> Arc<Self> {
        let (tls13, before) = ciphers.into_iter().partition(|cipher| cipher.version == Version::Tls13);
        Self::new(tls13, before)
    }

    /// All suites; the same list for everybody.
    pub fn default_list() -> Arc<Self> {
        static ALL: LazyLock<Arc<CipherList>> = LazyLock::new(|| {
            CipherList::new(Cipher::of(Version::Tls13).collect(), Cipher::of(Version::Tls12).collect())
        });
        ALL.clone()
    }

    /// Every suite, those of TLS 1.3 first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &'static Cipher> {
        self.tls13.iter().chain(&self.before).copied()
    }

    /// `SSL_CTX_set_cipher_list`: the suites before TLS 1.3 anew, and the security level that the rules ask for.
    ///
    /// # Errors
    /// The rules are wrong; the reason is in the queue. A list that leaves nothing is no error here.
    pub fn with_rules(&self, rules: &str) -> Result<(Arc<Self>, Option<i32>), InQueue> {
        let outcome = language::apply(rules)?;
        Ok((Self::new(self.tls13.clone(), outcome.ciphers), outcome.security_level))
    }

    /// Whether a suite before TLS 1.3 is left.
    pub fn has_any_before_tls13(&self) -> bool {
        !self.before.is_empty()
    }

    /// `SSL_CTX_set_ciphersuites`: the suites of TLS 1.3 anew. Unknown names are passed over.
    ///
    /// # Errors
    /// None of the names is known; the reason is in the queue.
    pub fn with_tls13(&self, names: &str) -> Result<Arc<Self>, InQueue> {
        let named = |name: &str| Cipher::of(Version::Tls13).find(|cipher| cipher.name.to_bytes() == name.as_bytes());
        let chosen: Vec<_> = names.split(':').filter_map(|name| named(name.trim_ascii())).collect();
        if chosen.is_empty() && !names.is_empty() {
            error::put(Reason::NO_CIPHER_MATCH);
            return Err(InQueue);
        }
        Ok(Self::new(chosen, self.before.clone()))
    }

    /// For C to read, as long as the list lives; NULL where memory is short.
    pub fn stack(&self) -> *mut OPENSSL_STACK {
        let stack = self.stack.get_or_init(|| Stack::of(self.iter().map(std::ptr::from_ref)));
        stack.as_ref().map_or(null_mut(), Stack::as_ptr)
    }
}
