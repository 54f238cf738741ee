//! Addresses of handles and what is kept of each.

use crate::hooks::{CheckState, FaultState, ProfileState};
use crate::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU64, Ordering};
use std::ptr;

/// A set of addresses, without a lock: a fork leaves it usable at any moment.
///
/// Entries are never freed; one whose word is 0 is free for the next address of its bucket.
pub struct Table<const BUCKETS: usize> {
    buckets: [AtomicPtr<Entry>; BUCKETS],
}

/// An address with its number, and what else is kept with it while it is in the table.
pub struct Entry {
    word: AtomicU64,
    own: AtomicI64,
    met: AtomicBool,
    finished: AtomicBool,
    faults: Kept<FaultState>,
    check: Kept<CheckState>,
    profile: Kept<ProfileState>,
    next: *const Entry,
}

impl Entry {
    /// The mask that the program left in the handle itself; 0 at first.
    pub fn own(&self) -> &AtomicI64 {
        &self.own
    }

    /// Whether this is the first time that anybody asks.
    pub fn meet(&self) -> bool {
        !self.met.swap(true, Ordering::AcqRel)
    }

    /// Whether its handshake was finished when this was last noted; notes whether it is now.
    pub fn note_finished(&self, finished: bool) -> bool {
        self.finished.swap(finished, Ordering::Relaxed)
    }

    /// What is kept for its faults.
    pub fn faults(&self) -> &'static FaultState {
        self.faults.get()
    }

    /// What is kept for the check.
    pub fn check(&self) -> &'static CheckState {
        self.check.get()
    }

    /// What is kept for its profile.
    pub fn profile(&self) -> &'static ProfileState {
        self.profile.get()
    }

    /// Whether somebody has asked.
    pub fn is_met(&self) -> bool {
        self.met.load(Ordering::Acquire)
    }
}

/// Something that is made when it is first asked for, and never freed, as the entry is not.
struct Kept<T>(AtomicPtr<T>);

impl<T: Default + 'static> Kept<T> {
    fn new() -> Kept<T> {
        Kept(AtomicPtr::new(ptr::null_mut()))
    }

    fn known(&self) -> Option<&'static T> {
        // SAFETY: NULL or leaked.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    fn get(&self) -> &'static T {
        self.known().unwrap_or_else(|| self.make())
    }

    fn make(&self) -> &'static T {
        let new = Box::into_raw(Box::<T>::default());
        match self.0.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: leaked above, and shared from here on.
            Ok(_) => unsafe { &*new },
            Err(other) => {
                // SAFETY: another thread was faster, and nobody else has seen `new`.
                drop(unsafe { Box::from_raw(new) });
                // SAFETY: leaked by that thread.
                unsafe { &*other }
            }
        }
    }
}

impl<const BUCKETS: usize> Table<BUCKETS> {
    /// An empty table, made of so many times NULL.
    pub const fn of(buckets: [AtomicPtr<Entry>; BUCKETS]) -> Table<BUCKETS> {
        Table { buckets }
    }

    /// The number that this address was put in with.
    pub fn number(&self, address: usize) -> Option<usize> {
        let mut words = self.entries(address).map(|entry| entry.word.load(Ordering::Acquire));
        words.find(|&word| is_of(word, address)).map(|word| (word >> ADDRESS_BITS) as usize - 1)
    }

    /// The entry of this address.
    pub fn get(&self, address: usize) -> Option<&Entry> {
        self.entries(address).find(|entry| is_of(entry.word.load(Ordering::Acquire), address))
    }

    /// Every entry that holds an address.
    pub fn all(&self) -> impl Iterator<Item = (usize, &Entry)> {
        let address = |entry: &Entry| (entry.word.load(Ordering::Acquire) & ((1 << ADDRESS_BITS) - 1)) as usize;
        let entries = self.buckets.iter().flat_map(Self::chain);
        entries.map(move |entry| (address(entry), entry)).filter(|(address, _)| *address != 0)
    }

    /// Puts an address in, in place of what was there of it; None where it is no address of a program.
    pub fn insert(&self, address: usize, number: usize) -> Option<&Entry> {
        if address == 0 || address >> ADDRESS_BITS != 0 {
            return None;
        }
        let word = (number as u64 + 1) << ADDRESS_BITS | address as u64;
        self.remove(address);
        let mut free = self.entries(address);
        let taken =
            free.find(|entry| entry.word.compare_exchange(0, word, Ordering::AcqRel, Ordering::Relaxed).is_ok());
        Some(taken.unwrap_or_else(|| self.push(address, word)))
    }

