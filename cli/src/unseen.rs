//! Why no handle of a program was seen, or no fault made.

use crate::hosts::{self, Program};
use sslmode_protocol::tally::{Count, Tally};
use std::ffi::OsStr;

/// Why no fault was made, where handles were seen.
pub const FAULTS: &str = "no call of the program's fulfilled the conditions at a moment when the fault is lawful; \
                          see FAULTS in sslmode(7)";

/// Why none of the calls to a libssl that was there was seen.
const UNREACHED: &str = "it loaded one whose functions it looked up by name (dlsym), or called from what it opened with \
                         RTLD_DEEPBIND, or not at all; sslmode hosts PID tells which, while it runs";

/// The likeliest reason, for a program that was run and these counts of it.
pub fn reason(program: &OsStr, counts: &Tally) -> String {
    let processes = counted(counts.of(Count::Processes), ["process was", "processes were"]);
    let libssls = counted(counts.of(Count::Hosts), ["libssl", "libssls"]);
    let found = hosts::find_program(program).map(|path| Program::read(&path));
    let in_none = counts.of(Count::Processes) == 0;
    match found {
        Some(Ok(program)) if in_none => match program.obstacle() {
            Some(obstacle) => format!("libsslmode was loaded into no process: {obstacle}"),
            None => String::from("libsslmode was loaded into no process"),
        },
        _ if in_none => String::from("libsslmode was loaded into no process"),
        _ if counts.of(Count::Hosts) > 0 => format!(
            "{processes} seen with {libssls}, and no context was made through a function that \
             a preload reaches; see LIMITS in sslmode(7)"
        ),
        Some(Ok(program)) => {
            let past_us = counts.of(Count::Unreached) > 0 && !program.is_linked_with_libssl();
            let uses = || if past_us { String::from(UNREACHED) } else { program.uses() };
            let why = program.obstacle().unwrap_or_else(uses);
            format!("{processes} seen, without a call to a libssl: {why}")
        }
        _ => format!("{processes} seen, without a call to a libssl"),
    }
}

fn counted(number: u64, [one, several]: [&str; 2]) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}
