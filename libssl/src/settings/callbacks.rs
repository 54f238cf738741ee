//! The functions of the program that are called on the way.
//!
//! The connection takes a copy of the pointer that it needs and calls it when no lock and no borrow is held.

use crate::session::Session;
use crate::ssl::Ssl;
use libc::{c_char, c_int, c_uchar, c_uint, c_void};

/// `SSL_CB_…`: where the info callback is called.
pub mod place {
    /// `SSL_CB_CONNECT_LOOP`.
    pub const CONNECT_LOOP: i32 = 0x1001;
    /// `SSL_CB_CONNECT_EXIT`.
    pub const CONNECT_EXIT: i32 = 0x1002;
    /// `SSL_CB_ACCEPT_LOOP`.
    pub const ACCEPT_LOOP: i32 = 0x2001;
    /// `SSL_CB_ACCEPT_EXIT`.
    pub const ACCEPT_EXIT: i32 = 0x2002;
    /// `SSL_CB_HANDSHAKE_START`.
    pub const HANDSHAKE_START: i32 = 0x10;
    /// `SSL_CB_HANDSHAKE_DONE`.
    pub const HANDSHAKE_DONE: i32 = 0x20;
    /// `SSL_CB_READ_ALERT`.
    pub const READ_ALERT: i32 = 0x4004;
    /// `SSL_CB_WRITE_ALERT`.
    pub const WRITE_ALERT: i32 = 0x4008;
}

/// A pointer of the program's that is only handed back.
#[derive(Clone, Copy, Debug)]
pub struct Argument(pub *mut c_void);

// SAFETY: never looked at here; the program decides what threads may do with it.
unsafe impl Send for Argument {}
// SAFETY: as above.
unsafe impl Sync for Argument {}

impl Default for Argument {
    fn default() -> Self {
        Argument(std::ptr::null_mut())
    }
}

/// `SSL_CTX_set_info_callback`: where (`SSL_CB_…`), and what came of it.
pub type Info = unsafe extern "C" fn(ssl: *const Ssl, place: c_int, result: c_int);
/// `SSL_CTX_set_msg_callback`.
pub type Message = unsafe extern "C" fn(
    write: c_int,
    version: c_int,
    content_type: c_int,
    bytes: *const c_void,
    length: usize,
    ssl: *mut Ssl,
    argument: *mut c_void,
);
/// `SSL_CTX_set_keylog_callback`: a line of a key log file, without its newline.
pub type KeyLog = unsafe extern "C" fn(ssl: *const Ssl, line: *const c_char);
/// `SSL_CTX_set_client_hello_cb`: 1 goes on, 0 ends with the alert, -1 pauses.
pub type ClientHello = unsafe extern "C" fn(ssl: *mut Ssl, alert: *mut c_int, argument: *mut c_void) -> c_int;
/// `SSL_CTX_set_tlsext_servername_callback`: `SSL_TLSEXT_ERR_…`.
pub type ServerName = unsafe extern "C" fn(ssl: *mut Ssl, alert: *mut c_int, argument: *mut c_void) -> c_int;
/// `SSL_CTX_set_alpn_select_cb`: `SSL_TLSEXT_ERR_…`.
pub type AlpnSelect = unsafe extern "C" fn(
    ssl: *mut Ssl,
    out: *mut *const c_uchar,
    out_length: *mut c_uchar,
    offered: *const c_uchar,
    offered_length: c_uint,
    argument: *mut c_void,
) -> c_int;
/// `SSL_CTX_set_tlsext_status_cb`.
pub type Status = unsafe extern "C" fn(ssl: *mut Ssl, argument: *mut c_void) -> c_int;
/// `SSL_CTX_set_tlsext_ticket_key_cb`, and the form with `EVP_MAC_CTX`: both take two contexts that are libcrypto's.
pub type TicketKey = unsafe extern "C" fn(
    ssl: *mut Ssl,
    key_name: *mut c_uchar,
    iv: *mut c_uchar,
    cipher: *mut c_void,
    mac: *mut c_void,
    encrypt: c_int,
) -> c_int;
/// `SSL_CTX_sess_set_new_cb`: 1 keeps the reference.
pub type NewSession = unsafe extern "C" fn(ssl: *mut Ssl, session: *mut Session) -> c_int;
/// `SSL_CTX_sess_set_get_cb`.
pub type GetSession =
    unsafe extern "C" fn(ssl: *mut Ssl, id: *const c_uchar, length: c_int, copy: *mut c_int) -> *mut Session;
