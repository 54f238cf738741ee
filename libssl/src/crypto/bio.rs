//! BIOs: what carries a connection's bytes.

use libc::{c_int, c_long, c_void};
use openssl_sys as ffi;
use sslmode_tls::connection::{Blocked, Transport};
use std::cell::RefCell;
use std::ptr::{NonNull, null_mut};

unsafe extern "C" {
    fn BIO_dup_chain(bio: *mut ffi::BIO) -> *mut ffi::BIO;
    fn BIO_s_socket() -> *const ffi::BIO_METHOD;
    fn BIO_up_ref(bio: *mut ffi::BIO) -> c_int;
    fn BIO_test_flags(bio: *const ffi::BIO, flags: c_int) -> c_int;
    fn BIO_get_retry_reason(bio: *mut ffi::BIO) -> c_int;
    fn BIO_find_type(bio: *mut ffi::BIO, kind: c_int) -> *mut ffi::BIO;
    fn BIO_method_type(bio: *const ffi::BIO) -> c_int;
}

const CTRL_EOF: c_int = 2;
const CTRL_FLUSH: c_int = 11;
const C_SET_FD: c_int = 104;
const C_GET_FD: c_int = 105;
const NOCLOSE: c_long = 0;
/// `BIO_TYPE_DESCRIPTOR`: whatever has a descriptor.
const TYPE_DESCRIPTOR: c_int = 0x0100;
/// `BIO_TYPE_SOCKET`.
const TYPE_SOCKET: c_int = 5 | 0x0400 | TYPE_DESCRIPTOR;

const FLAGS_READ: c_int = 1;
const FLAGS_WRITE: c_int = 2;
const FLAGS_IO_SPECIAL: c_int = 4;
const FLAGS_SHOULD_RETRY: c_int = 8;
const FLAGS_RWS: c_int = FLAGS_READ | FLAGS_WRITE | FLAGS_IO_SPECIAL;

/// What a BIO waits for, where it has something to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// `BIO_should_read`.
    Read,
    /// `BIO_should_write`.
    Write,
    /// `BIO_should_io_special`, with `BIO_get_retry_reason`.
    Special(c_int),
}

/// A reference to a BIO, or to a chain of them.
pub struct Bio(NonNull<ffi::BIO>);

impl Bio {
    /// Takes over a reference of the program's; None for NULL.
    ///
    /// # Safety
    /// `bio` is NULL or a BIO with a reference that the caller gives away.
    pub unsafe fn adopt(bio: *mut ffi::BIO) -> Option<Bio> {
        NonNull::new(bio).map(Bio)
    }

    /// A socket BIO that leaves the descriptor open when it is freed.
    pub fn socket(fd: c_int) -> Option<Bio> {
        // SAFETY: the method is libcrypto's; BIO_C_SET_FD reads one int.
        unsafe {
            let bio = Bio::adopt(ffi::BIO_new(BIO_s_socket()))?;
            let mut fd = fd;
            ffi::BIO_ctrl(bio.as_ptr(), C_SET_FD, NOCLOSE, (&raw mut fd).cast());
            Some(bio)
        }
    }

    /// Another reference to the same.
    pub fn share(&self) -> Bio {
        // SAFETY: it is alive, since `self` holds a reference.
        unsafe { BIO_up_ref(self.as_ptr()) };
        Bio(self.0)
    }

    /// A copy of the chain with its state (`BIO_dup_chain`).
    pub fn duplicate(&self) -> Option<Bio> {
        // SAFETY: it is alive; what comes back is a reference of ours, or NULL.
        unsafe { Bio::adopt(BIO_dup_chain(self.as_ptr())) }
    }

    /// The BIO, without a reference.
    pub fn as_ptr(&self) -> *mut ffi::BIO {
        self.0.as_ptr()
    }

    /// The descriptor beneath it.
    pub fn descriptor(&self) -> Option<c_int> {
        // SAFETY: BIO_find_type walks a chain that is alive; BIO_C_GET_FD returns the descriptor.
        unsafe {
            let found = NonNull::new(BIO_find_type(self.as_ptr(), TYPE_DESCRIPTOR))?;
            Some(ffi::BIO_ctrl(found.as_ptr(), C_GET_FD, 0, null_mut()) as c_int)
        }
    }

    /// Whether it is itself a socket BIO over this descriptor.
    pub fn is_socket_of(&self, fd: c_int) -> bool {
        // SAFETY: it is alive.
        unsafe { BIO_method_type(self.as_ptr()) == TYPE_SOCKET && self.descriptor() == Some(fd) }
    }

