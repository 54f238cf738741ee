//! Handles whose making was seen, until they end.
//!
//! A handle is remembered only if its libssl will tell us of its end, through the free callback of an ex_data slot:
//! an address that outlived its handle would name the wrong owner for the next one.

use super::libssl::{Host, function};
use super::object::Library;
use super::registry;
use super::table::{Entry, Table};
use crate::boundary::contain;
use crate::hooks;
use crate::openssl::{Handle, ssl_ctx_st, ssl_st};
use libc::{c_int, c_long, c_void};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

static MAKERS: Table<1024> = Table::of([const { AtomicPtr::new(ptr::null_mut()) }; 1024]);

/// The host that made `handle`, if that was seen.
pub fn maker(handle: usize) -> Option<&'static Host> {
    registry::at(MAKERS.number(handle)?)
}

/// What is kept of `handle`, if it is remembered.
pub fn kept(handle: usize) -> Option<&'static Entry> {
    MAKERS.get(handle)
}

/// Every handle that is remembered, and what is kept of it.
pub fn all_kept() -> impl Iterator<Item = (usize, &'static Entry)> {
    MAKERS.all()
}

/// Notes that `host` made `handle`, and answers what is kept of it; None where the libssl would not tell of its end.
pub fn remember(handle: Handle, host: &Host) -> Option<&'static Entry> {
    let index = registry::index_of(host)?;
    match MAKERS.number(handle.address()) {
        Some(known) if known == index => MAKERS.get(handle.address()),
        _ if host.births.will_tell_the_end(handle) => MAKERS.insert(handle.address(), index),
        _ => None,
    }
}

/// How one libssl tells us that a handle ends.
pub struct Watch {
    contexts: Slot<ssl_ctx_st>,
    connections: Slot<ssl_st>,
}

impl Watch {
    /// Through the functions of this libssl; nothing is asked of it before the first handle.
    pub fn of(library: &Library) -> Watch {
        // SAFETY: each name is looked up as the type that every libssl declares it with.
        unsafe {
            let registrar = |old| match function(library, old) {
                Some(own) => Registrar::Own(own),
                None => function(library, c"CRYPTO_get_ex_new_index").map_or(Registrar::None, Registrar::Shared),
            };
            Watch {
                contexts: Slot {
                    class: CLASS_CONTEXT,
                    index: AtomicI32::new(UNASKED),
                    registrar: registrar(c"SSL_CTX_get_ex_new_index"),
                    set: function(library, c"SSL_CTX_set_ex_data"),
                },
                connections: Slot {
                    class: CLASS_CONNECTION,
                    index: AtomicI32::new(UNASKED),
                    registrar: registrar(c"SSL_get_ex_new_index"),
                    set: function(library, c"SSL_set_ex_data"),
                },
            }
        }
    }

    fn will_tell_the_end(&self, handle: Handle) -> bool {
        match handle {
            Handle::Context(ctx) => self.contexts.mark(ctx),
            Handle::Connection(ssl) => self.connections.mark(ssl),
        }
    }
}

const UNASKED: c_int = -2;

/// `CRYPTO_EX_INDEX_SSL` and `CRYPTO_EX_INDEX_SSL_CTX` of 1.1.0 and later, where these are no functions of their own.
const CLASS_CONNECTION: c_int = 0;
const CLASS_CONTEXT: c_int = 1;

type OnFree = unsafe extern "C" fn(*mut c_void, *mut c_void, *mut c_void, c_int, c_long, *mut c_void);
type OwnIndex = unsafe extern "C" fn(c_long, *mut c_void, *mut c_void, *mut c_void, OnFree) -> c_int;
type SharedIndex = unsafe extern "C" fn(c_int, c_long, *mut c_void, *mut c_void, *mut c_void, OnFree) -> c_int;

/// The function that gives out ex_data slots: up to 1.0.2 and in BoringSSL one for each type, later one for all.
#[derive(Clone, Copy)]
enum Registrar {
    Own(OwnIndex),
    Shared(SharedIndex),
    None,
}

/// An ex_data slot of one type of handle.
struct Slot<T> {
    class: c_int,
    index: AtomicI32,
    registrar: Registrar,
    set: Option<unsafe extern "C" fn(*mut T, c_int, *mut c_void) -> c_int>,
}

impl<T> Slot<T> {
    /// Puts something into the handle's slot, without which BoringSSL would not call back. False where it cannot.
    fn mark(&self, handle: *mut T) -> bool {
        let index = self.index();
        // SAFETY: the handle was just made or used by its libssl, whose function this is; the value is never read.
        index > 0 && self.set.is_some_and(|set| unsafe { set(handle, index, ptr::dangling_mut()) } == 1)
    }

    fn index(&self) -> c_int {
        match self.index.load(Ordering::Acquire) {
            UNASKED => {
                // Index 0 is SSL_set_app_data's on 0.9.8 and 1.0.x: it is left to the program.
                let new = match self.ask() {
                    0 => self.ask(),
                    index => index,
                };
                let first = self.index.compare_exchange(UNASKED, new, Ordering::AcqRel, Ordering::Acquire);
                first.map_or_else(|other| other, |_| new)
            }
            index => index,
        }
    }

    fn ask(&self) -> c_int {
        let null = ptr::null_mut();
        match self.registrar {
            // SAFETY: NULL stands for "no callback"; `ended` lives as long as the process, being in a library that
            // is never unloaded.
            Registrar::Own(own) => unsafe { own(0, null, null, null, ended) },
            // SAFETY: as above.
            Registrar::Shared(shared) => unsafe { shared(self.class, 0, null, null, null, ended) },
            Registrar::None => -1,
        }
    }
}

/// A libssl frees a handle.
unsafe extern "C" fn ended(handle: *mut c_void, _: *mut c_void, _: *mut c_void, _: c_int, _: c_long, _: *mut c_void) {
    if let Some(entry) = MAKERS.get(handle.addr()) {
        contain(|| hooks::ended(handle.addr(), entry));
        MAKERS.remove(handle.addr());
    }
}
