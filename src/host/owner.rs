//! Which host a call is for.
//!
//! A context's method settles it: the object that the method lies in is the libssl that makes the context. A handle
//! whose making was seen is its maker's. For any other handle, in this order: the libssl that `sslmode_use_host` or
//! the option `host` names; the libssl that the calling object uses; for a function that every libssl has, the one
//! that the call would have gone to without us; what is left by elimination. Where that leaves several, none is taken:
//! a wrong one would read the handle as what it is not.

use super::libssl::{Host, NoHost, WITNESS, libssl_of};
use super::object::{Library, Object, own_range};
use super::{births, registry};
use crate::boundary::contain;
use crate::caller;
use crate::doubt;
use crate::hooks;
use crate::openssl::Handle;
use crate::options;
use crate::report::Once;
use std::ffi::{CStr, CString};
use std::fmt;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The main program's host, once found, while it is the only one met: what most mode calls need.
struct Settled {
    start: usize,
    length: usize,
    host: &'static Host,
}

static SETTLED: AtomicPtr<Settled> = AtomicPtr::new(ptr::null_mut());

/// What `sslmode_use_host` named.
static NAMED: AtomicPtr<Host> = AtomicPtr::new(ptr::null_mut());

/// The host of any handle that code at `caller` passes to a mode call, where that needs no search.
#[inline]
pub fn settled(caller: usize) -> Option<&'static Host> {
    // SAFETY: NULL or leaked.
    let settled = unsafe { SETTLED.load(Ordering::Acquire).as_ref() }?;
    (caller.wrapping_sub(settled.start) < settled.length).then_some(settled.host)
}

/// The host that `method` came from, for the context that `function` is about to make.
pub fn of_method(function: &str, method: usize, caller: usize) -> Option<&'static Host> {
    // SSLv2_method() of a libssl without SSL 2 is NULL: then the caller tells.
    let host = contain(|| if method == 0 { None } else { registry::of_address(method) }).flatten();
    host.inspect(|host| host.made_context.store(true, Ordering::SeqCst));
    unsettle_if_in_doubt();
    host.or_else(|| of_forwarded(function, 0, caller))
}

/// The host that owns `handle`, which code at `caller` passed to `function`, one that every libssl has. None, and a
/// line the first time, where none can be told.
pub fn of_forwarded(function: &str, handle: usize, caller: usize) -> Option<&'static Host> {
    find(function, || match birth_or_name_or_caller(handle, caller).or_else(behind_us) {
        Some(host) => Ok(Some(host)),
        None => by_elimination(),
    })
}

/// The host that owns `handle`, which code at `caller` passed to a mode function. None, and a line the first time,
/// where none can be told.
pub fn of_mode_call(function: &str, handle: Handle, caller: usize) -> Option<&'static Host> {
    find(function, || match birth_or_name_or_caller(handle.address(), caller) {
        Some(host) => Ok(Some(host)),
        None => {
            // Remembered, because another libssl may be loaded before the next call.
            let host = by_elimination()?;
            host.filter(|_| handle.address() != 0).map(|host| births::remember(handle, host));
            Ok(host)
        }
    })
}

fn find(function: &str, search: impl FnOnce() -> Result<Option<&'static Host>, Undecided>) -> Option<&'static Host> {
    static UNKNOWN: Once = Once::new();
    let found = contain(search).unwrap_or_else(|| Ok(registry::first()));
    unsettle_if_in_doubt();
    let none_because = |why: &dyn fmt::Display| {
        contain(|| UNKNOWN.line(format_args!("{function}: {why}; nothing was done")));
        None
    };
    match found {
        Ok(Some(host)) => Some(host),
        Ok(None) => none_because(&"expected a libssl in this process, found none"),
        Err(undecided) => none_because(&undecided),
    }
}

fn birth_or_name_or_caller(handle: usize, caller: usize) -> Option<&'static Host> {
    births::maker(handle).or_else(named).or_else(|| of_caller(caller))
}

fn behind_us() -> Option<&'static Host> {
    registry::of_address(Library::behind_us(WITNESS)?.addr())
}

/// Says which host owns the handles whose making was not seen; None goes back to searching.
pub fn use_host(path: Option<&CStr>) -> Result<(), NotLoaded> {
    let host = path.map(by_path).transpose()?;
    NAMED.store(host.map_or(ptr::null_mut(), |host| ptr::from_ref(host).cast_mut()), Ordering::SeqCst);
    unsettle_if_in_doubt();
    Ok(())
}

