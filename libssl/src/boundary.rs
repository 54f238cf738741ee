//! Where C's pointers become references, and where panics end.

use crate::context::Context;
use crate::error::{self, Reason};
use crate::ssl::Ssl;
use libc::c_char;
use std::ffi::CStr;
use std::panic::{self, AssertUnwindSafe};

/// Runs `body`; answers `failed`, with an internal error in the queue, where it panicked.
pub fn guard<R>(failed: R, body: impl FnOnce() -> R) -> R {
    // What a panic leaves half done is behind a handle that is not used again ([`on_ssl`]) or behind locks that say so.
    panic::catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        error::put(Reason::INTERNAL_ERROR);
        failed
    })
}

/// Runs `body` on a connection. NULL answers `failed`, with the reason in the queue. A panic answers `failed` and
/// poisons the connection: nothing else is ever done with it but to free it.
///
/// C's pointer came in as `Option<&Ssl>`: NULL is None, and that it is alive otherwise is the caller's promise to every
/// function of the interface. `Ssl` is changed through cells alone, so that the reference may coexist with those of the
/// calls which the program makes from its callbacks.
pub fn on_ssl<R>(ssl: Option<&Ssl>, failed: R, body: impl FnOnce(&Ssl) -> R) -> R {
    let Some(ssl) = ssl else {
        error::put(Reason::PASSED_NULL_PARAMETER);
        return failed;
    };
    if ssl.is_poisoned() {
        error::put(Reason::INTERNAL_ERROR);
        return failed;
    }
    panic::catch_unwind(AssertUnwindSafe(|| body(ssl))).unwrap_or_else(|_| {
        ssl.poison();
        error::put(Reason::INTERNAL_ERROR);
        failed
    })
}

/// Runs `body` on a context, as [`on_ssl`]. What several threads may change has locks of its own.
pub fn on_ctx<R>(ctx: Option<&Context>, failed: R, body: impl FnOnce(&Context) -> R) -> R {
    let Some(ctx) = ctx else {
        error::put(Reason::PASSED_NULL_PARAMETER);
        return failed;
    };
    guard(failed, || body(ctx))
}

/// C's string, or None for NULL.
///
/// # Safety
/// `text` is NULL or ends with a NUL, and stays while the result is used.
pub unsafe fn string<'a>(text: *const c_char) -> Option<&'a CStr> {
    // SAFETY: not NULL, and the rest is the caller's promise.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// C's bytes; empty for NULL.
///
/// # Safety
/// `bytes` is NULL or `length` bytes can be read from it, which stay as they are while the result is used.
pub unsafe fn bytes<'a>(bytes: *const u8, length: usize) -> &'a [u8] {
    if bytes.is_null() || length > isize::MAX as usize {
        return &[];
    }
    // SAFETY: not NULL, not longer than a slice can be, and the rest is the caller's promise.
    unsafe { std::slice::from_raw_parts(bytes, length) }
}

/// Where C wants a result. NULL wants none.
///
/// # Safety
/// `place` is NULL or may be written.
pub unsafe fn answer<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: the caller's promise; C's places hold nothing that would have to be dropped.
        unsafe { place.write(value) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::TLS;
    use std::sync::Arc;

    fn clear() {
        // SAFETY: no preconditions.
        unsafe { openssl_sys::ERR_clear_error() };
    }

    /// What comes back from a call in which a panic happened, and the reason in the queue.
    fn panicking(ssl: &Arc<Ssl>) -> i32 {
        on_ssl(Some(ssl), -1, |_| panic!("a test's panic"))
    }

    fn alive(ssl: &Arc<Ssl>) -> bool {
        on_ssl(Some(ssl), false, |_| true)
    }

    #[test]
    fn a_panic_ends_its_connection_and_nothing_else() {
        let context = Context::new(&TLS);
        let (broken, other) = (Ssl::new(&context), Ssl::new(&context));
        assert_eq!(panicking(&broken), -1);
        assert!(broken.is_poisoned() && !other.is_poisoned());
        assert_eq!(error::first_library(), Some(20), "ERR_LIB_SSL");
        // SSL_ERROR_SSL.
        assert_eq!(broken.get_error(-1), 1);
        clear();
        assert!(!alive(&broken), "a poisoned connection is not worked on");
        assert_eq!(broken.get_error(-1), 1);
        clear();
        assert!(alive(&other));
        assert_eq!(on_ctx(Some(&context), -1, |_| panic!("another")), -1);
        clear();
        assert!(on_ctx(Some(&context), false, |_| true), "a context is shared: it goes on");
        drop((broken, other));
    }
}
