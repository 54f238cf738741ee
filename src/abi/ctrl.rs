//! `SSL_ctrl` and `SSL_CTX_ctrl`: what programs compiled with OpenSSL's headers call for their modes.

use super::forward::{self, Route, Slot};
use super::modes;
use crate::boundary::contain;
use crate::openssl::{Handle, ModeCall, ssl_ctx_st, ssl_st};
use crate::report::Once;
use libc::{c_int, c_long, c_void};
use std::arch::naked_asm;

static CONTEXT_CTRL: Slot = Slot::new(context_ctrl_entry as *mut ());
static CONNECTION_CTRL: Slot = Slot::new(connection_ctrl_entry as *mut ());

/// See `SSL_CTX_ctrl(3)`. NULL comes to us always: on it libssls differ in mode calls.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_CTX_ctrl(ctx: *mut ssl_ctx_st, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long {
    naked_asm!(
        "test rdi, rdi",
        "jz {entry}",
        "jmp qword ptr [rip + {slot}]",
        entry = sym context_ctrl_entry,
        slot = sym CONTEXT_CTRL,
    )
}

/// See `SSL_ctrl(3)`. NULL comes to us always: on it libssls differ in mode calls.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_ctrl(ssl: *mut ssl_st, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long {
    naked_asm!(
        "test rdi, rdi",
        "jz {entry}",
        "jmp qword ptr [rip + {slot}]",
        entry = sym connection_ctrl_entry,
        slot = sym CONNECTION_CTRL,
    )
}

#[unsafe(naked)]
unsafe extern "C" fn context_ctrl_entry(_: *mut ssl_ctx_st, _: c_int, _: c_long, _: *mut c_void) -> c_long {
    naked_asm!("mov r8, [rsp]", "jmp {}", sym context_ctrl)
}

#[unsafe(naked)]
unsafe extern "C" fn connection_ctrl_entry(_: *mut ssl_st, _: c_int, _: c_long, _: *mut c_void) -> c_long {
    naked_asm!("mov r8, [rsp]", "jmp {}", sym connection_ctrl)
}

unsafe extern "C" fn context_ctrl(
    ctx: *mut ssl_ctx_st,
    cmd: c_int,
    larg: c_long,
    parg: *mut c_void,
    caller: usize,
) -> c_long {
    if let Some(call) = ModeCall::of_command(cmd, larg) {
        return modes::answer(Handle::Context(ctx), call, caller);
    }
    match forward::owner("SSL_CTX_ctrl", ctx.addr(), caller).and_then(|host| host.calls.context_ctrl) {
        // SAFETY: the arguments are the program's own, for the libssl that owns its handle.
        Some(context_ctrl) => unsafe { context_ctrl(ctx, cmd, larg, parg) },
        None => missing("SSL_CTX_ctrl", cmd),
    }
}

unsafe extern "C" fn connection_ctrl(
    ssl: *mut ssl_st,
    cmd: c_int,
    larg: c_long,
    parg: *mut c_void,
    caller: usize,
) -> c_long {
    if let Some(call) = ModeCall::of_command(cmd, larg) {
        return modes::answer(Handle::Connection(ssl), call, caller);
    }
    match forward::owner("SSL_ctrl", ssl.addr(), caller).and_then(|host| host.calls.connection_ctrl) {
        // SAFETY: the arguments are the program's own, for the libssl that owns its handle.
        Some(connection_ctrl) => unsafe { connection_ctrl(ssl, cmd, larg, parg) },
        None => missing("SSL_ctrl", cmd),
    }
}

fn missing(function: &str, cmd: c_int) -> c_long {
    static MISSING: Once = Once::new();
    contain(|| MISSING.line(format_args!("{function}: no libssl here has it for command {cmd}; answered 0")));
    0
}

/// The routes of this file's functions.
pub fn routes() -> [Route; 2] {
    [
        Route {
            slot: &CONTEXT_CTRL,
            entry: context_ctrl_entry as *mut (),
            direct: |calls| calls.context_ctrl.map(|f| f as *mut ()),
        },
        Route {
            slot: &CONNECTION_CTRL,
            entry: connection_ctrl_entry as *mut (),
            direct: |calls| calls.connection_ctrl.map(|f| f as *mut ()),
        },
    ]
}