fn named() -> Option<&'static Host> {
    // SAFETY: NULL or a registered host, which is never freed.
    let named = unsafe { NAMED.load(Ordering::SeqCst).as_ref() };
    named.or_else(by_option)
}

fn by_option() -> Option<&'static Host> {
    static WRONG: Once = Once::new();
    let path = CString::new(options::get().host.as_deref()?).ok()?;
    by_path(&path).map_err(|error| WRONG.line(format_args!("option host: {error}"))).ok()
}

fn by_path(path: &CStr) -> Result<&'static Host, NotLoaded> {
    let not_loaded = |why| NotLoaded { path: path.to_owned(), why };
    let library = Library::loaded(Some(path)).ok_or_else(|| not_loaded(None))?;
    registry::of_library(&library).map_err(|error| not_loaded(Some(error)))
}

/// The libssl that the calling object uses. The main program's answer is kept: it cannot be unloaded.
fn of_caller(caller: usize) -> Option<&'static Host> {
    let object = Object::holding(caller)?;
    let host = registry::of_object(&object).ok()?;
    if object.is_main_program() && may_settle() {
        let settled = Settled { start: object.range.start, length: object.range.len(), host };
        SETTLED.store(Box::into_raw(Box::new(settled)), Ordering::SeqCst);
    }
    Some(host)
}

fn may_settle() -> bool {
    SETTLED.load(Ordering::SeqCst).is_null() && !hooks::are_on() && options::get().host.is_none()
}

/// Called last wherever a second host may have been met or named: so it comes after the store in [`of_caller`], whose
/// thread may have seen only one.
fn unsettle_if_in_doubt() {
    let is_in_doubt = || !registry::is_alone() || !NAMED.load(Ordering::SeqCst).is_null();
    doubt::review(is_in_doubt, || SETTLED.store(ptr::null_mut(), Ordering::SeqCst));
}

/// The only libssl in the process. Of several the first one met, if every one makes its contexts through us: then what
/// is not remembered was made when there was one, and calls went straight to it.
fn by_elimination() -> Result<Option<&'static Host>, Undecided> {
    let libssls = loaded_libssls();
    match libssls.as_slice() {
        [] => Ok(None),
        [libssl] => Ok(registry::meet(libssl).ok()),
        several if several.iter().all(makes_contexts_through_us) => Ok(registry::first()),
        _ => Err(Undecided(libssls)),
    }
}

/// Meets every libssl in the process.
pub fn meet_all_loaded() {
    for libssl in loaded_libssls() {
        // One that cannot be a host cannot be confused with one either.
        let _ = registry::meet(&libssl);
    }
    unsettle_if_in_doubt();
}

/// Whether there is a libssl in the process, by its name: at the end of a process no object may be opened, not even one
/// that is there, for its constructors would run again.
pub fn is_one_loaded() -> bool {
    let is_libssl = |object: &Object| {
        caller::short(&object.name.to_string_lossy()).starts_with("libssl") && object.range != own_range()
    };
    Object::all().iter().any(is_libssl)
}

fn loaded_libssls() -> Vec<Object> {
    let mut libssls: Vec<Object> = Vec::new();
    for libssl in Object::all().iter().filter_map(|object| libssl_of(object).ok()) {
        if libssls.iter().all(|known| known.range != libssl.range) {
            libssls.push(libssl);
        }
    }
    libssls
}

fn makes_contexts_through_us(libssl: &Object) -> bool {
    registry::holding(libssl.range.start).is_some_and(|host| host.made_context.load(Ordering::SeqCst))
}

/// Several libssls, and nothing that tells which one a handle is of.
struct Undecided(Vec<Object>);

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected one libssl, found ")?;
        for (place, libssl) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { " and " };
            write!(f, "{separator}{}", libssl.name.to_string_lossy())?;
        }
        f.write_str("; sslmode_use_host(PATH) or SSLMODE_OPTIONS=host=PATH says which")
    }
}

/// A path or soname that names no libssl in this process.
pub struct NotLoaded {
    path: CString,
    why: Option<NoHost>,
}

impl fmt::Display for NotLoaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.to_string_lossy();
        match &self.why {
            None => write!(f, "expected the path or soname of a loaded libssl, got {path}: not loaded"),
            Some(why) => write!(f, "expected the path or soname of a loaded libssl, got {path}: {why}"),
        }
    }
}
