//! On which libssl a program runs.

use std::fmt;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A libssl for a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    System,
    Ours,
}

pub const SIDES: [Side; 2] = [Side::System, Side::Ours];

/// Server and client: both on the system's libssl first, which says what is right.
pub const PAIRS: [[Side; 2]; 4] =
    [[Side::System, Side::System], [Side::System, Side::Ours], [Side::Ours, Side::System], [Side::Ours, Side::Ours]];

impl Side {
    /// A command that loads this libssl.
    pub fn command(self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        if self == Side::Ours {
            command.env("LD_LIBRARY_PATH", library().parent().expect("a folder"));
        }
        command.env_remove("LD_PRELOAD").env_remove("SSLMODE_OPTIONS");
        command
    }

    /// Asserts that this program (or library) has this libssl and no other, and the system's libcrypto.
    #[track_caller]
    pub fn check(self, program: &Path) {
        let listed = run(self.command("ldd").arg(program)).printed();
        let lines = |name: &str| listed.lines().filter(|line| line.contains(name)).collect::<Vec<_>>();
        let ssl = lines("libssl");
        assert_eq!(ssl.len(), 1, "{listed}");
        assert_eq!(ssl[0].contains("target/libssl/libssl.so.3"), self == Side::Ours, "{listed}");
        let crypto = lines("libcrypto");
        assert!(crypto.len() == 1 && crypto[0].contains("libcrypto.so.3"), "{listed}");
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Side::Ours { "ours" } else { "the system's" })
    }
}

/// Where `make` puts our library.
pub fn library() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/libssl/libssl.so.3")
}

/// Whether these programs and our library are there; says so if not. Under CI all must be.
pub fn are_there(programs: &[&str]) -> bool {
    let missing = programs.iter().find(|program| find(program).is_none()).map(|program| (*program).to_owned());
    let missing = missing.or_else(|| (!library().is_file()).then(|| "target/libssl/libssl.so.3 (make)".to_owned()));
    let Some(missing) = missing else { return true };
    assert!(std::env::var_os("CI").is_none(), "{missing} has to be there");
    println!("SKIP: expected {missing}, which is not there");
    false
}

/// Where a program is.
pub fn find(program: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&paths).chain(["/usr/sbin".into()]);
    places.map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// What a program printed, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub status: ExitStatus,
}

impl Ran {
    /// Its standard output, where it ended well.
    #[track_caller]
    pub fn printed(self) -> String {
        assert!(self.status.success(), "{}\n--- stdout\n{}--- stderr\n{}", self.status, self.stdout, self.stderr);
        self.stdout
    }
}

/// Runs a command to its end, or fails the test after two minutes.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    run_with(command, Stdio::null())
}

/// As [`run`], with something on its standard input.
#[track_caller]
pub fn run_with(command: &mut Command, stdin: Stdio) -> Ran {
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (mut stdout, mut stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let text = |stream: &mut dyn Read| {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("a pipe reads");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    std::thread::scope(|scope| {
        let stdout = scope.spawn(move || text(&mut stdout));
        let stderr = scope.spawn(move || text(&mut stderr));
        let ended = wait(&mut child, Duration::from_secs(120));
        let (stdout, stderr) = (stdout.join().expect("read"), stderr.join().expect("read"));
        let status = ended.unwrap_or_else(|| panic!("{command:?} did not end\n{stdout}{stderr}"));
        Ran { stdout, stderr, status }
    })
}

/// Waits for its end, and ends it after this time.
fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("a child can be killed");
    child.wait().expect("a child can be waited for");
    None
}

/// A server, until it is dropped.
pub struct Server(Child);

impl Server {
    /// Started, and listening on this port.
    #[track_caller]
    pub fn start(command: &mut Command, port: u16) -> Server {
        // An input that never ends: s_server leaves with its own.
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut server = Server(child.unwrap_or_else(|error| panic!("{command:?}: {error}")));
        let end = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = server.0.try_wait().expect("a child can be waited for");
            assert!(ended.is_none() && Instant::now() < end, "{command:?} does not listen: {ended:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Its process.
    pub fn id(&self) -> i32 {
        self.0.id().cast_signed()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SAFETY: a signal to a child of ours that was not waited for yet.
        unsafe { libc::kill(self.id(), libc::SIGTERM) };
        wait(&mut self.0, Duration::from_secs(20));
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// A megabyte that does not repeat itself soon.
pub fn megabyte() -> Vec<u8> {
    (0..1u32 << 20).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}
