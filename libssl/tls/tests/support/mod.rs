//! What the tests share: certificates, and an end of a connection without I/O.
#![allow(dead_code, missing_docs)]

pub mod evp;
pub mod peer;

use sslmode_tls::handshake::{
    Acceptor, Authorities, Choices, ClientSettings, Established, Handshake, HandshakeError, Identity, ServerSettings,
    Session, SessionSink, Tickets, VerifyPeer, Versions, certificates_from_pem,
};
use sslmode_tls::record::{Error, Received, RecordBuffer, RecordLayer, Traffic, Version};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

/// Key types of the test certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    Rsa,
    Ecdsa,
    P384,
    P521,
    Ed25519,
}

impl KeyType {
    pub const ALL: [KeyType; 5] = [KeyType::Rsa, KeyType::Ecdsa, KeyType::P384, KeyType::P521, KeyType::Ed25519];

    fn name(self) -> &'static str {
        match self {
            KeyType::Rsa => "rsa",
            KeyType::Ecdsa => "ecdsa",
            KeyType::P384 => "p384",
            KeyType::P521 => "p521",
            KeyType::Ed25519 => "ed25519",
        }
    }

    /// As `openssl req -newkey` wants it.
    fn new_key(self) -> &'static str {
        match self {
            KeyType::Rsa => "rsa:2048",
            KeyType::Ecdsa => "ec -pkeyopt ec_paramgen_curve:P-256",
            KeyType::P384 => "ec -pkeyopt ec_paramgen_curve:P-384",
            KeyType::P521 => "ec -pkeyopt ec_paramgen_curve:P-521",
            KeyType::Ed25519 => "ed25519",
        }
    }
}

/// Certificates made once for the whole test program, by the system's `openssl`.
pub struct Pki {
    directory: tempfile::TempDir,
}

impl Pki {
    pub fn get() -> &'static Pki {
        static PKI: OnceLock<Pki> = OnceLock::new();
        PKI.get_or_init(Pki::make)
    }

    fn make() -> Pki {
        let pki = Pki { directory: tempfile::tempdir().unwrap() };
        for authority in ["ca", "other-ca"] {
            pki.openssl(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={authority} \
                 -addext basicConstraints=critical,CA:TRUE -keyout {authority}.key -out {authority}.pem"
            ));
        }
        for key in KeyType::ALL {
            let (name, new_key) = (key.name(), key.new_key());
            pki.openssl(&format!(
                "req -newkey {new_key} -nodes -subj /CN=localhost -keyout {name}.key -out {name}.csr \
                 -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"
            ));
            pki.openssl(&format!(
                "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -copy_extensions copy \
                 -out {name}.pem"
            ));
        }
        pki
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.directory.path())
            .output()
            .expect("the command openssl is installed");
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub fn certificate(&self, key: KeyType) -> PathBuf {
        self.path(&format!("{}.pem", key.name()))
    }

    pub fn key(&self, key: KeyType) -> PathBuf {
        self.path(&format!("{}.key", key.name()))
    }

    pub fn authorities(&self, name: &str) -> Option<Arc<dyn VerifyPeer>> {
        Some(Arc::new(Authorities::new(&certificates_from_pem(&self.read(name)).unwrap()).unwrap()))
    }

    /// A certificate with its key, which is then aws-lc's; made ready once.
    pub fn identity(&self, key: KeyType) -> Arc<Identity> {
        static IDENTITIES: OnceLock<Vec<Arc<Identity>>> = OnceLock::new();
        let identities = IDENTITIES.get_or_init(|| {
            let read = |path| std::fs::read(path).unwrap();
            let identity = |key| Identity::from_pem(&read(self.certificate(key)), &read(self.key(key))).unwrap();
            KeyType::ALL.into_iter().map(|key| Arc::new(identity(key))).collect()
        });
        let place = KeyType::ALL.iter().position(|&found| found == key).unwrap();
        identities[place].clone()
    }
}

/// Every suite and group, for these versions.
pub fn choices(versions: Versions) -> Choices {
    static READY: OnceLock<[Choices; 3]> = OnceLock::new();
    let make = |versions| Choices::new(&Choices::default().cipher_suites(), &Choices::default().groups(), versions);
    let ready = READY.get_or_init(|| {
        [Versions::ALL, Versions::only(Version::Tls12), Versions::only(Version::Tls13)].map(|it| make(it).unwrap())
    });
    ready.iter().find(|choices| choices.versions() == versions).unwrap().clone()
}

pub fn client(versions: Versions) -> ClientSettings {
    ClientSettings {
        choices: choices(versions),
        server_name: Some("localhost".to_owned()),
        verify: Pki::get().authorities("ca.pem"),
        alpn: vec![b"test".to_vec()],
        ..ClientSettings::default()
    }
}

