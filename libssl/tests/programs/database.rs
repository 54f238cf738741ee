//! psql and a PostgreSQL server.

use crate::authority::Authority;
use crate::side::{PAIRS, SIDES, Server, Side, are_there, free_port, library, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The folder with the server's programs, of which psql is one; the one in PATH may be a script.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions
        .map(|entry| entry.path().join("bin"))
        .find(|bin| ["initdb", "psql"].iter().all(|name| bin.join(name).is_file()))
}

struct Database {
    programs: PathBuf,
    folder: tempfile::TempDir,
    is_root: bool,
}

impl Database {
    fn new(programs: PathBuf) -> Database {
        let folder = tempfile::tempdir().expect("a folder");
        // SAFETY: geteuid has no preconditions.
        let is_root = unsafe { libc::geteuid() } == 0;
        let database = Database { programs, folder, is_root };
        let path = database.folder.path();
        fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("ours");
        // The server's user may not come to where the library is.
        fs::create_dir(path.join("libssl")).expect("a folder");
        fs::copy(library(), path.join("libssl/libssl.so.3")).expect("a copy");
        fs::write(path.join("password"), "a password\n").expect("a file");
        fs::create_dir(path.join("data")).expect("a folder");
        database.own(&path.join("data"));
        let mut initdb = database.as_server(Side::System, "initdb");
        initdb.args(["--auth=scram-sha-256", "--no-sync", "-U", "postgres", "--pwfile"]).arg(path.join("password"));
        run(initdb.arg("-D").arg(path.join("data"))).printed();
        let authority = Authority::get();
        for (from, name) in [
            (authority.certificate("rsa"), "server.crt"),
            (authority.key("rsa"), "server.key"),
            (authority.certificate("ca"), "root.crt"),
        ] {
            let to = path.join("data").join(name);
            fs::copy(from, &to).expect("a copy");
            fs::set_permissions(&to, PermissionsExt::from_mode(0o600)).expect("ours");
            database.own(&to);
        }
        let rules = "hostssl all certified 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n\
                     hostssl all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(path.join("data/pg_hba.conf"), rules).expect("a file");
        database
    }

    fn own(&self, path: &Path) {
        if self.is_root {
            run(Command::new("chown").arg("postgres").arg(path)).printed();
        }
    }

    /// A command as the server's user, who is never root.
    fn as_server(&self, side: Side, program: &str) -> Command {
        let mut command = match self.is_root {
            true => Command::new("runuser"),
            false => Command::new("env"),
        };
        if self.is_root {
            command.args(["-u", "postgres", "--", "env"]);
        }
        if side == Side::Ours {
            command.arg(format!("LD_LIBRARY_PATH={}", self.folder.path().join("libssl").display()));
        }
        command.arg(self.programs.join(program)).current_dir("/");
        command
    }

    fn start(&self, side: Side) -> (Server, u16) {
        let port = free_port();
        let mut command = self.as_server(side, "postgres");
        command.arg("-D").arg(self.folder.path().join("data")).args(["-p", &port.to_string()]);
        for setting in ["ssl=on", "ssl_ca_file=root.crt", "fsync=off", "unix_socket_directories="] {
            command.args(["-c", setting]);
        }
        let server = Server::start(&mut command, port);
        let end = Instant::now() + Duration::from_secs(60);
        while self.ask(Side::System, port, "user=postgres sslmode=require", "select 1").2 != Some(0) {
            assert!(Instant::now() < end, "the server on {side} does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        (server, port)
    }

    /// psql with this connection string; what it printed, and what it said on stderr.
    fn ask(&self, side: Side, port: u16, settings: &str, query: &str) -> (String, String, Option<i32>) {
        let mut psql = side.command(self.programs.join("psql"));
        psql.arg(format!("hostaddr=127.0.0.1 port={port} dbname=postgres {settings}"));
        psql.env("PGPASSWORD", "a password").args(["-XAt", "-c", query]);
        let ran = run(&mut psql);
        (ran.stdout, ran.stderr.replace(&port.to_string(), "PORT"), ran.status.code())
    }
}

#[test]
fn psql_verifies_and_refuses_in_the_same_words() {
    if !are_there(&["openssl"]) {
        return;
    }
    let Some(programs) = programs() else {
        assert!(std::env::var_os("CI").is_none(), "a PostgreSQL server has to be there");
        println!("SKIP: expected a PostgreSQL server, which is not installed");
        return;
    };
    for side in SIDES {
        side.check(&programs.join("postgres"));
        side.check(&programs.join("psql"));
    }
    let (database, authority) = (Database::new(programs), Authority::get());
    let [ca, other] = ["ca", "other"].map(|name| format!("sslrootcert={}", authority.certificate(name).display()));
    let identity =
        format!("sslcert={} sslkey={}", authority.certificate("client").display(), authority.key("client").display());
    let talk = |[server, client]: [Side; 2]| {
        let (_server, port) = database.start(server);
        let ask = |settings: &str, query| database.ask(client, port, &format!("user=postgres {settings}"), query);
        let verified = format!("host=localhost sslmode=verify-full {ca}");
        vec![
            ask(&verified, "select version, cipher, bits from pg_stat_ssl where pid = pg_backend_pid()"),
            ask(
                &format!("{verified} ssl_max_protocol_version=TLSv1.2"),
                "select version, cipher from pg_stat_ssl where pid = pg_backend_pid()",
            ),
            ask(&format!("{verified} channel_binding=require"), "select md5(repeat('x', 3000000))"),
            ask(&verified, "select length(repeat('x', 3000000))"),
            ask(
                &format!("{verified} {identity}"),
                "select client_dn, issuer_dn from pg_stat_ssl where pid = pg_backend_pid()",
            ),
            ask(&format!("host=localhost sslmode=verify-full {other}"), "select 1"),
            ask(&format!("host=wrong.example sslmode=verify-full {ca}"), "select 1"),
            ask(&format!("host=wrong.example sslmode=verify-ca {ca}"), "select 1"),
            database.ask(client, port, &format!("user=certified {verified}"), "select 1"),
        ]
    };
    let expected = talk(PAIRS[0]);
    let codes: Vec<_> = expected.iter().map(|(_, _, code)| code.unwrap_or(-1)).collect();
    assert_eq!(codes, [0, 0, 0, 0, 0, 2, 2, 0, 2], "{expected:#?}");
    for pair in &PAIRS[1..] {
        assert_eq!(talk(*pair), expected, "server and client on {pair:?}");
    }
}
