//! Each fault is the event itself: a program that meets it by a fault notices what one notices that really meets it.

mod support;

use sslmode_protocol::event::{Event, Line};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use support::{compile, host, root, run};

const TLS_1_2: &str = "0x303";
const TLS_1_3: &str = "0x304";

fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let ctests = format!("-I{}", root().join("ctests").display());
        compile("event.c", "event", [ctests.as_str(), "-lsslmode", "-ldl"])
    });
    &PROGRAM
}

/// A key and certificate that 0.9.8 knows too, in one file.
fn pem() -> &'static Path {
    static PEM: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
        let [key, pem] = ["key.pem", "cert.pem"].map(|name| folder.join(name));
        let mut openssl = Command::new("openssl");
        openssl.args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-sha256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ]);
        run(openssl.arg("-keyout").arg(&key).arg("-out").arg(&pem)).printed();
        let both = [&key, &pem].map(|path| std::fs::read_to_string(path).unwrap()).concat();
        std::fs::write(&pem, both).unwrap();
        pem
    });
    &PEM
}

/// A real libssl, and what ctests/host.h calls its dialect.
struct Libssl {
    name: &'static str,
    path: PathBuf,
    dialect: String,
}

fn libssl(name: &'static str) -> Option<Libssl> {
    let path = host(name)?;
    let list = run(Command::new(root().join("tools/hosts/get")).arg("--list"));
    let row = list.printed().lines().find(|line| line.split('\t').next() == Some(name)).expect("a host of the table");
    let dialect = row.split('\t').nth(2).expect("its dialect").to_owned();
    Some(Libssl { name, path, dialect })
}

/// What a program printed, and its calls as the trace has them.
#[derive(Debug, PartialEq, Eq)]
struct Met {
    printed: String,
    calls: Vec<String>,
}

impl Libssl {
    /// The event, and what was made in it.
    fn meet(&self, event: &str, version: &str, how: &str, faults: &str) -> (Met, Vec<String>) {
        self.meet_watched(event, version, how, faults, None)
    }

    /// The same, with a callback of the program's own on the BIO.
    fn meet_watched(
        &self,
        event: &str,
        version: &str,
        how: &str,
        faults: &str,
        watch: Option<&str>,
    ) -> (Met, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = Command::new(program());
        command.args([event, version, how]).args(watch).env("SSLMODE_TEST_LIBSSL", &self.path);
        command.env("SSLMODE_TEST_DIALECT", &self.dialect).env("SSLMODE_TEST_DOOR", "front");
        command.env("SSLMODE_TEST_CERTIFICATE", pem());
        let faults = if faults.is_empty() { String::new() } else { format!(":faults={faults}") };
        command.env("SSLMODE_OPTIONS", format!("trace:format=json:log={}{faults}", log.display()));
        let printed = run(&mut command).printed_quietly().to_owned();
        let (calls, made) = calls(&std::fs::read_to_string(log).unwrap());
        (Met { printed, calls }, made)
    }

    /// By the fault and really: `made` is what the trace says of the fault.
    fn is_the_same(&self, event: &str, version: &str, faults: &str, made: &[&str]) {
        let (really, none) = self.meet(event, version, "really", "");
        assert_eq!(none, [""; 0]);
        let (by_fault, was_made) = self.meet(event, version, "by_fault", faults);
        let what = format!("{}: {event}, {version}, {faults}", self.name);
        assert_eq!(was_made, made, "{what}\n{}", by_fault.printed);
        assert_eq!(by_fault.printed, really.printed, "{what}");
        assert_eq!(by_fault.calls, really.calls, "{what}");
    }
}

/// The I/O calls of a trace, with handles in the order of their appearance and without times; and what was made.
fn calls(trace: &str) -> (Vec<String>, Vec<String>) {
    let (mut calls, mut all_made, mut handles) = (Vec::new(), Vec::new(), Vec::new());
    for line in trace.lines() {
        let line: Line = serde_json::from_str(line).unwrap();
        let (function, handle, requested, result, bytes, error, made, inner) = match line.event {
            Event::Io { function, handle, requested, result, bytes, error, made, inner, .. } => {
                (function, handle, requested, result, bytes, error, made, inner)
            }
            Event::Fault { made, .. } => {
                all_made.push(made);
                continue;
            }
            _ => continue,
        };
        let place = handles.iter().position(|known| *known == handle).unwrap_or_else(|| {
            handles.push(handle);
            handles.len() - 1
        });
        calls.push(format!("{function}({place}, {requested:?}) = {result} {bytes:?} {error:?} {inner}"));
        all_made.extend(made);
    }
    (calls, all_made)
}

