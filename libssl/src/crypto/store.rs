//! Trusted certificates, and what makes a chain of them: `X509_STORE`, `X509_VERIFY_PARAM`, `X509_STORE_CTX`.

use super::object::{Counted, Object, Owned};
use super::x509::{Certificate, Certificates};
use libc::{c_char, c_int, c_uint, c_ulong, c_void};
use openssl_sys::{self as ffi, OPENSSL_STACK, X509, X509_STORE, X509_STORE_CTX, X509_VERIFY_PARAM};
use std::ffi::CStr;
use std::ptr::null;

/// `X509_STORE`.
pub type Store = Owned<X509_STORE>;
/// `X509_VERIFY_PARAM`.
pub type Param = Owned<X509_VERIFY_PARAM>;

/// `X509_STORE_CTX_verify_cb`.
pub type VerifyCallback = unsafe extern "C" fn(c_int, *mut X509_STORE_CTX) -> c_int;

unsafe extern "C" {
    fn X509_STORE_up_ref(store: *mut X509_STORE) -> c_int;
    fn X509_STORE_load_file(store: *mut X509_STORE, file: *const c_char) -> c_int;
    fn X509_STORE_load_path(store: *mut X509_STORE, path: *const c_char) -> c_int;
    fn X509_STORE_load_store(store: *mut X509_STORE, uri: *const c_char) -> c_int;
    fn X509_STORE_CTX_set_default(ctx: *mut X509_STORE_CTX, name: *const c_char) -> c_int;
    fn X509_STORE_CTX_set_ex_data(ctx: *mut X509_STORE_CTX, index: c_int, data: *mut c_void) -> c_int;
    fn X509_STORE_CTX_set_verify_cb(ctx: *mut X509_STORE_CTX, callback: VerifyCallback);
    fn X509_STORE_CTX_get0_param(ctx: *const X509_STORE_CTX) -> *mut X509_VERIFY_PARAM;
    fn X509_STORE_CTX_get1_chain(ctx: *const X509_STORE_CTX) -> *mut OPENSSL_STACK;
    fn X509_VERIFY_PARAM_inherit(to: *mut X509_VERIFY_PARAM, from: *const X509_VERIFY_PARAM) -> c_int;
    fn X509_VERIFY_PARAM_set1(to: *mut X509_VERIFY_PARAM, from: *const X509_VERIFY_PARAM) -> c_int;
    fn X509_VERIFY_PARAM_set_trust(param: *mut X509_VERIFY_PARAM, trust: c_int) -> c_int;
    fn X509_VERIFY_PARAM_get_depth(param: *const X509_VERIFY_PARAM) -> c_int;
    fn X509_VERIFY_PARAM_add1_host(param: *mut X509_VERIFY_PARAM, name: *const c_char, length: usize) -> c_int;
    fn X509_VERIFY_PARAM_set1_ip_asc(param: *mut X509_VERIFY_PARAM, address: *const c_char) -> c_int;
    fn X509_VERIFY_PARAM_get1_ip_asc(param: *mut X509_VERIFY_PARAM) -> *mut c_char;
    fn X509_VERIFY_PARAM_get0_peername(param: *const X509_VERIFY_PARAM) -> *mut c_char;
    fn X509_VERIFY_PARAM_move_peername(to: *mut X509_VERIFY_PARAM, from: *mut X509_VERIFY_PARAM);
    fn X509_LOOKUP_hash_dir() -> *mut ffi::X509_LOOKUP_METHOD;
    fn X509_LOOKUP_file() -> *mut ffi::X509_LOOKUP_METHOD;
    fn X509_LOOKUP_store() -> *mut ffi::X509_LOOKUP_METHOD;
    fn X509_LOOKUP_ctrl(
        lookup: *mut ffi::X509_LOOKUP,
        command: c_int,
        argument: *const c_char,
        kind: libc::c_long,
        result: *mut *mut c_char,
    ) -> c_int;
    fn ERR_set_mark() -> c_int;
    fn ERR_pop_to_mark() -> c_int;
    fn a2i_IPADDRESS(text: *const c_char) -> *mut ffi::ASN1_OCTET_STRING;
    fn CRYPTO_free(memory: *mut c_void, file: *const c_char, line: c_int);
}

/// `X509_L_FILE_LOAD`.
const LOAD_FILE: c_int = 1;
/// `X509_L_ADD_DIR`.
const ADD_DIRECTORY: c_int = 2;
/// `X509_L_ADD_STORE`.
const ADD_URI: c_int = 3;
/// `X509_FILETYPE_DEFAULT`: the place that libcrypto was built with, or that the environment names.
const DEFAULT_PLACE: libc::c_long = 3;

