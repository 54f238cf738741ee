//! `sslmode sweep` finds what breaks a program, and blames nobody else.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{command, library, run};

/// The programs of examples/broken, and how the faults that break each are called.
const BROKEN: [(&str, &str); 6] = [
    ("moved_by_collector", "_write@"),
    ("moved_by_queue", "_write@"),
    ("shorter_retry", "_write@"),
    ("unchecked_write", "_write@"),
    ("want_is_an_error", "_write@"),
    ("poll_then_read", "key_update@"),
];

/// A program of examples/broken, as it is or mended.
fn example(name: &str, mended: bool, folder: &Path) -> PathBuf {
    support::example(&format!("broken/{name}"), mended, folder)
}

fn sweep(folder: &Path, arguments: &[&str], program: &Path) -> Command {
    let mut sweep = Command::new(command());
    sweep.arg("sweep").args(arguments).arg("--output").arg(folder.join("output")).arg("--").arg(program);
    sweep.env_remove("SSLMODE_OPTIONS").env_remove("LD_PRELOAD").env("SSLMODE_LIBRARY", library());
    sweep
}

/// The line that a sweep says repeats the failure, without the command and the program.
fn repeat_line(printed: &str) -> Vec<String> {
    let line = printed.lines().find(|line| line.starts_with("    sslmode run ")).expect("a line to repeat");
    line.split_whitespace().skip(2).take_while(|word| *word != "--").map(|word| word.replace('\'', "")).collect()
}

#[test]
fn each_broken_program_is_found_and_its_twin_is_not() {
    std::thread::scope(|scope| {
        for (name, fault) in BROKEN {
            scope.spawn(move || is_found_and_its_twin_is_not(name, fault));
        }
    });
}

fn is_found_and_its_twin_is_not(name: &str, fault: &str) {
    let folder = tempfile::tempdir().unwrap();
    let broken = example(name, false, folder.path());
    let found = run(&mut sweep(folder.path(), &["--seeds", "5", "--timeout", "4"], &broken));
    assert_eq!(found.status.code(), Some(1), "{name}: {}{}", found.stdout, found.stderr);
    assert!(found.stdout.contains("the fewest faults that still do it (1 of "), "{name}: {}", found.stdout);
    let repeat = repeat_line(&found.stdout);
    assert!(repeat[0] == "--faults" && repeat[1].contains(fault), "{name}: {repeat:?}");
    // It fails each time, and the twin never does.
    let twin = example(name, true, folder.path());
    let times = if name == "poll_then_read" { 2 } else { 10 };
    for _ in 0..times {
        let again = |program: &Path| {
            let mut again = Command::new("timeout");
            again.args(["--kill-after=1", "4"]).arg(command()).arg("run").args(&repeat).arg("--").arg(program);
            run(again.env("SSLMODE_LIBRARY", library()).env_remove("SSLMODE_OPTIONS")).status.success()
        };
        assert!(!again(&broken), "{name}: {repeat:?} did nothing");
        assert!(again(&twin), "{name}: {repeat:?} breaks the mended program");
    }
    let spared = run(&mut sweep(folder.path(), &["--seeds", "2", "--keep-going"], &twin));
    assert!(spared.printed().contains("24 of 24 runs in "), "{name}: {}", spared.stdout);
    assert!(!spared.stdout.contains(" 0 release"), "{name}: {}", spared.stdout);
}

#[test]
fn what_is_found_is_written_for_machines_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let broken = example("want_is_an_error", false, folder.path());
    let junit = folder.path().join("junit.xml");
    let arguments = ["--junit", junit.to_str().unwrap(), "--keep-going", "--seeds", "3-5", "--faults", "want_write@1"];
    let mut found = sweep(folder.path(), &[&arguments[..], &["--faults", "want_read@1"]].concat(), &broken);
    let found = run(&mut found);
    assert_eq!(found.status.code(), Some(1), "{}", found.stdout);
    assert!(found.stdout.contains("6 of 6 runs in "), "{}", found.stdout);
    let xml = fs::read_to_string(junit).unwrap();
    assert!(xml.contains("tests=\"6\" failures=\"3\" errors=\"0\" skipped=\"0\""), "{xml}");
    assert_eq!((xml.matches("<testcase ").count(), xml.matches("<failure message=").count()), (6, 3), "{xml}");
    assert!(xml.contains("name=\"faults=want_write@1 seed=4\"") && xml.contains("sslmode run --faults"), "{xml}");
    for run in ["baseline", "run-00001", "run-00006"] {
        assert!(folder.path().join("output").join(run).join("stderr").is_file(), "{run}");
    }
    let stderr = fs::read_to_string(folder.path().join("output/run-00001/stderr")).unwrap();
    assert!(stderr.contains("the peer got 0 of 100000 bytes"), "{stderr}");
}

