//! Who called, for people: `libcurl.so.4(Curl_ossl_connect+0x1b)`, or `curl+0x5c2a` where no symbol is known.

use std::ffi::CStr;
use std::mem::MaybeUninit;

/// The name of the code at `address`, a return address.
pub fn name(address: usize) -> String {
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: dladdr takes any address; the call itself stands before the address that it returns to.
    let found = unsafe { libc::dladdr(address.wrapping_sub(1) as *const _, info.as_mut_ptr()) } != 0;
    // SAFETY: all zeros is a valid Dl_info, which dladdr may have filled in.
    let info = unsafe { info.assume_init() };
    let text = |text: *const libc::c_char| match text.is_null() {
        true => None,
        // SAFETY: the dynamic linker's names are NUL-terminated, and of an object that is executing.
        false => Some(unsafe { CStr::from_ptr(text) }.to_string_lossy()),
    };
    let Some(path) = text(info.dli_fname).filter(|_| found) else { return format!("{address:#x}") };
    let module = path.rsplit('/').next().unwrap_or(&path);
    match text(info.dli_sname) {
        Some(symbol) => format!("{module}({symbol}+{:#x})", address - info.dli_saddr.addr()),
        None => format!("{module}+{:#x}", address - info.dli_fbase.addr()),
    }
}
