//! A list that only grows. An entry is never changed or taken away, so that it can be read without a lock.

use crate::sync::atomic::{AtomicPtr, Ordering};
use std::ptr;

/// Up to `ROOM` entries, each different from those before it.
pub struct Append<T, const ROOM: usize> {
    entries: [AtomicPtr<T>; ROOM],
}

/// What became of a new entry.
pub enum Added<'a, T> {
    /// It is in the list.
    New(&'a T),
    /// It is dropped: this one, which is the same, was there before.
    Known(&'a T),
    /// It is dropped: there is no room.
    Full,
}

impl<T, const ROOM: usize> Append<T, ROOM> {
    /// An empty list, made of so many times NULL.
    pub const fn of(entries: [AtomicPtr<T>; ROOM]) -> Append<T, ROOM> {
        Append { entries }
    }

    /// The entry at `index`, in the order in which they came.
    pub fn at(&self, index: usize) -> Option<&T> {
        let entry = self.entries.get(index)?.load(Ordering::SeqCst);
        // SAFETY: NULL or leaked by `add`, and only shared since.
        unsafe { entry.as_ref() }
    }

    /// Every entry, in that order.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        (0..ROOM).map_while(|index| self.at(index))
    }

    /// Adds `new`, unless one that `is_the_same` is there; of two threads that add the same one is first.
    pub fn add(&self, new: Box<T>, is_the_same: impl Fn(&T) -> bool) -> Added<'_, T> {
        let new = Box::into_raw(new);
        for entry in &self.entries {
            match entry.compare_exchange(ptr::null_mut(), new, Ordering::SeqCst, Ordering::SeqCst) {
                // SAFETY: leaked above, and only shared from here on.
                Ok(_) => return Added::New(unsafe { &*new }),
                Err(known) => {
                    // SAFETY: an entry that is not NULL was leaked here, and is only shared.
                    let known = unsafe { &*known };
                    if is_the_same(known) {
                        // SAFETY: it went into no entry: nobody else has seen it.
                        drop(unsafe { Box::from_raw(new) });
                        return Added::Known(known);
                    }
                }
            }
        }
        // SAFETY: as above.
        drop(unsafe { Box::from_raw(new) });
        Added::Full
    }
}
