//! `check`: each broken program of examples/findings has its finding and no other, and what is right has none; and what
//! becomes of findings: stacks, counts, suppressions, exit statuses, ends of all kinds.

mod support;

use sslmode_protocol::event::{Event, Finding, Found, Line};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use support::{Ran, command, compile_example, host, library, our_libssl_folder, root, run};

/// The programs of examples/findings but foreign_mode, which is for another libssl, and the function of each in which the
/// rule is broken.
const BROKEN: [(&str, &str); 16] = [
    ("abandoned_write", "write_all"),
    ("busy_retry", "main"),
    ("changed_retry", "main"),
    ("concurrent_use", "write_once"),
    ("get_error_mismatch", "main"),
    ("ignored_short_write", "main"),
    ("late_context_mode", "main"),
    ("moved_write_buffer", "main"),
    ("scsv_first_try", "main"),
    ("shorter_retry", "main"),
    ("shutdown_after_fatal", "take_down"),
    ("stale_error_queue", "main"),
    ("unknown_mode", "main"),
    ("use_after_fatal", "main"),
    ("want_taken_for_error", "hang_up"),
    ("write_after_shutdown", "main"),
];

/// Programs of tests/c in which nothing is wrong.
const LEGAL: [&str; 3] = ["legal_writes", "legal_calls", "legal_transports"];

/// A libssl that programs are compiled with.
struct Libssl {
    name: &'static str,
    /// What the compiler is told before the source, and after it.
    options: Vec<String>,
    libraries: Vec<String>,
    /// Where the libssl lies that is put in place of the one that was linked.
    instead: Option<PathBuf>,
}

impl Libssl {
    fn system() -> Libssl {
        let libraries = ["-lssl", "-lcrypto"].map(str::to_owned).to_vec();
        Libssl { name: "openssl-3.0", options: Vec::new(), libraries, instead: None }
    }

    fn ours() -> Libssl {
        Libssl { name: "ours", instead: Some(our_libssl_folder().to_owned()), ..Libssl::system() }
    }

    /// A real one of this name, with the options that its age asks for.
    fn real(name: &'static str, options: &[&str]) -> Option<Libssl> {
        let libssl = host(name)?;
        let folder = libssl.parent().expect("it is in a folder");
        let is_libcrypto =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"libcrypto"));
        let libcrypto = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).find(is_libcrypto);
        let libraries = vec![
            libssl.display().to_string(),
            libcrypto.expect("a libcrypto beside it").display().to_string(),
            format!("-Wl,-rpath,{}", folder.display()),
        ];
        let options = options.iter().map(|&option| option.to_owned()).collect();
        Some(Libssl { name, options, libraries, instead: None })
    }

    fn compile(&self, source: &Path, mended: bool) -> PathBuf {
        let name = source.file_stem().unwrap().to_str().unwrap();
        let mend = if mended { "-mended" } else { "" };
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("check-{}-{name}{mend}", self.name));
        let mut options: Vec<&str> = self.options.iter().map(String::as_str).collect();
        options.extend(mended.then_some("-DMENDED"));
        let libraries: Vec<_> = self.libraries.iter().map(AsRef::as_ref).collect();
        compile_example(source, &options, &libraries, &program);
        program
    }

    fn check(&self, program: &Path) -> Checked {
        let mut command = Command::new(program);
        if let Some(folder) = &self.instead {
            command.env("LD_LIBRARY_PATH", folder).env("WITHOUT_DATAGRAMS", "1");
        }
        Checked::run(&mut command, "")
    }
}

/// A program that ran under the option.
struct Checked {
    ran: Ran,
    findings: Vec<Finding>,
    sums: Vec<Found>,
}

