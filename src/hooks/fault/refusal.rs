//! A transport that refuses: a callback on the BIO that the handle has, only while the host serves a call on it.
//!
//! The callback answers for the BIO's method as a socket's would that blocks: -1, the retry flags, EAGAIN. A callback
//! of the program's own is called as it would be then.

use super::between;
use super::state::State;
use super::wire;
use crate::host::{Below, Host};
use crate::openssl::{Callback, CallbackEx, bio_st, ssl_st};
use libc::{c_char, c_int, c_long, size_t};
use sslmode_engine::lawful::{Direction, Fault};
use std::cell::Cell;
use std::mem::transmute;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What is to be refused in one call.
#[derive(Clone, Copy, Default)]
pub struct Refusal(u8);

const FIRST_READ: u8 = 1;
const FIRST_WRITE: u8 = 1 << 1;
const SECOND_WRITE: u8 = 1 << 2;

impl Refusal {
    /// One more.
    pub fn add(&mut self, fault: Fault) {
        self.0 |= match fault {
            Fault::WantRead => FIRST_READ,
            Fault::WantWrite => FIRST_WRITE,
            Fault::ShortWrite => SECOND_WRITE,
            Fault::KeyUpdate | Fault::Release => 0,
        };
    }

    pub fn is_nothing(self) -> bool {
        self.0 == 0
    }

    /// Which faults came of it.
    pub fn made(self, seen: Seen) -> Option<Fault> {
        match (seen.refused(Direction::Read), seen.refused(Direction::Write)) {
            (true, _) => Some(Fault::WantRead),
            (_, true) if self.0 & FIRST_WRITE != 0 => Some(Fault::WantWrite),
            (_, true) => Some(Fault::ShortWrite),
            _ => None,
        }
    }

    fn refuses(self, direction: Direction, seen: Seen) -> bool {
        // What refused once refuses the rest of the call: a full pipe stays full.
        seen.refused(direction)
            || !seen.refused(Direction::Read)
                && !seen.refused(Direction::Write)
                && match direction {
                    Direction::Read => self.0 & FIRST_READ != 0,
                    Direction::Write if seen.went_through(Direction::Write) => self.0 & SECOND_WRITE != 0,
                    Direction::Write => self.0 & FIRST_WRITE != 0,
                }
    }
}

/// What was seen at the transport in one call.
#[derive(Clone, Copy, Default)]
pub struct Seen(u8);

impl Seen {
    pub fn from_bits(bits: u8) -> Seen {
        Seen(bits)
    }

    /// Something was let through that way.
    pub fn went_through(self, direction: Direction) -> bool {
        self.0 & 1 << direction as u8 != 0
    }

    /// Something was refused that way.
    pub fn refused(self, direction: Direction) -> bool {
        self.0 & 4 << direction as u8 != 0
    }

    fn with(self, direction: Direction, refused: bool) -> Seen {
        Seen(self.0 | if refused { 4 } else { 1 } << direction as u8)
    }
}

/// A BIO that is watched, and the program's own callbacks on it.
#[derive(Default)]
pub struct End {
    bio: AtomicUsize,
    old: AtomicUsize,
    ex: AtomicUsize,
}

impl End {
    pub fn clear(&self) {
        self.bio.store(0, Relaxed);
    }
}

thread_local! {
    /// The handle that is served, where something is to be refused or seen. Handles' states are never freed.
    static SERVED: Cell<Option<(&'static State, &'static Host)>> = const { Cell::new(None) };
}

/// While it lives, the handle's transport refuses what it is to refuse.
pub struct Armed {
    host: &'static Host,
    ssl: *mut ssl_st,
    state: &'static State,
    before: Option<(&'static State, &'static Host)>,
}

/// Watches the handle's BIOs; None where there is no way to.
pub fn arm(host: &'static Host, ssl: *mut ssl_st, state: &'static State, refusal: Refusal) -> Option<Armed> {
    state.refusal.store(refusal.0, Relaxed);
    state.seen.store(0, Relaxed);
    let armed = Armed { host, ssl, state, before: SERVED.replace(Some((state, host))) };
    let [one, other] = &state.ends;
    let reads = wire::bio(&host.below, ssl, Direction::Read)?;
    let writes = wire::bio(&host.below, ssl, Direction::Write)?;
    if has_callbacks(&host.below) {
        watch(&host.below, one, reads);
        if writes != reads {
            watch(&host.below, other, writes);
        }
    } else {
        one.bio.store(between::put(host, ssl, Direction::Read, reads)?.addr(), Relaxed);
        other.bio.store(between::put(host, ssl, Direction::Write, writes)?.addr(), Relaxed);
    }
    Some(armed)
}

