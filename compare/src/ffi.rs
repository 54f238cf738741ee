//! A real libssl, loaded at run time: here and in the files below is all that is unsafe in this program.
//!
//! | file | what it wraps |
//! |---|---|
//! | `ffi.rs` | the library and its functions |
//! | `ffi/context.rs` | `SSL_CTX` |
//! | `ffi/connection.rs` | `SSL`, and the wire that it is on |

mod connection;
mod context;

pub use connection::{Connection, Returned};
pub use context::{CERTIFICATE, Context, KEY};

use sslmode_engine::Dialect;
use std::ffi::{CStr, CString, c_char, c_int, c_long, c_ulong, c_void};
use std::path::{Path, PathBuf};

type Ptr = *mut c_void;
type Make = unsafe extern "C" fn(Ptr) -> Ptr;
type Free = unsafe extern "C" fn(Ptr);
type Ask = unsafe extern "C" fn(Ptr) -> c_int;
type AskInt = unsafe extern "C" fn(Ptr, c_int) -> c_int;
type Use = unsafe extern "C" fn(Ptr, Ptr) -> c_int;
type Data = unsafe extern "C" fn(Ptr, *mut c_void, c_int) -> c_int;
type Ctrl = unsafe extern "C" fn(Ptr, c_int, c_long, Ptr) -> c_long;
type ReadPem = unsafe extern "C" fn(Ptr, Ptr, Ptr, Ptr) -> Ptr;
type Mask = unsafe extern "C" fn(Ptr, u32) -> u32;

const CTRL_MODE: c_int = 33;

/// The protocol of a connection and the cipher that makes its records of a known size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TLS 1.0 with RC4, for 0.9.8.
    Tls10,
    /// TLS 1.0 with AES in CBC mode, where an empty record goes before the data.
    Tls10Cbc,
    /// TLS 1.2 with AES-GCM.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl Protocol {
    /// As it goes over the wire.
    pub fn number(self) -> u16 {
        match self {
            Protocol::Tls10 | Protocol::Tls10Cbc => 0x0301,
            Protocol::Tls12 => 0x0303,
            Protocol::Tls13 => 0x0304,
        }
    }

    /// The ciphers to ask for, where that decides the size of a record.
    pub fn ciphers(self) -> Option<&'static CStr> {
        match self {
            Protocol::Tls10 => Some(c"RC4-SHA"),
            Protocol::Tls10Cbc => Some(c"AES128-SHA"),
            Protocol::Tls12 => Some(c"AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"),
            Protocol::Tls13 => None,
        }
    }
}

/// A libssl and its functions; those that not every version has are options.
pub struct Host {
    path: PathBuf,
    version: String,
    /// What our own libssl says of itself.
    own_dialect: Option<&'static Dialect>,
    method: Ptr,
    ctx_new: Make,
    ctx_free: Free,
    ctx_ctrl: Option<Ctrl>,
    ctx_set_cipher_list: unsafe extern "C" fn(Ptr, *const c_char) -> c_int,
    ctx_set_min_version: Option<unsafe extern "C" fn(Ptr, u16) -> c_int>,
    ctx_set_max_version: Option<unsafe extern "C" fn(Ptr, u16) -> c_int>,
    ctx_set_num_tickets: Option<unsafe extern "C" fn(Ptr, usize) -> c_int>,
    ctx_set_options: Option<unsafe extern "C" fn(Ptr, c_ulong) -> c_ulong>,
    ctx_set_security_level: Option<unsafe extern "C" fn(Ptr, c_int)>,
    ctx_use_certificate: Use,
    ctx_use_private_key: Use,
    ctx_get_mode: Option<unsafe extern "C" fn(Ptr) -> u32>,
    ctx_set_mode: Option<Mask>,
    ssl_new: Make,
    ssl_free: Free,
    ssl_ctrl: Option<Ctrl>,
    ssl_set_mode: Option<Mask>,
    ssl_clear_mode: Option<Mask>,
    set_max_send_fragment: Option<unsafe extern "C" fn(Ptr, usize) -> c_int>,
    set_bio: unsafe extern "C" fn(Ptr, Ptr, Ptr),
    set_connect_state: Free,
    set_accept_state: Free,
    set_read_ahead: Option<unsafe extern "C" fn(Ptr, c_int)>,
    do_handshake: Ask,
    read: Data,
    write: Data,
    write_ex: Option<unsafe extern "C" fn(Ptr, *const c_void, usize, *mut usize) -> c_int>,
    get_error: AskInt,
    want: Ask,
    key_update: Option<AskInt>,
    renegotiate: Option<Ask>,
    send_alert: Option<unsafe extern "C" fn(Ptr, c_int, c_int) -> c_int>,
    bio_new_bio_pair: unsafe extern "C" fn(*mut Ptr, usize, *mut Ptr, usize) -> c_int,
    bio_new_socket: unsafe extern "C" fn(c_int, c_int) -> Ptr,
    bio_new_mem_buf: unsafe extern "C" fn(*const c_void, c_int) -> Ptr,
    bio_free: Ask,
    bio_read: Data,
    bio_write: Data,
    bio_ctrl: Ctrl,
    bio_pending: unsafe extern "C" fn(Ptr) -> usize,
    read_certificate: ReadPem,
    read_key: ReadPem,
    free_certificate: Free,
    free_key: Free,
    clear_errors: unsafe extern "C" fn(),
    peek_error: unsafe extern "C" fn() -> c_ulong,
}

