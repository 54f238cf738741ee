//! Real programs at every door: without the library, with it, and under each of its options.

#![allow(dead_code, missing_docs, reason = "each test file uses a part of it")]

use crate::support::{host, library, run, server_certificate};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// No library; the library; each of its options. The forced modes are those that no correct program minds, no fault is
/// anything else than what a correct program may meet, and whatever it meets, a correct program breaks no rule. Under
/// the rules of 1.0.2 it does what it did then.
const DOORS: [Option<&str>; 10] = [
    None,
    Some(""),
    Some("check:trace:log=LOG"),
    Some("trace:format=json:log=LOG"),
    Some("force=+RELEASE_BUFFERS,+ACCEPT_MOVING_WRITE_BUFFER"),
    Some("check:faults=all:seed=1:trace:log=LOG"),
    Some("check:faults=all@0.5:seed=2:trace:log=LOG"),
    Some("check:faults=all@1:seed=3:trace:log=LOG"),
    Some("profile=openssl-1.0.2:trace:log=LOG"),
    Some("profile=openssl-1.0.2:faults=all@0.5:seed=4:trace:log=LOG"),
];

/// The doors that are tried on another libssl too.
const DOORS_ELSEWHERE: [Option<&str>; 4] = [None, Some("trace:log=LOG"), DOORS[4], DOORS[6]];

/// The doors; and where SSLMODE_TEST_SEEDS says how many seeds, each fault alone and all of them with each of so many.
fn doors() -> Vec<Option<String>> {
    let mut doors: Vec<_> = DOORS.map(|door| door.map(str::to_owned)).to_vec();
    let seeds = std::env::var("SSLMODE_TEST_SEEDS").map_or(0, |seeds| seeds.parse().expect("a number of seeds"));
    for seed in 1..=seeds {
        for fault in ["want_write", "want_read", "short_write", "key_update", "release", "all"] {
            let rate = ["0.1", "0.5", "1"][seed % 3];
            doors.push(Some(format!("check:faults={fault}@{rate}:seed={seed}:log=LOG")));
        }
    }
    doors
}

/// One way of running programs, and a folder for their files.
pub struct Door {
    pub options: Option<String>,
    /// Where the libssl lies that is put in place of the system's.
    libssl: Option<PathBuf>,
    pub folder: tempfile::TempDir,
}

impl Door {
    /// With these options, in which LOG stands for a file of the folder.
    pub fn with(options: Option<&str>) -> Door {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log").display().to_string();
        Door { options: options.map(|options| options.replace("LOG", &log)), libssl: None, folder }
    }

