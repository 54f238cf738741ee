//! What the options turn on: the trace, and modes that are forced.
//!
//! | file | what it does |
//! |---|---|
//! | `handle.rs` | a handle's beginning, its mode calls, its end; forced modes |
//! | `io.rs` | calls that read, write, shake hands and shut down |
//! | `nesting.rs` | whose call it is: the program's, or the libssl's own inside one |
//! | `trace.rs` | what is written of all that |
//!
//! Nothing here is reached while no option is on, except through a second libssl, and then it only passes calls on.

mod handle;
mod io;
mod nesting;
mod trace;

pub use handle::{Making, ended, made, mode_call, prepare};
pub use io::{IoCall, Outcome, io};

use crate::host::Host;
use crate::options;
use crate::report::Once;
use crate::tally;
use sslmode_protocol::tally::Count;

/// Whether an option wants to see the calls.
pub fn are_on() -> bool {
    let options = options::get();
    options.trace || !options.force.is_empty()
}

/// A libssl was found.
pub fn host(host: &Host) {
    tally::add(Count::Hosts);
    handle::check_force(host);
    check_profile(host);
    trace::host(host);
}

/// Our own libssl follows a profile by itself; no other does in this version.
fn check_profile(host: &Host) {
    static NOT_OURS: Once = Once::new();
    if let Some(profile) = &options::get().profile
        && !host.is_ours
    {
        let path = &host.path;
        NOT_OURS.line(format_args!("option profile: expected our own libssl, found {path}; not in force: {profile}"));
    }
}
