//! A mask that threads share.

use crate::mode::Width;
use crate::sync::atomic::{AtomicU64, Ordering};

/// The mask of one handle, which several threads may change at once without losing a bit.
///
/// `SSL_CTX_set_mode(3)`: set "adds the mode set via bitmask"; bits "already set before are not cleared"; set and
/// get return the bitmask in force.
#[derive(Debug)]
pub struct ModeCell {
    bits: AtomicU64,
    width: Width,
}

impl ModeCell {
    /// A cell that holds what a libssl of this width keeps of `mask`.
    pub fn new(width: Width, mask: i64) -> Self {
        ModeCell { bits: AtomicU64::new(width.keep(mask) as u64), width }
    }

    /// Adds the bits of `mask`; returns the mask afterwards.
    pub fn set(&self, mask: i64) -> i64 {
        let added = self.width.keep(mask);
        self.bits.fetch_or(added as u64, Ordering::AcqRel) as i64 | added
    }

    /// Takes the bits of `mask` away; returns the mask afterwards.
    pub fn clear(&self, mask: i64) -> i64 {
        let cleared = self.width.keep(mask);
        self.bits.fetch_and(!cleared as u64, Ordering::AcqRel) as i64 & !cleared
    }

    /// The mask in force.
    pub fn get(&self) -> i64 {
        self.bits.load(Ordering::Acquire) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn eight_threads_lose_no_bit() {
        for _ in 0..200 {
            let cell = ModeCell::new(Width::LONG, 0);
            std::thread::scope(|scope| {
                for thread in 0..8 {
                    let cell = &cell;
                    scope.spawn(move || {
                        for bit in (thread..64).step_by(8) {
                            let answer = cell.set(1 << bit);
                            assert_ne!(answer & (1 << bit), 0, "the answer lacks the bit just set");
                        }
                    });
                }
            });
            assert_eq!(cell.get(), -1);
        }
    }

    #[test]
    fn threads_that_clear_leave_the_bits_of_others() {
        let cell = ModeCell::new(Width::BITS_32, -1);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let cell = &cell;
                scope.spawn(move || {
                    (thread..32).step_by(8).filter(|bit| bit % 2 == 0).for_each(|bit| {
                        cell.clear(1 << bit);
                    })
                });
            }
        });
        assert_eq!(cell.get(), 0xaaaa_aaaa);
    }

    proptest! {
        #[test]
        fn a_cell_is_a_long_or_a_u32(start: i64, steps: Vec<(bool, i64)>) {
            let (wide, narrow) = (ModeCell::new(Width::LONG, start), ModeCell::new(Width::BITS_32, start));
            let (mut long, mut word) = (start, start as u32);
            for (set, mask) in steps {
                if set {
                    long |= mask;
                    word |= mask as u32;
                    prop_assert_eq!(wide.set(mask), long);
                    prop_assert_eq!(narrow.set(mask), i64::from(word));
                } else {
                    long &= !mask;
                    word &= !(mask as u32);
                    prop_assert_eq!(wide.clear(mask), long);
                    prop_assert_eq!(narrow.clear(mask), i64::from(word));
                }
                prop_assert_eq!(wide.get(), long);
                prop_assert_eq!(narrow.get(), i64::from(word));
            }
        }
    }
}
