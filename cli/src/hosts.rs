//! `sslmode hosts`: which libssl a program would use or a process uses, and whether a preload reaches it.

use crate::deepbind::opened_with_deepbind;
use crate::elf::Elf;
use crate::mistake::Mistake;
use sslmode_engine::Dialect;
use std::ffi::{CString, OsStr};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// # Errors
/// There is no such program or process, or it cannot be looked at.
pub fn hosts(target: &str) -> Result<(), Mistake> {
    let mut out = io::stdout().lock();
    if target.bytes().all(|byte| byte.is_ascii_digit()) && !target.is_empty() {
        return of_process(&mut out, target);
    }
    let Some(path) = find_program(OsStr::new(target)) else {
        return Err(Mistake::usage(format_args!("expected a program or a process id, got {target}: not found")));
    };
    let program = Program::read(&path)?;
    program.describe(&mut out)?;
    Ok(())
}

/// The program of this name or path, as a shell would find it.
pub fn find_program(name: &OsStr) -> Option<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return Some(PathBuf::from(name)).filter(|path| path.is_file());
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| is_executable(path))
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// A libssl in a file.
struct Host {
    path: PathBuf,
    version: Option<String>,
    is_ours: bool,
}

/// What our own libssl follows where no profile asks for another.
const OUR_DIALECT: &str = "openssl-3, or what SSLMODE_OPTIONS=profile=... asks for";

impl Host {
    /// Those among these files. The version stands in the libcrypto, which is among them too.
    fn among(files: &[PathBuf]) -> Vec<Host> {
        let read: Vec<_> = files.iter().filter_map(|path| Some((path, Elf::read(path)?))).collect();
        let is_libcrypto = |path: &Path| name(path).starts_with("libcrypto");
        let beside = |libssl: &Path| {
            let mut cryptos = read.iter().filter(|(path, _)| is_libcrypto(path)).collect::<Vec<_>>();
            cryptos.sort_by_key(|(path, _)| path.parent() != libssl.parent());
            cryptos.into_iter().find_map(|(_, elf)| elf.version.clone())
        };
        let libssls = read.iter().filter(|(path, elf)| elf.is_libssl && !name(path).starts_with("libsslmode"));
        libssls
            .map(|(path, elf)| Host {
                path: (*path).clone(),
                version: beside(path).or(elf.version.clone()),
                is_ours: elf.is_ours,
            })
            .collect()
    }