/// Events of the record layer, on one libssl in one version. `earlier` calls come before on the handle: the handshake's
/// and those that settle the connection.
fn every_refusal(libssl: &Libssl, version: &str) {
    let client = |fault: &str, function: &str, nth: u32| format!("{fault}@nth={nth}/in={function}/handle=1.1");
    for (event, faults, fault) in [
        ("want_write", client("want_write", "SSL_write", 2), "want_write"),
        ("wrong_retry", client("want_write", "SSL_write", 2), "want_write"),
        ("want_read", client("want_read", "SSL_read", 2), "want_read"),
        ("short_write", client("short_write", "SSL_write", 2), "short_write"),
        ("first_flight", client("want_write", "SSL_do_handshake", 1), "want_write"),
        ("second_flight", client("want_read", "SSL_do_handshake", 2), "want_read"),
        ("farewell", client("want_write", "SSL_shutdown", 1), "want_write"),
    ] {
        let (_, made) = libssl.meet(event, version, "by_fault", &faults);
        assert!(
            made.len() == 1 && made[0].starts_with(&format!("{fault}@nth=")) && made[0].ends_with("/handle=1.1"),
            "{}: {event}, {version}: made {made:?}",
            libssl.name
        );
        libssl.is_the_same(event, version, &faults, &[&made[0]]);
        // What the trace says makes the same again.
        libssl.is_the_same(event, version, &made[0], &[&made[0]]);
    }
}

fn every_event(name: &'static str, versions: &[&str]) {
    let Some(libssl) = libssl(name) else { return };
    for version in versions {
        every_refusal(&libssl, version);
    }
}

#[test]
fn on_3_0() {
    every_event("openssl-3.0", &[TLS_1_2, TLS_1_3]);
}

#[test]
fn on_1_1_1w() {
    every_event("openssl-1.1.1w", &[TLS_1_2, TLS_1_3]);
}

#[test]
fn on_4_0_3() {
    every_event("openssl-4.0.3", &[TLS_1_2, TLS_1_3]);
}

#[test]
fn on_1_0_2k() {
    every_event("openssl-1.0.2k", &[TLS_1_2]);
}

#[test]
fn on_0_9_8e() {
    every_event("openssl-0.9.8e", &["0x301"]);
}

#[test]
fn on_boringssl() {
    every_event("boringssl", &[TLS_1_2, TLS_1_3]);
}

#[test]
fn on_aws_lc() {
    every_event("aws-lc", &[TLS_1_2, TLS_1_3]);
}

/// A record from the peer, and buffers freed in mid-connection: in TLS 1.3, and where the host has buffers to free.
#[test]
fn records_and_buffers() {
    for name in ["openssl-3.0", "openssl-1.1.1w", "openssl-4.0.3"] {
        let Some(libssl) = libssl(name) else { continue };
        for version in [TLS_1_2, TLS_1_3] {
            let release = "release@nth=2/in=SSL_read/handle=1.1";
            let (_, made) = libssl.meet("release", version, "by_fault", release);
            assert!(made.len() == 1 && made[0].starts_with("release@"), "{name}: {made:?}");
            libssl.is_the_same("release", version, release, &[&made[0]]);
        }
        let update = "key_update@nth=2/in=SSL_write/handle=2.1";
        let (met, made) = libssl.meet("key_update", TLS_1_3, "by_fault", update);
        assert!(made.len() == 1 && made[0].starts_with("key_update@"), "{name}: {made:?}");
        assert!(met.printed.contains("client read -1, errno 0, error 2"), "{name}: {}", met.printed);
        libssl.is_the_same("key_update", TLS_1_3, update, &[&made[0]]);
        libssl.is_the_same("key_update", TLS_1_3, &made[0], &[&made[0]]);
        // To whom it comes, a ticket is such a record too.
        let instead = "key_update@nth=1/in=SSL_write/handle=2.1";
        let (met, made) = libssl.meet("ticket", TLS_1_3, "by_fault", instead);
        assert_eq!(made.len(), 1, "{name}: {}", met.printed);
        assert!(met.printed.contains("client read -1, errno 0, error 2"), "{name}: {}", met.printed);
        libssl.is_the_same("ticket", TLS_1_3, instead, &[&made[0]]);
    }
    // Theirs read on, whatever the modes say.
    for name in ["boringssl", "aws-lc"] {
        let Some(libssl) = libssl(name) else { continue };
        let update = "key_update@nth=2/in=SSL_write/handle=2.1";
        let (_, made) = libssl.meet("key_update", TLS_1_3, "by_fault", update);
        assert!(made.len() == 1 && made[0].starts_with("key_update@"), "{name}: {made:?}");
        libssl.is_the_same("key_update", TLS_1_3, update, &[&made[0]]);
    }
}

