//! The source of a piece of code: function, file and line, from the module's own file, where that has them.
//!
//! A module's file is mapped while a report is made, and let go of: nothing is kept that a fork could leave half done. Debug
//! information in a file of its own, or compressed, is not looked for.

use addr2line::Context;
use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use std::ffi::CString;
use std::ops::Range;
use std::ptr;

type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// What is known of a piece of code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The function, and where it begins in the module.
    pub function: Option<(String, u64)>,
    /// `file:line`
    pub line: Option<String>,
}

/// A file, mapped into memory.
struct Mapped {
    start: *const u8,
    length: usize,
}

impl Mapped {
    fn new(path: &str) -> Option<Mapped> {
        let path = CString::new(path).ok()?;
        // SAFETY: the path is NUL-terminated.
        let fd = unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC | libc::O_NOCTTY) };
        if fd < 0 {
            return None;
        }
        // SAFETY: fd is ours, and closed once; a new mapping harms nobody.
        unsafe {
            let length = usize::try_from(libc::lseek(fd, 0, libc::SEEK_END)).unwrap_or(0);
            let start = match length {
                0 => libc::MAP_FAILED,
                length => libc::mmap(ptr::null_mut(), length, libc::PROT_READ, libc::MAP_PRIVATE, fd, 0),
            };
            libc::close(fd);
            (start != libc::MAP_FAILED).then_some(Mapped { start: start.cast(), length })
        }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: mapped for reading as long as this lives. Modules in use are not written to, but replaced.
        unsafe { std::slice::from_raw_parts(self.start, self.length) }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and unmapped once.
        unsafe { libc::munmap(self.start.cast_mut().cast(), self.length) };
    }
}

/// The sources of these addresses in the module at `path`, counted from where its first segment was loaded.
pub fn of(path: &str, offsets: &[u64]) -> Vec<Source> {
    let nothing = || vec![Source::default(); offsets.len()];
    let Some(file) = Mapped::new(path) else { return nothing() };
    let Some(elf) = Elf::new(file.bytes()) else { return nothing() };
    let lines = Context::from_dwarf(elf.dwarf()).ok();
    let source = |offset: &u64| {
        let address = elf.first_address() + offset;
        let function = elf.function(address).map(|(name, start)| (name, start - elf.first_address()));
        let line = lines.as_ref().and_then(|lines| lines.find_location(address).ok()?).and_then(|place| {
            let file = place.file?;
            Some(place.line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}")))
        });
        Source { function, line }
    };
    offsets.iter().map(source).collect()
}

/// A file of the Executable and Linkable Format, 64 bits, little-endian, as `elf(5)` has it.
struct Elf<'a> {
    bytes: &'a [u8],
    sections: Vec<Section>,
    names: Range<usize>,
}

struct Section {
    name: usize,
    kind: u32,
    flags: u64,
    range: Range<usize>,
    link: usize,
}

const MAGIC: &[u8] = b"\x7fELF\x02\x01";
const LOAD: u32 = 1;
const COMPRESSED: u64 = 0x800;
const SYMBOLS: u32 = 2;
const DYNAMIC_SYMBOLS: u32 = 11;
const NO_BITS: u32 = 8;
const FUNCTION: u8 = 2;

