//! The command under test, and the library that goes with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The library as it is released.
pub fn library() -> &'static Path {
    static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
        let mut make = Command::new("make");
        make.args(["--silent", "target/release/libsslmode.so.0"]).current_dir(root());
        assert!(make.status().unwrap().success());
        root().join("target/release/libsslmode.so")
    });
    &LIBRARY
}

pub fn sslmode(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sslmode"));
    command.args(arguments).env("SSLMODE_LIBRARY", library()).env_remove("SSLMODE_OPTIONS").env_remove("LD_PRELOAD");
    command
}

/// Status, stdout, stderr.
pub fn ran(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}
