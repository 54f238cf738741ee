//! Whose call it is.
//!
//! Debian's libssl calls its own functions as others do, so that its inner calls come to us too. Such a call comes
//! from the libssl, on the handle that it is serving a call on; or, where one function of the libssl ends in a jump to
//! another, from us. From the libssl on another handle, or while it serves none, comes the call of an SSL BIO, which is
//! the program's I/O. What comes from elsewhere is the program's.

use crate::host;
use std::cell::Cell;

thread_local! {
    // Values, not pointers to frames: a program may leave a frame by longjmp or on another stack.
    static SERVED: Cell<usize> = const { Cell::new(0) };
    static MAKING: Cell<bool> = const { Cell::new(false) };
}

/// Whose call it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The program's own.
    Program,
    /// The program's, through an SSL BIO.
    Bio,
    /// The libssl's, inside a call on the same handle.
    Inner,
}

/// Whose call it is that code at `caller` makes on `handle`.
pub fn origin(handle: usize, caller: usize) -> Origin {
    let is_served = SERVED.get() == handle;
    match host::holding(caller) {
        None if is_served && host::own_range().contains(&caller) => Origin::Inner,
        None => Origin::Program,
        Some(_) if is_served => Origin::Inner,
        Some(_) => Origin::Bio,
    }
}

/// While it lives, the libssl serves a call on this handle on this thread.
pub struct Serving(usize);

impl Serving {
    pub fn begin(handle: usize) -> Serving {
        Serving(SERVED.replace(handle))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        SERVED.set(self.0);
    }
}

/// While it lives, the libssl makes a handle on this thread.
pub struct InMaking(bool);

impl InMaking {
    pub fn begin() -> InMaking {
        InMaking(MAKING.replace(true))
    }

    /// Whether that is part of making another, as SSL_new is of SSL_dup.
    pub fn is_inner(&self) -> bool {
        self.0
    }
}

impl Drop for InMaking {
    fn drop(&mut self) {
        MAKING.set(self.0);
    }
}
