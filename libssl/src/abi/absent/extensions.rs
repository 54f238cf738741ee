//! Extensions of the program's own, and SRTP (RFC 5764), which are not there.

use super::unsupported;
use crate::context::Context;
use crate::ssl::Ssl;
use libc::{c_char, c_int, c_uchar, c_uint, c_void};
use std::ptr::null_mut;

/// Numbers of extensions, as 3.0.19 answers.
const HANDLED: &[c_uint] =
    &[0, 1, 5, 10, 11, 12, 13, 14, 16, 18, 21, 22, 23, 35, 41, 42, 43, 44, 45, 47, 49, 51, 13172, 65281];

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_add_client_custom_ext(
    _ctx: Option<&Context>,
    _number: c_uint,
    _add: Option<unsafe extern "C" fn()>,
    _free: Option<unsafe extern "C" fn()>,
    _add_argument: *mut c_void,
    _parse: Option<unsafe extern "C" fn()>,
    _parse_argument: *mut c_void,
) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_add_server_custom_ext(
    _ctx: Option<&Context>,
    _number: c_uint,
    _add: Option<unsafe extern "C" fn()>,
    _free: Option<unsafe extern "C" fn()>,
    _add_argument: *mut c_void,
    _parse: Option<unsafe extern "C" fn()>,
    _parse_argument: *mut c_void,
) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_add_custom_ext(
    _ctx: Option<&Context>,
    _number: c_uint,
    _context: c_uint,
    _add: Option<unsafe extern "C" fn()>,
    _free: Option<unsafe extern "C" fn()>,
    _add_argument: *mut c_void,
    _parse: Option<unsafe extern "C" fn()>,
    _parse_argument: *mut c_void,
) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_has_client_custom_ext(_ctx: Option<&Context>, _number: c_uint) -> c_int {
    0
}

/// Those that OpenSSL handles itself, which no program may add.
#[unsafe(no_mangle)]
extern "C" fn SSL_extension_supported(number: c_uint) -> c_int {
    HANDLED.contains(&number).into()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_use_serverinfo(_ctx: Option<&Context>, _info: *const c_uchar, _length: usize) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_use_serverinfo_ex(
    _ctx: Option<&Context>,
    _version: c_uint,
    _info: *const c_uchar,
    _length: usize,
) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_use_serverinfo_file(_ctx: Option<&Context>, _path: *const c_char) -> c_int {
    unsupported(0)
}

/// 1 is failure here, as in OpenSSL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_tlsext_use_srtp(_ctx: Option<&Context>, _profiles: *const c_char) -> c_int {
    unsupported(1)
}

/// 1 is failure here, as in OpenSSL.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_tlsext_use_srtp(_ssl: Option<&Ssl>, _profiles: *const c_char) -> c_int {
    unsupported(1)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_srtp_profiles(_ssl: Option<&Ssl>) -> *mut c_void {
    null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_selected_srtp_profile(_ssl: Option<&Ssl>) -> *mut c_void {
    null_mut()
}
