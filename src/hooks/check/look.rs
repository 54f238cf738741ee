//! What the engine may ask about a connection: the libssl is asked, its socket, and the program's buffers.

use super::super::wire;
use crate::host::Host;
use crate::openssl::{Handle, ModeCall, ssl_st};
use libc::{c_int, c_long};
use sslmode_engine::Modes;
use sslmode_engine::contract::{Fingerprint, Hello, Look};
use sslmode_engine::fallback::{Settings, Version};
use sslmode_engine::lawful::{Direction, Handshake, Protocol, Transport};
use sslmode_protocol::options::faults::Role;
use std::hash::{BuildHasher, RandomState};
use std::ptr;
use std::sync::OnceLock;

/// The key of this process's fingerprints. Made when the library is loaded: no thread ever waits for it.
static KEY: OnceLock<RandomState> = OnceLock::new();

/// Makes the key, while there is one thread.
pub fn prepare() {
    KEY.get_or_init(RandomState::new);
}

/// `SSL_CTRL_OPTIONS` up to 1.0.2, and `SSL_CTRL_GET_MAX_PROTO_VERSION` from 1.1.0 on.
const CTRL_OPTIONS: c_int = 32;
const CTRL_GET_MAX_PROTO_VERSION: c_int = 131;

/// `SSL_SENT_SHUTDOWN` and `SSL_RECEIVED_SHUTDOWN`.
const SENT_SHUTDOWN: c_int = 1;
const RECEIVED_SHUTDOWN: c_int = 2;

/// One connection, while a call on it is served.
pub struct Eye {
    pub host: &'static Host,
    pub ssl: *mut ssl_st,
}

impl Eye {
    /// Whether it is an object of QUIC's.
    pub fn is_quic(&self) -> bool {
        wire::of(self.host, self.ssl, Direction::Write).protocol == Protocol::Quic
    }

    fn shutdown_flags(&self) -> c_int {
        // SAFETY: the handle is alive: the program calls on it. This libssl owns it.
        self.host.below.get_shutdown.map_or(0, |get_shutdown| unsafe { get_shutdown(self.ssl) })
    }

    fn is_quiet(&self) -> bool {
        // SAFETY: as above.
        self.host.below.get_quiet_shutdown.is_some_and(|get_quiet| unsafe { get_quiet(self.ssl) } != 0)
    }

    fn poll(&self, direction: Direction, events: libc::c_short) -> Option<libc::c_short> {
        let below = &self.host.below;
        let fd = wire::bio(below, self.ssl, direction).and_then(|bio| wire::fd(below, bio))?;
        let mut poll = libc::pollfd { fd, events, revents: 0 };
        // SAFETY: one pollfd, valid for writing.
        unsafe { libc::poll(&mut poll, 1, 0) };
        Some(poll.revents)
    }

    fn control(&self, command: c_int) -> c_long {
        // SAFETY: both commands answer a number and take nothing.
        self.host.calls.connection_ctrl.map_or(0, |ctrl| unsafe { ctrl(self.ssl, command, 0, ptr::null_mut()) })
    }

    fn settings(&self) -> Option<Settings> {
        let below = &self.host.below;
        // SAFETY: the handle is alive, and this libssl owns it.
        let method = below.version.map(|version| unsafe { version(self.ssl) })?;
        let options = match below.get_options {
            // SAFETY: as above.
            Some(get_options) => unsafe { get_options(self.ssl) },
            None => self.control(CTRL_OPTIONS).cast_unsigned(),
        };
        let limit = match below.get_max_proto_version {
            // SAFETY: as above.
            Some(get_max) => unsafe { get_max(self.ssl) },
            None => u16::try_from(self.control(CTRL_GET_MAX_PROTO_VERSION)).unwrap_or(0),
        };
        let limit = (limit != 0).then_some(Version(limit));
        // BoringSSL says no version before it has agreed on one; its limit says all.
        let method = match u16::try_from(method) {
            Ok(method) if method != 0 => Version(method),
            _ => limit?,
        };
        Some(Settings { method, limit, options })
    }
}

impl Look for Eye {
    fn modes(&self) -> Modes {
        let mask = self.host.mode_call(Handle::Connection(self.ssl), ModeCall::Get);
        self.host.dialect.decode(mask).modes
    }

    fn transport(&self) -> Transport {
        wire::of(self.host, self.ssl, Direction::Write).transport
    }

    fn is_ready(&self, direction: Direction) -> bool {
        let events = match direction {
            Direction::Read => libc::POLLIN | libc::POLLRDHUP,
            Direction::Write => libc::POLLOUT,
        };
        self.poll(direction, events).is_none_or(|found| found != 0)
    }

    fn peer_has_closed(&self) -> bool {
        let closed = self.poll(Direction::Read, libc::POLLRDHUP).is_some_and(|found| found != 0);
        closed || self.shutdown_flags() & RECEIVED_SHUTDOWN != 0
    }

    fn waits(&self) -> u64 {
        // SAFETY: all zeros is a valid rusage, which getrusage fills in.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: usage is valid for writing.
        unsafe { libc::getrusage(libc::RUSAGE_THREAD, &mut usage) };
        usage.ru_nvcsw.cast_unsigned()
    }

    fn handshake_is_over(&self) -> bool {
        wire::handshake(self.host, self.ssl) == Handshake::Finished
    }

    fn is_dtls(&self) -> bool {
        wire::of(self.host, self.ssl, Direction::Write).protocol == Protocol::Dtls
    }

    fn shuts_down_quietly(&self) -> bool {
        self.is_quiet() || self.shutdown_flags() & SENT_SHUTDOWN != 0
    }

    fn hello(&self) -> Option<Hello> {
        if wire::role(self.host, self.ssl) == Some(Role::Server) {
            return None;
        }
        let settings = self.settings()?;
        Some(Hello { offered: settings.offered()?, highest: settings.highest(self.host.dialect) })
    }

    fn print(&self, address: usize, length: usize) -> Fingerprint {
        let key = KEY.get_or_init(RandomState::new);
        if address == 0 {
            return Fingerprint::of(&[], key.build_hasher());
        }
        // SAFETY: the program gives so many bytes to SSL_write, or has just given them: it has to keep them as they are.
        let bytes = unsafe { std::slice::from_raw_parts(ptr::with_exposed_provenance(address), length) };
        Fingerprint::of(bytes, key.build_hasher())
    }
}
