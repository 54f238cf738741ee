//! The functions that make handles. A context's method settles which libssl owns it; an `SSL` is its context's.

use super::forward::{self, Route, Slot};
use crate::boundary::contain;
use crate::host::{self, Host};
use crate::openssl::{Handle, ssl_ctx_st, ssl_st};
use crate::report::Once;
use crate::trace;
use libc::{c_char, c_void};
use std::arch::naked_asm;
use std::ptr;
use std::sync::atomic::Ordering;

static CONTEXT_NEW: Slot = Slot::new(context_new_entry as *mut ());
static CONTEXT_NEW_EX: Slot = Slot::new(context_new_ex_entry as *mut ());
static CONNECTION_NEW: Slot = Slot::new(connection_new_entry as *mut ());
static CONNECTION_DUP: Slot = Slot::new(connection_dup_entry as *mut ());

/// The method that the settled host's last context was made of. Another may be another libssl's.
static METHOD: Slot = Slot::new(ptr::null_mut());

/// See `SSL_CTX_new(3)`.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_CTX_new(method: *const c_void) -> *mut ssl_ctx_st {
    naked_asm!(
        "cmp rdi, qword ptr [rip + {method}]",
        "jne {entry}",
        "jmp qword ptr [rip + {slot}]",
        method = sym METHOD,
        entry = sym context_new_entry,
        slot = sym CONTEXT_NEW,
    )
}

/// See `SSL_CTX_new_ex(3)` (OpenSSL 3.0 and later).
///
/// cbindgen:ignore
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
        entry = sym context_new_ex_entry,
        slot = sym CONTEXT_NEW_EX,
    )
}

/// See `SSL_new(3)`.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_new(ctx: *mut ssl_ctx_st) -> *mut ssl_st {
    naked_asm!("jmp qword ptr [rip + {}]", sym CONNECTION_NEW)
}

/// See `SSL_dup(3)`.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn SSL_dup(ssl: *mut ssl_st) -> *mut ssl_st {
    naked_asm!("jmp qword ptr [rip + {}]", sym CONNECTION_DUP)
}

#[unsafe(naked)]
unsafe extern "C" fn context_new_entry(_: *const c_void) -> *mut ssl_ctx_st {
    naked_asm!("mov rsi, [rsp]", "jmp {}", sym context_new)
}

#[unsafe(naked)]
unsafe extern "C" fn context_new_ex_entry(_: *mut c_void, _: *const c_char, _: *const c_void) -> *mut ssl_ctx_st {
    naked_asm!("mov rcx, [rsp]", "jmp {}", sym context_new_ex)
}

#[unsafe(naked)]
unsafe extern "C" fn connection_new_entry(_: *mut ssl_ctx_st) -> *mut ssl_st {
    naked_asm!("mov rsi, [rsp]", "jmp {}", sym connection_new)
}

#[unsafe(naked)]
unsafe extern "C" fn connection_dup_entry(_: *mut ssl_st) -> *mut ssl_st {
    naked_asm!("mov rsi, [rsp]", "jmp {}", sym connection_dup)
}

unsafe extern "C" fn context_new(method: *const c_void, caller: usize) -> *mut ssl_ctx_st {
    make_context("SSL_CTX_new", method, caller, |host| {
        // SAFETY: the method is the program's own, and this is the libssl that it came from.
        host.calls.context_new.map(|context_new| unsafe { context_new(method) })
    })
}

unsafe extern "C" fn context_new_ex(
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

unsafe extern "C" fn connection_new(ctx: *mut ssl_ctx_st, caller: usize) -> *mut ssl_st {
    make_connection("SSL_new", ctx.addr(), caller, |host| {
        // SAFETY: the context is the program's own, and this is the libssl that owns it.
        host.calls.connection_new.map(|connection_new| unsafe { connection_new(ctx) })
    })
}

unsafe extern "C" fn connection_dup(ssl: *mut ssl_st, caller: usize) -> *mut ssl_st {
    make_connection("SSL_dup", ssl.addr(), caller, |host| {
        // SAFETY: the handle is the program's own, and this is the libssl that owns it.
        host.calls.connection_dup.map(|connection_dup| unsafe { connection_dup(ssl) })
    })
}

fn make_context(
    function: &str,
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
    let Some(ctx) = make(host) else { return missing(function, host) };
    if !straight {
        made(function, Handle::Context(ctx), host);
    }
    ctx
}

fn make_connection(
    function: &str,
    parent: usize,
    caller: usize,
    make: impl FnOnce(&Host) -> Option<*mut ssl_st>,
) -> *mut ssl_st {
    let Some(host) = forward::owner(function, parent, caller) else { return ptr::null_mut() };
    let Some(ssl) = make(host) else { return missing(function, host) };
    made(function, Handle::Connection(ssl), host);
    ssl
}

fn made(function: &str, handle: Handle, host: &Host) {
    contain(|| {
        if handle.address() != 0 && host::remember(handle, host) {
            trace::birth(function, host, handle);
        }
    });
}

fn missing<T>(function: &str, host: &Host) -> *mut T {
    static MISSING: Once = Once::new();
    contain(|| MISSING.line(format_args!("{function}: {} has no such function; answered NULL", host.path)));
    ptr::null_mut()
}

/// The routes of this file's functions.
pub fn routes() -> [Route; 4] {
    [
        Route {
            slot: &CONTEXT_NEW,
            entry: context_new_entry as *mut (),
            direct: |calls| calls.context_new.map(|f| f as *mut ()),
        },
        Route {
            slot: &CONTEXT_NEW_EX,
            entry: context_new_ex_entry as *mut (),
            direct: |calls| calls.context_new_ex.map(|f| f as *mut ()),
        },
        Route {
            slot: &CONNECTION_NEW,
            entry: connection_new_entry as *mut (),
            direct: |calls| calls.connection_new.map(|f| f as *mut ()),
        },
        Route {
            slot: &CONNECTION_DUP,
            entry: connection_dup_entry as *mut (),
            direct: |calls| calls.connection_dup.map(|f| f as *mut ()),
        },
    ]
}