/// `SSL_CTX_sess_set_remove_cb`.
pub type RemoveSession = unsafe extern "C" fn(context: *mut crate::context::Context, session: *mut Session);
/// `SSL_CTX_set_generate_session_id`.
pub type GenerateSessionId = unsafe extern "C" fn(ssl: *mut Ssl, id: *mut c_uchar, length: *mut c_uint) -> c_int;
/// `SSL_CTX_set_not_resumable_session_callback`.
pub type NotResumable = unsafe extern "C" fn(ssl: *mut Ssl, forward_secure: c_int) -> c_int;
/// `SSL_CTX_set_session_ticket_cb`, before a ticket is made.
pub type MakeTicket = unsafe extern "C" fn(ssl: *mut Ssl, argument: *mut c_void) -> c_int;
/// `SSL_CTX_set_session_ticket_cb`, after a ticket came back.
pub type OpenTicket = unsafe extern "C" fn(
    ssl: *mut Ssl,
    session: *mut Session,
    key_name: *const c_uchar,
    name_length: usize,
    status: c_int,
    argument: *mut c_void,
) -> c_int;
/// A function and what it is to be told.
#[derive(Clone, Copy, Debug)]
pub struct Told<F> {
    /// The function, if the program set one.
    pub call: Option<F>,
    /// What it is told.
    pub argument: Argument,
}

impl<F> Default for Told<F> {
    fn default() -> Self {
        Told { call: None, argument: Argument::default() }
    }
}

/// See the module. None where the program set none.
#[derive(Clone, Default)]
pub struct Callbacks {
    /// Steps of the handshake, alerts.
    pub info: Option<Info>,
    /// Messages as they are.
    pub message: Told<Message>,
    /// Secrets, for a key log.
    pub key_log: Option<KeyLog>,
    /// The ClientHello, before anything is decided.
    pub client_hello: Told<ClientHello>,
    /// The name that the client wants.
    pub server_name: Told<ServerName>,
    /// Which of the client's protocols.
    pub alpn_select: Told<AlpnSelect>,
    /// The OCSP response: a client has one to judge, a server has one to give.
    pub status: Told<Status>,
    /// The keys of a server's tickets, with `HMAC_CTX`.
    pub ticket_key: Option<TicketKey>,
    /// The keys of a server's tickets, with `EVP_MAC_CTX`.
    pub ticket_key_evp: Option<TicketKey>,
    /// The keys of a server's tickets, as `SSL_CTX_set_tlsext_ticket_keys` gave them.
    pub ticket_keys: Option<Box<[u8; 80]>>,
    /// A session that can be resumed is there.
    pub new_session: Option<NewSession>,
    /// A server looks for a session that it does not have itself.
    pub get_session: Option<GetSession>,
    /// A session leaves the cache.
    pub remove_session: Option<RemoveSession>,
    /// The id of a server's new session.
    pub generate_session_id: Option<GenerateSessionId>,
    /// Whether a session may be resumed.
    pub not_resumable: Option<NotResumable>,
    /// A server's ticket is about to be made.
    pub make_ticket: Told<MakeTicket>,
    /// A server's ticket came back; the argument is that of [`make_ticket`](Self::make_ticket).
    pub open_ticket: Option<OpenTicket>,
    /// `SSL_CTX_set_record_padding_callback_arg`.
    pub padding_argument: Argument,
}
