//! `SSL_SESSION`.

pub mod cache;
mod der;
pub mod encoding;
mod print;

pub use print::{key_log_line, text};

use crate::cipher::Cipher;
use crate::crypto::ex_data::{Class, ExData};
use crate::settings::sessions::Id;
use crate::verification::peer::PeerChain;
use libc::{c_int, c_long};
use openssl_sys::X509;
use std::any::Any;
use std::ffi::CString;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// `SSL_SESSION`. A program's pointer is [`Arc::into_raw`]: the references are the Arc's.
pub struct Session {
    /// The program's own data (`SSL_SESSION_set_ex_data`).
    pub ex_data: ExData,
    data: Mutex<Data>,
}

/// What a session holds. C gets pointers into it, which stay until the field is set anew.
#[derive(Clone)]
pub struct Data {
    /// The version, by number; 0 where it was never set.
    pub version: c_int,
    /// The suite.
    pub cipher: Option<&'static Cipher>,
    /// The number of a suite that is not there, of a session that was decoded.
    pub unknown_cipher: Option<u16>,
    /// The id: in TLS 1.3 one that nobody sends.
    pub id: Id,
    /// What it is good for (`SSL_CTX_set_session_id_context`).
    pub id_context: Id,
    /// When it was made, in seconds since 1970.
    pub time: c_long,
    /// How long it can be resumed, in seconds.
    pub timeout: c_long,
    /// The name of the server, on a client.
    pub host_name: Option<CString>,
    /// The protocol agreed on by ALPN.
    pub alpn: Option<Box<[u8]>>,
    /// How long the server keeps the ticket, in seconds; 0 is unknown.
    pub lifetime_hint: u32,
    /// The ticket, as it came. A session of TLS 1.3 that rustls keeps shows none.
    pub ticket: Option<Box<[u8]>>,
    /// What the program had put into the ticket.
    pub ticket_data: Option<Box<[u8]>>,
    /// `SSL_SESSION_set_max_early_data`, stored.
    pub max_early_data: u32,
    /// The master secret of TLS 1.2, or what the program set; empty in TLS 1.3, where rustls keeps it.
    pub master_key: Zeroizing<Box<[u8]>>,
    /// The peer's certificates, shared with the connection that got them.
    pub peer: Option<Arc<PeerChain>>,
    /// `X509_V_…`, what verification said.
    pub verify_result: c_long,
    /// Whether the master secret is bound to the handshake (RFC 7627).
    pub extended_master_secret: bool,
    /// `TLSEXT_max_fragment_length_…`.
    pub max_fragment_length: u8,
    /// It was taken out of service.
    pub not_resumable: bool,
    /// What the handshake resumes by.
    pub resumption: Option<Arc<dyn Any + Send + Sync>>,
}

impl Default for Data {
    /// As `SSL_SESSION_new` of OpenSSL 3.0 makes it.
    fn default() -> Self {
        Data {
            version: 0,
            cipher: None,
            unknown_cipher: None,
            id: Id::default(),
            id_context: Id::default(),
            time: now(),
            timeout: DEFAULT_TIMEOUT,
            host_name: None,
            alpn: None,
            lifetime_hint: 0,
            ticket: None,
            ticket_data: None,
            max_early_data: 0,
            master_key: Zeroizing::default(),
            peer: None,
            verify_result: X509_V_ERR_UNSPECIFIED,
            extended_master_secret: false,
            max_fragment_length: 0,
            not_resumable: false,
            resumption: None,
        }
    }
}

impl Data {
    /// Whether the server still takes its ticket, which a client asks in TLS 1.3 (RFC 8446 4.6.1).
    pub fn is_young(&self, now: c_long) -> bool {
        self.version != TLS1_3 || now.saturating_sub(self.time) <= self.lifetime_hint.into()
    }
}

/// `TLS1_3_VERSION`.
const TLS1_3: c_int = 0x304;
/// 5 minutes and 4 seconds.
const DEFAULT_TIMEOUT: c_long = 304;
const X509_V_ERR_UNSPECIFIED: c_long = 1;

/// The time in seconds since 1970.
pub fn now() -> c_long {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as c_long)
}

impl Session {
    /// A session that holds this.
    pub fn new(data: Data) -> Arc<Self> {
        let session = Arc::new(Session { ex_data: ExData::default(), data: Mutex::new(data) });
        session.ex_data.created(Class::Session, Arc::as_ptr(&session).cast());
        session
    }

    /// `SSL_SESSION_dup`.
    pub fn duplicate(&self) -> Arc<Self> {
        let copy = Session::new(self.data().clone());
        copy.ex_data.copy(Class::Session, &self.ex_data);
        copy
    }

    /// The peer's certificate, which stays this session's; NULL where there is none or it cannot be read.
    pub fn peer(&self) -> *mut X509 {
        let peer = self.data().peer.clone();
        peer.and_then(|peer| Some(peer.end_entity()?.as_ptr())).unwrap_or(null_mut())
    }

    /// What it holds. Not to be held while the program's functions run.
    pub fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `SSL_SESSION_is_resumable`: there is an id or a ticket, and it was not taken out of service.
    pub fn is_resumable(&self) -> bool {
        let data = self.data();
        let has_handle = !data.id.as_bytes().is_empty() || data.ticket.is_some() || data.resumption.is_some();
        !data.not_resumable && has_handle
    }

    /// The second at which its time ends.
    pub fn end(&self) -> c_long {
        let data = self.data();
        data.time.saturating_add(data.timeout)
    }

    /// Its time is over at this second.
    pub fn is_over(&self, now: c_long) -> bool {
        self.end() < now
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let this: *const Self = self;
        self.ex_data.freed(Class::Session, this.cast());
    }
}
