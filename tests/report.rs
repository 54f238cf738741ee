//! `sslmode report`, from the run of a program to the page in a browser.

mod support;

use serde_json::Value;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use support::{Ran, compile_example, host, library, root, run};

/// The program that relies on three things, or its twin, linked with this libssl; None is the system's.
fn three(libssl: Option<&Path>, mended: bool, folder: &Path) -> PathBuf {
    let source = root().join("examples/migration/three.c");
    let program = folder.join(if mended { "mended" } else { "three" });
    let mended = if mended { &["-DMENDED"][..] } else { &[] };
    let libraries = libssl.map_or_else(|| vec!["-lssl".into(), "-lcrypto".into()], support::link_with);
    let libraries: Vec<_> = libraries.iter().map(OsString::as_os_str).collect();
    compile_example(&source, mended, &libraries, &program);
    program
}

fn pem(folder: &Path) -> PathBuf {
    let data = root().join("compare/data");
    let both = ["cert.pem", "key.pem"].map(|name| fs::read(data.join(name)).unwrap()).concat();
    fs::write(folder.join("server.pem"), both).unwrap();
    folder.join("server.pem")
}

fn sslmode(arguments: &[&str]) -> Command {
    let mut command = Command::new(support::command());
    command.args(arguments).env("SSLMODE_LIBRARY", library()).env_remove("SSLMODE_OPTIONS").env_remove("LD_PRELOAD");
    command
}

/// Runs the program under the command, and answers the path of its trace.
fn traced(program: &Path, arguments: &[&str], folder: &Path, name: &str) -> String {
    let trace = folder.join(name).display().to_string();
    let mut command = sslmode(&["run", "--trace", "--format", "json", "--log", &trace]);
    run(command.args(arguments).arg("--").arg(program).arg(pem(folder))).printed();
    trace
}

fn report(arguments: &[&str]) -> Ran {
    run(sslmode(&["report", "--from", "openssl-1.0.2", "--to", "openssl-4"]).args(arguments))
}

/// The names of the topics of this status.
fn topics(json: &str, status: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(json).unwrap();
    let topics = report["topics"].as_array().unwrap().iter().filter(|topic| topic["status"] == status);
    topics.map(|topic| topic["name"].as_str().unwrap().to_owned()).collect()
}

const THREE: [&str; 3] = ["default-modes", "moved-retry", "shorter-retry"];

#[test]
fn three_misuses_are_three_and_the_twin_has_none() {
    let old_rules = &["--profile", "openssl-1.0.2"][..];
    let doors: [(Option<&str>, &[&str]); 6] = [
        (None, &[]),
        (None, old_rules),
        (Some("openssl-1.0.2k"), &[]),
        (Some("openssl-1.1.1w"), &[]),
        (Some("openssl-4.0.3"), &[]),
        (Some("openssl-4.0.3"), old_rules),
    ];
    for (name, arguments) in doors {
        let libssl = match name.map(host) {
            Some(None) => continue,
            found => found.flatten(),
        };
        let folder = tempfile::tempdir().unwrap();
        let ran = |mended| {
            let program = three(libssl.as_deref(), mended, folder.path());
            let trace = traced(&program, arguments, folder.path(), if mended { "new.trace" } else { "old.trace" });
            (report(&["--format", "json", &trace]), trace)
        };
        let (broken, old) = ran(false);
        assert_eq!(broken.status.code(), Some(1), "{name:?}: {}", broken.stderr);
        assert_eq!(topics(&broken.stdout, "found"), THREE, "{name:?}");
        let (twin, new) = ran(true);
        assert_eq!(twin.status.code(), Some(0), "{name:?}: {}", twin.stdout);
        assert_eq!(topics(&twin.stdout, "found"), [""; 0], "{name:?}");
        for topic in THREE {
            assert!(
                topics(&twin.stdout, "safe").iter().any(|safe| safe == topic),
                "{name:?}: {topic}: {}",
                twin.stdout
            );
        }
        let changed = report(&["--baseline", &old, &new]);
        assert!(changed.stdout.contains("the first call that differs was SSL_write of"), "{}", changed.stdout);
        let hidden = folder.path().join("hidden");
        fs::write(&hidden, "# known\ndefault-modes:three\n*-retry:three\nmoved-retry:three\nshorter-retry:three\n")
            .unwrap();
        let hidden = hidden.display().to_string();
        let unknown = report(&["--suppressions", &hidden, &old]);
        assert_eq!((unknown.status.code(), unknown.stdout.as_str()), (Some(2), ""));
        fs::write(&hidden, "default-modes:three\nmoved-retry:SSL_write\nshorter-retry:three\n").unwrap();
        assert_eq!(report(&["--suppressions", &hidden, &old]).status.code(), Some(0), "{name:?}");
    }
}

