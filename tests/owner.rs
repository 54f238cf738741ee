//! Whose handle it is: each way in which a process can come to its libssl and to us, as a real process.

mod support;

use std::path::Path;
use std::process::Command;
use support::{compile, host, library, preloaded, python, run};

/// What `tests/c/masks.c` prints on OpenSSL 3.0 and on 1.0.2k without us; see FACTS in the tests of `ctests/` for the
/// same values from another side.
const ON_3_0: &str = "default 4\nset 3 7\ninherited 7\ncontext -1 4294967295\ncontext cleared 0\nconnection still 7\n\
                      connection clear 1 6\ndup 6\nconnection -1 4294967295\n";
const ON_1_0_2: &str = "default 0\nset 3 3\ninherited 3\ncontext -1 -1\ncontext cleared 0\nconnection still 3\n\
                        connection clear 1 2\ndup 2\nconnection -1 -1\n";

const NO_AS_NEEDED: &str = "-Wl,--no-as-needed";
const SYSTEM: [&str; 2] = ["-lssl", "-lcrypto"];

fn old_flags(libssl: &Path) -> Vec<String> {
    let folder = libssl.parent().unwrap().display();
    // The libraries of the wheels need what they were built with, which the linker cannot find by itself.
    let flags = ["-DMETHOD=SSLv23_method", "-DLIBRARY_INIT", "-Wl,--allow-shlib-undefined"];
    let mut flags: Vec<String> = flags.map(String::from).to_vec();
    flags.extend([libssl.display().to_string(), format!("-Wl,-rpath,{folder}"), format!("-Wl,-rpath-link,{folder}")]);
    flags
}

#[test]
fn linked_before_libssl() {
    let program = compile("masks.c", "before", ["-DFUNCTIONS", NO_AS_NEEDED, "-lsslmode", SYSTEM[0], SYSTEM[1]]);
    assert_eq!(run(&mut Command::new(program)).printed_quietly(), ON_3_0);
}

#[test]
fn linked_after_libssl() {
    let program = compile("masks.c", "after", ["-DFUNCTIONS", NO_AS_NEEDED, SYSTEM[0], SYSTEM[1], "-lsslmode"]);
    assert_eq!(run(&mut Command::new(program)).printed_quietly(), ON_3_0);
}

#[test]
fn linked_before_and_after_the_libssl_of_the_manual_page() {
    let Some(libssl) = host("openssl-1.0.2k") else { return };
    for (name, before) in [("before-1.0.2k", true), ("after-1.0.2k", false)] {
        let mut flags = vec![String::from("-DFUNCTIONS"), String::from(NO_AS_NEEDED)];
        let ours = [String::from("-lsslmode")];
        flags.extend(if before {
            [&ours[..], &old_flags(&libssl)].concat()
        } else {
            [&old_flags(&libssl)[..], &ours].concat()
        });
        let program = compile("masks.c", name, flags);
        assert_eq!(run(&mut Command::new(program)).printed_quietly(), ON_1_0_2, "{name}");
    }
}

#[test]
fn preloaded_into_a_program_that_knows_nothing_of_us() {
    let program = compile("masks.c", "plain", SYSTEM);
    assert_eq!(run(&mut Command::new(&program)).printed_quietly(), ON_3_0, "without us");
    assert_eq!(run(&mut preloaded(&program)).printed_quietly(), ON_3_0);
    let traced = run(preloaded(&program).env("SSLMODE_OPTIONS", "trace"));
    assert_eq!(traced.printed(), ON_3_0);
    let lines: Vec<_> = traced.stderr.lines().map(|line| line.split_once(": ").unwrap().1).collect();
    assert!(lines[0].starts_with("start ") && lines[0].contains("/plain, libsslmode "), "{}", lines[0]);
    assert!(lines[1].starts_with("host ") && lines[1].contains("libssl.so.3: OpenSSL 3.0."), "{}", lines[1]);
    assert!(lines[1].ends_with(", dialect openssl-3"), "{}", lines[1]);
    assert!(lines[2].starts_with("SSL_CTX_new") && lines[2].contains(" (AUTO_RETRY), by plain"), "{}", lines[2]);
    assert!(lines[3].contains("SSL_CTX_get_mode(0x") && lines[3].contains(") = AUTO_RETRY, by plain"), "{}", lines[3]);
    let set = ", ENABLE_PARTIAL_WRITE|ACCEPT_MOVING_WRITE_BUFFER) = ENABLE_PARTIAL_WRITE|";
    assert!(lines[4].contains(set) && lines[4].contains(", was AUTO_RETRY, by plain"), "{}", lines[4]);
    // A start, a host line, three handles made, nine mode calls, three handles freed.
    assert_eq!(lines.len(), 17, "{}", traced.stderr);
    assert!(lines[16].ends_with(" is freed"), "{}", lines[16]);
}

