//! The library in front of a program that knows nothing of it: whatever the options, the program notices nothing.

mod support;

use sslmode_protocol::event::{Event, Line};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use support::{Ran, compile, host, preloaded, run, server_certificate};

/// Modes that change no result, and modes that do.
const HARMLESS: &str = "force=+RELEASE_BUFFERS,+SEND_CLIENTHELLO_TIME";
const HARMFUL: &str = "force=+ENABLE_PARTIAL_WRITE,+ACCEPT_MOVING_WRITE_BUFFER,-AUTO_RETRY";

fn talk() -> &'static Path {
    static TALK: LazyLock<PathBuf> = LazyLock::new(|| compile("talk.c", "talk", ["-lssl", "-lcrypto"]));
    &TALK
}

fn arguments(command: &mut Command, kind: &str) {
    let certificate = server_certificate();
    command.arg(kind).arg(&certificate.certificate).arg(&certificate.key);
}

/// `talk KIND` as it is.
fn alone(kind: &str) -> Ran {
    let mut command = Command::new(talk());
    arguments(&mut command, kind);
    run(&mut command)
}

/// `talk KIND` under these options.
fn under(kind: &str, options: &str) -> Ran {
    let mut command = preloaded(talk());
    arguments(&mut command, kind);
    run(command.env("SSLMODE_OPTIONS", options))
}

fn in_folder(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn lines(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

fn trace_of(kind: &str) -> Vec<Line> {
    let folder = tempfile::tempdir().unwrap();
    let log = in_folder(&folder, "log");
    under(kind, &format!("trace:format=json:log={log}")).printed_quietly();
    lines(Path::new(&log))
}

#[test]
fn a_program_notices_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = in_folder(&folder, "%p");
    for kind in ["talk", "bio", "at_exit", "reenter", "cancel", "empty_environment", "many"] {
        let expected = alone(kind).printed_quietly().to_owned();
        for options in ["", HARMLESS, &format!("trace:log={log}"), &format!("trace:format=json:{HARMLESS}:log={log}")] {
            assert_eq!(under(kind, options).printed_quietly(), expected, "{kind}, options {options}");
        }
        assert_eq!(under(kind, "trace").printed(), expected, "{kind}, traced to stderr");
    }
}

#[test]
fn a_program_notices_nothing_on_other_libssls() {
    for name in ["openssl-1.1.1w", "openssl-3.6.3", "openssl-4.0.3"] {
        let Some(libssl) = host(name) else { continue };
        let folder = libssl.parent().unwrap();
        let libcrypto = libssl.display().to_string().replace("libssl", "libcrypto");
        let program = compile("talk.c", &format!("talk-{name}"), [&libssl.display().to_string(), &libcrypto]);
        let ran = |options: Option<&str>, kind: &str| {
            let mut command = options.map_or_else(|| Command::new(&program), |_| preloaded(&program));
            arguments(&mut command, kind);
            run(command.env("LD_LIBRARY_PATH", folder).env("SSLMODE_OPTIONS", options.unwrap_or_default()))
        };
        for kind in ["talk", "bio", "at_exit", "reenter"] {
            let expected = ran(None, kind).printed_quietly().to_owned();
            for options in ["", HARMLESS, "trace:log=/dev/null", "trace:format=json:log=/dev/null"] {
                assert_eq!(ran(Some(options), kind).printed_quietly(), expected, "{name}: {kind}, options {options}");
            }
            let traced = ran(Some("trace"), kind);
            assert_eq!(traced.printed(), expected, "{name}: {kind}, traced");
            // Their own builds do not call their own functions as others do: no SSL BIO's call is seen.
            assert!(kind == "bio" || traced.stderr.contains("SSL_do_handshake("), "{name}: {}", traced.stderr);
        }
    }
}

/// Over memory nothing is refused, whatever is asked for; and that buffers were freed shows in no result.
#[test]
fn faults_that_nobody_may_notice() {
    let unlawful = "faults=want_write@1,want_read@1,short_write@1,release@1:seed=3";
    for kind in ["talk", "bio", "at_exit", "reenter", "cancel", "empty_environment", "many", "threads", "forks"] {
        let expected = alone(kind).printed_quietly().to_owned();
        assert_eq!(under(kind, unlawful).printed_quietly(), expected, "{kind}");
    }
}

/// Objects of QUIC are handles too: their modes are their own affair.
#[test]
fn quic_objects() {
    let Some(libssl) = host("openssl-4.0.3") else { return };
    let libssl = libssl.display().to_string();
    let flags = ["-DMETHOD=OSSL_QUIC_client_method", &libssl, &libssl.replace("libssl", "libcrypto")];
    let program = compile("masks.c", "masks-quic", flags);
    let folder = Path::new(&libssl).parent().unwrap();
    let expected = run(Command::new(&program).env("LD_LIBRARY_PATH", folder)).printed_quietly().to_owned();
    for options in ["", "trace", HARMLESS, "faults=all@1"] {
        let mut command = preloaded(&program);
        let ran = run(command.env("LD_LIBRARY_PATH", folder).env("SSLMODE_OPTIONS", options));
        assert_eq!(ran.printed(), expected, "options {options}: {}", ran.stderr);
    }
}

#[test]
fn a_program_reads_back_the_modes_that_it_set_itself() {
    let modes =
        |ran: &Ran| ran.printed().lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect::<Vec<_>>();
    let (alone, forced) = (alone("talk"), under("talk", HARMFUL));
    // How many calls it takes is another matter under these modes: the order of the masks is the same.
    let unique = |mut modes: Vec<String>| {
        modes.dedup();
        modes
    };
    assert_eq!(unique(modes(&forced)), unique(modes(&alone)));
    assert_ne!(forced.stdout, alone.stdout, "the forced modes are in force");
    assert!(forced.stdout.contains("write 16384, moved 0"), "partial writes: {}", forced.stdout);
}

#[test]
fn threads_and_forks() {
    let folder = tempfile::tempdir().unwrap();
    let log = in_folder(&folder, "%p");
    for kind in ["threads", "forks"] {
        let expected = alone(kind).printed_quietly().to_owned();
        for options in ["", HARMLESS, &format!("trace:{HARMLESS}:log={log}")] {
            assert_eq!(under(kind, options).printed_quietly(), expected, "{kind}, options {options}");
        }
    }
    let logs: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(logs.len(), 1 + 1 + 40, "a log of its own for each process");
    for log in logs {
        let pid = log.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&log).unwrap();
        let own = text
            .lines()
            .all(|line| line.starts_with(&format!("sslmode[{pid}]: ")) || line.starts_with(&format!("sslmode[{pid}:")));
        assert!(own && text.ends_with('\n'), "{}", log.display());
    }
}

