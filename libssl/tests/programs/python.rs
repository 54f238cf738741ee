//! CPython's ssl, blocking and through asyncio.

use crate::authority::Authority;
use crate::side::{PAIRS, SIDES, Server, Side, are_there, free_port, run};
use std::path::{Path, PathBuf};

/// The interpreter itself (`python3` may be a script that looks for it), and the file of its module `_ssl`.
fn interpreter() -> (PathBuf, PathBuf) {
    let ask = "import sys, _ssl; print(sys.executable); print(_ssl.__file__)";
    let printed = run(Side::System.command("python3").args(["-c", ask])).printed();
    let mut lines = printed.lines().map(PathBuf::from);
    (lines.next().expect("a path"), lines.next().expect("a path"))
}

#[test]
fn python_talks_to_itself() {
    if !are_there(&["python3", "openssl"]) {
        return;
    }
    let ((python, module), authority) = (interpreter(), Authority::get());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/python/ssl_talk.py");
    let [expected, found] = SIDES.map(|side| {
        side.check(&module);
        let mut command = side.command(&python);
        // Signed by itself, it is its own authority.
        run(command.arg(&script).arg(authority.certificate("alone")).arg(authority.key("alone"))).printed()
    });
    assert!(expected.starts_with("blocking 3072000 "), "{expected}");
    assert_eq!(found, expected);
}

/// Python's http.server, and urllib with a session that is resumed.
#[test]
fn python_serves_and_fetches() {
    const SERVER: &str = "import http.server, ssl, sys\n\
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n\
        context.load_cert_chain(sys.argv[1], sys.argv[2])\n\
        server = http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[3])), http.server.SimpleHTTPRequestHandler)\n\
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)\n\
        server.serve_forever()\n";
    const CLIENT: &str = "import hashlib, socket, ssl, sys, urllib.request\n\
        port = int(sys.argv[2])\n\
        context = ssl.create_default_context(cafile=sys.argv[1])\n\
        data = urllib.request.urlopen(f'https://localhost:{port}/data', context=context).read()\n\
        print(len(data), hashlib.sha256(data).hexdigest())\n\
        context.maximum_version = ssl.TLSVersion.TLSv1_2\n\
        session = None\n\
        for turn in range(3):\n\
        \x20   with socket.create_connection(('127.0.0.1', port)) as raw:\n\
        \x20       with context.wrap_socket(raw, server_hostname='localhost', session=session) as tls:\n\
        \x20           print(tls.version(), tls.cipher()[0], tls.session_reused, tls.getpeercert()['subject'])\n\
        \x20           session = tls.session\n\
        try:\n\
        \x20   with socket.create_connection(('127.0.0.1', port)) as raw:\n\
        \x20       context.wrap_socket(raw, server_hostname='wrong.example')\n\
        except ssl.SSLCertVerificationError as error:\n\
        \x20   print(error.verify_code, error.verify_message, error.reason)\n";
    if !are_there(&["python3", "openssl"]) {
        return;
    }
    let ((python, _), authority) = (interpreter(), Authority::get());
    let talk = |[server, client]: [Side; 2]| {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        std::fs::write(folder.path().join("data"), crate::side::megabyte()).expect("a file");
        let mut command = server.command(&python);
        command.current_dir(folder.path()).args(["-c", SERVER]);
        command.arg(authority.certificate("rsa")).arg(authority.key("rsa")).arg(port.to_string());
        let _server = Server::start(&mut command, port);
        let mut command = client.command(&python);
        run(command.args(["-c", CLIENT]).arg(authority.certificate("ca")).arg(port.to_string())).printed()
    };
    let expected = talk(PAIRS[0]);
    assert!(expected.starts_with("1048576 ") && expected.contains("True"), "{expected}");
    for pair in &PAIRS[1..] {
        assert_eq!(talk(*pair), expected, "server and client on {pair:?}");
    }
}
