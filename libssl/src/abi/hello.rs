//! The ClientHello, for the program's functions that a server calls before it has decided about it. Later, and on a
//! client, there is none.

use crate::boundary::{answer, on_ssl};
use crate::ssl::Ssl;
use libc::{c_int, c_uchar, c_uint};
use sslmode_tls::handshake::ClientHello;
use std::ptr::null;

fn on_hello<R>(ssl: Option<&Ssl>, none: R, body: impl FnOnce(&ClientHello) -> R) -> R {
    if ssl.is_none() {
        return none;
    }
    let mut none = Some(none);
    let found = on_ssl(ssl, None, |ssl| {
        let hello = ssl.own.hello.borrow().clone();
        hello.map(|hello| body(&hello))
    });
    found.or_else(|| none.take()).expect("one of the two")
}

/// Where a part is, and its length.
unsafe fn part(ssl: Option<&Ssl>, out: *mut *const c_uchar, find: impl Fn(&ClientHello) -> &[u8]) -> usize {
    let (start, length) = on_hello(ssl, (null(), 0), |hello| (find(hello).as_ptr(), find(hello).len()));
    if !start.is_null() {
        // SAFETY: C's place; the part stays while the program's function runs.
        unsafe { answer(out, start) };
    }
    length
}

/// 0: nobody greets in the form of SSL 2.
#[unsafe(no_mangle)]
extern "C" fn SSL_client_hello_isv2(_ssl: Option<&Ssl>) -> c_int {
    0
}

/// The version field, such as 0x303, which says nothing of TLS 1.3; 0 where there is no ClientHello.
#[unsafe(no_mangle)]
extern "C" fn SSL_client_hello_get0_legacy_version(ssl: Option<&Ssl>) -> c_uint {
    on_hello(ssl, 0, |hello| hello.legacy_version.into())
}

/// Where the 32 random bytes are; returns their number. 0 where there is no ClientHello, and `out` stays as it is. They
/// stay for as long as the ClientHello does.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_client_hello_get0_random(ssl: Option<&Ssl>, out: *mut *const c_uchar) -> usize {
    // SAFETY: C's place.
    unsafe { part(ssl, out, |hello| &hello.random) }
}

/// As [`SSL_client_hello_get0_random`], for the session id: 0 to 32 bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_client_hello_get0_session_id(ssl: Option<&Ssl>, out: *mut *const c_uchar) -> usize {
    // SAFETY: C's place.
    unsafe { part(ssl, out, |hello| &hello.session_id) }
}

/// As [`SSL_client_hello_get0_random`], for the suites, two bytes each.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_client_hello_get0_ciphers(ssl: Option<&Ssl>, out: *mut *const c_uchar) -> usize {
    // SAFETY: C's place.
    unsafe { part(ssl, out, ClientHello::cipher_suite_bytes) }
}

/// As [`SSL_client_hello_get0_random`], for the compression methods, one byte each.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_client_hello_get0_compression_methods(ssl: Option<&Ssl>, out: *mut *const c_uchar) -> usize {
    // SAFETY: C's place.
    unsafe { part(ssl, out, |hello| &hello.compression_methods) }
}

/// The numbers of the extensions, in the order sent, in memory for the caller to free with `OPENSSL_free`; NULL where
/// there is none. Returns 1; 0 where there is no ClientHello, a place is NULL, or memory is short.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_client_hello_get1_extensions_present(
    ssl: Option<&Ssl>,
    out: *mut *mut c_int,
    count: *mut usize,
) -> c_int {
    if out.is_null() || count.is_null() {
        return 0;
    }
    let Some(numbers) = on_hello(ssl, None, |hello| {
        Some(hello.extensions.iter().map(|(number, _)| c_int::from(*number)).collect::<Vec<_>>())
    }) else {
        return 0;
    };
    let mut memory: *mut c_int = std::ptr::null_mut();
    if !numbers.is_empty() {
        // SAFETY: memory for the caller to free.
        memory = unsafe { openssl_sys::OPENSSL_malloc(size_of_val(numbers.as_slice())) }.cast();
        if memory.is_null() {
            return 0;
        }
        // SAFETY: there is room for as many.
        unsafe { memory.copy_from_nonoverlapping(numbers.as_ptr(), numbers.len()) };
    }
    // SAFETY: C's places.
    unsafe { answer(out, memory) };
    // SAFETY: as above.
    unsafe { answer(count, numbers.len()) };
    1
}

/// The contents of an extension and their length in bytes, which stay for as long as the ClientHello does. Returns 1; 0
/// where the client sent none of this number, or there is no ClientHello.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_client_hello_get0_ext(
    ssl: Option<&Ssl>,
    number: c_uint,
    out: *mut *const c_uchar,
    length: *mut usize,
) -> c_int {
    let number = u16::try_from(number).ok();
    let found = on_hello(ssl, None, |hello| {
        number.and_then(|number| hello.extension_body(number)).map(|found| (found.as_ptr(), found.len()))
    });
    let Some((start, count)) = found else { return 0 };
    // SAFETY: C's places.
    unsafe { answer(out, start) };
    // SAFETY: as above.
    unsafe { answer(length, count) };
    1
}
