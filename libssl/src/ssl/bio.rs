//! The SSL BIO: a connection as a BIO (`BIO_f_ssl(3)`).

use super::{Failed, Role, Ssl};
use libc::{c_char, c_int, c_long, c_void};
use openssl_sys as ffi;
use std::ptr::null_mut;
use std::slice;
use std::sync::{Arc, OnceLock};

/// `BIO_TYPE_SSL`.
const TYPE: c_int = 7 | 0x0200;

const FLAG_READ: c_int = 1;
const FLAG_WRITE: c_int = 2;
const FLAG_SPECIAL: c_int = 4;
const FLAG_RETRY: c_int = 8;
const RETRY_FLAGS: c_int = FLAG_READ | FLAG_WRITE | FLAG_SPECIAL | FLAG_RETRY;

/// `BIO_RR_SSL_X509_LOOKUP`, `BIO_RR_CONNECT`, `BIO_RR_ACCEPT`.
const RETRY_LOOKUP: c_int = 1;
const RETRY_CONNECT: c_int = 2;
const RETRY_ACCEPT: c_int = 3;

/// `BIO_CTRL_…` and `BIO_C_…` of `bio.h`.
mod command {
    pub const RESET: i32 = 1;
    pub const INFO: i32 = 3;
    pub const PUSH: i32 = 6;
    pub const POP: i32 = 7;
    pub const GET_CLOSE: i32 = 8;
    pub const SET_CLOSE: i32 = 9;
    pub const PENDING: i32 = 10;
    pub const FLUSH: i32 = 11;
    pub const DUP: i32 = 12;
    pub const WPENDING: i32 = 13;
    pub const DO_STATE_MACHINE: i32 = 101;
    pub const SET_SSL: i32 = 109;
    pub const GET_SSL: i32 = 110;
    pub const SSL_MODE: i32 = 119;
}

unsafe extern "C" {
    fn BIO_meth_set_read_ex(
        method: *mut ffi::BIO_METHOD,
        read: unsafe extern "C" fn(*mut ffi::BIO, *mut c_char, usize, *mut usize) -> c_int,
    ) -> c_int;
    fn BIO_meth_set_write_ex(
        method: *mut ffi::BIO_METHOD,
        write: unsafe extern "C" fn(*mut ffi::BIO, *const c_char, usize, *mut usize) -> c_int,
    ) -> c_int;
    fn BIO_get_shutdown(bio: *mut ffi::BIO) -> c_int;
    fn BIO_set_shutdown(bio: *mut ffi::BIO, close: c_int);
    fn BIO_next(bio: *mut ffi::BIO) -> *mut ffi::BIO;
    fn BIO_up_ref(bio: *mut ffi::BIO) -> c_int;
    fn BIO_copy_next_retry(bio: *mut ffi::BIO);
    fn BIO_test_flags(bio: *const ffi::BIO, flags: c_int) -> c_int;
    fn BIO_get_retry_reason(bio: *mut ffi::BIO) -> c_int;
    fn BIO_set_retry_reason(bio: *mut ffi::BIO, reason: c_int);
    fn BIO_get_init(bio: *mut ffi::BIO) -> c_int;
}

/// The method of SSL BIOs, or NULL where memory is short.
pub fn method() -> *const ffi::BIO_METHOD {
    struct Method(*mut ffi::BIO_METHOD);
    // SAFETY: it is filled in once and only read afterwards.
    unsafe impl Send for Method {}
    // SAFETY: as above.
    unsafe impl Sync for Method {}
    static METHOD: OnceLock<Method> = OnceLock::new();
    METHOD.get_or_init(|| Method(make_method())).0
}