#[test]
fn preloaded_over_the_libssl_of_the_manual_page() {
    let Some(libssl) = host("openssl-1.0.2k") else { return };
    let program = compile("masks.c", "plain-1.0.2k", old_flags(&libssl));
    assert_eq!(run(&mut Command::new(&program)).printed_quietly(), ON_1_0_2, "without us");
    assert_eq!(run(&mut preloaded(&program)).printed_quietly(), ON_1_0_2);
    assert_eq!(run(preloaded(&program).env("SSLMODE_OPTIONS", "trace")).printed(), ON_1_0_2);
}

#[test]
fn a_method_that_is_null() {
    let Some(libssl) = host("openssl-1.0.2k") else { return };
    let mut flags = old_flags(&libssl);
    flags.push(String::from("-DNULL_METHOD"));
    let program = compile("masks.c", "sslv2", flags);
    let expected = format!("SSL_CTX_new(NULL) NULL\n{ON_1_0_2}");
    assert_eq!(run(&mut Command::new(&program)).printed_quietly(), expected, "without us");
    assert_eq!(run(&mut preloaded(&program)).printed_quietly(), expected);
}

#[test]
fn preloaded_into_cpython_whose_libssl_is_local() {
    let expected = "CPython's context 20\nset 21\nclear 20\n";
    assert_eq!(run(&mut python("ssl_modes.py", false)).printed_quietly(), expected, "not preloaded: a mere FFI");
    assert_eq!(run(&mut python("ssl_modes.py", true)).printed_quietly(), expected);
    let traced = run(python("ssl_modes.py", true).env("SSLMODE_OPTIONS", "trace"));
    assert_eq!(traced.printed(), expected);
    assert!(
        traced.stderr.contains(", RELEASE_BUFFERS) = AUTO_RETRY|RELEASE_BUFFERS, was AUTO_RETRY, by "),
        "{}",
        traced.stderr
    );
}

#[test]
fn opened_through_ctypes_with_no_link_at_all() {
    let Some(libssl) = host("openssl-3.0") else { return };
    let ran = run(python("ctypes_only.py", false).arg(libssl));
    assert_eq!(ran.printed_quietly(), "4294967295 0\n22 20\n");
}

#[test]
fn boringssl_without_ssl_ctrl() {
    let Some(libssl) = host("boringssl") else { return };
    let ran = run(python("ctypes_only.py", false).arg(libssl));
    assert_eq!(ran.printed_quietly(), "4294967295 0\n26 24\n");
}

#[test]
fn two_libssls_at_once() {
    let Some(libssl) = host("openssl-1.0.2k") else { return };
    let mut flags = old_flags(&libssl);
    flags.extend(["-DSHARED=print_masks", "-shared", "-fPIC"].map(String::from));
    let linked = compile("masks.c", "linked-1.0.2k", flags);
    let through_ffi = "other -1 -1\nother 0 0\n";
    let at_the_end = format!("cpython 20 4294967295\ncpython 20 4294967295\n{ON_1_0_2}other {}\n", 1u64 << 40);
    let expected = format!("{ON_1_0_2}{through_ffi}{at_the_end}");
    for first in ["cpython", "other"] {
        for options in ["", "trace", "force=+SEND_CLIENTHELLO_TIME"] {
            let mut command = python("two_libssls.py", true);
            command.arg(&libssl).arg(&linked).arg(first).env("SSLMODE_OPTIONS", options);
            let ran = run(&mut command);
            assert_eq!(ran.printed(), expected, "{first} first, options \"{options}\"\n{}", ran.stderr);
            assert!(options == "trace" || ran.stderr.is_empty(), "{}", ran.stderr);
        }
    }
}

