//! The libssls met so far.

use super::append::{Added, Append};
use super::libssl::{Host, NoHost, libssl_in, libssl_of};
use super::object::{Library, Object};
use crate::hooks;
use crate::sync::atomic::AtomicPtr;
use std::ptr;

/// More libssls than this in one process are not told apart: their handles are owned by none.
pub const ROOM: usize = 15;

static HOSTS: Append<Host, ROOM> = Append::of([const { AtomicPtr::new(ptr::null_mut()) }; ROOM]);

/// The host at `index`, in the order in which they were met.
pub fn at(index: usize) -> Option<&'static Host> {
    HOSTS.at(index)
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
    HOSTS.all().position(|known| ptr::eq(known, host))
}

/// The host that holds `address`, if it was met.
pub fn holding(address: usize) -> Option<&'static Host> {
    HOSTS.all().find(|host| host.holds(address))
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
    match HOSTS.add(Box::new(Host::new(libssl)?), |known| known.holds(libssl.range.start)) {
        Added::New(host) => {
            hooks::host(host);
            Ok(host)
        }
        Added::Known(host) => Ok(host),
        Added::Full => Err(NoHost::TooMany),
    }
}
