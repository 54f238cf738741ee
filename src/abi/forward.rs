//! How a call that is not about modes gets to the host at the price of one jump.
//!
//! An exported function is a jump through its slot. At first the slot holds our own entry, which adds the caller's
//! address to the arguments and goes through the finding of the host. When a context was made, and so the process's
//! libssl is known, the slot gets that libssl's own function. A second libssl, or an option that wants to see the
//! calls, puts the entry back for good.

use super::{ctrl, handles};
use crate::boundary::contain;
use crate::host::{self, Calls, Host};
use crate::trace;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Where calls of one exported function go.
pub type Slot = AtomicPtr<()>;

/// The ways of one exported function.
pub struct Route {
    /// What the exported function jumps through.
    pub slot: &'static Slot,
    /// The way through us.
    pub entry: *mut (),
    /// The way past us, if this libssl has the function.
    pub direct: fn(&Calls) -> Option<*mut ()>,
}

fn routes() -> impl Iterator<Item = Route> {
    ctrl::routes().into_iter().chain(handles::routes())
}

/// The libssl that owns `handle`, which code at `caller` passed to `function`; None, and a line, where none is found.
pub fn owner(function: &str, handle: usize, caller: usize) -> Option<&'static Host> {
    let host = host::of_forwarded(function, handle, caller);
    review();
    host
}

/// The libssl that `method` came from, and whether calls go straight to it from now on.
pub fn owner_of_method(function: &str, method: usize, caller: usize) -> Option<(&'static Host, bool)> {
    let host = host::of_method(function, method, caller)?;
    Some((host, go_straight_to(host)))
}

/// Sends calls through our own entries for good if somebody has to see them.
pub fn review() {
    if are_watched() {
        routes().for_each(|route| route.slot.store(route.entry, Ordering::SeqCst));
    }
}

/// Whoever finds a second host counts it first and stores the entries afterwards; here the host's functions are
/// stored first and the count is read afterwards. So one of the two sees the other, and the entries win.
fn go_straight_to(host: &Host) -> bool {
    if !are_straight() {
        // One that is loaded already is about to be used: handles made before that could not be told from its own.
        contain(host::meet_all_loaded);
    }
    if !are_watched() {
        for route in routes() {
            route.slot.store((route.direct)(&host.calls).unwrap_or(route.entry), Ordering::SeqCst);
        }
    }
    review();
    !are_watched()
}

fn are_straight() -> bool {
    routes().any(|route| route.slot.load(Ordering::SeqCst) != route.entry)
}

fn are_watched() -> bool {
    trace::is_on() || !host::is_alone()
}
