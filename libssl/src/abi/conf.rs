//! `SSL_CONF_CTX`: settings as text.

use crate::boundary::{guard, string};
use crate::conf::{Conf, Kind, Refused, flag};
use crate::context::Context;
use crate::error::{self, Reason};
use crate::ssl::Ssl;
use libc::{c_char, c_int, c_uint};
use std::ptr::null_mut;

/// Without flags, prefix or handle: commands are then only looked at. To be freed with [`SSL_CONF_CTX_free`].
#[unsafe(no_mangle)]
extern "C" fn SSL_CONF_CTX_new() -> *mut Conf {
    guard(null_mut(), || Box::into_raw(Box::default()))
}

/// Frees it, and no handle with it; NULL is nothing.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CONF_CTX_free(conf: *mut Conf) {
    if !conf.is_null() {
        // SAFETY: it came from `SSL_CONF_CTX_new` and is given back once.
        guard((), || drop(unsafe { Box::from_raw(conf) }));
    }
}

/// 1; 0 where a certificate's key is neither given nor in its file.
#[unsafe(no_mangle)]
extern "C" fn SSL_CONF_CTX_finish(conf: Option<&mut Conf>) -> c_int {
    conf.map_or(0, |conf| guard(0, || conf.finish().into()))
}

/// Adds flags (`SSL_CONF_FLAG_…`); returns those in force, 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CONF_CTX_set_flags(conf: Option<&mut Conf>, flags: c_uint) -> c_uint {
    conf.map_or(0, |conf| {
        conf.flags |= flags;
        conf.flags
    })
}

/// Takes flags away; returns those in force, 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CONF_CTX_clear_flags(conf: Option<&mut Conf>, flags: c_uint) -> c_uint {
    conf.map_or(0, |conf| {
        conf.flags &= !flags;
        conf.flags
    })
}

/// What every command must begin with, which is copied; NULL takes it away. Upper and lower case count only under
/// `SSL_CONF_FLAG_CMDLINE`. Returns 1; 0 for a `conf` that is NULL.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CONF_CTX_set1_prefix(conf: Option<&mut Conf>, prefix: *const c_char) -> c_int {
    conf.map_or(0, |conf| {
        guard(0, || {
            // SAFETY: C's string.
            conf.prefix = unsafe { string(prefix) }.map(|prefix| prefix.to_string_lossy().into_owned());
            1
        })
    })
}

/// What commands change: this context, which the caller keeps alive, in the place of whatever it was. With NULL
/// commands are only looked at.
#[unsafe(no_mangle)]
extern "C" fn SSL_CONF_CTX_set_ssl_ctx(conf: Option<&mut Conf>, ctx: Option<&Context>) {
    if let Some(conf) = conf {
        guard((), || conf.set_context(ctx));
    }
}

/// As [`SSL_CONF_CTX_set_ssl_ctx`], for one connection.
#[unsafe(no_mangle)]
extern "C" fn SSL_CONF_CTX_set_ssl(conf: Option<&mut Conf>, ssl: Option<&Ssl>) {
    if let Some(conf) = conf {
        guard((), || conf.set_connection(ssl));
    }
}

/// How many words were taken (1 or 2), 0 for a wrong value, -2 for an unknown command, -3 for a missing value.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CONF_cmd(conf: Option<&mut Conf>, command: *const c_char, value: *const c_char) -> c_int {
    // SAFETY: C's strings.
    let (command, value) = unsafe { (string(command), string(value)) };
    let Some(command) = command else {
        error::put(Reason::INVALID_NULL_CMD_NAME);
        return 0;
    };
    let Some(conf) = conf else { return 0 };
    guard(0, || {
        let value = value.map(|value| value.to_string_lossy());
        match conf.command(&command.to_string_lossy(), value.as_deref()) {
            Ok(words) => words.into(),
            Err(Refused::Value) => 0,
            Err(Refused::Unknown) => -2,
            Err(Refused::Missing) => -3,
        }
    })
}

/// As [`SSL_CONF_cmd`] for the next words of a command line, which are passed over where they were taken. 0 where they
/// are no command, -1 for a wrong value.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CONF_cmd_argv(
    conf: Option<&mut Conf>,
    count: *mut c_int,
    words: *mut *mut *mut c_char,
) -> c_int {
    let Some(conf) = conf else { return 0 };
    if words.is_null() {
        return 0;
    }
    // SAFETY: C's places; without a count the words end with NULL.
    let (left, list) = unsafe { (count.as_ref().copied(), *words) };
    if list.is_null() || left.is_some_and(|left| left <= 0) {
        return 0;
    }
    // SAFETY: at least one word is there, or the NULL that ends them.
    let first = unsafe { *list };
    if first.is_null() {
        return 0;
    }
    // SAFETY: another one is there if the count says so, or the NULL that ends them.
    let second = if left.is_none_or(|left| left > 1) { unsafe { *list.add(1) } } else { null_mut() };
    conf.flags = conf.flags & !flag::FILE | flag::CMDLINE;
    // SAFETY: C's strings.
    match unsafe { SSL_CONF_cmd(Some(conf), first, second) } {
        taken @ 1.. => {
            // SAFETY: as many words were there.
            unsafe { *words = list.add(taken as usize) };
            if let Some(left) = left {
                // SAFETY: C's place.
                unsafe { *count = left - taken };
            }
            taken
        }
        -2 => 0,
        0 => -1,
        other => other,
    }
}

/// `SSL_CONF_TYPE_…`: what the value of a command is; 0 for NULL, or a command that is unknown under the flags.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CONF_cmd_value_type(conf: Option<&mut Conf>, command: *const c_char) -> c_int {
    // SAFETY: C's string.
    let command = unsafe { string(command) };
    let (Some(conf), Some(command)) = (conf, command) else { return Kind::Unknown as c_int };
    guard(0, || conf.kind(&command.to_string_lossy()) as c_int)
}