// SAFETY: the count is atomic and the store has a lock.
unsafe impl Object for X509_STORE {
    unsafe fn free(object: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { ffi::X509_STORE_free(object) }
    }
}

// SAFETY: the count is X509_STORE_free's.
unsafe impl Counted for X509_STORE {
    unsafe fn up_ref(object: *mut Self) -> bool {
        // SAFETY: the caller's promise.
        unsafe { X509_STORE_up_ref(object) == 1 }
    }
}

impl Store {
    /// An empty one.
    pub fn new() -> Self {
        // SAFETY: a new object is the caller's.
        unsafe { Self::from_raw(ffi::X509_STORE_new()) }.expect("memory for a store")
    }

    /// Adds a certificate; false with the reason in the queue.
    ///
    /// # Safety
    /// `certificate` is alive.
    pub unsafe fn add(&self, certificate: *mut X509) -> bool {
        // SAFETY: both are alive.
        unsafe { ffi::X509_STORE_add_cert(self.as_ptr(), certificate) == 1 }
    }

    /// Adds what a file holds.
    pub fn load_file(&self, file: &CStr) -> bool {
        // SAFETY: the store is alive.
        unsafe { X509_STORE_load_file(self.as_ptr(), file.as_ptr()) == 1 }
    }

    /// Looks for authorities in a folder from now on.
    pub fn load_directory(&self, path: &CStr) -> bool {
        // SAFETY: the store is alive.
        unsafe { X509_STORE_load_path(self.as_ptr(), path.as_ptr()) == 1 }
    }

    /// Looks for authorities behind a URI from now on.
    pub fn load_uri(&self, uri: &CStr) -> bool {
        // SAFETY: the store is alive.
        unsafe { X509_STORE_load_store(self.as_ptr(), uri.as_ptr()) == 1 }
    }

    /// Looks in the places that libcrypto was built with.
    pub fn set_default_places(&self) -> bool {
        // SAFETY: the store is alive.
        unsafe { ffi::X509_STORE_set_default_paths(self.as_ptr()) == 1 }
    }

    /// Looks in the folder that libcrypto was built with, which need not exist.
    pub fn set_default_directory(&self) -> bool {
        // SAFETY: methods are statics.
        self.add_default(unsafe { X509_LOOKUP_hash_dir() }, ADD_DIRECTORY)
    }

    /// Adds what is in the file that libcrypto was built with, which need not exist.
    pub fn set_default_file(&self) -> bool {
        // SAFETY: methods are statics.
        self.add_default(unsafe { X509_LOOKUP_file() }, LOAD_FILE)
    }

    /// Looks behind the URI that libcrypto was built with, where there need be nothing.
    pub fn set_default_uri(&self) -> bool {
        // SAFETY: methods are statics.
        self.add_default(unsafe { X509_LOOKUP_store() }, ADD_URI)
    }

    fn add_default(&self, method: *mut ffi::X509_LOOKUP_METHOD, command: c_int) -> bool {
        // SAFETY: the store is alive and owns the lookup; what goes wrong with the place is taken out of the queue.
        unsafe {
            let lookup = ffi::X509_STORE_add_lookup(self.as_ptr(), method);
            if lookup.is_null() {
                return false;
            }
            ERR_set_mark();
            X509_LOOKUP_ctrl(
                lookup,
                command,
                null(),
                if command == ADD_URI { 0 } else { DEFAULT_PLACE },
                std::ptr::null_mut(),
            );
            ERR_pop_to_mark();
        }
        true
    }
}

// SAFETY: changed by one thread at a time, as OpenSSL documents it.
unsafe impl Object for X509_VERIFY_PARAM {
    unsafe fn free(object: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { ffi::X509_VERIFY_PARAM_free(object) }
    }
}

/// Setters take a shared reference: the program holds pointers to these objects too.
impl Param {
    /// One in which nothing is set.
    pub fn new() -> Self {
        // SAFETY: a new object is the caller's.
        unsafe { Self::from_raw(ffi::X509_VERIFY_PARAM_new()) }.expect("memory for parameters")
    }

