//! docs/: each program on each OpenSSL, each line of the shell, and the table, which is made from the engine.

mod support;

use sslmode_engine::{Dialect, differences};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{command, compile_example, host, library, root, run};

fn path() -> PathBuf {
    root().join("docs/from-1.0.2-to-4.md")
}

/// A block of the page: what stands behind its fence, and what is in it.
struct Block {
    info: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let page = fs::read_to_string(path()).unwrap();
    let parts = page.split("```").collect::<Vec<_>>();
    assert!(parts.len() % 2 == 1, "a fence is open");
    let block = |part: &&str| {
        let (info, text) = part.split_once('\n').unwrap();
        Block { info: info.to_owned(), text: text.to_owned() }
    };
    parts.iter().skip(1).step_by(2).map(block).collect()
}

/// A folder with what the page speaks of.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["ends.h", "three.c"] {
        fs::copy(root().join("examples/migration").join(name), folder.path().join(name)).unwrap();
    }
    let data = root().join("compare/data");
    let pem = ["cert.pem", "key.pem"].map(|name| fs::read(data.join(name)).unwrap()).concat();
    fs::write(folder.path().join("server.pem"), pem).unwrap();
    folder
}

/// What links with the OpenSSL of this version; None where it cannot be had.
fn libraries(version: &str) -> Option<Vec<OsString>> {
    match version {
        "3.0" => Some(vec!["-lssl".into(), "-lcrypto".into()]),
        _ => host(&format!("openssl-{version}")).map(|libssl| support::link_with(&libssl)),
    }
}

fn printed(program: &Path, folder: &Path) -> String {
    run(Command::new(program).arg("server.pem").current_dir(folder)).printed_quietly().to_owned()
}

#[test]
fn each_program_prints_what_the_page_says() {
    let folder = folder();
    let mut source = folder.path().join("none.c");
    let mut seen: Vec<(usize, String)> = Vec::new();
    for (place, block) in blocks().iter().enumerate() {
        if block.info == "c" {
            source = folder.path().join(format!("example{place}.c"));
            fs::write(&source, &block.text).unwrap();
            seen.push((0, String::new()));
        }
        let Some(versions) = block.info.strip_prefix("text on ") else { continue };
        for version in versions.split(", ") {
            let counted = seen.last_mut().expect("a program before its output");
            counted.0 += 1;
            counted.1 += version;
            let Some(libraries) = libraries(version) else { continue };
            let libraries: Vec<_> = libraries.iter().map(OsString::as_os_str).collect();
            let program = folder.path().join(format!("example{place}-{version}"));
            compile_example(&source, &[], &libraries, &program);
            assert_eq!(printed(&program, folder.path()), block.text, "{version}: {}", source.display());
        }
    }
    assert!(seen.len() >= 5 && seen.iter().all(|(versions, _)| *versions == 4), "{seen:?}");
}

/// The lines after `$ ` in a shell, and what they print.
#[test]
fn each_line_of_the_shell_prints_what_the_page_says() {
    let folder = folder();
    let mut count = 0;
    for block in blocks().iter().filter(|block| block.info == "console") {
        for step in block.text.split("$ ").skip(1) {
            let (line, expected) = step.split_once('\n').unwrap();
            let mut shell = Command::new("bash");
            let path = format!("{}:{}", command().parent().unwrap().display(), std::env::var("PATH").unwrap());
            shell.args(["-c", line]).current_dir(folder.path()).env("PATH", path);
            shell.env("SSLMODE_LIBRARY", library()).env_remove("SSLMODE_OPTIONS").env_remove("LD_PRELOAD");
            assert_eq!(run(&mut shell).printed_quietly(), expected, "{line}");
            count += 1;
        }
    }
    assert!(count > 8);
}

#[test]
fn the_table_is_the_engines() {
    let dialect = |name| Dialect::by_name(name).unwrap();
    let mut table = String::from("\n| topic | 1.0.2 | 4 | write instead |\n|---|---|---|---|\n");
    for difference in differences::between(dialect("openssl-1.0.2"), dialect("openssl-4")) {
        let (topic, instead) = (difference.topic.name(), difference.topic.instead());
        table += &format!("| `{topic}` | {} | {} | {instead} |\n", difference.from, difference.to);
    }
    let page = fs::read_to_string(path()).unwrap();
    let (begin, end) = ("<!-- table -->\n", "\n<!-- end -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    let fresh = format!("{before}{begin}{table}{end}{after}");
    if std::env::var_os("SSLMODE_WRITE_DOCS").is_some() {
        fs::write(path(), &fresh).unwrap();
    }
    assert!(fs::read_to_string(path()).unwrap() == fresh, "stale: SSLMODE_WRITE_DOCS=1 cargo test --test docs table");
}