    /// What it waits for, if the last call on it is to be made again.
    ///
    /// As `SSL_get_error` asks: it looks at the kind of wait and not at `BIO_FLAGS_SHOULD_RETRY`, and first at the one that
    /// belongs to the call. BIOs of programs (haproxy's) leave the flag of an earlier read where a write has to wait.
    pub fn waits(&self, for_write: bool) -> Option<Waits> {
        // SAFETY: it is alive.
        let flag = |flags| unsafe { BIO_test_flags(self.as_ptr(), flags) } != 0;
        match () {
            () if for_write && flag(FLAGS_WRITE) => Some(Waits::Write),
            () if flag(FLAGS_READ) => Some(Waits::Read),
            () if flag(FLAGS_WRITE) => Some(Waits::Write),
            // SAFETY: as above.
            () if flag(FLAGS_IO_SPECIAL) => Some(Waits::Special(unsafe { BIO_get_retry_reason(self.as_ptr()) })),
            () => None,
        }
    }

    /// Marks it as waiting for something to read.
    pub fn wait_for_read(&self) {
        // SAFETY: it is alive.
        unsafe {
            ffi::BIO_clear_flags(self.as_ptr(), FLAGS_RWS | FLAGS_SHOULD_RETRY);
            ffi::BIO_set_flags(self.as_ptr(), FLAGS_READ | FLAGS_SHOULD_RETRY);
        }
    }
}

impl Drop for Bio {
    fn drop(&mut self) {
        // SAFETY: the reference is ours; the chain behind it goes as OpenSSL's does when an SSL is freed.
        unsafe { ffi::BIO_free_all(self.as_ptr()) };
    }
}

/// The two BIOs of a connection for as long as a call lasts.
pub struct Bios<'a> {
    /// Where bytes come from. Looked at anew each time: the program's callbacks may set another BIO, and free this one.
    pub read: &'a RefCell<Option<Bio>>,
    /// Where they go to.
    pub write: &'a RefCell<Option<Bio>>,
}

/// The BIO in force, or NULL; nothing is borrowed afterwards, for the BIO's own functions may set another.
fn pointer(bio: &RefCell<Option<Bio>>) -> *mut ffi::BIO {
    bio.borrow().as_ref().map_or(null_mut(), Bio::as_ptr)
}

/// libcrypto counts in `int`.
fn clamp(length: usize) -> c_int {
    c_int::try_from(length).unwrap_or(c_int::MAX)
}

fn blocked(bio: *mut ffi::BIO, answer: c_int) -> Blocked {
    // SAFETY: not NULL (checked by the callers) and alive for the call.
    let retry = unsafe { BIO_test_flags(bio, FLAGS_SHOULD_RETRY) } != 0;
    if retry { Blocked::Retry } else { Blocked::Failed(answer) }
}

/// The same, of a read.
fn read_blocked(bio: *mut ffi::BIO, answer: c_int) -> Blocked {
    match blocked(bio, answer) {
        // SAFETY: as there.
        Blocked::Failed(answer) if unsafe { ffi::BIO_ctrl(bio, CTRL_EOF, 0, null_mut()) } != 0 => Blocked::Eof(answer),
        blocked => blocked,
    }
}

fn clear_errno() {
    // SAFETY: glibc's errno location is valid for the life of the thread. A BIO that fails without a system call must
    // not seem to have failed with an error of long ago.
    unsafe { *libc::__errno_location() = 0 };
}

impl Transport for Bios<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Blocked> {
        let bio = pointer(self.read);
        if bio.is_null() {
            return Err(Blocked::Failed(-1));
        }
        clear_errno();
        // SAFETY: the BIO is alive, and libcrypto writes at most the length given.
        let count = unsafe { ffi::BIO_read(bio, into.as_mut_ptr().cast::<c_void>(), clamp(into.len())) };
        usize::try_from(count).ok().filter(|&count| count > 0).ok_or_else(|| read_blocked(bio, count))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, Blocked> {
        let bio = pointer(self.write);
        if bio.is_null() {
            return Err(Blocked::Failed(-1));
        }
        clear_errno();
        // SAFETY: the BIO is alive, and libcrypto reads at most the length given.
        let count = unsafe { ffi::BIO_write(bio, bytes.as_ptr().cast::<c_void>(), clamp(bytes.len())) };
        usize::try_from(count).ok().filter(|&count| count > 0).ok_or_else(|| blocked(bio, count))
    }

    fn flush(&mut self) -> Result<(), Blocked> {
        let bio = pointer(self.write);
        if bio.is_null() {
            return Err(Blocked::Failed(-1));
        }
        clear_errno();
        // SAFETY: the BIO is alive; BIO_flush takes no argument.
        match unsafe { ffi::BIO_ctrl(bio, CTRL_FLUSH, 0, null_mut()) } {
            1.. => Ok(()),
            _ => Err(blocked(bio, -1)),
        }
    }
}
