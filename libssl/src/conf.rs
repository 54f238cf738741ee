//! `SSL_CONF_CTX`: settings as text, from a file or a command line (`SSL_CONF_cmd(3)`).

mod commands;
mod words;

use crate::context::Context;
use crate::error::{self, Reason};
use crate::method::Method;
use crate::settings::Settings;
use crate::ssl::Ssl;
pub use commands::Kind;
use libc::c_uint;
use std::ffi::CString;
use std::ptr::NonNull;

/// `SSL_CONF_FLAG_…`.
pub mod flag {
    use libc::c_uint;
    /// Commands are switches of a command line.
    pub const CMDLINE: c_uint = 1;
    /// Commands are words of a file.
    pub const FILE: c_uint = 2;
    /// Those for clients.
    pub const CLIENT: c_uint = 4;
    /// Those for servers.
    pub const SERVER: c_uint = 8;
    /// What is wrong goes into the error queue.
    pub const SHOW_ERRORS: c_uint = 0x10;
    /// Those for certificates.
    pub const CERTIFICATE: c_uint = 0x20;
    /// A certificate needs a key: that of the same file where none was given.
    pub const REQUIRE_PRIVATE: c_uint = 0x40;
}

/// See the module.
#[derive(Default)]
pub struct Conf {
    /// `SSL_CONF_FLAG_…`.
    pub flags: c_uint,
    /// What every command begins with.
    pub prefix: Option<String>,
    target: Target,
    /// The file of the last certificate, while no key was given.
    certificate: Option<CString>,
}

/// What is changed. As OpenSSL's, it holds no reference: the program keeps the handle alive.
#[derive(Clone, Copy, Default)]
enum Target {
    #[default]
    Nothing,
    Context(NonNull<Context>),
    Connection(NonNull<Ssl>),
}

/// What is changed, at hand.
enum Handle<'a> {
    Context(&'a Context),
    Connection(&'a Ssl),
}

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such command.
    Unknown,
    /// The value is wrong.
    Value,
    /// There is no value.
    Missing,
}

/// What became of a command: how many words it took.
pub type Outcome = Result<u8, Refused>;

impl Conf {
    /// `SSL_CONF_CTX_set_ssl_ctx`; None: only the syntax is looked at.
    pub fn set_context(&mut self, ctx: Option<&Context>) {
        self.target = ctx.map_or(Target::Nothing, |ctx| Target::Context(NonNull::from(ctx)));
        self.certificate = None;
    }

    /// `SSL_CONF_CTX_set_ssl`; None: only the syntax is looked at.
    pub fn set_connection(&mut self, ssl: Option<&Ssl>) {
        self.target = ssl.map_or(Target::Nothing, |ssl| Target::Connection(NonNull::from(ssl)));
        self.certificate = None;
    }

    fn handle(&self) -> Option<Handle<'_>> {
        // SAFETY: the program keeps the handle alive for as long as it is set here (SSL_CONF_CTX_set_ssl_ctx(3)).
        unsafe {
            match self.target {
                Target::Nothing => None,
                Target::Context(ctx) => Some(Handle::Context(ctx.as_ref())),
                Target::Connection(ssl) => Some(Handle::Connection(ssl.as_ref())),
            }
        }
    }

    /// Changes the settings; without any the answer is `untouched`.
    fn change<R>(&self, untouched: R, change: impl FnOnce(&mut Settings, &Method) -> R) -> R {
        match self.handle() {
            None => untouched,
            Some(Handle::Context(ctx)) => ctx.change(|settings| change(settings, ctx.method)),
            Some(Handle::Connection(ssl)) => {
                let method = ssl.context().method;
                ssl.change(|settings| change(settings, method))
            }
        }
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// See [`Refused`]; with [`flag::SHOW_ERRORS`] the reason is in the queue.
    pub fn command(&mut self, command: &str, value: Option<&str>) -> Outcome {
        let found = self.without_prefix(command).and_then(|name| commands::find(self.flags, name));
        let outcome = match found {
            None => Err(Refused::Unknown),
            Some(found) => self.carry_out(found, value),
        };
        if self.flags & flag::SHOW_ERRORS != 0 {
            match outcome {
                Err(Refused::Unknown) => error::put(Reason::UNKNOWN_CMD_NAME),
                Err(Refused::Value | Refused::Missing) => error::put(Reason::BAD_VALUE),
                Ok(_) => {}
            }
        }
        outcome
    }

    /// What kind of value a command takes.
    pub fn kind(&self, command: &str) -> Kind {
        let found = self.without_prefix(command).and_then(|name| commands::find(self.flags, name));
        found.map_or(Kind::Unknown, |found| found.kind)
    }

    /// `SSL_CONF_CTX_finish`: a certificate without a key looks for it in its own file.
    pub fn finish(&mut self) -> bool {
        match self.certificate.take() {
            Some(file) if self.flags & flag::REQUIRE_PRIVATE != 0 => self.load_key(&file),
            _ => true,
        }
    }

    fn without_prefix<'a>(&self, command: &'a str) -> Option<&'a str> {
        let is_switch = self.flags & flag::CMDLINE != 0;
        let Some(prefix) = &self.prefix else {
            return if is_switch { command.strip_prefix('-').filter(|rest| !rest.is_empty()) } else { Some(command) };
        };
        let (start, rest) = command.split_at_checked(prefix.len())?;
        let is_same = if is_switch { start == prefix } else { start.eq_ignore_ascii_case(prefix) };
        (is_same && !rest.is_empty()).then_some(rest)
    }
}