impl Checked {
    /// Runs it with these options more.
    fn run(command: &mut Command, options: &str) -> Checked {
        let log = tempfile::NamedTempFile::new().unwrap();
        let path = log.path().display();
        command.env("LD_PRELOAD", library());
        command.env("SSLMODE_OPTIONS", format!("check:format=json:log={path}{options}"));
        let ran = run(command);
        let (mut findings, mut sums) = (Vec::new(), Vec::new());
        for line in fs::read_to_string(log.path()).unwrap().lines() {
            match serde_json::from_str::<Line>(line).unwrap_or_else(|error| panic!("{error}: {line}")).event {
                Event::Finding(finding) => findings.push(finding),
                Event::Findings { found } => sums.extend(found),
                _ => {}
            }
        }
        Checked { ran, findings, sums }
    }

    fn names(&self) -> Vec<&str> {
        self.findings.iter().map(|finding| &*finding.name).collect()
    }
}

/// A source line that a frame names: its file's name, and what stands there.
fn source_line(frame: &str) -> Option<(String, String)> {
    let (file, number) = frame.rsplit_once(' ')?.1.rsplit_once(':')?;
    let name = Path::new(file).file_name()?.to_str()?.to_owned();
    let folder = if name == "peer.h" { "examples" } else { "examples/findings" };
    let text = fs::read_to_string(root().join(folder).join(&name)).ok()?;
    let line = text.lines().nth(number.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some((name, line.to_owned()))
}

/// One finding, of the rule that the program is named after, with the call that broke it in its innermost frame.
fn has_its_finding(libssl: &Libssl, name: &str, function: &str, program: &Path) {
    let checked = libssl.check(program);
    let what = format!("{} on {}: {:#?}\n{}", name, libssl.name, checked.findings, checked.ran.stderr);
    let rule = name.replace('_', "-");
    // From 4.0 on SSL_get_error does not look into the queue.
    if (name, libssl.name) == ("stale_error_queue", "openssl-4.0.3") {
        assert_eq!(checked.names(), [""; 0], "{what}");
        return;
    }
    assert_eq!(checked.names(), [rule.as_str()], "{what}");
    let finding = &checked.findings[0];
    let frame = finding.frames.first().expect(&what);
    let module = program.file_name().unwrap().to_str().unwrap();
    assert!(frame.starts_with(&format!("{module}({function}+0x")), "{frame}: {what}");
    let (file, line) = source_line(frame).unwrap_or_else(|| panic!("expected a source line, got {frame}"));
    assert!(file == format!("{name}.c") || file == "peer.h", "{file}: {what}");
    assert!(line.contains(&format!("{}(", finding.function)), "{frame}, {line:?}: {what}");
    // What 1.0.2 then sends lies beyond the buffer, and may lie beyond the program's memory.
    let crashes = (name, libssl.name) == ("shorter_retry", "openssl-1.0.2k");
    if crashes && checked.ran.status.signal() == Some(libc::SIGSEGV) {
        return;
    }
    assert!(
        checked.sums.len() == 1 && checked.sums[0].frames == finding.frames && checked.sums[0].count >= 1,
        "{what}"
    );
}

fn each_has_its_finding(libssl: &Libssl) {
    for (name, function) in BROKEN {
        let source = root().join(format!("examples/findings/{name}.c"));
        has_its_finding(libssl, name, function, &libssl.compile(&source, false));
        let twin = libssl.check(&libssl.compile(&source, true));
        let what = format!("{name}, mended, on {}: {:#?}\n{}", libssl.name, twin.findings, twin.ran.stderr);
        assert!(twin.findings.is_empty() && twin.sums.is_empty() && twin.ran.status.success(), "{what}");
    }
}

fn nothing_is_said_of_what_is_right(libssl: &Libssl) {
    for name in LEGAL {
        let program = libssl.compile(&root().join(format!("tests/c/{name}.c")), false);
        let checked = libssl.check(&program);
        let what = format!("{name} on {}: {:#?}\n{}", libssl.name, checked.findings, checked.ran.stderr);
        assert!(checked.findings.is_empty() && checked.ran.status.success(), "{what}");
    }
}

fn everything(libssl: &Libssl) {
    each_has_its_finding(libssl);
    nothing_is_said_of_what_is_right(libssl);
}

/// On the system's, and with the same programs on our own.
#[test]
fn on_3_0_and_on_ours() {
    everything(&Libssl::system());
    everything(&Libssl::ours());
}

#[test]
fn on_1_0_2k() {
    let header = root().join("tests/c/openssl_1_0_2.h").display().to_string();
    if let Some(libssl) = Libssl::real("openssl-1.0.2k", &["-include", &header]) {
        everything(&libssl);
    }
}

#[test]
fn on_4_0_3() {
    if let Some(libssl) = Libssl::real("openssl-4.0.3", &[]) {
        everything(&libssl);
    }
}

/// The same source is right or wrong by the header that it is compiled with.
#[test]
fn a_mode_of_another_libssl() {
    for name in ["boringssl", "aws-lc"] {
        let Some(mut libssl) = Libssl::real(name, &[]) else { continue };
        let source = root().join("examples/findings/foreign_mode.c");
        let include = host(name).unwrap().with_file_name("include").display().to_string();
        if Path::new(&include).is_dir() {
            libssl.options = vec![format!("-I{include}")];
            let twin = libssl.check(&libssl.compile(&source, true));
            assert!(twin.findings.is_empty() && twin.ran.status.success(), "{name}: {:#?}", twin.findings);
        }
        libssl.options.clear();
        libssl.libraries.insert(0, library().display().to_string());
        has_its_finding(&libssl, "foreign_mode", "main", &libssl.compile(&source, false));
    }
}

/// A program of tests/c that breaks a rule and ends in this way.
fn breaks(how: &str) -> Command {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let program = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep().join("breaks");
        let libraries = ["-lssl".as_ref(), "-lcrypto".as_ref()];
        compile_example(&root().join("tests/c/breaks.c"), &[], &libraries, &program);
        program
    });
    let mut command = Command::new(&*PROGRAM);
    command.arg(how);
    command
}

