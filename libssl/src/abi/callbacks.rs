//! The functions of the program that are called on the way: set and asked for. For those of messages and padding that
//! is all.

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

/// Is told of the handshake's beginning and end, of its calls that begin (`SSL_CB_LOOP`, once) and return
/// (`SSL_CB_EXIT`), and of alerts that came or went. The steps between are not told. NULL: nobody is told.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_info_callback(ctx: Option<&Context>, callback: Option<Info>) {
    of_context(ctx, |callbacks| callbacks.info = callback);
}

/// As [`SSL_CTX_set_info_callback`], for one connection. NULL: the context's is told.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_info_callback(ssl: Option<&Ssl>, callback: Option<Info>) {
    on_ssl(ssl, (), |ssl| ssl.own.info.set(callback));
}

/// What [`SSL_CTX_set_info_callback`] set, or NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_info_callback(ctx: Option<&Context>) -> Option<Info> {
    on_ctx(ctx, None, |ctx| ctx.settings().callbacks.info)
}

/// The connection's own, or NULL: the context's is not shown.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_info_callback(ssl: Option<&Ssl>) -> Option<Info> {
    on_ssl(ssl, None, |ssl| ssl.own.info.get())
}

/// Keeps the function, for connections made from now on. It is not called yet.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_msg_callback(ctx: Option<&Context>, callback: Option<Message>) {
    of_context(ctx, |callbacks| callbacks.message.call = callback);
}

/// As [`SSL_CTX_set_msg_callback`], for one connection.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_msg_callback(ssl: Option<&Ssl>, callback: Option<Message>) {
    of_connection(ssl, |callbacks| callbacks.message.call = callback);
}

/// Is given each secret of a handshake as a line of a key log file, with a NUL and no newline, which stays for as long
/// as the call lasts. It is for all connections of the context whose handshake has not begun. NULL: nobody is given
/// any.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_keylog_callback(ctx: Option<&Context>, callback: Option<KeyLog>) {
    of_context(ctx, |callbacks| callbacks.key_log = callback);
}

/// What [`SSL_CTX_set_keylog_callback`] set, or NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_keylog_callback(ctx: Option<&Context>) -> Option<KeyLog> {
    on_ctx(ctx, None, |ctx| ctx.settings().callbacks.key_log)
}

/// A server asks `callback`, with `argument`, before it decides anything. It answers 1 (go on), -1 (the call fails with
/// `SSL_ERROR_WANT_CLIENT_HELLO_CB`, and the next one asks again), or 0 (the handshake ends with the alert that it set,
/// internal_error by default). NULL: nobody is asked.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_client_hello_cb(ctx: Option<&Context>, callback: Option<ClientHello>, argument: *mut c_void) {
    of_context(ctx, |callbacks| {
        callbacks.client_hello = Told { call: callback, argument: Argument(argument) };
    });
}

/// The function is not kept and never called: records are not padded.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_record_padding_callback(_ctx: Option<&Context>, _callback: Option<unsafe extern "C" fn()>) {}

/// As [`SSL_CTX_set_record_padding_callback`], for one connection. Returns 0: the function is not called, as with
/// kernel TLS.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_record_padding_callback(_ssl: Option<&Ssl>, _callback: Option<unsafe extern "C" fn()>) -> c_int {
    0
}

/// Keeps the argument, to be asked for: there is nobody to be told it.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_record_padding_callback_arg(ctx: Option<&Context>, argument: *mut c_void) {
    of_context(ctx, |callbacks| callbacks.padding_argument = Argument(argument));
}

/// As [`SSL_CTX_set_record_padding_callback_arg`], for one connection.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_record_padding_callback_arg(ssl: Option<&Ssl>, argument: *mut c_void) {
    of_connection(ssl, |callbacks| callbacks.padding_argument = Argument(argument));
}

/// What [`SSL_CTX_set_record_padding_callback_arg`] set, or NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_record_padding_callback_arg(ctx: Option<&Context>) -> *mut c_void {
    on_ctx(ctx, null_mut(), |ctx| ctx.settings().callbacks.padding_argument.0)
}

/// As [`SSL_CTX_get_record_padding_callback_arg`], for one connection; at first its context's.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_record_padding_callback_arg(ssl: Option<&Ssl>) -> *mut c_void {
    on_ssl(ssl, null_mut(), |ssl| ssl.settings().callbacks.padding_argument.0)
}
