//! Whether the peer is who it says: what is asked of it, and what came of that.
//!
//! OpenSSL copies some of this into a connection (`SSL_new`) and looks the rest up in the context each time. So what
//! is copied is in [`Verification`], which settings share until they change; what is looked up is in
//! [`ContextTrust`]; and [`SslTrust`] is what belongs to one connection alone.
//!
//! | file | its job |
//! |---|---|
//! | `judge` | a peer's chain, judged in the midst of the handshake |
//! | `alert` | what the peer is told |
//! | `peer` | the peer's certificates, decoded when somebody asks |
//! | `authorities` | lists of names of authorities |

pub mod alert;
pub mod authorities;
pub mod judge;
pub mod peer;

use crate::crypto::file::Password;
use crate::crypto::object::Owned;
use crate::crypto::store::{Param, Store, VerifyCallback};
use crate::crypto::x509::{Certificates, Names};
use crate::ssl::{Role, Ssl};
use libc::{c_int, c_long, c_void};
use openssl_sys::{EVP_PKEY, X509, X509_STORE_CTX};
use peer::{PeerChain, VerifiedChain};
use std::cell::{Cell, Ref, RefCell};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// `SSL_VERIFY_…`.
pub mod mode {
    use libc::c_int;
    /// A server asks for a certificate; a client refuses a server that it cannot verify.
    pub const PEER: c_int = 1;
    /// A server refuses a client without a certificate.
    pub const FAIL_IF_NO_PEER_CERT: c_int = 2;
    /// A server asks only after the handshake, if the version is TLS 1.3.
    pub const POST_HANDSHAKE: c_int = 8;
}

/// What a connection copies from its context.
#[derive(Clone, Copy, Default)]
pub struct Verification {
    /// `SSL_VERIFY_…`.
    pub mode: c_int,
    /// Asked about each certificate of a chain.
    pub callback: Option<VerifyCallback>,
    /// For keys in files.
    pub password: Password,
}

/// `SSL_CTX_set_cert_verify_callback`'s callback.
pub type JudgeCallback = unsafe extern "C" fn(*mut X509_STORE_CTX, *mut c_void) -> c_int;

/// `SSL_CTX_set_client_cert_cb`'s callback.
pub type ClientCertificateCallback = unsafe extern "C" fn(*mut Ssl, *mut *mut X509, *mut *mut EVP_PKEY) -> c_int;

/// Verifies in place of `X509_verify_cert`.
#[derive(Clone, Copy)]
pub struct Judge {
    /// The function.
    pub callback: JudgeCallback,
    /// What it is handed.
    pub argument: *mut c_void,
}

// SAFETY: the argument is the program's, which shares it with the threads that it makes connections in.
unsafe impl Send for Judge {}

/// What connections look up in their context.
pub struct ContextTrust {
    /// What the program sets for verification. One object for as long as the context lives, since programs hold its
    /// address (`SSL_CTX_get0_param`); changed where it is.
    param: Param,
    shared: Mutex<Shared>,
}

struct Shared {
    store: Option<Store>,
    /// A copy of the parameters as they were at the last `SSL_new`, for the connections to share.
    snapshot: Option<Arc<Param>>,
    /// The program has the address of the parameters, so nobody knows when they change.
    exposed: bool,
    extra_chain: Option<Certificates>,
    authorities: Authorities,
    judge: Option<Judge>,
    client_certificate: Option<ClientCertificateCallback>,
}

/// Names of authorities to be sent (RFC 8446 4.2.4, RFC 5246 7.4.4).
#[derive(Default)]
pub struct Authorities {
    /// Sent by both ends (`SSL_CTX_set0_CA_list`).
    pub any: Option<Names>,
    /// Sent by servers, in place of the others (`SSL_CTX_set_client_CA_list`).
    pub for_clients: Option<Names>,
}

impl Default for ContextTrust {
    fn default() -> Self {
        ContextTrust {
            param: Param::new(),
            shared: Mutex::new(Shared {
                store: Some(Store::new()),
                snapshot: None,
                exposed: false,
                extra_chain: None,
                authorities: Authorities { any: Some(Names::new()), for_clients: Some(Names::new()) },
                judge: None,
                client_certificate: None,
            }),
        }
    }
}

impl ContextTrust {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom its connections trust.
    pub fn store(&self) -> Option<Store> {
        self.shared().store.clone()
    }

    /// Puts another store there, or none; answers with the one before.
    pub fn set_store(&self, store: Option<Store>) -> Option<Store> {
        std::mem::replace(&mut self.shared().store, store)
    }

    /// The parameters, to be read.
    pub fn param(&self) -> &Param {
        &self.param
    }

    /// The parameters, to be changed at once.
    pub fn change_param(&self) -> &Param {
        self.shared().snapshot = None;
        &self.param
    }

    /// The parameters, to be changed at any time.
    pub fn expose_param(&self) -> &Param {
        let mut shared = self.shared();
        shared.snapshot = None;
        shared.exposed = true;
        &self.param
    }

    /// What a new connection begins with.
    fn snapshot(&self) -> Arc<Param> {
        let mut shared = self.shared();
        if shared.exposed {
            return Arc::new(self.param.copy());
        }
        shared.snapshot.get_or_insert_with(|| Arc::new(self.param.copy())).clone()
    }

    /// Looks at or changes what is sent after every certificate that has no chain of its own. No callback of the
    /// program may run in `change`.
    pub fn extra_chain<R>(&self, change: impl FnOnce(&mut Option<Certificates>) -> R) -> R {
        change(&mut self.shared().extra_chain)
    }

