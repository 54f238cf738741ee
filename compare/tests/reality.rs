//! The engine against real libssls, and the comparison against itself.
#![allow(missing_docs, reason = "tests")]

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const COMPARE: &str = env!("CARGO_BIN_EXE_sslmode-compare");
const SEQUENCES: &str = "2000";

/// The path of a real libssl, or None and a line SKIP where it cannot be had. Under CI it must be there.
fn host(name: &str) -> Option<PathBuf> {
    let get = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/hosts/get");
    let ran = Command::new(get).arg(name).output().expect("tools/hosts/get runs");
    if ran.status.success() {
        return Some(PathBuf::from(text(&ran.stdout).trim_end()));
    }
    let why = text(&ran.stderr);
    assert!(ran.status.code() == Some(77) && std::env::var_os("CI").is_none(), "{name}: {why}");
    println!("SKIP {name}: {why}");
    None
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn compare(arguments: &[&str]) -> Output {
    Command::new(COMPARE).args(arguments).output().expect("sslmode-compare runs")
}

fn agrees(name: &str) {
    let Some(path) = host(name) else { return };
    let path = path.to_str().expect("a path in UTF-8");
    let ran = compare(&["run", path, "--sequences", SEQUENCES]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    assert!(text(&ran.stdout).contains("2000 sequences agree"), "{}", text(&ran.stdout));
}

#[test]
fn openssl_3_0_does_as_the_engine_says() {
    agrees("openssl-3.0");
}

#[test]
fn openssl_1_0_2k_does_as_the_engine_says() {
    agrees("openssl-1.0.2k");
}

#[test]
fn openssl_0_9_8e_does_as_the_engine_says() {
    agrees("openssl-0.9.8e");
}

/// Our own libssl as `make` leaves it, or None and a line SKIP where it is not made.
fn ours() -> Option<&'static str> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/libssl/libssl.so.3");
    if path.is_file() {
        return Some("ours");
    }
    assert!(std::env::var_os("CI").is_none(), "{} is not there (make)", path.display());
    println!("SKIP: {} is not there (make)", path.display());
    None
}

#[test]
fn our_libssl_does_as_the_engine_says_in_every_dialect() {
    let Some(ours) = ours() else { return };
    let profiles = ["openssl-1.0.2", "openssl-1.1.1", "openssl-0.9.8", "openssl-1.0.2l", "openssl-3.2", "openssl-4"];
    for profile in ["openssl-3"].into_iter().chain(profiles) {
        let options = format!("profile={profile}");
        let run = |arguments: &[&str]| {
            let ran = Command::new(COMPARE).args(arguments).env("SSLMODE_OPTIONS", &options).output();
            let ran = ran.expect("sslmode-compare runs");
            assert!(ran.status.success(), "{profile}: {}", text(&ran.stderr));
            text(&ran.stdout)
        };
        let said = run(&["run", ours, "--sequences", SEQUENCES]);
        // Also where the version would read past the buffer: ours refuses.
        assert!(said.contains("2000 sequences agree") && said.contains("; 0 would read past"), "{profile}: {said}");
        let page = run(&["table", ours]);
        assert!(page.contains(&format!("| {profile} |")), "the rules are not the profile's: {page}");
    }
}

/// Compiles a C program that `sslmode-compare` printed.
fn compile(source: &str, name: &str, arguments: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (file, program) = (folder.join(format!("{name}.c")), folder.join(name));
    std::fs::write(&file, source).expect("a file can be written");
    let target = "x86_64-unknown-linux-gnu";
    let compiler = cc::Build::new().opt_level(0).host(target).target(target).get_compiler();
    let mut command = compiler.to_command();
    command.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-g"]).arg(&file).arg("-o").arg(&program).args(arguments);
    let done = command.output().expect("the C compiler runs");
    assert!(done.status.success(), "{}", text(&done.stderr));
    program
}

#[test]
fn rules_of_another_version_are_caught_shrunk_and_printed() {
    let Some(path) = host("openssl-3.0") else { return };
    let path = path.to_str().expect("a path in UTF-8");
    for (rules, calls) in [("openssl-1.0.2", 3), ("openssl-0.9.8", 3), ("boringssl", 3), ("openssl-4", 4)] {
        let ran = compare(&["run", path, "--sequences", SEQUENCES, "--rules", rules]);
        let report = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{rules}: {}{report}", text(&ran.stdout));
        let shrunk = report.lines().nth(1).expect("the sequence");
        assert!(shrunk.matches(';').count() <= calls, "{rules}: not short: {shrunk}");

        let (_, source) = report.split_once("C program:\n").expect("a C program");
        let program = compile(source, &format!("differs-from-{rules}"), &["-ldl"]);
        let shown = Command::new(program).arg(path).output().expect("the program runs");
        let lines = text(&shown.stdout);
        let host_gave =
            report.lines().find_map(|line| line.trim().strip_prefix("host   ")).expect("what the host gave");
        // The program knows no names of reasons.
        let beginning = host_gave.split(" \"").next().expect("a first part");
        assert!(lines.lines().last().is_some_and(|last| last.contains(beginning)), "{rules}: {host_gave}\n{lines}");
    }
}

/// A call of which the engine says that it would read past the buffer, made with memory behind the buffer that cannot
/// be read; under `valgrind` the same programs show the read within `ssl3_write_bytes`.
#[test]
fn calls_that_are_not_run_do_read_past_the_buffer() {
    const SHORTER: &str = "Tls12 17000 0; set 2; write first 0 40000; drain 99999; write moved 0 30000";
    const NEGATIVE: &str = "Tls10 17000 0; write first 0 -1";
    for (name, sequence, program) in
        [("openssl-1.0.2k", SHORTER, "reads-past-1.0.2k"), ("openssl-0.9.8e", NEGATIVE, "reads-past-0.9.8e")]
    {
        let Some(path) = host(name) else { continue };
        let printed = compare(&["program", path.to_str().expect("a path in UTF-8"), sequence, "--overreads"]);
        let source = text(&printed.stdout);
        assert!(source.contains("reads past the buffer */"), "{name}: not told before: {}", text(&printed.stderr));
        let program = compile(&source, program, &["-ldl"]);
        let ran = Command::new(&program).arg(&path).output().expect("the program runs");
        assert_eq!(ran.status.signal(), Some(11), "{name}: {}", text(&ran.stdout));
        // The version that mended it does not.
        if let (Some(mended), "openssl-1.0.2k") = (host("openssl-1.0.2n"), name) {
            let ran = Command::new(&program).arg(mended).output().expect("the program runs");
            assert!(ran.status.success(), "{}", text(&ran.stdout));
        }
    }
}

#[test]
fn a_crash_is_shrunk_to_the_calls_that_lead_to_it() {
    const CRASHES_AT_40_000: &str = "
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdlib.h>
        int SSL_write(void *ssl, const void *data, int length);
        int SSL_write(void *ssl, const void *data, int length) {
            void *next = dlsym(RTLD_NEXT, \"SSL_write\");
            if (length == 40000) abort();
            return (*(int (**)(void *, const void *, int))&next)(ssl, data, length);
        }";
    let Some(path) = host("openssl-3.0") else { return };
    let path = path.to_str().expect("a path in UTF-8");
    // What dlsym does not find in it, it finds in the libssl that it is linked with.
    let crashing = compile(CRASHES_AT_40_000, "crashing.so", &["-shared", "-fPIC", "-Wl,--no-as-needed", path, "-ldl"]);
    let ran = compare(&["run", crashing.to_str().expect("a path in UTF-8"), "--sequences", "200", "--jobs", "1"]);
    let report = text(&ran.stderr);
    assert_eq!(ran.status.code(), Some(1), "{report}");
    assert!(report.contains("signal 6"), "{report}");
    assert!(report.trim_end().ends_with("17000 0; write first 0 40000"), "{report}");
}

/// The rows of a page with the cells of one host.
fn column(page: &str, host: &str) -> Vec<(String, String)> {
    let mut index = None;
    let mut rows = Vec::new();
    for cells in page.lines().filter(|line| line.starts_with('|')).map(|line| line.split('|').map(str::trim)) {
        let cells: Vec<&str> = cells.collect();
        if cells[1].is_empty() {
            index = cells.iter().position(|cell| *cell == host);
        } else if let Some(cell) = index.and_then(|index| cells.get(index)) {
            rows.push((cells[1].to_owned(), (*cell).to_owned()));
        }
    }
    rows
}

#[test]
fn compat_md_is_what_the_hosts_do() {
    if host("openssl-3.0").is_none() {
        return;
    }
    let ran = compare(&["table", "openssl-3.0"]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../COMPAT.md")).expect("COMPAT.md");
    let now = column(&text(&ran.stdout), "openssl-3.0");
    assert!(now.len() > 40, "{now:?}");
    assert_eq!(column(&page, "openssl-3.0"), now, "COMPAT.md is stale; `make compat` writes it");
}

#[test]
fn mistakes_are_told() {
    let ran = compare(&["run", "/lib/no-such-libssl.so"]);
    assert_eq!(ran.status.code(), Some(1));
    assert!(text(&ran.stderr).contains("expected a libssl"), "{}", text(&ran.stderr));
    let ran = compare(&["run", "openssl-3.0", "--rules", "openssl-5"]);
    assert_eq!(ran.status.code(), Some(2));
    assert!(text(&ran.stderr).contains("openssl-1.0.2l"), "{}", text(&ran.stderr));
    let ran = compare(&["replay", "openssl-3.0", "Tls12 17000 0; jump"]);
    assert!(text(&ran.stderr).contains("expected a step such as"), "{}", text(&ran.stderr));
}
