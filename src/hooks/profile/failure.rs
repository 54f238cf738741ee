//! A transport that fails. Up to 3.x the next call tries it again; 4.0 ends the connection, reads included. There the
//! failure is shown to the libssl as a refusal, by a callback on the BIO for the time of one write, and to the program
//! as what it is.

use crate::hooks::wire;
use crate::host::{Below, Host};
use crate::openssl::{CallbackEx, bio_st, ssl_st};
use libc::{c_char, c_int, c_long, size_t};
use sslmode_engine::lawful::Direction;
use sslmode_engine::profile::Given;
use std::cell::Cell;

/// `BIO_CB_WRITE` with `BIO_CB_RETURN`: a write that is over.
const WRITTEN: c_int = 3 | 0x80;
/// `BIO_FLAGS_WRITE` with `BIO_FLAGS_SHOULD_RETRY`.
const REFUSED: c_int = 2 | 8;

/// The BIO that this thread's write goes to.
#[derive(Clone, Copy)]
struct Watched {
    below: &'static Below,
    bio: *mut bio_st,
    /// The callback that was there.
    own: Option<CallbackEx>,
    has_failed: bool,
}

thread_local! {
    static WATCHED: Cell<Option<Watched>> = const { Cell::new(None) };
}

/// What `give` does with the libssl, which takes a failure of its transport for a refusal.
pub fn outlive(host: &'static Host, ssl: *mut ssl_st, give: impl FnOnce() -> Given) -> Given {
    let below = &host.below;
    let bio = wire::bio(below, ssl, Direction::Write);
    let (Some(bio), Some(get), Some(set)) = (bio, below.bio_get_callback_ex, below.bio_set_callback_ex) else {
        return give();
    };
    // SAFETY: a BIO of a handle on which the program has just called.
    let (own, is_old) = unsafe { (get(bio), below.bio_get_callback.is_some_and(|get_old| get_old(bio).is_some())) };
    // Beside a callback of the older type one of the newer would be the only one that is called.
    if is_old && own.is_none() {
        return give();
    }
    // One of ours is left there where a program left a frame by longjmp.
    let own = own.filter(|own| !is_ours(*own));
    let outer = WATCHED.replace(Some(Watched { below, bio, own, has_failed: false }));
    // SAFETY: as above; the callback lives as long as the process.
    unsafe { set(bio, Some(on_written)) };
    let given = give();
    // SAFETY: as above: a write does not end its BIO. What somebody has put there in the meantime stays.
    unsafe {
        if get(bio).is_some_and(is_ours) {
            set(bio, own);
        }
    }
    let has_failed = WATCHED.replace(outer).is_some_and(|watched| watched.has_failed);
    if !has_failed {
        return given;
    }
    if let Some(clear_flags) = below.bio_clear_flags {
        // SAFETY: as above.
        unsafe { clear_flags(bio, REFUSED) };
    }
    Given::Failed
}

fn is_ours(callback: CallbackEx) -> bool {
    callback as *const () == on_written as *const ()
}

unsafe extern "C-unwind" fn on_written(
    bio: *mut bio_st,
    operation: c_int,
    data: *const c_char,
    length: size_t,
    argument: c_int,
    long: c_long,
    result: c_int,
    moved: *mut size_t,
) -> c_long {
    let Some(watched) = WATCHED.get().filter(|watched| watched.bio == bio) else { return result.into() };
    let answer = match watched.own {
        // SAFETY: the callback that was there, with what the libcrypto called us with.
        Some(own) => unsafe { own(bio, operation, data, length, argument, long, result, moved) },
        None => result.into(),
    };
    if operation == WRITTEN && answer <= 0 && !wire::is_to_be_retried(watched.below, bio) {
        WATCHED.set(Some(Watched { has_failed: true, ..watched }));
        if let Some(set_flags) = watched.below.bio_set_flags {
            // SAFETY: the BIO is in use by the libssl that calls us.
            unsafe { set_flags(bio, REFUSED) };
        }
    }
    answer
}
