//! Private and public keys, and signing with them.

use super::object::{Counted, Object, Owned};
use libc::{c_char, c_int, c_long, c_uchar, c_void};
use openssl_sys::{self as ffi, EVP_PKEY};
use std::ffi::CStr;
use std::ptr::{null, null_mut};

/// `EVP_PKEY`.
pub type Key = Owned<EVP_PKEY>;

unsafe extern "C" {
    fn EVP_PKEY_can_sign(key: *const EVP_PKEY) -> c_int;
    fn EVP_PKEY_missing_parameters(key: *const EVP_PKEY) -> c_int;
    fn EVP_PKEY_get_group_name(key: *const EVP_PKEY, name: *mut c_char, size: usize, length: *mut usize) -> c_int;
    fn EVP_DigestSignInit_ex(
        ctx: *mut ffi::EVP_MD_CTX,
        pkey_ctx: *mut *mut ffi::EVP_PKEY_CTX,
        digest: *const c_char,
        libctx: *mut c_void,
        properties: *const c_char,
        key: *mut EVP_PKEY,
        params: *const c_void,
    ) -> c_int;
    fn d2i_PrivateKey(kind: c_int, key: *mut *mut EVP_PKEY, at: *mut *const c_uchar, length: c_long) -> *mut EVP_PKEY;
}

// SAFETY: the count is atomic, and keys have locks for what they cache.
unsafe impl Object for EVP_PKEY {
    unsafe fn free(object: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { ffi::EVP_PKEY_free(object) }
    }
}

// SAFETY: the count is EVP_PKEY_free's.
unsafe impl Counted for EVP_PKEY {
    unsafe fn up_ref(object: *mut Self) -> bool {
        // SAFETY: the caller's promise.
        unsafe { ffi::EVP_PKEY_up_ref(object) == 1 }
    }
}

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The digest; None where the algorithm has its own.
    pub digest: Option<&'static CStr>,
    /// RSASSA-PSS with a salt as long as the digest (RFC 8446 4.2.3).
    pub pss: bool,
}

impl Key {
    /// Reads a private key of this kind (`EVP_PKEY_RSA`, …) from DER; None with the reason in the queue.
    pub fn from_der(kind: c_int, der: &[u8]) -> Option<Self> {
        let mut at = der.as_ptr();
        let length = der.len().try_into().ok()?;
        // SAFETY: the length is that of the bytes; a new object is the caller's.
        unsafe { Self::from_raw(d2i_PrivateKey(kind, null_mut(), &mut at, length)) }
    }

    /// It is a key for the algorithm of this name.
    pub fn is_a(&self, name: &CStr) -> bool {
        // SAFETY: the key is alive.
        unsafe { ffi::EVP_PKEY_is_a(self.as_ptr(), name.as_ptr()) == 1 }
    }

    /// The algorithm can sign.
    pub fn can_sign(&self) -> bool {
        // SAFETY: the key is alive.
        unsafe { EVP_PKEY_can_sign(self.as_ptr()) == 1 }
    }

    /// Bits of security.
    pub fn security_bits(&self) -> c_int {
        // SAFETY: the key is alive.
        unsafe { ffi::EVP_PKEY_get_security_bits(self.as_ptr()) }
    }

    /// Bytes of the longest signature.
    pub fn size(&self) -> usize {
        // SAFETY: the key is alive.
        unsafe { ffi::EVP_PKEY_get_size(self.as_ptr()) }.max(0) as usize
    }

    /// The parameters of its algorithm are missing.
    pub fn lacks_parameters(&self) -> bool {
        // SAFETY: the key is alive.
        unsafe { EVP_PKEY_missing_parameters(self.as_ptr()) != 0 }
    }

    /// Takes the parameters from `other`; false with the reason in the queue.
    pub fn copy_parameters(&self, other: &Key) -> bool {
        // SAFETY: both are alive.
        unsafe { ffi::EVP_PKEY_copy_parameters(self.as_ptr(), other.as_ptr()) == 1 }
    }

    /// Both have the same public part.
    pub fn equals(&self, other: &Key) -> bool {
        // SAFETY: both are alive.
        unsafe { ffi::EVP_PKEY_eq(self.as_ptr(), other.as_ptr()) == 1 }
    }

    /// The name of its group, where it has one.
    pub fn group(&self) -> Option<String> {
        let mut name = [0u8; 80];
        let mut length = 0;
        // SAFETY: the size is that of the buffer.
        let found =
            unsafe { EVP_PKEY_get_group_name(self.as_ptr(), name.as_mut_ptr().cast(), name.len(), &mut length) == 1 };
        found.then(|| String::from_utf8_lossy(&name[..length.min(name.len())]).into_owned())
    }

    /// Signs; None with the reason in the queue.
    pub fn sign(&self, how: Signature, message: &[u8]) -> Option<Vec<u8>> {
        // SAFETY: a new object is the caller's.
        let ctx = unsafe { Owned::from_raw(ffi::EVP_MD_CTX_new()) }?;
        let mut pkey_ctx = null_mut();
        let digest = how.digest.map_or(null(), CStr::as_ptr);
        // SAFETY: all are alive; the context of the key belongs to that of the digest.
        unsafe {
            let begun =
                EVP_DigestSignInit_ex(ctx.as_ptr(), &mut pkey_ctx, digest, null_mut(), null(), self.as_ptr(), null());
            if begun != 1 || how.pss && !set_pss(pkey_ctx) {
                return None;
            }
        }
        let mut length = 0;
        let sign = |into: *mut c_uchar, length: &mut usize| {
            // SAFETY: `into` is NULL, which asks for the length, or has room for `length`.
            unsafe { ffi::EVP_DigestSign(ctx.as_ptr(), into, length, message.as_ptr(), message.len()) == 1 }
        };
        if !sign(null_mut(), &mut length) {
            return None;
        }
        let mut signature = vec![0; length];
        if !sign(signature.as_mut_ptr(), &mut length) {
            return None;
        }
        signature.truncate(length);
        Some(signature)
    }
}

/// # Safety
/// `ctx` is alive and begun with an RSA key.
unsafe fn set_pss(ctx: *mut ffi::EVP_PKEY_CTX) -> bool {
    /// `RSA_PSS_SALTLEN_DIGEST`.
    const AS_LONG_AS_THE_DIGEST: c_int = -1;
    // SAFETY: the caller's promise.
    unsafe {
        ffi::EVP_PKEY_CTX_set_rsa_padding(ctx, ffi::RSA_PKCS1_PSS_PADDING) > 0
            && ffi::EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, AS_LONG_AS_THE_DIGEST) > 0
    }
}

// SAFETY: a context is used by one thread at a time.
unsafe impl Object for ffi::EVP_MD_CTX {
    unsafe fn free(object: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { ffi::EVP_MD_CTX_free(object) }
    }
}
