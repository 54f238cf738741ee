//! Programs whose calls go past a preloaded library, and what the command says of them.

mod support;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use support::{ran, sslmode};
use tempfile::TempDir;

fn compile(folder: &TempDir, name: &str, code: &str, flags: &[&str]) -> PathBuf {
    let (source, program) = (folder.path().join(format!("{name}.c")), folder.path().join(name));
    std::fs::write(&source, code).unwrap();
    let mut compiler = Command::new(std::env::var_os("CC").unwrap_or("cc".into()));
    compiler.arg("-o").arg(&program).arg(source).args(flags).arg("-ldl");
    assert!(compiler.status().unwrap().success());
    program
}

/// A program that says "ready" and waits for the end of its input, while something is asked about it.
struct Waiting(Child);

impl Waiting {
    fn start(command: &mut Command) -> Waiting {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut ready = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
        assert_eq!(&ready, b"ready\n");
        Waiting(child)
    }

    /// What `sslmode hosts` says of it, or of the program that it runs.
    fn hosts(&self) -> String {
        let children = format!("/proc/{0}/task/{0}/children", self.0.id());
        let child = std::fs::read_to_string(children).unwrap().trim().to_owned();
        let process = if child.is_empty() { self.0.id().to_string() } else { child };
        let (status, stdout, _) = ran(&mut sslmode(&["hosts", &process]));
        assert_eq!(status, 0);
        stdout
    }

    /// What it wrote to stderr until its end.
    fn end(mut self) -> String {
        drop(self.0.stdin.take());
        String::from_utf8(self.0.wait_with_output().unwrap().stderr).unwrap()
    }
}

fn run(program: &Path, arguments: &[&str]) -> Waiting {
    Waiting::start(sslmode(&["run", "--"]).arg(program).args(arguments))
}

const WAIT: &str = "#include <dlfcn.h>\n#include <stdio.h>\n\
    static int wait(void) { puts(\"ready\"); fflush(stdout); return getchar() != EOF; }\n";

/// What is found by name is the libssl's own: nobody is in front of it.
#[test]
fn functions_that_are_looked_up() {
    let folder = tempfile::tempdir().unwrap();
    let main = "int main(void) {\n\
        void *ssl = dlopen(\"libssl.so.3\", RTLD_NOW);\n\
        return dlsym(ssl, \"SSL_CTX_new\") == NULL || wait(); }\n";
    let program = compile(&folder, "by_name", &[WAIT, main].concat(), &[]);
    let reason = "by_name looks libssl's functions up by name (dlsym)\n";
    let (_, stdout, _) = ran(sslmode(&["hosts"]).arg(&program));
    assert!(stdout.ends_with(&format!("  preload  does not reach it: {reason}")), "{stdout}");
    let waiting = run(&program, &[]);
    let stdout = waiting.hosts();
    assert!(stdout.contains("/libssl.so.3\n"), "{stdout}");
    let answer = format!("  preload  libsslmode is in this process, and does not reach it: {reason}");
    assert!(stdout.ends_with(&answer), "{stdout}");
    let stderr = waiting.end();
    assert!(stderr.contains("NO TLS HANDLE WAS SEEN: ") && stderr.ends_with(reason), "{stderr}");
}

/// A program that opens a plugin, with a flag or none, and has it make a context.
fn opener(folder: &TempDir) -> (PathBuf, PathBuf) {
    let plugin = "extern void *SSL_CTX_new(const void *), *TLS_method(void);\n\
        int start(void) { return SSL_CTX_new(TLS_method()) != 0; }\n";
    let main = "int main(int argc, char **argv) {\n\
        void *plugin = dlopen(argv[1], RTLD_NOW | (argc > 2 ? RTLD_DEEPBIND : 0));\n\
        int (*start)(void) = (int (*)(void))dlsym(plugin, \"start\");\n\
        return !start() || wait(); }\n";
    let plugin = compile(folder, "plugin.so", plugin, &["-shared", "-fPIC", "-Wl,--no-as-needed", "-lssl"]);
    (compile(folder, "opener", &[WAIT, main].concat(), &["-D_GNU_SOURCE"]), plugin)
}

#[test]
fn what_is_opened_with_deepbind() {
    let folder = tempfile::tempdir().unwrap();
    let (program, plugin) = opener(&folder);
    let plugin = plugin.to_str().unwrap();
    let reason = "plugin.so was opened with RTLD_DEEPBIND\n";

    let alone = Waiting::start(Command::new(&program).args([plugin, "deep"]));
    let stdout = alone.hosts();
    assert!(stdout.ends_with(&format!("  preload  would not reach it: {reason}")), "{stdout}");
    alone.end();

    let watched = run(&program, &[plugin, "deep"]);
    let stdout = watched.hosts();
    let answer = format!("  preload  libsslmode is in this process, and does not reach it: {reason}");
    assert!(stdout.ends_with(&answer), "{stdout}");
    let stderr = watched.end();
    assert!(stderr.contains("NO TLS HANDLE WAS SEEN: 1 process was seen, without a call to a libssl: "), "{stderr}");
    assert!(stderr.contains("from what it opened with RTLD_DEEPBIND"), "{stderr}");
}

/// The same without the flag is reached, and nothing is said.
#[test]
fn what_is_opened_without_deepbind() {
    let folder = tempfile::tempdir().unwrap();
    let (program, plugin) = opener(&folder);
    let plugin = plugin.to_str().unwrap();

    let alone = Waiting::start(Command::new(&program).arg(plugin));
    let stdout = alone.hosts();
    assert!(stdout.contains("  preload  would reach it; "), "{stdout}");
    alone.end();

    let watched = run(&program, &[plugin]);
    let stdout = watched.hosts();
    assert!(stdout.ends_with("  preload  libsslmode is in this process\n"), "{stdout}");
    assert_eq!(watched.end(), "");
}
