//! curl, nginx, `openssl s_server`, and Python's servers.

use crate::authority::Authority;
use crate::side::{PAIRS, Ran, SIDES, Server, Side, are_there, find, free_port, megabyte, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// A folder with a file of a megabyte that every user may read.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("ours");
    fs::write(folder.path().join("data"), megabyte()).expect("a file");
    folder
}

/// curl, which trusts this authority, for this name on this machine.
fn curl(side: Side, authority: &str, name: &str, port: u16) -> Command {
    let mut curl = side.command("curl");
    curl.args(["--silent", "--show-error", "--fail", "--max-time", "60"]);
    curl.arg("--cacert").arg(Authority::get().certificate(authority));
    curl.args(["--resolve", &format!("{name}:{port}:127.0.0.1"), &format!("https://{name}:{port}/data")]);
    curl
}

/// Fetches the file and compares it.
#[track_caller]
fn fetch(curl: &mut Command, folder: &Path, what: &str) {
    let into = folder.join("fetched");
    let ran = run(curl.arg("--output").arg(&into));
    assert_eq!(ran.stderr, "", "{what}");
    ran.printed();
    assert!(fs::read(&into).expect("a file") == megabyte(), "{what}: other data");
    fs::remove_file(into).expect("ours");
}

/// What curl says, and how it ends, where it refuses.
fn refusal(curl: &mut Command, port: u16) -> (String, Option<i32>) {
    let Ran { stderr, status, .. } = run(curl);
    (stderr.replace(&port.to_string(), "PORT"), status.code())
}

#[test]
fn curl_fetches_from_s_server() {
    if !are_there(&["curl", "openssl"]) {
        return;
    }
    for side in SIDES {
        for program in ["curl", "openssl"] {
            side.check(&find(program).expect("it is there"));
        }
    }
    let authority = Authority::get();
    let talk = |[server, client]: [Side; 2], certificate: &str| {
        let (folder, port) = (folder(), free_port());
        let mut command = server.command("openssl");
        command.args(["s_server", "-quiet", "-WWW", "-accept", &format!("127.0.0.1:{port}")]);
        command.arg("-cert").arg(authority.certificate(certificate)).arg("-key").arg(authority.key(certificate));
        let _server = Server::start(command.current_dir(folder.path()), port);
        let what = format!("server on {server}, client on {client}, {certificate}");
        for version in [["--tls-max", "1.2"], ["--tlsv1.3", "--compressed"]] {
            fetch(curl(client, "ca", "localhost", port).args(version), folder.path(), &what);
        }
        [curl(client, "other", "localhost", port), curl(client, "ca", "wrong.example", port)]
            .map(|mut curl| refusal(&mut curl, port))
    };
    for certificate in ["rsa", "ecdsa"] {
        let expected = talk(PAIRS[0], certificate);
        assert_eq!(expected.each_ref().map(|(_, code)| *code), [Some(60), Some(60)], "{expected:?}");
        for pair in &PAIRS[1..] {
            assert_eq!(talk(*pair, certificate), expected, "server and client on {pair:?}");
        }
    }
}

/// The key log of both ends of the same connections.
#[test]
fn both_ends_log_the_same_keys() {
    if !are_there(&["curl", "openssl"]) {
        return;
    }
    let authority = Authority::get();
    for [server, client] in PAIRS {
        let (folder, port) = (folder(), free_port());
        let logs = ["server.keys", "client.keys"].map(|name| folder.path().join(name));
        let mut command = server.command("openssl");
        command.args(["s_server", "-quiet", "-WWW", "-accept", &format!("127.0.0.1:{port}"), "-keylogfile"]);
        command.arg(&logs[0]).arg("-cert").arg(authority.certificate("rsa")).arg("-key").arg(authority.key("rsa"));
        let _server = Server::start(command.current_dir(folder.path()), port);
        for version in ["1.2", "1.3"] {
            let mut curl = curl(client, "ca", "localhost", port);
            let what = format!("server on {server}, client on {client}, TLS {version}");
            fetch(curl.env("SSLKEYLOGFILE", &logs[1]).args(["--tls-max", version]), folder.path(), &what);
        }
        let [ours, theirs] = logs.map(|log| {
            let text = fs::read_to_string(log).expect("a key log");
            let mut lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
            lines.sort();
            lines
        });
        assert_eq!(ours, theirs, "server on {server}, client on {client}");
        // One of TLS 1.2, five of TLS 1.3.
        assert_eq!(ours.len(), 6, "{ours:?}");
    }
}

