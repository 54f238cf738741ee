//! The program's part in a handshake: its callbacks, called while no borrow and no lock of ours is held.

use super::outcome::Want;
use super::{Role, Ssl};
use crate::certificates::identity::{self, Answer};
use crate::error::{self, Reason};
use crate::settings::callbacks::place;
use crate::verification::judge;
use libc::c_int;
use sslmode_tls::connection::{Accept, Decision};
use sslmode_tls::handshake::{
    CertificateRequest, ChooseIdentity, ClientHello, Identity, PeerCertificates, SecretSink, Session, SessionSink,
    VerifyPeer,
};
use sslmode_tls::record::AlertDescription;
use std::ffi::CString;
use std::fmt::Write;
use std::rc::Rc;
use std::sync::Arc;
use zeroize::Zeroizing;

/// `SSL_TLSEXT_ERR_…`: what the callbacks for extensions answer.
mod answer {
    pub const OK: i32 = 0;
    pub const ALERT_FATAL: i32 = 2;
    pub const NOACK: i32 = 3;
}

/// `SSL_CLIENT_HELLO_…`.
const HELLO_SUCCESS: c_int = 1;
const HELLO_RETRY: c_int = -1;

/// `TLSEXT_STATUSTYPE_ocsp`, and the extension's number.
const STATUS_OCSP: c_int = 1;
const STATUS_REQUEST: u16 = 5;

/// How far the program is with a ClientHello, across calls that had to wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// Nothing was asked yet.
    #[default]
    Nothing,
    /// The ClientHello callback is through.
    ClientHello,
    /// The server name callback is through.
    ServerName,
}

/// A step of a handshake, as the info callback is told of it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// It goes on.
    Loop,
    /// Its call returns this.
    Exit(c_int),
}

/// A callback that did not let the handshake go on.
enum Halt {
    Wait,
    Refuse(AlertDescription),
}

impl From<AlertDescription> for Halt {
    fn from(alert: AlertDescription) -> Self {
        Halt::Refuse(alert)
    }
}

/// Decides about a ClientHello with the program's callbacks.
pub(super) struct Program<'a> {
    pub(super) ssl: &'a Ssl,
}

impl Accept for Program<'_> {
    fn accept(&mut self, hello: &ClientHello) -> Decision {
        self.ssl.want.set(Want::Nothing);
        match self.ssl.decide(hello) {
            Ok(settings) => Decision::Settings(Box::new(settings)),
            Err(Halt::Wait) => Decision::Wait,
            // The callback's reason is in the queue.
            Err(Halt::Refuse(alert)) => {
                self.ssl.reason_told.set(true);
                Decision::Refuse(alert)
            }
        }
    }
}

fn fail(alert: AlertDescription, reason: Reason) -> Halt {
    error::put(reason);
    Halt::Refuse(alert)
}

fn alert(number: c_int) -> AlertDescription {
    AlertDescription(number as u8)
}

impl Ssl {
    fn decide(&self, hello: &ClientHello) -> Result<sslmode_tls::handshake::ServerSettings, Halt> {
        if self.asked.get() < Asked::ClientHello {
            self.meet(hello);
            self.show_hello()?;
            self.asked.set(Asked::ClientHello);
        }
        if self.is_hopeless(hello) {
            return Ok(self.server_settings(hello, None)?);
        }
        if self.asked.get() < Asked::ServerName {
            self.show_server_name(hello)?;
            self.asked.set(Asked::ServerName);
        }
        match identity::ask(self) {
            Answer::GoOn => {}
            Answer::Later => {
                self.want.set(Want::X509Lookup);
                return Err(Halt::Wait);
            }
            Answer::Fail(reason) => return Err(fail(AlertDescription::INTERNAL_ERROR, reason)),
        }
        let alpn = self.choose_protocol(hello)?;
        let settings = self.server_settings(hello, alpn)?;
        self.asked.set(Asked::Nothing);
        self.own.hello.take();
        Ok(settings)
    }

