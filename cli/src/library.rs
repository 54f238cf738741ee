//! Where the libraries are: beside the command, as in a build, or in the folder of libraries that goes with its own.

use crate::mistake::Mistake;
use std::env;
use std::path::{Path, PathBuf};

/// A library that the command puts into a program.
struct Library {
    name: &'static str,
    /// Names another place for it.
    variable: &'static str,
    /// From the folder of the command.
    places: &'static [&'static str],
}

/// In a build the name with the version may not be there yet.
const IN_FRONT: Library = Library {
    name: "libsslmode.so.0",
    variable: "SSLMODE_LIBRARY",
    places: &[
        "libsslmode.so.0",
        "../lib/libsslmode.so.0",
        "../lib64/libsslmode.so.0",
        "../lib/x86_64-linux-gnu/libsslmode.so.0",
        "libsslmode.so",
    ],
};

/// In folders of its own: it never stands where the system's is looked for.
const OURS: Library = Library {
    name: "our own libssl.so.3",
    variable: "SSLMODE_LIBSSL",
    places: &[
        "../libssl/libssl.so.3",
        "../lib/sslmode/libssl.so.3",
        "../lib64/sslmode/libssl.so.3",
        "../lib/x86_64-linux-gnu/sslmode/libssl.so.3",
    ],
};

/// The path of libsslmode.so, from the root: a program may change its folder before it starts others.
///
/// # Errors
/// It is in none of the places, or in one that LD_PRELOAD cannot name.
pub fn find() -> Result<PathBuf, Mistake> {
    let path = IN_FRONT.find()?;
    match has_one_of(&path, b" :") {
        false => Ok(path),
        true => Err(Mistake::usage(format_args!(
            "expected a library whose path LD_PRELOAD can name, without blanks and colons, got {}",
            path.display()
        ))),
    }
}

/// The folder of our own libssl, in which the dynamic linker finds it by its soname.
///
/// # Errors
/// It is in none of the places, or in one that LD_LIBRARY_PATH cannot name.
pub fn folder_of_ours() -> Result<PathBuf, Mistake> {
    let path = OURS.find()?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    match has_one_of(folder, b":;") {
        false => Ok(folder.to_owned()),
        true => Err(Mistake::usage(format_args!(
            "expected a folder that LD_LIBRARY_PATH can name, without colons and semicolons, got {}",
            folder.display()
        ))),
    }
}

fn has_one_of(path: &Path, bytes: &[u8]) -> bool {
    path.as_os_str().as_encoded_bytes().iter().any(|byte| bytes.contains(byte))
}

impl Library {
    fn find(&self) -> Result<PathBuf, Mistake> {
        let Library { name, variable, places } = self;
        if let Some(path) = env::var_os(variable).map(PathBuf::from) {
            return match path.is_file() {
                true => Ok(std::path::absolute(path)?),
                false => Err(Mistake::usage(format_args!("expected a library at {} ({variable})", path.display()))),
            };
        }
        let own = env::current_exe().and_then(|path| path.canonicalize()).unwrap_or_default();
        let folder = own.parent().unwrap_or(Path::new("/"));
        let mut paths = places.iter().map(|place| folder.join(place));
        paths.find(|path| path.is_file()).and_then(|path| path.canonicalize().ok()).ok_or_else(|| {
            let places = places.iter().map(|place| folder.join(place).display().to_string());
            let places = places.collect::<Vec<_>>().join(", ");
            Mistake::usage(format_args!("expected {name} at one of {places}; {variable} names another place"))
        })
    }
}