#[test]
fn every_handle_begins_and_ends() {
    for kind in ["talk", "at_exit", "many"] {
        let mut alive = std::collections::HashSet::new();
        let mut born = 0;
        for line in trace_of(kind) {
            match line.event {
                Event::Birth(birth) => {
                    born += 1;
                    assert!(alive.insert(birth.handle), "{kind}: born while it lives");
                }
                Event::Death { handle } => assert!(alive.remove(&handle), "{kind}: {handle} ends without a beginning"),
                Event::Seen(birth) => panic!("{kind}: {birth:?}"),
                _ => {}
            }
        }
        assert_eq!(
            (born, alive.len()),
            (
                if kind == "many" {
                    20_001
                } else if kind == "talk" {
                    5
                } else {
                    4
                },
                0
            ),
            "{kind}"
        );
    }
}

#[test]
fn io_calls_with_what_became_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let log = in_folder(&folder, "log");
    let ran = under("talk", &format!("trace:format=json:log={log}"));
    let mut printed = ran.printed_quietly().lines().filter(|line| line.contains(", moved "));
    let mut calls = 0;
    for line in lines(Path::new(&log)) {
        let Event::Io { function, result, bytes, error, requested, inner: false, .. } = line.event else { continue };
        // The handshake after the first two calls is not printed.
        if function == "SSL_do_handshake" {
            continue;
        }
        let line = printed.next().expect("as many lines as calls");
        calls += 1;
        let (call, rest) = line.split_once(", moved ").unwrap();
        assert!(call.ends_with(&format!(" {result}")), "{function} = {result}: {line}");
        let number = |name: &str| rest.split(&format!("{name} ")).nth(1).unwrap().split(',').next().unwrap().to_owned();
        let expected = match number("error").as_str() {
            "0" => None,
            // SSL_shutdown's 0, of which SSL_get_error makes something.
            "5" => None,
            "1" => Some("SSL_ERROR_SSL"),
            "2" => Some("SSL_ERROR_WANT_READ"),
            "3" => Some("SSL_ERROR_WANT_WRITE"),
            "6" => Some("SSL_ERROR_ZERO_RETURN"),
            other => panic!("{other}"),
        };
        assert_eq!(error.as_deref(), expected, "{function}: {line}");
        let moved = if function.ends_with("_ex") {
            rest.split(',').next().unwrap().parse().ok()
        } else {
            u64::try_from(result).ok()
        };
        let moves = requested.is_some() && result > 0;
        assert_eq!(bytes, moved.filter(|_| moves), "{function}: {line}");
        // SSL_clear moves nothing and is no I/O call.
        if function == "SSL_shutdown" && printed.clone().next().is_some_and(|next| next.starts_with("clear")) {
            break;
        }
    }
    assert_eq!(calls, 24, "{}", ran.stdout);
}

