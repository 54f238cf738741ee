//! What keeps our own troubles out of the program: panics end here, and `errno` is left as the program had it.

use crate::report::{self, Once};
use crate::{hooks, host, log, options, tally};
use libc::{c_int, c_void};
use std::panic::{self, AssertUnwindSafe};
use std::ptr;

/// Runs `body` with `errno` restored afterwards; answers None where it panicked, and says so once.
pub fn contain<R>(body: impl FnOnce() -> R) -> Option<R> {
    static FAILED: Once = Once::new();
    // SAFETY: glibc's errno location is valid for the life of the thread.
    let errno = unsafe { *libc::__errno_location() };
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    if result.is_err() {
        FAILED.line(format_args!("an inner failure; calls go to the first libssl found from here on where possible"));
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
    result.ok()
}

unsafe extern "C" {
    /// Functions without an object are called after all objects have been ended.
    fn __cxa_atexit(function: extern "C" fn(*mut c_void), data: *mut c_void, object: *mut c_void) -> c_int;
}

/// Has `function` called at the end of the process, with NULL, where that is `exit(3)`.
pub fn at_exit(function: extern "C" fn(*mut c_void)) {
    // SAFETY: this library is never unloaded.
    unsafe { __cxa_atexit(function, ptr::null_mut(), ptr::null_mut()) };
}

/// Runs when the library is loaded, before the program can change its environment, its descriptors or its threads.
extern "C" fn on_load() {
    // The hook is this library's own: its standard library is linked into it.
    panic::set_hook(Box::new(|_| {}));
    report::remember_stderr();
    contain(|| {
        options::get();
        host::own_range();
        hooks::prepare();
        log::open();
        tally::open();
    });
}

#[used]
#[unsafe(link_section = ".init_array")]
static ON_LOAD: extern "C" fn() = on_load;
