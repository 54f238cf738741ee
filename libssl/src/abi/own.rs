//! The function that OpenSSL's libssl does not have.

use crate::settings::dialect;
use libc::c_char;
use std::ffi::CString;
use std::sync::LazyLock;

/// The name of the dialect whose rules the modes follow, such as "openssl-3": a string that is never freed. It also
/// tells this library from OpenSSL's, whose version text is that of the libcrypto below, as here.
#[unsafe(no_mangle)]
pub extern "C" fn sslmode_dialect() -> *const c_char {
    static NAME: LazyLock<CString> = LazyLock::new(|| CString::new(dialect().name).unwrap_or_default());
    NAME.as_ptr()
}