/// A session is resumed at whichever worker gets the connection.
fn resume_at_every_worker(folder: &Path, port: u16, what: &str) {
    let session = folder.join("session");
    let connect = |option: &str| {
        let mut openssl = Side::System.command("openssl");
        openssl.args(["s_client", "-tls1_2", "-connect", &format!("127.0.0.1:{port}"), option]);
        run(openssl.arg(&session)).stdout
    };
    assert!(connect("-sess_out").contains("New, TLSv1.2"), "{what}");
    for _ in 0..8 {
        assert!(connect("-sess_in").contains("Reused, TLSv1.2"), "{what} does not resume");
    }
}

/// Two names with certificates of their own, several workers, and new ones after a reload.
#[test]
fn nginx_serves_names_and_reloads() {
    if !are_there(&["curl", "openssl", "nginx"]) {
        return;
    }
    for side in SIDES {
        side.check(&find("nginx").expect("it is there"));
        let (folder, port, authority) = (folder(), free_port(), Authority::get());
        let server = |name: &str, certificate: &str| {
            let (certificate, key) = (authority.certificate(certificate), authority.key(certificate));
            format!(
                "server {{ listen 127.0.0.1:{port} ssl; server_name {name};\n\
                 ssl_certificate {}; ssl_certificate_key {}; add_header X-Name {name}; }}\n",
                certificate.display(),
                key.display()
            )
        };
        let configuration = format!(
            "worker_processes 3; daemon off; pid nginx.pid; error_log errors info;\n\
             events {{ worker_connections 64; }}\n\
             http {{ access_log off; root .; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;\n\
             uwsgi_temp_path t4; scgi_temp_path t5; ssl_session_cache off; ssl_protocols TLSv1.2 TLSv1.3;\n\
             {}{} }}\n",
            server("localhost", "rsa"),
            server("example.org", "elsewhere")
        );
        fs::write(folder.path().join("nginx.conf"), configuration).expect("a file");
        let mut nginx = side.command("nginx");
        nginx.arg("-p").arg(folder.path()).args(["-e", "errors", "-c", "nginx.conf"]);
        let server = Server::start(&mut nginx, port);
        let serve = |when: &str| {
            for client in SIDES {
                for name in ["localhost", "example.org"] {
                    let what = format!("nginx on {side}, curl on {client}, {name}, {when}");
                    let headers = folder.path().join("headers");
                    fetch(curl(client, "ca", name, port).arg("--dump-header").arg(&headers), folder.path(), &what);
                    let headers = fs::read_to_string(headers).expect("a file");
                    assert!(headers.contains(&format!("X-Name: {name}")), "{what}: {headers}");
                }
            }
        };
        serve("at first");
        resume_at_every_worker(folder.path(), port, &format!("nginx on {side}"));
        // SAFETY: a signal to a child of ours.
        unsafe { libc::kill(server.id(), libc::SIGHUP) };
        let has_reloaded = || {
            let errors = fs::read_to_string(folder.path().join("errors")).unwrap_or_default();
            errors.contains("reconfiguring") && errors.matches("start worker process ").count() >= 6
        };
        let end = Instant::now() + Duration::from_secs(30);
        while !has_reloaded() {
            assert!(Instant::now() < end, "nginx on {side} does not reload");
            std::thread::sleep(Duration::from_millis(20));
        }
        serve("after a reload");
        drop(server);
        let errors = fs::read_to_string(folder.path().join("errors")).expect("a log");
        assert!(!errors.contains("[crit]") && !errors.contains("[alert]"), "nginx on {side}: {errors}");
    }
}
