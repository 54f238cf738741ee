//! The six mode functions. In OpenSSL and LibreSSL they are macros, in BoringSSL and AWS-LC functions on `uint32_t`.
//!
//! Their comments are the header's.

use super::forward;
use crate::boundary::contain;
use crate::openssl::{Handle, ModeCall, ssl_ctx_st, ssl_st};
use crate::report::Once;
use crate::{hooks, host};
use libc::c_long;
use std::arch::naked_asm;

/// SSL_CTX_set_mode adds the modes in |mode|, one or more SSL_MODE_* values ORed together, to those of |ctx|. Modes
/// that are already set stay set. It returns the mask in force afterwards.
///
/// |ctx| must be a live SSL_CTX of a libssl in this process. Every SSL made from it later starts with its mask; an
/// SSL made before keeps its own.
///
/// Bits that are no mode of that libssl are stored and returned, as it does itself. OpenSSL up to 1.0.2 keeps all the
/// bits of a long, so that setting -1 returns -1; OpenSSL 1.1.0 and later, BoringSSL and AWS-LC keep 32 bits, so that
/// it returns 4294967295.
///
/// It does not fail. If |ctx| is NULL, or no libssl owns it as far as can be found (see sslmode_use_host), it changes
/// nothing, returns 0, and writes one line to stderr, once.
///
/// Source: SSL_CTX_set_mode(3) of 1.0.2k, DESCRIPTION and RETURN VALUES; the widths were observed on 0.9.8e, 1.0.2k,
/// 1.1.1w, 3.0.19, 3.6.3, 4.0.3 and BoringSSL.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_CTX_set_mode(ctx: *mut ssl_ctx_st, mode: c_long) -> c_long {
    naked_asm!("mov rdx, [rsp]", "jmp {}", sym context_set)
}

/// SSL_CTX_clear_mode takes the modes in |mode| away from those of |ctx|. Bits that are not set stay as they are. It
/// returns the mask in force afterwards. Everything else is as in SSL_CTX_set_mode.
///
/// Source: SSL_CTX_set_mode(3) of 3.0; observed to work on 0.9.8e and 1.0.2k too, where the page does not name it.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_CTX_clear_mode(ctx: *mut ssl_ctx_st, mode: c_long) -> c_long {
    naked_asm!("mov rdx, [rsp]", "jmp {}", sym context_clear)
}

/// SSL_CTX_get_mode returns the mask in force for |ctx|, or 0 if |ctx| is NULL or no libssl owns it. A new SSL_CTX has
/// 0 up to OpenSSL 1.1.0, SSL_MODE_AUTO_RETRY from 1.1.1 on, and SSL_MODE_NO_AUTO_CHAIN in BoringSSL.
///
/// Source: SSL_CTX_set_mode(3) of 1.0.2k, RETURN VALUES; the defaults were observed on the versions named above.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_CTX_get_mode(ctx: *mut ssl_ctx_st) -> c_long {
    naked_asm!("mov rsi, [rsp]", "jmp {}", sym context_get)
}

/// SSL_set_mode adds the modes in |mode| to those of |ssl| and returns the mask in force afterwards. The SSL_CTX that
/// |ssl| was made from is not changed. Everything else is as in SSL_CTX_set_mode.
///
/// It may be called at any time between two I/O calls on |ssl|, also while a write is to be retried. Only on a QUIC
/// stream (OpenSSL 3.2 and later) is SSL_MODE_ENABLE_PARTIAL_WRITE then left as it was.
///
/// Source: SSL_CTX_set_mode(3) of 1.0.2k, DESCRIPTION and RETURN VALUES; for QUIC, quic_impl.c of 4.0.3.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_set_mode(ssl: *mut ssl_st, mode: c_long) -> c_long {
    naked_asm!("mov rdx, [rsp]", "jmp {}", sym connection_set)
}

/// SSL_clear_mode takes the modes in |mode| away from those of |ssl| and returns the mask in force afterwards.
/// Everything else is as in SSL_set_mode.
///
/// Source: SSL_CTX_set_mode(3) of 3.0; observed to work on 0.9.8e and 1.0.2k too, where the page does not name it.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_clear_mode(ssl: *mut ssl_st, mode: c_long) -> c_long {
    naked_asm!("mov rdx, [rsp]", "jmp {}", sym connection_clear)
}

/// SSL_get_mode returns the mask in force for |ssl|, or 0 if |ssl| is NULL or no libssl owns it.
///
/// Source: SSL_CTX_set_mode(3) of 1.0.2k, RETURN VALUES.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_get_mode(ssl: *mut ssl_st) -> c_long {
    naked_asm!("mov rsi, [rsp]", "jmp {}", sym connection_get)
}

extern "C" fn context_set(ctx: *mut ssl_ctx_st, mode: c_long, caller: usize) -> c_long {
    answer(Handle::Context(ctx), ModeCall::Set(mode), caller)
}

extern "C" fn context_clear(ctx: *mut ssl_ctx_st, mode: c_long, caller: usize) -> c_long {
    answer(Handle::Context(ctx), ModeCall::Clear(mode), caller)
}

extern "C" fn context_get(ctx: *mut ssl_ctx_st, caller: usize) -> c_long {
    answer(Handle::Context(ctx), ModeCall::Get, caller)
}

extern "C" fn connection_set(ssl: *mut ssl_st, mode: c_long, caller: usize) -> c_long {
    answer(Handle::Connection(ssl), ModeCall::Set(mode), caller)
}

extern "C" fn connection_clear(ssl: *mut ssl_st, mode: c_long, caller: usize) -> c_long {
    answer(Handle::Connection(ssl), ModeCall::Clear(mode), caller)
}

extern "C" fn connection_get(ssl: *mut ssl_st, caller: usize) -> c_long {
    answer(Handle::Connection(ssl), ModeCall::Get, caller)
}

/// The answer to a mode call that code at `caller` made, with one of these functions.
#[inline]
fn answer(handle: Handle, call: ModeCall, caller: usize) -> c_long {
    answer_to(handle, call, false, caller)
}

/// The answer to a mode call that code at `caller` made; `by_macro` where it is a control call, as OpenSSL's macros make.
#[inline]
pub fn answer_to(handle: Handle, call: ModeCall, by_macro: bool, caller: usize) -> c_long {
    match host::settled(caller) {
        Some(host) if handle.address() != 0 => host.mode_call(handle, call),
        _ => answer_slowly(handle, call, by_macro, caller),
    }
}

#[cold]
#[inline(never)]
fn answer_slowly(handle: Handle, call: ModeCall, by_macro: bool, caller: usize) -> c_long {
    static NULL: Once = Once::new();
    let host = host::of_mode_call(call.name(handle), handle, caller);
    forward::review();
    let Some(host) = host else { return 0 };
    if handle.address() == 0 {
        contain(|| NULL.line(format_args!("{}: expected a handle, got NULL; nothing was changed", call.name(handle))));
        return hooks::null_answer(host, handle);
    }
    hooks::mode_call(host, handle, call, by_macro, caller)
}
