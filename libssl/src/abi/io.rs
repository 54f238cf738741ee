//! Application data. The modes of `SSL_CTX_set_mode(3)` act in these calls.

use crate::boundary::on_ssl;
use crate::error::{self, Reason};
use crate::ssl::{Failed, Ssl};
use libc::{c_int, c_void};
use std::slice;

/// The program's buffer to be filled. `buffer` may be NULL where there is no room.
///
/// # Safety
/// `buffer` has room for `length` bytes that nobody else uses for as long as the slice lives.
unsafe fn room<'a>(buffer: *mut c_void, length: usize) -> &'a mut [u8] {
    if buffer.is_null() || length == 0 {
        return &mut [];
    }
    // SAFETY: by the caller's promise. What was in it is never looked at: bytes are only copied or decrypted into it.
    unsafe { slice::from_raw_parts_mut(buffer.cast(), length) }
}

/// The program's data. The address counts even where there are none: a retry of 0 bytes is a retry.
///
/// # Safety
/// `buffer` holds `length` bytes that nobody changes for as long as the slice lives.
unsafe fn data<'a>(buffer: *const c_void, length: usize) -> &'a [u8] {
    if buffer.is_null() {
        return &[];
    }
    // SAFETY: by the caller's promise.
    unsafe { slice::from_raw_parts(buffer.cast(), length) }
}

/// A count of bytes that were asked for in an `int`.
fn count(result: Result<usize, Failed>) -> c_int {
    match result {
        Ok(bytes) => bytes as c_int,
        Err(Failed(returned)) => returned,
    }
}

/// 1 with the count where the program wants it, or 0.
///
/// # Safety
/// `out` is NULL or the program's to be written.
unsafe fn succeeded(result: Result<usize, Failed>, out: *mut usize) -> c_int {
    let Ok(bytes) = result else { return 0 };
    if !out.is_null() {
        // SAFETY: by the caller's promise.
        unsafe { out.write(bytes) };
    }
    1
}

/// As [`succeeded`], for reads: no bytes are no success.
///
/// # Safety
/// As there.
unsafe fn got(result: Result<usize, Failed>, out: *mut usize) -> c_int {
    match result {
        Ok(0) => 0,
        // SAFETY: by the caller's promise.
        result => unsafe { succeeded(result, out) },
    }
}

fn read(ssl: &Ssl, buffer: *mut c_void, length: c_int, peek: bool) -> c_int {
    let Ok(length) = usize::try_from(length) else {
        error::put(Reason::BAD_LENGTH);
        return -1;
    };
    // SAFETY: the program's promise to SSL_read and SSL_peek.
    count(ssl.read(unsafe { room(buffer, length) }, peek))
}

/// Reads up to `num` bytes of one record. Returns how many, 0 where the peer closed, or -1: see `SSL_get_error`.
/// Without AUTO_RETRY it also returns -1, with SSL_ERROR_WANT_READ, after a record without application data
/// (`SSL_CTX_set_mode(3)`, third mode).
#[unsafe(no_mangle)]
pub extern "C" fn SSL_read(ssl: Option<&Ssl>, buf: *mut c_void, num: c_int) -> c_int {
    on_ssl(ssl, -1, |ssl| read(ssl, buf, num, false))
}

/// As [`SSL_read`]; returns 1 with the count in `readbytes`, or 0.
///
/// # Safety
/// As for [`SSL_read`]; `readbytes` is NULL or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_read_ex(ssl: Option<&Ssl>, buf: *mut c_void, num: usize, readbytes: *mut usize) -> c_int {
    // SAFETY: the caller's promises are those of these functions.
    unsafe { on_ssl(ssl, 0, |ssl| got(ssl.read(room(buf, num), false), readbytes)) }
}

/// As [`SSL_read`], but the bytes stay to be read.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_peek(ssl: Option<&Ssl>, buf: *mut c_void, num: c_int) -> c_int {
    on_ssl(ssl, -1, |ssl| read(ssl, buf, num, true))
}

/// As [`SSL_read_ex`], but the bytes stay to be read.
///
/// # Safety
/// As for [`SSL_read_ex`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_peek_ex(ssl: Option<&Ssl>, buf: *mut c_void, num: usize, readbytes: *mut usize) -> c_int {
    // SAFETY: the caller's promises are those of these functions.
    unsafe { on_ssl(ssl, 0, |ssl| got(ssl.read(room(buf, num), true), readbytes)) }
}

/// Writes `num` bytes in records of at most 16,384. Returns how many are sent: all of them, or under
/// ENABLE_PARTIAL_WRITE at least one record; -1 otherwise: see `SSL_get_error`. After SSL_ERROR_WANT_WRITE the same
/// call is to be made again, from the same address unless ACCEPT_MOVING_WRITE_BUFFER is set
/// (`SSL_CTX_set_mode(3)`, first and second mode).
///
/// # Safety
/// `ssl` is NULL or holds a reference; `buf` holds `num` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_write(ssl: Option<&Ssl>, buf: *const c_void, num: c_int) -> c_int {
    // SAFETY: the caller's promises are those of these functions.
    unsafe {
        on_ssl(ssl, -1, |ssl| match usize::try_from(num) {
            Ok(length) => count(ssl.write(data(buf, length))),
            Err(_) => count(ssl.write_negative(buf.addr(), num)),
        })
    }
}

/// As [`SSL_write`]; returns 1 with the count in `written`, or 0.
///
/// # Safety
/// As for [`SSL_write`]; `written` is NULL or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_write_ex(ssl: Option<&Ssl>, buf: *const c_void, num: usize, written: *mut usize) -> c_int {
    // SAFETY: the caller's promises are those of these functions.
    unsafe { on_ssl(ssl, 0, |ssl| succeeded(ssl.write_ex(data(buf, num)), written)) }
}

/// Kernel TLS is not there: -1, as in an OpenSSL without it.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_sendfile(_ssl: Option<&Ssl>, _fd: c_int, _offset: i64, _size: usize, _flags: c_int) -> isize {
    error::put(Reason::UNINITIALIZED);
    -1
}

/// Bytes of data that `SSL_read` gets without reading from the BIO.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_pending(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| ssl.pending() as c_int)
}

/// 1 if bytes were read from the BIO that are not processed yet, data or not.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_has_pending(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| c_int::from(ssl.has_pending()))
}
