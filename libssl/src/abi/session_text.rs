//! Sessions as text, DER and PEM.

use crate::boundary::{bytes, guard};
use crate::error::{self, Reason};
use crate::session::{self, Session, encoding};
use libc::{FILE, c_char, c_int, c_long, c_uchar, c_void};
use openssl_sys::BIO;
use std::ffi::CStr;
use std::ptr::{null, null_mut};
use std::sync::Arc;

fn write(bio: *mut BIO, text: &str) -> c_int {
    // SAFETY: libcrypto checks the BIO for NULL and reads as many bytes as the text has.
    let written = unsafe { openssl_sys::BIO_write(bio, text.as_ptr().cast(), text.len() as c_int) };
    (written == text.len() as c_int).into()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_print(bio: *mut BIO, session: Option<&Session>) -> c_int {
    session.map_or(0, |session| guard(0, || write(bio, &session::text(session))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_print_fp(file: *mut FILE, session: Option<&Session>) -> c_int {
    if file.is_null() {
        return 0;
    }
    session.map_or(0, |session| {
        guard(0, || {
            let text = session::text(session);
            // SAFETY: an open file, by the caller's promise, and as many bytes as the text has.
            (unsafe { libc::fwrite(text.as_ptr().cast(), 1, text.len(), file) } == text.len()).into()
        })
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_print_keylog(bio: *mut BIO, session: Option<&Session>) -> c_int {
    session.map_or(0, |session| guard(0, || session::key_log_line(session).map_or(0, |line| write(bio, &line))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn i2d_SSL_SESSION(session: Option<&Session>, out: *mut *mut c_uchar) -> c_int {
    // NULL and sessions without a suite answer 0 silently.
    let Some(encoded) = session.and_then(|session| guard(None, || encoding::encode(session))) else { return 0 };
    let length = encoded.len();
    // SAFETY: C's place, or NULL where only the length is asked for.
    let Some(out) = (unsafe { out.as_mut() }) else { return length as c_int };
    let is_new = out.is_null();
    if is_new {
        // SAFETY: no preconditions; the caller frees it.
        *out = unsafe { openssl_sys::OPENSSL_malloc(length) }.cast();
        if out.is_null() {
            return 0;
        }
    }
    // SAFETY: room for as many bytes, which the caller knew before or which were allocated just now.
    unsafe { out.copy_from_nonoverlapping(encoded.as_ptr(), length) };
    // As of all i2d functions: the place moves where the memory is the caller's.
    if !is_new {
        *out = out.wrapping_add(length);
    }
    length as c_int
}

/// A session put into `*session` takes the place of the one there, whose reference is given back.
#[unsafe(no_mangle)]
unsafe extern "C" fn d2i_SSL_SESSION(
    session: *mut *mut Session,
    der: *mut *const c_uchar,
    length: c_long,
) -> *mut Session {
    guard(null_mut(), || {
        // SAFETY: C's place, or NULL.
        let Some(der) = (unsafe { der.as_mut() }) else {
            error::put(Reason::PASSED_NULL_PARAMETER);
            return null_mut();
        };
        // SAFETY: as many bytes, by the caller's promise.
        let mut rest = unsafe { bytes(*der, usize::try_from(length).unwrap_or_default()) };
        let before = rest.len();
        let data = match encoding::decode(&mut rest) {
            Ok(data) => data,
            Err(reason) => {
                error::put(reason);
                return null_mut();
            }
        };
        *der = der.wrapping_add(before - rest.len());
        let decoded = Arc::into_raw(Session::new(data)).cast_mut();
        // SAFETY: C's place, or NULL.
        if let Some(place) = unsafe { session.as_mut() } {
            let old = std::mem::replace(place, decoded);
            if !old.is_null() {
                // SAFETY: the reference of the caller's that the place held.
                drop(unsafe { Arc::from_raw(old) });
            }
        }
        decoded
    })
}

const PEM_NAME: &CStr = c"SSL SESSION PARAMETERS";

type Encode = unsafe extern "C" fn(Option<&Session>, *mut *mut c_uchar) -> c_int;
type Decode = unsafe extern "C" fn(*mut *mut Session, *mut *const c_uchar, c_long) -> *mut Session;

// libcrypto hands the objects to `encode` and from `decode` and never looks inside.
#[allow(improper_ctypes, reason = "opaque to libcrypto")]
unsafe extern "C" {
    fn PEM_ASN1_write_bio(
        encode: Encode,
        name: *const c_char,
        bio: *mut BIO,
        object: Option<&Session>,
        cipher: *const c_void,
        password: *const c_uchar,
        length: c_int,
        callback: *const c_void,
        argument: *mut c_void,
    ) -> c_int;
    fn PEM_ASN1_write(
        encode: Encode,
        name: *const c_char,
        file: *mut FILE,
        object: Option<&Session>,
        cipher: *const c_void,
        password: *const c_uchar,
        length: c_int,
        callback: *const c_void,
        argument: *mut c_void,
    ) -> c_int;
    fn PEM_ASN1_read_bio(
        decode: Decode,
        name: *const c_char,
        bio: *mut BIO,
        object: *mut *mut Session,
        password: *mut c_void,
        argument: *mut c_void,
    ) -> *mut Session;
    fn PEM_ASN1_read(
        decode: Decode,
        name: *const c_char,
        file: *mut FILE,
        object: *mut *mut Session,
        password: *mut c_void,
        argument: *mut c_void,
    ) -> *mut Session;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn PEM_read_bio_SSL_SESSION(
    bio: *mut BIO,
    session: *mut *mut Session,
    password: *mut c_void,
    argument: *mut c_void,
) -> *mut Session {
    if bio.is_null() {
        error::put(Reason::PASSED_NULL_PARAMETER);
        return null_mut();
    }
    // SAFETY: the caller's objects, and a function that decodes what its type says.
    unsafe { PEM_ASN1_read_bio(d2i_SSL_SESSION, PEM_NAME.as_ptr(), bio, session, password, argument) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn PEM_read_SSL_SESSION(
    file: *mut FILE,
    session: *mut *mut Session,
    password: *mut c_void,
    argument: *mut c_void,
) -> *mut Session {
    if file.is_null() {
        error::put(Reason::PASSED_NULL_PARAMETER);
        return null_mut();
    }
    // SAFETY: as for PEM_read_bio_SSL_SESSION.
    unsafe { PEM_ASN1_read(d2i_SSL_SESSION, PEM_NAME.as_ptr(), file, session, password, argument) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn PEM_write_bio_SSL_SESSION(bio: *mut BIO, session: Option<&Session>) -> c_int {
    if bio.is_null() {
        error::put(Reason::PASSED_NULL_PARAMETER);
        return 0;
    }
    let (name, nothing) = (PEM_NAME.as_ptr(), null());
    // SAFETY: the caller's objects, a function that encodes what its type says, and no encryption.
    unsafe { PEM_ASN1_write_bio(i2d_SSL_SESSION, name, bio, session, nothing, null(), 0, nothing, null_mut()) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn PEM_write_SSL_SESSION(file: *mut FILE, session: Option<&Session>) -> c_int {
    if file.is_null() {
        error::put(Reason::PASSED_NULL_PARAMETER);
        return 0;
    }
    let (name, nothing) = (PEM_NAME.as_ptr(), null());
    // SAFETY: as for PEM_write_bio_SSL_SESSION.
    unsafe { PEM_ASN1_write(i2d_SSL_SESSION, name, file, session, nothing, null(), 0, nothing, null_mut()) }
}