    fn describe(&self, out: &mut dyn Write) -> io::Result<()> {
        let version = self.version.as_deref();
        writeln!(out, "  libssl   {}", self.path.display())?;
        if self.is_ours {
            writeln!(out, "  version  sslmode {}, over {}", env!("CARGO_PKG_VERSION"), version.unwrap_or("unknown"))?;
            return writeln!(out, "  dialect  {OUR_DIALECT}");
        }
        let dialect = version.and_then(Dialect::of_version).map_or("unknown", |dialect| dialect.name);
        writeln!(out, "  version  {}", version.unwrap_or("unknown"))?;
        writeln!(out, "  dialect  {dialect}")
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A program and what it would load.
pub struct Program {
    path: PathBuf,
    /// The script that it would be started by.
    script: Option<PathBuf>,
    elf: Elf,
    raised: Option<&'static str>,
    hosts: Vec<Host>,
    /// What of it looks libssl's functions up by their names.
    looks_up: Option<PathBuf>,
}

impl Program {
    /// # Errors
    /// The file is neither an ELF file for 64 bits nor a script for one.
    pub fn read(path: &Path) -> Result<Program, Mistake> {
        let interpreter = interpreter_of_script(path);
        let script = interpreter.is_some().then(|| path.to_owned());
        let path = interpreter.unwrap_or_else(|| path.to_owned());
        let elf = Elf::read(&path).ok_or_else(|| {
            Mistake::usage(format_args!("expected a 64-bit ELF program or a script, got {}", path.display()))
        })?;
        let files = elf.interpreter.as_deref().map(|linker| loaded_by(linker, &path)).unwrap_or_default();
        let looks_up = if elf.looks_libssl_up { Some(path.clone()) } else { looking_up(&files) };
        Ok(Program { raised: raised_privileges(&path), hosts: Host::among(&files), looks_up, script, elf, path })
    }

    fn describe(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(script) = &self.script {
            writeln!(out, "{}: a script, run by", script.display())?;
        }
        writeln!(out, "{}", self.path.display())?;
        self.hosts.iter().try_for_each(|host| host.describe(out))?;
        if self.hosts.is_empty() {
            writeln!(out, "  libssl   none: {}", self.uses())?;
        }
        match self.obstacle() {
            Some(obstacle) => writeln!(out, "  preload  does not reach it: {obstacle}"),
            None => writeln!(out, "  preload  reaches it"),
        }
    }

    /// Why a preloaded library would not be in front of this program's libssl.
    pub fn obstacle(&self) -> Option<String> {
        match (&self.elf.interpreter, self.raised) {
            (None, _) => Some(String::from("it is linked statically")),
            (Some(linker), _) if !name(linker).starts_with("ld-linux") => {
                Some(format!("its dynamic linker is {}, not glibc's", linker.display()))
            }
            (_, Some(raised)) => Some(format!("it runs with raised privileges ({raised})")),
            _ if self.hosts.is_empty() && self.has_own_copy() => {
                Some(String::from("it has a libssl of its own inside"))
            }
            _ => self.looks_up.as_deref().map(looked_up),
        }
    }

    fn has_own_copy(&self) -> bool {
        self.elf.holds_libssl || self.elf.is_libssl
    }

    /// Whether it has a libssl from its start on.
    pub fn is_linked_with_libssl(&self) -> bool {
        !self.hosts.is_empty()
    }

    /// What there is in place of a libssl, or that there is one.
    pub fn uses(&self) -> String {
        match (&self.hosts[..], &self.elf.version) {
            ([host, ..], _) => format!("it is linked with {}", host.path.display()),
            _ if self.has_own_copy() => String::from("it has a libssl of its own inside"),
            _ if self.looks_up.is_some() => String::from("it is linked with none, and loads one while it runs"),
            (_, Some(version)) => format!("it may have {version} inside"),
            _ => String::from("it is linked with none, and may load one while it runs"),
        }
    }
}

/// The first of these files that looks libssl's functions up; a libssl has their names for other reasons.
fn looking_up(files: &[PathBuf]) -> Option<PathBuf> {
    let looks_up = |path: &&PathBuf| Elf::read(path).is_some_and(|elf| elf.looks_libssl_up && !elf.is_libssl);
    files.iter().find(looks_up).cloned()
}

/// The first of this process' objects that a preload does not reach, and why.
fn out_of_reach(process: &Path, files: &[PathBuf]) -> Option<String> {
    let by_name = || looking_up(files).as_deref().map(looked_up);
    let calls_libssl = |path: &PathBuf| Elf::read(path).is_some_and(|elf| elf.calls_libssl);
    let deep = opened_with_deepbind(process).into_iter().find(calls_libssl);
    deep.map(|path| format!("{} was opened with RTLD_DEEPBIND", name(&path))).or_else(by_name)
}

fn looked_up(by: &Path) -> String {
    format!("{} looks libssl's functions up by name (dlsym)", name(by))
}

/// The program that a script names in its first line.
fn interpreter_of_script(path: &Path) -> Option<PathBuf> {
    let mut head = Vec::new();
    fs::File::open(path).ok()?.take(256).read_to_end(&mut head).ok()?;
    let line = String::from_utf8_lossy(head.strip_prefix(b"#!")?).lines().next()?.to_owned();
    let mut words = line.split_ascii_whitespace();
    let program = words.next()?;
    match name(Path::new(program)).as_str() {
        "env" => find_program(OsStr::new(words.find(|word| !word.starts_with('-'))?)),
        _ => Some(PathBuf::from(program)),
    }
}

/// What the dynamic linker would load for it; nothing of it is run.
fn loaded_by(linker: &Path, program: &Path) -> Vec<PathBuf> {
    let listed = Command::new(linker).arg("--list").arg(program).env_remove("LD_PRELOAD").output();
    let text = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let paths = text.lines().filter_map(|line| line.split("=> ").nth(1)?.split(" (").next());
    paths.map(PathBuf::from).filter(|path| path.is_file()).collect()
}

fn raised_privileges(path: &Path) -> Option<&'static str> {
    let mode = path.metadata().ok()?.permissions().mode();
    if mode & 0o4000 != 0 {
        return Some("set-user-ID");
    }
    if mode & 0o2000 != 0 {
        return Some("set-group-ID");
    }
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    // SAFETY: both texts are NUL-terminated; no value is asked for, only its length.
    let length = unsafe { libc::getxattr(path.as_ptr(), c"security.capability".as_ptr(), std::ptr::null_mut(), 0) };
    (length > 0).then_some("file capabilities")
}

fn of_process(out: &mut dyn Write, pid: &str) -> Result<(), Mistake> {
    let of_proc = |error: io::Error| Mistake::usage(format_args!("expected a process to look at, got {pid}: {error}"));
    let folder = Path::new("/proc").join(pid);
    let maps = fs::read_to_string(folder.join("maps")).map_err(of_proc)?;
    let program = fs::read_link(folder.join("exe")).map_err(of_proc)?;
    let mut files: Vec<PathBuf> =
        maps.lines().filter_map(|line| Some(PathBuf::from(&line[line.find('/')?..]))).collect();
    files.sort();
    files.dedup();
    writeln!(out, "process {pid}, {}", program.display())?;
    let hosts = Host::among(&files);
    hosts.iter().try_for_each(|host| host.describe(out))?;
    if hosts.is_empty() {
        let uses = Program::read(&program).map(|program| program.uses());
        writeln!(out, "  libssl   none now: {}", uses.unwrap_or_else(|mistake| mistake.text))?;
    }
    let preloaded = files.iter().any(|path| name(path).starts_with("libsslmode"));
    let of_program = Program::read(&program).ok().and_then(|program| program.obstacle());
    let answer = match (preloaded, of_program.or_else(|| out_of_reach(&folder, &files))) {
        (true, None) => String::from("libsslmode is in this process"),
        (true, Some(obstacle)) => format!("libsslmode is in this process, and does not reach it: {obstacle}"),
        (false, Some(obstacle)) => format!("would not reach it: {obstacle}"),
        (false, None) => String::from("would reach it; it has to be there when the program starts"),
    };
    writeln!(out, "  preload  {answer}")?;
    Ok(())
}