/// However the process ends, what was found is written; how often, only where it gets to say so.
#[test]
fn whatever_the_end() {
    for (how, status, is_summed_up) in [
        ("exit", Some(3), true),
        ("_exit", Some(3), false),
        ("sigterm", None, false),
        ("sigkill", None, false),
        ("closed", Some(3), true),
    ] {
        let checked = Checked::run(&mut breaks(how), "");
        assert_eq!(checked.names(), ["scsv-first-try"], "{how}");
        assert_eq!(checked.sums.len(), usize::from(is_summed_up), "{how}");
        assert_eq!(checked.ran.status.code(), status, "{how}");
        assert_eq!(checked.ran.status.signal().is_some(), how.starts_with("sig"), "{how}");
        assert_eq!(checked.ran.stderr, "", "{how}");
    }
}

/// Only where there was an error, and the program called exit(3).
#[test]
fn a_status_of_its_own() {
    for (how, status) in [("exit", 66), ("both", 66), ("warned", 3), ("nothing", 3), ("_exit", 3), ("threads", 66)] {
        assert_eq!(Checked::run(&mut breaks(how), ":exitcode=66").ran.status.code(), Some(status), "{how}");
    }
    let refused = Checked::run(&mut breaks("exit"), ":exitcode=256");
    assert_eq!((refused.findings.len(), refused.ran.status.code()), (0, Some(3)));
    assert!(refused.ran.stderr.contains("exitcode") && refused.ran.stderr.contains("256"), "{}", refused.ran.stderr);
}

#[test]
fn the_same_again_is_counted() {
    let checked = Checked::run(&mut breaks("threads"), "");
    assert_eq!((checked.names().as_slice(), checked.sums.len()), (&["scsv-first-try"][..], 1));
    assert_eq!(checked.sums[0].count, 20);
    // The third of four buffers is the last that is not gone on with.
    let source = root().join("examples/findings/ignored_short_write.c");
    let checked = Libssl::system().check(&compiled_again(&source));
    assert_eq!((checked.findings.len(), checked.sums[0].count), (1, 3));
}

