//! Asynchronous jobs and engines, which are not there: no call ever ends with `SSL_ERROR_WANT_ASYNC`.

use super::unsupported;
use crate::context::Context;
use crate::ssl::Ssl;
use libc::{c_int, c_void};

#[unsafe(no_mangle)]
extern "C" fn SSL_waiting_for_async(_ssl: Option<&Ssl>) -> c_int {
    0
}

/// No job has begun.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_all_async_fds(_ssl: Option<&Ssl>, _fds: *mut c_int, _count: *mut usize) -> c_int {
    0
}

/// No job has begun.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_changed_async_fds(
    _ssl: Option<&Ssl>,
    _added: *mut c_int,
    _added_count: *mut usize,
    _gone: *mut c_int,
    _gone_count: *mut usize,
) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_async_status(_ssl: Option<&Ssl>, _status: *mut c_int) -> c_int {
    0
}

/// It is never called: no job ever pauses.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_async_callback(_ctx: Option<&Context>, _callback: Option<unsafe extern "C" fn()>) -> c_int {
    1
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_async_callback_arg(_ctx: Option<&Context>, _argument: *mut c_void) -> c_int {
    1
}

/// It is never called: no job ever pauses.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_async_callback(_ssl: Option<&Ssl>, _callback: Option<unsafe extern "C" fn()>) -> c_int {
    1
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_async_callback_arg(_ssl: Option<&Ssl>, _argument: *mut c_void) -> c_int {
    1
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_client_cert_engine(_ctx: Option<&Context>, _engine: *mut c_void) -> c_int {
    unsupported(0)
}