/// Open `dlopen` handles: of a libssl, and of what stands in front of it.
struct Library {
    libssl: Ptr,
    front: Option<Ptr>,
}

impl Library {
    fn open(path: &Path, front: Option<&Path>) -> Result<Library, String> {
        let front = front.map(|front| Library::open_one(front, "library")).transpose()?;
        Ok(Library { libssl: Library::open_one(path, "libssl")?, front })
    }

    fn open_one(path: &Path, kind: &str) -> Result<Ptr, String> {
        let name = CString::new(path.as_os_str().as_encoded_bytes()).map_err(|_| "a path with a zero byte")?;
        // SAFETY: the name is a C string. A libssl runs no code at loading that would depend on this program.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if handle.is_null() {
            // SAFETY: dlopen failed, so there is a message, a C string that lives until the next call of its kind.
            let message = unsafe { CStr::from_ptr(libc::dlerror()) };
            return Err(format!("{}: expected a {kind}: {}", path.display(), message.to_string_lossy()));
        }
        Ok(handle)
    }

    /// The function of this name that a program would call which is linked with the libssl: what stands in front has
    /// some of its functions, and others of its own.
    ///
    /// # Safety
    /// `T` is the type of a pointer to the function that every libssl has under this name.
    unsafe fn find<T: Copy>(&self, name: &str) -> Option<T> {
        const { assert!(size_of::<T>() == size_of::<Ptr>()) };
        let name = CString::new(name).ok()?;
        // SAFETY: the handle is open and the name a C string.
        let look_up = |library| unsafe { libc::dlsym(library, name.as_ptr()) };
        let own = look_up(self.libssl);
        let address = match self.front.map(look_up) {
            Some(in_front) if !own.is_null() && !in_front.is_null() => in_front,
            _ => own,
        };
        // SAFETY: as large as a pointer, and of the right type as the caller says.
        (!address.is_null()).then(|| unsafe { std::mem::transmute_copy(&address) })
    }

    /// The same, which must be there.
    ///
    /// # Safety
    /// As for [`Library::find`].
    unsafe fn get<T: Copy>(&self, name: &str) -> Result<T, String> {
        // SAFETY: the caller's promise.
        unsafe { self.find(name) }.ok_or_else(|| format!("expected a libssl with {name}"))
    }
}

impl Host {
    /// Loads a libssl and readies it.
    ///
    /// # Errors
    /// What of it is not as in a libssl.
    pub fn load(path: &Path) -> Result<Host, String> {
        Host::load_behind(path, None)
    }

