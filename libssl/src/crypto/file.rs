//! Certificates and keys from files, PEM or DER, with the program's password callback.

use super::key::Key;
use super::object::{Object, Owned};
use super::x509::Certificate;
use libc::{c_char, c_int, c_long, c_void};
use openssl_sys::{self as ffi, BIO, EVP_PKEY, RSA, X509, pem_password_cb};
use std::ffi::CStr;
use std::ptr::null_mut;

/// `SSL_CTX_set_default_passwd_cb` and its user data.
#[derive(Clone, Copy)]
pub struct Password {
    /// Asked for a password; None leaves it to libcrypto, which asks at the terminal.
    pub callback: pem_password_cb,
    /// Handed to the callback; without one the password itself.
    pub user_data: *mut c_void,
}

// SAFETY: the data are the program's, and it says with which threads it shares them.
unsafe impl Send for Password {}
// SAFETY: as above.
unsafe impl Sync for Password {}

impl Default for Password {
    fn default() -> Self {
        Password { callback: None, user_data: null_mut() }
    }
}

unsafe extern "C" {
    fn BIO_ctrl(bio: *mut BIO, command: c_int, argument: c_long, pointer: *mut c_void) -> c_long;
    fn BIO_s_file() -> *const ffi::BIO_METHOD;
    fn d2i_X509_bio(bio: *mut BIO, certificate: *mut *mut X509) -> *mut X509;
    fn d2i_PrivateKey_bio(bio: *mut BIO, key: *mut *mut EVP_PKEY) -> *mut EVP_PKEY;
    fn d2i_RSAPrivateKey_bio(bio: *mut BIO, key: *mut *mut RSA) -> *mut RSA;
    fn PEM_read_bio_X509_AUX(
        bio: *mut BIO,
        certificate: *mut *mut X509,
        callback: pem_password_cb,
        user_data: *mut c_void,
    ) -> *mut X509;
}

// SAFETY: used by one thread at a time.
unsafe impl Object for BIO {
    unsafe fn free(object: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { ffi::BIO_free_all(object) }
    }
}

/// A file open for reading.
pub struct File(Owned<BIO>);

impl File {
    /// Opens it; None with libcrypto's reasons in the queue.
    pub fn open(path: &CStr) -> Option<Self> {
        /// `BIO_C_SET_FILENAME`.
        const SET_FILENAME: c_int = 108;
        /// `BIO_CLOSE | BIO_FP_READ`.
        const CLOSE_AND_READ: c_long = 1 | 2;
        // SAFETY: a new object is ours; the name is only read.
        unsafe {
            let file = File(Owned::from_raw(ffi::BIO_new(BIO_s_file()))?);
            let opened =
                BIO_ctrl(file.0.as_ptr(), SET_FILENAME, CLOSE_AND_READ, path.as_ptr() as *mut c_char as *mut c_void);
            (opened > 0).then_some(file)
        }
    }

    /// The next certificate in PEM.
    pub fn certificate(&mut self, password: Password) -> Option<Certificate> {
        let (callback, data) = (password.callback, password.user_data);
        // SAFETY: the file is open; a new object is the caller's; the data are what the callback expects.
        unsafe { Certificate::from_raw(ffi::PEM_read_bio_X509(self.0.as_ptr(), null_mut(), callback, data)) }
    }

    /// The next certificate in PEM, with what is trusted about it.
    pub fn trusted_certificate(&mut self, password: Password) -> Option<Certificate> {
        let (callback, data) = (password.callback, password.user_data);
        // SAFETY: as for `certificate`.
        unsafe { Certificate::from_raw(PEM_read_bio_X509_AUX(self.0.as_ptr(), null_mut(), callback, data)) }
    }

    /// A certificate in DER.
    pub fn certificate_der(&mut self) -> Option<Certificate> {
        // SAFETY: as for `certificate`.
        unsafe { Certificate::from_raw(d2i_X509_bio(self.0.as_ptr(), null_mut())) }
    }

    /// The next private key in PEM.
    pub fn key(&mut self, password: Password) -> Option<Key> {
        let (callback, data) = (password.callback, password.user_data);
        // SAFETY: as for `certificate`.
        unsafe { Key::from_raw(ffi::PEM_read_bio_PrivateKey(self.0.as_ptr(), null_mut(), callback, data)) }
    }

    /// A private key in DER.
    pub fn key_der(&mut self) -> Option<Key> {
        // SAFETY: as for `certificate`.
        unsafe { Key::from_raw(d2i_PrivateKey_bio(self.0.as_ptr(), null_mut())) }
    }

    /// The next RSA key in PEM.
    pub fn rsa_key(&mut self, password: Password) -> Option<Owned<RSA>> {
        let (callback, data) = (password.callback, password.user_data);
        // SAFETY: as for `certificate`.
        unsafe { Owned::from_raw(ffi::PEM_read_bio_RSAPrivateKey(self.0.as_ptr(), null_mut(), callback, data)) }
    }

    /// An RSA key in DER.
    pub fn rsa_key_der(&mut self) -> Option<Owned<RSA>> {
        // SAFETY: as for `certificate`.
        unsafe { Owned::from_raw(d2i_RSAPrivateKey_bio(self.0.as_ptr(), null_mut())) }
    }
}

// SAFETY: the count is atomic, and the key has a lock.
unsafe impl Object for RSA {
    unsafe fn free(object: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { ffi::RSA_free(object) }
    }
}

/// An `EVP_PKEY` of an RSA key, which it shares.
///
/// # Safety
/// `rsa` is alive.
pub unsafe fn key_of_rsa(rsa: *mut RSA) -> Option<Key> {
    // SAFETY: a new object is ours; set1 adds the reference that it keeps.
    unsafe {
        let key = Key::from_raw(ffi::EVP_PKEY_new())?;
        (ffi::EVP_PKEY_set1_RSA(key.as_ptr(), rsa) == 1).then_some(key)
    }
}

/// Reads an RSA key in DER.
pub fn rsa_from_der(der: &[u8]) -> Option<Owned<RSA>> {
    let mut at = der.as_ptr();
    let length = der.len().try_into().ok()?;
    // SAFETY: the length is that of the bytes; a new object is the caller's.
    unsafe { Owned::from_raw(ffi::d2i_RSAPrivateKey(null_mut(), &mut at, length)) }
}