    /// Looks at or changes the lists of authorities.
    pub fn authorities<R>(&self, change: impl FnOnce(&mut Authorities) -> R) -> R {
        change(&mut self.shared().authorities)
    }

    /// Who verifies in place of `X509_verify_cert`.
    pub fn judge(&self) -> Option<Judge> {
        self.shared().judge
    }

    /// See [`judge`](Self::judge).
    pub fn set_judge(&self, judge: Option<Judge>) {
        self.shared().judge = judge;
    }

    /// Who finds a client's certificate when a server asks for one.
    pub fn client_certificate(&self) -> Option<ClientCertificateCallback> {
        self.shared().client_certificate
    }

    /// See [`client_certificate`](Self::client_certificate).
    pub fn set_client_certificate(&self, callback: Option<ClientCertificateCallback>) {
        self.shared().client_certificate = callback;
    }
}

/// What belongs to one connection alone.
pub struct SslTrust {
    /// Shared with others until it is changed.
    param: RefCell<Arc<Param>>,
    result: Cell<c_int>,
    sent: RefCell<Option<Arc<PeerChain>>>,
    /// The peer that sent the chain may stay.
    accepted: Cell<bool>,
    verified: RefCell<VerifiedChain>,
    authorities: RefCell<Authorities>,
    asked: RefCell<authorities::Asked>,
}

impl SslTrust {
    /// As `SSL_new` leaves it.
    pub fn new(context: &ContextTrust) -> Self {
        SslTrust {
            param: RefCell::new(context.snapshot()),
            result: Cell::new(openssl_sys::X509_V_OK),
            sent: RefCell::default(),
            accepted: Cell::new(false),
            verified: RefCell::default(),
            authorities: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    /// `SSL_clear`. The session stays, and with it the peer's certificates and the result (observed on 3.0.19).
    pub fn clear(&self) {
        drop(self.asked.take());
        if !self.param().peer_name().is_null() {
            self.own_param().clear_peer_name();
        }
    }

    /// Takes over what the program set on `other` (`SSL_dup`).
    pub fn copy(&self, other: &SslTrust) {
        let copy = |names: &Option<Names>| names.as_ref().map(Names::copy);
        let lists =
            other.authorities(|lists| Authorities { any: copy(&lists.any), for_clients: copy(&lists.for_clients) });
        self.authorities.replace(lists);
        let param = Arc::new(other.param.borrow().copy());
        self.param.replace(param);
    }

    /// The parameters, to be read.
    pub fn param(&self) -> Arc<Param> {
        self.param.borrow().clone()
    }

    /// The parameters, to be changed: this connection's alone, and at the same address from now on.
    pub fn own_param(&self) -> Ref<'_, Param> {
        {
            let mut param = self.param.borrow_mut();
            if Arc::get_mut(&mut param).is_none() {
                let own = Arc::new(param.copy());
                *param = own;
            }
        }
        Ref::map(self.param.borrow(), |param| &**param)
    }

    /// `X509_V_OK`, or what was wrong with the peer's chain.
    pub fn result(&self) -> c_long {
        self.result.get().into()
    }

    /// See [`result`](Self::result): the program may set it, and a resumed session brings its own.
    pub fn set_result(&self, result: c_long) {
        self.result.set(result as c_int);
    }

    /// The peer's certificates; None for a peer that was refused.
    pub fn peer(&self) -> Option<Arc<PeerChain>> {
        self.sent().filter(|_| self.accepted.get())
    }

    /// What the last peer sent, also if it was refused.
    pub fn sent(&self) -> Option<Arc<PeerChain>> {
        self.sent.borrow().clone()
    }

    /// What `SSL_get_peer_cert_chain` answers: OpenSSL's clients have the chain before they judge it, its servers
    /// after.
    pub fn peer_chain(&self) -> *mut openssl_sys::OPENSSL_STACK {
        let chain = self.sent().filter(|sent| sent.role() == Role::Client || self.accepted.get());
        chain.map_or(std::ptr::null_mut(), |chain| chain.chain())
    }

    /// A client has no certificate, and was asked for one: its chain is empty.
    pub fn set_no_peer(&self) {
        self.set_peer(Some(Arc::new(PeerChain::none())));
    }

    /// The certificates of a peer that may stay: those of a resumed session.
    pub fn set_peer(&self, peer: Option<Arc<PeerChain>>) {
        self.set_sent(peer);
        self.accepted.set(true);
    }

    fn set_sent(&self, peer: Option<Arc<PeerChain>>) {
        self.accepted.set(false);
        let _freed = self.sent.replace(peer);
    }

    /// The chain that was built when the peer was verified; NULL where none was. It lives until the next verification.
    pub fn verified_chain(&self) -> *mut openssl_sys::OPENSSL_STACK {
        let sent = self.sent();
        self.verified.borrow_mut().stack(sent.as_deref())
    }

    /// Looks at or changes the lists of authorities of this connection alone.
    pub fn authorities<R>(&self, change: impl FnOnce(&mut Authorities) -> R) -> R {
        change(&mut self.authorities.borrow_mut())
    }
}

/// Takes over what the program gives away.
///
/// # Safety
/// `stack` is NULL or a `STACK_OF(X509_NAME)` that is the caller's to give.
pub unsafe fn names(stack: *mut openssl_sys::OPENSSL_STACK) -> Option<Names> {
    // SAFETY: the caller's promise.
    unsafe { Names::from_raw(stack) }
}

/// A store of the program's, with a reference more.
///
/// # Safety
/// `store` is NULL or alive.
pub unsafe fn share_store(store: *mut openssl_sys::X509_STORE) -> Option<Store> {
    // SAFETY: the caller's promise.
    unsafe { Owned::share(store) }
}