fn make_method() -> *mut ffi::BIO_METHOD {
    // SAFETY: the name is static; the callbacks have the prototypes that `bio.h` declares.
    unsafe {
        let method = ffi::BIO_meth_new(TYPE, c"ssl".as_ptr());
        if !method.is_null() {
            BIO_meth_set_read_ex(method, read);
            BIO_meth_set_write_ex(method, write);
            ffi::BIO_meth_set_puts__fixed_rust(method, Some(puts));
            ffi::BIO_meth_set_ctrl__fixed_rust(method, Some(ctrl));
            ffi::BIO_meth_set_create__fixed_rust(method, Some(create));
            ffi::BIO_meth_set_destroy__fixed_rust(method, Some(destroy));
        }
        method
    }
}

/// The connection of an SSL BIO, or NULL.
///
/// # Safety
/// `bio` is an SSL BIO of ours.
pub unsafe fn connection(bio: *mut ffi::BIO) -> *mut Ssl {
    // SAFETY: by the caller's promise, its data are what `set` put there.
    unsafe { ffi::BIO_get_data(bio) }.cast()
}

/// Gives an SSL BIO its connection; with `close` the BIO frees it.
///
/// # Safety
/// `bio` is an SSL BIO of ours; `ssl` holds a reference, which goes over with `close`.
unsafe fn set(bio: *mut ffi::BIO, ssl: *mut Ssl, close: c_int) {
    // SAFETY: by the caller's promises.
    unsafe {
        ffi::BIO_set_data(bio, ssl.cast());
        BIO_set_shutdown(bio, close);
        let next = BIO_next(bio);
        if let Some(rbio) = (*ssl).rbio() {
            if !next.is_null() {
                BIO_push(rbio.as_ptr(), next);
            }
            BIO_set_next(bio, rbio.as_ptr());
            // The chain counts the BIO behind it once more.
            BIO_up_ref(rbio.as_ptr());
        }
        ffi::BIO_set_init(bio, 1);
    }
}

unsafe extern "C" {
    fn BIO_push(bio: *mut ffi::BIO, next: *mut ffi::BIO) -> *mut ffi::BIO;
    fn BIO_set_next(bio: *mut ffi::BIO, next: *mut ffi::BIO);
}

unsafe extern "C" fn create(bio: *mut ffi::BIO) -> c_int {
    // SAFETY: libcrypto passes the BIO that it makes.
    unsafe { ffi::BIO_set_data(bio, null_mut()) };
    1
}

unsafe extern "C" fn destroy(bio: *mut ffi::BIO) -> c_int {
    // SAFETY: libcrypto passes a BIO of ours that nobody else uses any more.
    unsafe {
        let ssl = connection(bio);
        if BIO_get_shutdown(bio) != 0 {
            if let Some(ssl) = ssl.as_ref() {
                _ = crate::boundary::guard(Err(Failed(-1)), || ssl.shut_down());
            }
            if !ssl.is_null() && BIO_get_init(bio) != 0 {
                crate::boundary::guard((), || drop(Arc::from_raw(ssl)));
            }
            ffi::BIO_set_init(bio, 0);
        }
        ffi::BIO_set_data(bio, null_mut());
    }
    1
}

unsafe extern "C" fn read(bio: *mut ffi::BIO, out: *mut c_char, length: usize, count: *mut usize) -> c_int {
    // SAFETY: libcrypto passes a BIO of ours, and room for `length` bytes.
    unsafe {
        let ssl = connection(bio);
        ffi::BIO_clear_flags(bio, RETRY_FLAGS);
        if out.is_null() {
            return 0;
        }
        let result = crate::boundary::on_ssl(ssl.as_ref(), Err(Failed(-1)), |ssl| {
            ssl.read(slice::from_raw_parts_mut(out.cast(), length), false)
        });
        finish(bio, ssl, result, count)
    }
}

