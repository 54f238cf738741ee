//! Our libssl in programs that do what they should not, and to which happens what may happen: as on OpenSSL 3.0, and
//! without an error that valgrind or the address sanitizer would see.

#[path = "support/programs.rs"]
mod programs;

use programs::{build, build_with, ours, run, valgrind};
use std::path::Path;
use std::process::Command;

/// Runs a command on our libssl, with callbacks that call what OpenSSL is not to be called for in them.
fn runs_clean(command: &mut Command, ours: &Path) {
    let folder = tempfile::tempdir().unwrap();
    command.arg(folder.path()).env("LD_LIBRARY_PATH", ours).env("DEEP", "1").stdin(std::process::Stdio::null());
    let output = command.output().expect("the program starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}: {}", output.status, &errors[..errors.len().min(4000)]);
}

#[test]
fn misuse_and_failures_end_as_on_openssl() {
    let Some(ours) = ours() else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = build(&folder, "robust");
    let (expected, found) = (run(&program, None), run(&program, Some(&ours)));
    let (expected, found) = (String::from_utf8(expected.stdout).unwrap(), String::from_utf8(found.stdout).unwrap());
    assert!(expected.lines().count() > 80, "the program stopped early:\n{expected}");
    for (expected, found) in expected.lines().zip(found.lines()) {
        assert_eq!(found, expected, "OpenSSL is right, ours is left");
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}

#[test]
fn the_address_sanitizer_finds_nothing() {
    let Some(ours) = ours() else { return };
    let folder = tempfile::tempdir().unwrap();
    for name in ["robust", "nulls", "handles", "handshake", "resumption"] {
        let program = build_with(&folder, name, &["-fsanitize=address"]);
        runs_clean(Command::new("timeout").arg("120").arg(program), &ours);
    }
}

#[test]
fn valgrind_finds_nothing() {
    let (Some(ours), Some(valgrind)) = (ours(), valgrind()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("timeout");
    command.arg("300").args(valgrind).arg(build(&folder, "robust"));
    runs_clean(&mut command, &ours);
}
