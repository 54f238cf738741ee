//! The functions that are this library's own.
//!
//! Their comments are the header's.

use super::forward;
use crate::boundary::contain;
use crate::{host, report};
use libc::{c_char, c_int, c_long, size_t};
use sslmode_engine::{Dialect, dialect};
use std::ffi::CStr;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// sslmode_version returns this library's version, such as "0.1.0": a string that is never freed.
#[unsafe(no_mangle)]
pub extern "C" fn sslmode_version() -> *const c_char {
    VERSION.as_ptr().cast()
}

/// sslmode_mode_names writes the modes of |mask| in names, as "AUTO_RETRY|RELEASE_BUFFERS", into |buf|, which has room
/// for |len| bytes, and ends them with a NUL; what does not fit is cut off. Bits that are no mode follow in
/// hexadecimal, and a mask without any bit is "0".
///
/// The same number is another mode in another libssl. |dialect| says whose numbers these are: "openssl-0.9.8",
/// "openssl-1.0.2", "openssl-1.0.2l", "openssl-1.1.0", "openssl-1.1.1", "openssl-3", "openssl-3.2", "openssl-4",
/// "boringssl", "aws-lc" or "libressl".
/// NULL stands for the first libssl that this library met in the process, and if it met none, for OpenSSL's newest.
///
/// It returns the length of the whole text without the NUL, as snprintf does, so |buf| may be NULL if |len| is 0. If
/// there is no such dialect it returns 0 and writes an empty string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sslmode_mode_names(
    dialect: *const c_char,
    mask: c_long,
    buf: *mut c_char,
    len: size_t,
) -> size_t {
    // SAFETY: the header asks for a NUL-terminated string or NULL.
    let name = (!dialect.is_null()).then(|| unsafe { CStr::from_ptr(dialect) });
    let text = contain(|| names(name, mask)).unwrap_or_default();
    if !buf.is_null() && len > 0 {
        let fits = text.len().min(len - 1);
        // SAFETY: the header asks for room for `len` bytes, and `fits + 1` is at most that.
        unsafe {
            buf.copy_from_nonoverlapping(text.as_ptr().cast(), fits);
            buf.add(fits).write(0);
        }
    }
    text.len()
}

fn names(dialect: Option<&CStr>, mask: c_long) -> String {
    let dialect = match dialect {
        None => Some(host::first().map_or(&dialect::OPENSSL_4, |host| host.dialect)),
        Some(name) => name.to_str().ok().and_then(Dialect::by_name),
    };
    dialect.map(|dialect| dialect.name_mask(mask).to_string()).unwrap_or_default()
}

/// sslmode_use_host says which libssl owns the handles whose making this library did not see: the one at |path|, a
/// path or soname such as "libssl.so.3", or, if that object is no libssl, the one that it uses. NULL goes back to
/// finding it.
///
/// It is needed only if several libssls are in the process, and then only for calls from an FFI, or with a handle of
/// another libssl than the one that the calling program or library is linked with. It holds for calls after it on all
/// threads, and does not load anything.
///
/// It returns 1, or 0 and one line on stderr if no such object is loaded or it neither is nor uses a libssl.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sslmode_use_host(path: *const c_char) -> c_int {
    // SAFETY: the header asks for a NUL-terminated string or NULL.
    let path = (!path.is_null()).then(|| unsafe { CStr::from_ptr(path) });
    let result =
        contain(|| host::use_host(path).map_err(|error| report::line(format_args!("sslmode_use_host: {error}"))));
    forward::review();
    c_int::from(matches!(result, Some(Ok(()))))
}
