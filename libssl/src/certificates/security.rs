//! Security levels: which keys and digests are too weak (SSL_CTX_set_security_level(3)).

use crate::context::Context;
use crate::crypto::x509::Certificate;
use crate::error::Reason;
use crate::handle::Handle;
use crate::ssl::Ssl;
use libc::{c_int, c_void};

/// `SSL_CTX_set_security_callback`'s callback: connection or context, operation, bits, number, object, data.
pub type SecurityCallback =
    unsafe extern "C" fn(*const Ssl, *const Context, c_int, c_int, c_int, *mut c_void, *mut c_void) -> c_int;

/// The level that Debian's OpenSSL 3.0 has for TLS where the program sets none.
const DEFAULT_LEVEL: c_int = 2;

/// Bits of security that each level asks for (SSL_CTX_set_security_level(3)).
const BITS: [c_int; 6] = [0, 80, 112, 128, 192, 256];

/// What is asked about (`SSL_SECOP_…`).
pub mod operation {
    use libc::c_int;
    /// A protocol version.
    pub const VERSION: c_int = 9;
    /// Session tickets.
    pub const TICKET: c_int = 10;
    /// A temporary DH key.
    pub const TEMPORARY_DH: c_int = 7 | 4 << 16;
    /// The key of an end entity's certificate.
    pub const EE_KEY: c_int = 16 | 6 << 16;
    /// The key of an authority's certificate.
    pub const CA_KEY: c_int = 17 | 6 << 16;
    /// The digest of a certificate's signature.
    pub const CA_DIGEST: c_int = 18 | 6 << 16;
}

/// The level, and who decides about it.
#[derive(Clone, Copy)]
pub struct Security {
    /// From 0; above 5 counts as 5.
    pub level: c_int,
    /// Who decides.
    pub callback: Option<SecurityCallback>,
    /// What the callback is handed last.
    pub data: *mut c_void,
}

// SAFETY: the data are the program's, which shares them with the threads that it makes connections in.
unsafe impl Send for Security {}
// SAFETY: as above.
unsafe impl Sync for Security {}

impl Default for Security {
    fn default() -> Self {
        Security { level: DEFAULT_LEVEL, callback: Some(default_callback), data: std::ptr::null_mut() }
    }
}

impl Security {
    #[allow(clippy::not_unsafe_ptr_arg_deref, reason = "the object is only handed on")]
    /// Decides, for a handle that has these settings.
    pub fn allows(
        &self,
        handle: &impl Handle,
        operation: c_int,
        bits: c_int,
        number: c_int,
        object: *mut c_void,
    ) -> bool {
        let (ssl, context) = handle.pointers();
        // SAFETY: the handle lives for as long as the call; the object is what OpenSSL documents for the operation.
        self.callback.is_none_or(|ask| unsafe { ask(ssl, context, operation, bits, number, object, self.data) != 0 })
    }

    /// Judges a certificate's key and signature, of an end entity or an authority.
    ///
    /// # Errors
    /// What is too weak.
    pub fn check(&self, handle: &impl Handle, certificate: &Certificate, end_entity: bool) -> Result<(), Reason> {
        let object = certificate.as_ptr().cast();
        let (operation, weak) = match end_entity {
            true => (operation::EE_KEY, Reason::EE_KEY_TOO_SMALL),
            false => (operation::CA_KEY, Reason::CA_KEY_TOO_SMALL),
        };
        let bits = certificate.public_key().map_or(-1, |key| key.security_bits());
        if !self.allows(handle, operation, bits, 0, object) {
            return Err(weak);
        }
        // Nobody relies on a root's own signature.
        if certificate.is_self_signed() {
            return Ok(());
        }
        let (bits, number) = certificate.signature_strength();
        match self.allows(handle, operation::CA_DIGEST, bits, number, object) {
            true => Ok(()),
            false => Err(Reason::CA_MD_TOO_WEAK),
        }
    }
}

/// What decides where the program does not: the level of the connection or of the context.
///
/// # Safety
/// One of the handles is not NULL, and alive.
unsafe extern "C" fn default_callback(
    ssl: *const Ssl,
    context: *const Context,
    operation: c_int,
    bits: c_int,
    number: c_int,
    _object: *mut c_void,
    _data: *mut c_void,
) -> c_int {
    /// `TLS1_1_VERSION`.
    const TLS_1_1: c_int = 0x302;
    // SAFETY: the caller's promise.
    let settings = unsafe {
        match (context.as_ref(), ssl.as_ref()) {
            (Some(context), _) => context.settings(),
            (None, Some(ssl)) => ssl.settings(),
            (None, None) => return 0,
        }
    };
    let level = settings.certificates.security.level.clamp(0, 5);
    let allowed = match operation {
        // Not even where everything else goes.
        operation::TEMPORARY_DH if level == 0 => bits >= BITS[1],
        _ if level == 0 => true,
        operation::VERSION => number > TLS_1_1,
        operation::TICKET => level < 3,
        _ => bits >= BITS[level as usize],
    };
    allowed.into()
}
