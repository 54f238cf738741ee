//! The options in force, read once: programs replace their environment while they run.

use crate::report;
use libc::c_char;
use sslmode_engine::{force, lawful, profile};
use sslmode_protocol::options::{Options, VARIABLE, nearest};
use std::ffi::CStr;
use std::sync::OnceLock;

unsafe extern "C" {
    fn secure_getenv(name: *const c_char) -> *mut c_char;
}

const NAME: &CStr = c"SSLMODE_OPTIONS";

struct InForce {
    options: Options,
    /// The process that they were given to.
    pid: u32,
}

static IN_FORCE: OnceLock<InForce> = OnceLock::new();

/// What `SSLMODE_OPTIONS` asks for; no option at all where it holds a mistake, which one line on stderr names.
pub fn get() -> &'static Options {
    &in_force().options
}

/// False in a child of the process that they were given to, if they are not to follow.
pub fn are_in_force() -> bool {
    in_force().options.follow || in_force().pid == std::process::id()
}

fn in_force() -> &'static InForce {
    IN_FORCE.get_or_init(|| {
        let options = read().unwrap_or_else(|mistake| {
            report::line(format_args!("{VARIABLE}: {mistake}; no option is in force"));
            Options::default()
        });
        if options.help {
            report::line(format_args!("{VARIABLE}=key=value:key=value\n{}", Options::describe()));
        }
        if !options.follow {
            // SAFETY: the name is NUL-terminated; other threads are none yet where the library was preloaded.
            unsafe { libc::unsetenv(NAME.as_ptr()) };
        }
        InForce { options, pid: std::process::id() }
    })
}

fn read() -> Result<Options, String> {
    // SAFETY: the name is NUL-terminated; a set-user-ID program gets NULL, so that nobody else steers it.
    let value = unsafe { secure_getenv(NAME.as_ptr()) };
    if value.is_null() {
        return Ok(Options::default());
    }
    // SAFETY: the environment's strings are NUL-terminated, and no other thread of ours changes them.
    let value = unsafe { CStr::from_ptr(value) };
    let text = value.to_str().map_err(|_| "expected UTF-8, got other bytes".to_owned())?;
    let options = text.parse::<Options>().map_err(|mistake| mistake.to_string())?;
    options.force.iter().try_for_each(|forced| check_mode(&forced.mode))?;
    options.faults.iter().try_for_each(|item| check_fault(&item.fault))?;
    options.profile.as_deref().map_or(Ok(()), check_profile)?;
    Ok(options)
}

/// Which profiles there are, too.
fn check_profile(name: &str) -> Result<(), String> {
    let names = profile::names();
    match names.contains(&name) {
        true => Ok(()),
        false => {
            let meant = nearest(name, names.iter().copied())
                .map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"));
            Err(format!("option profile: unknown version \"{name}\" (expected one of {}{meant})", names.join(", ")))
        }
    }
}

/// Which modes there are is the engine's to say, not the grammar's.
fn check_mode(word: &str) -> Result<(), String> {
    force::check_word(word).map_err(|modes| {
        let names = modes.join(", ");
        let meant = nearest(word, modes).map_or_else(String::new, |mode| format!("; did you mean \"{mode}\"?"));
        format!("option force: unknown mode \"{word}\" (expected a number or one of {names}{meant})")
    })
}

/// Which faults there are, likewise.
fn check_fault(word: &str) -> Result<(), String> {
    lawful::check_word(word).map_err(|faults| {
        let names = faults.join(", ");
        let meant = nearest(word, faults).map_or_else(String::new, |fault| format!("; did you mean \"{fault}\"?"));
        format!("option faults: unknown fault \"{word}\" (expected one of {names}{meant})")
    })
}
