//! Sessions as text, and as the encodings that ours do not have.

use crate::boundary::guard;
use crate::error::{self, Reason};
use crate::session::{self, Session};
use libc::{FILE, c_int, c_long, c_uchar, c_void};
use openssl_sys::BIO;
use std::ptr::null_mut;

fn write(bio: *mut BIO, text: &str) -> c_int {
    // SAFETY: libcrypto checks the BIO for NULL and reads as many bytes as the text has.
    let written = unsafe { openssl_sys::BIO_write(bio, text.as_ptr().cast(), text.len() as c_int) };
    (written == text.len() as c_int).into()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_SESSION_print(bio: *mut BIO, session: Option<&Session>) -> c_int {
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
unsafe extern "C" fn SSL_SESSION_print_keylog(bio: *mut BIO, session: Option<&Session>) -> c_int {
    session.map_or(0, |session| guard(0, || session::key_log_line(session).map_or(0, |line| write(bio, &line))))
}

/// Sessions of our handshakes cannot be encoded: what they resume by is not ours to read.
fn cannot_be_encoded() -> c_int {
    error::put(Reason::UNSUPPORTED);
    0
}

#[unsafe(no_mangle)]
extern "C" fn i2d_SSL_SESSION(session: Option<&Session>, _out: *mut *mut c_uchar) -> c_int {
    // NULL and sessions without a suite answer 0 in OpenSSL too, silently.
    match session {
        Some(session) if session.data().cipher.is_some() => cannot_be_encoded(),
        _ => 0,
    }
}

#[unsafe(no_mangle)]
extern "C" fn d2i_SSL_SESSION(_session: *mut *mut Session, _der: *mut *const c_uchar, _length: c_long) -> *mut Session {
    cannot_be_encoded();
    null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn PEM_read_bio_SSL_SESSION(
    _bio: *mut BIO,
    _session: *mut *mut Session,
    _password: *mut c_void,
    _argument: *mut c_void,
) -> *mut Session {
    cannot_be_encoded();
    null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn PEM_read_SSL_SESSION(
    _file: *mut FILE,
    _session: *mut *mut Session,
    _password: *mut c_void,
    _argument: *mut c_void,
) -> *mut Session {
    cannot_be_encoded();
    null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn PEM_write_bio_SSL_SESSION(_bio: *mut BIO, _session: Option<&Session>) -> c_int {
    cannot_be_encoded()
}

#[unsafe(no_mangle)]
extern "C" fn PEM_write_SSL_SESSION(_file: *mut FILE, _session: Option<&Session>) -> c_int {
    cannot_be_encoded()
}
