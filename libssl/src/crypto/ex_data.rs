//! The program's own data on our objects: `CRYPTO_EX_DATA`, kept by libcrypto.

use libc::{c_int, c_void};
use std::cell::UnsafeCell;
use std::ptr::null_mut;

/// libcrypto's number for what the data hang on (`crypto.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Class {
    /// `CRYPTO_EX_INDEX_SSL`.
    Connection = 0,
    /// `CRYPTO_EX_INDEX_SSL_CTX`.
    Context = 1,
    /// `CRYPTO_EX_INDEX_SSL_SESSION`.
    Session = 2,
}

#[repr(C)]
struct Raw {
    ctx: *mut c_void,
    stack: *mut c_void,
}

unsafe extern "C" {
    fn CRYPTO_new_ex_data(class: c_int, object: *mut c_void, data: *mut Raw) -> c_int;
    fn CRYPTO_free_ex_data(class: c_int, object: *mut c_void, data: *mut Raw);
    fn CRYPTO_dup_ex_data(class: c_int, to: *mut Raw, from: *const Raw) -> c_int;
    fn CRYPTO_set_ex_data(data: *mut Raw, index: c_int, value: *mut c_void) -> c_int;
    fn CRYPTO_get_ex_data(data: *const Raw, index: c_int) -> *mut c_void;
}

/// The slots of one object.
pub struct ExData {
    raw: UnsafeCell<Raw>,
}

// SAFETY: as OpenSSL documents it, a slot is changed by one thread at a time, and the program sees to that; libcrypto
// has locks for what the slots of all objects share.
unsafe impl Send for ExData {}
// SAFETY: as above.
unsafe impl Sync for ExData {}

impl Default for ExData {
    fn default() -> Self {
        ExData { raw: UnsafeCell::new(Raw { ctx: null_mut(), stack: null_mut() }) }
    }
}

impl ExData {
    /// Runs the program's `new` callbacks; `object` is what they are told.
    pub fn created(&self, class: Class, object: *const c_void) {
        // SAFETY: the structure is zeroed or was filled in by libcrypto, and `object` is only handed on.
        unsafe { CRYPTO_new_ex_data(class as c_int, object.cast_mut(), self.raw.get()) };
    }

    /// Runs the program's `free` callbacks.
    pub fn freed(&self, class: Class, object: *const c_void) {
        // SAFETY: as for `created`; libcrypto leaves a structure that may be used again.
        unsafe { CRYPTO_free_ex_data(class as c_int, object.cast_mut(), self.raw.get()) };
    }

    /// Copies the slots of `from`, through the program's `dup` callbacks.
    pub fn copy(&self, class: Class, from: &ExData) -> bool {
        // SAFETY: both structures are libcrypto's to read and write.
        unsafe { CRYPTO_dup_ex_data(class as c_int, self.raw.get(), from.raw.get()) == 1 }
    }

    #[allow(clippy::not_unsafe_ptr_arg_deref, reason = "the value is the program's and never looked at")]
    /// Fills a slot; false where memory is short or the index is none.
    pub fn set(&self, index: c_int, value: *mut c_void) -> bool {
        // SAFETY: as above; the value is never looked at.
        unsafe { CRYPTO_set_ex_data(self.raw.get(), index, value) == 1 }
    }

    /// What a slot holds: NULL where it was never filled.
    pub fn get(&self, index: c_int) -> *mut c_void {
        // SAFETY: as above.
        unsafe { CRYPTO_get_ex_data(self.raw.get(), index) }
    }
}