unsafe extern "C" fn write(bio: *mut ffi::BIO, data: *const c_char, length: usize, count: *mut usize) -> c_int {
    // SAFETY: libcrypto passes a BIO of ours, and `length` bytes.
    unsafe {
        let ssl = connection(bio);
        ffi::BIO_clear_flags(bio, RETRY_FLAGS);
        // libcrypto passes on what stands there, whatever the call returns.
        count.write(0);
        if data.is_null() {
            return 0;
        }
        let result = crate::boundary::on_ssl(ssl.as_ref(), Err(Failed(-1)), |ssl| {
            ssl.write_ex(slice::from_raw_parts(data.cast(), length))
        });
        finish(bio, ssl, result, count)
    }
}

unsafe extern "C" fn puts(bio: *mut ffi::BIO, text: *const c_char) -> c_int {
    // SAFETY: libcrypto passes a BIO of ours and a string.
    unsafe { ffi::BIO_write(bio, text.cast(), libc::strlen(text) as c_int) }
}

/// Says what a call brought, and what the BIO waits for where it brought nothing. Returns 1, or what the connection's
/// own function returned, which `BIO_read` and `BIO_write` pass on (OpenSSL 3.0).
///
/// # Safety
/// `bio` is an SSL BIO of ours, `ssl` its connection or NULL; `count` can be written.
unsafe fn finish(bio: *mut ffi::BIO, ssl: *mut Ssl, result: Result<usize, Failed>, count: *mut usize) -> c_int {
    // SAFETY: by the caller's promises.
    unsafe {
        match result {
            Ok(bytes) => {
                count.write(bytes);
                1
            }
            Err(Failed(returned)) => {
                wait(bio, ssl, returned);
                returned
            }
        }
    }
}

/// Passes on what the connection waits for.
///
/// # Safety
/// `bio` is an SSL BIO of ours, `ssl` its connection or NULL.
unsafe fn wait(bio: *mut ffi::BIO, ssl: *mut Ssl, returned: c_int) {
    use super::outcome::answer;
    // SAFETY: by the caller's promises.
    unsafe {
        let Some(ssl) = ssl.as_ref() else { return };
        let special = |reason| {
            ffi::BIO_set_flags(bio, FLAG_SPECIAL | FLAG_RETRY);
            BIO_set_retry_reason(bio, reason);
        };
        match ssl.get_error(returned.min(0)) {
            answer::WANT_READ => ffi::BIO_set_flags(bio, FLAG_READ | FLAG_RETRY),
            answer::WANT_WRITE => ffi::BIO_set_flags(bio, FLAG_WRITE | FLAG_RETRY),
            answer::WANT_X509_LOOKUP => special(RETRY_LOOKUP),
            answer::WANT_CONNECT => special(RETRY_CONNECT),
            answer::WANT_ACCEPT => special(RETRY_ACCEPT),
            _ => {}
        }
    }
}

unsafe extern "C" fn ctrl(bio: *mut ffi::BIO, cmd: c_int, number: c_long, pointer: *mut c_void) -> c_long {
    crate::boundary::guard(0, || {
        // SAFETY: libcrypto passes a BIO of ours, with arguments that fit the command.
        unsafe { control(bio, cmd, number, pointer) }
    })
}