pub fn server(versions: Versions, key: KeyType) -> ServerSettings {
    static TICKETS: OnceLock<Arc<Tickets>> = OnceLock::new();
    ServerSettings {
        choices: choices(versions),
        identities: vec![Pki::get().identity(key)],
        alpn: Some(b"test".to_vec()),
        tickets: Some(TICKETS.get_or_init(|| Arc::new(Tickets::generate(7200))).clone()),
        ticket_count: 2,
        ..ServerSettings::default()
    }
}

/// Collects sessions.
#[derive(Default)]
pub struct Sessions(Mutex<Vec<Session>>);

impl Sessions {
    pub fn take(&self) -> Vec<Session> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl SessionSink for Sessions {
    fn new_session(&self, session: Session) {
        self.0.lock().unwrap().push(session);
    }
}

/// Cuts bytes into their records.
pub fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut buffer = RecordBuffer::new();
    let (mut rest, mut records) = (bytes, Vec::new());
    loop {
        rest = &rest[buffer.push(rest)..];
        let Some(record) = buffer.record() else { break };
        records.push(record.to_vec());
        let length = records.last().unwrap().len();
        buffer.consume(length);
    }
    assert!(rest.is_empty() && buffer.is_empty(), "a record is not complete");
    records
}

/// What a handshake left one end with.
pub struct End {
    pub traffic: Traffic,
    pub established: Established,
}

impl From<(Traffic, Established)> for End {
    fn from((traffic, established): (Traffic, Established)) -> Self {
        End { traffic, established }
    }
}

impl std::ops::Deref for End {
    type Target = Established;

    fn deref(&self) -> &Established {
        &self.established
    }
}

/// What both ends of a finished handshake came to, and what the server had still to say.
pub struct Pair {
    pub client: End,
    pub server: End,
    /// Records of the server that came after the client was through: the tickets of TLS 1.3.
    pub late: Vec<Vec<u8>>,
}

/// Runs a handshake between two of our own ends in memory.
pub fn handshake(client: &ClientSettings, server: &ServerSettings) -> Result<Pair, HandshakeError> {
    let both = both_ends(client, server);
    both.client.and_then(|client| Ok(Pair { client, server: both.server?, late: both.late }))
}

/// How a handshake came out at each end.
pub struct Both {
    pub client: Result<End, HandshakeError>,
    pub server: Result<End, HandshakeError>,
    pub late: Vec<Vec<u8>>,
}

/// The same, with what each end has to say.
pub fn both_ends(client: &ClientSettings, server: &ServerSettings) -> Both {
    let mut client = client.connect().unwrap();
    let mut server_side: Option<Handshake> = None;
    let mut acceptor = Acceptor::new();
    let mut late = Vec::new();
    for _ in 0..10 {
        for record in records(&take_output(&mut client)) {
            match &mut server_side {
                Some(server) => _ = server.read(&record),
                None => {
                    if let Some(hello) = acceptor.read(&record) {
                        server_side = Some(std::mem::take(&mut acceptor).accept(server, &hello).unwrap());
                    }
                }
            }
        }
        let Some(server) = &mut server_side else { continue };
        for record in records(&take_output(server)) {
            if client.is_complete() { late.push(record) } else { _ = client.read(&record) }
        }
        let over = |end: &Handshake| end.is_complete() || end.failure().is_some();
        if over(&client) && over(server) && client.output().is_empty() {
            let server = server_side.take().unwrap();
            return Both { client: client.finish().map(End::from), server: server.finish().map(End::from), late };
        }
    }
    panic!("the handshake does not come to an end");
}

pub fn take_output(handshake: &mut Handshake) -> Vec<u8> {
    let output = handshake.output().to_vec();
    handshake.sent(output.len());
    output
}

/// Seals `data` into a record of its own, with what is due ahead of it.
pub fn seal(layer: &mut RecordLayer, data: &[u8]) -> Vec<u8> {
    let mut out = vec![0; layer.sealed_length(data.len())];
    let length = layer.seal(data, &mut out).unwrap();
    assert_eq!(length, out.len());
    out
}

/// Seals what is due.
pub fn due(layer: &mut RecordLayer) -> Vec<u8> {
    let mut out = vec![0; layer.due_length()];
    let length = layer.seal_due(&mut out).unwrap();
    out.truncate(length);
    out
}

/// Opens one record with room for all its data; returns what it was, and the data.
pub fn open(layer: &mut RecordLayer, record: &[u8]) -> Result<(Received, Vec<u8>), Error> {
    let mut out = vec![0xee; record.len()];
    let received = layer.open(&mut record.to_vec(), &mut out)?;
    let length = if let Received::Data(length) = received { length } else { 0 };
    out.truncate(length);
    Ok((received, out))
}
