//! The mode calls of `SSL_CTX_set_mode(3)` as functions. OpenSSL's header has macros of the same names, which come in
//! by `SSL_CTX_ctrl` and `SSL_ctrl`, commands 33 and 78.
//!
//! NULL answers 0 and puts nothing into the queue, as `SSL_CTX_ctrl` does in the versions that answer. There is nothing
//! here that could panic.

use crate::context::Context;
use crate::ssl::Ssl;
use libc::c_long;

/// Adds modes to a context; returns its mask afterwards.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_set_mode(ctx: Option<&Context>, mode: c_long) -> c_long {
    ctx.map_or(0, |ctx| ctx.modes.set(mode))
}

/// Takes modes from a context; returns its mask afterwards.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_clear_mode(ctx: Option<&Context>, mode: c_long) -> c_long {
    ctx.map_or(0, |ctx| ctx.modes.clear(mode))
}

/// A context's mask.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_CTX_get_mode(ctx: Option<&Context>) -> c_long {
    ctx.map_or(0, |ctx| ctx.modes.get())
}

/// Adds modes to a connection; returns its mask afterwards.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_set_mode(ssl: Option<&Ssl>, mode: c_long) -> c_long {
    ssl.map_or(0, |ssl| ssl.modes.set(mode))
}

/// Takes modes from a connection; returns its mask afterwards.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_clear_mode(ssl: Option<&Ssl>, mode: c_long) -> c_long {
    ssl.map_or(0, |ssl| ssl.modes.clear(mode))
}

/// A connection's mask.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_mode(ssl: Option<&Ssl>) -> c_long {
    ssl.map_or(0, |ssl| ssl.modes.get())
}
