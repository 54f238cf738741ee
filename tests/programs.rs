//! Real programs, each under no option, trace, and force: what they do is what they do alone.

mod support;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::{compile, library, python, python_interpreter, run, server_certificate};

/// No library; the library; each of its options. The forced modes are those that no correct program minds, and no fault
/// is anything else than what a correct program may meet.
const DOORS: [Option<&str>; 8] = [
    None,
    Some(""),
    Some("trace:log=LOG"),
    Some("trace:format=json:log=LOG"),
    Some("force=+RELEASE_BUFFERS,+ACCEPT_MOVING_WRITE_BUFFER"),
    Some("faults=all:seed=1:trace:log=LOG"),
    Some("faults=all@0.5:seed=2:trace:log=LOG"),
    Some("faults=all@1:seed=3:trace:log=LOG"),
];

/// The doors; and where SSLMODE_TEST_SEEDS says how many seeds, each fault alone and all of them with each of so many.
fn doors() -> Vec<Option<String>> {
    let mut doors: Vec<_> = DOORS.map(|door| door.map(str::to_owned)).to_vec();
    let seeds = std::env::var("SSLMODE_TEST_SEEDS").map_or(0, |seeds| seeds.parse().expect("a number of seeds"));
    for seed in 1..=seeds {
        for fault in ["want_write", "want_read", "short_write", "key_update", "release", "all"] {
            let rate = ["0.1", "0.5", "1"][seed % 3];
            doors.push(Some(format!("faults={fault}@{rate}:seed={seed}")));
        }
    }
    doors
}

/// One way of running programs, and a folder for their files.
struct Door {
    options: Option<String>,
    folder: tempfile::TempDir,
}

impl Door {
    /// A command that is run this way.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        self.put_before(&mut command);
        command
    }

    fn put_before(&self, command: &mut Command) {
        command.env_remove("LD_PRELOAD").env_remove("SSLMODE_OPTIONS").current_dir(self.folder.path());
        if let Some(options) = &self.options {
            command.env("LD_PRELOAD", library()).env("SSLMODE_OPTIONS", options);
        }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A file of a megabyte, and what it holds.
    fn megabyte(&self) -> Vec<u8> {
        self.megabytes(1)
    }

    fn megabytes(&self, count: u32) -> Vec<u8> {
        let data: Vec<u8> = (0..count << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        fs::write(self.path("data"), &data).unwrap();
        data
    }

    fn fetch(&self, url: &str) -> Vec<u8> {
        let mut curl = self.command("curl");
        curl.args(["--silent", "--show-error", "--fail", "--max-time", "60", "--cacert"]);
        curl.arg(&server_certificate().certificate).args(["--output", "fetched", url]);
        run(&mut curl).printed_quietly();
        fs::read(self.path("fetched")).unwrap()
    }

    /// Whether a trace was asked for, and then came.
    fn check_trace(&self, what: &str) {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        let is_traced = self.options.as_ref().is_some_and(|options| options.contains("trace"));
        assert_eq!(log.contains("SSL_"), is_traced, "{what}: {log}");
        // At a low rate a program of few calls may be spared.
        let has = |option| self.options.as_ref().is_some_and(|options| options.contains(option));
        assert!(log.contains("made ") || !has("faults=all@1:") || !is_traced, "{what}: no faults: {log}");
        assert!(!log.contains("made ") || has("faults="), "{what}: faults: {log}");
    }
}

/// Tries `program` at every door; or says why not.
fn at_every_door(needed: &[&str], test: impl Fn(&Door)) {
    let is_missing = |program: &&&str| {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        !std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
    };
    if let Some(program) = needed.iter().find(is_missing) {
        println!("SKIP {program}: it is not installed");
        return;
    }
    for options in doors() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log").display().to_string();
        let options = options.map(|options| options.replace("LOG", &log));
        test(&Door { options, folder });
    }
}

/// A server, until it is dropped.
struct Server(Child);