    /// The same, called through the library that stands in front of it.
    ///
    /// # Errors
    /// As for [`Host::load`].
    pub fn load_behind(path: &Path, front: Option<&Path>) -> Result<Host, String> {
        let library = Library::open(path, front)?;
        initialize(&library);
        Host::look_up(&library, path).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn look_up(l: &Library, path: &Path) -> Result<Host, String> {
        // SAFETY: the types are those of the functions' declarations in <openssl/ssl.h>, <openssl/bio.h>,
        // <openssl/pem.h> and <openssl/err.h>, up to int for enumerations and void for structures. `SSL_ctrl` and
        // its like are macros where they are not found.
        unsafe {
            let method: Option<unsafe extern "C" fn() -> Ptr> = l.find("TLS_method").or(l.find("SSLv23_method"));
            let version: Option<unsafe extern "C" fn(c_int) -> *const c_char> =
                l.find("OpenSSL_version").or(l.find("SSLeay_version"));
            let own_dialect = l.find::<unsafe extern "C" fn() -> *const c_char>("sslmode_dialect");
            let own_dialect = own_dialect.map(|name| CStr::from_ptr(name()).to_string_lossy());
            Ok(Host {
                path: path.to_owned(),
                own_dialect: own_dialect.and_then(|name| Dialect::by_name(&name)),
                version: CStr::from_ptr(version.ok_or("expected OpenSSL_version")?(0)).to_string_lossy().into_owned(),
                method: method.ok_or("expected TLS_method or SSLv23_method")?(),
                ctx_new: l.get("SSL_CTX_new")?,
                ctx_free: l.get("SSL_CTX_free")?,
                ctx_ctrl: l.find("SSL_CTX_ctrl"),
                ctx_set_cipher_list: l.get("SSL_CTX_set_cipher_list")?,
                ctx_set_min_version: l.find("SSL_CTX_set_min_proto_version"),
                ctx_set_max_version: l.find("SSL_CTX_set_max_proto_version"),
                ctx_set_num_tickets: l.find("SSL_CTX_set_num_tickets"),
                ctx_set_options: l.find("SSL_CTX_set_options"),
                ctx_set_security_level: l.find("SSL_CTX_set_security_level"),
                ctx_use_certificate: l.get("SSL_CTX_use_certificate")?,
                ctx_use_private_key: l.get("SSL_CTX_use_PrivateKey")?,
                ctx_get_mode: l.find("SSL_CTX_get_mode"),
                ctx_set_mode: l.find("SSL_CTX_set_mode"),
                ssl_new: l.get("SSL_new")?,
                ssl_free: l.get("SSL_free")?,
                ssl_ctrl: l.find("SSL_ctrl"),
                ssl_set_mode: l.find("SSL_set_mode"),
                ssl_clear_mode: l.find("SSL_clear_mode"),
                set_max_send_fragment: l.find("SSL_set_max_send_fragment"),
                set_bio: l.get("SSL_set_bio")?,
                set_connect_state: l.get("SSL_set_connect_state")?,
                set_accept_state: l.get("SSL_set_accept_state")?,
                set_read_ahead: l.find("SSL_set_read_ahead"),
                do_handshake: l.get("SSL_do_handshake")?,
                read: l.get("SSL_read")?,
                write: l.get("SSL_write")?,
                write_ex: l.find("SSL_write_ex"),
                get_error: l.get("SSL_get_error")?,
                want: l.get("SSL_want")?,
                key_update: l.find("SSL_key_update"),
                renegotiate: l.find("SSL_renegotiate"),
                send_alert: l.find("ssl3_send_alert"),
                bio_new_bio_pair: l.get("BIO_new_bio_pair")?,
                bio_new_socket: l.get("BIO_new_socket")?,
                bio_new_mem_buf: l.get("BIO_new_mem_buf")?,
                bio_free: l.get("BIO_free")?,
                bio_read: l.get("BIO_read")?,
                bio_write: l.get("BIO_write")?,
                bio_ctrl: l.get("BIO_ctrl")?,
                bio_pending: l.get("BIO_ctrl_pending")?,
                read_certificate: l.get("PEM_read_bio_X509")?,
                read_key: l.get("PEM_read_bio_PrivateKey")?,
                free_certificate: l.get("X509_free")?,
                free_key: l.get("EVP_PKEY_free")?,
                clear_errors: l.get("ERR_clear_error")?,
                peek_error: l.get("ERR_peek_error")?,
            })
        }
    }

    /// Where it was loaded from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// As its libcrypto calls itself.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its dialect: of its version, or the one that our own libssl follows.
    ///
    /// # Errors
    /// When the version is unknown.
    pub fn dialect(&self) -> Result<&'static Dialect, String> {
        let unknown = || format!("expected a version text such as \"OpenSSL 3.0.19\", got \"{}\"", self.version);
        self.own_dialect.or_else(|| Dialect::of_version(&self.version)).ok_or_else(unknown)
    }

