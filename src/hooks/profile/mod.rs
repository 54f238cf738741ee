//! `profile`: the rules of an older libssl in front of a newer one. What they are is the engine's to say
//! ([`sslmode_engine::profile`]); here the newer libssl is driven by them.
//!
//! | file | what it does |
//! |---|---|
//! | `state.rs` | what is kept of a handle |
//! | `write.rs` | writes, a record at a time |
//! | `read.rs` | reads that hide the records which the older version never met |
//! | `answers.rs` | `SSL_get_error`, `SSL_want`, and the error queue |
//! | `failure.rs` | a transport that failed |
//! | `limits.rs` | how large records are |
//!
//! Our own libssl follows a profile by itself.

mod answers;
mod failure;
mod limits;
mod read;
mod state;
mod write;

pub use answers::{get_error, want};
pub use limits::control;
pub use read::run;
pub use state::State;
pub use write::{write, write_ex};

use crate::host::{self, Entry, Host};
use crate::openssl::{Handle, ModeCall, ssl_st};
use crate::options;
use crate::report::Once;
use sslmode_engine::profile::{Profile, Unfit};
use sslmode_engine::{Dialect, Modes};
use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;

type Answer = Result<Option<Profile>, Unfit>;

/// The profile over a libssl of each dialect. Made when the library is loaded: no thread ever waits for it.
static OVER: OnceLock<[Answer; Dialect::ALL.len()]> = OnceLock::new();

/// Works out the option, while there is one thread.
pub fn prepare() {
    over();
}

fn over() -> &'static [Answer; Dialect::ALL.len()] {
    OVER.get_or_init(|| {
        let asked = options::get().profile.as_deref().and_then(Dialect::by_name);
        Dialect::ALL.map(|host| asked.map_or(Ok(None), |asked| Profile::over(asked, host)))
    })
}

/// Whether the option asks for one.
pub fn is_on() -> bool {
    options::get().profile.is_some()
}

/// The profile that calls on this libssl's handles follow.
pub fn of(host: &Host) -> Option<&'static Profile> {
    if !is_on() || host.is_ours || !options::are_in_force() {
        return None;
    }
    answer_for(host)?.as_ref().ok()?.as_ref()
}

fn answer_for(host: &Host) -> Option<&'static Answer> {
    let place = Dialect::ALL.iter().position(|dialect| std::ptr::eq(*dialect, host.dialect))?;
    over().get(place)
}

/// Says so where a libssl cannot follow the profile.
pub fn check(host: &Host) {
    static UNFIT: Once = Once::new();
    let asked = options::get().profile.as_deref().unwrap_or_default();
    if let Some(Err(unfit)) = answer_for(host).filter(|_| is_on() && !host.is_ours) {
        let found = host.dialect.name;
        UNFIT.line(format_args!("option profile: {unfit}, got {} ({found}); not in force: {asked}", host.path));
    }
}

/// A handle was made of another, or found: what it was made of has its limits.
pub fn born(entry: &Entry, handle: Handle, host: &Host, parent: Option<&Entry>) {
    if let Some(profile) = of(host) {
        let state = entry.profile();
        parent.inspect(|parent| state.inherit(parent.profile()));
        if let Handle::Connection(_) = handle {
            state.begin(profile);
        }
    }
}

/// The mask that the program believes in, of a handle that begins and whose parent was not seen.
pub fn of_unseen(host: &Host, mask: i64) -> Option<i64> {
    of(host).map(|profile| profile.of_unseen(mask))
}

/// The mask that a handle has underneath.
pub fn underneath(host: &Host, handle: Handle, own: i64) -> Option<i64> {
    of(host).map(|profile| match handle {
        Handle::Context(_) => profile.of_context(own),
        Handle::Connection(_) => profile.of_connection(own),
    })
}

/// A mode call of the program on this handle, as it is there.
pub fn noted(entry: &Entry, host: &Host, call: ModeCall) {
    if let (Some(profile), ModeCall::Clear(mask)) = (of(host), call)
        && profile.modes(mask).contains(Modes::AUTO_RETRY)
    {
        entry.profile().cleared_auto_retry.store(true, Relaxed);
    }
}

/// The modes in force for the program, where they are not those of the handle.
pub fn modes(host: &Host, ssl: *const ssl_st) -> Option<Modes> {
    let profile = of(host)?;
    Some(profile.modes(host::kept(ssl.addr())?.own().load(Relaxed)))
}

/// Says what the older version would have done to the program, once.
fn say_spared(text: &str) {
    static SPARED: Once = Once::new();
    SPARED.line(format_args!("profile: {text}; the trace has each such call"));
}

/// `SSL_clear`.
pub fn clear(host: &Host, ssl: *const ssl_st) {
    if let (Some(_), Some(entry)) = (of(host), host::kept(ssl.addr())) {
        entry.profile().with(|writer| writer.clear());
    }
}
