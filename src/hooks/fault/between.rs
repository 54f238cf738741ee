//! Where BIOs have no callbacks, as in BoringSSL, or none that could be put back, as in AWS-LC: a BIO of ours between
//! the handle and its own, only while the host serves a call on it. What is not refused goes on to the handle's own.

use super::refusal;
use crate::host::Host;
use crate::openssl::{bio_st, ssl_st};
use libc::{c_char, c_int, c_long, c_void};
use sslmode_engine::lawful::Direction;
use std::sync::atomic::{AtomicPtr, Ordering};

/// `BIO_TYPE_SOCKET`: whoever asks the handle for its descriptor then still finds one.
const TYPE: c_int = 0x505;

/// The libssl whose BIOs these are. Its functions are the same for each BIO, and so is the place to find them.
struct Between {
    host: &'static Host,
    own: *mut bio_st,
}

/// Puts a BIO between the handle and its own; None where this libssl has no way to.
pub fn put(host: &'static Host, ssl: *mut ssl_st, direction: Direction, own: *mut bio_st) -> Option<*mut bio_st> {
    let below = &host.below;
    let set = match direction {
        Direction::Read => below.set0_rbio?,
        Direction::Write => below.set0_wbio?,
    };
    let (new, up_ref, set_data, set_init) =
        (below.bio_new?, below.bio_up_ref?, below.bio_set_data?, below.bio_set_init?);
    // Without these it could not pass anything on.
    let can_pass_on = below.bio_get_data.is_some() && below.bio_read.is_some() && below.bio_write.is_some();
    if !can_pass_on || below.bio_ctrl.is_none() {
        return None;
    }
    // SAFETY: the method is one of this libssl's; the handle and its BIO are alive. The reference that is taken here is
    // given back to the handle when the BIO is taken away, and the handle's own goes with the exchange.
    unsafe {
        let bio = new(method(host)?);
        if bio.is_null() {
            return None;
        }
        set_data(bio, Box::into_raw(Box::new(Between { host, own })).cast());
        set_init(bio, 1);
        up_ref(own);
        set(ssl, bio);
        Some(bio)
    }
}

/// Gives the handle its own BIO back.
pub fn take_away(host: &'static Host, ssl: *mut ssl_st, direction: Direction, bio: *mut bio_st) {
    let below = &host.below;
    let (get, set) = match direction {
        Direction::Read => (below.get_rbio, below.set0_rbio),
        Direction::Write => (below.get_wbio, below.set0_wbio),
    };
    let (Some(get), Some(set), Some(get_data)) = (get, set, below.bio_get_data) else { return };
    // SAFETY: the handle is alive: the call on it has just returned. If it has another BIO by now, ours is gone; the
    // libssl dropped it, and what it stood for was the program's to drop.
    unsafe {
        if get(ssl) == bio {
            let between = Box::from_raw(get_data(bio).cast::<Between>());
            set(ssl, between.own);
        }
    }
}

/// The method of such BIOs, one for each libssl. It is never freed.
fn method(host: &'static Host) -> Option<*const c_void> {
    let known = host.between.load(Ordering::Acquire);
    if !known.is_null() {
        return Some(known);
    }
    let below = &host.below;
    // SAFETY: the functions are of the types that this libssl declares for its methods' operations.
    let new = unsafe {
        let new = below.bio_meth_new?(TYPE, c"sslmode".as_ptr());
        if new.is_null() {
            return None;
        }
        below.bio_meth_set_read?(new, read as *mut c_void);
        below.bio_meth_set_write?(new, write as *mut c_void);
        below.bio_meth_set_ctrl?(new, ctrl as *mut c_void);
        new
    };
    // Of two threads' methods one is left lying.
    host.between.store(new, Ordering::Release);
    Some(new)
}

/// The type of [`Host::between`].
pub type Method = AtomicPtr<c_void>;

/// # Safety
/// A BIO that [`put`] made, while it is in place.
unsafe fn behind(bio: *mut bio_st) -> Option<&'static Between> {
    // SAFETY: every BIO of this method was given its data by `put`. All libcryptos have the function under one name, and
    // each looks into the BIO that it made; the one served at the moment knows which.
    unsafe { refusal::served_host()?.below.bio_get_data?(bio).cast::<Between>().as_ref() }
}

unsafe extern "C-unwind" fn read(bio: *mut bio_st, data: *mut c_char, length: c_int) -> c_int {
    // SAFETY: this libcrypto calls us for a BIO of ours.
    let Some(between) = (unsafe { behind(bio) }) else { return -1 };
    if refusal::is_refused(bio, Direction::Read) {
        refusal::block(&between.host.below, between.own, Direction::Read);
        return -1;
    }
    // SAFETY: the handle's own BIO is alive, and the buffer is the libssl's.
    let result = between.host.below.bio_read.map_or(-1, |read| unsafe { read(between.own, data.cast(), length) });
    copy_flags(between, bio);
    result
}

unsafe extern "C-unwind" fn write(bio: *mut bio_st, data: *const c_char, length: c_int) -> c_int {
    // SAFETY: as in `read`.
    let Some(between) = (unsafe { behind(bio) }) else { return -1 };
    if refusal::is_refused(bio, Direction::Write) {
        refusal::block(&between.host.below, between.own, Direction::Write);
        return -1;
    }
    // SAFETY: as in `read`.
    let result = between.host.below.bio_write.map_or(-1, |write| unsafe { write(between.own, data.cast(), length) });
    copy_flags(between, bio);
    result
}

unsafe extern "C-unwind" fn ctrl(bio: *mut bio_st, command: c_int, number: c_long, pointer: *mut c_void) -> c_long {
    // SAFETY: as in `read`.
    let Some(between) = (unsafe { behind(bio) }) else { return 0 };
    // SAFETY: the handle's own BIO is alive; the arguments are the libssl's.
    between.host.below.bio_ctrl.map_or(0, |ctrl| unsafe { ctrl(between.own, command, number, pointer) })
}

/// Whoever asks this BIO whether to try again gets the answer of the handle's own.
fn copy_flags(between: &Between, bio: *mut bio_st) {
    let below = &between.host.below;
    // SAFETY: the handle's own BIO is alive.
    let flags = below.bio_test_flags.map_or(0, |test| unsafe { test(between.own, refusal::FLAGS) });
    refusal::set_flags(below, bio, flags);
}
