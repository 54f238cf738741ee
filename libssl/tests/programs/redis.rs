//! redis-server, redis-cli and redis-benchmark.

use crate::authority::Authority;
use crate::side::{PAIRS, Ran, SIDES, Server, Side, are_there, find, free_port, run};
use std::process::Command;

struct Redis {
    port: u16,
    _server: Server,
    _folder: tempfile::TempDir,
}

fn start(side: Side) -> Redis {
    let (authority, port, folder) = (Authority::get(), free_port(), tempfile::tempdir().expect("a folder"));
    let mut command = side.command("redis-server");
    command.current_dir(folder.path()).args(["--port", "0", "--save", "", "--tls-port", &port.to_string()]);
    command.arg("--tls-cert-file").arg(authority.certificate("rsa")).arg("--tls-key-file").arg(authority.key("rsa"));
    command.arg("--tls-ca-cert-file").arg(authority.certificate("ca"));
    Redis { port, _server: Server::start(&mut command, port), _folder: folder }
}

impl Redis {
    /// A client that trusts this authority and, if `identity` is given, has that certificate.
    fn client(&self, program: &str, side: Side, authority: &str, identity: Option<&str>) -> Command {
        let files = Authority::get();
        let mut command = side.command(program);
        command.args(["-h", "localhost", "-p", &self.port.to_string(), "--tls"]);
        command.arg("--cacert").arg(files.certificate(authority));
        if let Some(name) = identity {
            command.arg("--cert").arg(files.certificate(name)).arg("--key").arg(files.key(name));
        }
        command
    }

    fn ask(&self, side: Side, words: &[&str]) -> Ran {
        run(self.client("redis-cli", side, "ca", Some("client")).args(words))
    }
}

#[test]
fn redis_keeps_what_it_is_given() {
    if !are_there(&["redis-server", "redis-cli", "openssl"]) {
        return;
    }
    for side in SIDES {
        for program in ["redis-server", "redis-cli"] {
            side.check(&find(program).expect("it is there"));
        }
    }
    let data = "a few bytes of text, ".repeat(5000);
    for [server, client] in PAIRS {
        let redis = start(server);
        let length = data.len().to_string();
        assert_eq!(redis.ask(client, &["set", "key", &data]).printed().trim_end(), "OK", "{server}, {client}");
        assert_eq!(redis.ask(client, &["strlen", "key"]).printed().trim_end(), length, "{server}, {client}");
        assert_eq!(redis.ask(client, &["get", "key"]).printed().trim_end(), data.trim_end(), "{server}, {client}");
    }
}

/// A client without a certificate, one with a certificate of nobody's, and one that trusts somebody else.
#[test]
fn redis_refuses_in_the_same_words() {
    if !are_there(&["redis-server", "redis-cli", "openssl"]) {
        return;
    }
    let refusals = |[server, client]: [Side; 2]| {
        let redis = start(server);
        let ask = |authority, identity| {
            let ran = run(redis.client("redis-cli", client, authority, identity).arg("ping"));
            // The server closes without having read the command: sometimes that resets the connection.
            let said = ran.stderr.replace("Connection reset by peer", "Server closed the connection");
            (ran.stdout, said.replace(&redis.port.to_string(), "PORT"), ran.status.code())
        };
        [ask("ca", None), ask("ca", Some("other")), ask("other", Some("client"))]
    };
    let expected = refusals(PAIRS[0]);
    assert!(expected.iter().all(|(stdout, _, _)| !stdout.contains("PONG")), "{expected:?}");
    for pair in &PAIRS[1..] {
        assert_eq!(refusals(*pair), expected, "server and client on {pair:?}");
    }
}

#[test]
fn redis_benchmark_gets_its_answers() {
    if !are_there(&["redis-server", "redis-benchmark", "openssl"]) {
        return;
    }
    for [server, client] in [[Side::Ours, Side::System], [Side::System, Side::Ours], [Side::Ours, Side::Ours]] {
        let redis = start(server);
        let mut benchmark = redis.client("redis-benchmark", client, "ca", Some("client"));
        benchmark.args(["-t", "set,get", "-n", "2000", "-c", "20", "-P", "4", "-d", "3000", "--csv"]);
        let printed = run(&mut benchmark).printed();
        let tests: Vec<_> = printed.lines().filter_map(|line| line.split(',').next()).collect();
        assert_eq!(tests, ["\"test\"", "\"SET\"", "\"GET\""], "{server}, {client}: {printed}");
    }
}
