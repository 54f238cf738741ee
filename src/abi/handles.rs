//! The functions that make handles. A context's method settles which libssl owns it; an `SSL` is its context's.

use super::forward::{self, Slot, routes};
use crate::boundary::contain;
use crate::hooks::{self, Making};
use crate::host::{self, Host};
use crate::openssl::{Handle, ssl_ctx_st, ssl_st};
use libc::{c_char, c_void};
use std::arch::naked_asm;
use std::ptr;
use std::sync::atomic::Ordering;

/// The method that the settled host's last context was made of. Another may be another libssl's.
static METHOD: Slot = Slot::new(ptr::null_mut());

routes! {
    context_new, caller in "rsi";
    context_new_ex, caller in "rcx";
    connection_new, caller in "rsi", SSL_new(ctx: *mut ssl_ctx_st) -> *mut ssl_st;
    connection_dup, caller in "rsi", SSL_dup(ssl: *mut ssl_st) -> *mut ssl_st;
}

/// See `SSL_CTX_new(3)`.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_CTX_new(method: *const c_void) -> *mut ssl_ctx_st {
    naked_asm!(
        "cmp rdi, qword ptr [rip + {method}]",
        "jne {entry}",
        "jmp qword ptr [rip + {slot}]",
        method = sym METHOD,
        entry = sym context_new::entry,
        slot = sym context_new::SLOT,
    )
}

/// See `SSL_CTX_new_ex(3)` (OpenSSL 3.0 and later).
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_CTX_new_ex(
    library: *mut c_void,
    query: *const c_char,
    method: *const c_void,
) -> *mut ssl_ctx_st {
    naked_asm!(
        "cmp rdx, qword ptr [rip + {method}]",
        "jne {entry}",
        "jmp qword ptr [rip + {slot}]",
        method = sym METHOD,
        entry = sym context_new_ex::entry,
        slot = sym context_new_ex::SLOT,
    )
}

unsafe extern "C-unwind" fn context_new(method: *const c_void, caller: usize) -> *mut ssl_ctx_st {
    make_context("SSL_CTX_new", method, caller, |host| {
        // SAFETY: the method is the program's own, and this is the libssl that it came from.
        host.calls.context_new.map(|context_new| unsafe { context_new(method) })
    })
}

unsafe extern "C-unwind" fn context_new_ex(
    library: *mut c_void,
    query: *const c_char,
    method: *const c_void,
    caller: usize,
) -> *mut ssl_ctx_st {
    make_context("SSL_CTX_new_ex", method, caller, |host| {
        // SAFETY: the arguments are the program's own, and this is the libssl that its method came from.
        host.calls.context_new_ex.map(|context_new_ex| unsafe { context_new_ex(library, query, method) })
    })
}

unsafe extern "C-unwind" fn connection_new(ctx: *mut ssl_ctx_st, caller: usize) -> *mut ssl_st {
    make_connection("SSL_new", ctx.addr(), caller, |host| {
        // SAFETY: the context is the program's own, and this is the libssl that owns it.
        host.calls.connection_new.map(|connection_new| unsafe { connection_new(ctx) })
    })
}

unsafe extern "C-unwind" fn connection_dup(ssl: *mut ssl_st, caller: usize) -> *mut ssl_st {
    make_connection("SSL_dup", ssl.addr(), caller, |host| {
        // SAFETY: the handle is the program's own, and this is the libssl that owns it.
        host.calls.connection_dup.map(|connection_dup| unsafe { connection_dup(ssl) })
    })
}

fn make_context(
    function: &'static str,
    method: *const c_void,
    caller: usize,
    make: impl FnOnce(&Host) -> Option<*mut ssl_ctx_st>,
) -> *mut ssl_ctx_st {
    let Some((host, straight)) = forward::owner_of_method(function, method.addr(), caller) else {
        return ptr::null_mut();
    };
    if straight && !method.is_null() {
        METHOD.store(method as *mut (), Ordering::SeqCst);
    }
    let making = Making::begin(function, 0, caller);
    let Some(ctx) = make(host) else {
        forward::missing(function, host);
        return ptr::null_mut();
    };
    made(making, Handle::Context(ctx), host, straight);
    ctx
}

fn make_connection(
    function: &'static str,
    parent: usize,
    caller: usize,
    make: impl FnOnce(&Host) -> Option<*mut ssl_st>,
) -> *mut ssl_st {
    forward::to_owner(function, parent, caller, ptr::null_mut(), |host| {
        let making = Making::begin(function, parent, caller);
        let ssl = make(host)?;
        made(making, Handle::Connection(ssl), host, false);
        Some(ssl)
    })
}

/// A handle is remembered unless calls go straight on: then there is one libssl, and nobody to tell it from.
fn made(making: Making, handle: Handle, host: &'static Host, straight: bool) {
    if handle.address() == 0 {
        return;
    }
    contain(|| {
        if !straight {
            host::remember(handle, host);
        }
        hooks::made(making, handle, host);
    });
}