impl Drop for Armed {
    fn drop(&mut self) {
        SERVED.set(self.before);
        for (end, direction) in self.state.ends.iter().zip([Direction::Read, Direction::Write]) {
            let bio = end.bio.swap(0, Relaxed) as *mut bio_st;
            if bio.is_null() {
                continue;
            }
            match has_callbacks(&self.host.below) {
                true => unwatch(&self.host.below, end, bio),
                false => between::take_away(self.host, self.ssl, direction, bio),
            }
        }
    }
}

/// AWS-LC can set one, and not say which there was.
fn has_callbacks(below: &Below) -> bool {
    below.bio_get_callback_ex.is_some() && below.bio_set_callback_ex.is_some()
        || below.bio_get_callback.is_some() && below.bio_set_callback.is_some() && below.bio_set_callback_ex.is_none()
}

fn watch(below: &Below, end: &End, bio: *mut bio_st) {
    // SAFETY: a BIO of a handle that is alive, on which the program has just called.
    let old = below.bio_get_callback.and_then(|get| unsafe { get(bio) });
    // SAFETY: as above.
    let ex = below.bio_get_callback_ex.and_then(|get| unsafe { get(bio) });
    // One of ours is left there where a program left a frame by longjmp.
    let ours = |address: usize| {
        if [on_old as *const () as usize, on_ex as *const () as usize].contains(&address) { 0 } else { address }
    };
    end.bio.store(bio.addr(), Relaxed);
    end.old.store(ours(old.map_or(0, |old| old as *const () as usize)), Relaxed);
    end.ex.store(ours(ex.map_or(0, |ex| ex as *const () as usize)), Relaxed);
    // Where there are both, libcrypto calls the newer one: an old one alone is followed by an old one.
    // SAFETY: as above; the callbacks live as long as the process.
    unsafe {
        match (below.bio_set_callback_ex, below.bio_set_callback) {
            (Some(set), _) if ex.is_some() || end.old.load(Relaxed) == 0 => set(bio, Some(on_ex)),
            (_, Some(set)) => set(bio, Some(on_old)),
            (Some(_), None) | (None, None) => {}
        }
    }
}

fn unwatch(below: &Below, end: &End, bio: *mut bio_st) {
    // SAFETY: the BIO is alive: its end would have been told to the callback. What is put back was there before.
    unsafe {
        let ex = below.bio_get_callback_ex.and_then(|get| get(bio));
        let old = below.bio_get_callback.and_then(|get| get(bio));
        // What the program has put there in the meantime stays.
        if let Some(set) = below.bio_set_callback_ex
            && ex.is_some_and(|ex| ex as *const () == on_ex as *const ())
        {
            set(bio, end.own_ex());
        } else if let Some(set) = below.bio_set_callback
            && old.is_some_and(|old| old as *const () == on_old as *const ())
        {
            set(bio, end.own_old());
        }
    }
}

impl End {
    fn own_old(&self) -> Option<Callback> {
        // SAFETY: 0, or the address of a callback of this type that the libcrypto gave us.
        unsafe { transmute::<usize, Option<Callback>>(self.old.load(Relaxed)) }
    }

    fn own_ex(&self) -> Option<CallbackEx> {
        // SAFETY: as above.
        unsafe { transmute::<usize, Option<CallbackEx>>(self.ex.load(Relaxed)) }
    }
}

/// `BIO_CB_...`: the same numbers in every libcrypto.
const CB_FREE: c_int = 1;
const CB_READ: c_int = 2;
const CB_WRITE: c_int = 3;
const CB_RETURN: c_int = 0x80;

/// The end that this BIO is, if it is watched for the handle that this thread serves.
fn watched(bio: *mut bio_st) -> Option<(&'static State, &'static Host, &'static End)> {
    let (state, host) = SERVED.get()?;
    let end = state.ends.iter().find(|end| end.bio.load(Relaxed) == bio.addr())?;
    Some((state, host, end))
}