#[test]
fn limits_and_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let twin = example("want_is_an_error", true, folder.path());
    let limited = run(&mut sweep(folder.path(), &["--seeds", "100", "--runs", "3", "--jobs", "1"], &twin));
    assert!(limited.printed().contains("3 of 3 runs in "), "{}", limited.stdout);
    let none = run(&mut sweep(folder.path(), &["--seeds", "100", "--limit", "0"], &twin));
    assert!(none.printed().contains("0 of 1200 runs in "), "{}", none.stdout);
    for (arguments, program, mistake) in [
        (["--faults", "wnat_write@1"], twin.as_path(), "did you mean \"want_write\"?"),
        (["--seeds", "9-3"], &twin, "--seeds: expected a number of seeds, or FIRST-LAST, got \"9-3\""),
        (["--seeds", "1"], Path::new("true"), "NO TLS HANDLE WAS SEEN"),
        (["--seeds", "1"], Path::new("false"), "expected a program that ends with status 0 without faults"),
    ] {
        let wrong = run(&mut sweep(folder.path(), &arguments, program));
        assert_eq!((wrong.status.code(), wrong.stderr.contains(mistake)), (Some(2), true), "{}", wrong.stderr);
    }
}

/// A run that made no fault says nothing of the program, and says so.
#[test]
fn no_fault_is_no_news() {
    let folder = tempfile::tempdir().unwrap();
    let twin = example("want_is_an_error", true, folder.path());
    let under = |faults: &str| {
        let mut command = Command::new(self::command());
        command.args(["run", "--faults", faults, "--"]).arg(&twin).env("SSLMODE_LIBRARY", library());
        run(command.env_remove("SSLMODE_OPTIONS"))
    };
    let none = under("want_write@nth=100000");
    assert!(none.status.success() && none.stderr.starts_with("sslmode: NO FAULT WAS MADE: "), "{}", none.stderr);
    assert_eq!(under("want_write@nth=2").printed_quietly(), "");
    let swept = run(&mut sweep(folder.path(), &["--faults", "want_read@nth=100000", "--seeds", "1"], &twin));
    assert!(swept.printed().contains("NO FAULT WAS MADE: "), "{}", swept.stdout);
}

/// A fixed file, as a fixed port would be, is no fault of the faults; and other output is one, if it has to be the same.
#[test]
fn runs_that_disturb_each_other_are_made_one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let twin = example("want_is_an_error", true, folder.path());
    let script = folder.path().join("script");
    let text = format!(
        "#!/bin/sh\nmkdir {0} || exit 9\nsleep 0.2\n{1}\nstatus=$?\nrmdir {0}\nexit $status\n",
        folder.path().join("lock").display(),
        twin.display()
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let arguments = ["--jobs", "2", "--seeds", "2", "--faults", "all@1", "--same-output"];
    let ran = run(&mut sweep(folder.path(), &arguments, &script));
    assert!(ran.printed().contains("2 of 2 runs in ") && ran.stdout.contains(", 0 failed"), "{}", ran.stdout);
    assert!(ran.stderr.contains("one at a time"), "{}", ran.stderr);
    let telling = format!("#!/bin/sh\necho \"$SSLMODE_RUN\"\nexec {}\n", twin.display());
    fs::write(&script, telling).unwrap();
    let ran = run(&mut sweep(folder.path(), &[&arguments[..], &["--no-shrink"]].concat(), &script));
    assert!(ran.stdout.contains("it wrote something else to standard output"), "{}{}", ran.stdout, ran.stderr);
}

/// Its processes end with it.
#[test]
fn a_hang_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let broken = example("poll_then_read", false, folder.path());
    let arguments = ["--faults", "key_update@1", "--seeds", "1", "--timeout", "2", "--no-shrink"];
    let found = run(&mut sweep(folder.path(), &arguments, &broken));
    assert!(found.stdout.contains("it hung: no end after 2 s"), "{}", found.stdout);
    let alive = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|process| fs::read_link(process.path().join("exe")).is_ok_and(|path| path == broken));
    assert_eq!(alive.count(), 0);
}