#[test]
fn what_is_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        fs::write(folder.path().join(name), bytes).unwrap();
        folder.path().join(name).display().to_string()
    };
    for (path, mistake) in [
        (file("empty", b""), "empty: expected a trace, got an empty file"),
        (
            file("binary", b"\x7fELF\x02\x01\x01\0\n"),
            "binary:1: expected a line of \"sslmode run --trace --format json\", got bytes",
        ),
        (file("text", b"sslmode[7]: SSL_read(0x10, 5) = 5 <0.1>\n"), "text:1: expected a line of \"sslmode run"),
        (file("v", b"{\"v\":9,\"event\":\"start\"}\n"), "v:1: expected \"v\":1, got \"v\":9"),
        (file("other", b"\n\nhello\n"), "other:3: expected a line of"),
        (folder.path().join("nowhere").display().to_string(), "nowhere: expected a trace: No such file"),
        (folder.path().display().to_string(), ": expected a trace, got a folder"),
    ] {
        for from in [&["--from", "openssl-3"][..], &[]] {
            let ran = run(sslmode(&["report", "--to", "openssl-4"]).args(from).arg(&path));
            assert_eq!(ran.status.code(), Some(2), "{path}: {}", ran.stdout);
            assert!(ran.stderr.contains(mistake), "{path}: {}", ran.stderr);
        }
    }
    let unknown = run(&mut sslmode(&["report", "--to", "openssl-5", "x"]));
    assert!(unknown.stderr.contains("--to: expected one of openssl-0.9.8, "), "{}", unknown.stderr);
}

#[test]
fn what_can_be_read_of_a_broken_trace_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let trace = traced(&three(None, false, folder.path()), &[], folder.path(), "trace");
    let mut bytes = fs::read(&trace).unwrap();
    bytes.truncate(bytes.len() - 20);
    fs::write(&trace, [b"what is this?\n", &bytes[..]].concat()).unwrap();
    let ran = report(&[&trace]);
    assert_eq!(ran.status.code(), Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("trace:1: expected a line of \"sslmode run"), "{}", ran.stdout);
    assert!(ran.stdout.contains(" bytes of one: the trace is cut off"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\nshorter-retry (1 time)\n"), "{}", ran.stdout);
    let text: String = ran.stdout.lines().filter(|line| line.len() > 400).collect();
    assert_eq!(text, "", "lines that nobody can read");
}

/// A program that goes on for long, as one line after the other.
fn long_trace(out: &mut impl Write, lines: usize) {
    let head =
        |event: &str| format!("{{\"v\":1,\"time_us\":1795740737006445,\"pid\":7,\"tid\":7,\"event\":\"{event}\",");
    let host = "\"path\":\"/x\",\"version\":\"OpenSSL 3.0.19\",\"dialect\":\"openssl-3\"}";
    writeln!(out, "{}\"version\":\"0.1.0\",\"program\":\"/usr/bin/long\"}}\n{}{host}", head("start"), head("host"))
        .unwrap();
    let (birth, io) = (head("birth"), head("io"));
    let by = "\"modes\":\"AUTO_RETRY\",\"by\":\"x+1\"}";
    writeln!(out, "{birth}\"function\":\"SSL_CTX_new\",\"handle\":\"0x10\",{by}").unwrap();
    let mut block = String::new();
    for number in 0..lines / 10 {
        block.clear();
        let handle = format!("\"handle\":\"{:#x}\",", 0x1000 + number * 16);
        let _ = writeln!(block, "{birth}\"function\":\"SSL_new\",\"parent\":\"0x10\",{handle}{by}");
        for buffer in [0x7000, 0x7000 + number % 2] {
            let write =
                format!("{io}\"function\":\"SSL_write\",{handle}\"buffer\":\"{buffer:#x}\",\"requested\":40000,");
            let want = "\"result\":-1,\"error\":\"SSL_ERROR_WANT_WRITE\",\"duration_ns\":9}";
            let _ = writeln!(block, "{write}{want}\n{write}\"result\":40000,\"bytes\":40000,\"duration_ns\":9}}");
        }
        let read = format!("{io}\"function\":\"SSL_read\",{handle}\"buffer\":\"0x9000\",\"requested\":100,");
        for _ in 0..4 {
            let _ = writeln!(block, "{read}\"result\":100,\"bytes\":100,\"duration_ns\":9}}");
        }
        // Half of them never end.
        let end = if number % 2 == 0 { head("death") } else { format!("{read}\"result\":0,\"duration_ns\":9,") };
        let _ = writeln!(block, "{end}{}}}", handle.trim_end_matches(','));
        out.write_all(block.as_bytes()).unwrap();
    }
}

/// The highest that the memory of a process was, in KiB.
fn most_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_million_lines_take_little_memory_and_make_a_page_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let mut command = sslmode(&["report", "--from", "openssl-1.0.2", "--to", "openssl-4", "--format", "html"]);
    let mut child = command.arg("--output").arg(&page).arg("-").stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    long_trace(&mut stdin, 1_000_000);
    // All but what fits into the pipe was taken in.
    let memory = most_memory(child.id());
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(memory < 100_000, "{memory} KiB");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.len() < 5_000_000 && page.ends_with("</html>\n"), "{} bytes", page.len());
    assert!(page.contains("more connections, of which none is shown"));
}

