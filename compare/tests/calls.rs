//! Our libssl beside real ones, call by call: the same C programs, which know only OpenSSL's functions, print the same.
#![allow(missing_docs, reason = "tests")]

mod support;

use std::path::{Path, PathBuf};
use support::{compile, here, host, missing, pem, printed};

fn ours() -> Option<PathBuf> {
    let path = here().join("../target/libssl/libssl.so.3");
    if !path.is_file() {
        missing("target/libssl/libssl.so.3 (make)");
    }
    path.canonicalize().ok()
}

fn under(profile: &str) -> [(&'static str, PathBuf); 1] {
    [("SSLMODE_OPTIONS", PathBuf::from(format!("profile={profile}")))]
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
            let on = |libssl: &Path| printed(&program, libssl, &under(profile), &[version, pem]);
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
        let on = |libssl: &Path| printed(&program, libssl, &under("openssl-3"), &[version, pem, "1", "500"]);
        assert_same(&on(&real), &on(&ours), version);
    }
}
