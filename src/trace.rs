//! `trace`: what the program does with its modes, a line each, in the names of its libssl.

use crate::host::Host;
use crate::openssl::{Handle, ModeCall};
use crate::{options, report};
use libc::c_long;

/// Whether the option is on.
pub fn is_on() -> bool {
    options::get().trace
}

/// A libssl was found.
pub fn host(host: &Host) {
    if is_on() {
        let (path, version, dialect) = (&host.path, &host.version, host.dialect.name);
        report::line(format_args!("host {path}: {version}, dialect {dialect}"));
    }
}

/// A handle was made, with this mask.
pub fn birth(function: &str, host: &Host, handle: Handle) {
    if is_on() {
        let mask = host.dialect.name_mask(host.mode_call(handle, ModeCall::Get));
        report::line(format_args!("{function}() = {:#x} ({mask})", handle.address()));
    }
}

/// A mode call was answered.
pub fn mode_call(host: &Host, handle: Handle, call: ModeCall, answer: c_long) {
    if !is_on() {
        return;
    }
    let (name, address) = (call.name(handle), handle.address());
    let answer = host.dialect.name_mask(answer);
    match call {
        ModeCall::Set(mask) | ModeCall::Clear(mask) => {
            let mask = host.dialect.name_mask(host.dialect.argument(mask));
            report::line(format_args!("{name}({address:#x}, {mask}) = {answer}"));
        }
        ModeCall::Get => report::line(format_args!("{name}({address:#x}) = {answer}")),
    }
}
