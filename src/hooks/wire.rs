//! What carries a connection, how far it is, and what was agreed: asked of the libssl, never read behind its handle.

use crate::host::{Below, Host};
use crate::openssl::{bio_st, ssl_st};
use libc::{c_char, c_int, c_void};
use sslmode_engine::lawful::{Direction, Handshake, Protocol, Transport, Wire};
use sslmode_protocol::options::faults::Role;
use std::ffi::CStr;
use std::ptr;

/// `BIO_TYPE_...`: the same numbers in every libssl.
const TYPE_MEMORY: c_int = 0x401;
const TYPE_PAIR: c_int = 0x413;
const TYPE_SOCKET: c_int = 0x505;
const TYPE_CONNECT: c_int = 0x50C;
const TYPE_BUFFER: c_int = 0x209;

/// `BIO_C_GET_FD` and `BIO_CTRL_GET_KTLS_SEND`.
const GET_FD: c_int = 105;
const GET_KTLS_SEND: c_int = 73;

/// `SSL_ST_OK` up to 1.0.2.
const STATE_OK: c_int = 3;

/// What carries the connection that way.
pub fn of(host: &Host, ssl: *const ssl_st, direction: Direction) -> Wire {
    let transport = bio(&host.below, ssl, direction).map_or(Transport::Own, |bio| transport(&host.below, bio));
    Wire { transport, protocol: protocol(&host.below, ssl) }
}

/// The protocol that is spoken, or the highest that may be before one is agreed on.
pub fn protocol(below: &Below, ssl: *const ssl_st) -> Protocol {
    // SAFETY: the handle is alive: the program has just called on it. This libssl owns it.
    let is_quic = below.is_quic.is_some_and(|is_quic| unsafe { is_quic(ssl) } == 1);
    // SAFETY: as above.
    let version = below.version.map_or(0, |version| unsafe { version(ssl) });
    if is_quic { Protocol::Quic } else { Protocol::of_version(version) }
}

/// How far the handshake is.
pub fn handshake(host: &Host, ssl: *const ssl_st) -> Handshake {
    let below = &host.below;
    let finished = match (below.is_init_finished, below.state) {
        // SAFETY: the handle is alive, and this libssl owns it.
        (Some(is_init_finished), _) => unsafe { is_init_finished(ssl) == 1 },
        // SAFETY: as above.
        (None, Some(state)) => unsafe { state(ssl) == STATE_OK },
        (None, None) => false,
    };
    if finished { Handshake::Finished } else { Handshake::Going }
}

/// Whether a close_notify went one way or the other.
pub fn is_closing(host: &Host, ssl: *const ssl_st) -> bool {
    // SAFETY: the handle is alive, and this libssl owns it.
    host.below.get_shutdown.is_some_and(|get_shutdown| unsafe { get_shutdown(ssl) } != 0)
}

/// Which end it is; None where the libssl cannot say, as 0.9.8.
pub fn role(host: &Host, ssl: *const ssl_st) -> Option<Role> {
    // SAFETY: the handle is alive, and this libssl owns it.
    let is_server = host.below.is_server.map(|is_server| unsafe { is_server(ssl) } != 0)?;
    Some(if is_server { Role::Server } else { Role::Client })
}

/// The protocol version, as the libssl names it: `TLSv1.3`.
pub fn version(host: &Host, ssl: *const ssl_st) -> Option<String> {
    // SAFETY: the handle is alive, and this libssl owns it.
    text(unsafe { host.below.get_version?(ssl) })
}

/// The cipher suite that the handshake agreed on, as the libssl names it.
pub fn cipher(host: &Host, ssl: *const ssl_st) -> Option<String> {
    let (get_current_cipher, get_name) = (host.below.get_current_cipher?, host.below.cipher_get_name?);
    // SAFETY: the handle is alive, and this libssl owns it.
    let cipher = unsafe { get_current_cipher(ssl) };
    // SAFETY: not NULL: a suite in a table of this libssl.
    if cipher.is_null() { None } else { text(unsafe { get_name(cipher) }) }
}

