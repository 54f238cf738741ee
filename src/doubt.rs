//! Short cuts that hold as long as nobody has reason to doubt them.
//!
//! One thread stores a short cut and then looks whether there is doubt. Another makes a reason for doubt and then looks
//! for short cuts. Whichever comes second sees the other, and the short cut is taken back.

use crate::sync::atomic::{Ordering, fence};

/// To be called after a short cut was stored, and after a reason for doubt was: takes the short cut back if there is
/// doubt, and answers whether there is.
pub fn review(is_in_doubt: impl FnOnce() -> bool, take_back: impl FnOnce()) -> bool {
    // Between the store before and the loads that follow: without it each thread might read what was before the other.
    fence(Ordering::SeqCst);
    let is_in_doubt = is_in_doubt();
    if is_in_doubt {
        take_back();
    }
    is_in_doubt
}
