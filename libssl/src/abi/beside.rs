//! Small questions and settings that belong to no other family.

use crate::boundary::{bytes, guard, on_ctx, on_ssl};
use crate::context::Context;
use crate::error::{self, Reason};
use crate::method::Method;
use crate::ssl::{Ssl, Stage};
use libc::{c_char, c_int, c_uchar, c_void};
use openssl_sys::{BIO, EVP_PKEY, EVP_PKEY_free};
use std::ptr::null;

/// Makes the reasons known to libcrypto. Returns 1.
#[unsafe(no_mangle)]
extern "C" fn ERR_load_SSL_strings() -> c_int {
    guard(0, || {
        error::load_names();
        1
    })
}

/// The method of its context.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_ssl_method(ssl: Option<&Ssl>) -> *const Method {
    on_ssl(ssl, null(), |ssl| ssl.context().method)
}

/// A connection keeps the method of its context; the same one again is right.
#[unsafe(no_mangle)]
extern "C" fn SSL_set_ssl_method(ssl: Option<&Ssl>, method: Option<&Method>) -> c_int {
    on_ssl(ssl, 0, |ssl| {
        let is_same = method == Some(ssl.context().method);
        if !is_same {
            error::put(Reason::UNSUPPORTED);
        }
        is_same.into()
    })
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_quiet_shutdown(ctx: Option<&Context>, yes: c_int) {
    on_ctx(ctx, (), |ctx| ctx.change(|settings| settings.choices.quiet_shutdown = yes));
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_quiet_shutdown(ctx: Option<&Context>) -> c_int {
    on_ctx(ctx, 0, |ctx| ctx.settings().choices.quiet_shutdown)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_quiet_shutdown(ssl: Option<&Ssl>, yes: c_int) {
    on_ssl(ssl, (), |ssl| ssl.change(|settings| settings.choices.quiet_shutdown = yes));
}

#[unsafe(no_mangle)]
extern "C" fn SSL_get_quiet_shutdown(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, |ssl| ssl.settings().choices.quiet_shutdown)
}

/// What a ClientHello names as its version: that of TLS 1.2, whatever is agreed on.
#[unsafe(no_mangle)]
extern "C" fn SSL_client_version(ssl: Option<&Ssl>) -> c_int {
    const ANY: c_int = 0x10000;
    const TLS1_2: c_int = 0x303;
    on_ssl(ssl, 0, |ssl| if ssl.stage() == Stage::Before { ANY } else { TLS1_2 })
}

const RANDOM: usize = 32;

/// Copies as much of a random as there is room for; all of it is 32 bytes. Zero before the handshake.
unsafe fn random(out: *mut c_uchar, room: usize, random: Option<[u8; RANDOM]>) -> usize {
    if room == 0 {
        return RANDOM;
    }
    let random = random.unwrap_or_default();
    let length = room.min(RANDOM);
    if !out.is_null() {
        // SAFETY: there is room for as many bytes.
        unsafe { out.copy_from_nonoverlapping(random.as_ptr(), length) };
    }
    length
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_get_client_random(ssl: Option<&Ssl>, out: *mut c_uchar, room: usize) -> usize {
    // SAFETY: C's memory.
    on_ssl(ssl, 0, |ssl| unsafe { random(out, room, ssl.own.negotiated.borrow().client_random) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_get_server_random(ssl: Option<&Ssl>, out: *mut c_uchar, room: usize) -> usize {
    // SAFETY: C's memory.
    on_ssl(ssl, 0, |ssl| unsafe { random(out, room, ssl.own.negotiated.borrow().server_random) })
}

/// rustls keeps its Finished messages to itself: none is shown.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_finished(_ssl: Option<&Ssl>, _out: *mut c_void, _room: usize) -> usize {
    0
}

/// As [`SSL_get_finished`].
#[unsafe(no_mangle)]
extern "C" fn SSL_get_peer_finished(_ssl: Option<&Ssl>, _out: *mut c_void, _room: usize) -> usize {
    0
}

/// Finite-field parameters are for suites that are not there: they are taken and not used.
fn take_parameters(key: *mut EVP_PKEY) -> c_int {
    if key.is_null() {
        error::put(Reason::DH_KEY_TOO_SMALL);
        return 0;
    }
    // SAFETY: a key that the caller gave away.
    unsafe { EVP_PKEY_free(key) };
    1
}

#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set0_tmp_dh_pkey(ctx: Option<&Context>, key: *mut EVP_PKEY) -> c_int {
    on_ctx(ctx, 0, |_| take_parameters(key))
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set0_tmp_dh_pkey(ssl: Option<&Ssl>, key: *mut EVP_PKEY) -> c_int {
    on_ssl(ssl, 0, |_| take_parameters(key))
}

/// Never called: suites with finite-field groups are not there.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_tmp_dh_callback(_ctx: Option<&Context>, _callback: Option<unsafe extern "C" fn()>) {}

/// As [`SSL_CTX_set_tmp_dh_callback`].
#[unsafe(no_mangle)]
extern "C" fn SSL_set_tmp_dh_callback(_ssl: Option<&Ssl>, _callback: Option<unsafe extern "C" fn()>) {}

/// Sections of `openssl.cnf` are not read.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_config(ctx: Option<&Context>, _name: *const c_char) -> c_int {
    on_ctx(ctx, 0, |_| {
        error::put(Reason::INVALID_CONFIGURATION_NAME);
        0
    })
}

/// As [`SSL_CTX_config`].
#[unsafe(no_mangle)]
extern "C" fn SSL_config(ssl: Option<&Ssl>, _name: *const c_char) -> c_int {
    on_ssl(ssl, 0, |_| {
        error::put(Reason::INVALID_CONFIGURATION_NAME);
        0
    })
}

/// The module `ssl_conf` of configuration files is the system libssl's, if that is there.
#[unsafe(no_mangle)]
extern "C" fn SSL_add_ssl_module() {}

/// A certificate's fitness for a handshake (`CERT_PKEY_…`): never any, since the question is not answered.
#[unsafe(no_mangle)]
extern "C" fn SSL_check_chain(
    _ssl: Option<&Ssl>,
    _certificate: *mut c_void,
    _key: *mut c_void,
    _chain: *mut c_void,
) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn SSL_set_debug(_ssl: Option<&Ssl>, _level: c_int) {}

/// Tables of functions for OpenSSL's own tests.
#[unsafe(no_mangle)]
extern "C" fn SSL_test_functions() -> *const c_void {
    null()
}

/// A message callback that writes the type and length of each message to the BIO that is its argument, and none of
/// its bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_trace(
    write: c_int,
    version: c_int,
    content_type: c_int,
    message: *const c_void,
    length: usize,
    _ssl: Option<&Ssl>,
    bio: *mut BIO,
) {
    guard((), || {
        // SAFETY: C's bytes, of which the first is the type of a handshake message.
        let first = unsafe { bytes(message.cast(), length) }.first().copied();
        let direction = if write == 1 { "Sent" } else { "Received" };
        let text =
            format!("{direction} Version={version:#06x} ContentType={content_type} First={first:?} Length={length}\n");
        // SAFETY: libcrypto checks the BIO for NULL and reads as many bytes as the text has.
        unsafe { openssl_sys::BIO_write(bio, text.as_ptr().cast(), text.len() as c_int) };
    });
}
