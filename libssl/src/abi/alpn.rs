//! Protocols agreed on in the handshake: ALPN, and NPN, which is not there. Names of servers, groups and signatures.

use super::callbacks::of_context;
use crate::boundary::{answer, bytes, on_ctx, on_ssl};
use crate::context::Context;
use crate::settings::callbacks::{AlpnSelect, Argument, Told};
use crate::settings::choices::{Choices, names};
use crate::settings::{groups, signatures};
use crate::ssl::Ssl;
use libc::{c_char, c_int, c_uchar, c_uint, c_void};
use std::ptr::{null, null_mut};

/// 0 where it is taken, 1 where not: the other way round than elsewhere, as in OpenSSL.
fn set_protocols(choices: &mut Choices, list: &[u8]) -> c_int {
    if list.is_empty() {
        choices.alpn = None;
        return 0;
    }
    let whole: usize = names(list).map(|name| name.len() + 1).sum();
    if whole != list.len() || names(list).any(<[u8]>::is_empty) {
        return 1;
    }
    choices.alpn = Some(list.into());
    0
}

/// What a client offers: names of 1 to 255 bytes, each behind a byte with its length, which are copied. NULL or a
/// `length` of 0 is no offer. Returns 0 where the list is taken and 1 where it is malformed, the other way round than
/// elsewhere; nothing is put into the queue.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CTX_set_alpn_protos(ctx: Option<&Context>, list: *const c_uchar, length: c_uint) -> c_int {
    // SAFETY: C's bytes.
    let list = unsafe { bytes(list, length as usize) };
    on_ctx(ctx, 1, |ctx| ctx.change(|settings| set_protocols(&mut settings.choices, list)))
}

/// As [`SSL_CTX_set_alpn_protos`], for one connection.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_set_alpn_protos(ssl: Option<&Ssl>, list: *const c_uchar, length: c_uint) -> c_int {
    // SAFETY: C's bytes.
    let list = unsafe { bytes(list, length as usize) };
    on_ssl(ssl, 1, |ssl| ssl.change(|settings| set_protocols(&mut settings.choices, list)))
}

/// A server asks `callback`, with `argument`, which of the client's protocols it is to be, where the client offers any.
/// It answers `SSL_TLSEXT_ERR_OK` with one of those offered, or `SSL_TLSEXT_ERR_NOACK` for none; anything else ends the
/// handshake with the alert no_application_protocol. NULL: none is chosen.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_alpn_select_cb(ctx: Option<&Context>, callback: Option<AlpnSelect>, argument: *mut c_void) {
    of_context(ctx, |callbacks| callbacks.alpn_select = Told { call: callback, argument: Argument(argument) });
}

/// The protocol agreed on and its length in bytes, or NULL and 0. The name has no NUL, and stays the connection's:
/// until the next handshake.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_get0_alpn_selected(ssl: Option<&Ssl>, name: *mut *const c_uchar, length: *mut c_uint) {
    let (start, count) = on_ssl(ssl, (null(), 0), |ssl| {
        let negotiated = ssl.own.negotiated.borrow();
        negotiated.alpn.as_ref().map_or((null(), 0), |name| (name.as_ptr(), name.len() as c_uint))
    });
    // SAFETY: C's places; the name stays until the next handshake.
    unsafe { answer(name, start) };
    // SAFETY: as above.
    unsafe { answer(length, count) };
}

/// The first of the server's protocols that the client has: returns 1 (`OPENSSL_NPN_NEGOTIATED`). Or else the client's
/// first, or NULL and 0 bytes where it has none: returns 2 (`OPENSSL_NPN_NO_OVERLAP`). Lists are as of
/// [`SSL_CTX_set_alpn_protos`]; `out` points into one of them.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_select_next_proto(
    out: *mut *mut c_uchar,
    out_length: *mut c_uchar,
    server: *const c_uchar,
    server_length: c_uint,
    client: *const c_uchar,
    client_length: c_uint,
) -> c_int {
    const NEGOTIATED: c_int = 1;
    const NO_OVERLAP: c_int = 2;
    // SAFETY: C's bytes.
    let (server, client) = unsafe { (bytes(server, server_length as usize), bytes(client, client_length as usize)) };
    let first = names(client).next().filter(|name| !name.is_empty());
    let shared = first.and(names(server).find(|name| !name.is_empty() && names(client).any(|ours| ours == *name)));
    let chosen = shared.or(first);
    // SAFETY: C's places; what is put there points into the caller's lists.
    unsafe { answer(out, chosen.map_or(null_mut(), |name| name.as_ptr().cast_mut())) };
    // SAFETY: as above.
    unsafe { answer(out_length, chosen.map_or(0, |name| name.len() as c_uchar)) };
    if shared.is_some() { NEGOTIATED } else { NO_OVERLAP }
}

/// NPN is not there, as in a libssl built without it; the function is never called.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_next_protos_advertised_cb(
    _ctx: Option<&Context>,
    _callback: Option<unsafe extern "C" fn()>,
    _argument: *mut c_void,
) {
}

/// As [`SSL_CTX_set_next_protos_advertised_cb`].
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_set_next_proto_select_cb(
    _ctx: Option<&Context>,
    _callback: Option<unsafe extern "C" fn()>,
    _argument: *mut c_void,
) {
}

