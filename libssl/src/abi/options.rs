//! `SSL_OP_…`, and numbers that handshakes go by.

use crate::boundary::{on_ctx, on_ssl};
use crate::context::Context;
use crate::error::{self, Reason};
use crate::method::Method;
use crate::settings::choices::Choices;
use crate::ssl::Ssl;
use libc::c_int;
use std::ptr::null;

fn on_choices<R>(ctx: Option<&Context>, failed: R, body: impl FnOnce(&mut Choices) -> R) -> R {
    on_ctx(ctx, failed, |ctx| ctx.change(|settings| body(&mut settings.choices)))
}

fn on_own_choices<R>(ssl: Option<&Ssl>, failed: R, body: impl FnOnce(&mut Choices) -> R) -> R {
    on_ssl(ssl, failed, |ssl| ssl.change(|settings| body(&mut settings.choices)))
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_options(ctx: Option<&Context>, options: u64) -> u64 {
    on_choices(ctx, 0, |choices| {
        choices.options |= options;
        choices.options
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_options(ssl: Option<&Ssl>, options: u64) -> u64 {
    on_own_choices(ssl, 0, |choices| {
        choices.options |= options;
        choices.options
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_clear_options(ctx: Option<&Context>, options: u64) -> u64 {
    on_choices(ctx, 0, |choices| {
        choices.options &= !options;
        choices.options
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_clear_options(ssl: Option<&Ssl>, options: u64) -> u64 {
    on_own_choices(ssl, 0, |choices| {
        choices.options &= !options;
        choices.options
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_options(ctx: Option<&Context>) -> u64 {
    on_ctx(ctx, 0, |ctx| ctx.settings().choices.options)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_options(ssl: Option<&Ssl>) -> u64 {
    on_ssl(ssl, 0, |ssl| ssl.settings().choices.options)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_num_tickets(ctx: Option<&Context>, tickets: usize) -> c_int {
    on_choices(ctx, 0, |choices| {
        choices.tickets = tickets;
        1
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_num_tickets(ssl: Option<&Ssl>, tickets: usize) -> c_int {
    on_own_choices(ssl, 0, |choices| {
        choices.tickets = tickets;
        1
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_num_tickets(ctx: Option<&Context>) -> usize {
    on_ctx(ctx, 0, |ctx| ctx.settings().choices.tickets)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_num_tickets(ssl: Option<&Ssl>) -> usize {
    on_ssl(ssl, 0, |ssl| ssl.settings().choices.tickets)
}

fn set_max_fragment_length(choices: &mut Choices, length: u8) -> c_int {
    const LARGEST: u8 = 4;
    if length > LARGEST {
        error::put(Reason::SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH);
        return 0;
    }
    choices.max_fragment_length = length;
    1
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_tlsext_max_fragment_length(ctx: Option<&Context>, length: u8) -> c_int {
    on_choices(ctx, 0, |choices| set_max_fragment_length(choices, length))
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_tlsext_max_fragment_length(ssl: Option<&Ssl>, length: u8) -> c_int {
    on_own_choices(ssl, 0, |choices| set_max_fragment_length(choices, length))
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_block_padding(ctx: Option<&Context>, size: usize) -> c_int {
    on_choices(ctx, 0, |choices| choices.set_block_padding(size).into())
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_block_padding(ssl: Option<&Ssl>, size: usize) -> c_int {
    on_own_choices(ssl, 0, |choices| choices.set_block_padding(size).into())
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_max_early_data(ctx: Option<&Context>, bytes: u32) -> c_int {
    on_choices(ctx, 0, |choices| {
        choices.max_early_data = bytes;
        1
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_max_early_data(ssl: Option<&Ssl>, bytes: u32) -> c_int {
    on_own_choices(ssl, 0, |choices| {
        choices.max_early_data = bytes;
        1
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_max_early_data(ctx: Option<&Context>) -> u32 {
    on_ctx(ctx, 0, |ctx| ctx.settings().choices.max_early_data)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_max_early_data(ssl: Option<&Ssl>) -> u32 {
    on_ssl(ssl, 0, |ssl| ssl.settings().choices.max_early_data)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_recv_max_early_data(ctx: Option<&Context>, bytes: u32) -> c_int {
    on_choices(ctx, 0, |choices| {
        choices.recv_max_early_data = bytes;
        1
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_recv_max_early_data(ssl: Option<&Ssl>, bytes: u32) -> c_int {
    on_own_choices(ssl, 0, |choices| {
        choices.recv_max_early_data = bytes;
        1
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_recv_max_early_data(ctx: Option<&Context>) -> u32 {
    on_ctx(ctx, 0, |ctx| ctx.settings().choices.recv_max_early_data)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_recv_max_early_data(ssl: Option<&Ssl>) -> u32 {
    on_ssl(ssl, 0, |ssl| ssl.settings().choices.recv_max_early_data)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_read_ahead(ssl: Option<&Ssl>, yes: c_int) {
    on_own_choices(ssl, (), |choices| choices.read_ahead = yes);
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_read_ahead(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| ssl.settings().choices.read_ahead)
}

/// Records are read into buffers of the size that they need.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_default_read_buffer_len(_ctx: Option<&Context>, _length: usize) {}

/// As [`SSL_CTX_set_default_read_buffer_len`].
#[unsafe(no_mangle)]
extern "C" fn SSL_set_default_read_buffer_len(_ssl: Option<&Ssl>, _length: usize) {}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_ssl_method(ctx: Option<&Context>) -> *const Method {
    on_ctx(ctx, null(), |ctx| ctx.method)
}

/// A context keeps the method that it was made with; the same one again is right.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_ssl_version(ctx: Option<&Context>, method: Option<&Method>) -> c_int {
    on_ctx(ctx, 0, |ctx| {
        let is_same = method == Some(ctx.method);
        if !is_same {
            error::put(Reason::SSL_CTX_HAS_NO_DEFAULT_SSL_VERSION);
        }
        is_same.into()
    })
}