/// Once for each end, when it is over and not before; and where each buffer is.
#[test]
fn handshakes_and_buffers() {
    let trace = trace_of("talk");
    let (mut agreed, mut calls) = (Vec::new(), 0);
    for line in &trace {
        match &line.event {
            Event::Handshake { handle, version, role, cipher } => {
                assert_eq!(version.as_deref(), Some("TLSv1.3"));
                assert!(cipher.as_deref().is_some_and(|cipher| cipher.starts_with("TLS_")), "{cipher:?}");
                agreed.push((handle.clone(), role.as_deref().map(str::to_owned)));
            }
            Event::Io { function, handle, buffer, requested: Some(_), .. } => {
                assert!(buffer.as_deref().is_some_and(|buffer| buffer.starts_with("0x")), "{line:?}");
                let early = function.ends_with("early_data");
                assert!(early || agreed.iter().any(|(known, _)| known == handle), "{line:?}");
                calls += 1;
            }
            Event::Io { buffer, .. } => assert_eq!(*buffer, None, "{line:?}"),
            _ => {}
        }
    }
    let mut roles: Vec<_> = agreed.iter().map(|(_, role)| role.as_deref()).collect();
    roles.sort_unstable();
    // SSL_clear and another handshake make two of the client's.
    assert!(calls > 15 && roles.starts_with(&[Some("client")]) && roles.ends_with(&[Some("server")]), "{roles:?}");
    assert_eq!(agreed.len(), roles.len());
}

#[test]
fn whose_call_it_is() {
    // Debian's SSL BIO calls this function of its own libssl as others do; it reads and writes by inner ones.
    let shakes_hands = |event: &Event| match event {
        Event::Io { function, bio, inner: false, .. } if function == "SSL_do_handshake" => Some(*bio),
        _ => None,
    };
    let through_bio: Vec<_> = trace_of("bio").iter().filter_map(|line| shakes_hands(&line.event)).collect();
    assert!(!through_bio.is_empty() && through_bio.iter().all(|bio| *bio), "{through_bio:?}");
    // Debian's SSL_connect ends in SSL_do_handshake.
    let connect = trace_of("talk").into_iter().map(|line| line.event).filter(
        |event| matches!(event, Event::Io { function, .. } if function == "SSL_do_handshake" || function == "SSL_connect"),
    );
    let connect: Vec<_> = connect.take(2).collect();
    assert!(matches!(&connect[0], Event::Io { inner: true, bio: false, .. }), "{connect:?}");
    assert!(matches!(&connect[1], Event::Io { inner: false, bio: false, .. }), "{connect:?}");
}

#[test]
fn a_trace_survives_its_program() {
    let folder = tempfile::tempdir().unwrap();
    let log = in_folder(&folder, "log");
    let ran = under("killed", &format!("trace:format=json:log={log}"));
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ran.status), Some(15));
    assert_eq!(ran.stdout, alone("killed").stdout);
    assert!(matches!(lines(Path::new(&log)).last().unwrap().event, Event::Death { .. }));
}

