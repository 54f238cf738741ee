//! `SSL_CTX`.

use super::{CTRL_MODE, Host, Protocol, Ptr, ReadPem};
use std::ffi::{c_int, c_long, c_ulong};

const CTRL_OPTIONS: c_int = 32;
const CTRL_MIN_PROTO_VERSION: c_int = 123;
const CTRL_MAX_PROTO_VERSION: c_int = 124;
const OP_NO_TICKET: c_ulong = 0x4000;
const OP_ALLOW_CLIENT_RENEGOTIATION: c_ulong = 0x100;

/// The certificate of both ends, good for a test only.
pub const CERTIFICATE: &str = include_str!("../../data/cert.pem");
/// Its key.
pub const KEY: &str = include_str!("../../data/key.pem");

/// An `SSL_CTX` with a certificate of its own, for either end.
pub struct Context<'h> {
    pub(super) host: &'h Host,
    pub(super) raw: Ptr,
}

impl<'h> Context<'h> {
    /// A context for one protocol version; `tickets` is how many the server sends after a TLS 1.3 handshake.
    ///
    /// # Errors
    /// What the host refused.
    pub fn new(host: &'h Host, protocol: Protocol, tickets: usize) -> Result<Self, String> {
        // SAFETY: the method is this host's.
        let raw = unsafe { (host.ctx_new)(host.method) };
        if raw.is_null() {
            return Err("SSL_CTX_new: NULL".to_owned());
        }
        let context = Context { host, raw };
        context.restrict(protocol)?;
        context.set_tickets(tickets);
        context.use_certificate()?;
        Ok(context)
    }

    fn restrict(&self, protocol: Protocol) -> Result<(), String> {
        let (host, number) = (self.host, protocol.number());
        // SAFETY: a live context; the list is a C string.
        unsafe {
            if let (Some(level), 0x0301) = (host.ctx_set_security_level, number) {
                level(self.raw, 0);
            }
            if let Some(list) = protocol.ciphers()
                && (host.ctx_set_cipher_list)(self.raw, list.as_ptr()) != 1
            {
                return Err(format!("SSL_CTX_set_cipher_list({list:?}): refused"));
            }
            if let (Some(min), Some(max)) = (host.ctx_set_min_version, host.ctx_set_max_version) {
                min(self.raw, number);
                max(self.raw, number);
            } else {
                Host::ctrl(host.ctx_ctrl, self.raw, CTRL_MIN_PROTO_VERSION, number.into());
                Host::ctrl(host.ctx_ctrl, self.raw, CTRL_MAX_PROTO_VERSION, number.into());
            }
        }
        Ok(())
    }

    fn set_tickets(&self, tickets: usize) {
        // SAFETY: a live context.
        unsafe {
            if let Some(set) = self.host.ctx_set_num_tickets {
                set(self.raw, tickets);
            }
            match self.host.ctx_set_options {
                _ if tickets > 0 => {}
                Some(set) => {
                    set(self.raw, OP_NO_TICKET);
                }
                None => {
                    Host::ctrl(self.host.ctx_ctrl, self.raw, CTRL_OPTIONS, OP_NO_TICKET as c_long);
                }
            }
        }
    }

    /// Lets clients renegotiate, which 3.0 and later do not by themselves.
    pub fn allow_client_renegotiation(&self) {
        if let (Some(set), true) = (self.host.ctx_set_options, self.host.ctx_ctrl.is_some()) {
            // SAFETY: a live context.
            unsafe { set(self.raw, OP_ALLOW_CLIENT_RENEGOTIATION) };
        }
    }

    fn use_certificate(&self) -> Result<(), String> {
        let host = self.host;
        let used = host.with_pem(CERTIFICATE, host.read_certificate, |it| {
            // SAFETY: a live context and a certificate, of which the context keeps a reference of its own.
            unsafe {
                let used = (host.ctx_use_certificate)(self.raw, it);
                (host.free_certificate)(it);
                used
            }
        }) == Some(1)
            && host.with_pem(KEY, host.read_key, |it| {
                // SAFETY: the same for the key.
                unsafe {
                    let used = (host.ctx_use_private_key)(self.raw, it);
                    (host.free_key)(it);
                    used
                }
            }) == Some(1);
        used.then_some(()).ok_or_else(|| format!("the certificate and key: refused, error {:?}", host.error()))
    }

    /// The mask of the context.
    pub fn modes(&self) -> i64 {
        match self.host.ctx_get_mode {
            // SAFETY: a live context.
            Some(get) if self.host.ctx_ctrl.is_none() => i64::from(unsafe { get(self.raw) }),
            _ => Host::ctrl(self.host.ctx_ctrl, self.raw, CTRL_MODE, 0),
        }
    }

    /// What setting this mask on the context answers.
    pub fn set_modes(&self, mask: i64) -> i64 {
        match self.host.ctx_set_mode {
            // SAFETY: a live context.
            Some(set) if self.host.ctx_ctrl.is_none() => i64::from(unsafe { set(self.raw, mask as u32) }),
            _ => Host::ctrl(self.host.ctx_ctrl, self.raw, CTRL_MODE, mask),
        }
    }
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        // SAFETY: made in `new`, freed once. Connections hold references of their own.
        unsafe { (self.host.ctx_free)(self.raw) }
    }
}

impl Host {
    fn with_pem<T>(&self, text: &'static str, read: ReadPem, then: impl FnOnce(Ptr) -> T) -> Option<T> {
        let null = std::ptr::null_mut;
        // SAFETY: the text is static and so outlives the BIO; NULL asks for a new object without a password.
        let object = unsafe {
            let bio = (self.bio_new_mem_buf)(text.as_ptr().cast(), text.len() as c_int);
            let object = read(bio, null(), null(), null());
            (self.bio_free)(bio);
            object
        };
        (!object.is_null()).then(|| then(object))
    }

    /// What `SSL_CTX_set_mode(NULL, 1)` answers. It crashes where the host reads through NULL.
    pub fn set_null_context(&self) -> i64 {
        match self.ctx_set_mode {
            // SAFETY: not safe on every host: to be asked in a process that may crash.
            Some(set) if self.ctx_ctrl.is_none() => i64::from(unsafe { set(std::ptr::null_mut(), 1) }),
            _ => Host::ctrl(self.ctx_ctrl, std::ptr::null_mut(), CTRL_MODE, 1),
        }
    }
}
