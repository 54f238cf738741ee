//! Why calls fail: OpenSSL's reasons, and libcrypto's queue of them.
//!
//! Numbers and names are those of OpenSSL 3.0's `sslerr.h`.

use libc::{c_char, c_int, c_ulong};
use std::ffi::{CStr, CString};
use std::sync::Once;

/// A reason (`SSL_R_…`, or `ERR_R_…` from the numbers that all libraries share).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason(pub c_int);

/// `ERR_LIB_SSL`.
const LIBRARY: c_int = 20;
/// `ERR_LIB_SYS`.
pub const LIBRARY_SYS: c_int = 2;
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
    /// `SSL_R_APPLICATION_DATA_AFTER_CLOSE_NOTIFY`.
    pub const APPLICATION_DATA_AFTER_CLOSE_NOTIFY: Reason = Reason(291);
    /// `SSL_R_BAD_EXTENSION`.
    pub const BAD_EXTENSION: Reason = Reason(110);
    /// `SSL_R_BAD_SIGNATURE`.
    pub const BAD_SIGNATURE: Reason = Reason(123);
    /// `SSL_R_BIO_NOT_SET`.
    pub const BIO_NOT_SET: Reason = Reason(128);
    /// `SSL_R_CALLBACK_FAILED`.
    pub const CALLBACK_FAILED: Reason = Reason(234);
    /// `SSL_R_CERTIFICATE_VERIFY_FAILED`.
    pub const CERTIFICATE_VERIFY_FAILED: Reason = Reason(134);
    /// `SSL_R_CONNECTION_TYPE_NOT_SET`.
    pub const CONNECTION_TYPE_NOT_SET: Reason = Reason(144);
    /// `SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC`.
    pub const DECRYPTION_FAILED_OR_BAD_RECORD_MAC: Reason = Reason(281);
    /// `SSL_R_DIGEST_CHECK_FAILED`.
    pub const DIGEST_CHECK_FAILED: Reason = Reason(149);
    /// `SSL_R_EXCESSIVE_MESSAGE_SIZE`.
    pub const EXCESSIVE_MESSAGE_SIZE: Reason = Reason(152);
    /// `SSL_R_HTTPS_PROXY_REQUEST`.
    pub const HTTPS_PROXY_REQUEST: Reason = Reason(155);
    /// `SSL_R_HTTP_REQUEST`.
    pub const HTTP_REQUEST: Reason = Reason(156);
    /// `SSL_R_INAPPROPRIATE_FALLBACK`.
    pub const INAPPROPRIATE_FALLBACK: Reason = Reason(373);
    /// `SSL_R_LENGTH_MISMATCH`.
    pub const LENGTH_MISMATCH: Reason = Reason(159);
    /// `SSL_R_NO_APPLICATION_PROTOCOL`.
    pub const NO_APPLICATION_PROTOCOL: Reason = Reason(235);
    /// `SSL_R_NO_PROTOCOLS_AVAILABLE`.
    pub const NO_PROTOCOLS_AVAILABLE: Reason = Reason(191);
    /// `SSL_R_NO_SHARED_CIPHER`.
    pub const NO_SHARED_CIPHER: Reason = Reason(193);
    /// `SSL_R_NO_SUITABLE_GROUPS`.
    pub const NO_SUITABLE_GROUPS: Reason = Reason(295);
    /// `SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM`.
    pub const NO_SUITABLE_SIGNATURE_ALGORITHM: Reason = Reason(118);
    /// `SSL_R_PACKET_LENGTH_TOO_LONG`.
    pub const PACKET_LENGTH_TOO_LONG: Reason = Reason(198);
    /// `SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE`.
    pub const PEER_DID_NOT_RETURN_A_CERTIFICATE: Reason = Reason(199);
    /// `SSL_R_PROTOCOL_IS_SHUTDOWN`.
    pub const PROTOCOL_IS_SHUTDOWN: Reason = Reason(207);
    /// `SSL_R_SHUTDOWN_WHILE_IN_INIT`.
    pub const SHUTDOWN_WHILE_IN_INIT: Reason = Reason(407);
    /// `SSL_R_UNEXPECTED_EOF_WHILE_READING`.
    pub const UNEXPECTED_EOF_WHILE_READING: Reason = Reason(294);
    /// `SSL_R_UNEXPECTED_MESSAGE`.
    pub const UNEXPECTED_MESSAGE: Reason = Reason(244);
    /// `SSL_R_UNEXPECTED_RECORD`.
    pub const UNEXPECTED_RECORD: Reason = Reason(245);
    /// `SSL_R_UNINITIALIZED`.
    pub const UNINITIALIZED: Reason = Reason(276);
    /// `SSL_R_UNSUPPORTED_PROTOCOL`.
    pub const UNSUPPORTED_PROTOCOL: Reason = Reason(258);
    /// `SSL_R_WRONG_SIGNATURE_TYPE`.
    pub const WRONG_SIGNATURE_TYPE: Reason = Reason(370);
    /// `SSL_R_WRONG_SSL_VERSION`.
    pub const WRONG_SSL_VERSION: Reason = Reason(266);
    /// `SSL_R_WRONG_VERSION_NUMBER`.
    pub const WRONG_VERSION_NUMBER: Reason = Reason(267);
    /// `SSL_R_INVALID_KEY_UPDATE_TYPE`.
    pub const INVALID_KEY_UPDATE_TYPE: Reason = Reason(120);
    /// `SSL_R_NO_RENEGOTIATION`.
    pub const NO_RENEGOTIATION: Reason = Reason(339);
    /// `SSL_R_STILL_IN_INIT`.
    pub const STILL_IN_INIT: Reason = Reason(121);
    /// `ERR_R_BUF_LIB`.
    pub const BUF_LIB: Reason = Reason(7 | 2 << 18);
    /// `ERR_R_EVP_LIB`.
    pub const EVP_LIB: Reason = Reason(6 | 2 << 18);
}

