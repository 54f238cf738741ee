//! The command, as a user runs it.

mod support;

use sslmode_protocol::Event;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use support::{library, ran, root, sslmode};

/// A program that makes a context and prints its mask.
fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command-masks");
        let compiler = Command::new(std::env::var_os("CC").unwrap_or("cc".into()))
            .arg(root().join("tests/c/masks.c"))
            .arg("-o")
            .arg(&program)
            .args(["-lssl", "-lcrypto"])
            .status();
        assert!(compiler.unwrap().success());
        program
    });
    &PROGRAM
}

/// A program that breaks the rule of this name, with debug information.
fn example(name: &str) -> PathBuf {
    let program =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("command-{name}-{:?}", std::thread::current().id()));
    let compiler = Command::new(std::env::var_os("CC").unwrap_or("cc".into()))
        .args(["-g", "-O0", "-pthread"])
        .arg(root().join(format!("examples/findings/{name}.c")))
        .arg("-o")
        .arg(&program)
        .args(["-lssl", "-lcrypto"])
        .status();
    assert!(compiler.unwrap().success());
    program
}

#[test]
fn the_programs_status_is_the_commands() {
    for (script, status) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)] {
        assert_eq!(ran(&mut sslmode(&["run", "--", "sh", "-c", script])).0, status, "{script}");
    }
    let (status, _, stderr) = ran(&mut sslmode(&["run", "--", "no-such-program"]));
    assert_eq!(status, 127);
    assert!(stderr.contains("expected a program to run, got no-such-program"), "{stderr}");
    assert_eq!(ran(&mut sslmode(&["run", "--", "/etc/passwd"])).0, 126);
}

#[test]
fn a_signal_to_the_command_reaches_the_program() {
    let script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done";
    let mut child = sslmode(&["run", "--", "sh", "-c", script]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut ready = [0; 6];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(9));
}

#[test]
fn trace_and_force() {
    let plain = ran(&mut Command::new(program()));
    let (status, stdout, stderr) = ran(sslmode(&["run", "--trace", "--force", "-AUTO_RETRY"]).arg("--").arg(program()));
    assert_eq!((status, stdout), (plain.0, plain.1));
    assert!(stderr.contains(" (0), shown as AUTO_RETRY, by command-masks"), "{stderr}");
    assert!(!stderr.contains("NO TLS HANDLE"), "{stderr}");
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = sslmode(&["run", "--trace", "--format", "json", "--log"]);
    let (_, _, stderr) = ran(command.arg(&log).arg("--").arg(program()));
    assert_eq!(stderr, "");
    assert!(std::fs::read_to_string(log).unwrap().starts_with("{\"v\":1,"));
}

#[test]
fn check_tells_which_rule_was_broken() {
    let program = example("unknown_mode");
    let checked = |options: &[&str]| {
        let (status, _, stderr) = ran(sslmode(&["run", "--check"]).args(options).arg("--").arg(&program));
        (status, stderr)
    };
    let (status, stderr) = checked(&["--exitcode", "66"]);
    assert_eq!(status, 0, "a warning is no error: {stderr}");
    assert!(stderr.contains("]: WARNING: unknown-mode: SSL_CTX_set_mode with 0x4000: "), "{stderr}");
    let frame = stderr.lines().find(|line| line.starts_with("    #0 command-unknown_mode-"));
    let frame = frame.unwrap_or_else(|| panic!("{stderr}"));
    assert!(frame.contains("(main+0x") && frame.contains("examples/findings/unknown_mode.c:"), "{frame}");
    assert!(stderr.ends_with("]: 1 finding: unknown-mode 1\n"), "{stderr}");

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (_, stderr) = checked(&["--format", "json", "--log", &path("log")]);
    assert_eq!(stderr, "");
    let log = std::fs::read_to_string(path("log")).unwrap();
    let events: Vec<_> =
        log.lines().map(|line| serde_json::from_str::<sslmode_protocol::Line>(line).unwrap().event).collect();
    let [Event::Start { .. }, Event::Finding(finding), Event::Findings { found }] = events.as_slice() else {
        panic!("{log}")
    };
    assert_eq!(
        (&*finding.name, &*finding.severity, &*finding.function),
        ("unknown-mode", "warning", "SSL_CTX_set_mode")
    );
    assert_eq!((found[0].count, &found[0].frames), (1, &finding.frames));

    for line in ["unknown-mode:^main$", "*:unknown_mode.c", "unknown-mode:command-unknown_mode"] {
        std::fs::write(path("file"), format!("# theirs\n{line}\n")).unwrap();
        assert_eq!(checked(&["--suppressions", &path("file")]), (0, String::new()), "{line}");
    }
    std::fs::write(path("file"), "busy-retry:main\nunknown-mode:SSL_connect\n").unwrap();
    assert!(checked(&["--suppressions", &path("file")]).1.contains("unknown-mode"));
}

