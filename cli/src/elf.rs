//! What an ELF file says of itself.

use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSymbol};
use std::fs;
use std::path::{Path, PathBuf};

/// A function that every libssl exports.
const WITNESS: &str = "SSL_get_SSL_CTX";

/// Functions without which no program has a connection.
const FIRST_CALLS: [&str; 3] = ["SSL_CTX_new", "SSL_new", "SSL_do_handshake"];

/// A function that only our own libssl exports.
const OURS: &str = "sslmode_dialect";

/// The parts of an ELF file that matter here.
pub struct Elf {
    /// The dynamic linker that it asks for; none in a statically linked program.
    pub interpreter: Option<PathBuf>,
    /// Whether it exports a libssl's functions.
    pub is_libssl: bool,
    /// Whether it is this project's own libssl.
    pub is_ours: bool,
    /// Whether it holds them without exporting them.
    pub holds_libssl: bool,
    /// Whether it calls a libssl's functions.
    pub calls_libssl: bool,
    /// Whether it has the names of a libssl's functions, without importing these, and imports `dlsym`.
    pub looks_libssl_up: bool,
    /// The version that a libssl or libcrypto in it calls itself.
    pub version: Option<String>,
}

impl Elf {
    /// None where the file is no 64-bit ELF file, or cannot be read.
    pub fn read(path: &Path) -> Option<Elf> {
        let data = fs::read(path).ok()?;
        let file = ElfFile64::<Endianness>::parse(&*data).ok()?;
        let endian = file.elf_header().endian().ok()?;
        let mut headers = file.elf_program_headers().iter();
        let interpreter = headers.find_map(|header| header.interpreter(endian, &*data).ok().flatten());
        let defines = |symbol: object::read::elf::ElfSymbol64<'_, '_, Endianness>, name| {
            symbol.is_definition() && symbol.name() == Ok(name)
        };
        Some(Elf {
            interpreter: interpreter.map(|path| PathBuf::from(String::from_utf8_lossy(path).into_owned())),
            is_libssl: file.dynamic_symbols().any(|symbol| defines(symbol, WITNESS)),
            is_ours: file.dynamic_symbols().any(|symbol| defines(symbol, OURS)),
            holds_libssl: file.symbols().any(|symbol| defines(symbol, WITNESS)),
            calls_libssl: file
                .dynamic_symbols()
                .any(|symbol| symbol.is_undefined() && symbol.name().is_ok_and(|name| name.starts_with("SSL_"))),
            looks_libssl_up: looks_libssl_up(&file, &data),
            version: version(&data),
        })
    }
}

fn looks_libssl_up(file: &ElfFile64<'_, Endianness>, data: &[u8]) -> bool {
    let linked: Vec<_> = file.dynamic_symbols().chain(file.symbols()).filter_map(|symbol| symbol.name().ok()).collect();
    let is_linked = |name: &str| linked.contains(&name);
    let holds = |name: &str| data.split(|&byte| byte == 0).any(|text| text == name.as_bytes());
    is_linked("dlsym") && FIRST_CALLS.iter().any(|name| !is_linked(name) && holds(name))
}

/// The text that a libcrypto answers OpenSSL_version(0) with.
fn version(data: &[u8]) -> Option<String> {
    let products: [&[u8]; 4] = [b"OpenSSL ", b"LibreSSL ", b"AWS-LC ", b"BoringSSL"];
    let strings = data.split(|&byte| byte == 0).filter(|text| text.len() < 60);
    let mut versions = strings.filter(|text| products.iter().any(|product| text.starts_with(product)));
    versions.find_map(|text| std::str::from_utf8(text).ok().filter(|text| is_version(text)).map(str::to_owned))
}

fn is_version(text: &str) -> bool {
    let mut words = text.split_ascii_whitespace();
    match (words.next(), words.next()) {
        (Some("BoringSSL"), None) => true,
        (Some("OpenSSL"), Some(number)) => {
            number.starts_with(|c: char| c.is_ascii_digit()) && number.contains('.') && words.count() >= 3
        }
        (Some(_), Some(number)) => number.starts_with(|c: char| c.is_ascii_digit()) && number.contains('.'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn versions_and_other_texts() {
        for version in ["OpenSSL 3.0.19 27 Jan 2026", "OpenSSL 1.0.2k  26 Jan 2017", "BoringSSL", "AWS-LC 1.60.0"] {
            assert!(is_version(version), "{version}");
        }
        for text in ["OpenSSL %s", "OpenSSL 3.0", "BoringSSL is not OpenSSL", "LibreSSL", "OpenSSL PKCS#3 DH method"] {
            assert!(!is_version(text), "{text}");
        }
    }
}
