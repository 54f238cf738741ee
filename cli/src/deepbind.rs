//! Which objects of a process were opened with `RTLD_DEEPBIND`, so that no preloaded library comes in front of theirs.
//!
//! The dynamic linker keeps this only in the order of the scopes that an object's symbols are looked up in: the global
//! one, that of the main program, comes first unless the flag was given (glibc 2.36, `_dl_new_object`). A scope is a part
//! of the `struct link_map` of the object that it begins at. Where in it is glibc's own affair, but it is the same in
//! every object; and an object from the start of the program points to two of them, the main program's and its own.

use object::elf::{PT_DYNAMIC, PT_PHDR};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// More than `struct link_map` has, in words of 8 bytes.
const LINK_MAP: usize = 200;

/// More than any process has loaded.
const MOST_OBJECTS: usize = 10_000;

/// The objects of this process (a folder of `/proc`) that were opened so; empty where its memory may not be read, or the
/// dynamic linker keeps it otherwise.
pub fn opened_with_deepbind(process: &Path) -> Vec<PathBuf> {
    let objects = Memory::of(process).and_then(|memory| memory.objects()).unwrap_or_default();
    let Some(scope) = scope_in_link_map(&objects) else { return Vec::new() };
    let deep = objects.iter().filter(|object| object.looks_into_itself_first(&objects, scope));
    deep.map(|object| object.path.clone()).collect()
}

/// What the dynamic linker keeps of a loaded object.
struct Loaded {
    /// Where its `struct link_map` is.
    address: u64,
    path: PathBuf,
    words: Vec<u64>,
}

impl Loaded {
    /// Whether another object's scope, or its own, comes before the global one, that of the first of `all`.
    fn looks_into_itself_first(&self, all: &[Loaded], scope: u64) -> bool {
        let global = all[0].address + scope;
        let is_scope = |word: u64| all.iter().any(|object| object.address + scope == word);
        let at = self.words.iter().position(|word| *word == global);
        at.is_some_and(|at| at > 0 && is_scope(self.words[at - 1]))
    }
}

/// How far from the beginning of a `struct link_map` its scope is, where the objects agree.
fn scope_in_link_map(all: &[Loaded]) -> Option<u64> {
    let main = all.first()?;
    let range = 1..LINK_MAP as u64 * 8;
    all[1..].iter().find_map(|object| {
        let distances = object.words.iter().map(|word| word.wrapping_sub(main.address));
        distances
            .filter(|distance| range.contains(distance))
            .find(|distance| object.words.contains(&(object.address + distance)))
    })
}

/// The memory of another process.
struct Memory {
    file: File,
    /// Where its main program's headers are, and how many.
    headers: (u64, u64),
}

impl Memory {
    fn of(process: &Path) -> Option<Memory> {
        const AT_PHDR: u64 = 3;
        const AT_PHNUM: u64 = 5;
        let auxv = fs::read(process.join("auxv")).ok()?;
        let words: Vec<u64> = auxv.as_chunks().0.iter().map(|word| u64::from_ne_bytes(*word)).collect();
        let value = |of: u64| words.as_chunks().0.iter().find_map(|[kind, value]| (*kind == of).then_some(*value));
        let file = File::open(process.join("mem")).ok()?;
        Some(Memory { file, headers: (value(AT_PHDR)?, value(AT_PHNUM)?) })
    }

    fn words(&self, address: u64, most: usize) -> Vec<u64> {
        let mut bytes = vec![0; most * 8];
        let length = self.file.read_at(&mut bytes, address).unwrap_or(0);
        bytes[..length].as_chunks().0.iter().map(|word| u64::from_ne_bytes(*word)).collect()
    }

    fn text(&self, address: u64) -> String {
        let mut bytes = vec![0; libc::PATH_MAX as usize];
        let length = self.file.read_at(&mut bytes, address).unwrap_or(0);
        let text = bytes[..length].split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }

    /// The list that the dynamic linker keeps for debuggers (`<link.h>`), the main program first.
    fn objects(&self) -> Option<Vec<Loaded>> {
        const R_MAP: usize = 1;
        const NAME: usize = 1;
        const NEXT: usize = 3;
        let mut objects = Vec::new();
        let mut address = *self.words(self.r_debug()?, R_MAP + 1).get(R_MAP)?;
        while address != 0 && objects.len() < MOST_OBJECTS {
            let words = self.words(address, LINK_MAP);
            let (name, next) = (*words.get(NAME)?, *words.get(NEXT)?);
            objects.push(Loaded { address, path: PathBuf::from(self.text(name)), words });
            address = next;
        }
        Some(objects)
    }

    fn r_debug(&self) -> Option<u64> {
        const DT_DEBUG: u64 = 21;
        const MOST_ENTRIES: usize = 100;
        let (headers, count) = self.headers;
        let headers_as_words = self.words(headers, usize::try_from(count).ok()?.min(MOST_ENTRIES) * 7);
        // Of an Elf64_Phdr: type and flags share a word, the address is the third.
        let address_of = |kind: u32| {
            let mut headers = headers_as_words.as_chunks::<7>().0.iter();
            headers.find_map(|header| (header[0] as u32 == kind).then_some(header[2]))
        };
        let base = headers.wrapping_sub(address_of(PT_PHDR)?);
        let dynamic = self.words(base.wrapping_add(address_of(PT_DYNAMIC)?), MOST_ENTRIES * 2);
        dynamic.as_chunks().0.iter().find_map(|[tag, value]| (*tag == DT_DEBUG && *value != 0).then_some(*value))
    }
}