    /// Takes an address out.
    pub fn remove(&self, address: usize) {
        for entry in self.entries(address) {
            let word = entry.word.load(Ordering::Acquire);
            if is_of(word, address) {
                entry.own.store(0, Ordering::Relaxed);
                entry.met.store(false, Ordering::Relaxed);
                entry.finished.store(false, Ordering::Relaxed);
                entry.faults.known().inspect(|state| state.reset());
                entry.check.known().inspect(|state| state.reset());
                entry.profile.known().inspect(|state| state.reset());
                // Where this fails another thread has just removed it too.
                let _ = entry.word.compare_exchange(word, 0, Ordering::AcqRel, Ordering::Relaxed);
            }
        }
    }

    fn push(&self, address: usize, word: u64) -> &Entry {
        let bucket = self.bucket(address);
        let new = Entry {
            word: AtomicU64::new(word),
            own: AtomicI64::new(0),
            met: AtomicBool::new(false),
            finished: AtomicBool::new(false),
            faults: Kept::new(),
            check: Kept::new(),
            profile: Kept::new(),
            next: ptr::null(),
        };
        let entry = Box::into_raw(Box::new(new));
        let mut head = bucket.load(Ordering::Acquire);
        loop {
            // SAFETY: `entry` is ours alone until the exchange publishes it.
            unsafe { (*entry).next = head };
            match bucket.compare_exchange_weak(head, entry, Ordering::AcqRel, Ordering::Acquire) {
                // SAFETY: leaked, and shared from here on.
                Ok(_) => return unsafe { &*entry },
                Err(other) => head = other,
            }
        }
    }

    fn entries(&self, address: usize) -> impl Iterator<Item = &Entry> {
        Self::chain(self.bucket(address))
    }

    fn chain(bucket: &AtomicPtr<Entry>) -> impl Iterator<Item = &Entry> {
        // SAFETY: a bucket's head and each `next` are NULL or a leaked Entry, whose `next` no longer changes.
        let entry_at = |entry: *const Entry| unsafe { entry.as_ref() };
        std::iter::successors(entry_at(bucket.load(Ordering::Acquire)), move |entry| entry_at(entry.next))
    }

    fn bucket(&self, address: usize) -> &AtomicPtr<Entry> {
        // Handles are blocks of malloc: the low four bits are always 0.
        &self.buckets[(address >> 4) % BUCKETS]
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

    const BUCKETS: usize = 8;

    fn new_table() -> Table<BUCKETS> {
        Table::of([const { AtomicPtr::new(ptr::null_mut()) }; BUCKETS])
    }

    #[test]
    fn what_is_inserted_is_found_until_it_is_removed() {
        let table = new_table();
        let number = |address| table.number(address);
        assert_eq!(number(0x1000), None);
        table.insert(0x1000, 0);
        table.insert(0x1000 + 16 * BUCKETS, 14);
        assert_eq!((number(0x1000), number(0x1000 + 16 * BUCKETS)), (Some(0), Some(14)));
        table.insert(0x1000, 3);
        assert_eq!(number(0x1000), Some(3), "an address that is used again has a new maker");
        table.remove(0x1000);
        assert_eq!((number(0x1000), number(0x1000 + 16 * BUCKETS)), (None, Some(14)));
        table.insert(0, 1);
        table.insert(1 << ADDRESS_BITS, 1);
        assert_eq!((number(0), number(1 << ADDRESS_BITS)), (None, None));
    }

    #[test]
    fn entries_are_used_again_and_empty() {
        let table = new_table();
        for _ in 0..100 {
            let entry = table.insert(0x2000, 1).unwrap();
            assert_eq!((entry.own().load(Ordering::Relaxed), entry.is_met()), (0, false));
            entry.own().store(5, Ordering::Relaxed);
            assert!(entry.meet() && !entry.meet());
            table.remove(0x2000);
        }
        assert_eq!(table.entries(0x2000).count(), 1);
    }

    #[test]
    fn threads_in_one_bucket_lose_nothing() {
        let table = new_table();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let table = &table;
                let number = |address| table.number(address);
                scope.spawn(move || {
                    for round in 0..1000 {
                        let address = 0x1000 + 16 * BUCKETS * (thread * 4 + round % 4);
                        table.insert(address, thread);
                        assert_eq!(number(address), Some(thread));
                        if round % 3 == 0 {
                            table.remove(address);
                            assert_eq!(number(address), None);
                        }
                    }
                });
            }
        });
        assert!(table.entries(0x1000).count() <= 8 * 4);
    }
}
