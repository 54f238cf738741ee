//! What the integration tests share: the library under test, real libssls, C programs, processes with a time limit.

#![allow(dead_code, missing_docs, reason = "each test file uses a part of it")]

pub mod doors;

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn make(target: &str) {
    let make = run(Command::new("make").args(["--silent", target]).current_dir(root()));
    assert!(make.status.success(), "{}", make.stderr);
}

/// A folder with the released `libsslmode.so`, the name that programs linked with it ask for, and the command.
pub fn library_folder() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        // Cargo does not build a cdylib for a test of its package, which cannot link it.
        make("target/release/libsslmode.so.0");
        root().join("target/release")
    });
    &FOLDER
}

/// The folder with our own libssl.so.3.
pub fn our_libssl_folder() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        make("target/libssl/libssl.so.3");
        root().join("target/libssl")
    });
    &FOLDER
}

pub fn library() -> PathBuf {
    library_folder().join("libsslmode.so.0")
}

/// The path of a real libssl, or None and a line SKIP where it cannot be had. Under CI it must be there.
pub fn host(name: &str) -> Option<PathBuf> {
    let get = Command::new(root().join("tools/hosts/get")).arg(name).output().expect("tools/hosts/get runs");
    if get.status.success() {
        return Some(PathBuf::from(String::from_utf8(get.stdout).expect("a path in UTF-8").trim_end()));
    }
    let why = String::from_utf8_lossy(&get.stderr);
    assert!(get.status.code() == Some(77) && std::env::var_os("CI").is_none(), "{name}: {why}");
    println!("SKIP {name}: {why}");
    None
}

/// Compiles `source` of `tests/c` with the arguments that follow; returns the program or library made.
pub fn compile<S: AsRef<OsStr>>(source: &str, output: &str, arguments: impl IntoIterator<Item = S>) -> PathBuf {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join(output);
    let compiler = cc::Build::new()
        .opt_level(1)
        .host("x86_64-unknown-linux-gnu")
        .target("x86_64-unknown-linux-gnu")
        .get_compiler();
    let mut command = compiler.to_command();
    command.args(["-std=c99", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-pthread"]);
    command.arg("-I").arg(root().join("include"));
    command.arg(root().join("tests/c").join(source)).arg("-o").arg(&output);
    command.arg("-L").arg(library_folder()).arg(format!("-Wl,-rpath,{}", library_folder().display()));
    command.args(arguments);
    let done = command.output().expect("the C compiler runs");
    assert!(done.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&done.stderr));
    output
}

/// A program of `examples`, named without its `.c`, as it is or mended; made in this folder.
pub fn example(name: &str, mended: bool, folder: &Path) -> PathBuf {
    let source = root().join("examples").join(name).with_extension("c");
    let file = source.file_stem().expect("a file").to_str().expect("UTF-8");
    let program = folder.join(if mended { format!("{file}-mended") } else { file.to_owned() });
    let mended = if mended { &["-DMENDED"][..] } else { &[] };
    compile_example(&source, mended, &["-lssl".as_ref(), "-lcrypto".as_ref()], &program);
    program
}

/// Compiles as the examples are to be compiled, without a warning.
pub fn compile_example(source: &Path, options: &[&str], libraries: &[&OsStr], program: &Path) {
    let mut compiler = Command::new("cc");
    compiler.args(["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-pthread"]);
    compiler.args(options).arg("-I").arg(root().join("examples")).arg(source).arg("-o").arg(program);
    run(compiler.args(libraries)).printed_quietly();
}

/// The command `sslmode` as it is released.
pub fn command() -> PathBuf {
    library().with_file_name("sslmode")
}

/// What links with a libssl and the libcrypto beside it.
pub fn link_with(libssl: &Path) -> Vec<std::ffi::OsString> {
    let folder = libssl.parent().unwrap();
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_libcrypto = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("libcrypto") && name.contains(".so")
    };
    let libcrypto = names.into_iter().find(is_libcrypto).expect("a libcrypto");
    let rpath = format!("-Wl,-rpath,{}", folder.display());
    // Old ones want libraries that the system has in other versions.
    vec![libssl.into(), libcrypto.into(), rpath.into(), "-Wl,--unresolved-symbols=ignore-in-shared-libs".into()]
}

pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub status: std::process::ExitStatus,
}

impl Ran {
    /// Its standard output, where it ended well.
    #[track_caller]
    pub fn printed(&self) -> &str {
        assert!(self.status.success(), "{}\n--- stdout\n{}--- stderr\n{}", self.status, self.stdout, self.stderr);
        &self.stdout
    }

    /// The same, where it also wrote nothing to stderr.
    #[track_caller]
    pub fn printed_quietly(&self) -> &str {
        assert_eq!(self.stderr, "", "on stderr");
        self.printed()
    }
}

/// Runs a command to its end, or fails the test after five minutes.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (mut stdout, mut stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let text = |stream: &mut dyn Read| {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("a pipe reads");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    std::thread::scope(|scope| {
        let stdout = scope.spawn(move || text(&mut stdout));
        let stderr = scope.spawn(move || text(&mut stderr));
        let end = Instant::now() + Duration::from_secs(300);
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                break Some(status);
            }
            if Instant::now() > end {
                child.kill().expect("a child can be killed");
                break None;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let (stdout, stderr) = (stdout.join().expect("read"), stderr.join().expect("read"));
        let status = status.unwrap_or_else(|| panic!("{command:?} did not end\n{stdout}{stderr}"));
        Ran { stdout, stderr, status }
    })
}

/// The command, with the library preloaded.
pub fn preloaded(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env("LD_PRELOAD", library()).env_remove("SSLMODE_OPTIONS");
    command
}

/// The interpreter itself: `python3` may be a script that looks for it.
pub fn python_interpreter() -> &'static str {
    static PYTHON: LazyLock<String> = LazyLock::new(|| {
        let ask = run(Command::new("python3").args(["-c", "import sys; print(sys.executable)"]));
        ask.printed().trim_end().to_owned()
    });
    &PYTHON
}

/// A Python script from `tests/python`.
pub fn python(script: &str, preload: bool) -> Command {
    let mut command = if preload { preloaded(python_interpreter()) } else { Command::new(python_interpreter()) };
    command.arg(root().join("tests/python").join(script)).env("SSLMODE_LIBRARY", library());
    command
}

pub struct Certificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// A server's certificate for localhost, signed by itself, and its key.
pub fn server_certificate() -> &'static Certificate {
    static CERTIFICATE: LazyLock<Certificate> = LazyLock::new(|| {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder").keep();
        let made = Certificate { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]);
        openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
        run(openssl.arg("-keyout").arg(&made.key).arg("-out").arg(&made.certificate)).printed();
        made
    });
    &CERTIFICATE
}
