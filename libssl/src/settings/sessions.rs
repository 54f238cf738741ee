//! How sessions are kept.

use libc::c_long;

/// `SSL_SESS_CACHE_…`.
pub mod cache {
    /// `SSL_SESS_CACHE_CLIENT`.
    pub const CLIENT: u32 = 1;
    /// `SSL_SESS_CACHE_SERVER`.
    pub const SERVER: u32 = 2;
    /// `SSL_SESS_CACHE_NO_INTERNAL_LOOKUP`.
    pub const NO_INTERNAL_LOOKUP: u32 = 0x100;
    /// `SSL_SESS_CACHE_NO_INTERNAL_STORE`.
    pub const NO_INTERNAL_STORE: u32 = 0x200;
}

/// The longest session id, and the longest session id context, in bytes.
pub const MAX_ID: usize = 32;

/// A few bytes without an allocation: a session id, a session id context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Id {
    bytes: [u8; MAX_ID],
    length: u8,
}

impl Id {
    /// None where there are more than [`MAX_ID`] bytes.
    pub fn new(bytes: &[u8]) -> Option<Id> {
        let mut id = Id { length: u8::try_from(bytes.len()).ok()?, ..Id::default() };
        id.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(id)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length.into()]
    }
}

/// See the module.
#[derive(Clone)]
pub struct SessionSettings {
    /// `SSL_SESS_CACHE_…`.
    pub mode: u32,
    /// How many sessions a context keeps; 0 is any number.
    pub size: c_long,
    /// How long a new session can be resumed, in seconds.
    pub timeout: c_long,
    /// What a server's sessions are good for: they are resumed in this context alone.
    pub id_context: Id,
}

impl Default for SessionSettings {
    fn default() -> Self {
        SessionSettings { mode: cache::SERVER, size: 20480, timeout: 7200, id_context: Id::default() }
    }
}
