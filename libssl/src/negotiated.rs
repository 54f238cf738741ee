//! What one connection was told beside its settings, and what came of its handshake.

use crate::cipher::Cipher;
use crate::cipher::list::CipherList;
use crate::session::Session;
use crate::settings::callbacks::Info;
use sslmode_tls::handshake::ClientHello;
use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::CString;
use std::rc::Rc;
use std::sync::Arc;

/// What belongs to one connection alone. Nobody may hold a borrow while the program's functions run.
#[derive(Default)]
pub struct Own {
    /// The name of the server that the program asked for (`SSL_set_tlsext_host_name`).
    pub host_name: RefCell<Option<CString>>,
    /// The session to be resumed, then the one in force.
    pub session: RefCell<Option<Arc<Session>>>,
    /// The OCSP response (DER): a server's to give, a client's once it came.
    pub ocsp_response: RefCell<Option<Box<[u8]>>>,
    /// The ClientHello, while the program's functions look at it.
    pub hello: RefCell<Option<Rc<ClientHello>>>,
    /// What came of the handshake.
    pub negotiated: RefCell<Negotiated>,
    /// The info callback of this connection alone.
    pub info: Cell<Option<Info>>,
}

/// What came of a handshake; empty before.
#[derive(Default)]
pub struct Negotiated {
    /// The suite in force.
    pub cipher: Option<&'static Cipher>,
    /// The suite agreed on, in force or not.
    pub pending_cipher: Option<&'static Cipher>,
    /// The group of the key exchange.
    pub group: Option<u16>,
    /// The protocol agreed on by ALPN.
    pub alpn: Option<Box<[u8]>>,
    /// The name that a client asked for, on a server.
    pub server_name: Option<CString>,
    /// Whether a session was resumed.
    pub resumed: bool,
    /// The session in force was made of a ticket that came with this handshake, or after it.
    pub has_ticket: bool,
    /// Whether the master secret is bound to the handshake (RFC 7627).
    pub extended_master_secret: bool,
    /// The client's random bytes.
    pub client_random: Option<[u8; 32]>,
    /// The server's random bytes.
    pub server_random: Option<[u8; 32]>,
    /// What the peer signed with.
    pub peer_signature_scheme: Option<u16>,
    /// What we signed with.
    pub signature_scheme: Option<u16>,
    /// The groups that the peer offered.
    pub peer_groups: Box<[u16]>,
    /// The signature schemes that the peer offered.
    pub peer_signature_schemes: Box<[u16]>,
    /// The client's suites that we have, once a server's program has asked for them.
    pub client_ciphers: OnceCell<Arc<CipherList>>,
    /// The suites that the peer offered, as they came, two bytes each.
    pub peer_ciphers: Box<[u8]>,
}

impl Own {
    /// Forgets what came of the last handshake (`SSL_clear`), and keeps what the program set.
    pub fn forget(&self) {
        self.hello.take();
        self.negotiated.take();
    }

    /// A server has read the ClientHello: what later questions are about.
    pub fn met(&self, hello: &ClientHello) {
        let mut negotiated = self.negotiated.borrow_mut();
        negotiated.client_random = Some(hello.random);
        negotiated.peer_groups = hello.groups.as_slice().into();
        negotiated.peer_signature_schemes = hello.signature_schemes.as_slice().into();
        negotiated.peer_ciphers = hello.cipher_suite_bytes().into();
    }
}
