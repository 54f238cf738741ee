//! socat, stunnel, and `openssl s_client` with `s_server`.

use crate::authority::Authority;
use crate::side::{PAIRS, SIDES, Server, Side, are_there, find, free_port, megabyte, run, run_with};
use std::fs;
use std::process::Stdio;

#[test]
fn socat_carries_a_file() {
    if !are_there(&["socat", "openssl"]) {
        return;
    }
    for side in SIDES {
        side.check(&find("socat").expect("it is there"));
    }
    let authority = Authority::get();
    let options = |name: &str| {
        let [ca, certificate, key] = [authority.certificate("ca"), authority.certificate(name), authority.key(name)];
        format!("cafile={},cert={},key={}", ca.display(), certificate.display(), key.display())
    };
    for [server, client] in PAIRS {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        fs::write(folder.path().join("data"), megabyte()).expect("a file");
        let mut command = server.command("socat");
        command.current_dir(folder.path()).args(["-U", "-t", "5"]);
        command.arg(format!("OPENSSL-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,verify=1,{}", options("ecdsa")));
        let _server = Server::start(command.arg("OPEN:data,rdonly"), port);
        let mut command = client.command("socat");
        command.current_dir(folder.path()).args(["-u", "-t", "5"]);
        command.arg(format!("OPENSSL:127.0.0.1:{port},commonname=localhost,{}", options("client")));
        run(command.arg("CREATE:received")).printed();
        let received = fs::read(folder.path().join("received")).expect("a file");
        assert!(received == megabyte(), "server on {server}, client on {client}: other data");
    }
}

/// A plain client, stunnel, TLS, stunnel, and a plain server that answers with what it got.
#[test]
fn stunnel_at_both_ends() {
    if !are_there(&["socat", "stunnel", "openssl"]) {
        return;
    }
    for side in SIDES {
        side.check(&find("stunnel").expect("it is there"));
    }
    let authority = Authority::get();
    let common = "foreground = yes\npid =\nsyslog = no\ndebug = err\n";
    for [server, client] in PAIRS {
        let (folder, [plain, tls, entry]) = (tempfile::tempdir().expect("a folder"), [(); 3].map(|()| free_port()));
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text).expect("a file");
        write(
            "server.conf",
            format!(
                "{common}[server]\naccept = 127.0.0.1:{tls}\nconnect = 127.0.0.1:{plain}\ncert = {}\nkey = {}\n\
                 CAfile = {}\nverifyChain = yes\n",
                authority.certificate("rsa").display(),
                authority.key("rsa").display(),
                authority.certificate("ca").display()
            ),
        );
        write(
            "client.conf",
            format!(
                "{common}[client]\nclient = yes\naccept = 127.0.0.1:{entry}\nconnect = 127.0.0.1:{tls}\nCAfile = {}\n\
                 verifyChain = yes\ncheckHost = localhost\ncert = {}\nkey = {}\n",
                authority.certificate("ca").display(),
                authority.certificate("client").display(),
                authority.key("client").display()
            ),
        );
        write("data", String::from_utf8(vec![b'x'; 1 << 20]).expect("text"));
        let mut echo = Side::System.command("socat");
        let _echo =
            Server::start(echo.arg(format!("TCP-LISTEN:{plain},bind=127.0.0.1,reuseaddr,fork")).arg("PIPE"), plain);
        let start = |side: Side, name: &str, port| {
            Server::start(side.command("stunnel").current_dir(folder.path()).arg(name), port)
        };
        let _far = start(server, "server.conf", tls);
        let _near = start(client, "client.conf", entry);
        let data = fs::File::open(folder.path().join("data")).expect("a file");
        let mut command = Side::System.command("socat");
        command.args(["-t", "10", "-", &format!("TCP:127.0.0.1:{entry}")]);
        let ran = run_with(&mut command, data.into());
        assert!(ran.stdout == "x".repeat(1 << 20), "server on {server}, client on {client}: {}", ran.stdout.len());
    }
}

/// The lines of s_client's report that say what was agreed on and how the certificate was judged; each once, for it says
/// some again with every ticket that comes before it leaves.
fn report(text: &str) -> Vec<String> {
    const KEPT: [&str; 10] = [
        "depth=",
        "verify ",
        "subject=",
        "issuer=",
        "New, ",
        "Reused, ",
        "Server public key",
        "ALPN protocol",
        "Verification",
        "Verify return code",
    ];
    let lines = text.lines().map(str::trim).filter(|line| KEPT.iter().any(|kept| line.starts_with(kept)));
    let mut lines: Vec<_> = lines.map(str::to_owned).collect();
    lines.dedup();
    lines
}

#[test]
fn s_client_reports_the_same() {
    if !are_there(&["openssl"]) {
        return;
    }
    let authority = Authority::get();
    let talk = |[server, client]: [Side; 2]| {
        let port = free_port();
        let mut command = server.command("openssl");
        command.args(["s_server", "-quiet", "-www", "-alpn", "http/1.1", "-accept", &format!("127.0.0.1:{port}")]);
        command.arg("-cert").arg(authority.certificate("rsa")).arg("-key").arg(authority.key("rsa"));
        command.arg("-dcert").arg(authority.certificate("ecdsa")).arg("-dkey").arg(authority.key("ecdsa"));
        let _server = Server::start(&mut command, port);
        let ask = |arguments: &[&str]| {
            let mut command = client.command("openssl");
            command.args(["s_client", "-connect", &format!("127.0.0.1:{port}"), "-servername", "localhost"]);
            let ran = run_with(command.args(arguments), Stdio::null());
            [vec![ran.status.to_string()], report(&ran.stdout), report(&ran.stderr)]
        };
        let [ca, other] = ["ca", "other"].map(|name| authority.certificate(name).display().to_string());
        let rsa = "rsa_pss_rsae_sha256";
        vec![
            ask(&["-CAfile", &ca, "-verify_return_error", "-alpn", "h2,http/1.1"]),
            ask(&["-CAfile", &ca, "-verify_return_error", "-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"]),
            ask(&[
                "-CAfile",
                &ca,
                "-verify_return_error",
                "-tls1_3",
                "-sigalgs",
                rsa,
                "-ciphersuites",
                "TLS_AES_128_GCM_SHA256",
            ]),
            ask(&["-CAfile", &ca, "-verify_return_error", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"]),
            ask(&["-CAfile", &ca, "-verify_return_error", "-verify_hostname", "wrong.example"]),
            ask(&["-CAfile", &other, "-verify_return_error"]),
            ask(&["-CAfile", &other]),
            ask(&["-CAfile", &ca, "-tls1_2", "-reconnect"]),
        ]
    };
    let expected = talk(PAIRS[0]);
    assert!(expected.iter().all(|[_, report, _]| !report.is_empty()), "{expected:#?}");
    for pair in &PAIRS[1..] {
        let found = talk(*pair);
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "server and client on {pair:?}");
        }
    }
}