/// Apart from what other tests compile at the same time.
fn compiled_again(source: &Path) -> PathBuf {
    let program = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep().join("program");
    compile_example(source, &[], &["-lssl".as_ref(), "-lcrypto".as_ref()], &program);
    program
}

/// A child tells what it finds itself, also what its parent has found before, and sums up what is its own.
#[test]
fn a_fork_has_findings_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.%p");
    let mut command = breaks("fork");
    command.env("LD_PRELOAD", library()).env("SSLMODE_OPTIONS", format!("check:log={}", log.display()));
    assert!(run(&mut command).status.code() == Some(0));
    let mut logs: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    logs.sort_by_key(String::len);
    let counts: Vec<usize> = logs.iter().map(|log| log.matches("ERROR: scsv-first-try: ").count()).collect();
    assert_eq!(counts, [1, 2], "{logs:?}");
    assert!(logs[0].contains(": 1 finding: scsv-first-try 1\n"), "{}", logs[0]);
    assert!(logs[1].contains(": 2 findings: scsv-first-try 2\n"), "{}", logs[1]);
}

#[test]
fn as_people_read_it() {
    let ran = run(breaks("both").env("LD_PRELOAD", library()).env("SSLMODE_OPTIONS", "check"));
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(lines[1].contains("]: WARNING: unknown-mode: SSL_CTX_set_mode with 0x4000: "), "{}", ran.stderr);
    assert!(
        lines[2].starts_with("    #0 breaks(set_what_is_no_mode+0x") && lines[2].contains("breaks.c:"),
        "{}",
        ran.stderr
    );
    let error =
        lines.iter().position(|line| line.contains("]: ERROR: scsv-first-try: SSL_connect ")).expect(&ran.stderr);
    assert!(
        lines[error - 2].starts_with("    rule: ") && lines[error - 1].starts_with("    instead: "),
        "{}",
        ran.stderr
    );
    let end = lines.last().unwrap();
    assert!(end.ends_with("]: 2 findings: unknown-mode 1, scsv-first-try 1"), "{end}");
    assert_eq!((ran.stdout.as_str(), ran.status.code()), ("", Some(3)));
    // Of a program that breaks no rule nothing is said at all.
    let ran = run(breaks("nothing").env("LD_PRELOAD", library()).env("SSLMODE_OPTIONS", "check"));
    assert_eq!((ran.stderr.as_str(), ran.status.code()), ("", Some(3)));
}

/// By rule, module and function; and what is suppressed changes no status.
#[test]
fn suppressions() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("suppressions");
    let under = |text: &str| {
        fs::write(&file, text).unwrap();
        Checked::run(&mut breaks("both"), &format!(":exitcode=66:suppressions={}", file.display()))
    };
    for (text, left, status) in [
        ("", &["unknown-mode", "scsv-first-try"][..], 66),
        ("# an old friend\n\nunknown-mode:*\n", &["scsv-first-try"], 66),
        ("scsv-first-try:say_that_it_falls_back\n", &["unknown-mode"], 3),
        ("scsv-first-try:^say_that$\n", &["unknown-mode", "scsv-first-try"], 66),
        ("*:/breaks$\n", &[], 3),
        ("*:set_what*mode\nscsv-first-try:nginx\n", &["scsv-first-try"], 66),
    ] {
        let checked = under(text);
        assert_eq!(checked.names(), left, "{text:?}");
        assert_eq!(checked.ran.status.code(), Some(status), "{text:?}");
        assert_eq!(checked.sums.len(), left.len(), "{text:?}");
    }
    for (text, mistake) in [
        ("unknown-mode:*\nno pattern\n", "line 2: expected FINDING:PATTERN, got \"no pattern\""),
        ("moved-buffer:*\n", "line 1: unknown finding \"moved-buffer\""),
    ] {
        let checked = under(text);
        assert_eq!(checked.names(), ["unknown-mode", "scsv-first-try"], "{text:?}");
        assert!(checked.ran.stderr.contains(mistake), "{text:?}: {}", checked.ran.stderr);
    }
    fs::remove_file(&file).unwrap();
    let absent = Checked::run(&mut breaks("both"), &format!(":suppressions={}", file.display()));
    assert!(absent.findings.len() == 2 && absent.ran.stderr.contains("expected a text file"), "{}", absent.ran.stderr);
}

