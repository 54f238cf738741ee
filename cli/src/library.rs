//! Where libsslmode.so is: beside the command, as in a build, or in the folder of libraries that goes with its own.

use crate::mistake::Mistake;
use std::env;
use std::path::{Path, PathBuf};

const SONAME: &str = "libsslmode.so.0";

/// Names another place for it.
const VARIABLE: &str = "SSLMODE_LIBRARY";

/// Its path, from the root: a program may change its folder before it starts others.
///
/// # Errors
/// It is in none of the places, or in one that LD_PRELOAD cannot name.
pub fn find() -> Result<PathBuf, Mistake> {
    let path = std::path::absolute(find_file()?)?;
    match path.as_os_str().as_encoded_bytes().iter().any(|byte| b" :".contains(byte)) {
        false => Ok(path),
        true => Err(Mistake::usage(format_args!(
            "expected a library whose path LD_PRELOAD can name, without blanks and colons, got {}",
            path.display()
        ))),
    }
}

fn find_file() -> Result<PathBuf, Mistake> {
    if let Some(path) = env::var_os(VARIABLE).map(PathBuf::from) {
        return match path.is_file() {
            true => Ok(path),
            false => Err(Mistake::usage(format_args!("expected a library at {} ({VARIABLE})", path.display()))),
        };
    }
    let own = env::current_exe().and_then(|path| path.canonicalize()).unwrap_or_default();
    let folder = own.parent().unwrap_or(Path::new("/"));
    let places = ["", "../lib", "../lib64", "../lib/x86_64-linux-gnu"].map(|place| folder.join(place).join(SONAME));
    // In a build the name with the version may not be there yet.
    let built = folder.join("libsslmode.so");
    places.iter().chain([&built]).find(|path| path.is_file()).and_then(|path| path.canonicalize().ok()).ok_or_else(
        || {
            let places = places.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
            Mistake::usage(format_args!("expected {SONAME} at one of {places}; {VARIABLE} names another place"))
        },
    )
}
