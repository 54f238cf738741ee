//! Where the trace goes: the file of the option `log`, or stderr.
//!
//! Each line is one write to the end of the file, so that lines of threads and processes stay whole. The file is
//! opened when the library is loaded, on a high descriptor. A program may close every descriptor and use the numbers
//! for files of its own: what a descriptor is gets looked at before each write, and the file opened anew if need be.

use crate::descriptor::{self, Identity};
use crate::options;
use crate::report::{self, Once};
use libc::c_int;
use sslmode_protocol::event::{Event, Line, VERSION};
use sslmode_protocol::options::Format;
use std::ffi::CString;
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// An open log. Never freed: another thread may be about to write to it.
struct Log {
    fd: c_int,
    identity: Identity,
    /// The process that it belongs to, if the path has the process id in it.
    pid: Option<u32>,
}

static LOG: AtomicPtr<Log> = AtomicPtr::new(ptr::null_mut());

/// The process that has begun its lines.
static BEGUN: AtomicU32 = AtomicU32::new(0);

/// Opens the log early, before the program changes its root, its user, or its descriptors.
pub fn open() {
    if options::get().log.is_some() {
        current();
    }
}

/// Writes one line of the trace.
pub fn write(event: Event) {
    let pid = std::process::id();
    if BEGUN.swap(pid, Ordering::Relaxed) != pid {
        let program = std::fs::read_link("/proc/self/exe").unwrap_or_default().to_string_lossy().into_owned();
        put(pid, Event::Start { version: env!("CARGO_PKG_VERSION").into(), program });
    }
    put(pid, event);
}

fn put(pid: u32, event: Event) {
    // SAFETY: gettid has no preconditions.
    let tid = unsafe { libc::gettid() }.unsigned_abs();
    let line = match options::get().format {
        Format::Json => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let time_us = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
            Line { v: VERSION, time_us, pid, tid, event }.to_json() + "\n"
        }
        Format::Text if tid == pid => format!("sslmode[{pid}]: {event}\n"),
        Format::Text => format!("sslmode[{pid}:{tid}]: {event}\n"),
    };
    match options::get().log.is_some() {
        true => append(line.as_bytes()),
        false => report::write(line.as_bytes()),
    }
}

fn append(line: &[u8]) {
    static FULL: Once = Once::new();
    let Some(log) = current() else { return report::write(line) };
    if let Err(error) = descriptor::write(log.fd, line) {
        FULL.line(format_args!("option log: expected to write a line, got: {error}; the trace has gaps from here on"));
    }
}

/// The log that this process writes to; opened anew in a child, if it has one of its own, and where the descriptor is
/// no longer ours.
fn current() -> Option<&'static Log> {
    // SAFETY: NULL or leaked.
    let log = unsafe { LOG.load(Ordering::Acquire).as_ref() };
    if let Some(log) = log {
        let is_this_process = log.pid.is_none_or(|pid| pid == std::process::id());
        if is_this_process && Identity::of(log.fd).as_ref() == Some(&log.identity) {
            return Some(log);
        }
    }
    match open_anew() {
        Ok(new) => {
            let new = Box::leak(Box::new(new));
            LOG.store(new, Ordering::Release);
            Some(new)
        }
        Err(error) => {
            complain(&error);
            None
        }
    }
}

fn complain(error: &io::Error) {
    static FAILED: Once = Once::new();
    let path = options::get().log.as_deref().unwrap_or_default();
    FAILED.line(format_args!("option log: expected a file to write to, got {path}: {error}; the trace is here"));
}

fn open_anew() -> io::Result<Log> {
    let path = options::get().log.as_deref().unwrap_or_default();
    let pid = std::process::id();
    let own = path.contains("%p").then_some(pid);
    let path = CString::new(path.replace("%p", &pid.to_string()))?;
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC | libc::O_NOCTTY;
    // SAFETY: the path is NUL-terminated.
    let fd = unsafe { libc::open(path.as_ptr(), flags, 0o666) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    let fd = descriptor::move_up(fd);
    let identity = Identity::of(fd).ok_or_else(io::Error::last_os_error)?;
    Ok(Log { fd, identity, pid: own })
}
