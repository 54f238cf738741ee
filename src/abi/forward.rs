//! How a call gets to the host at the price of one jump.
//!
//! An exported function is a jump through its slot. At first the slot holds our own entry, which adds the caller's
//! address to the arguments and goes through the finding of the host. When a context was made, and so the process's
//! libssl is known, the slot gets that libssl's own function. A second libssl, or an option that wants to see the
//! calls, puts the entry back for good.

use super::{connection, ctrl, handles, io};
use crate::boundary::contain;
use crate::doubt;
use crate::hooks;
use crate::host::{self, Calls, Host};
use crate::report::Once;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Where calls of one exported function go.
pub type Slot = AtomicPtr<()>;

/// The ways of one exported function.
pub struct Route {
    /// What the exported function jumps through.
    pub slot: &'static Slot,
    /// The way through us.
    pub entry: unsafe extern "C" fn(),
    /// The way past us, if this libssl has the function.
    pub direct: fn(&Calls) -> Option<*mut ()>,
}

impl Route {
    fn entry(&self) -> *mut () {
        self.entry as *mut ()
    }

    fn is_straight(&self) -> bool {
        self.slot.load(Ordering::SeqCst) != self.entry()
    }
}

/// A file's exported functions, a line each: what it is called in [`Calls`] and as the function of ours behind the
/// entry; the register after those of its arguments, in which the entry passes the caller's address; its prototype,
/// where the exported function is the jump and nothing else.
macro_rules! routes {
    ($($field:ident, caller in $register:literal
        $(, $name:ident($($argument:ident: $type:ty),*) $(-> $answer:ty)?)?;)*) => {
        $(
            $(
                #[doc = concat!("See `", stringify!($name), "(3)`.")]
                #[unsafe(no_mangle)]
                #[unsafe(naked)]
                pub unsafe extern "C" fn $name($($argument: $type),*) $(-> $answer)? {
                    std::arch::naked_asm!("jmp qword ptr [rip + {}]", sym $field::SLOT)
                }
            )?

            mod $field {
                pub static SLOT: $crate::abi::forward::Slot = $crate::abi::forward::Slot::new(entry as *mut ());

                #[unsafe(naked)]
                pub unsafe extern "C" fn entry() {
                    std::arch::naked_asm!(concat!("mov ", $register, ", [rsp]"), "jmp {}", sym super::$field)
                }
            }
        )*

        /// The routes of this file's functions.
        pub const ROUTES: &[$crate::abi::forward::Route] = &[$($crate::abi::forward::Route {
            slot: &$field::SLOT,
            entry: $field::entry,
            direct: |calls| calls.$field.map(|function| function as *mut ()),
        }),*];
    };
}
pub(super) use routes;

fn all() -> impl Iterator<Item = &'static Route> {
    [ctrl::ROUTES, handles::ROUTES, connection::ROUTES, io::ROUTES].into_iter().flatten()
}

/// The libssl that owns `handle`, which code at `caller` passed to `function`; None, and a line, where none is found.
pub fn owner(function: &str, handle: usize, caller: usize) -> Option<&'static Host> {
    let host = host::of_forwarded(function, handle, caller);
    review();
    host
}

/// The libssl that `method` came from, and whether calls go straight to it from now on.
pub fn owner_of_method(function: &str, method: usize, caller: usize) -> Option<(&'static Host, bool)> {
    let host = host::of_method(function, method, caller)?;
    Some((host, go_straight_to(host)))
}

/// What the owner's function answered; `failure`, and a line, where there is no owner or it lacks the function.
pub fn to_owner<R>(
    function: &str,
    handle: usize,
    caller: usize,
    failure: R,
    call: impl FnOnce(&'static Host) -> Option<R>,
) -> R {
    let Some(host) = owner(function, handle, caller) else { return failure };
    call(host).unwrap_or_else(|| {
        missing(function, host);
        failure
    })
}

/// Says that this libssl lacks a function that somebody calls.
pub fn missing(function: &str, host: &Host) {
    static MISSING: Once = Once::new();
    contain(|| MISSING.line(format_args!("{function}: {} has no such function; answered as a failure", host.path)));
}

/// Sends calls through our own entries for good if somebody has to see them.
pub fn review() {
    doubt::review(are_watched, || {
        for route in all().filter(|route| route.is_straight()) {
            route.slot.store(route.entry(), Ordering::SeqCst);
        }
    });
}

/// Whoever finds a second host counts it first and looks at the slots afterwards; here the host's functions are
/// stored first and the count is read afterwards. So one of the two sees the other, and the entries win.
fn go_straight_to(host: &Host) -> bool {
    if !are_watched() && !all().any(Route::is_straight) {
        // One that is loaded already is about to be used: handles made before that could not be told from its own.
        // Where calls are watched each handle is remembered as it is made, and nothing has to be looked for.
        contain(host::meet_all_loaded);
    }
    if !are_watched() {
        for route in all() {
            route.slot.store((route.direct)(&host.calls).unwrap_or(route.entry()), Ordering::SeqCst);
        }
    }
    review();
    !are_watched()
}

fn are_watched() -> bool {
    hooks::are_on() || !host::is_alone()
}
