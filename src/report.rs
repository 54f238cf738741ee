//! Lines on stderr, written whole, and only into the file that stderr was when the library was loaded: a program may
//! close descriptor 2 and open something else there.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static DEVICE: AtomicU64 = AtomicU64::new(0);
static INODE: AtomicU64 = AtomicU64::new(0);

/// Notes which file descriptor 2 is.
pub fn remember_stderr() {
    if let Some((device, inode)) = identify_stderr() {
        DEVICE.store(device, Ordering::Relaxed);
        INODE.store(inode, Ordering::Relaxed);
    }
}

/// Writes `sslmode[PID]: text` and a newline.
pub fn line(text: fmt::Arguments<'_>) {
    if !stderr_is_ours() {
        return;
    }
    // SAFETY: getpid has no preconditions.
    let pid = unsafe { libc::getpid() };
    let line = format!("sslmode[{pid}]: {text}\n");
    // SAFETY: the buffer is valid for its length. A write that fails or falls short is given up: there is no other
    // place to complain to.
    unsafe { libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len()) };
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

fn stderr_is_ours() -> bool {
    let noted = (DEVICE.load(Ordering::Relaxed), INODE.load(Ordering::Relaxed));
    identify_stderr() == Some(noted) && !reader_is_gone()
}

fn identify_stderr() -> Option<(u64, u64)> {
    // SAFETY: all zeros is a valid stat, which fstat fills in.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: stat is valid for writing.
    let answer = unsafe { libc::fstat(libc::STDERR_FILENO, &mut stat) };
    (answer == 0).then_some((stat.st_dev, stat.st_ino))
}

/// A write to a pipe that nobody reads would raise SIGPIPE in the program.
fn reader_is_gone() -> bool {
    let mut poll = libc::pollfd { fd: libc::STDERR_FILENO, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one pollfd, valid for writing.
    unsafe { libc::poll(&mut poll, 1, 0) };
    poll.revents & (libc::POLLERR | libc::POLLNVAL) != 0
}
