//! `trace`: what the program does with its handles, a line each, in the names of its libssl.

use super::handle;
use super::io::{IoCall, Outcome};
use super::nesting::Origin;
use super::profile as profiles;
use super::wire;
use crate::caller;
use crate::host::{self, Host};
use crate::log;
use crate::openssl::{Handle, ModeCall, ssl_st};
use crate::options;
use sslmode_engine::lawful::Handshake;
use sslmode_protocol::event::{Birth, Event, Name};
use sslmode_protocol::options::faults::Role;
use std::time::Duration;

/// Whether the option is on, in this process.
pub fn is_on() -> bool {
    options::get().trace && options::are_in_force()
}

/// A libssl was found.
pub fn host(host: &Host) {
    if is_on() {
        log::write(Event::Host {
            path: host.path.clone(),
            version: host.version.clone(),
            dialect: Name::Borrowed(host.dialect.name),
            profile: profiles::of(host).map(|profile| Name::Borrowed(profile.dialect.name)),
        });
    }
}

/// A handle was made.
pub fn birth(function: &'static str, host: &Host, handle: Handle, parent: usize, caller: usize) {
    if is_on() {
        log::write(Event::Birth(beginning(function, host, handle, parent, caller)));
    }
}

/// A handle whose making was not seen is used.
pub fn seen(function: &'static str, host: &Host, handle: Handle, caller: usize) {
    if is_on() {
        log::write(Event::Seen(beginning(function, host, handle, 0, caller)));
    }
}

fn beginning(function: &'static str, host: &Host, handle: Handle, parent: usize, caller: usize) -> Birth {
    let mask = host.mode_call(handle, ModeCall::Get);
    let shown = host::kept(handle.address()).map(|entry| handle::shown(entry, host, mask));
    Birth {
        function: Name::Borrowed(function),
        handle: address(handle.address()),
        parent: (parent != 0).then(|| address(parent)),
        modes: host.dialect.name_mask(mask).to_string(),
        modes_shown: shown.filter(|&shown| shown != mask).map(|shown| host.dialect.name_mask(shown).to_string()),
        by: caller::name(caller),
    }
}

/// A mode call was answered: the mask before, after, and as the program was told.
pub fn mode_call(host: &Host, handle: Handle, call: ModeCall, [before, after, told]: [i64; 3], caller: usize) {
    if !is_on() {
        return;
    }
    let name = |mask| host.dialect.name_mask(mask).to_string();
    let asked = match call {
        ModeCall::Set(mask) | ModeCall::Clear(mask) => Some(name(host.dialect.argument(mask))),
        ModeCall::Get => None,
    };
    log::write(Event::Mode {
        function: Name::Borrowed(call.name(handle)),
        handle: address(handle.address()),
        asked,
        before: name(before),
        after: name(after),
        shown: (told != after).then(|| name(told)),
        by: caller::name(caller),
    });
}

/// Faults were brought about ahead of a call.
pub fn fault(call: &IoCall, made: String) {
    if is_on() {
        let function = Name::Borrowed(call.function);
        log::write(Event::Fault { function, handle: address(call.ssl.addr()), made });
    }
}

/// A profile kept something from the program.
pub fn profile(function: &'static str, ssl: *const ssl_st, kind: &'static str, text: String) {
    if is_on() {
        let handle = address(ssl.addr());
        log::write(Event::Profile { function: Name::Borrowed(function), handle, kind: Name::Borrowed(kind), text });
    }
}

/// A call that reads, writes, shakes hands or shuts down was answered.
pub fn io(
    call: &IoCall,
    outcome: Outcome,
    error: Option<&'static str>,
    made: Option<String>,
    origin: Origin,
    duration: Duration,
) {
    log::write(Event::Io {
        function: Name::Borrowed(call.function),
        handle: address(call.ssl.addr()),
        buffer: call.buffer.map(address),
        requested: call.requested,
        result: outcome.result,
        bytes: outcome.bytes,
        error: error.map(Name::Borrowed),
        made,
        duration_ns: u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX),
        inner: origin == Origin::Inner,
        bio: origin == Origin::Bio,
    });
}

/// The call may have finished a handshake: once for each that does.
pub fn handshake(host: &Host, call: &IoCall) {
    let Some(entry) = host::kept(call.ssl.addr()) else { return };
    let finished = wire::handshake(host, call.ssl) == Handshake::Finished;
    if entry.note_finished(finished) || !finished {
        return;
    }
    let role = wire::role(host, call.ssl).or(match call.function {
        "SSL_accept" => Some(Role::Server),
        "SSL_connect" => Some(Role::Client),
        _ => None,
    });
    log::write(Event::Handshake {
        handle: address(call.ssl.addr()),
        version: wire::version(host, call.ssl),
        role: role.map(|role| match role {
            Role::Client => Name::Borrowed("client"),
            Role::Server => Name::Borrowed("server"),
        }),
        cipher: wire::cipher(host, call.ssl),
    });
}

/// A handle was freed.
pub fn death(handle: usize) {
    if is_on() {
        log::write(Event::Death { handle: address(handle) });
    }
}

fn address(handle: usize) -> String {
    format!("{handle:#x}")
}
