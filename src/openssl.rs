//! libssl's types and functions as C declares them. Nothing behind the opaque types is ever read.

use libc::{c_char, c_int, c_long, c_void, size_t};

/// `SSL_CTX`.
#[allow(non_camel_case_types, reason = "C's name, for the header")]
#[repr(C)]
pub struct ssl_ctx_st {
    _private: [u8; 0],
}

/// `SSL`.
#[allow(non_camel_case_types, reason = "C's name, for the header")]
#[repr(C)]
pub struct ssl_st {
    _private: [u8; 0],
}

/// `BIO`.
#[allow(non_camel_case_types, reason = "C's name, as its neighbours have theirs")]
#[repr(C)]
pub struct bio_st {
    _private: [u8; 0],
}

/// `BIO_callback_fn`: the BIO, the operation, its arguments, and what it is about to return.
pub type Callback = unsafe extern "C-unwind" fn(*mut bio_st, c_int, *const c_char, c_int, c_long, c_long) -> c_long;
/// `BIO_callback_fn_ex` of 1.1.1 and later.
pub type CallbackEx =
    unsafe extern "C-unwind" fn(*mut bio_st, c_int, *const c_char, size_t, c_int, c_long, c_int, *mut size_t) -> c_long;

/// `SSL_CTX_ctrl` and `SSL_ctrl`.
pub type Ctrl<T> = unsafe extern "C-unwind" fn(*mut T, c_int, c_long, *mut c_void) -> c_long;

/// `SSL_CTRL_MODE`: adds the bits of the `long`, which may be 0, and answers the mask in force.
pub const CTRL_MODE: c_int = 33;
/// `SSL_CTRL_CLEAR_MODE`: takes the bits away and answers the mask in force.
pub const CTRL_CLEAR_MODE: c_int = 78;

/// A handle that has modes.
#[derive(Clone, Copy)]
pub enum Handle {
    /// `SSL_CTX *`
    Context(*mut ssl_ctx_st),
    /// `SSL *`
    Connection(*mut ssl_st),
}

impl Handle {
    /// Its address, by which handles are told apart.
    #[inline]
    pub fn address(self) -> usize {
        match self {
            Handle::Context(ctx) => ctx.addr(),
            Handle::Connection(ssl) => ssl.addr(),
        }
    }
}

/// What a mode call asks.
#[derive(Clone, Copy)]
pub enum ModeCall {
    /// Add these bits.
    Set(c_long),
    /// Take these bits away.
    Clear(c_long),
    /// Only answer.
    Get,
}

impl ModeCall {
    /// The mode call that a control command is, if it is one. `SSL_CTX_get_mode` is a macro for "set 0".
    pub fn of_command(command: c_int, mask: c_long) -> Option<ModeCall> {
        match command {
            CTRL_MODE if mask == 0 => Some(ModeCall::Get),
            CTRL_MODE => Some(ModeCall::Set(mask)),
            CTRL_CLEAR_MODE => Some(ModeCall::Clear(mask)),
            _ => None,
        }
    }

    /// The function's name, as the manual page has it.
    pub fn name(self, handle: Handle) -> &'static str {
        match (handle, self) {
            (Handle::Context(_), ModeCall::Set(_)) => "SSL_CTX_set_mode",
            (Handle::Context(_), ModeCall::Clear(_)) => "SSL_CTX_clear_mode",
            (Handle::Context(_), ModeCall::Get) => "SSL_CTX_get_mode",
            (Handle::Connection(_), ModeCall::Set(_)) => "SSL_set_mode",
            (Handle::Connection(_), ModeCall::Clear(_)) => "SSL_clear_mode",
            (Handle::Connection(_), ModeCall::Get) => "SSL_get_mode",
        }
    }
}
