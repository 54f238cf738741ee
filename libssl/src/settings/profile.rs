//! Which dialect the modes follow: OpenSSL 3's, unless `SSLMODE_OPTIONS=profile=…` asks for another.

use libc::c_char;
use sslmode_engine::dialect::{Dialect, Interface};
use sslmode_protocol::options::{Options, VARIABLE};
use std::ffi::CStr;
use std::sync::LazyLock;

unsafe extern "C" {
    fn secure_getenv(name: *const c_char) -> *mut c_char;
}

const DEFAULT: &str = "openssl-3";

/// The dialect in force: whose default mask, retry rules and read rule the modes follow. Read once.
pub fn dialect() -> &'static Dialect {
    static DIALECT: LazyLock<&'static Dialect> = LazyLock::new(|| {
        asked_for().unwrap_or_else(|mistake| {
            // The only line that this library ever writes: a profile that silently is another one proves nothing.
            let line = format!("sslmode[{}]: {VARIABLE}: {mistake}; profile={DEFAULT}\n", std::process::id());
            // SAFETY: the pointer and the length are those of the line. A failed write has nobody to be told.
            unsafe { libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len()) };
            by_name(DEFAULT).expect("in the table")
        })
    });
    &DIALECT
}

fn asked_for() -> Result<&'static Dialect, String> {
    // SAFETY: the name is NUL-terminated; a set-user-ID program gets NULL, so that nobody else steers it.
    let value = unsafe { secure_getenv(c"SSLMODE_OPTIONS".as_ptr()) };
    if value.is_null() {
        return by_name(DEFAULT);
    }
    // SAFETY: the environment's strings are NUL-terminated; nobody changes this one while a context is being made, as
    // for every getenv.
    let value = unsafe { CStr::from_ptr(value) };
    let text = value.to_str().map_err(|_| "expected UTF-8, got other bytes".to_owned())?;
    let options = text.parse::<Options>().map_err(|mistake| mistake.to_string())?;
    by_name(options.profile.as_deref().unwrap_or(DEFAULT))
}

/// Only the dialects that have `SSL_CTX_ctrl`: the others number the modes differently from OpenSSL's headers.
fn by_name(name: &str) -> Result<&'static Dialect, String> {
    let fit = |dialect: &&'static Dialect| dialect.interface.value == Interface::Ctrl;
    Dialect::by_name(name).filter(fit).ok_or_else(|| {
        let names: Vec<_> = Dialect::ALL.into_iter().filter(fit).map(|dialect| dialect.name).collect();
        format!("option profile: unknown version \"{name}\" (expected one of {})", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_openssl_versions() {
        assert_eq!(by_name("openssl-1.0.2").unwrap().default_mask(), 0);
        assert_eq!(by_name(DEFAULT).unwrap().default_mask(), 4);
        assert!(by_name("boringssl").is_err());
        assert!(by_name("openssl-2").unwrap_err().contains("openssl-1.1.1"));
    }
}