/// Errors end in the status asked for, and fail a sweep.
#[test]
fn errors_count() {
    // It does well, and breaks a rule.
    let broken = example("use_after_fatal");
    let status = |arguments: &[&str]| ran(sslmode(arguments).arg("--").arg(&broken)).0;
    assert_eq!([status(&["run", "--check"]), status(&["run", "--check", "--exitcode", "66"])], [0, 66]);
    let sweep = ["sweep", "--seeds", "1", "--faults", "want_read@0.1", "--runs", "1"];
    let (status, _, stderr) = ran(sslmode(&sweep).arg("--check").arg("--").arg(&broken));
    assert_eq!(status, 2, "{stderr}");
    assert!(stderr.contains("without faults, got: it broke a rule: use-after-fatal; "), "{stderr}");
}

#[test]
fn mistakes_about_findings() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file").display().to_string();
    std::fs::write(&file, "# none\nbusy-retry\n").unwrap();
    let mistake = |options: &[&str]| {
        let (status, _, stderr) = ran(sslmode(&["run"]).args(options).arg("true"));
        assert_eq!(status, 2, "{stderr}");
        stderr
    };
    let expected = format!("--suppressions: {file}: line 2: expected FINDING:PATTERN, got \"busy-retry\"");
    assert!(mistake(&["--check", "--suppressions", &file]).contains(&expected));
    std::fs::write(&file, "busi-retry:main").unwrap();
    let expected = "line 1: unknown finding \"busi-retry\"; did you mean \"busy-retry\"?";
    assert!(mistake(&["--check", "--suppressions", &file]).contains(expected));
    assert!(mistake(&["--check", "--suppressions", "/no/such"]).contains("expected a text file, got: No such file"));
    assert!(mistake(&["--exitcode", "3"]).contains("--check"));
    assert!(mistake(&["--check", "--exitcode", "0"]).contains("0 is not in 1..=255"));
    // The library by itself says so too, and checks nonetheless.
    let options = format!("check:suppressions=\"{file}\"");
    let mut alone = Command::new(example("unknown_mode"));
    let (_, _, stderr) = ran(alone.env("LD_PRELOAD", library()).env("SSLMODE_OPTIONS", options));
    let expected =
        format!("]: option suppressions: {file}: line 1: unknown finding \"busi-retry\"; nothing is suppressed");
    assert!(stderr.contains(&expected) && stderr.contains("WARNING: unknown-mode"), "{stderr}");
}

#[test]
fn findings_are_explained() {
    let (status, stdout, _) = ran(&mut sslmode(&["explain", "moved-write-buffer"]));
    assert_eq!(status, 0);
    assert!(stdout.starts_with("moved-write-buffer (error)\n\nFound: SSL_write returned -1"), "{stdout}");
    for part in ["\nNot found: ", "\nRule: SSL_CTX_set_mode(3)", "\nInstead: Set SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER"] {
        assert!(stdout.contains(part), "{stdout}");
    }
    let (_, _, stderr) = ran(&mut sslmode(&["explain", "moved-write-bufer"]));
    assert!(stderr.contains("did you mean \"moved-write-buffer\"?"), "{stderr}");
}

