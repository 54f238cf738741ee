//! Sessions resumed or refused under every policy: the same C program on our libssl and on the system's OpenSSL 3.0.

#[path = "support/programs.rs"]
mod programs;

use programs::{build, compare_sections, lines, ours, run};

/// Where ours makes a full handshake in place of OpenSSL's short one, and why.
const KNOWN: [(&str, &str); 7] = [
    ("another name, TLS 1.2", "rustls resumes a session for the name alone that it was made for (RFC 6066 3)"),
    ("another name, TLS 1.3", "as above"),
    ("a name, then none, TLS 1.2", "as above"),
    ("a name, then none, TLS 1.3", "as above"),
    ("another suite, TLS 1.2", "rustls resumes a session with its own suite alone, and where that may be chosen"),
    ("the same hash, TLS 1.2", "as above"),
    ("the same hash, TLS 1.3", "as above"),
];

#[test]
fn sessions_are_resumed_where_openssl_resumes_them() {
    let Some(ours) = ours() else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = build(&folder, "resumption");
    let (expected, found) = (lines(&run(&program, None)), lines(&run(&program, Some(&ours))));
    assert!(expected.len() > 700, "the program stopped early: {} lines", expected.len());
    compare_sections(&expected, &found, &KNOWN);
}
