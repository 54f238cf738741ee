//! The program's own data on contexts, connections and sessions.

use crate::context::Context;
use crate::session::Session;
use crate::ssl::Ssl;
use libc::{c_int, c_void};
use std::ptr::null_mut;

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_set_ex_data(session: Option<&Session>, index: c_int, value: *mut c_void) -> c_int {
    session.map_or(0, |session| session.ex_data.set(index, value).into())
}

#[unsafe(no_mangle)]
extern "C" fn SSL_SESSION_get_ex_data(session: Option<&Session>, index: c_int) -> *mut c_void {
    session.map_or(null_mut(), |session| session.ex_data.get(index))
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_ex_data(ssl: Option<&Ssl>, index: c_int, value: *mut c_void) -> c_int {
    ssl.map_or(0, |ssl| ssl.ex_data.set(index, value).into())
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_ex_data(ssl: Option<&Ssl>, index: c_int) -> *mut c_void {
    ssl.map_or(null_mut(), |ssl| ssl.ex_data.get(index))
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_ex_data(ctx: Option<&Context>, index: c_int, value: *mut c_void) -> c_int {
    ctx.map_or(0, |ctx| ctx.ex_data.set(index, value).into())
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_ex_data(ctx: Option<&Context>, index: c_int) -> *mut c_void {
    ctx.map_or(null_mut(), |ctx| ctx.ex_data.get(index))
}