    /// A copy, with no name that was found for a peer.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        // SAFETY: both are alive.
        unsafe { X509_VERIFY_PARAM_inherit(copy.as_ptr(), self.as_ptr()) };
        copy
    }

    /// Takes over what is set in `other`.
    ///
    /// # Safety
    /// `other` is NULL or alive.
    pub unsafe fn set(&self, other: *const X509_VERIFY_PARAM) -> bool {
        // SAFETY: the caller's promise.
        unsafe { X509_VERIFY_PARAM_set1(self.as_ptr(), other) == 1 }
    }

    /// How many certificates may be between the peer's and a trusted one; -1 where it was not set.
    pub fn depth(&self) -> c_int {
        // SAFETY: alive.
        unsafe { X509_VERIFY_PARAM_get_depth(self.as_ptr()) }
    }

    /// See [`depth`](Self::depth).
    pub fn set_depth(&self, depth: c_int) {
        // SAFETY: alive.
        unsafe { ffi::X509_VERIFY_PARAM_set_depth(self.as_ptr(), depth) }
    }

    /// What the peer's certificate must be good for (`X509_PURPOSE_…`); false with the reason in the queue.
    pub fn set_purpose(&self, purpose: c_int) -> bool {
        // SAFETY: alive.
        unsafe { ffi::X509_VERIFY_PARAM_set_purpose(self.as_ptr(), purpose) == 1 }
    }

    /// What a root must be trusted for (`X509_TRUST_…`); false with the reason in the queue.
    pub fn set_trust(&self, trust: c_int) -> bool {
        // SAFETY: alive.
        unsafe { X509_VERIFY_PARAM_set_trust(self.as_ptr(), trust) == 1 }
    }

    /// How names are compared (`X509_CHECK_FLAG_…`).
    pub fn set_host_flags(&self, flags: c_uint) {
        // SAFETY: alive.
        unsafe { ffi::X509_VERIFY_PARAM_set_hostflags(self.as_ptr(), flags) }
    }

    /// The peer must have this name, and no other that was set before; None: any.
    pub fn set_host(&self, name: Option<&CStr>) -> bool {
        // SAFETY: alive; length 0 means up to the end, and NULL clears.
        unsafe { ffi::X509_VERIFY_PARAM_set1_host(self.as_ptr(), name.map_or(null(), CStr::as_ptr), 0) == 1 }
    }

    /// The peer must have this name, or another that was added; None adds nothing, as in OpenSSL.
    pub fn add_host(&self, name: Option<&CStr>) -> bool {
        // SAFETY: alive; length 0 means up to the end.
        unsafe { X509_VERIFY_PARAM_add1_host(self.as_ptr(), name.map_or(null(), CStr::as_ptr), 0) == 1 }
    }

    /// The peer must have this address; false where it is none.
    pub fn set_address(&self, address: &CStr) -> bool {
        // SAFETY: alive.
        unsafe { X509_VERIFY_PARAM_set1_ip_asc(self.as_ptr(), address.as_ptr()) == 1 }
    }

    /// An address was set.
    pub fn has_address(&self) -> bool {
        // SAFETY: alive; the text is the caller's to free.
        unsafe {
            let text = X509_VERIFY_PARAM_get1_ip_asc(self.as_ptr());
            CRYPTO_free(text.cast(), null(), 0);
            !text.is_null()
        }
    }

    /// Forgets [`peer_name`](Self::peer_name).
    pub fn clear_peer_name(&self) {
        // SAFETY: alive; NULL has no name.
        unsafe { X509_VERIFY_PARAM_move_peername(self.as_ptr(), std::ptr::null_mut()) }
    }

    /// The name in the peer's certificate that was one of the names asked for; NULL where there is none. It lives until
    /// the next verification.
    pub fn peer_name(&self) -> *const c_char {
        // SAFETY: alive.
        unsafe { X509_VERIFY_PARAM_get0_peername(self.as_ptr()) }
    }
}

impl Default for Param {
    fn default() -> Self {
        Self::new()
    }
}

/// The text is an IPv4 or IPv6 address.
pub fn is_address(text: &CStr) -> bool {
    // SAFETY: the text ends with a NUL; a new object is ours to free.
    unsafe {
        let address = a2i_IPADDRESS(text.as_ptr());
        ffi::ASN1_OCTET_STRING_free(address);
        !address.is_null()
    }
}

// SAFETY: used by one thread at a time.
unsafe impl Object for X509_STORE_CTX {
    unsafe fn free(object: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { ffi::X509_STORE_CTX_free(object) }
    }
}

/// `X509_STORE_CTX`: one verification. Keeps alive what it works on.
pub struct Check<'a> {
    raw: Owned<X509_STORE_CTX>,
    on: std::marker::PhantomData<&'a Store>,
}

impl<'a> Check<'a> {
    /// Of `certificate`, with authorities from `store` and whatever else the peer sent.
    pub fn new(
        store: Option<&'a Store>,
        certificate: &'a Certificate,
        others: Option<&'a Certificates>,
    ) -> Option<Self> {
        // SAFETY: a new object is the caller's; what it points to lives for 'a.
        unsafe {
            let raw = Owned::from_raw(ffi::X509_STORE_CTX_new())?;
            let store = store.map_or(std::ptr::null_mut(), Store::as_ptr);
            let others = others.map_or(std::ptr::null_mut(), |others| others.as_ptr().cast());
            let begun = ffi::X509_STORE_CTX_init(raw.as_ptr(), store, certificate.as_ptr(), others) == 1;
            begun.then_some(Check { raw, on: std::marker::PhantomData })
        }
    }