/// A library that was preloaded before, and itself stands in front of a function of libssl, goes on doing so.
#[test]
fn behind_another_preloaded_library() {
    let folder = tempfile::tempdir().unwrap();
    let (source, other) = (folder.path().join("other.c"), folder.path().join("other.so"));
    let code = "#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <stdio.h>\n\
        void *SSL_new(void *ctx) { puts(\"other\"); return ((void *(*)(void *))dlsym(RTLD_NEXT, \"SSL_new\"))(ctx); }\n";
    std::fs::write(&source, code).unwrap();
    let compiler = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&other).arg(source).status();
    assert!(compiler.unwrap().success());
    let alone = ran(Command::new(program()).env("LD_PRELOAD", &other));
    assert!(alone.1.contains("other\n"), "{}", alone.1);
    let (status, stdout, stderr) = ran(sslmode(&["run", "--trace"]).arg("--").arg(program()).env("LD_PRELOAD", &other));
    assert_eq!((status, stdout), (alone.0, alone.1));
    assert!(stderr.contains("SSL_new(0x"), "{stderr}");
}

/// Our libssl as `make` puts it, or None and a line SKIP.
fn ours() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("libssl/libssl.so.3");
    let is_there = path.is_file();
    assert!(is_there || std::env::var_os("CI").is_none(), "{} is not there: make", path.display());
    if !is_there {
        println!("SKIP: {} is not there (make)", path.display());
    }
    is_there.then_some(path)
}

#[test]
fn our_libssl_is_put_under_a_program() {
    let Some(libssl) = ours() else { return };
    let under = |options: &[&str]| ran(sslmode(&["run", "--libssl", "ours"]).args(options).arg("--").arg(program()));
    let plain = ran(&mut Command::new(program()));
    let (status, stdout, stderr) = under(&["--trace"]);
    assert_eq!((status, stdout), (plain.0, plain.1.clone()), "{stderr}");
    let host = format!("host {}: ", libssl.canonicalize().unwrap().display());
    assert!(stderr.contains(&host), "{stderr}");
    assert!(stderr.contains("dialect openssl-3"), "{stderr}");
    let (status, stdout, stderr) = under(&["--trace", "--force", "-AUTO_RETRY"]);
    assert_eq!((status, stdout), (plain.0, plain.1));
    assert!(stderr.contains(" (0), shown as AUTO_RETRY, by command-masks"), "{stderr}");
    assert_eq!(under(&[]).2, "");
}

#[test]
fn our_libssl_where_it_is_not() {
    let mut command = sslmode(&["run", "--libssl", "ours", "--", "true"]);
    let (status, _, stderr) = ran(command.env("SSLMODE_LIBSSL", "/nowhere/libssl.so.3"));
    assert_eq!(status, 2);
    assert!(stderr.contains("expected a library at /nowhere/libssl.so.3 (SSLMODE_LIBSSL)"), "{stderr}");
    // A copy of the command in a folder where nothing else is.
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("sslmode");
    std::fs::copy(env!("CARGO_BIN_EXE_sslmode"), &copy).unwrap();
    let mut command = Command::new(copy);
    command.args(["run", "--libssl", "ours", "--", "true"]).env("SSLMODE_LIBRARY", library());
    let (status, _, stderr) = ran(command.env_remove("SSLMODE_LIBSSL"));
    assert_eq!(status, 2);
    assert!(stderr.contains("expected our own libssl.so.3 at one of "), "{stderr}");
    assert!(stderr.contains("SSLMODE_LIBSSL names another place"), "{stderr}");
}

