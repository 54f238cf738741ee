//! One libssl: its version, its dialect, its functions.

use super::below::Below;
use super::calls::Calls;
use super::object::{Library, Object};
use crate::hooks::BioMethod;
use crate::openssl::{CTRL_CLEAR_MODE, CTRL_MODE, Ctrl, Handle, ModeCall, ssl_ctx_st, ssl_st};
use libc::{c_char, c_int, c_long};
use sslmode_engine::Dialect;
use sslmode_engine::dialect::{BORINGSSL, Interface, OPENSSL_4};
use std::ffi::CStr;
use std::fmt;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::AtomicBool;

/// A function that every libssl exports and this library never will: whoever has it is a libssl, and what it means to
/// an object is the libssl that this object uses.
pub const WITNESS: &CStr = c"SSL_get_SSL_CTX";

/// A libssl in this process. It is never unloaded once it is met.
pub struct Host {
    /// The path that it was loaded from, for people.
    pub path: String,
    /// As it calls itself: `OpenSSL 1.0.2k  26 Jan 2017`.
    pub version: String,
    /// What it makes of masks.
    pub dialect: &'static Dialect,
    /// Whether it is this project's own libssl, which follows `profile` itself.
    pub is_ours: bool,
    /// Its functions.
    pub calls: Calls,
    /// Those that faults and the check need.
    pub below: Below,
    /// The method of the BIOs that faults put in between, once it was made.
    pub between: BioMethod,
    /// Whether it made a context that a program asked for through us.
    pub(super) made_context: AtomicBool,
    pub(super) births: super::births::Watch,
    range: Range<usize>,
    modes: ModeFunctions,
}

/// The functions that read and change modes; see [`Interface`].
enum ModeFunctions {
    Ctrl { context: Ctrl<ssl_ctx_st>, connection: Ctrl<ssl_st> },
    Own { context: OwnModes<ssl_ctx_st>, connection: OwnModes<ssl_st> },
}

/// `uint32_t SSL_set_mode(SSL *, uint32_t)` and its sisters; the register's upper half is undefined, so it is taken as
/// a whole and cut by the dialect.
struct OwnModes<T> {
    set: unsafe extern "C" fn(*mut T, u32) -> c_long,
    clear: unsafe extern "C" fn(*mut T, u32) -> c_long,
    get: unsafe extern "C" fn(*const T) -> c_long,
}

/// Why an object is no host.
#[derive(Debug)]
pub enum NoHost {
    /// Neither it nor what it depends on is a libssl.
    NotLibssl,
    /// More libssls are in use than can be told apart.
    TooMany,
    /// A libssl without the functions that reach its modes.
    ModesMissing(String),
}

impl fmt::Display for NoHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoHost::NotLibssl => f.write_str("it neither is nor uses a libssl"),
            NoHost::TooMany => write!(f, "there are more than {} libssls", super::registry::ROOM),
            NoHost::ModesMissing(path) => {
                write!(f, "expected SSL_ctrl or SSL_set_mode, and the same for SSL_CTX, in {path}: not there")
            }
        }
    }
}

/// The libssl that `object` is or uses, as an object.
pub fn libssl_of(object: &Object) -> Result<Object, NoHost> {
    let library = object.open().ok_or(NoHost::NotLibssl)?;
    libssl_in(&library)
}

/// The libssl that this library is or uses, as an object.
pub fn libssl_in(library: &Library) -> Result<Object, NoHost> {
    let witness = library.symbol(WITNESS).ok_or(NoHost::NotLibssl)?;
    Object::holding(witness.addr()).ok_or(NoHost::NotLibssl)
}

impl Host {
    /// The host that this object, a libssl, is.
    pub fn new(object: &Object) -> Result<Host, NoHost> {
        let library = object.open().ok_or(NoHost::NotLibssl)?;
        let path = path_of(object);
        let calls = Calls::of(&library);
        let modes = ModeFunctions::of(&library, &calls).ok_or_else(|| NoHost::ModesMissing(path.clone()))?;
        let below = Below::of(&library);
        let version = version_of(&library);
        let own = own_dialect(&library);
        let dialect = own.or_else(|| Dialect::of_version(&version)).unwrap_or_else(|| modes.likely_dialect());
        let births = super::births::Watch::of(&library);
        library.pin();
        Ok(Host {
            path,
            version,
            dialect,
            is_ours: own.is_some(),
            calls,
            below,
            between: BioMethod::default(),
            made_context: AtomicBool::new(false),
            births,
            range: object.range.clone(),
            modes,
        })
    }

    /// Whether this libssl holds `address`.
    pub fn holds(&self, address: usize) -> bool {
        self.range.contains(&address)
    }

    /// What a mode call answers on a handle that this libssl owns.
    #[inline]
    pub fn mode_call(&self, handle: Handle, call: ModeCall) -> c_long {
        let call = match call {
            ModeCall::Set(mask) => ModeCall::Set(self.dialect.argument(mask)),
            ModeCall::Clear(mask) => ModeCall::Clear(self.dialect.argument(mask)),
            ModeCall::Get => ModeCall::Get,
        };
        // SAFETY: the program's handle is alive, as every mode call asks, and this libssl owns it.
        self.dialect.answer(unsafe { self.modes.call(handle, call) })
    }
}

