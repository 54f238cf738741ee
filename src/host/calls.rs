//! The functions of a libssl that this library stands in front of.

use super::libssl::function;
use super::object::Library;
use crate::openssl::{ssl_ctx_st, ssl_st};
use libc::{c_char, c_int, c_long, c_void, size_t};

/// A table of functions as a struct of function pointers, None where a libssl has no such function, and its filling in.
///
/// They may unwind: a thread that is cancelled unwinds through the libssl, and so through us.
macro_rules! functions {
    ($(#[$doc:meta])* $table:ident { $($field:ident = $name:literal: fn($($argument:ty),*) $(-> $answer:ty)?;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $table {
            $(pub $field: Option<unsafe extern "C-unwind" fn($($argument),*) $(-> $answer)?>,)*
        }

        impl $table {
            pub(super) fn of(library: &Library) -> $table {
                // SAFETY: each name is looked up as the type that every libssl declares it with.
                unsafe { $table { $($field: function(library, $name),)* } }
            }
        }
    };
}
pub(super) use functions;

functions! {
/// The functions of one libssl.
Calls {
    context_new = c"SSL_CTX_new": fn(*const c_void) -> *mut ssl_ctx_st;
    context_new_ex = c"SSL_CTX_new_ex": fn(*mut c_void, *const c_char, *const c_void) -> *mut ssl_ctx_st;
    context_ctrl = c"SSL_CTX_ctrl": fn(*mut ssl_ctx_st, c_int, c_long, *mut c_void) -> c_long;
    connection_new = c"SSL_new": fn(*mut ssl_ctx_st) -> *mut ssl_st;
    connection_dup = c"SSL_dup": fn(*mut ssl_st) -> *mut ssl_st;
    connection_ctrl = c"SSL_ctrl": fn(*mut ssl_st, c_int, c_long, *mut c_void) -> c_long;
    clear = c"SSL_clear": fn(*mut ssl_st) -> c_int;
    free = c"SSL_free": fn(*mut ssl_st);
    set_context = c"SSL_set_SSL_CTX": fn(*mut ssl_st, *mut ssl_ctx_st) -> *mut ssl_ctx_st;
    do_handshake = c"SSL_do_handshake": fn(*mut ssl_st) -> c_int;
    connect = c"SSL_connect": fn(*mut ssl_st) -> c_int;
    accept = c"SSL_accept": fn(*mut ssl_st) -> c_int;
    shutdown = c"SSL_shutdown": fn(*mut ssl_st) -> c_int;
    read = c"SSL_read": fn(*mut ssl_st, *mut c_void, c_int) -> c_int;
    peek = c"SSL_peek": fn(*mut ssl_st, *mut c_void, c_int) -> c_int;
    write = c"SSL_write": fn(*mut ssl_st, *const c_void, c_int) -> c_int;
    read_ex = c"SSL_read_ex": fn(*mut ssl_st, *mut c_void, size_t, *mut size_t) -> c_int;
    peek_ex = c"SSL_peek_ex": fn(*mut ssl_st, *mut c_void, size_t, *mut size_t) -> c_int;
    write_ex = c"SSL_write_ex": fn(*mut ssl_st, *const c_void, size_t, *mut size_t) -> c_int;
    write_ex2 = c"SSL_write_ex2": fn(*mut ssl_st, *const c_void, size_t, u64, *mut size_t) -> c_int;
    read_early_data = c"SSL_read_early_data": fn(*mut ssl_st, *mut c_void, size_t, *mut size_t) -> c_int;
    write_early_data = c"SSL_write_early_data": fn(*mut ssl_st, *const c_void, size_t, *mut size_t) -> c_int;
    sendfile = c"SSL_sendfile": fn(*mut ssl_st, c_int, c_long, size_t, c_int) -> c_long;
    get_error = c"SSL_get_error": fn(*const ssl_st, c_int) -> c_int;
    want = c"SSL_want": fn(*const ssl_st) -> c_int;
}
}