/// Each condition, on calls that are really made: what it asks for is done, and nothing else.
#[test]
fn conditions() {
    let Some(libssl) = libssl("openssl-3.0") else { return };
    // Which call of the function it was, the function, and the handle, of all that was made.
    let made = |faults: &str| {
        let (_, made) = libssl.meet("short_write", TLS_1_3, "by_fault", faults);
        let parts = made.iter().map(|made| {
            let mut parts = made.strip_prefix("want_read@nth=")?.split('/');
            let nth: u32 = parts.next()?.parse().ok()?;
            Some((
                nth,
                parts.next()?.strip_prefix("in=")?.to_owned(),
                parts.next()?.strip_prefix("handle=")?.to_owned(),
            ))
        });
        parts.map(|parts| parts.unwrap_or_else(|| panic!("{faults}: {made:?}"))).collect::<Vec<_>>()
    };
    let everything = made("want_read@1");
    assert!(["1.1", "2.1"].iter().all(|end| everything.iter().any(|made| made.2 == *end)), "{everything:?}");
    for (end, conditions) in [("1.1", ["role=client", "handle=1.1"]), ("2.1", ["role=server", "handle=2.1"])] {
        for condition in conditions {
            let one_end = made(&format!("want_read@1/{condition}"));
            assert!(one_end.len() > 1 && one_end.iter().all(|made| made.2 == end), "{condition}: {one_end:?}");
            // What came before it is as it was.
            let (nth, function, _) = &one_end[0];
            let first = format!("want_read@nth={nth}/in={function}/{condition}");
            assert_eq!(made(&first), one_end[..1], "{first}");
        }
    }
    let reads = made("want_read@1/in=SSL_read");
    assert!(!reads.is_empty() && reads.iter().all(|made| made.1 == "SSL_read"), "{reads:?}");
    assert!(reads.len() < everything.len(), "{reads:?}");
    let window = made("want_read@1/calls=2-3/in=SSL_read");
    assert!(!window.is_empty() && window.iter().all(|made| matches!(made.0, 2..=3)), "{window:?}");
    let every = made("want_read@every=2/in=SSL_read");
    assert!(!every.is_empty() && every.iter().all(|made| made.0.is_multiple_of(2)), "{every:?}");
    assert_eq!(made("want_read@0"), []);
}

/// Nothing is made where the table has no cell for it, or the libssl no way.
#[test]
fn what_is_not_lawful_is_not_made() {
    for (name, version) in [("openssl-1.0.2k", TLS_1_2), ("openssl-3.0", TLS_1_2)] {
        let Some(libssl) = libssl(name) else { continue };
        let (_, made) = libssl.meet("want_write", version, "by_fault", "key_update@1");
        assert_eq!(made, [""; 0], "{name}: TLS 1.2 has no key update");
    }
    let Some(old) = libssl("openssl-1.0.2k") else { return };
    let (_, made) = old.meet("release", TLS_1_2, "by_fault", "release@1");
    assert_eq!(made, [""; 0], "1.0.2k has no SSL_free_buffers");
}

/// A callback of the program's own is called as if the transport itself had refused.
#[test]
fn a_program_with_callbacks_of_its_own() {
    for (name, kinds) in [
        ("openssl-3.0", &["old", "ex"][..]),
        ("openssl-1.1.1w", &["old", "ex"]),
        ("openssl-4.0.3", &["old", "ex"]),
        ("openssl-1.0.2k", &["old"]),
    ] {
        let Some(libssl) = libssl(name) else { continue };
        for kind in kinds {
            for (event, faults) in [
                ("want_write", "want_write@nth=2/in=SSL_write/handle=1.1"),
                ("want_read", "want_read@nth=2/in=SSL_read/handle=1.1"),
                ("first_flight", "want_write@nth=1/in=SSL_do_handshake/handle=1.1"),
            ] {
                let (really, _) = libssl.meet_watched(event, TLS_1_2, "really", "", Some(kind));
                let (by_fault, made) = libssl.meet_watched(event, TLS_1_2, "by_fault", faults, Some(kind));
                assert_eq!(made.len(), 1, "{name}: {event}, {kind}");
                let refused = if event == "want_read" { "  reads: -1\n" } else { "  writes: -1\n" };
                assert!(really.printed.contains(refused), "{name}: {event}, {kind}: {}", really.printed);
                assert_eq!(by_fault, really, "{name}: {event}, {kind}");
            }
        }
    }
}

/// The same seed makes the same faults, and another one others.
#[test]
fn a_seed_is_a_run() {
    let Some(libssl) = libssl("openssl-3.0") else { return };
    let run = |seed: u32| libssl.meet("short_write", TLS_1_3, "by_fault", &format!("all@0.4:seed={seed}"));
    let (first, made) = run(7);
    assert!(made.len() > 2, "{made:?}");
    for _ in 0..5 {
        assert_eq!(run(7), (Met { printed: first.printed.clone(), calls: first.calls.clone() }, made.clone()));
    }
    assert!((8..12).any(|seed| run(seed).1 != made));
}
