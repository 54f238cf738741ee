//! A client and a server in C (`tests/c/wire.c`), made with OpenSSL's headers: what every call returns.

use crate::side::{PAIRS, Side, are_there, run};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PLANS: [&str; 18] = [
    "plain",
    "bulk",
    "nonblocking",
    "half-close",
    "cut",
    "alpn",
    "other-alpn",
    "name-refused",
    "resume",
    "client-certificate",
    "client-unknown",
    "client-optional",
    "client-required",
    "unverified",
    "other-authority",
    "other-name",
    "expired",
    "other-cipher",
];

fn build(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/wire.c");
    let program = folder.join("wire");
    let mut command = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    command.args(["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-g", "-O1"]);
    command.arg(source).arg("-o").arg(&program).args(["-lssl", "-lcrypto"]);
    run(&mut command).printed();
    program
}

/// What server and client print of a plan.
fn talk(program: &Path, [server, client]: [Side; 2], plan: [&str; 3]) -> [Vec<String>; 2] {
    let folder = program.parent().expect("a folder");
    let mut command = server.command(program);
    command.arg("server").arg(folder).args(plan).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the server");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let mut port = String::new();
    output.read_line(&mut port).expect("a port");
    let client = run(client.command(program).arg("client").arg(folder).args(plan).arg(port.trim_end())).printed();
    let mut text = String::new();
    output.read_to_string(&mut text).expect("text");
    assert!(child.wait().expect("the server").success(), "{plan:?}: {text}");
    [text, client].map(|text| text.lines().map(str::to_owned).collect())
}

#[test]
fn a_client_and_a_server_in_c() {
    if !are_there(&[]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let program = build(folder.path());
    for side in [Side::System, Side::Ours] {
        side.check(&program);
    }
    run(Side::System.command(&program).arg("make").arg(folder.path())).printed();
    let mut wrong = Vec::new();
    for plan in PLANS.iter().chain(&["other-version"]) {
        for (version, key) in [("12", "rsa"), ("12", "ecdsa"), ("13", "rsa"), ("13", "ecdsa")] {
            let plan = [plan, version, key];
            let expected = talk(&program, PAIRS[0], plan);
            for pair in &PAIRS[1..] {
                let found = talk(&program, *pair, plan);
                for ((found, expected), end) in found.iter().zip(&expected).zip(["server", "client"]) {
                    let differ = (0..found.len().max(expected.len())).find(|&at| found.get(at) != expected.get(at));
                    if let Some(at) = differ {
                        let (found, expected) = (found.get(at), expected.get(at));
                        wrong.push(format!("{plan:?} on {pair:?}, {end}, line {at}: {found:?}, not {expected:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}
