//! A sequence as a C program that needs nothing but a C compiler and the libssl.

use crate::check::Step;
use crate::ffi::{CERTIFICATE, KEY, Protocol};
use crate::model::Says;
use crate::script::{Op, Sequence};
use std::fmt::Write;

const PRELUDE: &str = include_str!("prelude.c");

/// The program for a sequence that was run. Calls that read past the caller's buffer are in it only if asked for:
/// each is then made with a buffer behind which no memory can be read, so that it ends the program.
pub fn program(sequence: &Sequence, steps: &[Step], version: &str, rules: &str, with_overreads: bool) -> String {
    let mut text = PRELUDE.replace("@CERTIFICATE@", &literal(CERTIFICATE)).replace("@KEY@", &literal(KEY));
    let setting = sequence.setting;
    let (number, ciphers) = match setting.protocol {
        Protocol::Tls13 => (setting.protocol.number(), "NULL".to_owned()),
        other => (other.number(), format!("{:?}", other.ciphers().unwrap_or_default().to_string_lossy())),
    };
    let mut line = |line: String| text += &(line + "\n");
    line(format!("/* Seen on {version}; the rules are those of {rules}. */"));
    line("int main(int argc, char **argv) {".to_owned());
    line("    load(argc, argv);".to_owned());
    line(format!("    connect_ends({number:#x}, {ciphers}, {}, {});", setting.room, u8::from(setting.read_ahead)));
    for step in steps {
        match &step.says {
            Says::ReadsPast if with_overreads => line(format!("    {}", exact_call(step.op))),
            Says::ReadsPast => line(format!("    /* {}: would read past the buffer */", call(step.op))),
            Says::Gives(said) if step.agrees() => line(format!("    {} /* {said} */", call(step.op))),
            Says::Gives(said) => {
                let gave = step.gave.as_ref().map(ToString::to_string).unwrap_or_default();
                line(format!(
                    "    {}\n    /* the engine says: {said}\n       this host gave:  {gave} */",
                    call(step.op)
                ));
            }
        }
    }
    line("    return 0;\n}".to_owned());
    text
}

fn call(op: Op) -> String {
    match op {
        Op::Set(mask) => format!("set_mode({}L);", c_long(mask)),
        Op::Clear(mask) => format!("clear_mode({}L);", c_long(mask)),
        Op::Write { moved, offset, length } => format!("write_from({}, {offset}, {length});", u8::from(moved)),
        Op::WriteEx { moved, offset, length } => format!("write_ex_from({}, {offset}, {length});", u8::from(moved)),
        Op::Limit(bytes) => format!("limit_fragment({bytes});"),
        Op::Drain(bytes) => format!("drain({bytes});"),
        Op::Break => "break_transport();".to_owned(),
        Op::PeerWrite(bytes) => format!("peer_write({bytes});"),
        Op::PeerKeyUpdate => "peer_key_update();".to_owned(),
        Op::Read(bytes) => format!("read_into({bytes});"),
    }
}

fn exact_call(op: Op) -> String {
    match op {
        Op::Write { offset, length, .. } => format!("write_exactly({offset}, {length}); /* reads past the buffer */"),
        other => call(other),
    }
}

fn c_long(mask: i64) -> String {
    if mask < 0 { format!("(long)0x{mask:x}U") } else { format!("0x{mask:x}") }
}

fn literal(text: &str) -> String {
    text.lines().fold(String::new(), |mut all, line| {
        let _ = write!(all, "\n    \"{line}\\n\"");
        all
    })
}
