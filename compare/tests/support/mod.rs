//! C programs that are given a libssl by its path, and what they print.
#![allow(dead_code, missing_docs, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::Command;

pub fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What cannot be had is skipped, but not under CI.
pub fn missing(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "expected {what}");
    println!("SKIP: expected {what}");
}

pub fn host(name: &str) -> Option<PathBuf> {
    let ran = Command::new(here().join("../tools/hosts/get")).arg(name).output().expect("tools/hosts/get runs");
    if !ran.status.success() {
        missing(&format!("{name}: {}", String::from_utf8_lossy(&ran.stderr)));
        return None;
    }
    Some(PathBuf::from(String::from_utf8_lossy(&ran.stdout).trim_end()))
}

/// Compiles a program of `tests/c`.
pub fn compile(name: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let target = "x86_64-unknown-linux-gnu";
    let compiler = cc::Build::new().opt_level(1).host(target).target(target).get_compiler();
    let mut command = compiler.to_command();
    command.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-g"]);
    command.arg(here().join(format!("tests/c/{name}.c"))).arg("-o").arg(&program).arg("-ldl");
    let done = command.output().expect("the C compiler runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    program
}

/// A file with the certificate and its key.
pub fn pem(name: &str) -> PathBuf {
    let read = |file| std::fs::read_to_string(here().join("data").join(file)).expect("a file of data/");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, read("cert.pem") + &read("key.pem")).expect("a file can be written");
    path
}

/// What the program prints on this libssl.
pub fn printed(program: &Path, libssl: &Path, environment: &[(&str, PathBuf)], arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new(program);
    command.arg(libssl).args(arguments).envs(environment.iter().map(|(name, value)| (name, value)));
    let ran = command.output().expect("the program runs");
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{}: {} {text}", libssl.display(), String::from_utf8_lossy(&ran.stderr));
    text.lines().map(str::to_owned).collect()
}

/// libsslmode.so, to stand in front of a libssl.
pub fn sslmode_library() -> Option<PathBuf> {
    let path = here().join("../target/release/libsslmode.so");
    if !path.is_file() {
        missing("target/release/libsslmode.so (make)");
    }
    path.canonicalize().ok()
}
