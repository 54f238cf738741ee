//! Why calls fail: OpenSSL's reasons, and libcrypto's queue of them.
//!
//! Numbers and names are those of OpenSSL 3.0's `sslerr.h`.

mod names;
mod reasons;

use libc::{c_char, c_int, c_ulong};
use reasons::TEXTS;
use std::ffi::{CStr, CString};
use std::sync::Once;

/// A failure whose reason is in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InQueue;

/// A reason (`SSL_R_…`, or `ERR_R_…` from the numbers that all libraries share).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason(pub c_int);

/// `ERR_LIB_SSL`.
const LIBRARY: c_int = 20;
/// `ERR_LIB_SYS`.
pub const LIBRARY_SYS: c_int = 2;
/// Where a library's number is in an error code.
const LIBRARY_SHIFT: c_ulong = 23;

/// `ERR_RFLAG_COMMON` of 3.0: reasons that all libraries share.
const COMMON: c_int = 2 << 18;
/// `ERR_RFLAG_FATAL | ERR_RFLAG_COMMON` of 3.0.
const COMMON_AND_FATAL: c_int = 3 << 18;

#[repr(C)]
struct StringData {
    error: c_ulong,
    string: *const c_char,
}

unsafe extern "C" {
    fn ERR_clear_error();
    fn ERR_new();
    fn ERR_peek_error() -> c_ulong;
    fn ERR_set_debug(file: *const c_char, line: c_int, function: *const c_char);
    fn ERR_set_error(library: c_int, reason: c_int, format: *const c_char, ...);
    fn ERR_add_error_data(count: c_int, ...);
    fn ERR_load_strings_const(strings: *const StringData) -> c_int;
}

/// The reasons as libcrypto wants them, with an end.
struct Table([StringData; TEXTS.len() + 1]);

// SAFETY: the pointers are to texts that live for ever and never change.
unsafe impl Sync for Table {}

static TABLE: Table = {
    let mut table = [const { StringData { error: 0, string: std::ptr::null() } }; TEXTS.len() + 1];
    let mut at = 0;
    while at < TEXTS.len() {
        let (reason, text) = TEXTS[at];
        table[at] =
            StringData { error: (LIBRARY as c_ulong) << LIBRARY_SHIFT | reason as c_ulong, string: text.as_ptr() };
        at += 1;
    }
    Table(table)
};

/// Makes the reasons known to libcrypto, once.
pub fn load_names() {
    static LOADED: Once = Once::new();
    // SAFETY: the table ends with a zero, and libcrypto only reads it.
    LOADED.call_once(|| _ = unsafe { ERR_load_strings_const(TABLE.0.as_ptr()) });
}

/// Puts a reason into the queue of this thread, with more about it for `ERR_get_error_all`.
#[track_caller]
pub fn put_with(reason: Reason, detail: &str) {
    put(reason);
    if let Ok(detail) = CString::new(detail) {
        // SAFETY: the list of strings ends with the count given; libcrypto copies them.
        unsafe { ERR_add_error_data(1, detail.as_ptr()) };
    }
}

/// The library of the first error in this thread's queue, as `ERR_GET_LIB` has it.
pub fn first_library() -> Option<c_int> {
    /// `ERR_SYSTEM_FLAG`: the other bits are an `errno`.
    const SYSTEM: c_ulong = 1 << 31;
    // SAFETY: no preconditions.
    match unsafe { ERR_peek_error() } {
        0 => None,
        error if error & SYSTEM != 0 => Some(LIBRARY_SYS),
        error => Some(((error >> LIBRARY_SHIFT) & 0xff) as c_int),
    }
}

/// Empties the queue of this thread.
pub fn clear() {
    // SAFETY: no preconditions.
    unsafe { ERR_clear_error() };
}

/// Puts a reason into the queue of this thread.
#[track_caller]
pub fn put(reason: Reason) {
    begin();
    // SAFETY: no text goes with it.
    unsafe { ERR_set_error(LIBRARY, reason.0, std::ptr::null()) };
}

/// Puts an error of the system's into the queue, with what was called.
#[track_caller]
pub fn put_system(number: c_int, call: &CStr, argument: &CStr) {
    /// `ERR_LIB_SYS`.
    const SYSTEM: c_int = 2;
    begin();
    // SAFETY: the format takes two texts, which libcrypto copies.
    unsafe { ERR_set_error(SYSTEM, number, c"%s%s)".as_ptr(), call.as_ptr(), argument.as_ptr()) };
}

/// A code says that PEM ended: `ERR_LIB_PEM`, `PEM_R_NO_START_LINE`.
pub fn is_no_start_line(code: c_ulong) -> bool {
    code == 9 << LIBRARY_SHIFT | 108
}

/// Begins an entry of the queue.
#[track_caller]
fn begin() {
    load_names();
    let place = std::panic::Location::caller();
    // SAFETY: libcrypto copies nothing of these; a static name and none for the function live forever.
    unsafe {
        ERR_new();
        ERR_set_debug(c"libssl (sslmode)".as_ptr(), place.line() as c_int, c"".as_ptr());
    }
}