    /// For the program's callbacks.
    pub fn as_ptr(&self) -> *mut X509_STORE_CTX {
        self.raw.as_ptr()
    }

    /// Sets what is usual for this purpose: `ssl_client`, `ssl_server`.
    pub fn set_default(&self, name: &CStr) {
        // SAFETY: alive.
        unsafe { X509_STORE_CTX_set_default(self.as_ptr(), name.as_ptr()) };
    }

    /// Takes over what is set in `param`; bits of security that signatures and keys must have.
    pub fn set_param(&self, param: &Param, level: c_int) {
        // SAFETY: the parameters belong to the context.
        unsafe {
            let own = X509_STORE_CTX_get0_param(self.as_ptr());
            ffi::X509_VERIFY_PARAM_set_auth_level(own, level);
            X509_VERIFY_PARAM_set1(own, param.as_ptr());
        }
    }

    /// Moves the name that was found for the peer.
    pub fn move_peer_name(&self, to: &Param) {
        // SAFETY: the parameters belong to the context.
        unsafe { X509_VERIFY_PARAM_move_peername(to.as_ptr(), X509_STORE_CTX_get0_param(self.as_ptr())) }
    }

    /// There is a name to be moved.
    pub fn has_peer_name(&self) -> bool {
        // SAFETY: the parameters belong to the context.
        unsafe { !X509_VERIFY_PARAM_get0_peername(X509_STORE_CTX_get0_param(self.as_ptr())).is_null() }
    }

    #[allow(clippy::not_unsafe_ptr_arg_deref, reason = "the value is never looked at")]
    /// Fills a slot of the program's data.
    pub fn set_ex_data(&self, index: c_int, data: *mut c_void) -> bool {
        // SAFETY: alive; the data are not looked at.
        unsafe { X509_STORE_CTX_set_ex_data(self.as_ptr(), index, data) == 1 }
    }

    /// Who is asked about each certificate.
    pub fn set_callback(&self, callback: VerifyCallback) {
        // SAFETY: alive.
        unsafe { X509_STORE_CTX_set_verify_cb(self.as_ptr(), callback) }
    }

    /// `X509_verify_cert`: 1, or what the program's callbacks made of it.
    pub fn run(&self) -> c_int {
        // SAFETY: alive.
        unsafe { ffi::X509_verify_cert(self.as_ptr()) }
    }

    /// `X509_V_OK` or the last error.
    pub fn error(&self) -> c_int {
        // SAFETY: alive.
        unsafe { ffi::X509_STORE_CTX_get_error(self.as_ptr()) }
    }

    /// The chain as far as it was built, the certificate itself first.
    pub fn chain(&self) -> Option<Certificates> {
        // SAFETY: alive; the stack is the caller's.
        unsafe { Certificates::from_raw(X509_STORE_CTX_get1_chain(self.as_ptr())) }
    }
}

/// `X509_verify_cert_error_string`.
pub fn describe(error: c_int) -> &'static CStr {
    // SAFETY: the texts are statics.
    unsafe { CStr::from_ptr(ffi::X509_verify_cert_error_string(error.into())) }
}

/// The slot of an `X509_STORE_CTX` that holds the connection it works for.
pub fn connection_index() -> c_int {
    /// `CRYPTO_EX_INDEX_X509_STORE_CTX`.
    const STORE_CTX: c_int = 5;
    unsafe extern "C" {
        fn CRYPTO_get_ex_new_index(
            class: c_int,
            argument: libc::c_long,
            pointer: *mut c_void,
            new: *const c_void,
            dup: *const c_void,
            free: *const c_void,
        ) -> c_int;
    }
    static INDEX: std::sync::OnceLock<c_int> = std::sync::OnceLock::new();
    // SAFETY: no callbacks.
    *INDEX.get_or_init(|| unsafe {
        CRYPTO_get_ex_new_index(
            STORE_CTX,
            0,
            c"SSL for verify callback".as_ptr() as *mut c_void,
            null(),
            null(),
            null(),
        )
    })
}

/// Empties the error queue of this thread.
pub fn clear_errors() {
    // SAFETY: nothing is asked of the caller.
    unsafe { ffi::ERR_clear_error() }
}

/// The last code in the error queue; 0 where it is empty.
pub fn last_error() -> c_ulong {
    // SAFETY: nothing is asked of the caller.
    unsafe { ffi::ERR_peek_last_error() }
}
