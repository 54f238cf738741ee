//! Lines on stderr, written whole, and only into the file that stderr was when the library was loaded: a program may
//! close descriptor 2 and open something else there.

use crate::descriptor::{self, Identity};
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// What stderr was. Set once, when the library is loaded, and only read from then on.
static STDERR: OnceLock<Option<Identity>> = OnceLock::new();

/// Notes which file descriptor 2 is.
pub fn remember_stderr() {
    let _ = STDERR.set(Identity::of(libc::STDERR_FILENO));
}

/// Writes `sslmode[PID]: text` and a newline.
pub fn line(text: fmt::Arguments<'_>) {
    write(format!("sslmode[{}]: {text}\n", std::process::id()).as_bytes());
}

/// Writes what is one line or more already.
pub fn write(lines: &[u8]) {
    let noted = STDERR.get().copied().flatten();
    if noted.is_some() && Identity::of(libc::STDERR_FILENO) == noted {
        // A write that fails or falls short is given up: there is no other place to complain to.
        let _ = descriptor::write(libc::STDERR_FILENO, lines);
    }
}

/// A line that is written at most once in a process.
pub struct Once(AtomicBool);

impl Once {
    /// Not written yet.
    pub const fn new() -> Self {
        Once(AtomicBool::new(false))
    }

    /// Writes the line if it is the first.
    pub fn line(&self, text: fmt::Arguments<'_>) {
        if !self.0.swap(true, Ordering::Relaxed) {
            line(text);
        }
    }
}
