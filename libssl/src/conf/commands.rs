//! The commands that there are, and what each does.

use super::flag::{CERTIFICATE, CLIENT, CMDLINE, FILE, SERVER};
use super::words::{self, OPTIONS, PROTOCOLS, SWITCHES, VERIFY_MODES, Word};
use super::{Conf, Handle, Outcome, Refused};
use crate::certificates::load;
use crate::settings::choices::Bound;
use crate::settings::{Settings, groups, signatures};
use libc::{c_int, c_uint};
use std::ffi::{CStr, CString};
use std::sync::Arc;

/// `SSL_CONF_TYPE_…`: what kind of value a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Kind {
    /// No such command.
    Unknown = 0,
    /// Text.
    String = 1,
    /// The name of a file.
    File = 2,
    /// The name of a folder.
    Directory = 3,
    /// None.
    None = 4,
}

struct Command {
    in_file: &'static str,
    on_line: &'static str,
    needs: c_uint,
    kind: Kind,
    what: What,
}

/// A command that was found.
#[derive(Clone, Copy)]
pub struct Found {
    /// What kind of value it takes.
    pub kind: Kind,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Switch(&'static Word),
    SignatureAlgorithms,
    ClientSignatureAlgorithms,
    Groups,
    OneGroup,
    CipherString,
    Ciphersuites,
    Protocol,
    Bound(Bound),
    Options,
    VerifyMode,
    Certificate,
    PrivateKey,
    NumTickets,
    RecordPadding,
}

const fn text(in_file: &'static str, on_line: &'static str, needs: c_uint, what: What) -> Command {
    Command { in_file, on_line, needs, kind: Kind::String, what }
}

const fn file(in_file: &'static str, on_line: &'static str, what: What) -> Command {
    Command { in_file, on_line, needs: CERTIFICATE, kind: Kind::File, what }
}

static COMMANDS: &[Command] = &[
    text("SignatureAlgorithms", "sigalgs", 0, What::SignatureAlgorithms),
    text("ClientSignatureAlgorithms", "client_sigalgs", 0, What::ClientSignatureAlgorithms),
    text("Curves", "curves", 0, What::Groups),
    text("Groups", "groups", 0, What::Groups),
    text("ECDHParameters", "named_curve", SERVER, What::OneGroup),
    text("CipherString", "cipher", 0, What::CipherString),
    text("Ciphersuites", "ciphersuites", 0, What::Ciphersuites),
    text("Protocol", "", 0, What::Protocol),
    text("MinProtocol", "min_protocol", 0, What::Bound(Bound::Min)),
    text("MaxProtocol", "max_protocol", 0, What::Bound(Bound::Max)),
    text("Options", "", 0, What::Options),
    text("VerifyMode", "", 0, What::VerifyMode),
    file("Certificate", "cert", What::Certificate),
    file("PrivateKey", "key", What::PrivateKey),
    text("RecordPadding", "record_padding", 0, What::RecordPadding),
    text("NumTickets", "num_tickets", SERVER, What::NumTickets),
];

/// The command of this name, if it is one for these flags.
pub fn find(flags: c_uint, name: &str) -> Option<Found> {
    let is_allowed = |needs: c_uint| needs & (SERVER | CLIENT | CERTIFICATE) & !flags == 0;
    if flags & CMDLINE != 0 {
        let is_for = |word: &&Word| word.for_whom == CLIENT | SERVER || is_allowed(word.for_whom);
        if let Some(word) = SWITCHES.iter().filter(is_for).find(|word| word.name == name) {
            return Some(Found { kind: Kind::None, what: What::Switch(word) });
        }
    }
    let is_it = |command: &&Command| {
        let on_line = flags & CMDLINE != 0 && !command.on_line.is_empty() && command.on_line == name;
        is_allowed(command.needs) && (on_line || flags & FILE != 0 && command.in_file.eq_ignore_ascii_case(name))
    };
    COMMANDS.iter().find(is_it).map(|command| Found { kind: command.kind, what: command.what })
}

impl Conf {
    /// Carries out a command that was found.
    pub(super) fn carry_out(&mut self, found: Found, value: Option<&str>) -> Outcome {
        if let What::Switch(word) = found.what {
            self.change((), |settings, _| settings.choices.options = word.apply(true, settings.choices.options));
            return Ok(1);
        }
        let value = value.ok_or(Refused::Missing)?;
        let is_right = match found.what {
            What::Switch(_) => true,
            What::Certificate => self.load_certificate(value),
            What::PrivateKey => CString::new(value).is_ok_and(|file| self.load_key(&file)),
            What::OneGroup if value.contains(':') => false,
            What::OneGroup if self.is_automatic(value) => true,
            what => self.set(what, value),
        };
        if is_right { Ok(2) } else { Err(Refused::Value) }
    }