    /// Whether no version or, in TLS 1.3, no cipher suite is shared: OpenSSL says so before it asks the program.
    fn is_hopeless(&self, hello: &ClientHello) -> bool {
        const TLS1_2: u16 = 0x303;
        const TLS1_3: u16 = 0x304;
        let (settings, method) = (self.settings(), self.context().method);
        let Ok(versions) = settings.choices.versions(method) else { return true };
        let is_shared = |version: u16| {
            (versions.min.number()..=versions.max.number()).contains(&version) && hello.offers_version(version)
        };
        if is_shared(TLS1_3) {
            let suites = settings.choices.suites(settings.certificates.security.level);
            return !suites.iter().any(|suite| suite >> 8 == 0x13 && hello.cipher_suites.contains(suite));
        }
        !is_shared(TLS1_2)
    }

    /// Keeps what later questions are about.
    fn meet(&self, hello: &ClientHello) {
        self.own.met(hello);
        self.own.hello.replace(Some(Rc::new(hello.clone())));
        let name = hello.server_name.as_deref().and_then(|name| CString::new(name).ok());
        self.own.negotiated.borrow_mut().server_name = name;
    }

    /// `SSL_CTX_set_client_hello_cb`.
    fn show_hello(&self) -> Result<(), Halt> {
        let callback = self.context().settings().callbacks.client_hello;
        let Some(call) = callback.call else { return Ok(()) };
        let mut number = c_int::from(AlertDescription::INTERNAL_ERROR.0);
        // SAFETY: the connection is alive, and the argument is what the program gave.
        match unsafe { call(self.as_ptr(), &mut number, callback.argument.0) } {
            HELLO_SUCCESS => Ok(()),
            HELLO_RETRY => {
                self.want.set(Want::ClientHelloCallback);
                Err(Halt::Wait)
            }
            _ => Err(fail(alert(number), Reason::CALLBACK_FAILED)),
        }
    }

    /// `SSL_CTX_set_tlsext_servername_callback`; it is called without a name, too.
    fn show_server_name(&self, hello: &ClientHello) -> Result<(), Halt> {
        let callback = self.context().settings().callbacks.server_name;
        let Some(call) = callback.call else { return Ok(()) };
        let mut number = c_int::from(AlertDescription::UNRECOGNIZED_NAME.0);
        // SAFETY: as for the ClientHello callback.
        match unsafe { call(self.as_ptr(), &mut number, callback.argument.0) } {
            answer::ALERT_FATAL => Err(fail(alert(number), Reason::CALLBACK_FAILED)),
            answer::NOACK if hello.server_name.is_some() => {
                self.own.negotiated.borrow_mut().server_name = None;
                Ok(())
            }
            // A warning would change nothing: TLS 1.3 has none, and clients pass over it in TLS 1.2.
            _ => Ok(()),
        }
    }

    /// `SSL_CTX_set_alpn_select_cb`.
    fn choose_protocol(&self, hello: &ClientHello) -> Result<Option<Vec<u8>>, Halt> {
        let callback = self.context().settings().callbacks.alpn_select;
        let Some(call) = callback.call.filter(|_| !hello.alpn.is_empty()) else { return Ok(None) };
        let offered = Ssl::offered_protocols(hello);
        let (mut chosen, mut length) = (std::ptr::null(), 0);
        let (this, count) = (self.as_ptr(), offered.len() as u32);
        // SAFETY: as for the ClientHello callback; the list lives as long as the call.
        let result = unsafe { call(this, &mut chosen, &mut length, offered.as_ptr(), count, callback.argument.0) };
        match result {
            answer::OK if !chosen.is_null() => {
                // SAFETY: the callback says that so many bytes are there, in the list or in memory of its own.
                let chosen = unsafe { std::slice::from_raw_parts(chosen, length.into()) };
                // rustls sends only what was offered.
                if Ssl::is_offered(chosen, &offered) {
                    return Ok(Some(chosen.to_vec()));
                }
                Err(fail(AlertDescription::NO_APPLICATION_PROTOCOL, Reason::NO_APPLICATION_PROTOCOL))
            }
            answer::NOACK => Ok(None),
            _ => Err(fail(AlertDescription::NO_APPLICATION_PROTOCOL, Reason::NO_APPLICATION_PROTOCOL)),
        }
    }

