//! SRP (RFC 5054), which is not there: as in a libssl built without it, each call fails.

use super::unsupported;
use crate::context::Context;
use crate::ssl::Ssl;
use libc::{c_char, c_int, c_void};
use std::ptr::null_mut;

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_SRP_CTX_init(_ctx: Option<&Context>) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_SRP_CTX_free(_ctx: Option<&Context>) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SRP_CTX_init(_ssl: Option<&Ssl>) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SRP_CTX_free(_ssl: Option<&Ssl>) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_srp_username(_ctx: Option<&Context>, _username: *mut c_char) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_srp_password(_ctx: Option<&Context>, _password: *mut c_char) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_srp_strength(_ctx: Option<&Context>, _bits: c_int) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_srp_cb_arg(_ctx: Option<&Context>, _argument: *mut c_void) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_srp_client_pwd_callback(
    _ctx: Option<&Context>,
    _callback: Option<unsafe extern "C" fn()>,
) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_srp_username_callback(
    _ctx: Option<&Context>,
    _callback: Option<unsafe extern "C" fn()>,
) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_srp_verify_param_callback(
    _ctx: Option<&Context>,
    _callback: Option<unsafe extern "C" fn()>,
) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_srp_server_param(
    _ssl: Option<&Ssl>,
    _n: *mut c_void,
    _g: *mut c_void,
    _salt: *mut c_void,
    _verifier: *mut c_void,
    _info: *mut c_char,
) -> c_int {
    unsupported(-1)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_srp_server_param_pw(
    _ssl: Option<&Ssl>,
    _user: *const c_char,
    _password: *const c_char,
    _group: *const c_char,
) -> c_int {
    unsupported(-1)
}

/// 2 is `SSL3_AL_FATAL`.
#[unsafe(no_mangle)]
extern "C" fn SSL_srp_server_param_with_username(_ssl: Option<&Ssl>, _alert: *mut c_int) -> c_int {
    unsupported(2)
}

#[unsafe(no_mangle)]
extern "C" fn SRP_Calc_A_param(_ssl: Option<&Ssl>) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_srp_N(_ssl: Option<&Ssl>) -> *mut c_void {
    null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_srp_g(_ssl: Option<&Ssl>) -> *mut c_void {
    null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_srp_username(_ssl: Option<&Ssl>) -> *mut c_char {
    null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_srp_userinfo(_ssl: Option<&Ssl>) -> *mut c_char {
    null_mut()
}
