//! The functions that faults are brought about with, and that the check and profiles ask: what lies below a connection, and its state.

use super::calls::functions;
use super::libssl::function;
use super::object::Library;
use crate::openssl::{Callback, CallbackEx, bio_st, ssl_st};
use libc::{c_char, c_int, c_long, c_ulong, c_void};

functions! {
/// The functions of one libssl, and of its libcrypto, that faults and the check need.
Below {
    version = c"SSL_version": fn(*const ssl_st) -> c_int;
    is_quic = c"SSL_is_quic": fn(*const ssl_st) -> c_int;
    is_server = c"SSL_is_server": fn(*const ssl_st) -> c_int;
    // Up to 1.0.2 SSL_is_init_finished is a macro over this.
    state = c"SSL_state": fn(*const ssl_st) -> c_int;
    get_version = c"SSL_get_version": fn(*const ssl_st) -> *const c_char;
    get_current_cipher = c"SSL_get_current_cipher": fn(*const ssl_st) -> *const c_void;
    cipher_get_name = c"SSL_CIPHER_get_name": fn(*const c_void) -> *const c_char;
    is_init_finished = c"SSL_is_init_finished": fn(*const ssl_st) -> c_int;
    get_shutdown = c"SSL_get_shutdown": fn(*const ssl_st) -> c_int;
    get_quiet_shutdown = c"SSL_get_quiet_shutdown": fn(*const ssl_st) -> c_int;
    // Up to 1.0.2 this is a control command, as the limits are in every OpenSSL.
    get_options = c"SSL_get_options": fn(*const ssl_st) -> u64;
    get_max_proto_version = c"SSL_get_max_proto_version": fn(*const ssl_st) -> u16;
    get_rbio = c"SSL_get_rbio": fn(*const ssl_st) -> *mut bio_st;
    get_wbio = c"SSL_get_wbio": fn(*const ssl_st) -> *mut bio_st;
    set0_rbio = c"SSL_set0_rbio": fn(*mut ssl_st, *mut bio_st);
    set0_wbio = c"SSL_set0_wbio": fn(*mut ssl_st, *mut bio_st);
    key_update = c"SSL_key_update": fn(*mut ssl_st, c_int) -> c_int;
    free_buffers = c"SSL_free_buffers": fn(*mut ssl_st) -> c_int;
    pending = c"SSL_pending": fn(*const ssl_st) -> c_int;
    has_pending = c"SSL_has_pending": fn(*const ssl_st) -> c_int;
    rstate_string = c"SSL_rstate_string": fn(*mut ssl_st) -> *const c_char;
    bio_ctrl = c"BIO_ctrl": fn(*mut bio_st, c_int, c_long, *mut c_void) -> c_long;
    // Up to 1.0.2 it answers an unsigned long, which has as many bits here.
    bio_number_read = c"BIO_number_read": fn(*mut bio_st) -> u64;
    bio_next = c"BIO_next": fn(*mut bio_st) -> *mut bio_st;
    bio_type = c"BIO_method_type": fn(*const bio_st) -> c_int;
    bio_set_flags = c"BIO_set_flags": fn(*mut bio_st, c_int);
    bio_clear_flags = c"BIO_clear_flags": fn(*mut bio_st, c_int);
    bio_test_flags = c"BIO_test_flags": fn(*const bio_st, c_int) -> c_int;
    bio_get_callback = c"BIO_get_callback": fn(*const bio_st) -> Option<Callback>;
    bio_set_callback = c"BIO_set_callback": fn(*mut bio_st, Option<Callback>);
    bio_get_callback_ex = c"BIO_get_callback_ex": fn(*const bio_st) -> Option<CallbackEx>;
    bio_set_callback_ex = c"BIO_set_callback_ex": fn(*mut bio_st, Option<CallbackEx>);
    bio_meth_new = c"BIO_meth_new": fn(c_int, *const c_char) -> *mut c_void;
    bio_meth_set_write = c"BIO_meth_set_write": fn(*mut c_void, *mut c_void) -> c_int;
    bio_meth_set_read = c"BIO_meth_set_read": fn(*mut c_void, *mut c_void) -> c_int;
    bio_meth_set_ctrl = c"BIO_meth_set_ctrl": fn(*mut c_void, *mut c_void) -> c_int;
    bio_new = c"BIO_new": fn(*const c_void) -> *mut bio_st;
    bio_up_ref = c"BIO_up_ref": fn(*mut bio_st) -> c_int;
    bio_set_data = c"BIO_set_data": fn(*mut bio_st, *mut c_void);
    bio_get_data = c"BIO_get_data": fn(*mut bio_st) -> *mut c_void;
    bio_set_init = c"BIO_set_init": fn(*mut bio_st, c_int);
    bio_read = c"BIO_read": fn(*mut bio_st, *mut c_void, c_int) -> c_int;
    bio_write = c"BIO_write": fn(*mut bio_st, *const c_void, c_int) -> c_int;
    get_read_ahead = c"SSL_get_read_ahead": fn(*const ssl_st) -> c_int;
    get_session = c"SSL_get_session": fn(*const ssl_st) -> *const c_void;
    session_max_fragment_length = c"SSL_SESSION_get_max_fragment_length": fn(*const c_void) -> u8;
    peek_error = c"ERR_peek_error": fn() -> c_ulong;
    // Up to 1.1.1 an error is put at once, from 3.0 on it is new, has a place, and is set; its last argument is a va_list.
    put_error = c"ERR_put_error": fn(c_int, c_int, c_int, *const c_char, c_int);
    new_error = c"ERR_new": fn();
    set_error_place = c"ERR_set_debug": fn(*const c_char, c_int, *const c_char);
    set_error = c"ERR_vset_error": fn(c_int, c_int, *const c_char, *mut c_void);
    set_mark = c"ERR_set_mark": fn() -> c_int;
    pop_to_mark = c"ERR_pop_to_mark": fn() -> c_int;
}
}