impl Server {
    /// Started, and listening on this port.
    fn start(command: &mut Command, port: u16) -> Server {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut server = Server(child);
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(server.0.try_wait().unwrap().is_none() && Instant::now() < end, "{command:?} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SAFETY: a signal to a child of ours that was not waited for yet.
        unsafe { libc::kill(self.0.id().cast_signed(), libc::SIGTERM) };
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn certificate() -> [&'static Path; 2] {
    [&server_certificate().certificate, &server_certificate().key]
}

#[test]
fn curl_and_s_server() {
    at_every_door(&["curl", "openssl"], |door| {
        let (data, port, [certificate, key]) = (door.megabyte(), free_port(), certificate());
        let mut server = door.command("openssl");
        server.args(["s_server", "-quiet", "-WWW", "-accept", &format!("127.0.0.1:{port}")]);
        let _server = Server::start(server.arg("-cert").arg(certificate).arg("-key").arg(key), port);
        assert!(door.fetch(&format!("https://localhost:{port}/data")) == data, "curl: other data");
        door.check_trace("curl");
    });
}

/// A line from the server to the client, on TLS and on DTLS.
#[test]
fn s_server_and_s_client() {
    at_every_door(&["openssl"], |door| {
        std::thread::scope(|scope| {
            for protocol in ["-tls1_2", "-tls1_3", "-dtls1_2"] {
                scope.spawn(move || {
                    let (port, [certificate, key]) = (free_port(), certificate());
                    // The line waits in the pipe until somebody is connected.
                    let script = "(echo a line; sleep 6) | timeout 12 openssl s_server -quiet \"$1\" \
                        -accept 127.0.0.1:\"$2\" -cert \"$3\" -key \"$4\" >server.\"$1\" 2>&1 & \
                        for try in $(seq 30); do sleep 0.2; sleep 2 | timeout 5 openssl s_client -quiet \"$1\" \
                        -connect 127.0.0.1:\"$2\" 2>>client.\"$1\" | grep -m 1 'a line' && break; done; wait";
                    let mut shell = door.command("sh");
                    shell.args(["-c", script, "sh", protocol, &port.to_string()]).arg(certificate).arg(key);
                    let ran = run(&mut shell);
                    assert_eq!(ran.stdout, "a line\n", "{protocol}, options {:?}: {}", door.options, ran.stderr);
                });
            }
        });
        door.check_trace("s_client");
    });
}

#[test]
fn cpython_blocking_and_through_asyncio() {
    at_every_door(&[], |door| {
        let mut program = python("ssl_talk.py", false);
        door.put_before(&mut program);
        let ran = run(program.args(certificate()));
        let lines: Vec<_> = ran.printed_quietly().lines().collect();
        assert_eq!(lines.len(), 2, "{}", ran.stdout);
        let blocking = lines[0].strip_prefix("blocking ").unwrap();
        assert!(blocking.starts_with("3072000 "), "{blocking}");
        assert_eq!(lines[1], format!("asyncio {blocking} {blocking} {blocking} {blocking}"));
        door.check_trace("python3");
    });
}

#[test]
fn cpython_over_sockets_that_do_not_block() {
    at_every_door(&[], |door| {
        let mut program = python("ssl_nonblocking.py", false);
        door.put_before(&mut program);
        assert_eq!(run(program.args(certificate())).printed_quietly(), "True True\n", "options {:?}", door.options);
        door.check_trace("python3");
    });
}

/// Both ends in one poller that is told of changes only, over TCP and without, in several threads.
#[test]
fn edge_triggered() {
    let program = compile("edge.c", "edge", ["-lssl", "-lcrypto"]);
    at_every_door(&[], |door| {
        for transport in ["tcp", "unix"] {
            let mut edge = door.command(program.to_str().unwrap());
            run(edge.args([transport, "4"]).args(certificate())).printed_quietly();
        }
        door.check_trace("edge");
    });
    for fault in ["want_write", "want_read", "short_write", "key_update", "release"] {
        for transport in ["tcp", "unix"] {
            let folder = tempfile::tempdir().unwrap();
            let log = folder.path().join("log").display().to_string();
            let door = Door { options: Some(format!("faults={fault}@1:trace:log={log}")), folder };
            let mut edge = door.command(program.to_str().unwrap());
            run(edge.args([transport, "1"]).args(certificate())).printed_quietly();
            assert!(fs::read_to_string(log).unwrap().contains(&format!("made {fault}@")), "{fault}, {transport}");
        }
    }
}

/// libevent's own way of driving libssl.
#[test]
fn a_loop_of_libevent() {
    if !Path::new("/usr/include/event2/bufferevent_ssl.h").is_file() {
        println!("SKIP libevent: its headers are not installed");
        return;
    }
    let program = compile("loop.c", "loop", ["-levent", "-levent_openssl", "-lssl", "-lcrypto"]);
    at_every_door(&[], |door| {
        run(door.command(program.to_str().unwrap()).args(certificate())).printed_quietly();
        door.check_trace("libevent");
    });
}

#[test]
fn nginx_with_its_workers() {
    at_every_door(&["nginx", "curl"], |door| {
        let (data, port, [certificate, key]) = (door.megabytes(3), free_port(), certificate());
        let configuration = format!(
            "worker_processes 2; daemon off; pid nginx.pid; error_log stderr warn;\n\
             events {{ worker_connections 64; }}\n\
             http {{ access_log off; root .; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;\n\
             uwsgi_temp_path t4; scgi_temp_path t5;\n\
             server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {}; ssl_certificate_key {}; }} }}\n",
            certificate.display(),
            key.display()
        );
        // Its workers may run as somebody else.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(door.folder.path(), open).unwrap();
        fs::write(door.path("nginx.conf"), configuration).unwrap();
        let mut nginx = door.command("nginx");
        nginx.arg("-p").arg(door.folder.path()).args(["-c", "nginx.conf"]);
        let server = Server::start(&mut nginx, port);
        let url = format!("https://localhost:{port}/data");
        for _ in 0..3 {
            assert!(door.fetch(&url) == data, "nginx: other data");
        }
        // More than the sockets hold at once, so that refusals come to sockets that are full as well.
        let mut curls = door.command("curl");
        curls.args(["--silent", "--fail", "--parallel", "--max-time", "60", "--cacert"]).arg(certificate);
        for place in 0..40 {
            curls.args(["--output", &format!("fetched{place}"), &url]);
        }
        run(&mut curls).printed();
        for place in 0..40 {
            assert!(fs::read(door.path(&format!("fetched{place}"))).unwrap() == data, "nginx: other data");
        }
        drop(server);
        door.check_trace("nginx");
    });
}

#[test]
fn socat_at_both_ends() {
    at_every_door(&["socat"], |door| {
        let (data, port, [certificate, key]) = (door.megabyte(), free_port(), certificate());
        let mut server = door.command("socat");
        server.args(["-U", "-t", "5"]);
        let listen = format!(
            "OPENSSL-LISTEN:{port},reuseaddr,fork,verify=0,cert={},key={}",
            certificate.display(),
            key.display()
        );
        let _server = Server::start(server.args([&listen, "OPEN:data,rdonly"]), port);
        let mut client = door.command("socat");
        client.args(["-u", "-t", "5"]);
        client.arg(format!("OPENSSL:localhost:{port},cafile={}", certificate.display())).arg("CREATE:received");
        run(&mut client).printed_quietly();
        assert!(fs::read(door.path("received")).unwrap() == data, "socat: other data");
        door.check_trace("socat");
    });
}

#[test]
fn stunnel_before_a_plain_server() {
    at_every_door(&["stunnel", "curl", "openssl"], |door| {
        let (data, plain, port, [certificate, key]) = (door.megabyte(), free_port(), free_port(), certificate());
        let mut http = Command::new(python_interpreter());
        http.args(["-m", "http.server", "--bind", "127.0.0.1", &plain.to_string()]).current_dir(door.folder.path());
        let _http = Server::start(&mut http, plain);
        let configuration = format!(
            "foreground = yes\npid =\nsyslog = no\ndebug = err\n[https]\naccept = 127.0.0.1:{port}\nconnect = {plain}\n\
             cert = {}\nkey = {}\n",
            certificate.display(),
            key.display()
        );
        fs::write(door.path("stunnel.conf"), configuration).unwrap();
        let stunnel = Server::start(door.command("stunnel").arg("stunnel.conf"), port);
        assert!(door.fetch(&format!("https://localhost:{port}/data")) == data, "stunnel: other data");
        drop(stunnel);
        door.check_trace("stunnel");
    });
}

#[test]
fn redis_at_both_ends() {
    at_every_door(&["redis-server", "redis-cli"], |door| {
        let (data, port, [certificate, key]) = ("x".repeat(1 << 20), free_port(), certificate());
        let tls = |command: &mut Command| {
            command.arg("--cert").arg(certificate).arg("--key").arg(key).arg("--cacert").arg(certificate);
        };
        let mut server = door.command("redis-server");
        server.args(["--port", "0", "--tls-port", &port.to_string(), "--save", "", "--tls-auth-clients", "no"]);
        server.arg("--tls-cert-file").arg(certificate).arg("--tls-key-file").arg(key);
        let _server = Server::start(server.arg("--tls-ca-cert-file").arg(certificate), port);
        let ask = |words: &[&str]| {
            let mut client = door.command("redis-cli");
            client.args(["-h", "localhost", "-p", &port.to_string(), "--tls"]);
            tls(&mut client);
            run(client.args(words)).printed_quietly().trim_end().to_owned()
        };
        assert_eq!(ask(&["setrange", "key", "0", &data[..100_000]]), "100000");
        assert_eq!(ask(&["append", "key", &data[..100_000]]), "200000");
        assert_eq!(ask(&["get", "key"]), data[..200_000]);
        door.check_trace("redis");
    });
}

#[test]
fn redis_under_load() {
    at_every_door(&["redis-server", "redis-benchmark"], |door| {
        let (port, [certificate, key]) = (free_port(), certificate());
        let mut server = door.command("redis-server");
        server.args(["--port", "0", "--tls-port", &port.to_string(), "--save", "", "--tls-auth-clients", "no"]);
        server.arg("--tls-cert-file").arg(certificate).arg("--tls-key-file").arg(key);
        let _server = Server::start(server.arg("--tls-ca-cert-file").arg(certificate), port);
        let mut load = door.command("redis-benchmark");
        load.args(["-h", "localhost", "-p", &port.to_string(), "--tls", "--cacert"]).arg(certificate);
        let ran = run(load.args(["-n", "200", "-c", "10", "-d", "30000", "-t", "set,get,mset", "-P", "4", "-q"]));
        // It ends with 0 also where a connection broke.
        assert_eq!(ran.printed().matches("requests per second").count(), 3, "{}{}", ran.stdout, ran.stderr);
        assert!(!ran.stdout.contains("rror"), "options {:?}: {}{}", door.options, ran.stdout, ran.stderr);
        door.check_trace("redis-benchmark");
    });
}

/// libpq in psql. The server runs as it is, and as its own user, which takes root.
#[test]
fn psql() {
    let initdb = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    // SAFETY: geteuid has no preconditions.
    let (Some(server), 0) =
        (initdb.map(|path| path.join("bin")).find(|path| path.join("initdb").is_file()), unsafe { libc::geteuid() })
    else {
        println!("SKIP psql: no PostgreSQL server is installed, or this is not root");
        return;
    };
    let as_postgres = |program: &str| {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(server.join(program));
        command
    };
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let data = folder.path().join("data");
    run(Command::new("chown").arg("postgres").arg(folder.path())).printed();
    run(as_postgres("initdb").current_dir("/").args(["--auth=trust", "--no-sync", "-D"]).arg(&data)).printed();
    for (path, name) in certificate().into_iter().zip(["server.crt", "server.key"]) {
        let copy = data.join(name);
        run(Command::new("install").args(["-m", "600", "-o", "postgres"]).arg(path).arg(&copy)).printed();
    }
    let mut postgres = as_postgres("postgres");
    postgres.current_dir("/").arg("-D").arg(&data).args(["-c", "ssl=on", "-c", "fsync=off", "-c"]);
    postgres.arg(format!("unix_socket_directories={}", folder.path().display())).args(["-p", &port.to_string()]);
    let _server = Server::start(&mut postgres, port);
    at_every_door(&["psql"], |door| {
        let mut psql = door.command("psql");
        psql.arg(format!("host=127.0.0.1 port={port} user=postgres dbname=postgres sslmode=require"));
        psql.args(["-At", "-c", "select version from pg_stat_ssl where pid = pg_backend_pid()"]);
        psql.args(["-c", "select repeat('x', 3000000)"]);
        let ran = run(&mut psql);
        assert_eq!(ran.printed_quietly(), format!("TLSv1.3\n{}\n", "x".repeat(3_000_000)), "psql: other rows");
        door.check_trace("psql");
    });
}