#[test]
fn many_libssls_and_threads() {
    let hosts = [
        ("openssl-3.0", "4294967295"),
        ("openssl-1.0.2k", "-1"),
        ("openssl-0.9.8e", "-1"),
        ("boringssl", "4294967295"),
    ];
    let hosts = hosts.map(|(name, minus_one)| host(name).map(|path| format!("{}:{minus_one}", path.display())));
    let hosts: Vec<_> = hosts.into_iter().flatten().collect();
    let program = compile("many_hosts.c", "many-hosts", ["-lsslmode", "-ldl"]);
    let expected = format!("{} libssls, {} threads, 0 wrong answers\n", hosts.len(), 2 * hosts.len());
    assert_eq!(run(Command::new(program).args(hosts)).printed_quietly(), expected);
}

#[test]
fn children_of_a_process_that_searches() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let flags = ["-shared", "-fPIC", NO_AS_NEEDED, SYSTEM[0], SYSTEM[1], "-lsslmode"];
    compile("fork_in_search.c", "libfork_in_search.so", flags);
    let (search, rpath) = (format!("-L{}", folder.display()), format!("-Wl,-rpath,{}", folder.display()));
    let program = compile("fork_in_search.c", "fork-in-search", ["-DMAIN", &search, "-lfork_in_search", &rpath]);
    for options in ["", "trace:log=/dev/null"] {
        let ran = run(Command::new(&program).env("SSLMODE_OPTIONS", options));
        assert_eq!(ran.printed_quietly(), "200 of 200 children went well\n", "options {options}");
    }
}

#[test]
fn two_libssls_that_nothing_tells_apart() {
    let (Some(new), Some(old)) = (host("openssl-3.0"), host("openssl-1.0.2k")) else { return };
    let ran = run(python("undecided.py", false).arg(&new).arg(&old));
    let expected = "alone 4294967295\nundecided 0 0\nknown since before 4294967295\nnamed 1 4294967295\nnamed 1 -1\n\
                    known since before 4294967295\nnot named 1 0\n";
    assert_eq!(ran.printed(), expected);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("SSL_CTX_set_mode: expected one libssl, found "), "{}", ran.stderr);
    assert!(ran.stderr.contains("sslmode_use_host(PATH)"), "{}", ran.stderr);

    let option = format!("host={}", old.display());
    let ran = run(python("undecided.py", false).arg(&old).arg(&new).env("SSLMODE_OPTIONS", option));
    assert!(ran.printed().starts_with("alone -1\n"), "{}", ran.stdout);
}

#[test]
fn a_process_without_libssl() {
    let program = compile("alone.c", "alone", ["-lsslmode"]);
    let ran = run(&mut Command::new(program));
    assert_eq!(ran.printed(), "0 0 0\n");
    let (_, line) = ran.stderr.split_once(": ").unwrap();
    assert_eq!(line, "SSL_CTX_set_mode: expected a libssl in this process, found none; nothing was done\n");
}

#[test]
fn a_program_without_tls_is_left_alone() {
    assert_eq!(run(preloaded("/bin/echo").arg("hello")).printed_quietly(), "hello\n");
}

#[test]
fn a_wrong_host_is_one_line_and_the_program_goes_on() {
    let program = compile("masks.c", "wrong-host", ["-DFUNCTIONS", NO_AS_NEEDED, SYSTEM[0], SYSTEM[1], "-lsslmode"]);
    for (host, why) in [("/nowhere/libssl.so", "not loaded"), ("libc.so.6", "it neither is nor uses a libssl")] {
        let ran = run(Command::new(&program).env("SSLMODE_OPTIONS", format!("host={host}")));
        assert_eq!(ran.printed(), ON_3_0);
        let (_, line) = ran.stderr.split_once(": ").unwrap();
        let expected = format!("option host: expected the path or soname of a loaded libssl, got {host}: {why}\n");
        assert_eq!(line, expected);
    }
}

#[test]
fn a_mistake_in_the_options_is_one_line_and_none_is_in_force() {
    let program = compile("masks.c", "mistake", SYSTEM);
    let ran = run(preloaded(&program).env("SSLMODE_OPTIONS", "trace:hots=libssl.so.3"));
    assert_eq!(ran.printed(), ON_3_0);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("unknown option \"hots\"") && ran.stderr.contains("did you mean \"host\"?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_file_that_took_the_place_of_stderr_stays_as_it_is() {
    let program = compile("stderr.c", "stderr", ["-lsslmode"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    assert_eq!(run(Command::new(program).arg(file.path())).printed_quietly(), "0\n");
    assert!(library().exists());
}
