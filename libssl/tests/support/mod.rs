//! The system's libssl and ours in one process, called by name.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::PathBuf;
use std::sync::OnceLock;

/// A libssl.
pub struct Host {
    handle: *mut c_void,
    /// What failures call it.
    pub name: &'static str,
}

// SAFETY: a handle of dlopen's may be used by any thread.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

/// The system's OpenSSL 3.0 and our library; None where one is missing, which is said.
pub fn both() -> Option<(&'static Host, &'static Host)> {
    static BOTH: OnceLock<Option<(Host, Host)>> = OnceLock::new();
    let hosts = BOTH.get_or_init(|| {
        // The system's first: our soname is the same, and would be found in its place.
        let system = open(c"libssl.so.3", "OpenSSL")?;
        let path = CString::new(library().to_str()?).ok()?;
        let ours = open(&path, "ours")?;
        system.text("OpenSSL_version", &[0])?.starts_with("OpenSSL 3.0.").then_some((system, ours))
    });
    if hosts.is_none() {
        assert!(std::env::var_os("CI").is_none(), "OpenSSL 3.0 and target/libssl/libssl.so.3 have to be there");
        eprintln!("SKIP: expected OpenSSL 3.0 in the system, and target/libssl/libssl.so.3 (make)");
    }
    hosts.as_ref().map(|(system, ours)| (system, ours))
}

/// Where `make` puts our library.
pub fn library() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/libssl/libssl.so.3")
}

fn open(path: &CStr, name: &'static str) -> Option<Host> {
    // SAFETY: a library whose initializers are OpenSSL's or ours.
    let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    (!handle.is_null()).then_some(Host { handle, name })
}

impl Host {
    /// Calls a function of the library, or of the libcrypto behind it, with integers and pointers, and answers with
    /// the whole register.
    pub fn call(&self, name: &str, arguments: &[usize]) -> usize {
        let symbol = CString::new(name).unwrap();
        // SAFETY: an open handle and a string.
        let address = unsafe { libc::dlsym(self.handle, symbol.as_ptr()) };
        assert!(!address.is_null(), "{}: no {name}", self.name);
        let mut all = [0; 8];
        all[..arguments.len()].copy_from_slice(arguments);
        let [a, b, c, d, e, f, g, h] = all;
        // SAFETY: a C function of up to eight integers or pointers; one that takes fewer never looks at the rest.
        unsafe {
            let function: extern "C" fn(usize, usize, usize, usize, usize, usize, usize, usize) -> usize =
                std::mem::transmute(address);
            function(a, b, c, d, e, f, g, h)
        }
    }

    /// Where the library is.
    #[allow(dead_code, reason = "not every test asks")]
    pub fn path(&self) -> Option<PathBuf> {
        // SAFETY: all zero is a value of it.
        let mut found: libc::Dl_info = unsafe { std::mem::zeroed() };
        // SAFETY: an open handle and a string; the result is filled in where the answer is not 0, with a string that
        // lives as long as the library.
        unsafe {
            let address = libc::dlsym(self.handle, c"SSL_new".as_ptr());
            (libc::dladdr(address, &mut found) != 0)
                .then(|| PathBuf::from(CStr::from_ptr(found.dli_fname).to_string_lossy().into_owned()))
        }
    }

    /// As [`call`](Self::call), of an `int`.
    #[allow(dead_code, reason = "not every test asks")]
    pub fn int(&self, name: &str, arguments: &[usize]) -> c_int {
        self.call(name, arguments) as c_int
    }

    /// As [`call`](Self::call), of a text.
    pub fn text(&self, name: &str, arguments: &[usize]) -> Option<String> {
        let text = self.call(name, arguments) as *const c_char;
        // SAFETY: the function answers with C's string or NULL.
        (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
    }

    /// A new context.
    #[allow(dead_code, reason = "not every test needs one")]
    pub fn context(&self) -> usize {
        let context = self.call("SSL_CTX_new", &[self.call("TLS_method", &[])]);
        assert_ne!(context, 0, "{}: SSL_CTX_new", self.name);
        context
    }

    /// The reason at the head of the queue, which is then empty; 0 for none.
    #[allow(dead_code, reason = "not every test asks")]
    pub fn reason(&self) -> usize {
        const REASON: usize = 0x7f_ffff;
        let error = self.call("ERR_peek_error", &[]);
        self.call("ERR_clear_error", &[]);
        error & REASON
    }
}

/// A C string that lives forever.
#[allow(dead_code, reason = "not every test needs one")]
pub fn c(text: &str) -> usize {
    CString::new(text).unwrap().into_raw() as usize
}
