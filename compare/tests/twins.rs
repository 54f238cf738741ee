//! Random sequences on a real old libssl and on newer ones under its profile; and that the comparison can fail.
#![allow(missing_docs, reason = "tests")]

mod support;

use std::process::{Command, Output};
use support::{host, sslmode_library};

const COMPARE: &str = env!("CARGO_BIN_EXE_sslmode-compare");
const SEQUENCES: &str = "1000";

fn compare(arguments: &[&str]) -> Output {
    Command::new(COMPARE).args(arguments).env_remove("SSLMODE_OPTIONS").output().expect("sslmode-compare runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a run says that found no difference: the calls, and how many of them were spared.
fn agreed(said: &str) -> (u64, u64) {
    let (_, counts) = said.split_once("sequences are the same (").expect("a count");
    let numbers: Vec<u64> = counts.split(|it: char| !it.is_ascii_digit()).filter_map(|it| it.parse().ok()).collect();
    (numbers[0], numbers[1])
}

fn same(real: &str, profile: &str, newer: &[&str]) {
    if host(real).is_none() || sslmode_library().is_none() {
        return;
    }
    for newer in newer {
        if host(newer).is_none() {
            continue;
        }
        let ran = compare(&["profile", profile, "--host", newer, "--sequences", SEQUENCES]);
        assert!(ran.status.success(), "{}{}", text(&ran.stdout), text(&ran.stderr));
        let said = text(&ran.stdout);
        assert!(said.contains(real), "{said}");
        let (calls, spared) = agreed(&said);
        // What is spared ends a sequence: it has to stay the exception, and to be one of 1.0.2 alone.
        assert!(calls > 10_000, "{said}");
        assert!(if profile == "openssl-1.0.2" { (1..300).contains(&spared) } else { spared == 0 }, "{said}");
    }
}

#[test]
fn sequences_of_1_0_2k() {
    same("openssl-1.0.2k", "openssl-1.0.2", &["openssl-1.1.1w", "openssl-3.0", "openssl-4.0.3"]);
}

#[test]
fn sequences_of_1_1_1w() {
    same("openssl-1.1.1w", "openssl-1.1.1", &["openssl-3.0", "openssl-4.0.3"]);
}

#[test]
fn sequences_of_3_0() {
    same("openssl-3.0", "openssl-3", &["openssl-4.0.3"]);
}

/// The profile of another version, and one that is the libssl's own rules.
#[test]
fn another_profile_is_caught_and_shrunk() {
    if host("openssl-1.0.2k").is_none() || host("openssl-3.0").is_none() || sslmode_library().is_none() {
        return;
    }
    for profile in ["openssl-1.1.1", "openssl-0.9.8", "openssl-3"] {
        let arguments = ["profile", profile, "--host", "openssl-3.0", "--real", "openssl-1.0.2k", "--sequences", "300"];
        let ran = compare(&arguments);
        let report = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{profile}: {}{report}", text(&ran.stdout));
        let shrunk = report.lines().nth(1).expect("the sequence");
        assert!(shrunk.matches(';').count() <= 4, "{profile}: not short: {report}");
        let steps: Vec<_> = report.lines().rev().take(2).map(str::trim).collect();
        assert!(steps[0].starts_with("profile ") && steps[1].starts_with("real "), "{profile}: {report}");
    }
}

/// The trace has the calls that 1.0.2k must not be asked, and what it would have done.
#[test]
fn what_is_spared_is_told() {
    let (Some(newer), Some(library)) = (host("openssl-3.0"), sslmode_library()) else { return };
    for (sequence, told) in [
        (
            "Tls12 17000 0; set 2; write first 0 40000; drain 99999; write moved 0 30000",
            "SSL_write(...): of 30000 bytes openssl-1.0.2 would have read 32768 to 49152; answered as a bad length",
        ),
        (
            "Tls12 17000 0; set 2; write first 0 40000; drain 99999; write first 0 10; write first 0 40000",
            "SSL_write(...): openssl-1.0.2 would have sent 16384 bytes a second time; sent once",
        ),
    ] {
        let mut command = Command::new(COMPARE);
        command.arg("player").arg(&newer).args(["openssl-1.0.2", "--sequence", sequence, "--front"]).arg(&library);
        let ran = command.env("SSLMODE_OPTIONS", "profile=openssl-1.0.2").output().expect("sslmode-compare runs");
        assert!(text(&ran.stdout).contains("spared "), "{}{}", text(&ran.stdout), text(&ran.stderr));
        let said = text(&ran.stderr);
        assert_eq!(said.lines().count(), 1, "{said}");
        let (call, rest) = (said.find("SSL_write(").expect("the function"), said.find("): ").expect("the handle"));
        let said = format!("{}SSL_write(...{}", &said[..call], &said[rest..]);
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn mistakes_are_told() {
    let ran = compare(&["profile", "openssl-5", "--host", "openssl-3.0"]);
    assert_eq!(ran.status.code(), Some(1));
    assert!(text(&ran.stderr).contains("expected one of openssl-1.0.2, "), "{}", text(&ran.stderr));
    let ran = compare(&["profile", "openssl-1.0.2", "--host", "/lib/no-such-libssl.so", "--sequences", "1"]);
    if host("openssl-1.0.2k").is_some() {
        assert_eq!(ran.status.code(), Some(1));
        assert!(text(&ran.stderr).contains("expected a libssl"), "{}", text(&ran.stderr));
    }
}