impl<'a> Elf<'a> {
    fn new(bytes: &'a [u8]) -> Option<Elf<'a>> {
        let mut elf = Elf { bytes, sections: Vec::new(), names: 0..0 };
        if !bytes.starts_with(MAGIC) {
            return None;
        }
        let (table, size, count) = (elf.number(40, 8)?, elf.number(58, 2)?, elf.number(60, 2)?);
        for place in 0..count {
            let at = usize::try_from(table.checked_add(place * size)?).ok()?;
            elf.sections.push(elf.section(at)?);
        }
        let names = usize::try_from(elf.number(62, 2)?).ok()?;
        elf.names = elf.sections.get(names)?.range.clone();
        Some(elf)
    }

    fn section(&self, at: usize) -> Option<Section> {
        let kind = u32::try_from(self.number(at + 4, 4)?).ok()?;
        let start = usize::try_from(self.number(at + 24, 8)?).ok()?;
        let length = if kind == NO_BITS { 0 } else { usize::try_from(self.number(at + 32, 8)?).ok()? };
        Some(Section {
            name: usize::try_from(self.number(at, 4)?).ok()?,
            kind,
            flags: self.number(at + 8, 8)?,
            range: start..start.checked_add(length)?,
            link: usize::try_from(self.number(at + 40, 4)?).ok()?,
        })
    }

    /// A number of so many bytes.
    fn number(&self, at: usize, size: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn text(&self, at: usize) -> Option<&'a str> {
        let rest = self.bytes.get(at..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        std::str::from_utf8(&rest[..end]).ok()
    }

    /// Where the first segment wants to be loaded: 0 in what can be loaded anywhere.
    fn first_address(&self) -> u64 {
        let header = |place: u64| -> Option<(u64, u64)> {
            let (table, size) = (self.number(32, 8)?, self.number(54, 2)?);
            let at = usize::try_from(table.checked_add(place * size)?).ok()?;
            Some((self.number(at, 4)?, self.number(at + 16, 8)?))
        };
        let loads =
            (0..self.number(56, 2).unwrap_or(0)).filter_map(header).filter(|(kind, _)| *kind == u64::from(LOAD));
        loads.map(|(_, address)| address & !0xfff).min().unwrap_or(0)
    }

    fn dwarf(&self) -> Dwarf<Bytes<'a>> {
        let load = |id: SectionId| -> Result<Bytes<'a>, ()> {
            let is_it =
                |section: &&Section| self.text(self.names.start.saturating_add(section.name)) == Some(id.name());
            let section = self.sections.iter().find(is_it).filter(|section| section.flags & COMPRESSED == 0);
            let bytes = section.and_then(|section| self.bytes.get(section.range.clone()));
            Ok(EndianSlice::new(bytes.unwrap_or_default(), LittleEndian))
        };
        Dwarf::load(load).unwrap_or_default()
    }

    /// The function around an address, from the table of symbols, or where that was stripped from the dynamic one.
    fn function(&self, address: u64) -> Option<(String, u64)> {
        let of_kind = |kind| self.sections.iter().find(move |section| section.kind == kind);
        let table = of_kind(SYMBOLS).or_else(|| of_kind(DYNAMIC_SYMBOLS))?;
        let strings = self.sections.get(table.link)?.range.start;
        let symbols = table.range.clone().step_by(24).filter_map(|at| {
            let kind = self.number(at + 4, 1)? as u8 & 0xf;
            let (start, size) = (self.number(at + 8, 8)?, self.number(at + 16, 8)?);
            let is_around = kind == FUNCTION && start != 0 && (start..start.saturating_add(size)).contains(&address);
            is_around.then_some((usize::try_from(self.number(at, 4)?).ok()?, start))
        });
        let (name, start) = symbols.max_by_key(|(_, start)| *start)?;
        Some((self.text(strings.checked_add(name)?)?.to_owned(), start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test itself has symbols and debug information.
    #[test]
    fn this_file_is_found() {
        let here = this_file_is_found as *const () as usize + 8;
        let offset = here - crate::caller::module(here).unwrap().1;
        let found = of("/proc/self/exe", &[offset as u64]).remove(0);
        let (function, start) = found.function.unwrap();
        assert!(function.contains("this_file_is_found") && start + 8 == offset as u64, "{function}");
        assert!(found.line.unwrap().contains("source.rs:"));
        assert_eq!(of("/proc/self/exe", &[u64::MAX >> 1]), [Source::default()]);
    }

    #[test]
    fn what_is_no_module_has_no_source() {
        for path in ["/", "/dev/null", "/no/such/file", "/etc/passwd", ""] {
            assert_eq!(of(path, &[1, 2]), [Source::default(), Source::default()], "{path}");
        }
        let mut bytes = std::fs::read("/proc/self/exe").unwrap();
        bytes.truncate(5000);
        assert!(Elf::new(&bytes).is_none(), "the table of sections is at the end");
    }
}
