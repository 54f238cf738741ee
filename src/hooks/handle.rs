//! A handle's beginning, its mode calls, its end; the modes that are forced on it, or that a profile puts underneath.

use super::nesting::InMaking;
use super::{check, fault, profile, trace};
use crate::boundary::contain;
use crate::host::{self, Entry, Host};
use crate::openssl::{Handle, ModeCall, ssl_st};
use crate::options;
use crate::tally;
use libc::c_long;
use sslmode_engine::Dialect;
use sslmode_engine::force::{Change, Force};
use sslmode_protocol::tally::Count;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

/// The forced modes in the numbers of each dialect. Made when the library is loaded: no thread ever waits for it.
static FORCES: OnceLock<[Force; Dialect::ALL.len()]> = OnceLock::new();

/// Works out the options, while there is one thread.
pub fn prepare() {
    FORCES.get_or_init(|| Dialect::ALL.map(forced_in));
}

fn forced_in(dialect: &'static Dialect) -> Force {
    options::get().force.iter().fold(Force::default(), |force, word| {
        // A mode that this dialect lacks is said when a libssl of it is met.
        force.with(dialect, &word.mode, word.on).unwrap_or(force)
    })
}

fn force(host: &Host) -> Force {
    let place = Dialect::ALL.iter().position(|dialect| std::ptr::eq(*dialect, host.dialect));
    let forces = FORCES.get_or_init(|| Dialect::ALL.map(forced_in));
    place.map_or(Force::default(), |place| forces[place])
}

/// Says which forced modes this libssl does not have.
pub fn check_force(host: &Host) {
    for word in &options::get().force {
        if let Err(error) = Force::default().with(host.dialect, &word.mode, word.on) {
            crate::report::line(format_args!("option force: {error}; not forced on handles of {}", host.path));
        }
    }
}

/// A handle that is being made.
pub struct Making {
    function: &'static str,
    parent: usize,
    caller: usize,
    nesting: InMaking,
}

impl Making {
    /// `function` was called to make one, of `parent` if that is not 0.
    pub fn begin(function: &'static str, parent: usize, caller: usize) -> Making {
        Making { function, parent, caller, nesting: InMaking::begin() }
    }
}

/// A handle was made.
pub fn made(making: Making, handle: Handle, host: &'static Host) {
    // During a handshake SSL_dup answers the same handle once more.
    if making.nesting.is_inner() || handle.address() == making.parent {
        return;
    }
    tally::add(match handle {
        Handle::Context(_) => Count::Contexts,
        Handle::Connection(_) => Count::Connections,
    });
    if !super::are_on() || !options::are_in_force() {
        return;
    }
    let parents = host::kept(making.parent).filter(|parent| parent.is_met()).map(|p| p.own().load(Ordering::Relaxed));
    if let Some(entry) = host::kept(handle.address()) {
        entry.meet();
        begin(entry, handle, host, parents);
        fault::born(entry, handle, host::kept(making.parent));
        check::born(host, entry, handle, host::kept(making.parent));
        profile::born(entry, handle, host, host::kept(making.parent));
    }
    trace::birth(making.function, host, handle, making.parent, making.caller);
}

/// What is kept of a handle that is used. One that was not seen being made begins here.
pub fn meet(function: &'static str, handle: Handle, host: &'static Host, caller: usize) -> Option<&'static Entry> {
    let kept = host::kept(handle.address()).or_else(|| host::remember(handle, host))?;
    if !kept.is_met() {
        if !options::are_in_force() {
            return None;
        }
        if kept.meet() {
            begin(kept, handle, host, None);
            fault::born(kept, handle, None);
            check::born(host, kept, handle, None);
            profile::born(kept, handle, host, None);
            trace::seen(function, host, handle, caller);
        }
    }
    Some(kept)
}

/// The mask that the program believes in is its parent's to begin with, and the handle gets the forced modes.
fn begin(entry: &Entry, handle: Handle, host: &Host, parents: Option<i64>) {
    let mask = host.mode_call(handle, ModeCall::Get);
    let own = parents.unwrap_or_else(|| profile::of_unseen(host, mask).unwrap_or(mask));
    entry.own().store(own, Ordering::Relaxed);
    put_into_force(handle, host, own, mask);
}

