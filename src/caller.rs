//! Who called, for people: `libcurl.so.4(Curl_ossl_connect+0x1b)`, or `curl+0x5c2a` where no symbol is known.

use std::ffi::CStr;
use std::mem::MaybeUninit;

/// The code at an address, as the dynamic linker knows it.
struct Place {
    module: String,
    base: usize,
    /// Its name, and where it begins.
    symbol: Option<(String, usize)>,
}

/// The name of the code at `address`, a return address.
pub fn name(address: usize) -> String {
    match place(address) {
        None => format!("{address:#x}"),
        Some(Place { module, symbol: Some((symbol, start)), .. }) => {
            format!("{}({symbol}+{:#x})", short(&module), address - start)
        }
        Some(Place { module, base, .. }) => format!("{}+{:#x}", short(&module), address - base),
    }
}

/// The module that holds `address`, its path, and where its first segment lies.
pub fn module(address: usize) -> Option<(String, usize)> {
    place(address).map(|place| (place.module, place.base))
}

/// The file's name alone.
pub fn short(module: &str) -> &str {
    module.rsplit('/').next().unwrap_or(module)
}

fn place(address: usize) -> Option<Place> {
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
    let module = text(info.dli_fname).filter(|_| found)?.into_owned();
    let symbol = text(info.dli_sname).map(|symbol| (symbol.into_owned(), info.dli_saddr.addr()));
    Some(Place { module, base: info.dli_fbase.addr(), symbol })
}
