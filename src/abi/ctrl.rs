//! `SSL_ctrl` and `SSL_CTX_ctrl`: what programs compiled with OpenSSL's headers call for their modes.

use super::forward::{self, routes};
use super::modes;
use crate::boundary::contain;
use crate::hooks;
use crate::openssl::{Handle, ModeCall, ssl_ctx_st, ssl_st};
use libc::{c_int, c_long, c_void};
use std::arch::naked_asm;

routes! {
    context_ctrl, caller in "r8";
    connection_ctrl, caller in "r8";
}

/// See `SSL_CTX_ctrl(3)`. NULL comes to us always: on it libssls differ in mode calls.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_CTX_ctrl(ctx: *mut ssl_ctx_st, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long {
    naked_asm!(
        "test rdi, rdi",
        "jz {entry}",
        "jmp qword ptr [rip + {slot}]",
        entry = sym context_ctrl::entry,
        slot = sym context_ctrl::SLOT,
    )
}

/// See `SSL_ctrl(3)`. NULL comes to us always: on it libssls differ in mode calls.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_ctrl(ssl: *mut ssl_st, cmd: c_int, larg: c_long, parg: *mut c_void) -> c_long {
    naked_asm!(
        "test rdi, rdi",
        "jz {entry}",
        "jmp qword ptr [rip + {slot}]",
        entry = sym connection_ctrl::entry,
        slot = sym connection_ctrl::SLOT,
    )
}

unsafe extern "C-unwind" fn context_ctrl(
    ctx: *mut ssl_ctx_st,
    cmd: c_int,
    larg: c_long,
    parg: *mut c_void,
    caller: usize,
) -> c_long {
    if let Some(call) = ModeCall::of_command(cmd, larg) {
        return modes::answer_to(Handle::Context(ctx), call, true, caller);
    }
    forward::to_owner("SSL_CTX_ctrl", ctx.addr(), caller, 0, |host| {
        // SAFETY: the arguments are the program's own, for the libssl that owns its handle.
        let answer = host.calls.context_ctrl.map(|context_ctrl| unsafe { context_ctrl(ctx, cmd, larg, parg) })?;
        contain(|| hooks::control(host, Handle::Context(ctx), cmd, larg, answer));
        Some(answer)
    })
}

unsafe extern "C-unwind" fn connection_ctrl(
    ssl: *mut ssl_st,
    cmd: c_int,
    larg: c_long,
    parg: *mut c_void,
    caller: usize,
) -> c_long {
    if let Some(call) = ModeCall::of_command(cmd, larg) {
        return modes::answer_to(Handle::Connection(ssl), call, true, caller);
    }
    forward::to_owner("SSL_ctrl", ssl.addr(), caller, 0, |host| {
        // SAFETY: the arguments are the program's own, for the libssl that owns its handle.
        let answer =
            host.calls.connection_ctrl.map(|connection_ctrl| unsafe { connection_ctrl(ssl, cmd, larg, parg) })?;
        contain(|| hooks::control(host, Handle::Connection(ssl), cmd, larg, answer));
        Some(answer)
    })
}
