//! Certificates and keys from files and DER.

use super::{assign, chain};
use crate::crypto::file::{File, Password, key_of_rsa, rsa_from_der};
use crate::crypto::key::Key;
use crate::crypto::object::Owned;
use crate::crypto::store::{clear_errors, last_error};
use crate::crypto::x509::Certificate;
use crate::error::{self, Reason};
use crate::handle::Handle;
use libc::c_int;
use openssl_sys::RSA;
use std::ffi::CStr;

/// `SSL_FILETYPE_PEM` or `SSL_FILETYPE_ASN1`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Pem,
    Der,
}

impl Format {
    fn from_number(number: c_int) -> Option<Self> {
        match number {
            1 => Some(Format::Pem),
            2 => Some(Format::Der),
            _ => None,
        }
    }

    fn reason(self) -> Reason {
        match self {
            Format::Pem => Reason::PEM_LIB,
            Format::Der => Reason::ASN1_LIB,
        }
    }
}

/// Opens a file and reads one object of it, with OpenSSL's reasons in the queue where that fails.
fn read<T>(path: &CStr, format: c_int, read: impl FnOnce(&mut File, Format) -> Option<T>) -> Option<T> {
    let Some(mut file) = File::open(path) else {
        error::put(Reason::SYS_LIB);
        return None;
    };
    let Some(format) = Format::from_number(format) else {
        error::put(Reason::BAD_SSL_FILETYPE);
        return None;
    };
    let object = read(&mut file, format);
    if object.is_none() {
        error::put(format.reason());
    }
    object
}

fn password(handle: &impl Handle) -> Password {
    handle.settings().verification.password
}

/// `SSL_CTX_use_certificate_file`.
pub fn certificate_file(handle: &impl Handle, path: &CStr, format: c_int) -> bool {
    let password = password(handle);
    let certificate = read(path, format, |file, format| match format {
        Format::Pem => file.certificate(password),
        Format::Der => file.certificate_der(),
    });
    certificate.is_some_and(|certificate| assign::use_certificate(handle, &certificate))
}

/// `SSL_CTX_use_certificate_ASN1`.
pub fn certificate_der(handle: &impl Handle, der: &[u8]) -> bool {
    match Certificate::from_der(der) {
        Some(certificate) => assign::use_certificate(handle, &certificate),
        None => {
            error::put(Reason::ASN1_LIB);
            false
        }
    }
}

/// `SSL_CTX_use_certificate_chain_file`: the certificate, then what is to be sent after it.
pub fn chain_file(handle: &impl Handle, path: &CStr) -> bool {
    let password = password(handle);
    clear_errors();
    let Some(mut file) = File::open(path) else {
        error::put(Reason::SYS_LIB);
        return false;
    };
    let Some(certificate) = file.trusted_certificate(password) else {
        error::put(Reason::PEM_LIB);
        return false;
    };
    if !assign::use_certificate(handle, &certificate) || last_error() != 0 || chain::replace(handle, None).is_err() {
        return false;
    }
    while let Some(authority) = file.certificate(password) {
        if chain::add(handle, authority).is_err() {
            return false;
        }
    }
    // The end of the file is no failure.
    let at_end = error::is_no_start_line(last_error());
    if at_end {
        clear_errors();
    }
    at_end
}

/// `SSL_CTX_use_PrivateKey_file`.
pub fn key_file(handle: &impl Handle, path: &CStr, format: c_int) -> bool {
    let password = password(handle);
    let key = read(path, format, |file, format| match format {
        Format::Pem => file.key(password),
        Format::Der => file.key_der(),
    });
    key.is_some_and(|key| assign::use_key(handle, &key))
}

/// `SSL_CTX_use_PrivateKey_ASN1`.
pub fn key_der(handle: &impl Handle, kind: c_int, der: &[u8]) -> bool {
    match Key::from_der(kind, der) {
        Some(key) => assign::use_key(handle, &key),
        None => {
            error::put(Reason::ASN1_LIB);
            false
        }
    }
}

/// `SSL_CTX_use_RSAPrivateKey`.
///
/// # Safety
/// `rsa` is alive.
pub unsafe fn rsa_key(handle: &impl Handle, rsa: *mut RSA) -> bool {
    // SAFETY: the caller's promise.
    match unsafe { key_of_rsa(rsa) } {
        Some(key) => assign::use_key(handle, &key),
        None => {
            error::put(Reason::EVP_LIB);
            false
        }
    }
}

fn own_rsa_key(handle: &impl Handle, rsa: &Owned<RSA>) -> bool {
    // SAFETY: alive for as long as `rsa` is.
    unsafe { rsa_key(handle, rsa.as_ptr()) }
}

/// `SSL_CTX_use_RSAPrivateKey_file`.
pub fn rsa_key_file(handle: &impl Handle, path: &CStr, format: c_int) -> bool {
    let password = password(handle);
    let key = read(path, format, |file, format| match format {
        Format::Pem => file.rsa_key(password),
        Format::Der => file.rsa_key_der(),
    });
    key.is_some_and(|key| own_rsa_key(handle, &key))
}

/// `SSL_CTX_use_RSAPrivateKey_ASN1`.
pub fn rsa_key_der(handle: &impl Handle, der: &[u8]) -> bool {
    match rsa_from_der(der) {
        Some(key) => own_rsa_key(handle, &key),
        None => {
            error::put(Reason::ASN1_LIB);
            false
        }
    }
}
