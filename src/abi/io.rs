//! The functions that read, write, shake hands and shut down. An option may watch them; the owner answers them.

use super::forward::{routes, to_owner};
use crate::hooks::{self, IoCall, Outcome};
use crate::host::Host;
use crate::openssl::ssl_st;
use libc::{c_int, c_long, c_void, size_t};

routes! {
    do_handshake, caller in "rsi", SSL_do_handshake(ssl: *mut ssl_st) -> c_int;
    connect, caller in "rsi", SSL_connect(ssl: *mut ssl_st) -> c_int;
    accept, caller in "rsi", SSL_accept(ssl: *mut ssl_st) -> c_int;
    shutdown, caller in "rsi", SSL_shutdown(ssl: *mut ssl_st) -> c_int;
    read, caller in "rcx", SSL_read(ssl: *mut ssl_st, buf: *mut c_void, num: c_int) -> c_int;
    peek, caller in "rcx", SSL_peek(ssl: *mut ssl_st, buf: *mut c_void, num: c_int) -> c_int;
    write, caller in "rcx", SSL_write(ssl: *mut ssl_st, buf: *const c_void, num: c_int) -> c_int;
    read_ex, caller in "r8",
        SSL_read_ex(ssl: *mut ssl_st, buf: *mut c_void, num: size_t, moved: *mut size_t) -> c_int;
    peek_ex, caller in "r8",
        SSL_peek_ex(ssl: *mut ssl_st, buf: *mut c_void, num: size_t, moved: *mut size_t) -> c_int;
    write_ex, caller in "r8",
        SSL_write_ex(ssl: *mut ssl_st, buf: *const c_void, num: size_t, moved: *mut size_t) -> c_int;
    write_ex2, caller in "r9",
        SSL_write_ex2(ssl: *mut ssl_st, buf: *const c_void, num: size_t, flags: u64, moved: *mut size_t) -> c_int;
    read_early_data, caller in "r8",
        SSL_read_early_data(ssl: *mut ssl_st, buf: *mut c_void, num: size_t, moved: *mut size_t) -> c_int;
    write_early_data, caller in "r8",
        SSL_write_early_data(ssl: *mut ssl_st, buf: *const c_void, num: size_t, moved: *mut size_t) -> c_int;
    sendfile, caller in "r9",
        SSL_sendfile(ssl: *mut ssl_st, fd: c_int, offset: c_long, size: size_t, flags: c_int) -> c_long;
}

unsafe extern "C-unwind" fn do_handshake(ssl: *mut ssl_st, caller: usize) -> c_int {
    // SAFETY: the handle is the program's own, and this is the libssl that owns it.
    step("SSL_do_handshake", ssl, caller, |host| host.calls.do_handshake.map(|f| unsafe { f(ssl) }))
}

unsafe extern "C-unwind" fn connect(ssl: *mut ssl_st, caller: usize) -> c_int {
    // SAFETY: as for SSL_do_handshake.
    step("SSL_connect", ssl, caller, |host| host.calls.connect.map(|f| unsafe { f(ssl) }))
}

unsafe extern "C-unwind" fn accept(ssl: *mut ssl_st, caller: usize) -> c_int {
    // SAFETY: as for SSL_do_handshake.
    step("SSL_accept", ssl, caller, |host| host.calls.accept.map(|f| unsafe { f(ssl) }))
}

unsafe extern "C-unwind" fn shutdown(ssl: *mut ssl_st, caller: usize) -> c_int {
    // SAFETY: as for SSL_do_handshake.
    step("SSL_shutdown", ssl, caller, |host| host.calls.shutdown.map(|f| unsafe { f(ssl) }))
}

unsafe extern "C-unwind" fn read(ssl: *mut ssl_st, buf: *mut c_void, num: c_int, caller: usize) -> c_int {
    // SAFETY: the arguments are the program's own, for the libssl that owns its handle.
    count("SSL_read", ssl, buf.addr(), num, caller, |host| host.calls.read.map(|f| unsafe { f(ssl, buf, num) }))
}

unsafe extern "C-unwind" fn peek(ssl: *mut ssl_st, buf: *mut c_void, num: c_int, caller: usize) -> c_int {
    // SAFETY: as for SSL_read.
    count("SSL_peek", ssl, buf.addr(), num, caller, |host| host.calls.peek.map(|f| unsafe { f(ssl, buf, num) }))
}

unsafe extern "C-unwind" fn write(ssl: *mut ssl_st, buf: *const c_void, num: c_int, caller: usize) -> c_int {
    count("SSL_write", ssl, buf.addr(), num, caller, |host| {
        // SAFETY: as for SSL_read.
        unsafe { hooks::write(host, ssl, buf, num).or_else(|| host.calls.write.map(|f| f(ssl, buf, num))) }
    })
}

unsafe extern "C-unwind" fn read_ex(
    ssl: *mut ssl_st,
    buf: *mut c_void,
    num: size_t,
    moved: *mut size_t,
    caller: usize,
) -> c_int {
    transfer("SSL_read_ex", ssl, buf.addr(), num, moved, caller, |host| {
        // SAFETY: as for SSL_read.
        host.calls.read_ex.map(|f| unsafe { f(ssl, buf, num, moved) })
    })
}