/// Gives a handle of this mask what a profile puts underneath the program's `own`, and the forced modes.
fn put_into_force(handle: Handle, host: &Host, own: i64, mask: i64) {
    let mask = profile::underneath(host, handle, own).map_or(mask, |underneath| {
        host.mode_call(handle, ModeCall::Clear(!underneath));
        host.mode_call(handle, ModeCall::Set(underneath))
    });
    let force = force(host);
    let (missing, superfluous) = (force.missing(mask), force.superfluous(mask));
    if missing != 0 {
        host.mode_call(handle, ModeCall::Set(missing));
    }
    if superfluous != 0 {
        host.mode_call(handle, ModeCall::Clear(superfluous));
    }
}

/// What the program is told of this mask.
pub fn shown(entry: &Entry, host: &Host, mask: i64) -> i64 {
    told(host, mask, entry.own().load(Ordering::Relaxed))
}

fn told(host: &Host, mask: i64, own: i64) -> i64 {
    if profile::of(host).is_some() { own } else { force(host).shown(mask, own) }
}

/// What a mode call answers that code at `caller` makes on a handle of this libssl; `by_macro` where it is a control call.
pub fn mode_call(host: &'static Host, handle: Handle, call: ModeCall, by_macro: bool, caller: usize) -> c_long {
    if !super::are_on() {
        return host.mode_call(handle, call);
    }
    let met = contain(|| meet(call.name(handle), handle, host, caller)).flatten();
    let Some(entry) = met else { return host.mode_call(handle, call) };
    let before = host.mode_call(handle, ModeCall::Get);
    let believed = told(host, before, entry.own().load(Ordering::Relaxed));
    let (after, told) = carry_out(host, entry, handle, call);
    contain(|| check::mode_call(host, entry, handle, call, [believed, told], by_macro, caller));
    contain(|| trace::mode_call(host, handle, call, [before, after, told], caller));
    told
}

/// Makes a mode call; answers the mask in force afterwards, and what the program is told of it.
fn carry_out(host: &Host, entry: &Entry, handle: Handle, call: ModeCall) -> (i64, i64) {
    let profile = profile::of(host);
    if profile.is_none() && force(host).is_nothing() {
        let answer = host.mode_call(handle, call);
        return (answer, answer);
    }
    let dialect = profile.map_or(host.dialect, |profile| profile.dialect);
    let change = match call {
        ModeCall::Set(mask) => Change::Set(dialect.argument(mask)),
        ModeCall::Clear(mask) => Change::Clear(dialect.argument(mask)),
        ModeCall::Get => Change::Get,
    };
    // One thread at a time calls on a handle: libssl's own rule.
    let own = Force::own_after(entry.own().load(Ordering::Relaxed), change);
    entry.own().store(own, Ordering::Relaxed);
    profile::noted(entry, host, call);
    // Under a profile the libssl's own mask is made from the program's, whatever the call was.
    let answer = host.mode_call(handle, if profile.is_some() { ModeCall::Get } else { call });
    put_into_force(handle, host, own, answer);
    let after = host.mode_call(handle, ModeCall::Get);
    (after, told(host, after, own))
}

/// A libssl frees a handle.
pub fn ended(handle: usize, entry: &Entry) {
    if entry.is_met() {
        check::ended(handle, entry);
        trace::death(handle);
    }
}

/// Frees a connection, or one of its references.
pub fn free(host: &'static Host, ssl: *mut ssl_st, free: impl FnOnce() -> Option<()>) -> Option<()> {
    let given_up = contain(|| check::giving_up(host, "SSL_free", ssl)).flatten();
    let freed = free();
    given_up.map(|given_up| contain(|| given_up.freed(ssl)));
    freed
}

/// Clears a connection, to be used again.
pub fn clear<R>(host: &'static Host, ssl: *mut ssl_st, clear: impl FnOnce() -> Option<R>) -> Option<R> {
    let given_up = contain(|| check::giving_up(host, "SSL_clear", ssl)).flatten();
    let cleared = clear();
    profile::clear(host, ssl);
    given_up.map(|given_up| contain(|| given_up.cleared(ssl)));
    cleared
}
