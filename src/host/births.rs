//! Handles whose making was seen, until they end.
//!
//! A handle is remembered only if its libssl will tell us of its end, through the free callback of an ex_data slot:
//! an address that outlived its handle would name the wrong owner for the next one.

use super::libssl::{Host, function};
use super::object::Library;
use super::registry;
use crate::openssl::{Handle, ssl_ctx_st, ssl_st};
use libc::{c_int, c_long, c_void};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, Ordering};

static MAKERS: Table = Table::new();

/// The host that made `handle`, if that was seen.
pub fn maker(handle: usize) -> Option<&'static Host> {
    registry::at(MAKERS.get(handle)?)
}

/// Notes that `host` made `handle`; false where that was known, as when one function of a libssl calls another.
pub fn remember(handle: Handle, host: &Host) -> bool {
    let known = maker(handle.address()).is_some_and(|maker| ptr::eq(maker, host));
    if !known && host.births.will_tell_the_end(handle) {
        registry::index_of(host).inspect(|&index| MAKERS.insert(handle.address(), index));
    }
    !known
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
    MAKERS.remove(handle.addr());
}

/// A set of addresses, each with a small number, without a lock: a fork leaves it usable at any moment.
///
/// Nodes are never freed; one whose word is 0 is free for the next address of its bucket.
struct Table {
    buckets: [AtomicPtr<Node>; Table::BUCKETS],
}

struct Node {
    word: AtomicU64,
    next: *const Node,
}

impl Table {
    const BUCKETS: usize = 1024;

    const fn new() -> Table {
        Table { buckets: [const { AtomicPtr::new(ptr::null_mut()) }; Table::BUCKETS] }
    }

    fn get(&self, address: usize) -> Option<usize> {
        let word =
            self.nodes(address).map(|node| node.word.load(Ordering::Acquire)).find(|&word| is_of(word, address))?;
        Some((word >> ADDRESS_BITS) as usize - 1)
    }

    fn insert(&self, address: usize, number: usize) {
        if address == 0 || address >> ADDRESS_BITS != 0 {
            return;
        }
        let word = (number as u64 + 1) << ADDRESS_BITS | address as u64;
        self.remove(address);
        let taken = self
            .nodes(address)
            .any(|node| node.word.compare_exchange(0, word, Ordering::AcqRel, Ordering::Relaxed).is_ok());
        if !taken {
            self.push(address, word);
        }
    }

    fn remove(&self, address: usize) {
        for node in self.nodes(address) {
            let word = node.word.load(Ordering::Acquire);
            if is_of(word, address) {
                // Where this fails another thread has just removed it too.
                let _ = node.word.compare_exchange(word, 0, Ordering::AcqRel, Ordering::Relaxed);
            }
        }
    }

    fn push(&self, address: usize, word: u64) {
        let bucket = self.bucket(address);
        let node = Box::into_raw(Box::new(Node { word: AtomicU64::new(word), next: ptr::null() }));
        let mut head = bucket.load(Ordering::Acquire);
        loop {
            // SAFETY: `node` is ours alone until the exchange publishes it.
            unsafe { (*node).next = head };
            match bucket.compare_exchange_weak(head, node, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(other) => head = other,
            }
        }
    }

    fn nodes(&self, address: usize) -> impl Iterator<Item = &Node> {
        // SAFETY: a bucket's head and each `next` are NULL or a leaked Node, whose `next` no longer changes.
        let node_at = |node: *const Node| unsafe { node.as_ref() };
        std::iter::successors(node_at(self.bucket(address).load(Ordering::Acquire)), move |node| node_at(node.next))
    }

    fn bucket(&self, address: usize) -> &AtomicPtr<Node> {
        // Handles are blocks of malloc: the low four bits are always 0.
        &self.buckets[(address >> 4) % Table::BUCKETS]
    }
}

/// Addresses of programs fit into these on x86-64; what does not fit is not remembered.
const ADDRESS_BITS: u32 = 48;

fn is_of(word: u64, address: usize) -> bool {
    word != 0 && word & ((1 << ADDRESS_BITS) - 1) == address as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inserted_is_found_until_it_is_removed() {
        let table = Table::new();
        assert_eq!(table.get(0x1000), None);
        table.insert(0x1000, 0);
        table.insert(0x1000 + 16 * Table::BUCKETS, 14);
        assert_eq!((table.get(0x1000), table.get(0x1000 + 16 * Table::BUCKETS)), (Some(0), Some(14)));
        table.insert(0x1000, 3);
        assert_eq!(table.get(0x1000), Some(3), "an address that is used again has a new maker");
        table.remove(0x1000);
        assert_eq!((table.get(0x1000), table.get(0x1000 + 16 * Table::BUCKETS)), (None, Some(14)));
        table.insert(0, 1);
        table.insert(1 << ADDRESS_BITS, 1);
        assert_eq!((table.get(0), table.get(1 << ADDRESS_BITS)), (None, None));
    }

    #[test]
    fn nodes_are_used_again() {
        let table = Table::new();
        for _ in 0..100 {
            table.insert(0x2000, 1);
            table.remove(0x2000);
        }
        assert_eq!(table.nodes(0x2000).count(), 1);
    }

    #[test]
    fn threads_in_one_bucket_lose_nothing() {
        let table = Table::new();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let table = &table;
                scope.spawn(move || {
                    for round in 0..1000 {
                        let address = 0x1000 + 16 * Table::BUCKETS * (thread * 4 + round % 4);
                        table.insert(address, thread);
                        assert_eq!(table.get(address), Some(thread));
                        if round % 3 == 0 {
                            table.remove(address);
                            assert_eq!(table.get(address), None);
                        }
                    }
                });
            }
        });
        assert!(table.nodes(0x1000).count() <= 8 * 4);
    }
}
