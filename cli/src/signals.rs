//! Signals while the program runs: what is sent to the command is meant for the program.

use libc::{c_int, pid_t};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicI32, Ordering};

static PROGRAM: AtomicI32 = AtomicI32::new(0);

/// A terminal sends these to the program itself.
const FROM_TERMINAL: [c_int; 2] = [libc::SIGINT, libc::SIGQUIT];
const PASSED_ON: [c_int; 4] = [libc::SIGTERM, libc::SIGHUP, libc::SIGUSR1, libc::SIGUSR2];

extern "C" fn pass_on(signal: c_int) {
    let program: pid_t = PROGRAM.load(Ordering::SeqCst);
    if program > 0 {
        // SAFETY: kill may be called in a signal handler.
        unsafe { libc::kill(program, signal) };
    }
}

/// Keeps the terminal's signals from the command, and lets the program have them as the command found them.
pub fn leave_to(program: &mut Command) {
    // SAFETY: signal is called with a valid disposition; it returns the one before.
    let before = FROM_TERMINAL.map(|signal| unsafe { libc::signal(signal, libc::SIG_IGN) });
    let restore = move || {
        for (signal, before) in FROM_TERMINAL.into_iter().zip(before) {
            // SAFETY: the disposition that the command itself was started with.
            unsafe { libc::signal(signal, before) };
        }
        Ok(())
    };
    // SAFETY: signal may be called between fork and exec.
    unsafe { program.pre_exec(restore) };
}

/// From now on the other signals go to this process.
pub fn pass_on_to(program: u32) {
    PROGRAM.store(program.cast_signed(), Ordering::SeqCst);
    for signal in PASSED_ON {
        // SAFETY: the handler only calls kill. One that was ignored stays so.
        unsafe {
            if libc::signal(signal, pass_on as *const () as libc::sighandler_t) == libc::SIG_IGN {
                libc::signal(signal, libc::SIG_IGN);
            }
        }
    }
}