    /// Whether it is our own libssl, which has the same protocols in every dialect.
    pub fn is_ours(&self) -> bool {
        self.own_dialect.is_some()
    }

    /// The protocol of most rows of COMPAT.md.
    pub fn usual_protocol(&self, dialect: &Dialect) -> Protocol {
        if dialect.name == "openssl-0.9.8" && !self.is_ours() { Protocol::Tls10 } else { Protocol::Tls12 }
    }

    /// Whether it can make a TLS 1.3 key update.
    pub fn has_key_update(&self) -> bool {
        self.key_update.is_some()
    }

    /// Whether it has `SSL_write_ex` (1.1.1 and later).
    pub fn has_write_ex(&self) -> bool {
        self.write_ex.is_some()
    }

    /// Whether it lets the size of records be limited.
    pub fn has_fragment_limit(&self) -> bool {
        // The command came with 1.0.0.
        self.set_max_send_fragment.is_some() || (self.ssl_ctrl.is_some() && !self.version.contains(" 0.9."))
    }

    /// Whether it can send a heartbeat (1.0.1 and 1.0.2).
    pub fn has_heartbeat(&self) -> bool {
        self.version.starts_with("OpenSSL 1.0.") && !self.is_ours()
    }

    /// Whether it lets a program send an alert of its choice (it is no part of the interface).
    pub fn has_alert(&self) -> bool {
        self.send_alert.is_some()
    }

    /// Whether it can begin a renegotiation. Ours has the function, which fails.
    pub fn has_renegotiation(&self) -> bool {
        self.renegotiate.is_some() && self.ssl_ctrl.is_some() && !self.is_ours()
    }

    /// The first error of the queue: its library and reason.
    pub fn error(&self) -> Option<(i32, i32)> {
        // SAFETY: no arguments.
        let error = unsafe { (self.peek_error)() };
        // From 3.0 on there is no function's number between the two, and a system error has a bit of its own.
        let split = match self.version.split([' ', '.']).nth(1).and_then(|major| major.parse().ok()) {
            Some(3u32..) if self.version.starts_with("OpenSSL") => (error >> 23 & 0xff, error & 0x7f_ffff),
            _ => (error >> 24 & 0xff, error & 0xfff),
        };
        (error != 0).then_some((split.0 as i32, split.1 as i32))
    }

    fn clear_errors(&self) {
        // SAFETY: no arguments.
        unsafe { (self.clear_errors)() }
    }

    fn ctrl(function: Option<Ctrl>, handle: Ptr, command: c_int, argument: c_long) -> c_long {
        // SAFETY: a live handle of this host, as everywhere in this file; none of these commands uses the pointer.
        function.map_or(0, |ctrl| unsafe { ctrl(handle, command, argument, std::ptr::null_mut()) })
    }
}

fn initialize(library: &Library) {
    // SAFETY: the types are those of the declarations; neither has a condition. The compression methods of a libssl
    // with zlib are a stack that belongs to it, and `sk_zero` empties a stack: records then have a known size.
    unsafe {
        if let Some(init) = library.find::<unsafe extern "C" fn() -> c_int>("SSL_library_init") {
            init();
        } else if let Some(init) = library.find::<unsafe extern "C" fn(u64, Ptr) -> c_int>("OPENSSL_init_ssl") {
            init(0, std::ptr::null_mut());
        }
        let methods = library.find::<unsafe extern "C" fn() -> Ptr>("SSL_COMP_get_compression_methods");
        if let (Some(methods), Some(zero)) = (methods, library.find::<Free>("sk_zero")) {
            let stack = methods();
            if !stack.is_null() {
                zero(stack);
            }
        }
    }
}
