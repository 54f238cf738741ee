//! The library as the dynamic linker sees it.

mod support;

use std::process::Command;
use support::{library, root, run};

#[test]
fn exports_what_the_list_says_and_nothing_else() {
    let listed = std::fs::read_to_string(root().join("src/exports.txt")).unwrap();
    let symbols = run(Command::new("nm").args(["-D", "--defined-only", "--format=posix"]).arg(library()));
    let mut exported: Vec<_> = symbols.printed().lines().map(|line| line.split(' ').next().unwrap()).collect();
    exported.sort_unstable();
    assert_eq!(exported, listed.lines().collect::<Vec<_>>());
}

#[test]
fn asks_for_no_libssl_and_stays_loaded() {
    let dynamic = run(Command::new("readelf").args(["-dW"]).arg(library()));
    let mut needed = Vec::new();
    for line in dynamic.printed().lines() {
        let value = line.split(['[', ']']).nth(1);
        match value {
            Some(library) if line.contains("(NEEDED)") => needed.push(library),
            Some(soname) if line.contains("(SONAME)") => assert_eq!(soname, "libsslmode.so.0"),
            _ => {}
        }
    }
    needed.sort_unstable();
    assert_eq!(needed, ["ld-linux-x86-64.so.2", "libc.so.6", "libgcc_s.so.1"]);
    assert!(dynamic.stdout.contains("SONAME"));
    assert!(dynamic.stdout.lines().any(|line| line.contains("FLAGS_1") && line.contains("NODELETE")));
}