unsafe extern "C-unwind" fn peek_ex(
    ssl: *mut ssl_st,
    buf: *mut c_void,
    num: size_t,
    moved: *mut size_t,
    caller: usize,
) -> c_int {
    transfer("SSL_peek_ex", ssl, buf.addr(), num, moved, caller, |host| {
        // SAFETY: as for SSL_read.
        host.calls.peek_ex.map(|f| unsafe { f(ssl, buf, num, moved) })
    })
}

unsafe extern "C-unwind" fn write_ex(
    ssl: *mut ssl_st,
    buf: *const c_void,
    num: size_t,
    moved: *mut size_t,
    caller: usize,
) -> c_int {
    transfer("SSL_write_ex", ssl, buf.addr(), num, moved, caller, |host| {
        // SAFETY: as for SSL_read.
        unsafe {
            let own = || host.calls.write_ex.map(|f| f(ssl, buf, num, moved));
            hooks::write_ex(host, ssl, buf, num, moved).or_else(own)
        }
    })
}

unsafe extern "C-unwind" fn write_ex2(
    ssl: *mut ssl_st,
    buf: *const c_void,
    num: size_t,
    flags: u64,
    moved: *mut size_t,
    caller: usize,
) -> c_int {
    transfer("SSL_write_ex2", ssl, buf.addr(), num, moved, caller, |host| {
        // SAFETY: as for SSL_read.
        host.calls.write_ex2.map(|f| unsafe { f(ssl, buf, num, flags, moved) })
    })
}

unsafe extern "C-unwind" fn read_early_data(
    ssl: *mut ssl_st,
    buf: *mut c_void,
    num: size_t,
    moved: *mut size_t,
    caller: usize,
) -> c_int {
    transfer("SSL_read_early_data", ssl, buf.addr(), num, moved, caller, |host| {
        // SAFETY: as for SSL_read.
        host.calls.read_early_data.map(|f| unsafe { f(ssl, buf, num, moved) })
    })
}

unsafe extern "C-unwind" fn write_early_data(
    ssl: *mut ssl_st,
    buf: *const c_void,
    num: size_t,
    moved: *mut size_t,
    caller: usize,
) -> c_int {
    transfer("SSL_write_early_data", ssl, buf.addr(), num, moved, caller, |host| {
        // SAFETY: as for SSL_read.
        host.calls.write_early_data.map(|f| unsafe { f(ssl, buf, num, moved) })
    })
}

unsafe extern "C-unwind" fn sendfile(
    ssl: *mut ssl_st,
    fd: c_int,
    offset: c_long,
    size: size_t,
    flags: c_int,
    caller: usize,
) -> c_long {
    let requested = i64::try_from(size).ok();
    let call = IoCall { function: "SSL_sendfile", ssl, buffer: None, requested, caller };
    through(call, -1, Outcome::of_count, |host| {
        // SAFETY: as for SSL_read.
        host.calls.sendfile.map(|f| unsafe { f(ssl, fd, offset, size, flags) })
    })
}

/// A function that moves nothing, and answers 1 when it is done.
fn step(
    function: &'static str,
    ssl: *mut ssl_st,
    caller: usize,
    call: impl Fn(&'static Host) -> Option<c_int>,
) -> c_int {
    through(IoCall { function, ssl, buffer: None, requested: None, caller }, -1, Outcome::of_step, call)
}

/// A function that answers how many bytes it moved.
fn count(
    function: &'static str,
    ssl: *mut ssl_st,
    buffer: usize,
    num: c_int,
    caller: usize,
    call: impl Fn(&'static Host) -> Option<c_int>,
) -> c_int {
    let io = IoCall { function, ssl, buffer: Some(buffer), requested: Some(num.into()), caller };
    through(io, -1, Outcome::of_count, call)
}

/// A function that answers whether it moved bytes, and leaves their number in `moved`.
fn transfer(
    function: &'static str,
    ssl: *mut ssl_st,
    buffer: usize,
    num: size_t,
    moved: *mut size_t,
    caller: usize,
    call: impl Fn(&'static Host) -> Option<c_int>,
) -> c_int {
    let requested = i64::try_from(num).ok();
    let outcome = |answer| {
        // SAFETY: where it reports success, the libssl has written the number there itself.
        Outcome::of_transfer(answer, || unsafe { *moved })
    };
    through(IoCall { function, ssl, buffer: Some(buffer), requested, caller }, 0, outcome, call)
}

fn through<R: Copy + Into<i64>>(
    call: IoCall,
    failure: R,
    outcome: impl FnOnce(i64) -> Outcome,
    forward: impl Fn(&'static Host) -> Option<R>,
) -> R {
    to_owner(call.function, call.ssl.addr(), call.caller, failure, |host| {
        hooks::io(host, call, outcome, || forward(host))
    })
}
