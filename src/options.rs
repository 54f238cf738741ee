//! The options in force, read once: programs replace their environment while they run.

use crate::report;
use libc::c_char;
use sslmode_protocol::options::{Options, VARIABLE};
use std::ffi::{CStr, CString};
use std::sync::OnceLock;

unsafe extern "C" {
    fn secure_getenv(name: *const c_char) -> *mut c_char;
}

static OPTIONS: OnceLock<Options> = OnceLock::new();

/// What `SSLMODE_OPTIONS` asks for; no option at all where it holds a mistake, which one line on stderr names.
pub fn get() -> &'static Options {
    OPTIONS.get_or_init(read)
}

fn read() -> Options {
    let Ok(name) = CString::new(VARIABLE) else { return Options::default() };
    // SAFETY: the name is NUL-terminated; a set-user-ID program gets NULL, so that nobody else steers it.
    let value = unsafe { secure_getenv(name.as_ptr()) };
    if value.is_null() {
        return Options::default();
    }
    // SAFETY: the environment's strings are NUL-terminated, and no other thread of ours changes them.
    let value = unsafe { CStr::from_ptr(value) };
    let Ok(text) = value.to_str() else {
        report::line(format_args!("{VARIABLE}: expected UTF-8, got other bytes; no option is in force"));
        return Options::default();
    };
    match text.parse::<Options>() {
        Ok(options) => {
            if options.help {
                report::line(format_args!("{VARIABLE}=key=value:key=value\n{}", Options::describe()));
            }
            options
        }
        Err(mistake) => {
            report::line(format_args!("{VARIABLE}: {mistake}; no option is in force"));
            Options::default()
        }
    }
}
