//! Certificates and private keys, as a context or a connection presents them: OpenSSL's `CERT`.
//!
//! There is one place for each kind of key, so that a server can have an RSA and an ECDSA certificate at once. The
//! functions work on the current place, which is the one last filled.
//!
//! | file | its job |
//! |---|---|
//! | `assign` | certificates and keys as objects |
//! | `load` | certificates and keys from files and DER |
//! | `chain` | what is sent after the certificate itself |
//! | `identity` | what the handshake gets |
//! | `security` | security levels, and who decides about them |

pub mod assign;
pub mod chain;
pub mod identity;
pub mod load;
pub mod security;

use crate::crypto::key::Key;
use crate::crypto::store::Store;
use crate::crypto::x509::{self, Certificate};
use crate::ssl::Ssl;
use libc::{c_int, c_void};
use security::Security;
use sslmode_tls::handshake::Identity;
use std::ffi::CStr;
use std::sync::{Arc, OnceLock};

/// `SSL_CTX_set_cert_cb`'s callback.
pub type CertificateCallback = unsafe extern "C" fn(*mut Ssl, *mut c_void) -> c_int;

/// One kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Kind {
    /// rsaEncryption.
    Rsa,
    /// RSASSA-PSS.
    RsaPss,
    /// DSA: kept and returned, of no use in TLS 1.2 with the cipher suites that we have.
    Dsa,
    /// Elliptic curves.
    Ec,
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
}

/// Every kind, with the name that libcrypto has for it.
const KINDS: [(Kind, &CStr); 6] = [
    (Kind::Rsa, c"RSA"),
    (Kind::RsaPss, c"RSASSA-PSS"),
    (Kind::Dsa, c"DSA"),
    (Kind::Ec, c"EC"),
    (Kind::Ed25519, c"ED25519"),
    (Kind::Ed448, c"ED448"),
];

impl Kind {
    /// The kind of this key; None for one that TLS has no use for.
    pub fn of(key: &Key) -> Option<Kind> {
        KINDS.into_iter().find(|(_, name)| key.is_a(name)).map(|(kind, _)| kind)
    }
}

/// A certificate, its key, and its chain. Each may be missing.
#[derive(Clone, Default)]
pub struct Slot {
    /// The certificate.
    pub certificate: Option<Certificate>,
    /// The private key.
    pub key: Option<Key>,
    /// What is sent after it.
    pub chain: Option<x509::Certificates>,
    /// What the handshake gets, if all of it is in this slot.
    ready: Ready,
}

/// Made at the first handshake that needs it, and not passed on to copies, which are made to be changed.
#[derive(Default)]
struct Ready(OnceLock<Arc<Identity>>);

impl Clone for Ready {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Slot {
    /// Both are there.
    pub fn is_complete(&self) -> bool {
        self.certificate.is_some() && self.key.is_some()
    }

    fn is_empty(&self) -> bool {
        self.certificate.is_none() && self.key.is_none() && self.chain.is_none()
    }
}

/// `SSL_CTX_set_cert_cb`: asked before the certificate is chosen.
#[derive(Clone, Copy)]
pub struct Asked {
    /// The function.
    pub callback: CertificateCallback,
    /// What it is handed.
    pub argument: *mut c_void,
}

// SAFETY: the argument is the program's, which shares it with the threads that it makes connections in.
unsafe impl Send for Asked {}
// SAFETY: as above.
unsafe impl Sync for Asked {}

/// See the module.
#[derive(Clone, Default)]
pub struct Certificates {
    slots: [Slot; KINDS.len()],
    current: usize,
    /// Whom a peer's chain is verified with, in place of the context's store.
    pub verify_store: Option<Store>,
    /// What chains to be sent are built with, in place of the context's store.
    pub chain_store: Option<Store>,
    /// Asked before the certificate is chosen.
    pub asked: Option<Asked>,
    /// The security level, and who decides about it.
    pub security: Security,
}

impl Certificates {
    /// Every slot, in OpenSSL's order.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The slot last filled.
    pub fn current(&self) -> &Slot {
        &self.slots[self.current]
    }

    /// See [`current`](Self::current).
    pub fn current_mut(&mut self) -> &mut Slot {
        self.slot_mut(self.current)
    }

    fn slot_mut(&mut self, index: usize) -> &mut Slot {
        let slot = &mut self.slots[index];
        slot.ready = Ready::default();
        slot
    }

    /// Forgets certificates, keys and chains (`SSL_certs_clear`); answers with them, to be freed by the caller.
    #[must_use = "what is freed may run the program's callbacks"]
    pub fn clear(&mut self) -> impl Sized + use<> {
        std::mem::take(&mut self.slots)
    }

    /// Makes the slot of this certificate the current one; false where none has it and its key.
    pub fn select(&mut self, certificate: &Certificate) -> bool {
        let with = |same: &dyn Fn(&Certificate) -> bool| {
            self.slots.iter().position(|slot| slot.key.is_some() && slot.certificate.as_ref().is_some_and(same))
        };
        let found =
            with(&|held| held.as_ptr() == certificate.as_ptr()).or_else(|| with(&|held| held.equals(certificate)));
        found.inspect(|&index| self.current = index).is_some()
    }

    /// Makes the first complete slot the current one, or the first after the current one; false where there is none.
    pub fn select_from(&mut self, after_current: bool) -> bool {
        let start = if after_current { self.current + 1 } else { 0 };
        let found = (start..self.slots.len()).find(|&index| self.slots[index].is_complete());
        found.inspect(|&index| self.current = index).is_some()
    }
}
