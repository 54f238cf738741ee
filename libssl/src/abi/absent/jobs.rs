//! Asynchronous jobs and engines, which are not there: no call ever ends with `SSL_ERROR_WANT_ASYNC`.

use super::unsupported;
use crate::context::Context;
use crate::ssl::Ssl;
use libc::{c_int, c_void};

/// 0: no call ever pauses.
#[unsafe(no_mangle)]
extern "C" fn SSL_waiting_for_async(_ssl: Option<&Ssl>) -> c_int {
    0
}

/// 0: no job has begun. The places stay as they are.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_all_async_fds(_ssl: Option<&Ssl>, _fds: *mut c_int, _count: *mut usize) -> c_int {
    0
}

/// 0: no job has begun. The places stay as they are.
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

/// 0: no job has begun. The place stays as it is.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_async_status(_ssl: Option<&Ssl>, _status: *mut c_int) -> c_int {
    0
}

/// Returns 1. The function is not kept and never called: no job ever pauses.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_async_callback(_ctx: Option<&Context>, _callback: Option<unsafe extern "C" fn()>) -> c_int {
    1
}

/// Returns 1. The argument is not kept.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_async_callback_arg(_ctx: Option<&Context>, _argument: *mut c_void) -> c_int {
    1
}

/// As [`SSL_CTX_set_async_callback`], for one connection.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_async_callback(_ssl: Option<&Ssl>, _callback: Option<unsafe extern "C" fn()>) -> c_int {
    1
}

/// As [`SSL_CTX_set_async_callback_arg`], for one connection.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_async_callback_arg(_ssl: Option<&Ssl>, _argument: *mut c_void) -> c_int {
    1
}

/// 0, with `ERR_R_UNSUPPORTED` in the queue; no reference to the engine is taken.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_client_cert_engine(_ctx: Option<&Context>, _engine: *mut c_void) -> c_int {
    unsupported(0)
}
