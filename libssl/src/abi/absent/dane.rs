//! DANE (RFC 6698), which is not there: the peer is verified by authorities alone.

use super::{failed, unsupported};
use crate::context::Context;
use crate::error::Reason;
use crate::ssl::Ssl;
use libc::{c_char, c_int, c_uchar, c_ulong, c_void};
use std::ptr::null_mut;

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_dane_enable(_ctx: Option<&Context>) -> c_int {
    unsupported(0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_dane_mtype_set(_ctx: Option<&Context>, _digest: *mut c_void, _mtype: u8, _order: u8) -> c_int {
    unsupported(0)
}

/// No flag is kept.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_dane_set_flags(_ctx: Option<&Context>, _flags: c_ulong) -> c_ulong {
    0
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_dane_clear_flags(_ctx: Option<&Context>, _flags: c_ulong) -> c_ulong {
    0
}

#[unsafe(no_mangle)]
extern "C" fn SSL_dane_enable(_ssl: Option<&Ssl>, _domain: *const c_char) -> c_int {
    failed(Reason::CONTEXT_NOT_DANE_ENABLED, 0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_dane_tlsa_add(
    _ssl: Option<&Ssl>,
    _usage: u8,
    _selector: u8,
    _mtype: u8,
    _data: *const c_uchar,
    _length: usize,
) -> c_int {
    failed(Reason::DANE_NOT_ENABLED, -1)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_dane_set_flags(_ssl: Option<&Ssl>, _flags: c_ulong) -> c_ulong {
    0
}

#[unsafe(no_mangle)]
extern "C" fn SSL_dane_clear_flags(_ssl: Option<&Ssl>, _flags: c_ulong) -> c_ulong {
    0
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get0_dane(_ssl: Option<&Ssl>) -> *mut c_void {
    null_mut()
}

/// No authority was matched.
#[unsafe(no_mangle)]
extern "C" fn SSL_get0_dane_authority(
    _ssl: Option<&Ssl>,
    _certificate: *mut *mut c_void,
    _key: *mut *mut c_void,
) -> c_int {
    -1
}

/// No record was matched.
#[unsafe(no_mangle)]
extern "C" fn SSL_get0_dane_tlsa(
    _ssl: Option<&Ssl>,
    _usage: *mut u8,
    _selector: *mut u8,
    _mtype: *mut u8,
    _data: *mut *const c_uchar,
    _length: *mut usize,
) -> c_int {
    -1
}
