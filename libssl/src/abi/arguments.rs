//! What C passes beside handles.

use crate::crypto::object::{Object, Owned};
use crate::error::{self, Reason};
use libc::{c_char, c_int, c_long, c_uchar};
use std::ffi::CStr;
use std::ptr::null_mut;

/// Fails for an argument that is NULL.
pub fn null_argument() -> c_int {
    error::put(Reason::PASSED_NULL_PARAMETER);
    0
}

/// A text; None for NULL, with the reason in the queue.
///
/// # Safety
/// `text` is NULL or ends with a NUL, and stays as it is for as long as the call lasts.
pub unsafe fn text<'a>(text: *const c_char) -> Option<&'a CStr> {
    // SAFETY: the caller's promise.
    let text = unsafe { optional_text(text) };
    if text.is_none() {
        null_argument();
    }
    text
}

/// A text; None for NULL.
///
/// # Safety
/// As for [`text`].
pub unsafe fn optional_text<'a>(text: *const c_char) -> Option<&'a CStr> {
    // SAFETY: the caller's promise.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// Bytes; a negative length is none. None for NULL, with the reason in the queue.
///
/// # Safety
/// `bytes` is NULL or has `length` bytes, which stay as they are for as long as the call lasts.
pub unsafe fn bytes<'a>(bytes: *const c_uchar, length: c_long) -> Option<&'a [u8]> {
    if bytes.is_null() {
        null_argument();
        return None;
    }
    // SAFETY: the caller's promise.
    Some(unsafe { std::slice::from_raw_parts(bytes, length.max(0) as usize) })
}

/// An object that stays ours, for the program to look at.
pub fn pointer<T: Object>(object: Option<&Owned<T>>) -> *mut T {
    object.map_or(null_mut(), Owned::as_ptr)
}