    /// `SSL_CTX_set_tlsext_status_cb` of a server: it sets the response that is stapled.
    pub(super) fn ask_for_status(&self, hello: &ClientHello) -> Result<(), AlertDescription> {
        let callback = self.context().settings().callbacks.status;
        let Some(call) = callback.call.filter(|_| hello.extension_body(STATUS_REQUEST).is_some()) else {
            return Ok(());
        };
        // SAFETY: as for the ClientHello callback.
        match unsafe { call(self.as_ptr(), callback.argument.0) } {
            answer::OK => Ok(()),
            answer::NOACK => {
                self.own.ocsp_response.take();
                Ok(())
            }
            _ => {
                error::put(Reason::CLIENTHELLO_TLSEXT);
                Err(AlertDescription::INTERNAL_ERROR)
            }
        }
    }

    /// `SSL_CTX_set_tlsext_status_cb` of a client: it judges the response, or its lack.
    fn judge_status(&self, response: Option<&[u8]>) -> Result<(), AlertDescription> {
        if self.settings().choices.status_type != STATUS_OCSP {
            return Ok(());
        }
        self.own.ocsp_response.replace(response.map(Into::into));
        let callback = self.context().settings().callbacks.status;
        let Some(call) = callback.call else { return Ok(()) };
        // SAFETY: as for the ClientHello callback.
        match unsafe { call(self.as_ptr(), callback.argument.0) } {
            1.. => Ok(()),
            0 => {
                error::put(Reason::INVALID_STATUS_RESPONSE);
                Err(AlertDescription::BAD_CERTIFICATE_STATUS_RESPONSE)
            }
            _ => {
                error::put(Reason::OCSP_CALLBACK_FAILURE);
                Err(AlertDescription::INTERNAL_ERROR)
            }
        }
    }

    /// `SSL_CTX_set_info_callback`.
    pub(super) fn inform(&self, place: c_int, result: c_int) {
        if let Some(call) = self.own.info.get().or_else(|| self.context().settings().callbacks.info) {
            // SAFETY: the connection is alive.
            unsafe { call(self.as_ptr(), place, result) };
        }
    }

    /// Tells that the handshake goes on, or that its call returns. Of OpenSSL's many steps these are the first and the
    /// last: those between are rustls' own.
    pub(super) fn inform_of_step(&self, step: Step) {
        match (step, self.role.get()) {
            (Step::Loop, Some(Role::Client)) => self.inform(place::CONNECT_LOOP, 1),
            (Step::Loop, _) => self.inform(place::ACCEPT_LOOP, 1),
            (Step::Exit(result), Some(Role::Client)) => self.inform(place::CONNECT_EXIT, result),
            (Step::Exit(result), _) => self.inform(place::ACCEPT_EXIT, result),
        }
    }

    /// Tells of an alert that came or went.
    pub(super) fn inform_of_alert(&self, sent: bool, level: u8, alert: AlertDescription) {
        let place = if sent { place::WRITE_ALERT } else { place::READ_ALERT };
        self.inform(place, (c_int::from(level) << 8) | c_int::from(alert.0));
    }

    pub(super) fn as_ptr(&self) -> *mut Ssl {
        std::ptr::from_ref(self).cast_mut()
    }
}

/// The connection that a handshake's callbacks belong to.
pub(super) struct Handle(*const Ssl);