/// # Safety
/// `bio` is an SSL BIO of ours, and the arguments are what `bio.h` says of the command.
unsafe fn control(bio: *mut ffi::BIO, cmd: c_int, number: c_long, pointer: *mut c_void) -> c_long {
    // SAFETY: by the caller's promises; a connection that is set is alive.
    unsafe {
        if cmd == command::SET_SSL {
            if connection(bio).as_ref().is_some() {
                destroy(bio);
                create(bio);
            }
            set(bio, pointer.cast(), number as c_int);
            return 1;
        }
        let Some(ssl) = connection(bio).as_ref() else { return 0 };
        let rbio = ssl.rbio().map_or(null_mut(), |rbio| rbio.as_ptr());
        let wbio = ssl.wbio().map_or(null_mut(), |wbio| wbio.as_ptr());
        let pass = |to: *mut ffi::BIO| if to.is_null() { 0 } else { ffi::BIO_ctrl(to, cmd, number, pointer) };
        match cmd {
            command::INFO => 0,
            command::GET_SSL => {
                pointer.cast::<*const Ssl>().write(ssl);
                1
            }
            command::SSL_MODE => {
                ssl.set_role(if number != 0 { Role::Client } else { Role::Server });
                1
            }
            command::GET_CLOSE => BIO_get_shutdown(bio).into(),
            command::SET_CLOSE => {
                BIO_set_shutdown(bio, number as c_int);
                1
            }
            command::RESET => {
                _ = ssl.shut_down();
                ssl.clear();
                let next = BIO_next(bio);
                if next.is_null() { pass(rbio).max(1) } else { pass(next) }
            }
            command::PENDING => match ssl.pending() {
                0 => pass(rbio),
                bytes => bytes as c_long,
            },
            command::WPENDING => pass(wbio),
            command::FLUSH => {
                ffi::BIO_clear_flags(bio, RETRY_FLAGS);
                let answer = pass(wbio);
                BIO_copy_next_retry(bio);
                answer
            }
            command::PUSH => push(bio, ssl, rbio),
            command::POP => pop(bio, ssl, pointer),
            command::DO_STATE_MACHINE => do_handshake(bio, ssl, rbio),
            command::DUP => dup(ssl, pointer.cast()),
            _ => pass(rbio),
        }
    }
}

/// The BIO behind becomes the connection's.
///
/// # Safety
/// `bio` is an SSL BIO of ours with this connection.
unsafe fn push(bio: *mut ffi::BIO, ssl: &Ssl, rbio: *mut ffi::BIO) -> c_long {
    // SAFETY: by the caller's promise; the references taken are the connection's.
    unsafe {
        let next = BIO_next(bio);
        if !next.is_null() && next != rbio {
            BIO_up_ref(next);
            let reader = crate::crypto::bio::Bio::adopt(next);
            ssl.set_wbio(reader.as_ref().map(crate::crypto::bio::Bio::share));
            ssl.set_rbio(reader);
        }
    }
    1
}

/// The BIO that is taken out of the chain is no longer the connection's.
///
/// # Safety
/// `bio` is an SSL BIO of ours with this connection.
unsafe fn pop(bio: *mut ffi::BIO, ssl: &Ssl, popped: *mut c_void) -> c_long {
    if bio.cast() == popped {
        ssl.set_rbio(None);
        ssl.set_wbio(None);
    }
    1
}

/// `BIO_do_handshake`.
///
/// # Safety
/// `bio` is an SSL BIO of ours with this connection, over `rbio`.
unsafe fn do_handshake(bio: *mut ffi::BIO, ssl: &Ssl, rbio: *mut ffi::BIO) -> c_long {
    // SAFETY: by the caller's promise.
    unsafe {
        ffi::BIO_clear_flags(bio, RETRY_FLAGS);
        BIO_set_retry_reason(bio, 0);
        match ssl.do_handshake() {
            Ok(()) => 1,
            Err(Failed(returned)) => {
                wait(bio, std::ptr::from_ref(ssl).cast_mut(), returned);
                // What a connecting BIO behind us waits for is told with its own reason.
                let special = FLAG_SPECIAL | FLAG_RETRY;
                if !rbio.is_null() && BIO_test_flags(bio, special) == special {
                    BIO_set_retry_reason(bio, BIO_get_retry_reason(rbio));
                }
                returned.into()
            }
        }
    }
}

/// # Safety
/// `to` is an SSL BIO of ours that libcrypto makes as a copy.
unsafe fn dup(ssl: &Ssl, to: *mut ffi::BIO) -> c_long {
    let Some(copy) = ssl.duplicate() else { return 0 };
    // SAFETY: by the caller's promise; the copy's only reference goes to the BIO.
    unsafe {
        ffi::BIO_set_data(to, Arc::into_raw(copy).cast_mut().cast());
        BIO_set_shutdown(to, 1);
        ffi::BIO_set_init(to, 1);
    }
    1
}
