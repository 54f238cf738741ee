//! The calls that led to a finding: their addresses, taken when it is made, and their names, looked up when it is told.

use super::source::{self, Source};
use crate::{caller, host};
use libc::{c_int, c_void};
use std::fmt;

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

    /// The calls by name, with file and line where the module has them.
    pub fn frames(&self) -> Vec<Frame> {
        let mut frames: Vec<Frame> = self.addresses().iter().map(|&address| Frame::new(address)).collect();
        let mut modules: Vec<String> = frames.iter().map(|frame| frame.module.clone()).collect();
        modules.sort();
        modules.dedup();
        for module in modules.iter().filter(|module| !module.is_empty()) {
            let of_module = || frames.iter().enumerate().filter(|(_, frame)| frame.module == *module);
            let places: Vec<usize> = of_module().map(|(place, _)| place).collect();
            // The call stands before the address that it returns to.
            let offsets: Vec<u64> = of_module().map(|(_, frame)| frame.offset.saturating_sub(1)).collect();
            for (place, source) in places.into_iter().zip(source::of(file_of(module), &offsets)) {
                frames[place].source = source;
            }
        }
        frames
    }
}

/// One of the calls.
pub struct Frame {
    address: usize,
    /// Its path; empty where the address is in none.
    module: String,
    /// From where the module's first segment was loaded.
    offset: u64,
    source: Source,
}

impl Frame {
    fn new(address: usize) -> Frame {
        let (module, base) = caller::module(address.wrapping_sub(1)).unwrap_or_default();
        Frame { address, module, offset: address.wrapping_sub(base) as u64, source: Source::default() }
    }

    /// What a suppression may name: the module, the function, the source file.
    pub fn parts(&self) -> impl Iterator<Item = &str> + Clone {
        let function = self.source.function.as_ref().map(|(name, _)| name.as_str());
        [Some(self.module.as_str()), function, self.source.line.as_deref()].into_iter().flatten()
    }
}

/// `module(function+0x10) file:line`, as far as it is known.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source.function {
            Some((name, start)) => {
                write!(f, "{}({name}+{:#x})", caller::short(&self.module), self.offset.saturating_sub(*start))?;
            }
            None => f.write_str(&caller::name(self.address))?,
        }
        self.source.line.as_ref().map_or(Ok(()), |line| write!(f, " {line}"))
    }
}

/// The dynamic linker calls the main program as it was called, which need not be a path.
fn file_of(module: &str) -> &str {
    if std::path::Path::new(module).is_absolute() { module } else { "/proc/self/exe" }
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
