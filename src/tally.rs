//! `tally`: counts of what was seen, in a file that several processes map.

use crate::{boundary, host, options};
use libc::c_void;
use sslmode_protocol::tally::{Count, LENGTH};
use std::ffi::CString;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

static COUNTS: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());

/// Maps the file, if the options name one, and counts this process.
pub fn open() {
    let Some(path) = options::get().tally.as_deref().and_then(|path| CString::new(path).ok()) else { return };
    // SAFETY: the path is NUL-terminated.
    let fd = unsafe { libc::open(path.as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) };
    if fd < 0 {
        return;
    }
    if is_of_length(fd) {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping of a file that is long enough, which stays for the life of the process.
        let counts = unsafe { libc::mmap(ptr::null_mut(), LENGTH, access, libc::MAP_SHARED, fd, 0) };
        if counts != libc::MAP_FAILED {
            COUNTS.store(counts.cast(), Ordering::Release);
            boundary::at_exit(at_exit);
        }
    }
    // SAFETY: opened above, and nobody else knows of it.
    unsafe { libc::close(fd) };
    add(Count::Processes);
}

extern "C" fn at_exit(_: *mut c_void) {
    boundary::contain(|| {
        if host::first().is_none() && host::is_one_loaded() {
            add(Count::Unreached);
        }
    });
}

/// One more.
pub fn add(count: Count) {
    let counts = COUNTS.load(Ordering::Acquire);
    if !counts.is_null() {
        // SAFETY: the mapping holds as many counts as there are kinds, each aligned as the page is.
        unsafe { (*counts.add(count as usize)).fetch_add(1, Ordering::Relaxed) };
    }
}

fn is_of_length(fd: libc::c_int) -> bool {
    // SAFETY: all zeros is a valid stat, which fstat fills in.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: stat is valid for writing.
    unsafe { libc::fstat(fd, &mut stat) == 0 && stat.st_size == LENGTH as i64 }
}