#[test]
fn a_program_that_closes_every_descriptor_and_uses_the_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let (log, file) = (in_folder(&folder, "log"), in_folder(&folder, "file"));
    let run_with = |command: &mut Command| {
        arguments(command, "close_all");
        run(command.arg(&file)).printed().to_owned()
    };
    let expected = run_with(&mut Command::new(talk()));
    assert!(expected.ends_with("descriptor 2, size 0\n"), "{expected}");
    for options in
        ["trace".to_owned(), format!("trace:log={log}"), format!("trace:format=json:{HARMLESS}:log={log}.json")]
    {
        assert_eq!(run_with(preloaded(talk()).env("SSLMODE_OPTIONS", &options)), expected, "{options}");
    }
    assert!(lines(Path::new(&format!("{log}.json"))).len() > 30, "the log was opened anew");
}

#[test]
fn a_log_that_cannot_be_written() {
    let expected = alone("talk").printed_quietly().to_owned();
    let full = under("talk", "trace:log=/dev/full");
    assert_eq!(full.printed(), expected);
    assert_eq!(full.stderr.lines().count(), 1, "{}", full.stderr);
    assert!(full.stderr.contains("option log: expected to write a line, got: No space left"), "{}", full.stderr);
    let nowhere = under("talk", "trace:log=/nowhere/log");
    assert_eq!(nowhere.printed(), expected);
    assert!(nowhere.stderr.contains("option log: expected a file to write to, got /nowhere/log: No such file"));
    assert!(nowhere.stderr.contains("SSL_write("), "the trace is on stderr");
    let mut closed = Command::new("sh");
    closed.args(["-c", "exec 2>&-; LD_PRELOAD=$0 exec \"$@\"", support::library().to_str().unwrap()]).arg(talk());
    arguments(&mut closed, "talk");
    assert_eq!(run(closed.env("SSLMODE_OPTIONS", "trace")).printed_quietly(), expected);
}

#[test]
fn options_that_do_not_follow() {
    let folder = tempfile::tempdir().unwrap();
    let log = in_folder(&folder, "log");
    let options = format!("trace:follow=0:log={log}");
    under("forks", &options).printed_quietly();
    let text = std::fs::read_to_string(&log).unwrap();
    assert_eq!(text.matches("start ").count(), 1, "no child began a trace");
    // A shell that starts the program: the trace is the shell's, which has none.
    let mut shell = preloaded("sh");
    shell.args(["-c", "\"$0\" \"$@\"; true"]).arg(talk());
    arguments(&mut shell, "talk");
    let ran = run(shell.env("SSLMODE_OPTIONS", "trace:follow=0"));
    assert_eq!(ran.printed_quietly(), alone("talk").stdout);
}

/// `talk exec`, which becomes `program`, with these options.
fn exec(program: &Path, options: &str) -> Ran {
    let mut command = preloaded(talk());
    arguments(&mut command, "exec");
    run(command.arg(program).env("SSLMODE_OPTIONS", options))
}

#[test]
fn a_program_that_becomes_another() {
    let expected = format!("handshake 1\n{}", alone("talk").printed_quietly());
    let starts = |log: &Path| std::fs::read_to_string(log).unwrap().matches(": start ").count();
    for (options, starts_expected) in
        [("trace", 2), ("trace:format=text:force=+RELEASE_BUFFERS", 2), ("trace:follow=0", 1)]
    {
        let folder = tempfile::tempdir().unwrap();
        let ran = exec(talk(), &format!("{options}:log={}", in_folder(&folder, "%p")));
        assert_eq!(ran.printed_quietly(), expected, "{options}");
        let logs: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(logs.len(), 1, "{options}: it is the same process: {logs:?}");
        assert_eq!(starts(&logs[0]), starts_expected, "{options}");
        assert!(std::fs::read_to_string(&logs[0]).unwrap().ends_with('\n'), "{options}");
    }
    assert_eq!(exec(talk(), "trace").printed(), expected, "traced to stderr");
}

#[test]
fn a_program_that_becomes_a_static_one() {
    let program = compile("static.c", "static", ["-static"]);
    for options in ["trace:log=/dev/null", HARMLESS] {
        assert_eq!(exec(&program, options).printed_quietly(), format!("handshake 1\noptions {options}\n"));
    }
    let gone = exec(&program, "trace:follow=0:log=/dev/null");
    assert_eq!(gone.printed_quietly(), "handshake 1\noptions (null)\n");
}

