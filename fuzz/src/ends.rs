//! Ends of ours and of rustls', with a certificate that `openssl` makes when a target starts.

use crate::seal::Captured;
use crate::wire::End;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, ServerConfig, ServerConnection};
use rustls::{SignatureScheme, SupportedProtocolVersion};
use sslmode_engine::Modes;
use sslmode_engine::dialect::OPENSSL_3;
use sslmode_tls::connection::Connection;
use sslmode_tls::handshake::{
    CertificateRequest, ChooseIdentity, ClientAuth, ClientSettings, Identity, ServerSettings, Session, SessionSink,
    Tickets, Versions,
};
use sslmode_tls::record::Version;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};

/// A certificate that is its own authority, and its key; both PEM.
static PEM: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
                     -addext subjectAltName=DNS:localhost -keyout -";
    let output = Command::new("openssl").args(arguments.split_whitespace()).output().expect("openssl is installed");
    assert!(output.status.success());
    output.stdout
});

static IDENTITY: LazyLock<Arc<Identity>> = LazyLock::new(|| Arc::new(Identity::from_pem(&PEM, &PEM).unwrap()));
static TICKETS: LazyLock<Arc<Tickets>> = LazyLock::new(|| Arc::new(Tickets::generate(7200)));

/// The versions that a number stands for.
pub fn versions(number: u8) -> Versions {
    match number % 3 {
        0 => Versions::ALL,
        1 => Versions::only(Version::Tls12),
        _ => Versions::only(Version::Tls13),
    }
}

struct Ours;

impl ChooseIdentity for Ours {
    fn choose(&self, _request: &CertificateRequest) -> Option<Arc<Identity>> {
        Some(IDENTITY.clone())
    }
}

/// Keeps sessions.
#[derive(Default)]
pub struct Sessions(pub Mutex<Vec<Session>>);

impl SessionSink for Sessions {
    fn new_session(&self, session: Session) {
        self.0.lock().unwrap().push(session);
    }
}

fn choices(versions: Versions) -> sslmode_tls::handshake::Choices {
    use sslmode_tls::handshake::Choices;
    static READY: LazyLock<[Choices; 3]> = LazyLock::new(|| {
        let all = Choices::default();
        [0, 1, 2].map(|number| Choices::new(&all.cipher_suites(), &[29, 23], self::versions(number)).unwrap())
    });
    READY.iter().find(|choices| choices.versions() == versions).unwrap().clone()
}

/// A client that takes any certificate, has one of its own, and gives its sessions to `sessions`.
pub fn client_settings(versions: Versions, sessions: &Arc<Sessions>) -> ClientSettings {
    ClientSettings {
        choices: choices(versions),
        server_name: Some("localhost".to_owned()),
        identity: Some(Arc::new(Ours)),
        alpn: vec![b"h2".to_vec()],
        sessions: Some(sessions.clone()),
        ..ClientSettings::default()
    }
}

/// A server that asks for a certificate and takes any.
pub fn server_settings(versions: Versions) -> ServerSettings {
    ServerSettings {
        choices: choices(versions),
        identities: vec![IDENTITY.clone()],
        client_auth: ClientAuth::Request,
        alpn: Some(b"h2".to_vec()),
        tickets: Some(TICKETS.clone()),
        ticket_count: 2,
        ..ServerSettings::default()
    }
}

/// Our client with these settings.
pub fn client(settings: &ClientSettings) -> End {
    let connection = Connection::client(&OPENSSL_3, settings.connect().unwrap());
    End::new(connection, ServerSettings::default(), Modes::RELEASE_BUFFERS)
}

/// Our server with these settings.
pub fn server(settings: ServerSettings) -> End {
    End::new(Connection::server(&OPENSSL_3), settings, Modes::RELEASE_BUFFERS | Modes::AUTO_RETRY)
}

fn chain() -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    (vec![CertificateDer::from_pem_slice(&PEM).unwrap()], PrivateKeyDer::from_pem_slice(&PEM).unwrap())
}

fn protocol(version: Version) -> [&'static SupportedProtocolVersion; 1] {
    match version {
        Version::Tls12 => [&rustls::version::TLS12],
        Version::Tls13 => [&rustls::version::TLS13],
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// rustls' server, whose secrets are told to `captured`.
pub fn rustls_server(version: Version, captured: Arc<Captured>) -> ServerConnection {
    let mut roots = RootCertStore::empty();
    let (chain, key) = chain();
    roots.add(chain[0].clone()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(roots.into(), provider()).allow_unauthenticated().build().unwrap();
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&protocol(version))
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .unwrap();
    config.key_log = captured;
    config.alpn_protocols = vec![b"h2".to_vec()];
    ServerConnection::new(Arc::new(config)).unwrap()
}

/// rustls' client, whose secrets are told to `captured`.
pub fn rustls_client(version: Version, captured: Arc<Captured>) -> ClientConnection {
    let (chain, key) = chain();
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&protocol(version))
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_client_auth_cert(chain, key)
        .unwrap();
    config.key_log = captured;
    config.alpn_protocols = vec![b"h2".to_vec()];
    ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap()
}

/// Takes any certificate.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::RSA_PSS_SHA256]
    }
}
