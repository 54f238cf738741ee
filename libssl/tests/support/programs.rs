//! C programs of `tests/c`, built and run on our libssl or on the system's OpenSSL.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The folder of our libssl; None where it was not built.
pub fn ours() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/libssl");
    if folder.join("libssl.so.3").exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "target/libssl/libssl.so.3 is missing: run make");
    eprintln!("SKIP: target/libssl/libssl.so.3 is missing: run make");
    None
}

/// What to put before a program so that its errors and leaks fail it; None where there is no valgrind.
pub fn valgrind() -> Option<&'static [&'static str]> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "valgrind is missing");
        eprintln!("SKIP: no valgrind");
        return None;
    }
    Some(&["valgrind", "-q", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite"])
}

/// Builds a program of `tests/c`, linked as any program is.
pub fn build(folder: &TempDir, name: &str) -> PathBuf {
    build_with(folder, name, &[])
}

/// The same, with more for the compiler.
pub fn build_with(folder: &TempDir, name: &str, flags: &[&str]) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c").join(name).with_extension("c");
    let program = folder.path().join(name);
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut command = Command::new(compiler);
    command.args(["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-g", "-O1"]);
    // The deprecated functions are tested too, and no program needs all that the header has.
    command.args(["-Wno-deprecated-declarations", "-Wno-unused-function"]);
    command.arg(source).arg("-o").arg(&program).args(["-lssl", "-lcrypto", "-pthread"]).args(flags);
    assert!(command.status().expect("a C compiler").success(), "{name}.c does not compile");
    program
}

/// Runs a program on the libssl of `library`, or on the system's, with an empty folder to write to.
pub fn run(program: &Path, library: Option<&Path>) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("timeout");
    command.arg("120").arg(program).arg(folder.path()).stdin(std::process::Stdio::null());
    command.env_remove("LD_LIBRARY_PATH").env_remove("SSLMODE_OPTIONS");
    // What is trusted by default is the same everywhere: nothing.
    command.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", folder.path());
    if let Some(library) = library {
        command.env("LD_LIBRARY_PATH", library);
    }
    let output = command.output().expect("the program");
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    output
}

/// What a program printed.
pub fn lines(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// A heading, and the indented lines below it.
fn sections(lines: &[String]) -> Vec<(&str, &[String])> {
    let starts: Vec<_> = (0..lines.len()).filter(|&at| !lines[at].starts_with(' ')).collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    starts.iter().zip(ends).map(|(&start, end)| (lines[start].as_str(), &lines[start + 1..end])).collect()
}

/// Compares what OpenSSL printed with what ours did, section by section: the same, but for those `known` to differ.
pub fn compare_sections(expected: &[String], found: &[String], known: &[(&str, &str)]) {
    let (expected, found) = (sections(expected), sections(found));
    assert_eq!(found.len(), expected.len());
    for ((name, expected), (_, found)) in expected.iter().zip(&found) {
        match known.iter().find(|(known, _)| known == name) {
            None => assert_eq!(found, expected, "{name}"),
            Some((_, reason)) => {
                assert_ne!(found, expected, "{name} is as on OpenSSL now; it was not, because {reason}")
            }
        }
    }
}