/// The libssl that serves the call under way on this thread.
pub fn served_host() -> Option<&'static Host> {
    SERVED.get().map(|(_, host)| host)
}

/// Whether an operation of this direction on a watched BIO is refused; then the BIO is left as a socket's would be.
pub fn is_refused(bio: *mut bio_st, direction: Direction) -> bool {
    let Some((state, host, _)) = watched(bio) else { return false };
    let seen = state.seen();
    let refused = Refusal(state.refusal.load(Relaxed)).refuses(direction, seen);
    state.seen.store(seen.with(direction, refused).0, Relaxed);
    if refused {
        block(&host.below, bio, direction);
    }
    refused
}

/// `BIO_FLAGS_READ`, `_WRITE`, `_SHOULD_RETRY`, and with `_IO_SPECIAL` all of them.
const FLAG_READ: c_int = 1;
const FLAG_WRITE: c_int = 2;
const FLAG_RETRY: c_int = 8;
pub const FLAGS: c_int = 0xF;

/// Leaves a BIO as one that has met EAGAIN.
pub fn block(below: &Below, bio: *mut bio_st, direction: Direction) {
    let flag = match direction {
        Direction::Read => FLAG_READ,
        Direction::Write => FLAG_WRITE,
    };
    set_flags(below, bio, flag | FLAG_RETRY);
    // SAFETY: errno's location is valid for the life of the thread.
    unsafe { *libc::__errno_location() = libc::EAGAIN };
}

/// Leaves a BIO with these of the flags that say whether to try again.
pub fn set_flags(below: &Below, bio: *mut bio_st, flags: c_int) {
    let (Some(clear), Some(set)) = (below.bio_clear_flags, below.bio_set_flags) else { return };
    // SAFETY: the BIO is in use by the libssl that calls us.
    unsafe {
        clear(bio, FLAGS);
        set(bio, flags);
    }
}

/// Whether an operation that is about to be done is refused.
fn before(bio: *mut bio_st, operation: c_int) -> bool {
    match operation {
        CB_READ => is_refused(bio, Direction::Read),
        CB_WRITE => is_refused(bio, Direction::Write),
        _ => false,
    }
}

fn forget(bio: *mut bio_st, operation: c_int) {
    if operation == CB_FREE
        && let Some((_, _, end)) = watched(bio)
    {
        end.clear();
    }
}

unsafe extern "C-unwind" fn on_old(
    bio: *mut bio_st,
    operation: c_int,
    data: *const c_char,
    length: c_int,
    argument: c_long,
    result: c_long,
) -> c_long {
    let own = watched(bio).and_then(|(_, _, end)| end.own_old());
    forget(bio, operation);
    let pass = |operation, result| match own {
        // SAFETY: the program's own callback, with what the libcrypto called us with.
        Some(own) => unsafe { own(bio, operation, data, length, argument, result) },
        None => result,
    };
    let answer = pass(operation, result);
    if operation & CB_RETURN != 0 || answer <= 0 || !before(bio, operation) {
        return answer;
    }
    pass(operation | CB_RETURN, -1)
}

unsafe extern "C-unwind" fn on_ex(
    bio: *mut bio_st,
    operation: c_int,
    data: *const c_char,
    length: size_t,
    argument: c_int,
    long: c_long,
    result: c_int,
    moved: *mut size_t,
) -> c_long {
    let own = watched(bio).and_then(|(_, _, end)| end.own_ex());
    forget(bio, operation);
    let pass = |operation, result: c_int| match own {
        // SAFETY: as in `on_old`.
        Some(own) => unsafe { own(bio, operation, data, length, argument, long, result, moved) },
        None => c_long::from(result),
    };
    let answer = pass(operation, result);
    if operation & CB_RETURN != 0 || answer <= 0 || !before(bio, operation) {
        return answer;
    }
    let mut none = 0;
    match own {
        // Before an operation there is no place for what it moved; after one there is.
        // SAFETY: as in `on_old`; `none` is valid for writing.
        Some(own) => unsafe { own(bio, operation | CB_RETURN, data, length, argument, long, -1, &mut none) },
        None => -1,
    }
}
