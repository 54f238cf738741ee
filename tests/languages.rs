//! The bindings of other languages: what they fetch is the same at every door.

mod support;

use std::fs::{self, File};
use std::process::Command;
use support::doors::{Door, Server, at_every_door, certificate, free_port};
use support::root;

/// Whether this ends well; or says what is skipped.
fn works(program: &str, arguments: &[&str]) -> bool {
    let works = Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    if !works {
        println!("SKIP {program}: {} does not work", arguments.join(" "));
    }
    works
}

/// Has `program` fetch a megabyte at this door, with the port and the certificate after its other arguments.
fn fetch(door: &Door, program: &str, arguments: &[&str]) {
    let (data, port, [certificate, key]) = (door.megabyte(), free_port(), certificate());
    let mut server = Command::new("openssl");
    server.args(["s_server", "-quiet", "-WWW", "-accept", &format!("127.0.0.1:{port}")]);
    server.arg("-cert").arg(certificate).arg("-key").arg(key).current_dir(door.folder.path());
    let _server = Server::start(&mut server, port);
    let mut fetch = door.command(program);
    fetch.args(arguments).arg(port.to_string()).arg(certificate);
    let output = fetch.stdout(File::create(door.path("fetched")).unwrap()).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaint.is_empty(), "{program}, options {:?}: {complaint}", door.options);
    assert!(fs::read(door.path("fetched")).unwrap() == data, "{program}: other data");
}

/// `tests/languages/fetch.*`, if what it needs works.
fn fetches(program: &str, script: &str, needs: &[&str]) {
    if works(program, needs) {
        at_every_door(&["openssl"], |door| {
            let script = root().join("tests/languages").join(script);
            fetch(door, program, &[script.to_str().unwrap()]);
            door.check_trace(program);
        });
    }
}

#[test]
fn perl() {
    fetches("perl", "fetch.pl", &["-MIO::Socket::SSL", "-e1"]);
}

#[test]
fn ruby() {
    fetches("ruby", "fetch.rb", &["-ropenssl", "-e1"]);
}

#[test]
fn php() {
    fetches("php", "fetch.php", &["-r", "exit(extension_loaded('openssl') ? 0 : 1);"]);
}

#[test]
fn lua() {
    fetches("lua5.1", "fetch.lua", &["-e", "require 'ssl'"]);
}

/// Its libssl is linked into it: nobody gets in front of that, and it runs as ever.
#[test]
fn node() {
    let script = "require('https').get({ port: process.argv[1], host: 'localhost', path: '/data', \
        ca: require('fs').readFileSync(process.argv[2]) }, answer => answer.pipe(process.stdout))";
    if works("node", &["-e", "require('https')"]) {
        at_every_door(&["openssl"], |door| fetch(door, "node", &["-e", script]));
    }
}
