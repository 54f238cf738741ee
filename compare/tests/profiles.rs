//! Profiles beside the real versions, call by call: the same C program prints the same on an old libssl, and under its
//! profile on newer ones.
#![allow(missing_docs, reason = "tests")]

mod support;

use std::path::PathBuf;
use std::sync::LazyLock;
use support::{compile, host, pem, printed, sslmode_library};

/// The program, and the certificate and key for it.
static PROGRAM: LazyLock<[PathBuf; 2]> = LazyLock::new(|| [compile("tables"), pem("profiles.pem")]);

/// The lines that differ, with what stands above them: the call that they are about has a title with no indentation.
fn differing<'a>(real: &'a [String], profile: &[String]) -> Vec<(&'a str, &'a str)> {
    assert_eq!(real.len(), profile.len());
    let mut title = "";
    let mut differing = Vec::new();
    for (line, other) in real.iter().zip(profile) {
        if !line.starts_with(' ') {
            title = line;
        }
        if line != other {
            differing.push((title, line.as_str()));
        }
    }
    differing
}

fn same(name: &str, profile: &str, newer: &[&str], versions: &[&str], spared: &[&str]) {
    let (Some(real), Some(front)) = (host(name), sslmode_library()) else { return };
    let [program, pem] = &*PROGRAM;
    let pem = pem.to_str().expect("a path in UTF-8");
    for version in versions {
        let real = printed(program, &real, &[], &[version, pem]);
        assert!(real.len() > 300, "{name}: {} lines", real.len());
        for newer in newer {
            let Some(libssl) = host(newer) else { continue };
            let options = format!("profile={profile}");
            let environment = [("SSLMODE_OPTIONS", options.into()), ("SSLMODE_TEST_FRONT", front.clone())];
            let lines = printed(program, &libssl, &environment, &[version, pem]);
            let differing = differing(&real, &lines);
            let mut titles: Vec<_> = differing.iter().map(|(title, _)| *title).collect();
            titles.dedup();
            assert_eq!(titles, spared, "{profile} on {newer}, {version}: {differing:#?}");
        }
    }
}

/// Where 1.0.2 would send bytes twice they are sent once, and nothing else differs.
#[test]
fn the_rules_of_1_0_2k() {
    let twice = ["same buffer, 10 bytes, modes 0x2", "0 bytes, modes 0x2", "-1 bytes, modes 0x2"];
    let newer = ["openssl-1.1.1w", "openssl-3.0", "openssl-3.6.3", "openssl-4.0.3"];
    same("openssl-1.0.2k", "openssl-1.0.2", &newer, &["771"], &twice);
}

#[test]
fn the_rules_of_1_1_1w() {
    let newer = ["openssl-3.0", "openssl-3.6.3", "openssl-4.0.3"];
    same("openssl-1.1.1w", "openssl-1.1.1", &newer, &["771", "772"], &[]);
}

#[test]
fn the_rules_of_3_0() {
    same("openssl-3.0", "openssl-3", &["openssl-3.6.3", "openssl-4.0.3"], &["771", "772"], &[]);
}

/// Without the profile they do differ, so that it is the profile that makes them the same.
#[test]
fn without_a_profile_they_differ() {
    let (Some(real), Some(newer)) = (host("openssl-1.0.2k"), host("openssl-3.0")) else { return };
    let [program, pem] = &*PROGRAM;
    let arguments = ["771", pem.to_str().expect("a path in UTF-8")];
    let [real, newer] = [real, newer].map(|libssl| printed(program, &libssl, &[], &arguments));
    assert!(differing(&real, &newer).len() > 50);
}