    /// A command that is run this way.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        self.put_before(&mut command);
        command
    }

    pub fn put_before(&self, command: &mut Command) {
        command.env_remove("LD_PRELOAD").env_remove("SSLMODE_OPTIONS").current_dir(self.folder.path());
        if let Some(options) = &self.options {
            command.env("LD_PRELOAD", library()).env("SSLMODE_OPTIONS", options);
        }
        if let Some(libssl) = &self.libssl {
            command.env("LD_LIBRARY_PATH", libssl);
        }
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A file of a megabyte, and what it holds.
    pub fn megabyte(&self) -> Vec<u8> {
        self.megabytes(1)
    }

    pub fn megabytes(&self, count: u32) -> Vec<u8> {
        let data: Vec<u8> = (0..count << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        fs::write(self.path("data"), &data).unwrap();
        data
    }

    pub fn fetch(&self, url: &str) -> Vec<u8> {
        let mut curl = self.command("curl");
        curl.args(["--silent", "--show-error", "--fail", "--max-time", "60", "--cacert"]);
        curl.arg(&server_certificate().certificate).args(["--output", "fetched", url]);
        run(&mut curl).printed_quietly();
        fs::read(self.path("fetched")).unwrap()
    }

    /// Findings that lines of this text match are not told.
    fn suppress(&mut self, text: &str) {
        let file = self.path("suppressions");
        if let Some(options) = self.options.as_mut().filter(|options| options.starts_with("check:")) {
            fs::write(&file, text).unwrap();
            options.push_str(&format!(":suppressions={file}"));
        }
    }

    /// Whether a trace was asked for, and then came; and no finding did.
    pub fn check_trace(&self, what: &str) {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        let is_traced = self.options.as_ref().is_some_and(|options| options.contains("trace"));
        assert_eq!(log.contains("SSL_"), is_traced, "{what}: {log}");
        // At a low rate a program of few calls may be spared.
        let has = |option| self.options.as_ref().is_some_and(|options| options.contains(option));
        assert!(log.contains("made ") || !has("faults=all@1:") || !is_traced, "{what}: no faults: {log}");
        assert!(!log.contains("made ") || has("faults="), "{what}: faults: {log}");
        let findings: Vec<&str> = log.lines().skip_while(|line| !is_finding(line)).take(40).collect();
        assert!(findings.is_empty(), "{what}, options {:?}: {}", self.options, findings.join("\n"));
        if let (Some(libssl), true) = (&self.libssl, is_traced) {
            let expected = format!("host {}/libssl.so.3: OpenSSL 3.6.3 ", libssl.display());
            assert!(log.contains(&expected), "{what}: expected {expected}: {log}");
        }
    }
}

fn is_finding(line: &str) -> bool {
    line.contains("]: ERROR: ") || line.contains("]: WARNING: ")
}

/// Tries `program` at every door; or says why not.
pub fn at_every_door(needed: &[&str], test: impl Fn(&Door) + Sync) {
    at_every_door_suppressing("", needed, test);
}

/// As [`at_every_door`], but for the findings that lines of `suppressions` match: there the program is wrong, and known.
pub fn at_every_door_suppressing(suppressions: &str, needed: &[&str], test: impl Fn(&Door) + Sync) {
    let is_missing = |program: &&&str| {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        !std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
    };
    if let Some(program) = needed.iter().find(is_missing) {
        println!("SKIP {program}: it is not installed");
        return;
    }
    let mut ways: Vec<_> = doors().into_iter().map(|options| (options, None)).collect();
    if let Some(libssl) = host("openssl-3.6.3") {
        let elsewhere = DOORS_ELSEWHERE.map(|door| door.map(str::to_owned));
        ways.extend(elsewhere.map(|options| (options, libssl.parent().map(Path::to_owned))));
    }
    try_doors(ways, suppressions, test);
}

/// As [`at_every_door`], for programs that do not come through faults.
pub fn at_every_door_without_faults(needed: &[&str], test: impl Fn(&Door) + Sync) {
    let is_calm = |door: &Door| door.options.as_ref().is_none_or(|options| !options.contains("faults="));
    at_every_door(needed, |door| {
        if is_calm(door) {
            test(door);
        }
    });
}

/// Tries a program that has a libssl of its own at every door.
pub fn at_every_door_with_its_own_libssl(test: impl Fn(&Door) + Sync) {
    try_doors(doors().into_iter().map(|options| (options, None)).collect(), "", test);
}

/// So many doors are tried at once: programs wait for one another most of the time.
const AT_ONCE: usize = 4;

/// Options, and the folder of the libssl that is put in place of the system's.
type Way = (Option<String>, Option<PathBuf>);

fn try_doors(ways: Vec<Way>, suppressions: &str, test: impl Fn(&Door) + Sync) {
    let ways = Mutex::new(ways.into_iter());
    let next = || ways.lock().expect("no door is opened under the lock").next();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((options, libssl)) = next() {
                    println!("door {options:?}, libssl {libssl:?}");
                    let mut door = Door { libssl, ..Door::with(options.as_deref()) };
                    door.suppress(suppressions);
                    test(&door);
                }
            });
        }
    });
}

/// A server, until it is dropped.
pub struct Server(Child);

impl Server {
    /// Started, and listening on this port.
    pub fn start(command: &mut Command, port: u16) -> Server {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut server = Server(child);
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(server.0.try_wait().unwrap().is_none() && Instant::now() < end, "{command:?} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

impl Server {
    pub fn signal(&self, signal: libc::c_int) {
        // SAFETY: a signal to a child of ours that was not waited for yet.
        unsafe { libc::kill(self.0.id().cast_signed(), signal) };
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal(libc::SIGTERM);
        let _ = self.0.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub fn certificate() -> [&'static Path; 2] {
    [&server_certificate().certificate, &server_certificate().key]
}