/// A shell, which has no TLS, and the programs that it starts.
#[test]
fn programs_that_a_program_starts() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = preloaded("sh");
    shell.args(["-c", "\"$0\" \"$@\"; \"$0\" \"$@\" & wait; exec \"$0\" \"$@\""]).arg(talk());
    arguments(&mut shell, "talk");
    let options = format!("trace:format=json:log={}", in_folder(&folder, "%p"));
    assert_eq!(run(shell.env("SSLMODE_OPTIONS", options)).printed_quietly(), alone("talk").stdout.repeat(3));
    let logs: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(logs.len(), 3, "the shell's is that of what it became");
    for log in logs {
        let pid = log.file_name().unwrap().to_str().unwrap().to_owned();
        let lines = lines(&log);
        assert!(lines.len() > 30 && lines.iter().all(|line| line.pid.to_string() == pid), "{pid}");
    }
}

/// A write would raise SIGPIPE, and end the program.
#[test]
fn a_stderr_that_nobody_reads() {
    let (socket, sockets_reader) = std::os::unix::net::UnixStream::pair().unwrap();
    let (pipes_reader, pipe) = std::io::pipe().unwrap();
    drop((sockets_reader, pipes_reader));
    let expected = alone("talk").printed_quietly().to_owned();
    for stderr in [OwnedFd::from(socket), OwnedFd::from(pipe)] {
        let mut command = preloaded(talk());
        arguments(&mut command, "talk");
        let ran = command.env("SSLMODE_OPTIONS", "trace").stderr(stderr).output().unwrap();
        assert_eq!((ran.status.code(), String::from_utf8(ran.stdout).unwrap()), (Some(0), expected.clone()));
    }
}

/// A write past the limit would raise SIGXFSZ, and end the program.
#[test]
fn a_limit_to_the_size_of_files() {
    let expected = alone("talk").printed_quietly().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let log = in_folder(&folder, "log");
    let limited = |stderr: &str, options: &str| {
        let script = format!("ulimit -f 1; LD_PRELOAD=$0 exec \"$@\" {stderr}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).arg(support::library()).arg(talk()).env("LOG", &log);
        arguments(&mut shell, "talk");
        run(shell.env("SSLMODE_OPTIONS", options))
    };
    let ran = limited("", &format!("trace:log={log}"));
    assert_eq!(ran.printed(), expected);
    assert!(ran.stderr.contains("option log: expected to write a line, got: File too large"), "{}", ran.stderr);
    assert_eq!(limited("2>>\"$LOG\"", "trace").printed_quietly(), expected);
    let written = std::fs::read_to_string(&log).unwrap();
    assert!(written.ends_with('\n') && written.len() <= 1024, "whole lines: {}", written.len());
}

#[test]
fn forced_modes_of_a_libssl_that_lacks_one() {
    let ran = under("reenter", "force=+CBC_RECORD_SPLITTING,+RELEASE_BUFFERS");
    assert_eq!(ran.printed(), alone("reenter").stdout);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("option force: mode \"CBC_RECORD_SPLITTING\" does not exist in openssl-3; not forced"));
}

#[test]
fn mistakes_leave_no_option_in_force() {
    for (options, mistake) in [
        ("trace:force=+AUTORETRY", "unknown mode \"AUTORETRY\" (expected a number or one of ENABLE_PARTIAL_WRITE, "),
        ("trace:force=+AUTORETRY", "; did you mean \"AUTO_RETRY\"?); no option is in force\n"),
        (
            "trace:force=AUTO_RETRY",
            "option force: expected +MODE or -MODE, with commas between them, got \"AUTO_RETRY\";",
        ),
        ("faults=want_wirte@1", "option faults: unknown fault \"want_wirte\" (expected one of all, want_write, "),
        ("faults=all@in=SSL_raed", "did you mean \"SSL_read\"?; no option is in force\n"),
        ("trace:format=jsno", "option format: expected text or json, got \"jsno\"; did you mean \"json\"?; no option"),
    ] {
        let ran = under("reenter", options);
        assert_eq!(ran.printed(), alone("reenter").stdout);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert!(ran.stderr.contains(mistake), "{}", ran.stderr);
    }
}
