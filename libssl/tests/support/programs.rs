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
