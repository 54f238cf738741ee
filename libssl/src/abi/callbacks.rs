//! The functions of the program that are called on the way: set and asked for.

use crate::boundary::{on_ctx, on_ssl};
use crate::context::Context;
use crate::settings::callbacks::{Argument, Callbacks, ClientHello, Info, KeyLog, Message, Told};
use crate::ssl::Ssl;
use libc::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::Arc;

pub(super) fn of_context(ctx: Option<&Context>, body: impl FnOnce(&mut Callbacks)) {
    on_ctx(ctx, (), |ctx| ctx.change(|settings| body(Arc::make_mut(&mut settings.callbacks))));
}

pub(super) fn of_connection(ssl: Option<&Ssl>, body: impl FnOnce(&mut Callbacks)) {
    on_ssl(ssl, (), |ssl| ssl.change(|settings| body(Arc::make_mut(&mut settings.callbacks))));
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_info_callback(ctx: Option<&Context>, callback: Option<Info>) {
    of_context(ctx, |callbacks| callbacks.info = callback);
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_info_callback(ssl: Option<&Ssl>, callback: Option<Info>) {
    of_connection(ssl, |callbacks| callbacks.info = callback);
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_info_callback(ctx: Option<&Context>) -> Option<Info> {
    on_ctx(ctx, None, |ctx| ctx.settings().callbacks.info)
}

/// The connection's own: OpenSSL answers NULL where the context alone has one, and so does this.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_info_callback(ssl: Option<&Ssl>) -> Option<Info> {
    on_ssl(ssl, None, |ssl| ssl.settings().callbacks.info)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_msg_callback(ctx: Option<&Context>, callback: Option<Message>) {
    of_context(ctx, |callbacks| callbacks.message.call = callback);
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_msg_callback(ssl: Option<&Ssl>, callback: Option<Message>) {
    of_connection(ssl, |callbacks| callbacks.message.call = callback);
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_keylog_callback(ctx: Option<&Context>, callback: Option<KeyLog>) {
    of_context(ctx, |callbacks| callbacks.key_log = callback);
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_keylog_callback(ctx: Option<&Context>) -> Option<KeyLog> {
    on_ctx(ctx, None, |ctx| ctx.settings().callbacks.key_log)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_client_hello_cb(ctx: Option<&Context>, callback: Option<ClientHello>, argument: *mut c_void) {
    of_context(ctx, |callbacks| {
        callbacks.client_hello = Told { call: callback, argument: Argument(argument) };
    });
}

/// Records are padded by nobody but `SSL_CTX_set_block_padding`; the function is never called.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_record_padding_callback(_ctx: Option<&Context>, _callback: Option<unsafe extern "C" fn()>) {}

/// As [`SSL_CTX_set_record_padding_callback`]. Returns 0: the function is not called, as with kernel TLS.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_record_padding_callback(_ssl: Option<&Ssl>, _callback: Option<unsafe extern "C" fn()>) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_record_padding_callback_arg(ctx: Option<&Context>, argument: *mut c_void) {
    of_context(ctx, |callbacks| callbacks.padding_argument = Argument(argument));
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_record_padding_callback_arg(ssl: Option<&Ssl>, argument: *mut c_void) {
    of_connection(ssl, |callbacks| callbacks.padding_argument = Argument(argument));
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_record_padding_callback_arg(ctx: Option<&Context>) -> *mut c_void {
    on_ctx(ctx, null_mut(), |ctx| ctx.settings().callbacks.padding_argument.0)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_record_padding_callback_arg(ssl: Option<&Ssl>) -> *mut c_void {
    on_ssl(ssl, null_mut(), |ssl| ssl.settings().callbacks.padding_argument.0)
}
