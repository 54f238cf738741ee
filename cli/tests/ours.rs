//! `sslmode run --libssl ours`: programs that know nothing of it, on our own libssl, watched.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Asks for a page and says how it went: arguments are the URL and the authority's file.
const FETCH: &str = "
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
page = urllib.request.urlopen(sys.argv[1], context=context, timeout=60).read()
print('Cipher' in page.decode())
";

fn is_installed(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

/// What is needed, or None and a line SKIP. Under CI it must be there.
fn libraries(programs: &[&str]) -> Option<(PathBuf, PathBuf)> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let (front, ours) = (target.join("release/libsslmode.so"), target.join("libssl/libssl.so.3"));
    let missing = [&front, &ours].into_iter().find(|path| !path.is_file()).map(|path| path.display().to_string());
    let missing = missing.or_else(|| programs.iter().find(|it| !is_installed(it)).map(|it| (*it).to_owned()));
    if let Some(missing) = missing {
        assert!(std::env::var_os("CI").is_none(), "expected {missing} (make)");
        println!("SKIP: expected {missing} (make)");
        return None;
    }
    Some((front, ours.canonicalize().unwrap()))
}

/// The system's `openssl s_server`, until it is dropped.
struct Server {
    child: Child,
    port: u16,
    certificate: PathBuf,
}

impl Server {
    fn start(folder: &Path) -> Server {
        let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        let mut request = Command::new("openssl");
        request.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost"]);
        request.args(["-addext", "subjectAltName=DNS:localhost", "-out"]).arg(&certificate).arg("-keyout").arg(&key);
        assert!(request.stderr(Stdio::null()).status().unwrap().success());
        let mut command = Command::new("openssl");
        command.args(["s_server", "-www", "-accept", "127.0.0.1:0", "-cert"]).arg(&certificate).arg("-key").arg(key);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut ports = lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("ACCEPT ").map(str::to_owned));
        let port = ports.next().and_then(|address| address.rsplit(':').next()?.trim().parse().ok());
        Server { child, port: port.expect("a port"), certificate }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program with these options as `sslmode run` takes them; its output and the trace.
fn run(front: &Path, options: &[&str], program: &str, arguments: &[&str]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sslmode"));
    command.args(["run", "--libssl", "ours"]).args(options).arg("--").arg(program).args(arguments);
    command.env("SSLMODE_LIBRARY", front).env_remove("SSLMODE_OPTIONS").env_remove("LD_PRELOAD");
    let ran = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(ran.status.success(), "{program}: {}\n{}{}", ran.status, text(&ran.stdout), text(&ran.stderr));
    (text(&ran.stdout), text(&ran.stderr))
}

/// Fetches the server's page by `program`; the page's text must be in what it prints.
fn fetches(program: &str, expected: &str, arguments: impl Fn(&str, &str) -> Vec<String>) {
    let Some((front, ours)) = libraries(&["openssl", program]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (url, authority) = (format!("https://localhost:{}/", server.port), server.certificate.display().to_string());
    let arguments = arguments(&url, &authority);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (plain, nothing) = run(&front, &[], program, &arguments);
    assert!(plain.contains(expected) && nothing.is_empty(), "{plain}{nothing}");
    let (traced, trace) = run(&front, &["--trace"], program, &arguments);
    assert!(traced.contains(expected), "{traced}");
    assert!(trace.contains(&format!("host {}: ", ours.display())), "{trace}");
    assert!(!trace.contains("host /lib") && !trace.contains("host /usr"), "another libssl: {trace}");
    assert!(trace.contains("SSL_read"), "{trace}");
    let forced = ["--trace", "--force", "+RELEASE_BUFFERS,+ENABLE_PARTIAL_WRITE,+ACCEPT_MOVING_WRITE_BUFFER"];
    let (stdout, trace) = run(&front, &forced, program, &arguments);
    assert!(stdout.contains(expected) && trace.contains("RELEASE_BUFFERS"), "{stdout}{trace}");
}

#[test]
fn curl() {
    fetches("curl", "Cipher", |url, authority| {
        ["-sS", "--fail", "--max-time", "60", "--cacert", authority, url].map(str::to_owned).to_vec()
    });
}

#[test]
fn python() {
    fetches("python3", "True", |url, authority| ["-c", FETCH, url, authority].map(str::to_owned).to_vec());
}