#[test]
fn a_profile_is_followed_by_any_libssl() {
    let Some(libssl) = ours() else { return };
    let run = |arguments: &[&str]| {
        let mut command = sslmode(arguments);
        ran(command.env("SSLMODE_OPTIONS", "profile=openssl-1.0.2").arg("--").arg(program()))
    };
    let (_, stdout, stderr) = run(&["run", "--libssl", "ours"]);
    assert_eq!(stderr, "", "it is in force");
    assert!(stdout.starts_with("default 0\n"), "{stdout}");
    let (_, _, stderr) = run(&["run", "--trace", "--libssl", "ours"]);
    assert!(stderr.contains("dialect openssl-1.0.2"), "{stderr}");
    let (_, stdout, stderr) = run(&["run"]);
    assert_eq!(stderr, "");
    assert!(stdout.starts_with("default 0\n"), "{stdout}");
    let (_, stdout, stderr) = run(&["run", "--profile", "openssl-1.1.1"]);
    assert_eq!(stderr, "");
    assert!(stdout.starts_with("default 4\n"), "{stdout}");
    let (_, _, stderr) = run(&["run", "--profile", "openssl-4"]);
    assert!(stderr.contains("option profile: expected an OpenSSL that is newer than the profile, got "), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    let (status, _, stderr) = run(&["run", "--profile", "openssl-1.0.3"]);
    assert_eq!(status, 2);
    assert!(
        stderr.contains("--profile: unknown version \"openssl-1.0.3\" (expected one of openssl-0.9.8, "),
        "{stderr}"
    );
    assert!(stderr.contains("did you mean \"openssl-1.0.2\"?"), "{stderr}");
    let (_, stdout, _) = ran(sslmode(&["hosts"]).arg(program()).env("LD_LIBRARY_PATH", libssl.parent().unwrap()));
    assert!(stdout.contains("version  sslmode "), "{stdout}");
}

#[test]
fn a_program_without_tls_is_said_loudly() {
    let (status, stdout, stderr) = ran(&mut sslmode(&["run", "--", "echo", "hello"]));
    assert_eq!((status, stdout.as_str()), (0, "hello\n"));
    let expected = "sslmode: NO TLS HANDLE WAS SEEN: 1 process was seen, without a call to a libssl: it is linked \
                    with none, and may load one while it runs\n";
    assert_eq!(stderr, expected);
    let folder = tempfile::tempdir().unwrap();
    let (source, program) = (folder.path().join("static.c"), folder.path().join("static"));
    std::fs::write(&source, "int main(void) { return 3; }\n").unwrap();
    assert!(Command::new("cc").args(["-static", "-o"]).arg(&program).arg(source).status().unwrap().success());
    let (status, _, stderr) = ran(sslmode(&["run", "--"]).arg(program));
    assert_eq!(status, 3);
    assert!(stderr.contains("libsslmode was loaded into no process: it is linked statically"), "{stderr}");
}

/// A relative path is meant from where the command was started.
#[test]
fn a_library_by_a_relative_path() {
    let mut command = sslmode(&["run", "--trace", "--", "sh", "-c", "cd /; exec \"$0\""]);
    let (folder, name) = (library().parent().unwrap(), library().file_name().unwrap());
    command.arg(program()).current_dir(folder).env("SSLMODE_LIBRARY", name);
    let (status, _, stderr) = ran(&mut command);
    assert!(status == 0 && stderr.contains("SSL_CTX_new() = 0x"), "{stderr}");
}

#[test]
fn mistakes_end_with_2_before_anything_starts() {
    for (arguments, mistake) in [
        (&["run", "--force", "+AUTORETRY"][..], "did you mean \"AUTO_RETRY\"?"),
        (&["run", "--force", "AUTO_RETRY"], "expected +MODE or -MODE, with commas between them, got \"AUTO_RETRY\""),
        (&["run", "--format", "jsno"], "invalid value 'jsno'"),
        (&["run", "--trcae"], "unexpected argument '--trcae'"),
        (&["run", "--trace", "--log", "/nowhere/log"], "--log: expected a file to write to, got /nowhere/log"),
        (&["run", "--log", "/tmp/log"], "--log: expected --trace or --check with it"),
        (&["run", "--libssl", "theirs", "true"], "invalid value 'theirs'"),
    ] {
        let mut command = sslmode(arguments);
        let (status, stdout, stderr) = ran(command.args(["--", "echo", "started"]));
        assert_eq!((status, stdout.as_str()), (2, ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(mistake), "{arguments:?}: {stderr}");
    }
    let mut wrong = sslmode(&["run", "--", "echo", "started"]);
    let (status, stdout, stderr) = ran(wrong.env("SSLMODE_OPTIONS", "trcae"));
    assert_eq!((status, stdout.as_str()), (2, ""));
    assert!(stderr.contains("SSLMODE_OPTIONS: unknown option \"trcae\"") && stderr.contains("did you mean \"trace\"?"));
    let mut lost = sslmode(&["run", "--", "echo", "started"]);
    assert_eq!(ran(lost.env("SSLMODE_LIBRARY", "/nowhere")).0, 2);
    let folder = tempfile::tempdir().unwrap();
    let blank = folder.path().join("with blank.so");
    std::fs::copy(library(), &blank).unwrap();
    let mut unnamed = sslmode(&["run", "--", "echo", "started"]);
    let (status, stdout, stderr) = ran(unnamed.env("SSLMODE_LIBRARY", &blank));
    assert_eq!((status, stdout.as_str()), (2, ""));
    assert!(stderr.contains("whose path LD_PRELOAD can name, without blanks and colons, got /"), "{stderr}");
    for (arguments, mistake) in [
        (["explain", "RELEASE_BUFER"], "did you mean \"RELEASE_BUFFERS\"?"),
        (["hosts", "no-such-program"], "expected a program or a process id, got no-such-program: not found"),
        (["hosts", "999999999"], "expected a process to look at, got 999999999"),
    ] {
        let (status, stdout, stderr) = ran(&mut sslmode(&arguments));
        assert_eq!((status, stdout.as_str()), (2, ""));
        assert!(stderr.contains(mistake), "{stderr}");
    }
}

#[test]
fn explain() {
    let (status, stdout, _) = ran(&mut sslmode(&["explain", "0x84"]));
    assert_eq!(status, 0);
    assert!(stdout.contains("0x84  ENABLE_FALSE_START|0x4\n    in boringssl, aws-lc\n"), "{stdout}");
    assert!(stdout.contains("\nSEND_FALLBACK_SCSV puts TLS_FALLBACK_SCSV (RFC 7507) into"), "{stdout}");
    let (_, stdout, _) = ran(&mut sslmode(&["explain", "auto_retry|release_buffers", "--dialect", "openssl-3"]));
    assert!(stdout.starts_with("0x14  AUTO_RETRY|RELEASE_BUFFERS\n    in openssl-3\n"), "{stdout}");
    let (_, stdout, _) = ran(&mut sslmode(&["explain", "RELEASE_BUFFERS"]));
    assert!(stdout.contains("has no RELEASE_BUFFERS\n    in openssl-0.9.8\n"), "{stdout}");
    let (status, stdout, _) = ran(&mut sslmode(&["explain", "-1", "--dialect", "openssl-1.0.2"]));
    assert!(status == 0 && stdout.starts_with("0xffffffffffffffff  "), "{stdout}");
}

#[test]
fn hosts_of_programs_and_processes() {
    let (status, stdout, _) = ran(sslmode(&["hosts"]).arg(program()));
    assert_eq!(status, 0);
    for line in ["/libssl.so.3\n", "  version  OpenSSL 3.0.", "  dialect  openssl-3\n", "  preload  reaches it\n"] {
        assert!(stdout.contains(line), "{stdout}");
    }
    let (_, stdout, _) = ran(&mut sslmode(&["hosts", "passwd"]));
    assert!(stdout.contains("does not reach it: it runs with raised privileges (set-user-ID)"), "{stdout}");
    let mut process =
        Command::new("openssl").arg("s_server").args(["-nocert", "-accept", "127.0.0.1:0"]).spawn().unwrap();
    let pid = process.id().to_string();
    let mut looks = (0..100).map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        ran(&mut sslmode(&["hosts", &pid])).1
    });
    let found = looks.find(|stdout| stdout.contains("libssl.so.3\n"));
    process.kill().unwrap();
    process.wait().unwrap();
    let stdout = found.expect("a process with libssl");
    assert!(stdout.contains("  dialect  openssl-3\n  preload  would reach it; it has to be there"), "{stdout}");
}

#[test]
fn dialects() {
    let (status, stdout, _) = ran(&mut sslmode(&["dialects"]));
    assert_eq!(status, 0);
    for line in
        ["openssl-1.0.2\n  a new context has 0 [observed: 1.0.2k]\n", "    0x0000  RELEASE_BUFFERS: does nothing\n"]
    {
        assert!(stdout.contains(line), "{stdout}");
    }
}

/// Every verb and option of the command stands in its manual page.
#[test]
fn the_manual_page() {
    let page = std::fs::read_to_string(root().join("man/sslmode.1")).unwrap().replace("\\-", "-");
    for verb in ["run", "sweep", "report", "explain", "hosts", "dialects"] {
        assert!(page.contains(&format!(".SS sslmode {verb}\n")), "{verb}");
    }
    let help = ["run", "sweep", "report", "explain"].map(|verb| ran(&mut sslmode(&[verb, "--help"])).1).concat();
    let options = help.split_whitespace().filter_map(|word| word.strip_prefix("--")).filter(|word| !word.is_empty());
    for option in options.filter(|option| *option != "help") {
        let option = option.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        assert!(page.contains(&format!("--{option}")), "--{option}");
    }
}