/// A browser without a window, or None and a line SKIP where there is none. Under CI it must be there.
fn browser(folder: &Path, arguments: &[&str], page: &Path) -> Option<Ran> {
    let mut chromium = Command::new("chromium");
    let is_there =
        Command::new("chromium").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !is_there {
        assert!(std::env::var_os("CI").is_none(), "chromium is not installed");
        println!("SKIP chromium is not installed");
        return None;
    }
    chromium.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-sync",
    ]);
    chromium.args(["--disable-background-networking", "--disable-component-update", "--disable-extensions"]);
    chromium.args([
        "--disable-features=NetworkTimeServiceQuerying",
        "--disable-default-apps",
        "--hide-scrollbars",
        "--virtual-time-budget=2000",
    ]);
    chromium.arg(format!("--user-data-dir={}", folder.join("profile").display())).args(arguments);
    let fragment = arguments.iter().find_map(|argument| argument.strip_prefix("--fragment=")).unwrap_or("");
    Some(run(chromium.arg(format!("file://{}{fragment}", page.display()))))
}

/// A page of a program with a name that no page should run.
fn hostile_page(folder: &Path) -> PathBuf {
    let hostile =
        "</title><script>document.title='owned'</script><img src=http://hostile.invalid/x onerror=alert(1)>\"'";
    let trace = traced(&three(None, false, folder), &[], folder, "trace");
    let program = folder.join("three").display().to_string();
    let text = fs::read_to_string(&trace).unwrap().replace(&program, &hostile.replace('"', "\\\""));
    fs::write(&trace, text.replace("three+", &hostile.replace('"', "\\\""))).unwrap();
    let page = folder.join("page.html");
    let ran = report(&["--format", "html", "--output", &page.display().to_string(), &trace]);
    assert_eq!((ran.status.code(), ran.stderr.as_str()), (Some(1), ""));
    page
}

