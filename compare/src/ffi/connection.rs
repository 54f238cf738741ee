//! `SSL`, and the wire that it is on.

use super::{CTRL_MODE, Context, Host, Mask, Ptr};
use std::ffi::{c_int, c_long};

const CTRL_MAX_SEND_FRAGMENT: c_int = 52;
const CTRL_CLEAR_MODE: c_int = 78;
const CTRL_HEARTBEAT: c_int = 85;
const BIO_SHUTDOWN_WR: c_int = 142;
const ALERT_WARNING: c_int = 1;
const ALERT_USER_CANCELLED: c_int = 90;

/// What a call on a connection gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returned {
    /// By the function itself.
    pub value: i64,
    /// By `SSL_get_error`.
    pub ssl_error: i32,
    /// The first error of the queue, its library and reason. The queue was empty before the call.
    pub error: Option<(i32, i32)>,
}

/// One end of a connection: an `SSL`, and the far end of its BIO pair, where bytes are taken and given by hand; or an
/// `SSL` over a socket.
pub struct Connection<'h> {
    host: &'h Host,
    raw: Ptr,
    near: Ptr,
    far: Ptr,
}

impl<'h> Connection<'h> {
    /// An end whose transport holds `room` bytes on their way out.
    ///
    /// # Errors
    /// What the host refused.
    pub fn over_pair(context: &Context<'h>, server: bool, room: usize) -> Result<Self, String> {
        let (mut near, mut far) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: two places for the BIOs.
        if unsafe { (context.host.bio_new_bio_pair)(&mut near, room, &mut far, 1 << 18) } != 1 {
            return Err("BIO_new_bio_pair: refused".to_owned());
        }
        Self::new(context, server, near, far)
    }

    /// An end over a connected stream socket, which stays the caller's.
    ///
    /// # Errors
    /// What the host refused.
    pub fn over_socket(context: &Context<'h>, server: bool, socket: c_int) -> Result<Self, String> {
        // SAFETY: BIO_NOCLOSE: the descriptor stays the caller's.
        let bio = unsafe { (context.host.bio_new_socket)(socket, 0) };
        Self::new(context, server, bio, std::ptr::null_mut())
    }

    fn new(context: &Context<'h>, server: bool, near: Ptr, far: Ptr) -> Result<Self, String> {
        let host = context.host;
        // SAFETY: live handles of this host; the connection takes the one reference of the near BIO for both ways.
        unsafe {
            let raw = (host.ssl_new)(context.raw);
            if raw.is_null() {
                return Err("SSL_new: NULL".to_owned());
            }
            (host.set_bio)(raw, near, near);
            if server {
                (host.set_accept_state)(raw)
            } else {
                (host.set_connect_state)(raw)
            }
            Ok(Connection { host, raw, near, far })
        }
    }

    fn returned(&self, call: impl FnOnce() -> c_int) -> Returned {
        self.host.clear_errors();
        let value = call();
        // SAFETY: a live connection.
        let ssl_error = unsafe { (self.host.get_error)(self.raw, value) };
        Returned { value: value.into(), ssl_error, error: self.host.error() }
    }

    /// `SSL_do_handshake`.
    pub fn handshake(&mut self) -> Returned {
        // SAFETY: a live connection.
        self.returned(|| unsafe { (self.host.do_handshake)(self.raw) })
    }

    /// `SSL_write` of `length` bytes, whatever of them is in `buffer`.
    ///
    /// # Safety
    /// The host reads no byte beyond `buffer`: `length` is at most its length, or the host refuses it.
    pub unsafe fn write(&mut self, buffer: &[u8], length: i32) -> Returned {
        // SAFETY: a live connection; the caller's promise.
        self.returned(|| unsafe { (self.host.write)(self.raw, buffer.as_ptr().cast_mut().cast(), length) })
    }

    /// `SSL_write_ex` of `buffer`; the value returned is the bytes written, or -1 where the function returned 0.
    pub fn write_ex(&mut self, buffer: &[u8]) -> Returned {
        let mut written = 0;
        let write = self.host.write_ex;
        let returned = self.returned(|| match write {
            // SAFETY: a live connection, a buffer of that length, and a place for the number.
            Some(write) => unsafe { write(self.raw, buffer.as_ptr().cast(), buffer.len(), &mut written) },
            None => 0,
        });
        Returned { value: if returned.value == 1 { written as i64 } else { -1 }, ..returned }
    }

    /// `SSL_read`.
    pub fn read(&mut self, buffer: &mut [u8]) -> Returned {
        // SAFETY: a live connection; the buffer is as long as said.
        self.returned(|| unsafe { (self.host.read)(self.raw, buffer.as_mut_ptr().cast(), buffer.len() as c_int) })
    }