/// `ERR_RFLAG_FATAL | ERR_RFLAG_COMMON` of 3.0.
const COMMON_AND_FATAL: c_int = 3 << 18;

/// What `ERR_reason_error_string` says for the reasons that this library gives.
static NAMES: &[(Reason, &CStr)] = &[
    (Reason::NULL_SSL_METHOD_PASSED, c"null ssl method passed"),
    (Reason::BAD_WRITE_RETRY, c"bad write retry"),
    (Reason::BAD_LENGTH, c"bad length"),
];

#[repr(C)]
struct StringData {
    error: c_ulong,
    string: *const c_char,
}

unsafe extern "C" {
    fn ERR_new();
    fn ERR_peek_error() -> c_ulong;
    fn ERR_set_debug(file: *const c_char, line: c_int, function: *const c_char);
    fn ERR_set_error(library: c_int, reason: c_int, format: *const c_char, ...);
    fn ERR_add_error_data(count: c_int, ...);
    fn ERR_load_strings(library: c_int, strings: *mut StringData) -> c_int;
}

/// Makes the reasons known to libcrypto, once.
pub fn load_names() {
    static LOADED: Once = Once::new();
    LOADED.call_once(|| {
        let entries = NAMES.iter().map(|(reason, name)| StringData {
            error: ((LIBRARY as c_ulong) << LIBRARY_SHIFT) | reason.0 as c_ulong,
            string: name.as_ptr(),
        });
        let end = StringData { error: 0, string: std::ptr::null() };
        let strings: &'static mut [StringData] = entries.chain([end]).collect::<Vec<_>>().leak();
        // SAFETY: the table ends with a zero, and stays for as long as the process: libcrypto keeps pointers into it.
        unsafe { ERR_load_strings(LIBRARY, strings.as_mut_ptr()) };
    });
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

/// Puts a reason into the queue of this thread.
#[track_caller]
pub fn put(reason: Reason) {
    begin();
    // SAFETY: no text goes with it.
    unsafe { ERR_set_error(LIBRARY, reason.0, std::ptr::null()) };
}

/// As [`put`], with two texts that follow the reason where the queue is printed.
#[track_caller]
pub fn put_detail(reason: Reason, what: &CStr, detail: &CStr) {
    begin();
    // SAFETY: the format takes two texts, which libcrypto copies.
    unsafe { ERR_set_error(LIBRARY, reason.0, c"%s%s".as_ptr(), what.as_ptr(), detail.as_ptr()) };
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