#[test]
fn the_page_in_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    let page = hostile_page(folder.path());
    let proxy = Proxy::begin();
    let through = format!("--proxy-server=http://{}", proxy.address);
    let through = ["--proxy-bypass-list=<-loopback>", &through];
    let dump = |page: &Path, fragment: &str| {
        let fragment = format!("--fragment={fragment}");
        browser(folder.path(), &["--dump-dom", through[0], through[1], &fragment], page).map(|ran| ran.stdout)
    };
    let Some(whole) = dump(&page, "") else { return };
    assert!(whole.contains("<title>openssl-1.0.2 to openssl-4: sslmode report</title>"), "a name of the trace ran");
    assert!(whole.contains("&lt;script&gt;document.title='owned'"), "the name is there to be read");
    assert!(whole.contains("<html lang=\"en\" class=\"js\">"), "the page's own script did not run");
    assert!(!whole.contains("class=\"call hidden\""));
    // Filters in the address.
    let found = dump(&page, "#search=moved-retry&show=found,error").unwrap();
    assert!(found.contains("class=\"call hidden\"") && found.contains("class=\"found\""));
    assert!(found.contains("<details class=\"hidden\""), "connections without it are hidden");
    // The policy: what is put into the page does not run, and nothing is fetched.
    let text = fs::read_to_string(&page).unwrap();
    let added = "<script>document.title='ran'</script><img src=\"http://hostile.invalid/y\"></main>";
    let changed = folder.path().join("changed.html");
    fs::write(&changed, text.replace("</main>", added)).unwrap();
    assert!(dump(&changed, "").unwrap().contains("<title>openssl-1.0.2 to openssl-4"), "a script that is not ours ran");
    // The same without the policy, lest the proxy sees nothing at all.
    let without = folder.path().join("without.html");
    fs::write(&without, text.replace(policy(&text), "").replace("</main>", &added.replace("/y", "/z"))).unwrap();
    assert!(dump(&without, "").unwrap().contains("<title>ran</title>"));
    let requests = proxy.end();
    assert!(requests.iter().any(|request| request.starts_with("GET http://hostile.invalid/z ")), "{requests:?}");
    // The browser has errands of its own, with its maker.
    let of_the_browser = |request: &&String| request.contains(".google.com") || request.contains(".googleapis.com");
    let others: Vec<_> = requests.iter().filter(|request| !of_the_browser(request)).collect();
    assert!(others.iter().all(|request| request.starts_with("GET http://hostile.invalid/z ")), "{others:?}");
}

/// The element that says what the page may do.
fn policy(page: &str) -> &str {
    let begin = page.find("<meta http-equiv=\"Content-Security-Policy\"").unwrap();
    &page[begin..begin + page[begin..].find('>').unwrap() + 1]
}

/// Everything that a browser would fetch comes here, and is not found.
struct Proxy {
    address: SocketAddr,
    served: JoinHandle<Vec<String>>,
}

impl Proxy {
    fn begin() -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = std::thread::spawn(move || {
            let mut requests = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.set_read_timeout(Some(std::time::Duration::from_secs(5)));
                let mut request = [0; 200];
                let length = stream.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..length]).lines().next().unwrap_or_default().to_owned();
                if request == "end" {
                    break;
                }
                let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                requests.push(request);
            }
            requests
        });
        Proxy { address, served }
    }

    /// The first line of each request.
    fn end(self) -> Vec<String> {
        TcpStream::connect(self.address).unwrap().write_all(b"end\n").unwrap();
        self.served.join().unwrap()
    }
}

#[test]
fn the_page_on_wide_and_narrow_screens() {
    let folder = tempfile::tempdir().unwrap();
    let page = hostile_page(folder.path());
    let text = fs::read_to_string(&page).unwrap();
    // A copy without the policy, which measures itself.
    let measure = "<script>document.title = document.documentElement.scrollWidth - innerWidth</script></body>";
    let measured = folder.path().join("measured.html");
    fs::write(&measured, text.replace(policy(&text), "").replace("</body>", measure)).unwrap();
    for width in ["1280", "400"] {
        let size = format!("--window-size={width},1600");
        let picture = folder.path().join(format!("{width}.png"));
        let shot = format!("--screenshot={}", picture.display());
        if browser(folder.path(), &[&size, &shot], &page).is_none() {
            return;
        }
        let bytes = fs::read(&picture).unwrap();
        assert!(bytes.len() > 20_000, "{width}: {} bytes", bytes.len());
        let wide = u32::from_be_bytes(bytes[16..20].try_into().unwrap());
        assert_eq!(wide.to_string(), width);
        let dom = browser(folder.path(), &[&size, "--dump-dom"], &measured).unwrap().stdout;
        assert!(
            dom.contains("<title>0</title>"),
            "{width}: wider than the screen: {}",
            &dom[dom.find("<title>").unwrap()..][..40]
        );
    }
    // Readable without scripts: what is found stands in the page itself.
    for words in ["40000 bytes at 0x", "moved-retry", "write instead", "Not exercised"] {
        assert!(text.contains(words), "{words}");
    }
}