    /// Versions 1.0.2 chose a group by themselves if they were told to.
    fn is_automatic(&self, value: &str) -> bool {
        let in_file = value.eq_ignore_ascii_case("automatic") || value.eq_ignore_ascii_case("+automatic");
        self.flags & FILE != 0 && in_file || self.flags & CMDLINE != 0 && value == "auto"
    }

    /// What is a setting. Without a handle lists are looked at, and the rest is taken as it is.
    fn set(&self, what: What, value: &str) -> bool {
        let whom = self.flags & (CLIENT | SERVER);
        match what {
            What::SignatureAlgorithms => self.set_list(signatures::parse(value), |settings, list| {
                settings.choices.signature_schemes = Some(list);
            }),
            What::ClientSignatureAlgorithms => self.set_list(signatures::parse(value), |settings, list| {
                settings.choices.client_signature_schemes = Some(list);
            }),
            What::Groups | What::OneGroup => self.set_list(groups::read(value), |settings, list| {
                settings.choices.groups = Some(list);
            }),
            What::CipherString => self.change(true, |settings, _| settings.set_cipher_list(value)),
            What::Ciphersuites => self.change(true, |settings, _| settings.set_ciphersuites(value)),
            What::Protocol => {
                let words = |bits: &mut u64| words::apply(value, PROTOCOLS, whom, bits);
                self.change(words(&mut 0), |settings, _| words(&mut settings.choices.options))
            }
            What::Options => {
                let words = |bits: &mut u64| words::apply(value, OPTIONS, whom, bits);
                self.change(words(&mut 0), |settings, _| words(&mut settings.choices.options))
            }
            What::Bound(bound) => {
                let Some(version) = words::version(value) else { return false };
                self.change(false, |settings, method| settings.choices.set_bound(method, bound, version))
            }
            What::VerifyMode => {
                let words = |bits: &mut u64| words::apply(value, VERIFY_MODES, whom, bits);
                self.change(words(&mut 0), |settings, _| {
                    let mut mode = settings.verification.mode as u64;
                    let is_right = words(&mut mode);
                    settings.verification.mode = mode as c_int;
                    is_right
                })
            }
            What::NumTickets => self.set_number(value, |settings, number| {
                settings.choices.tickets = number;
                true
            }),
            What::RecordPadding => {
                self.set_number(value, |settings, number| settings.choices.set_block_padding(number))
            }
            What::Switch(_) | What::Certificate | What::PrivateKey => false,
        }
    }

    fn set_list(&self, list: Option<Vec<u16>>, set: impl FnOnce(&mut Settings, Arc<[u16]>)) -> bool {
        let Some(list) = list else { return false };
        self.change((), |settings, _| set(settings, list.into()));
        true
    }

    fn set_number(&self, value: &str, set: impl FnOnce(&mut Settings, usize) -> bool) -> bool {
        let Ok(number) = value.parse() else { return false };
        self.change(false, |settings, _| set(settings, number))
    }

    fn load_certificate(&mut self, value: &str) -> bool {
        let Ok(file) = CString::new(value) else { return false };
        let loaded = match self.handle() {
            None => true,
            Some(Handle::Context(ctx)) => load::chain_file(ctx, &file),
            Some(Handle::Connection(ssl)) => load::chain_file(ssl, &file),
        };
        self.certificate = loaded.then_some(file);
        loaded
    }

    pub(super) fn load_key(&mut self, file: &CStr) -> bool {
        const PEM: c_int = 1;
        self.certificate = None;
        match self.handle() {
            None => true,
            Some(Handle::Context(ctx)) => load::key_file(ctx, file, PEM),
            Some(Handle::Connection(ssl)) => load::key_file(ssl, file, PEM),
        }
    }
}