fn sslmode() -> Command {
    let mut command = Command::new(command());
    command.env("SSLMODE_LIBRARY", library()).env_remove("SSLMODE_OPTIONS").env_remove("LD_PRELOAD");
    command
}

#[test]
fn sslmode_run_with_check() {
    let under = |arguments: &[&str]| {
        let both = breaks("both");
        run(sslmode().arg("run").args(arguments).arg("--").arg(both.get_program()).args(both.get_args()))
    };
    let ran = under(&["--check"]);
    assert_eq!(ran.status.code(), Some(3));
    assert!(ran.stderr.contains("ERROR: scsv-first-try: ") && !ran.stderr.contains("SSL_connect("), "{}", ran.stderr);
    assert_eq!(under(&["--check", "--exitcode", "70"]).status.code(), Some(70));
    let mistaken = under(&["--exitcode", "70"]);
    assert!(mistaken.status.code() == Some(2) && mistaken.stderr.contains("--check"), "{}", mistaken.stderr);
    let absent = under(&["--check", "--suppressions", "/absent/file"]);
    assert!(absent.stderr.contains("/absent/file"), "{}", absent.stderr);
}

/// Where nobody looks at the program's status, the sweep fails by what is found.
#[test]
fn sslmode_sweep_with_check() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = |mended: bool, check: &[&str]| {
        let program = support::example("broken/unchecked_write", mended, folder.path());
        let mut sweep = sslmode();
        sweep.args(["sweep", "--seeds", "1", "--faults", "want_write@0.5", "--no-shrink", "--output"]);
        sweep.arg(folder.path().join("output")).args(check);
        run(sweep.args(["--", "sh", "-c"]).arg(format!("{}; true", program.display())))
    };
    assert!(sweep(false, &[]).printed().contains("1 of 1 runs in "));
    let found = sweep(false, &["--check"]);
    let said = "FAILED --faults 'want_write@0.5' --seed 1: it broke a rule: abandoned-write";
    assert!(found.status.code() == Some(1) && found.stdout.contains(said), "{}{}", found.stdout, found.stderr);
    let spared = sweep(true, &["--check"]);
    assert!(spared.printed().contains("1 of 1 runs in "), "{}", spared.stdout);
}

/// Each rule can be explained, and has an example that is named after it.
#[test]
fn sslmode_explain() {
    let mut rules: BTreeMap<String, bool> = fs::read_dir(root().join("examples/findings"))
        .unwrap()
        .map(|entry| (entry.unwrap().path().file_stem().unwrap().to_str().unwrap().replace('_', "-"), false))
        .collect();
    for rule in sslmode_engine::contract::TABLE {
        let said = run(sslmode().args(["explain", rule.name]));
        for words in [rule.name, rule.severity.name(), rule.source] {
            assert!(squeezed(said.printed_quietly()).contains(&squeezed(words)), "{words}: {}", said.stdout);
        }
        assert_eq!(rules.insert(rule.name.to_owned(), true), Some(false), "{}: no example", rule.name);
    }
    assert!(rules.values().all(|is_a_rule| *is_a_rule), "{rules:?}");
    let unknown = run(sslmode().args(["explain", "moved-write-bufer"]));
    assert!(unknown.status.code() == Some(2) && unknown.stderr.contains("moved-write-buffer"), "{}", unknown.stderr);
}

/// Without what a line break does to it.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
