//! Why calls fail: OpenSSL's reasons, and libcrypto's queue of them.
//!
//! Numbers and names are those of OpenSSL 3.0's `sslerr.h`.

mod names;
mod reasons;

use libc::{c_char, c_int, c_ulong};
use reasons::TEXTS;
use std::sync::Once;

/// A reason (`SSL_R_…`, or `ERR_R_…` from the numbers that all libraries share).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason(pub c_int);

/// `ERR_LIB_SSL`.
const LIBRARY: c_int = 20;
/// Where a library's number is in an error code.
const LIBRARY_SHIFT: c_ulong = 23;

impl Reason {
    /// `ERR_R_INTERNAL_ERROR`.
    pub const INTERNAL_ERROR: Reason = Reason(259 | COMMON_AND_FATAL);
    /// `ERR_R_PASSED_NULL_PARAMETER`.
    pub const PASSED_NULL_PARAMETER: Reason = Reason(258 | COMMON_AND_FATAL);
    /// `ERR_R_SHOULD_NOT_HAVE_BEEN_CALLED`.
    pub const SHOULD_NOT_HAVE_BEEN_CALLED: Reason = Reason(257 | COMMON_AND_FATAL);
    /// `SSL_R_NULL_SSL_METHOD_PASSED`.
    pub const NULL_SSL_METHOD_PASSED: Reason = Reason(196);
    /// `SSL_R_BAD_WRITE_RETRY`.
    pub const BAD_WRITE_RETRY: Reason = Reason(127);
    /// `SSL_R_BAD_LENGTH`.
    pub const BAD_LENGTH: Reason = Reason(271);
}

/// `ERR_RFLAG_FATAL | ERR_RFLAG_COMMON` of 3.0.
const COMMON_AND_FATAL: c_int = 3 << 18;

#[repr(C)]
struct StringData {
    error: c_ulong,
    string: *const c_char,
}

unsafe extern "C" {
    fn ERR_new();
    fn ERR_set_debug(file: *const c_char, line: c_int, function: *const c_char);
    fn ERR_set_error(library: c_int, reason: c_int, format: *const c_char, ...);
    fn ERR_load_strings(library: c_int, strings: *mut StringData) -> c_int;
}

/// Makes the reasons known to libcrypto, once.
pub fn load_names() {
    static LOADED: Once = Once::new();
    LOADED.call_once(|| {
        let entries = TEXTS.iter().map(|(reason, text)| StringData {
            error: ((LIBRARY as c_ulong) << LIBRARY_SHIFT) | *reason as c_ulong,
            string: text.as_ptr(),
        });
        let end = StringData { error: 0, string: std::ptr::null() };
        let strings: &'static mut [StringData] = entries.chain([end]).collect::<Vec<_>>().leak();
        // SAFETY: the table ends with a zero, and stays for as long as the process: libcrypto keeps pointers into it.
        unsafe { ERR_load_strings(LIBRARY, strings.as_mut_ptr()) };
    });
}

/// Puts a reason into the queue of this thread.
#[track_caller]
pub fn put(reason: Reason) {
    load_names();
    let place = std::panic::Location::caller();
    // SAFETY: libcrypto copies nothing of these; a static name and none for the function live forever.
    unsafe {
        ERR_new();
        ERR_set_debug(c"libssl (sslmode)".as_ptr(), place.line() as c_int, c"".as_ptr());
        ERR_set_error(LIBRARY, reason.0, std::ptr::null());
    }
}