/// NULL and 0 bytes: none was negotiated.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_get0_next_proto_negotiated(
    _ssl: Option<&Ssl>,
    name: *mut *const c_uchar,
    length: *mut c_uint,
) {
    // SAFETY: C's places.
    unsafe { answer(name, null()) };
    // SAFETY: as above.
    unsafe { answer(length, 0) };
}

const HOST_NAME: c_int = 0;

/// On a client the name that it asked for, on a server the one that it was asked for; NULL where there is none, or
/// where `kind` is not 0 (`TLSEXT_NAMETYPE_host_name`). It stays the connection's.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_servername(ssl: Option<&Ssl>, kind: c_int) -> *const c_char {
    if kind != HOST_NAME {
        return null();
    }
    on_ssl(ssl, null(), |ssl| {
        let negotiated = ssl.own.negotiated.borrow();
        let own = ssl.own.host_name.borrow();
        negotiated.server_name.as_ref().or(own.as_ref()).map_or(null(), |name| name.as_ptr())
    })
}

/// 0, which is `TLSEXT_NAMETYPE_host_name`, where [`SSL_get_servername`] has a name; else -1.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_servername_type(ssl: Option<&Ssl>) -> c_int {
    if SSL_get_servername(ssl, HOST_NAME).is_null() { -1 } else { HOST_NAME }
}

/// The name of the group with this NID, as TLS calls it; static. NULL for a group that is not there.
#[unsafe(no_mangle)]
extern "C" fn SSL_group_to_name(_ssl: Option<&Ssl>, nid: c_int) -> *const c_char {
    groups::by_nid(nid).map_or(null(), |group| group.name.as_ptr())
}

/// Where C wants a signature scheme, in parts.
struct Parts {
    key: *mut c_int,
    hash: *mut c_int,
    both: *mut c_int,
    low: *mut c_uchar,
    high: *mut c_uchar,
}

impl Parts {
    unsafe fn answer(&self, number: u16) {
        let scheme = signatures::by_number(number);
        let [high, low] = number.to_be_bytes();
        // SAFETY: C's places.
        unsafe {
            answer(self.key, scheme.map_or(0, |scheme| scheme.key));
            answer(self.hash, scheme.map_or(0, |scheme| scheme.hash));
            answer(self.both, scheme.map_or(0, |scheme| scheme.both));
            answer(self.low, low);
            answer(self.high, high);
        }
    }
}

/// On a server, the client's signature scheme at this place, counted from 0, in parts: NIDs of the key, the hash and
/// both (0 where they are unknown), and its two bytes. Places may be NULL. Returns how many there are; 0 where there is
/// none at the place, and on a client. A negative place only counts.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_get_sigalgs(
    ssl: Option<&Ssl>,
    place: c_int,
    key: *mut c_int,
    hash: *mut c_int,
    both: *mut c_int,
    low: *mut c_uchar,
    high: *mut c_uchar,
) -> c_int {
    on_ssl(ssl, 0, |ssl| {
        let negotiated = ssl.own.negotiated.borrow();
        // SAFETY: C's places.
        unsafe { one_of(&negotiated.peer_signature_schemes, place, &Parts { key, hash, both, low, high }) }
    })
}

/// As [`SSL_get_sigalgs`], of the schemes that both sides have, in the client's order.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_get_shared_sigalgs(
    ssl: Option<&Ssl>,
    place: c_int,
    key: *mut c_int,
    hash: *mut c_int,
    both: *mut c_int,
    low: *mut c_uchar,
    high: *mut c_uchar,
) -> c_int {
    on_ssl(ssl, 0, |ssl| {
        let (settings, negotiated) = (ssl.settings(), ssl.own.negotiated.borrow());
        let ours = settings.choices.signature_schemes();
        let shared: Vec<u16> =
            negotiated.peer_signature_schemes.iter().copied().filter(|scheme| ours.contains(scheme)).collect();
        // SAFETY: C's places.
        unsafe { one_of(&shared, place, &Parts { key, hash, both, low, high }) }
    })
}

unsafe fn one_of(schemes: &[u16], place: c_int, parts: &Parts) -> c_int {
    if place >= 0 {
        let Some(&scheme) = schemes.get(place as usize) else { return 0 };
        // SAFETY: the caller's promise.
        unsafe { parts.answer(scheme) };
    }
    schemes.len() as c_int
}

/// The kind of key that the peer signed with, in `nid`. Returns 1, or 0 where it signed nothing.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_get_peer_signature_type_nid(ssl: Option<&Ssl>, nid: *mut c_int) -> c_int {
    on_ssl(ssl, 0, |ssl| {
        let scheme = ssl.own.negotiated.borrow().peer_signature_scheme.and_then(signatures::by_number);
        // SAFETY: C's place.
        scheme.map_or(0, |scheme| unsafe {
            answer(nid, scheme.key);
            1
        })
    })
}

/// 0, and `nid` stays as it is: what we signed with is not known.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_get_signature_type_nid(ssl: Option<&Ssl>, nid: *mut c_int) -> c_int {
    on_ssl(ssl, 0, |ssl| {
        let scheme = ssl.own.negotiated.borrow().signature_scheme.and_then(signatures::by_number);
        // SAFETY: C's place.
        scheme.map_or(0, |scheme| unsafe {
            answer(nid, scheme.key);
            1
        })
    })
}
