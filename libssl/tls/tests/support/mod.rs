//! What the tests share: certificates, and an end of a connection without I/O.
#![allow(dead_code, missing_docs)]

pub mod peer;

use sslmode_tls::handshake::{
    Acceptor, ClientContext, ClientSettings, Established, Handshake, HandshakeError, Identity, ServerContext,
    ServerSettings, Verification, Versions, certificates_from_pem,
};
use sslmode_tls::record::{Error, Received, RecordBuffer, RecordLayer};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Key types of the test certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    Rsa,
    Ecdsa,
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
        for (name, new_key) in [("rsa", "rsa:2048"), ("ecdsa", "ec -pkeyopt ec_paramgen_curve:P-256")] {
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
        self.path(if key == KeyType::Rsa { "rsa.pem" } else { "ecdsa.pem" })
    }

    pub fn key(&self, key: KeyType) -> PathBuf {
        self.path(if key == KeyType::Rsa { "rsa.key" } else { "ecdsa.key" })
    }

    pub fn authorities(&self, name: &str) -> Verification {
        Verification::Authorities(certificates_from_pem(&self.read(name)).unwrap())
    }
}

pub fn client_settings(versions: Versions) -> ClientSettings {
    ClientSettings {
        versions,
        verification: Pki::get().authorities("ca.pem"),
        alpn: vec![b"test".to_vec()],
        fallback_scsv: false,
    }
}

pub fn client(versions: Versions) -> ClientContext {
    ClientContext::new(client_settings(versions)).unwrap()
}

pub fn server(versions: Versions, key: KeyType) -> ServerContext {
    let pki = Pki::get();
    let read = |path| std::fs::read(path).unwrap();
    let identity = Identity::from_pem(&read(pki.certificate(key)), &read(pki.key(key))).unwrap();
    ServerContext::new(ServerSettings { versions, identity, alpn: vec![b"test".to_vec()] }).unwrap()
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

/// What both ends of a finished handshake came to, and what the server had still to say.
pub struct Pair {
    pub client: Established,
    pub server: Established,
    /// Records of the server that came after the client was through: the tickets of TLS 1.3.
    pub late: Vec<Vec<u8>>,
}

/// Runs a handshake between two of our own ends in memory.
pub fn handshake(client: &ClientContext, server: &ServerContext) -> Result<Pair, HandshakeError> {
    handshake_with(client, "localhost", server)
}

/// The same, with a client that expects this name in the certificate.
pub fn handshake_with(client: &ClientContext, name: &str, server: &ServerContext) -> Result<Pair, HandshakeError> {
    let mut client = client.connect(name)?;
    let mut server_side: Option<Handshake> = None;
    let mut acceptor = Acceptor::new();
    let mut late = Vec::new();
    for _ in 0..10 {
        for record in records(&take_output(&mut client)) {
            match &mut server_side {
                Some(server) => server.read(&record)?,
                None => {
                    if let Some(hello) = acceptor.read(&record) {
                        server_side = Some(std::mem::take(&mut acceptor).accept(server, &hello)?);
                    }
                }
            }
        }
        let Some(server) = &mut server_side else { continue };
        for record in records(&take_output(server)) {
            if client.is_complete() { late.push(record) } else { client.read(&record)? }
        }
        if let Some(failure) = server.failure() {
            return Err(failure.clone());
        }
        if client.is_complete() && server.is_complete() && client.output().is_empty() {
            let server = server_side.take().unwrap();
            return Ok(Pair { client: client.finish()?, server: server.finish()?, late });
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