// SAFETY: the TLS side asks for callbacks that may go to another thread; ours are called in the midst of a call on the
// connection, on its thread.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    pub(super) fn of(ssl: &Ssl) -> Self {
        Handle(ssl)
    }

    pub(super) fn ssl(&self) -> &Ssl {
        // SAFETY: the connection owns what owns this, and it is used only while a call on the connection runs.
        unsafe { &*self.0 }
    }
}

/// Judges the peer's certificates.
pub(super) struct Peer(Handle);

impl Peer {
    pub(super) fn new(ssl: &Ssl) -> Self {
        Peer(Handle(ssl))
    }
}

impl VerifyPeer for Peer {
    fn verify(&self, peer: &PeerCertificates<'_>) -> Result<(), AlertDescription> {
        let ssl = self.0.ssl();
        let role = ssl.role().unwrap_or(Role::Client);
        let verdict = judge::judge(ssl, peer.chain, role).and_then(|()| match role {
            Role::Client => ssl.judge_status(peer.ocsp_response),
            Role::Server => Ok(()),
        });
        if verdict.is_err() {
            ssl.reason_told.set(true);
        }
        verdict
    }
}

/// Chooses a client's certificate.
pub(super) struct Client(Handle);

impl Client {
    pub(super) fn new(ssl: &Ssl) -> Self {
        Client(Handle(ssl))
    }
}

impl ChooseIdentity for Client {
    fn choose(&self, request: &CertificateRequest) -> Option<Arc<Identity>> {
        let ssl = self.0.ssl();
        ssl.trust.set_asked(&request.authorities);
        let answer = match identity::ask(ssl) {
            Answer::GoOn => identity::ask_client(ssl),
            answer => answer,
        };
        let identities = match answer {
            Answer::GoOn => identity::identities(ssl, None),
            // rustls cannot wait for the answer.
            Answer::Later => Err(Reason::CALLBACK_FAILED),
            Answer::Fail(reason) => Err(reason),
        };
        match identities {
            Ok(identities) => {
                let offered = |scheme: &u16| request.schemes.contains(scheme);
                identities.into_iter().find(|identity| identity.schemes().iter().any(offered))
            }
            Err(reason) => {
                let this = Handle(ssl);
                let tell = move || {
                    error::put(reason);
                    this.ssl().reason_told.set(true);
                };
                Some(identity::unwilling(&request.schemes, tell))
            }
        }
    }
}

/// Gets a client's sessions.
pub(super) struct Sessions(Handle);

impl Sessions {
    pub(super) fn new(ssl: &Ssl) -> Self {
        Sessions(Handle(ssl))
    }
}

impl SessionSink for Sessions {
    fn new_session(&self, session: Session) {
        self.0.ssl().new_session(session);
    }

    fn renewed_session(&self, session: Session) {
        // As in OpenSSL, nobody is told.
        self.0.ssl().take_session(session);
    }
}

/// Shows the program the secrets, line by line, as key log files have them.
pub(super) struct KeyLog(Handle);

impl KeyLog {
    /// None where the program wants none.
    pub(super) fn of(ssl: &Ssl) -> Option<Arc<dyn SecretSink>> {
        ssl.context().settings().callbacks.key_log?;
        Some(Arc::new(KeyLog(Handle(ssl))))
    }
}

impl SecretSink for KeyLog {
    fn secret(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let ssl = self.0.ssl();
        let Some(call) = ssl.context().settings().callbacks.key_log else { return };
        let mut line =
            Zeroizing::new(String::with_capacity(label.len() + 2 * (client_random.len() + secret.len()) + 3));
        line.push_str(label);
        for part in [client_random, secret] {
            line.push(' ');
            for byte in part {
                // Writing into a string does not fail.
                _ = write!(line, "{byte:02x}");
            }
        }
        line.push('\0');
        // SAFETY: the connection is alive, and the line ends with a NUL.
        unsafe { call(ssl.as_ptr(), line.as_ptr().cast()) };
    }
}
