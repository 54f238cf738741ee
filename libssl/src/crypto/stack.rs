//! `STACK_OF(…)`: libcrypto's lists of pointers.

use libc::c_void;
use openssl_sys::{
    OPENSSL_STACK, OPENSSL_sk_free, OPENSSL_sk_new_null, OPENSSL_sk_num, OPENSSL_sk_push, OPENSSL_sk_value,
};
use std::ptr::NonNull;

/// A list whose members belong to somebody else.
pub struct Stack(NonNull<OPENSSL_STACK>);

// SAFETY: it is filled before anybody else sees it and only read from then on.
unsafe impl Send for Stack {}
// SAFETY: as above.
unsafe impl Sync for Stack {}

impl Stack {
    /// A list of these pointers; None where memory is short.
    pub fn of<T>(members: impl IntoIterator<Item = *const T>) -> Option<Stack> {
        // SAFETY: a new list.
        let stack = Stack(NonNull::new(unsafe { OPENSSL_sk_new_null() })?);
        for member in members {
            // SAFETY: the list is ours; libcrypto keeps the pointer and never looks at what it points to.
            if unsafe { OPENSSL_sk_push(stack.0.as_ptr(), member.cast()) } <= 0 {
                return None;
            }
        }
        Some(stack)
    }

    /// For C to read, as long as this lives.
    pub fn as_ptr(&self) -> *mut OPENSSL_STACK {
        self.0.as_ptr()
    }

    /// For C to free with `sk_free`.
    pub fn into_raw(self) -> *mut OPENSSL_STACK {
        let raw = self.0.as_ptr();
        std::mem::forget(self);
        raw
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the list is ours alone; what it points to is not touched.
        unsafe { OPENSSL_sk_free(self.0.as_ptr()) };
    }
}

/// The members of C's list.
///
/// # Safety
/// `stack` is NULL or a list.
pub unsafe fn members(stack: *const OPENSSL_STACK) -> impl Iterator<Item = *mut c_void> {
    // SAFETY: libcrypto answers -1 for NULL, and every index is below the count.
    (0..unsafe { OPENSSL_sk_num(stack) }).map(move |index| unsafe { OPENSSL_sk_value(stack, index) })
}