impl ModeFunctions {
    fn of(library: &Library, calls: &Calls) -> Option<ModeFunctions> {
        if let (Some(context), Some(connection)) = (calls.context_ctrl, calls.connection_ctrl) {
            return Some(ModeFunctions::Ctrl { context, connection });
        }
        // SAFETY: BoringSSL and AWS-LC, the libssls without SSL_ctrl, declare these names with these types.
        unsafe {
            Some(ModeFunctions::Own {
                context: OwnModes {
                    set: function(library, c"SSL_CTX_set_mode")?,
                    clear: function(library, c"SSL_CTX_clear_mode")?,
                    get: function(library, c"SSL_CTX_get_mode")?,
                },
                connection: OwnModes {
                    set: function(library, c"SSL_set_mode")?,
                    clear: function(library, c"SSL_clear_mode")?,
                    get: function(library, c"SSL_get_mode")?,
                },
            })
        }
    }

    /// # Safety
    /// The handle is alive, and the libssl of these functions made it.
    #[inline]
    unsafe fn call(&self, handle: Handle, call: ModeCall) -> c_long {
        // SAFETY: the caller's promise is what each of these functions asks for.
        unsafe {
            match self {
                ModeFunctions::Ctrl { context, connection } => {
                    let (command, mask) = match call {
                        ModeCall::Set(mask) => (CTRL_MODE, mask),
                        ModeCall::Clear(mask) => (CTRL_CLEAR_MODE, mask),
                        ModeCall::Get => (CTRL_MODE, 0),
                    };
                    match handle {
                        Handle::Context(ctx) => context(ctx, command, mask, ptr::null_mut()),
                        Handle::Connection(ssl) => connection(ssl, command, mask, ptr::null_mut()),
                    }
                }
                ModeFunctions::Own { context, connection } => match handle {
                    Handle::Context(ctx) => context.call(ctx, call),
                    Handle::Connection(ssl) => connection.call(ssl, call),
                },
            }
        }
    }

    /// For a libssl whose version text is not known: the newest that is reached in the same way.
    fn likely_dialect(&self) -> &'static Dialect {
        let interface = match self {
            ModeFunctions::Ctrl { .. } => Interface::Ctrl,
            ModeFunctions::Own { .. } => Interface::Functions,
        };
        if interface == OPENSSL_4.interface.value { &OPENSSL_4 } else { &BORINGSSL }
    }
}

impl<T> OwnModes<T> {
    /// # Safety
    /// The handle is alive, and the libssl of these functions made it.
    unsafe fn call(&self, handle: *mut T, call: ModeCall) -> c_long {
        // SAFETY: the caller's promise. The dialect has cut the mask to 32 bits, so the cast loses nothing.
        unsafe {
            match call {
                ModeCall::Set(mask) => (self.set)(handle, mask as u32),
                ModeCall::Clear(mask) => (self.clear)(handle, mask as u32),
                ModeCall::Get => (self.get)(handle),
            }
        }
    }
}

/// The function `name` of `library`, as a function pointer of type `F`.
///
/// # Safety
/// `F` is a function pointer type, and the function's own.
pub unsafe fn function<F: Copy>(library: &Library, name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut ()>()) };
    // SAFETY: a function pointer has the size of the address, and the caller promises its type.
    library.symbol(name).map(|address| unsafe { std::mem::transmute_copy::<*mut (), F>(&address) })
}

/// What our own libssl says of itself: its version text is its libcrypto's, and it may follow the rules of another
/// version.
fn own_dialect(library: &Library) -> Option<&'static Dialect> {
    // SAFETY: only our libssl has this name, and declares it so.
    let dialect: unsafe extern "C" fn() -> *const c_char = unsafe { function(library, c"sslmode_dialect") }?;
    // SAFETY: it has no arguments.
    let name = unsafe { dialect() };
    // SAFETY: it is a string of that library's, which is open here.
    (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }).and_then(|name| Dialect::by_name(name.to_str().ok()?))
}

fn version_of(library: &Library) -> String {
    type Version = unsafe extern "C" fn(c_int) -> *const c_char;
    // SAFETY: both are declared so; SSLeay_version is the name up to 1.0.2.
    let function: Option<Version> =
        unsafe { function(library, c"OpenSSL_version").or_else(|| function(library, c"SSLeay_version")) };
    let text = function.map_or(ptr::null(), |version| {
        // SAFETY: 0 asks for the version line in all of them.
        unsafe { version(0) }
    });
    match text.is_null() {
        true => String::from("a libssl that does not name its version"),
        // SAFETY: it is a string of that library's, which is pinned or open here.
        false => unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned(),
    }
}

fn path_of(object: &Object) -> String {
    match object.is_main_program() {
        true => String::from("the main program"),
        false => object.name.to_string_lossy().into_owned(),
    }
}
