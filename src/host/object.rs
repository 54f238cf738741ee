//! The objects loaded into the process, through the dynamic linker's public functions only.

use libc::{c_char, c_int, c_void, dl_phdr_info, size_t};
use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr;
use std::sync::OnceLock;

/// A loaded object.
#[derive(Clone, Debug)]
pub struct Object {
    /// As the dynamic linker calls it; empty for the main program.
    pub name: CString,
    /// Where it lies: from the lowest to the highest address that it was loaded at.
    pub range: Range<usize>,
}

impl Object {
    /// The object that holds `address`.
    pub fn holding(address: usize) -> Option<Object> {
        match found_by_glibc() {
            Some(find_object) => holding_by(find_object, address),
            None => find(&mut |object| object.range.contains(&address)),
        }
    }

    /// Every object, in the order in which the dynamic linker searches the global ones.
    pub fn all() -> Vec<Object> {
        let mut objects = Vec::new();
        find(&mut |object| {
            objects.push(object.clone());
            false
        });
        objects
    }

    /// Whether it is the main program, which is never unloaded.
    pub fn is_main_program(&self) -> bool {
        self.name.is_empty()
    }

    /// A handle to it that keeps it loaded.
    pub fn open(&self) -> Option<Library> {
        let name = if self.is_main_program() { None } else { Some(self.name.as_c_str()) };
        Library::loaded(name)
    }
}

/// `struct dl_find_object` of `<dlfcn.h>`.
#[repr(C)]
struct FoundObject {
    flags: u64,
    start: usize,
    end: usize,
    link_map: *const LinkMap,
    eh_frame: *const c_void,
    reserved: [u64; 7],
}

/// The beginning of `struct link_map` of `<link.h>`.
#[repr(C)]
struct LinkMap {
    address: usize,
    name: *const c_char,
}

type FindObject = unsafe extern "C" fn(*const c_void, *mut FoundObject) -> c_int;

/// `_dl_find_object`, which glibc has since 2.35. It takes no lock, whereas that of `dl_iterate_phdr` stays locked for
/// ever in a child that was forked while another thread held it.
fn found_by_glibc() -> Option<FindObject> {
    static FIND_OBJECT: OnceLock<Option<FindObject>> = OnceLock::new();
    *FIND_OBJECT.get_or_init(|| {
        // SAFETY: the name is NUL-terminated.
        let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_dl_find_object".as_ptr()) };
        // SAFETY: NULL, or the function that glibc declares with this type.
        unsafe { std::mem::transmute::<*mut c_void, Option<FindObject>>(address) }
    })
}

fn holding_by(find_object: FindObject, address: usize) -> Option<Object> {
    let mut found = MaybeUninit::<FoundObject>::zeroed();
    // SAFETY: it takes any address, and found is valid for writing.
    let answer = unsafe { find_object(ptr::without_provenance(address), found.as_mut_ptr()) };
    if answer != 0 {
        return None;
    }
    // SAFETY: filled in, as the answer says; the object is not unloaded while code in it runs or calls us.
    let (found, name) = unsafe {
        let found = found.assume_init();
        let name = (*found.link_map).name;
        (found, if name.is_null() { CString::default() } else { CStr::from_ptr(name).to_owned() })
    };
    Some(Object { name, range: found.start..found.end })
}

/// The first object that `matches`.
fn find(matches: &mut dyn FnMut(&Object) -> bool) -> Option<Object> {
    struct Search<'a> {
        matches: &'a mut dyn FnMut(&Object) -> bool,
        found: Option<Object>,
    }
    unsafe extern "C" fn visit(info: *mut dl_phdr_info, _: size_t, search: *mut c_void) -> c_int {
        // SAFETY: dl_iterate_phdr passes a valid description, and the pointer that `find` gave it.
        let (info, search) = unsafe { (&*info, &mut *search.cast::<Search>()) };
        let Some(object) = describe(info) else { return 0 };
        let found = (search.matches)(&object);
        search.found = found.then_some(object);
        c_int::from(found)
    }
    let mut search = Search { matches, found: None };
    // SAFETY: `visit` gets the search back as the type that it was, while it is borrowed by nobody else.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut search).cast()) };
    search.found
}

fn describe(info: &dl_phdr_info) -> Option<Object> {
    if info.dlpi_phdr.is_null() {
        return None;
    }
    // SAFETY: the dynamic linker describes as many program headers as it counts.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    let segments = headers.iter().filter(|header| header.p_type == libc::PT_LOAD);
    let base = info.dlpi_addr as usize;
    let start = segments.clone().map(|segment| base + segment.p_vaddr as usize).min()?;
    let end = segments.map(|segment| base + (segment.p_vaddr + segment.p_memsz) as usize).max()?;
    let name = match info.dlpi_name.is_null() {
        true => CString::default(),
        // SAFETY: the dynamic linker's names are NUL-terminated.
        false => unsafe { CStr::from_ptr(info.dlpi_name) }.to_owned(),
    };
    Some(Object { name, range: start..end })
}

/// A loaded object, kept loaded.
pub struct Library(*mut c_void);

impl Library {
    /// The object of this path or soname, if it is loaded; None is the main program and what it was linked with.
    pub fn loaded(name: Option<&CStr>) -> Option<Library> {
        let name = name.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: the name is NUL-terminated or NULL, and RTLD_NOLOAD runs no constructor.
        let handle = unsafe { libc::dlopen(name, libc::RTLD_LAZY | libc::RTLD_NOLOAD) };
        (!handle.is_null()).then(|| Library(handle))
    }

    /// What a function that lies behind us in the search order would have been found in without us.
    pub fn behind_us(name: &CStr) -> Option<*mut ()> {
        // SAFETY: the name is NUL-terminated.
        let address = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) }.cast::<()>();
        (!address.is_null()).then_some(address)
    }

    /// What `name` means in this object and its dependencies; never one of our own functions, which may lie in front.
    pub fn symbol(&self, name: &CStr) -> Option<*mut ()> {
        // SAFETY: the handle is open, the name NUL-terminated.
        let address = unsafe { libc::dlsym(self.0, name.as_ptr()) }.cast::<()>();
        (!address.is_null() && !is_ours(address.addr())).then_some(address)
    }

    /// Never lets it be unloaded.
    pub fn pin(self) {
        std::mem::forget(self);
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: the handle came from dlopen and is closed once.
        unsafe { libc::dlclose(self.0) };
    }
}

fn is_ours(address: usize) -> bool {
    own_range().contains(&address)
}

/// Where this library lies. Found when it is loaded, and with it what finds other objects.
pub fn own_range() -> Range<usize> {
    static OWN: OnceLock<Range<usize>> = OnceLock::new();
    OWN.get_or_init(|| Object::holding(own_range as *const () as usize).map_or(0..0, |own| own.range)).clone()
}
