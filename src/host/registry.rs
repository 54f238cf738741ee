//! The libssls met so far. An entry is never changed or taken away, so that it can be read without a lock.

use super::libssl::{Host, NoHost, libssl_in, libssl_of};
use super::object::{Library, Object};
use crate::hooks;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// More libssls than this in one process are not told apart: their handles are owned by none.
pub const ROOM: usize = 15;

static HOSTS: [AtomicPtr<Host>; ROOM] = [const { AtomicPtr::new(ptr::null_mut()) }; ROOM];

/// The host at `index`, in the order in which they were met.
pub fn at(index: usize) -> Option<&'static Host> {
    let host = HOSTS.get(index)?.load(Ordering::SeqCst);
    // SAFETY: an entry is NULL or a leaked Host.
    unsafe { host.as_ref() }
}

/// The host that was met first.
pub fn first() -> Option<&'static Host> {
    at(0)
}

/// Whether at most one host was met.
pub fn is_alone() -> bool {
    at(1).is_none()
}

/// The place of `host` in the order in which they were met.
pub fn index_of(host: &Host) -> Option<usize> {
    (0..ROOM).find(|&index| at(index).is_some_and(|known| ptr::eq(known, host)))
}

/// The host that holds `address`, if it was met.
pub fn holding(address: usize) -> Option<&'static Host> {
    (0..ROOM).map_while(at).find(|host| host.holds(address))
}

/// The host that the object at `address` is or uses.
pub fn of_address(address: usize) -> Option<&'static Host> {
    holding(address).or_else(|| of_object(&Object::holding(address)?).ok())
}

/// The host that `object` is or uses.
pub fn of_object(object: &Object) -> Result<&'static Host, NoHost> {
    meet(&libssl_of(object)?)
}

/// The host that `library` is or uses.
pub fn of_library(library: &Library) -> Result<&'static Host, NoHost> {
    meet(&libssl_in(library)?)
}

/// The host that `libssl` is.
pub fn meet(libssl: &Object) -> Result<&'static Host, NoHost> {
    if let Some(host) = holding(libssl.range.start) {
        return Ok(host);
    }
    let new = Box::into_raw(Box::new(Host::new(libssl)?));
    for entry in &HOSTS {
        match entry.compare_exchange(ptr::null_mut(), new, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => {
                // SAFETY: leaked above, and shared from here on.
                let host = unsafe { &*new };
                hooks::host(host);
                return Ok(host);
            }
            // SAFETY: an entry that is not NULL is a leaked Host.
            Err(known) if unsafe { (*known).holds(libssl.range.start) } => {
                // SAFETY: another thread was faster; nobody else has seen `new`.
                drop(unsafe { Box::from_raw(new) });
                // SAFETY: as above.
                return Ok(unsafe { &*known });
            }
            Err(_) => {}
        }
    }
    // SAFETY: no entry took it; nobody else has seen it.
    drop(unsafe { Box::from_raw(new) });
    Err(NoHost::TooMany)
}
