//! What the options turn on: the trace, modes that are forced, faults, the check of the program's calls, and profiles.
//!
//! | file | what it does |
//! |---|---|
//! | `check/` | rules of the documentation that the program breaks |
//! | `fault/` | events that are brought about on purpose |
//! | `handle.rs` | a handle's beginning, its mode calls, its end; forced modes |
//! | `io.rs` | calls that read, write, shake hands and shut down |
//! | `nesting.rs` | whose call it is: the program's, or the libssl's own inside one |
//! | `profile/` | the rules of an older libssl in front of a newer one |
//! | `trace.rs` | what is written of all that |
//! | `wire.rs` | what carries a connection, how far it is, and what was agreed |
//!
//! Nothing here is reached while no option is on, except through a second libssl, and then it only passes calls on.

mod check;
mod fault;
mod handle;
mod io;
mod nesting;
mod profile;
mod trace;
mod wire;

pub use check::State as CheckState;
pub use fault::{Method as BioMethod, State as FaultState};
pub use handle::{Making, clear, ended, free, made, mode_call};
pub use io::{IoCall, Outcome, get_error, io};
pub use profile::{State as ProfileState, control, want, write, write_ex};

use crate::host::Host;
use crate::openssl::Handle;
use crate::options;
use crate::tally;
use libc::c_long;
use sslmode_protocol::tally::Count;

/// Works out the options, while there is one thread.
pub fn prepare() {
    handle::prepare();
    fault::prepare();
    check::prepare();
    profile::prepare();
}

/// Whether an option wants to see the calls.
pub fn are_on() -> bool {
    let options = options::get();
    options.trace || options.check || !options.force.is_empty() || fault::is_on() || profile::is_on()
}

/// A libssl was found.
pub fn host(host: &Host) {
    tally::add(Count::Hosts);
    handle::check_force(host);
    profile::check(host);
    trace::host(host);
}

/// What a mode call answers on a NULL handle of this libssl's.
pub fn null_answer(host: &Host, handle: Handle) -> c_long {
    let dialect = profile::of(host).map_or(host.dialect, |profile| profile.dialect);
    dialect.null_answer(match handle {
        Handle::Context(_) => dialect.null_context,
        Handle::Connection(_) => dialect.null_connection,
    })
}
