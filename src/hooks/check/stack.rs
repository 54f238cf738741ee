//! The calls that led to a finding: their addresses, taken when it is made, and their names, looked up when it is told.

use crate::{caller, host};
use libc::{c_int, c_void};

/// How many calls are looked at.
const DEPTH: usize = 24;

/// Return addresses, innermost first, from the program's call on.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Stack {
    addresses: [usize; DEPTH],
    length: usize,
}

type Visit = unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int;

unsafe extern "C" {
    /// libgcc's, which every Rust library has. It takes no lock where glibc has `_dl_find_object` (2.35).
    fn _Unwind_Backtrace(visit: Visit, data: *mut c_void) -> c_int;
    fn _Unwind_GetIP(context: *mut c_void) -> usize;
}

/// `_URC_NO_REASON` and `_URC_END_OF_STACK`.
const GO_ON: c_int = 0;
const STOP: c_int = 5;

impl Stack {
    /// The calls that led here, without our own.
    #[inline(never)]
    pub fn here() -> Stack {
        let mut stack = Stack::default();
        // SAFETY: `visit` gets the stack back as what it is, while nobody else has it.
        unsafe { _Unwind_Backtrace(visit, (&raw mut stack).cast()) };
        stack
    }

    /// The calls, innermost first.
    pub fn addresses(&self) -> &[usize] {
        &self.addresses[..self.length]
    }

    /// The calls by name.
    pub fn names(&self) -> Vec<String> {
        self.addresses().iter().map(|&address| caller::name(address)).collect()
    }
}

unsafe extern "C" fn visit(context: *mut c_void, stack: *mut c_void) -> c_int {
    // SAFETY: `here` passes its own stack; the unwinder a context that it made.
    let (stack, address) = unsafe { (&mut *stack.cast::<Stack>(), _Unwind_GetIP(context)) };
    let is_ours = stack.length == 0 && host::own_range().contains(&address);
    if address == 0 || stack.length == DEPTH {
        return STOP;
    }
    if !is_ours {
        stack.addresses[stack.length] = address;
        stack.length += 1;
    }
    GO_ON
}