    /// `SSL_want`.
    pub fn want(&self) -> i32 {
        // SAFETY: a live connection.
        unsafe { (self.host.want)(self.raw) }
    }

    /// What setting this mask answers.
    pub fn set_modes(&mut self, mask: i64) -> i64 {
        self.change_modes(self.host.ssl_set_mode, CTRL_MODE, mask)
    }

    /// What clearing this mask answers.
    pub fn clear_modes(&mut self, mask: i64) -> i64 {
        self.change_modes(self.host.ssl_clear_mode, CTRL_CLEAR_MODE, mask)
    }

    fn change_modes(&mut self, function: Option<Mask>, command: c_int, mask: i64) -> i64 {
        match function {
            // SAFETY: a live connection.
            Some(change) if self.host.ssl_ctrl.is_none() => i64::from(unsafe { change(self.raw, mask as u32) }),
            _ => Host::ctrl(self.host.ssl_ctrl, self.raw, command, mask),
        }
    }

    /// Records of at most so many bytes from now on.
    pub fn limit_fragment(&mut self, bytes: usize) {
        match self.host.set_max_send_fragment {
            // SAFETY: a live connection.
            Some(set) => drop(unsafe { set(self.raw, bytes) }),
            None => drop(Host::ctrl(self.host.ssl_ctrl, self.raw, CTRL_MAX_SEND_FRAGMENT, bytes as c_long)),
        }
    }

    /// `SSL_set_read_ahead`.
    pub fn set_read_ahead(&mut self, on: bool) {
        if let Some(set) = self.host.set_read_ahead {
            // SAFETY: a live connection.
            unsafe { set(self.raw, on.into()) }
        }
    }

    /// Queues a TLS 1.3 key update that asks for none in return; it goes out before the next data.
    pub fn update_key(&mut self) {
        if let Some(update) = self.host.key_update {
            // SAFETY: a live connection.
            unsafe { update(self.raw, 0) };
        }
    }

    /// Begins a renegotiation, which the next call on the connection carries on.
    pub fn renegotiate(&mut self) {
        if let Some(renegotiate) = self.host.renegotiate {
            // SAFETY: a live connection.
            unsafe { renegotiate(self.raw) };
        }
    }

    /// Sends a warning alert.
    pub fn send_warning(&mut self) {
        if let Some(send) = self.host.send_alert {
            // SAFETY: a live connection; the type is the one that 0.9.8 and 1.0.2 declare in <openssl/ssl3.h>.
            unsafe { send(self.raw, ALERT_WARNING, ALERT_USER_CANCELLED) };
        }
    }

    /// Sends a heartbeat request; returns whether the host did.
    pub fn send_heartbeat(&mut self) -> bool {
        Host::ctrl(self.host.ssl_ctrl, self.raw, CTRL_HEARTBEAT, 0) > 0
    }

    /// The bytes that wait at the far end.
    pub fn on_the_wire(&self) -> usize {
        // SAFETY: a live BIO, as long as the near end is.
        unsafe { (self.host.bio_pending)(self.far) }
    }

    /// The bytes that were given and not read.
    pub fn to_be_read(&self) -> usize {
        // SAFETY: a live BIO, as long as the connection is.
        unsafe { (self.host.bio_pending)(self.near) }
    }

    /// Takes up to so many bytes from the wire.
    pub fn take(&mut self, bytes: usize) -> Vec<u8> {
        let mut taken = vec![0; bytes.min(self.on_the_wire())];
        if !taken.is_empty() {
            // SAFETY: a live BIO and a buffer of that length.
            let got = unsafe { (self.host.bio_read)(self.far, taken.as_mut_ptr().cast(), taken.len() as c_int) };
            taken.truncate(got.max(0) as usize);
        }
        taken
    }

    /// Gives bytes to be read.
    ///
    /// # Panics
    /// When they do not fit, which is a mistake of this program.
    pub fn give(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            // SAFETY: a live BIO and a buffer of that length.
            let given =
                unsafe { (self.host.bio_write)(self.far, bytes.as_ptr().cast_mut().cast(), bytes.len() as c_int) };
            assert_eq!(given as usize, bytes.len(), "the pipe to the other end is full");
        }
    }

    /// Makes every later write to the transport fail.
    pub fn break_transport(&mut self) {
        Host::ctrl(Some(self.host.bio_ctrl), self.near, BIO_SHUTDOWN_WR, 0);
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        // SAFETY: made in `new`, freed once, the far end after the near one that belongs to the connection.
        unsafe {
            (self.host.ssl_free)(self.raw);
            if !self.far.is_null() {
                (self.host.bio_free)(self.far);
            }
        }
    }
}
