//! Links `libsslmode.so` as a C library should be, and makes its header.

#[path = "build/header.rs"]
mod header;

use std::path::PathBuf;
use std::{env, fs};

/// The version in the soname: raised when a program linked with the library before would no longer work.
const SONAME: &str = "libsslmode.so.0";

fn main() {
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,{SONAME}");
    // Hosts hold our callbacks, and threads may be inside us: the library stays once it is loaded.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");

    for input in ["build", "src", "cbindgen.toml"] {
        println!("cargo:rerun-if-changed={input}");
    }
    println!("cargo:rerun-if-env-changed={}", header::WRITE_VARIABLE);
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let header = header::generate(&root);
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("sslmode.h"), &header).expect("OUT_DIR can be written to");
    if env::var_os(header::WRITE_VARIABLE).is_some() {
        fs::write(root.join("include/sslmode.h"), &header).expect("include/ can be written to");
    }
}
