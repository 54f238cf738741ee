//! Real programs, each under no option, trace, and force: what they do is what they do alone. On the system's libssl,
//! and once more on OpenSSL 3.6.3, which has the same soname and so can be put in its place.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use support::doors::{Door, Server, at_every_door, at_every_door_suppressing};
use support::doors::{at_every_door_with_its_own_libssl, certificate, free_port};
use support::{compile, python, python_interpreter, root, run};

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

/// The command `openssl` at both ends, as it was built with its own libssl.
#[test]
fn openssl_of_other_versions() {
    for (name, version) in [("openssl-1.1.1w", "OpenSSL 1.1.1w "), ("openssl-4.0.3", "OpenSSL 4.0.3 ")] {
        let built = Command::new(root().join("tools/openssl-command")).arg(name).output().unwrap();
        if !built.status.success() {
            let why = String::from_utf8_lossy(&built.stderr);
            assert!(std::env::var_os("CI").is_none(), "{name}: {why}");
            println!("SKIP {name}: {why}");
            continue;
        }
        let openssl = String::from_utf8(built.stdout).unwrap().trim_end().to_owned();
        at_every_door_with_its_own_libssl(|door| {
            let (data, port, [certificate, key]) = (door.megabyte(), free_port(), certificate());
            let mut server = door.command(&openssl);
            server.args(["s_server", "-quiet", "-WWW", "-accept", &format!("127.0.0.1:{port}")]);
            let _server = Server::start(server.arg("-cert").arg(certificate).arg("-key").arg(key), port);
            let script = "printf 'GET /data HTTP/1.0\\r\\n\\r\\n' | timeout 60 \"$0\" s_client -quiet \
                -verify_return_error -CAfile \"$1\" -connect localhost:\"$2\" \"$3\" 2>errors >answer";
            for protocol in ["-tls1_2", "-tls1_3"] {
                let mut client = door.command("sh");
                client.args(["-c", script, &openssl]).arg(certificate).args([&port.to_string(), protocol]);
                assert!(client.status().unwrap().success(), "{name}, options {:?}", door.options);
                let answer = fs::read(door.path("answer")).unwrap();
                assert!(answer.ends_with(&data), "{name}, options {:?}: other data", door.options);
            }
            door.check_trace(name);
            let log = fs::read_to_string(door.path("log")).unwrap_or_default();
            assert!(log.is_empty() || log.contains(version), "{name}: {log}");
        });
    }
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
            let door = Door::with(Some(&format!("faults={fault}@1:trace:log=LOG")));
            let mut edge = door.command(program.to_str().unwrap());
            run(edge.args([transport, "1"]).args(certificate())).printed_quietly();
            assert!(
                fs::read_to_string(door.path("log")).unwrap().contains(&format!("made {fault}@")),
                "{fault}, {transport}"
            );
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

/// redis-benchmark calls SSL_write again and again until the handshake is over, instead of waiting for the server's part
/// of it: `while (1)` in writeHandler of redis-benchmark.c, where it says that at worst it gets EAGAIN.
#[test]
fn redis_under_load() {
    at_every_door_suppressing("busy-retry:redis-benchmark\n", &["redis-server", "redis-benchmark"], |door| {
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
