//! haproxy, which has a BIO of its own, partial writes, and keys for the tickets of all its processes.

use crate::authority::Authority;
use crate::side::{SIDES, Server, Side, are_there, find, free_port, megabyte, run, run_with};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;

/// More than the sockets between haproxy and its client hold.
fn large() -> Vec<u8> {
    megabyte().repeat(16)
}

/// haproxy on this port, with files behind it that Python serves, and with these keys for tickets.
fn proxy(side: Side, folder: &Path, port: u16, backend: u16) -> Server {
    let authority = Authority::get();
    let pem = [authority.certificate("rsa"), authority.key("rsa")].map(|file| fs::read(file).expect("a file")).concat();
    fs::write(folder.join("pem"), pem).expect("a file");
    let key = "c2l4dGVlbiBieXRlcyEhIXNpeHRlZW4gYnl0ZXMhISFzaXh0ZWVuIGJ5dGVzISEh";
    fs::write(folder.join("keys"), format!("{key}\n{key}\n{key}\n")).expect("a file");
    let configuration = format!(
        "defaults\n mode http\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n\
         frontend f\n bind 127.0.0.1:{port} ssl crt pem tls-ticket-keys keys\n\
         \x20http-response set-header X-Reused %[ssl_fc_is_resumed]\n default_backend b\n\
         backend b\n server s 127.0.0.1:{backend}\n"
    );
    fs::write(folder.join("haproxy.cfg"), configuration).expect("a file");
    Server::start(side.command("haproxy").current_dir(folder).args(["-db", "-f", "haproxy.cfg"]), port)
}

/// Five clients at once, of which each takes less than comes: haproxy has to wait with its writes.
fn fetch_slowly(folder: &Path, port: u16, what: &str) {
    thread::scope(|scope| {
        for number in 0..5 {
            scope.spawn(move || {
                let into = folder.join(format!("fetched{number}"));
                let mut curl = Side::System.command("curl");
                curl.args(["--silent", "--show-error", "--insecure", "--max-time", "60", "--limit-rate", "16M"]);
                curl.arg("--output").arg(&into).arg(format!("https://127.0.0.1:{port}/data"));
                run(&mut curl).printed();
                assert!(fs::read(into).expect("a file") == large(), "{what}: other data");
            });
        }
    });
}

/// What haproxy says of whether it resumed, in a connection that begins or takes up this session.
fn reused(folder: &Path, port: u16, version: &str, option: &str) -> bool {
    fs::write(folder.join("request"), "GET /small HTTP/1.0\r\n\r\n").expect("a file");
    let mut openssl = Side::System.command("openssl");
    openssl.current_dir(folder).args(["s_client", version, "-ign_eof", "-connect", &format!("127.0.0.1:{port}")]);
    let request = fs::File::open(folder.join("request")).expect("a file");
    let said = run_with(openssl.args([option, "session"]), Stdio::from(request)).stdout;
    let line = said.lines().find_map(|line| line.strip_prefix("x-reused: "));
    line.unwrap_or_else(|| panic!("no answer: {said}")).trim() == "1"
}

#[test]
fn haproxy_waits_for_slow_clients_and_resumes_in_another_process() {
    if !are_there(&["curl", "openssl", "haproxy", "python3"]) {
        return;
    }
    for side in SIDES {
        side.check(&find("haproxy").expect("it is there"));
    }
    let (folder, backend) = (tempfile::tempdir().expect("a folder"), free_port());
    let folder = folder.path();
    fs::write(folder.join("data"), large()).expect("a file");
    fs::write(folder.join("small"), "small").expect("a file");
    let mut python = Side::System.command("python3");
    python.args(["-m", "http.server", "--bind", "127.0.0.1", &backend.to_string()]);
    let _backend = Server::start(python.current_dir(folder), backend);
    for side in SIDES {
        let port = free_port();
        let proxy_for_all = proxy(side, folder, port, backend);
        fetch_slowly(folder, port, &format!("haproxy on {side}"));
        drop(proxy_for_all);
        for version in ["-tls1_2", "-tls1_3"] {
            let port = free_port();
            let first = proxy(side, folder, port, backend);
            assert!(!reused(folder, port, version, "-sess_out"), "{side} {version}");
            drop(first);
            let port = free_port();
            let _second = proxy(side, folder, port, backend);
            assert!(reused(folder, port, version, "-sess_in"), "{side} {version}: the ticket of another process");
        }
    }
}
