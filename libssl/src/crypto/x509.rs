//! Certificates and names.

use super::key::Key;
use super::object::{Counted, Object, Owned, Stack};
use libc::{c_int, c_uchar};
use openssl_sys::{self as ffi, X509, X509_NAME};

/// `X509`.
pub type Certificate = Owned<X509>;
/// `X509_NAME`.
pub type Name = Owned<X509_NAME>;
/// `STACK_OF(X509)`.
pub type Certificates = Stack<X509>;
/// `STACK_OF(X509_NAME)`.
pub type Names = Stack<X509_NAME>;

/// `EXFLAG_SS`: the issuer is the subject, and the signature may be its own.
const SELF_ISSUED_AND_SIGNED: u32 = 0x2000;

unsafe extern "C" {
    fn X509_get_signature_info(
        certificate: *mut X509,
        digest: *mut c_int,
        key: *mut c_int,
        bits: *mut c_int,
        flags: *mut u32,
    ) -> c_int;
    fn X509_get0_pubkey(certificate: *const X509) -> *mut ffi::EVP_PKEY;
    fn X509_check_private_key(certificate: *const X509, key: *const ffi::EVP_PKEY) -> c_int;
    fn X509_cmp(a: *const X509, b: *const X509) -> c_int;
}

// SAFETY: the count is atomic, and what changes within (the cached encoding) has a lock of its own.
unsafe impl Object for X509 {
    unsafe fn free(object: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { ffi::X509_free(object) }
    }
}

// SAFETY: the count is X509_free's.
unsafe impl Counted for X509 {
    unsafe fn up_ref(object: *mut Self) -> bool {
        // SAFETY: the caller's promise.
        unsafe { ffi::X509_up_ref(object) == 1 }
    }
}

// SAFETY: a name is not changed once it is in a list.
unsafe impl Object for X509_NAME {
    unsafe fn free(object: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { ffi::X509_NAME_free(object) }
    }
}

impl Certificate {
    /// Reads DER; None where it is no certificate. Bytes may follow it.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let mut at: *const c_uchar = der.as_ptr();
        // SAFETY: the length is that of the bytes; a new object is the caller's.
        unsafe { Self::from_raw(ffi::d2i_X509(std::ptr::null_mut(), &mut at, der.len().try_into().ok()?)) }
    }

    /// The certificate as DER.
    pub fn der(&self) -> Vec<u8> {
        // SAFETY: the certificate is alive.
        unsafe { der(self.as_ptr()) }
    }

    /// The public key; None where it cannot be read, with the reason in the queue.
    pub fn public_key(&self) -> Option<Key> {
        // SAFETY: the certificate is alive, and so is the key that it holds.
        unsafe { Key::share(X509_get0_pubkey(self.as_ptr())) }
    }

    /// The key is this certificate's; where it is not, the reason is in the queue.
    pub fn fits(&self, key: &Key) -> bool {
        // SAFETY: both are alive.
        unsafe { X509_check_private_key(self.as_ptr(), key.as_ptr()) == 1 }
    }

    /// The two say the same.
    pub fn equals(&self, other: &Certificate) -> bool {
        // SAFETY: both are alive.
        unsafe { X509_cmp(self.as_ptr(), other.as_ptr()) == 0 }
    }

    /// It is its own issuer's.
    pub fn is_self_signed(&self) -> bool {
        // SAFETY: the certificate is alive.
        unsafe { ffi::X509_get_extension_flags(self.as_ptr()) & SELF_ISSUED_AND_SIGNED != 0 }
    }

    /// Bits of security of the signature (-1 where they are not known), and the digest's number, or the signature's
    /// where it has none of its own.
    pub fn signature_strength(&self) -> (c_int, c_int) {
        let (mut digest, mut key, mut bits) = (0, 0, -1);
        // SAFETY: the certificate is alive; the flags may be NULL.
        let known = unsafe {
            X509_get_signature_info(self.as_ptr(), &mut digest, &mut key, &mut bits, std::ptr::null_mut()) == 1
        };
        (if known { bits } else { -1 }, if digest == 0 { key } else { digest })
    }

    /// A copy of the subject's name.
    pub fn subject(&self) -> Option<Name> {
        // SAFETY: the certificate is alive, and so is the name that it holds.
        unsafe { Name::copy(ffi::X509_get_subject_name(self.as_ptr())) }
    }
}

/// A certificate as DER.
///
/// # Safety
/// `certificate` is alive.
pub unsafe fn der(certificate: *mut X509) -> Vec<u8> {
    // SAFETY: alive; asked twice, for the length and for the bytes.
    unsafe { encode(|at| ffi::i2d_X509(certificate, at)) }
}

fn encode(mut write: impl FnMut(*mut *mut c_uchar) -> c_int) -> Vec<u8> {
    let length = write(std::ptr::null_mut()).max(0) as usize;
    let mut bytes = vec![0; length];
    let mut at = bytes.as_mut_ptr();
    let written = write(&mut at).max(0) as usize;
    assert!(written <= length, "an object changed while it was encoded");
    bytes.truncate(written);
    bytes
}

impl Name {
    /// A copy; None for NULL.
    ///
    /// # Safety
    /// `name` is NULL or alive.
    pub unsafe fn copy(name: *mut X509_NAME) -> Option<Self> {
        if name.is_null() {
            return None;
        }
        // SAFETY: alive; the copy is the caller's.
        unsafe { Self::from_raw(ffi::X509_NAME_dup(name)) }
    }

    /// Reads DER.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let mut at: *const c_uchar = der.as_ptr();
        let length = der.len().try_into().ok()?;
        // SAFETY: the length is that of the bytes; a new object is the caller's.
        unsafe { Self::from_raw(d2i_X509_NAME(std::ptr::null_mut(), &mut at, length)) }
    }

    /// The name as DER.
    pub fn der(&self) -> Vec<u8> {
        // SAFETY: the name is alive.
        unsafe { name_der(self.as_ptr()) }
    }
}

/// A name as DER.
///
/// # Safety
/// `name` is alive.
pub unsafe fn name_der(name: *mut X509_NAME) -> Vec<u8> {
    // SAFETY: alive; asked twice, for the length and for the bytes.
    unsafe { encode(|at| ffi::i2d_X509_NAME(name, at)) }
}

unsafe extern "C" {
    fn d2i_X509_NAME(name: *mut *mut X509_NAME, at: *mut *const c_uchar, length: libc::c_long) -> *mut X509_NAME;
}

impl Certificates {
    /// The certificates, with a reference more to each.
    pub fn certificates(&self) -> impl Iterator<Item = Certificate> {
        // SAFETY: the stack holds them.
        self.iter().filter_map(|certificate| unsafe { Certificate::share(certificate) })
    }
}

impl Names {
    /// A list of copies.
    pub fn copy(&self) -> Self {
        // SAFETY: the list holds the names.
        unsafe { copy_names(self.as_ptr()) }.expect("memory for names")
    }
}

/// A list of copies; None where there is no memory.
///
/// # Safety
/// `names` is NULL, which is an empty list, or a `STACK_OF(X509_NAME)`.
pub unsafe fn copy_names(names: *mut ffi::OPENSSL_STACK) -> Option<Names> {
    let mut copy = Names::new();
    // SAFETY: the caller's promise; what is read is never freed here.
    if let Some(names) = unsafe { Names::from_raw(names) }.map(std::mem::ManuallyDrop::new) {
        for name in names.iter() {
            // SAFETY: the list holds the names.
            copy.push(unsafe { Name::copy(name) }?);
        }
    }
    Some(copy)
}
