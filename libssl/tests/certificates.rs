//! Certificates, keys and verification: C programs that print what every call answers, run on our libssl and on the
//! system's OpenSSL 3.0, and compared line by line.
//!
//! `make` builds the library that is tested. Where it is missing a test says SKIP, and under CI it fails.

#[path = "support/programs.rs"]
mod programs;

use programs::{build, compare_sections, lines, ours, run, valgrind};
use std::path::Path;
use std::process::{Command, Stdio};

/// Handshakes that end otherwise than on OpenSSL, and why.
const KNOWN: [(&str, &str); 9] = [
    ("weak key, TLS 1.2", "rustls verifies no signature by an RSA key of less than 2,048 bits"),
    ("weak key, TLS 1.3", "as above"),
    ("RSASSA-PSS, TLS 1.2", "rustls verifies no signature by a key that is for RSASSA-PSS alone"),
    ("RSASSA-PSS, TLS 1.3", "as above"),
    ("ECDSA P-521, TLS 1.2", "the digest is that of the curve, as TLS 1.3 wants it, and not the client's first"),
    (
        "another signature allowed, TLS 1.2",
        "fails with \"no shared cipher\" in place of \"no suitable signature algorithm\"",
    ),
    ("no certificate, TLS 1.3", "fails with \"no shared cipher\" in place of \"unsupported protocol\""),
    ("half found, TLS 1.2", "rustls asks for the client's certificate before the server's is judged"),
    ("half found, TLS 1.3", "as above"),
];

#[test]
fn handles_answer_as_openssl_does() {
    let Some(ours) = ours() else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = build(&folder, "handles");
    let (expected, found) = (lines(&run(&program, None)), lines(&run(&program, Some(&ours))));
    assert!(expected.len() > 500, "the program stopped early: {} lines", expected.len());
    for (number, (expected, found)) in expected.iter().zip(&found).enumerate() {
        assert_eq!(found, expected, "line {}", number + 1);
    }
    assert_eq!(found.len(), expected.len());
}

#[test]
fn handshakes_end_as_openssls_do() {
    let Some(ours) = ours() else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = build(&folder, "handshake");
    let (expected, found) = (lines(&run(&program, None)), lines(&run(&program, Some(&ours))));
    compare_sections(&expected, &found, &KNOWN);
}

#[test]
fn null_is_answered() {
    let Some(ours) = ours() else { return };
    let folder = tempfile::tempdir().unwrap();
    run(&build(&folder, "nulls"), Some(&ours));
}

#[test]
fn memory_is_given_back() {
    let (Some(ours), Some(valgrind)) = (ours(), valgrind()) else { return };
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for name in ["handles", "handshake", "nulls"] {
            let (ours, folder) = (&ours, &folder);
            scope.spawn(move || loses_no_memory(name, valgrind, ours, folder));
        }
    });
}

fn loses_no_memory(name: &str, valgrind: &[&str], ours: &Path, folder: &tempfile::TempDir) {
    let program = build(folder, name);
    let keys = tempfile::tempdir().unwrap();
    // Without valgrind first, where making the keys takes no minute.
    for under in [&[], valgrind] {
        let mut command = Command::new("timeout");
        command.arg("600").args(under).arg(&program).arg(folder.path()).env("KEYS", keys.path());
        let output = command.env("LD_LIBRARY_PATH", ours).stdin(Stdio::null()).output().expect("the program starts");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
