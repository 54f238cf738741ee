//! What carries a connection's bytes: BIOs and descriptors.

use crate::boundary::on_ssl;
use crate::crypto::bio::Bio;
use crate::error::{self, Reason};
use crate::ssl::Ssl;
use libc::c_int;
use openssl_sys::BIO;
use std::ptr::null_mut;

/// Gives the connection its BIOs; NULL takes one away. It takes over one reference to each BIO that is new to it, or
/// one in all where both are the same. A BIO that it has already is not counted again, with one exception, which is
/// OpenSSL's too: where the writing BIO stays and was also the reading one, its reference is taken over as well
/// (`SSL_set_bio(3)`).
///
/// # Safety
/// `ssl` holds a reference; `rbio` and `wbio` are NULL or BIOs whose references the caller gives away as told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set_bio(ssl: Option<&Ssl>, rbio: *mut BIO, wbio: *mut BIO) {
    let pointer = |bio: &Option<Bio>| bio.as_ref().map_or(null_mut(), Bio::as_ptr);
    // SAFETY: the caller's promises are those of this function.
    unsafe {
        on_ssl(ssl, (), |ssl| {
            let (had_rbio, had_wbio) = (pointer(&ssl.rbio()), pointer(&ssl.wbio()));
            if rbio == had_rbio && wbio == had_wbio {
                return;
            }
            let reader = Bio::adopt(rbio);
            // One reference was given for both.
            let shared = if rbio == wbio { reader.as_ref().map(Bio::share) } else { Bio::adopt(wbio) };
            if rbio == had_rbio {
                // The reader stays; the reference to it was not the caller's to give, but where it was given twice.
                if rbio != wbio {
                    std::mem::forget(reader);
                }
                ssl.set_wbio(shared);
            } else if wbio == had_wbio && had_rbio != had_wbio {
                if rbio != wbio {
                    std::mem::forget(shared);
                }
                ssl.set_rbio(reader);
            } else {
                ssl.set_rbio(reader);
                ssl.set_wbio(shared);
            }
        });
    }
}

/// Gives the connection the BIO that it reads from, with the caller's reference; NULL takes it away.
///
/// # Safety
/// `ssl` holds a reference; `rbio` is NULL or a BIO whose reference the caller gives away.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_rbio(ssl: Option<&Ssl>, rbio: *mut BIO) {
    // SAFETY: the caller's promises are those of this function.
    unsafe { on_ssl(ssl, (), |ssl| ssl.set_rbio(Bio::adopt(rbio))) }
}

/// As [`SSL_set0_rbio`], for the BIO that it writes to.
///
/// # Safety
/// As for [`SSL_set0_rbio`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_set0_wbio(ssl: Option<&Ssl>, wbio: *mut BIO) {
    // SAFETY: the caller's promises are those of this function.
    unsafe { on_ssl(ssl, (), |ssl| ssl.set_wbio(Bio::adopt(wbio))) }
}

/// The BIO that the connection reads from, without a reference, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_rbio(ssl: Option<&Ssl>) -> *mut BIO {
    on_ssl(ssl, null_mut(), |ssl| ssl.rbio().map_or(null_mut(), |bio| bio.as_ptr()))
}

/// The BIO that the connection writes to, without a reference, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_wbio(ssl: Option<&Ssl>) -> *mut BIO {
    on_ssl(ssl, null_mut(), |ssl| ssl.wbio().map_or(null_mut(), |bio| bio.as_ptr()))
}

/// Makes a socket BIO for both directions of `fd`, which stays the program's to close. Returns 1, or 0.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_fd(ssl: Option<&Ssl>, fd: c_int) -> c_int {
    on_ssl(ssl, 0, |ssl| match Bio::socket(fd) {
        Some(bio) => {
            ssl.set_wbio(Some(bio.share()));
            ssl.set_rbio(Some(bio));
            1
        }
        None => no_bio(),
    })
}

/// As [`SSL_set_fd`], for reading; the writing BIO is shared if it is over the same descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_rfd(ssl: Option<&Ssl>, fd: c_int) -> c_int {
    on_ssl(ssl, 0, |ssl| match ssl.wbio().filter(|bio| bio.is_socket_of(fd)).or_else(|| Bio::socket(fd)) {
        Some(bio) => {
            ssl.set_rbio(Some(bio));
            1
        }
        None => no_bio(),
    })
}

/// As [`SSL_set_fd`], for writing; the reading BIO is shared if it is over the same descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_wfd(ssl: Option<&Ssl>, fd: c_int) -> c_int {
    on_ssl(ssl, 0, |ssl| match ssl.rbio().filter(|bio| bio.is_socket_of(fd)).or_else(|| Bio::socket(fd)) {
        Some(bio) => {
            ssl.set_wbio(Some(bio));
            1
        }
        None => no_bio(),
    })
}

fn no_bio() -> c_int {
    error::put(Reason::BUF_LIB);
    0
}

/// The descriptor that the connection reads from, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_fd(ssl: Option<&Ssl>) -> c_int {
    SSL_get_rfd(ssl)
}

/// The descriptor that the connection reads from, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_rfd(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, -1, |ssl| ssl.rbio().and_then(|bio| bio.descriptor()).unwrap_or(-1))
}

/// The descriptor that the connection writes to, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_wfd(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, -1, |ssl| ssl.wbio().and_then(|bio| bio.descriptor()).unwrap_or(-1))
}
