//! What is kept of a handle for its profile. One thread at a time calls on a handle, which is libssl's own rule; here is
//! no lock: who uses the writer takes it out, and a second thread that finds it gone passes its call on.

use sslmode_engine::profile::{Profile, Writer};
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicUsize, Ordering};

/// What is kept of one handle.
#[derive(Default)]
pub struct State {
    /// Taken out while it is in use; NULL on a context.
    writer: AtomicPtr<Writer>,
    /// The bytes of a record at the most, as the program set it; 0 where it did not.
    pub(super) limit: AtomicUsize,
    /// Whether the negotiated length of records was looked at.
    pub(super) knows_negotiated: AtomicBool,
    /// Whether the program cleared AUTO_RETRY itself.
    pub(super) cleared_auto_retry: AtomicBool,
    /// What `SSL_want` is to say where the last call was answered here; 0 where it was not.
    pub(super) want: AtomicI32,
    /// Whether a wrong retry has ended the connection.
    pub(super) is_over: AtomicBool,
}

impl State {
    /// Forgets everything: the handle is freed.
    pub fn reset(&self) {
        let writer = self.writer.swap(ptr::null_mut(), Ordering::AcqRel);
        if !writer.is_null() {
            // SAFETY: made by `begin`, and nobody else has it: it was in its place.
            drop(unsafe { Box::from_raw(writer) });
        }
        self.limit.store(0, Ordering::Relaxed);
        for flag in [&self.knows_negotiated, &self.cleared_auto_retry, &self.is_over] {
            flag.store(false, Ordering::Relaxed);
        }
        self.want.store(0, Ordering::Relaxed);
    }

    /// A connection begins.
    pub fn begin(&self, profile: &Profile) {
        let mut writer = Box::new(profile.writer());
        match self.limit.load(Ordering::Relaxed) {
            0 => {}
            limit => writer.machine_mut().limit_fragment(limit),
        }
        let old = self.writer.swap(Box::into_raw(writer), Ordering::AcqRel);
        if !old.is_null() {
            // SAFETY: as in `reset`.
            drop(unsafe { Box::from_raw(old) });
        }
    }

    /// Takes on what a context, or the connection that it is a copy of, was set to.
    pub fn inherit(&self, parent: &State) {
        self.limit.store(parent.limit.load(Ordering::Relaxed), Ordering::Relaxed);
        self.cleared_auto_retry.store(parent.cleared_auto_retry.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The writer, until it is dropped; None where another call has it.
    pub fn take(&self) -> Option<Taken<'_>> {
        let writer = self.writer.swap(ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: NULL, or made by `begin`, and out of its place: ours alone.
        (!writer.is_null()).then(|| Taken { state: self, writer: Some(unsafe { Box::from_raw(writer) }) })
    }

    /// Does something with the writer, if it is there.
    pub fn with(&self, change: impl FnOnce(&mut Writer)) {
        if let Some(mut writer) = self.take() {
            change(&mut writer);
            self.is_over.store(!writer.machine().is_alive(), Ordering::Relaxed);
        }
    }
}

/// A writer that is put back in the end.
pub struct Taken<'s> {
    state: &'s State,
    writer: Option<Box<Writer>>,
}

impl Deref for Taken<'_> {
    type Target = Writer;

    fn deref(&self) -> &Writer {
        self.writer.as_ref().expect("there until it is dropped")
    }
}

impl DerefMut for Taken<'_> {
    fn deref_mut(&mut self) -> &mut Writer {
        self.writer.as_mut().expect("there until it is dropped")
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            self.state.writer.store(Box::into_raw(writer), Ordering::Release);
        }
    }
}
