//! Our libssl beside real ones, call by call: the same C programs, which know only OpenSSL's functions, print the same.
#![allow(missing_docs, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What cannot be had is skipped, but not under CI.
fn missing(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "expected {what}");
    println!("SKIP: expected {what}");
}

fn ours() -> Option<PathBuf> {
    let path = here().join("../target/libssl/libssl.so.3");
    if !path.is_file() {
        missing("target/libssl/libssl.so.3 (make)");
    }
    path.canonicalize().ok()
}

fn host(name: &str) -> Option<PathBuf> {
    let ran = Command::new(here().join("../tools/hosts/get")).arg(name).output().expect("tools/hosts/get runs");
    if !ran.status.success() {
        missing(&format!("{name}: {}", String::from_utf8_lossy(&ran.stderr)));
        return None;
    }
    Some(PathBuf::from(String::from_utf8_lossy(&ran.stdout).trim_end()))
}

/// Compiles a program of `tests/c`.
fn compile(name: &str) -> PathBuf {
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
fn pem(name: &str) -> PathBuf {
    let read = |file| std::fs::read_to_string(here().join("data").join(file)).expect("a file of data/");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, read("cert.pem") + &read("key.pem")).expect("a file can be written");
    path
}

/// What the program prints on this libssl.
fn printed(program: &Path, libssl: &Path, profile: &str, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new(program);
    command.arg(libssl).args(arguments).env("SSLMODE_OPTIONS", format!("profile={profile}"));
    let ran = command.output().expect("the program runs");
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{}: {} {text}", libssl.display(), String::from_utf8_lossy(&ran.stderr));
    text.lines().map(str::to_owned).collect()
}

fn assert_same(real: &[String], ours: &[String], what: &str) {
    if let Some(line) = real.iter().zip(ours).position(|(real, ours)| real != ours) {
        let before = real[line.saturating_sub(12)..line].join("\n");
        panic!("{what}, line {line}, after\n{before}\nreal {}\nours {}", real[line], ours[line]);
    }
    assert_eq!(real.len(), ours.len(), "{what}");
}

#[test]
fn refused_writes_wrong_retries_and_reads_of_the_real_versions() {
    let Some(ours) = ours() else { return };
    let (program, pem) = (compile("tables"), pem("tables.pem"));
    let pem = pem.to_str().expect("a path in UTF-8");
    for (name, profile, versions) in [
        ("openssl-1.0.2k", "openssl-1.0.2", &["771"][..]),
        ("openssl-1.1.1w", "openssl-1.1.1", &["771", "772"]),
        ("openssl-3.0", "openssl-3", &["771", "772"]),
    ] {
        let Some(real) = host(name) else { continue };
        for version in versions {
            let on = |libssl: &Path| printed(&program, libssl, profile, &[version, pem]);
            let real = on(&real);
            assert!(real.len() > 300, "{name}: {} lines", real.len());
            assert_same(&real, &on(&ours), name);
        }
    }
}

#[test]
fn random_reads_writes_key_updates_and_shutdowns_of_3_0() {
    let (Some(ours), Some(real)) = (ours(), host("openssl-3.0")) else { return };
    let (program, pem) = (compile("calls"), pem("calls.pem"));
    let pem = pem.to_str().expect("a path in UTF-8");
    for version in ["771", "772"] {
        let on = |libssl: &Path| printed(&program, libssl, "openssl-3", &[version, pem, "1", "500"]);
        assert_same(&on(&real), &on(&ours), version);
    }
}
