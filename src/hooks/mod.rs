//! What the options turn on: the trace, modes that are forced, faults, and the check of the program's calls.
//!
//! | file | what it does |
//! |---|---|
//! | `check/` | rules of the documentation that the program breaks |
//! | `fault/` | events that are brought about on purpose |
//! | `handle.rs` | a handle's beginning, its mode calls, its end; forced modes |
//! | `io.rs` | calls that read, write, shake hands and shut down |
//! | `nesting.rs` | whose call it is: the program's, or the libssl's own inside one |
//! | `trace.rs` | what is written of all that |
//! | `wire.rs` | what carries a connection, how far it is, and what was agreed |
//!
//! Nothing here is reached while no option is on, except through a second libssl, and then it only passes calls on.

mod check;
mod fault;
mod handle;
mod io;
mod nesting;
mod trace;
mod wire;

pub use check::State as CheckState;
pub use fault::{Method as BioMethod, State as FaultState};
pub use handle::{Making, clear, ended, free, made, mode_call};
pub use io::{IoCall, Outcome, get_error, io};

use crate::host::Host;
use crate::options;
use crate::report::Once;
use crate::tally;
use sslmode_protocol::tally::Count;

/// Works out the options, while there is one thread.
pub fn prepare() {
    handle::prepare();
    fault::prepare();
    check::prepare();
}

/// Whether an option wants to see the calls.
pub fn are_on() -> bool {
    let options = options::get();
    options.trace || options.check || !options.force.is_empty() || fault::is_on()
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