fn text(text: *const c_char) -> Option<String> {
    // SAFETY: not NULL: a string of libssl's own, which ends in NUL and stays where it is.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// The BIO at the end of this way. While it shakes hands, libssl up to 1.0.2 shows the buffer that it has put in front.
pub fn bio(below: &Below, ssl: *const ssl_st, direction: Direction) -> Option<*mut bio_st> {
    let get = match direction {
        Direction::Read => below.get_rbio?,
        Direction::Write => below.get_wbio?,
    };
    // SAFETY: the handle is alive, and this libssl owns it.
    let mut bio = unsafe { get(ssl) };
    while !bio.is_null() && kind(below, bio) == TYPE_BUFFER {
        // SAFETY: a BIO of that handle's.
        bio = unsafe { below.bio_next?(bio) };
    }
    (!bio.is_null()).then_some(bio)
}

fn kind(below: &Below, bio: *const bio_st) -> c_int {
    // SAFETY: a BIO of a handle that is alive.
    below.bio_type.map_or(0, |bio_type| unsafe { bio_type(bio) })
}

fn transport(below: &Below, bio: *mut bio_st) -> Transport {
    match kind(below, bio) {
        TYPE_MEMORY => Transport::Memory,
        TYPE_PAIR => Transport::Pair,
        TYPE_SOCKET | TYPE_CONNECT => fd(below, bio).map_or(Transport::Own, of_socket),
        _ => Transport::Own,
    }
}

/// Whether the last operation on a BIO is to be made again.
pub fn is_to_be_retried(below: &Below, bio: *const bio_st) -> bool {
    /// `BIO_FLAGS_SHOULD_RETRY`
    const SHOULD_RETRY: c_int = 8;
    // SAFETY: a BIO of a handle that is alive.
    below.bio_test_flags.is_some_and(|test_flags| unsafe { test_flags(bio, SHOULD_RETRY) } != 0)
}

/// The descriptor of a BIO that has one.
pub fn fd(below: &Below, bio: *mut bio_st) -> Option<c_int> {
    c_int::try_from(ask(below, bio, GET_FD)?).ok().filter(|&fd| fd >= 0)
}

/// Whether the kernel encrypts what is written: then the keys are not libssl's alone to change.
pub fn kernel_encrypts(host: &Host, ssl: *const ssl_st) -> bool {
    let is_socket = |bio: &*mut bio_st| kind(&host.below, *bio) == TYPE_SOCKET;
    bio(&host.below, ssl, Direction::Write)
        .filter(is_socket)
        .is_some_and(|bio| ask(&host.below, bio, GET_KTLS_SEND).is_some_and(|answer| answer > 0))
}

/// Whether the peer has sent something, or its end: true also where that cannot be told.
pub fn has_something_to_read(host: &Host, ssl: *const ssl_st) -> bool {
    let fd = bio(&host.below, ssl, Direction::Read).and_then(|bio| fd(&host.below, bio));
    let Some(fd) = fd else { return true };
    let mut poll = libc::pollfd { fd, events: libc::POLLIN | libc::POLLRDHUP, revents: 0 };
    // SAFETY: one pollfd, valid for writing.
    unsafe { libc::poll(&mut poll, 1, 0) != 0 }
}

fn ask(below: &Below, bio: *mut bio_st, command: c_int) -> Option<i64> {
    // SAFETY: both commands answer a number and take nothing.
    below.bio_ctrl.map(|bio_ctrl| unsafe { bio_ctrl(bio, command, 0, ptr::null_mut::<c_void>()) })
}

fn of_socket(fd: c_int) -> Transport {
    // SAFETY: F_GETFL takes nothing and changes nothing.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    match socket_option(fd, libc::SOL_SOCKET, libc::SO_TYPE) {
        Some(libc::SOCK_STREAM) if flags >= 0 && flags & libc::O_NONBLOCK != 0 => Transport::NonBlocking,
        Some(libc::SOCK_STREAM) if flags >= 0 => Transport::Blocking,
        _ => Transport::Own,
    }
}

/// An option of a socket that is a number.
pub fn socket_option(fd: c_int, level: c_int, name: c_int) -> Option<c_int> {
    let (mut value, mut length): (c_int, libc::socklen_t) = (0, size_of::<c_int>() as libc::socklen_t);
    // SAFETY: value is valid for writing, and length is its size.
    let answer = unsafe { libc::getsockopt(fd, level, name, (&raw mut value).cast(), &mut length) };
    (answer == 0).then_some(value)
}
