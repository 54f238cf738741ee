//! Many threads at once, under gcc's ThreadSanitizer.
//!
//! It sees the C program, whose memory the answers land in. The library as it is released is not instrumented: of it
//! the run shows that no call blocks for ever, crashes, or answers the wrong thread. The library built once more with
//! rustc's own instrumentation, which calls the same runtime, is seen too; only the standard library in it is not.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use support::{Ran, compile, host, library, root, run, server_certificate};

const OPTIONS: [&str; 5] = [
    "",
    "trace:log=/dev/null",
    "trace:format=json:log=/dev/null:force=+RELEASE_BUFFERS",
    "force=+ENABLE_PARTIAL_WRITE,+ACCEPT_MOVING_WRITE_BUFFER,-AUTO_RETRY",
    "profile=openssl-1.1.1:trace:log=/dev/null",
];

/// The threads look at each other's findings, whose publication the sanitizer sees only where the library is instrumented.
const CHECK: &str = "check:log=/dev/null";

/// What it ends with if it has something to report.
const REPORTED: i32 = 66;

/// The driver, or None and a line SKIP where the compiler has no ThreadSanitizer.
fn driver(name: &str, more: &[&str]) -> Option<PathBuf> {
    if !has_sanitizer() {
        println!("SKIP {name}: the C compiler has no ThreadSanitizer");
        return None;
    }
    let mut flags = vec!["-fsanitize=thread", "-fno-builtin", "-rdynamic"];
    let names = root().join("tests/c/tsan_names.c");
    flags.push(names.to_str().unwrap());
    flags.extend(more);
    let source = if name.starts_with("many-hosts") { "many_hosts.c" } else { "stress.c" };
    Some(compile(source, name, flags))
}

fn has_sanitizer() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("empty.c");
    std::fs::write(&source, "int main(void) { return 0; }\n").unwrap();
    let compiler = std::env::var_os("CC").unwrap_or("cc".into());
    let mut compile = Command::new(compiler);
    compile.arg("-fsanitize=thread").arg(&source).arg("-o").arg(folder.path().join("empty"));
    run(&mut compile).status.success()
}

/// The library with ThreadSanitizer's calls in it; None and a line SKIP where this rustc cannot build it.
fn instrumented() -> Option<&'static Path> {
    static BUILT: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tsan");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--release", "--locked", "-p", "sslmode", "--target", "x86_64-unknown-linux-gnu"]);
        cargo.arg("--target-dir").arg(&folder).current_dir(root());
        // The sanitizers' flags are not stable; the standard library stays as it is, and so the crates disagree.
        cargo.env("RUSTC_BOOTSTRAP", "1").env("CARGO_PROFILE_RELEASE_LTO", "off");
        cargo.env("RUSTFLAGS", "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer");
        let ran = run(&mut cargo);
        let library = folder.join("x86_64-unknown-linux-gnu/release/libsslmode.so");
        if ran.status.success() { Ok(library) } else { Err(ran.stderr) }
    });
    match &*BUILT {
        Ok(library) => {
            let symbols = run(Command::new("nm").arg("-D").arg(library));
            assert!(symbols.printed().contains("__tsan_read8"), "{}", library.display());
            Some(library)
        }
        Err(why) => {
            println!("SKIP the instrumented library: {}", why.lines().last().unwrap_or_default());
            None
        }
    }
}

/// The driver with this library in front, or none.
fn stress(driver: &Path, library: Option<&Path>, options: &str) -> Ran {
    let certificate = server_certificate();
    let mut command = Command::new(driver);
    command.arg(&certificate.certificate).arg(&certificate.key).env_remove("LD_PRELOAD").env_remove("TSAN_OPTIONS");
    if let Some(library) = library {
        command.env("LD_PRELOAD", library);
    }
    run(command.env("SSLMODE_OPTIONS", options))
}

#[test]
fn the_sanitizer_is_there() {
    let Some(driver) = driver("stress-race", &["-DRACE", "-lssl", "-lcrypto"]) else { return };
    let ran = stress(&driver, Some(&library()), "trace:log=/dev/null");
    assert_eq!(ran.status.code(), Some(REPORTED), "{}", ran.stderr);
    assert!(ran.stderr.contains("data race") && ran.stderr.contains("in count_call"), "{}", ran.stderr);
}

#[test]
fn threads_that_hand_handles_to_one_another() {
    let Some(driver) = driver("stress", &["-lssl", "-lcrypto"]) else { return };
    let expected = stress(&driver, None, "").printed_quietly().to_owned();
    let ours = library();
    let with = |library: &Path, options| {
        let ran = stress(&driver, Some(library), options);
        assert_eq!(ran.printed_quietly(), expected, "{}, options {options}", library.display());
    };
    OPTIONS.iter().for_each(|options| with(&ours, options));
    if let Some(instrumented) = instrumented() {
        OPTIONS.iter().chain([&CHECK]).for_each(|options| with(instrumented, options));
    }
}

/// Two threads for each of several libssls: which one made a handle is kept without a lock.
#[test]
fn threads_on_several_libssls() {
    let Some(driver) = driver("many-hosts-tsan", &["-DROUNDS=40", "-lsslmode", "-ldl"]) else { return };
    let hosts = [("openssl-3.0", "4294967295"), ("openssl-4.0.3", "4294967295"), ("boringssl", "4294967295")];
    let hosts = hosts.map(|(name, minus_one)| host(name).map(|path| format!("{}:{minus_one}", path.display())));
    let hosts: Vec<_> = hosts.into_iter().flatten().collect();
    let expected = format!("{} libssls, {} threads, 0 wrong answers\n", hosts.len(), 2 * hosts.len());
    let ours = library();
    for library in [Some(ours.as_path()), instrumented()].into_iter().flatten() {
        for options in ["", "trace:log=/dev/null"] {
            let mut command = Command::new(&driver);
            command.args(&hosts).env("LD_PRELOAD", library).env("SSLMODE_OPTIONS", options);
            assert_eq!(run(&mut command).printed_quietly(), expected, "{}, options {options}", library.display());
        }
    }
}
