//! What connections have settings for, with the system's OpenSSL as the peer, both roles and versions.

mod support;

use sslmode_tls::handshake::{
    Authorities, Choices, ClientAuth, ClientSettings, Failure, PeerCertificates, ServerSettings, VerifyPeer, Versions,
    all_groups, certificates_from_pem,
};
use sslmode_tls::record::{AlertDescription, Version};
use std::net::TcpListener;
use std::sync::Arc;
use support::peer::{Connection, OpenSsl, identity};
use support::{KeyType, Pki, Sessions, choices, client, server};

const EACH: [Version; 2] = [Version::Tls12, Version::Tls13];

fn flag(version: Version) -> &'static str {
    if version == Version::Tls12 { "-tls1_2" } else { "-tls1_3" }
}

fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn s_client(port: u16, arguments: &str) -> OpenSsl {
    OpenSsl::start(&format!("s_client -connect 127.0.0.1:{port} {arguments}"))
}

fn path(name: &str) -> String {
    Pki::get().path(name).display().to_string()
}

/// A line there and back: an s_server with -rev answers what it got, turned around.
fn turned_around(connection: &mut Connection) {
    connection.send(b"abc\n");
    assert_eq!(connection.receive(4), b"cba\n");
}

fn certificate(key: KeyType) -> Vec<u8> {
    Pki::get().identity(key).chain().next().unwrap().to_vec()
}

/// Judges a client: by the authority alone, without a name.
struct Issued;

impl VerifyPeer for Issued {
    fn verify(&self, peer: &PeerCertificates<'_>) -> Result<(), AlertDescription> {
        let authorities = certificates_from_pem(&Pki::get().read("ca.pem")).unwrap();
        let named = PeerCertificates { name: Some("localhost"), ..*peer };
        Authorities::new(&authorities).unwrap().verify(&named)
    }
}

#[test]
fn our_certificate_is_verified_by_openssl() {
    for version in EACH {
        for key in KeyType::ALL {
            let arguments = format!(
                "{} {} -Verify 2 -verify_return_error -CAfile {} -rev",
                flag(version),
                identity(KeyType::Rsa),
                path("ca.pem")
            );
            let (_peer, address) = OpenSsl::server(&arguments);
            let mine = Arc::new(support::evp::identity(key));
            let settings = ClientSettings { identity: Some(mine), ..client(Versions::ALL) };
            let mut connection = Connection::connect(&settings, address).unwrap();
            turned_around(&mut connection);
            let request = connection.told.certificate_request.as_ref().unwrap();
            assert_eq!(request.authorities, [b"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02ca".to_vec()]);
            assert!(request.schemes.contains(&0x0804), "{request:?}");
        }
    }
}

#[test]
fn openssl_refuses_a_client_without_a_certificate() {
    for (version, alert) in [(Version::Tls12, 40), (Version::Tls13, 116)] {
        let (_peer, address) = OpenSsl::server(&format!("{} {} -Verify 2", flag(version), identity(KeyType::Rsa)));
        let refused = Connection::connect(&client(Versions::ALL), address);
        match version {
            Version::Tls12 => {
                let refused = refused.err().unwrap().failure;
                assert_eq!(refused, Failure::PeerAlert(AlertDescription(alert)));
            }
            // The client was through before the server had looked.
            Version::Tls13 => assert_eq!(refused.unwrap().receive_alert(), AlertDescription(alert)),
        }
    }
}

#[test]
fn openssls_certificate_is_verified_by_ours() {
    for version in EACH {
        for key in KeyType::ALL {
            let (listener, port) = listen();
            let _peer = s_client(port, &format!("{} {}", flag(version), identity(key)));
            let settings = ServerSettings {
                client_auth: ClientAuth::Require,
                verify: Some(Arc::new(Issued)),
                ..server(Versions::ALL, KeyType::Rsa)
            };
            let connection = Connection::accept(&settings, &listener).unwrap();
            assert_eq!(*connection.told.peer_certificates, [certificate(key)], "{version:?} {key:?}");
            assert!(connection.told.peer_signature_scheme.is_some());
        }
    }
}

#[test]
fn the_names_of_authorities_reach_openssl() {
    for version in EACH {
        let (listener, port) = listen();
        let mut peer = s_client(port, flag(version));
        let name = b"\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05Trust";
        let settings = ServerSettings {
            client_auth: ClientAuth::Request,
            authorities: Arc::new([name.to_vec()]),
            ..server(Versions::ALL, KeyType::Ecdsa)
        };
        let mut connection = Connection::accept(&settings, &listener).unwrap();
        connection.send(b"hello\n");
        peer.expect("CN = Trust");
        peer.end_input();
    }
}

#[test]
fn openssl_is_told_that_a_certificate_is_missing_or_refused() {
    struct Revoked;
    impl VerifyPeer for Revoked {
        fn verify(&self, _peer: &PeerCertificates<'_>) -> Result<(), AlertDescription> {
            Err(AlertDescription::CERTIFICATE_REVOKED)
        }
    }
    for (version, missing) in [(Version::Tls12, "handshake failure"), (Version::Tls13, "certificate required")] {
        for (arguments, expected) in [(String::new(), missing), (identity(KeyType::Rsa), "certificate revoked")] {
            let (listener, port) = listen();
            let peer = s_client(port, &format!("{} {arguments}", flag(version)));
            let settings = ServerSettings {
                client_auth: ClientAuth::Require,
                verify: Some(Arc::new(Revoked)),
                ..server(Versions::ALL, KeyType::Rsa)
            };
            assert!(Connection::accept(&settings, &listener).is_err());
            peer.expect(&format!("alert {expected}"));
        }
        // The same to a server.
        let (peer, address) = OpenSsl::server(&format!("{} {}", flag(version), identity(KeyType::Rsa)));
        let settings = ClientSettings { verify: Some(Arc::new(Revoked)), ..client(Versions::ALL) };
        assert_eq!(Connection::connect(&settings, address).err().unwrap().failure, Failure::Certificate);
        peer.expect("alert certificate revoked");
    }
}

#[test]
fn openssl_sees_a_name_or_none() {
    for version in EACH {
        for name in [Some("localhost"), None] {
            let arguments = format!(
                "{} {} -servername localhost {} -rev",
                flag(version),
                identity(KeyType::Ecdsa),
                identity(KeyType::Rsa).replace("-cert ", "-cert2 ").replace("-key ", "-key2 ")
            );
            let (_peer, address) = OpenSsl::server(&arguments);
            let settings =
                ClientSettings { server_name: name.map(str::to_owned), verify: None, ..client(Versions::ALL) };
            let mut connection = Connection::connect(&settings, address).unwrap();
            turned_around(&mut connection);
            // The server has another certificate for the name.
            let key = if name.is_some() { KeyType::Rsa } else { KeyType::Ecdsa };
            assert_eq!(*connection.told.peer_certificates, [certificate(key)]);
        }
        let (listener, port) = listen();
        let _peer = s_client(port, &format!("{} -noservername", flag(version)));
        let connection = Connection::accept(&server(Versions::ALL, KeyType::Ecdsa), &listener).unwrap();
        assert_eq!(connection.told.server_name, None);
    }
}

#[test]
fn openssl_gets_the_certificate_that_it_can_verify() {
    let pki = Pki::get();
    let identities = vec![pki.identity(KeyType::Rsa), pki.identity(KeyType::Ecdsa)];
    let settings = ServerSettings { identities, ..server(Versions::ALL, KeyType::Rsa) };
    for (arguments, key) in [
        ("-tls1_2 -cipher aRSA", KeyType::Rsa),
        ("-tls1_2 -cipher aECDSA", KeyType::Ecdsa),
        ("-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", KeyType::Rsa),
        ("-tls1_3 -sigalgs RSA-PSS+SHA256", KeyType::Rsa),
        ("-tls1_3 -sigalgs ECDSA+SHA256", KeyType::Ecdsa),
        ("-tls1_3 -sigalgs RSA-PSS+SHA256:ECDSA+SHA256", KeyType::Rsa),
        ("-tls1_3", KeyType::Ecdsa),
    ] {
        let (listener, port) = listen();
        let peer = s_client(port, arguments);
        Connection::accept(&settings, &listener).unwrap();
        let printed = if key == KeyType::Rsa { "Peer signature type: RSA" } else { "Peer signature type: ECDSA" };
        peer.expect(printed);
    }
}

#[test]
fn openssl_negotiates_every_suite_and_group_with_our_server() {
    let suites = [
        ("TLS_AES_128_GCM_SHA256", 0x1301),
        ("TLS_AES_256_GCM_SHA384", 0x1302),
        ("TLS_CHACHA20_POLY1305_SHA256", 0x1303),
        ("ECDHE-RSA-AES128-GCM-SHA256", 0xc02f),
        ("ECDHE-RSA-AES256-GCM-SHA384", 0xc030),
        ("ECDHE-RSA-CHACHA20-POLY1305", 0xcca8),
        ("ECDHE-ECDSA-AES128-GCM-SHA256", 0xc02b),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", 0xc02c),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", 0xcca9),
    ];
    let pki = Pki::get();
    let identities = vec![pki.identity(KeyType::Rsa), pki.identity(KeyType::Ecdsa)];
    let settings = ServerSettings { identities, ..server(Versions::ALL, KeyType::Rsa) };
    for (name, number) in suites {
        let (listener, port) = listen();
        let arguments = match number >> 8 {
            0x13 => format!("-tls1_3 -ciphersuites {name}"),
            _ => format!("-tls1_2 -cipher {name}"),
        };
        let peer = s_client(port, &arguments);
        assert_eq!(Connection::accept(&settings, &listener).unwrap().told.cipher_suite, number);
        peer.expect(&format!("Cipher is {name}"));
    }
    for version in EACH {
        for (name, number) in [("X25519", 0x1d), ("P-256", 0x17), ("P-384", 0x18), ("P-521", 0x19)] {
            let (listener, port) = listen();
            let _peer = s_client(port, &format!("{} -groups {name}", flag(version)));
            let connection = Connection::accept(&settings, &listener).unwrap();
            assert_eq!(connection.told.group, Some(number));

            let (_peer, address) =
                OpenSsl::server(&format!("{} {} -groups {name} -rev", flag(version), identity(KeyType::Rsa)));
            let mut connection = Connection::connect(&client(Versions::ALL), address).unwrap();
            turned_around(&mut connection);
            assert_eq!(connection.told.group, Some(number));
        }
    }
    // All that there is, for a server that knows three of them.
    let groups: Vec<u16> = all_groups().collect();
    let all = Choices::new(&Choices::default().cipher_suites(), &groups, Versions::ALL).unwrap();
    let (_peer, address) = OpenSsl::server(&format!("{} -rev", identity(KeyType::Rsa)));
    turned_around(
        &mut Connection::connect(&ClientSettings { choices: all, ..client(Versions::ALL) }, address).unwrap(),
    );
}

#[test]
fn openssl_hears_what_is_not_in_common() {
    for (arguments, versions, failure, printed) in [
        ("-tls1_2", Version::Tls13, Failure::UnsupportedProtocol, "alert protocol version"),
        ("-tls1_3", Version::Tls12, Failure::UnsupportedProtocol, "alert protocol version"),
        ("-tls1_2 -cipher aECDSA", Version::Tls12, Failure::NoSharedCipher, "alert handshake failure"),
        ("-tls1_3 -groups X448", Version::Tls13, Failure::NoSharedGroup, "alert handshake failure"),
        (
            "-tls1_3 -sigalgs ECDSA+SHA256",
            Version::Tls13,
            Failure::NoSharedSignatureAlgorithm,
            "alert handshake failure",
        ),
    ] {
        let (listener, port) = listen();
        let peer = s_client(port, arguments);
        let refused = Connection::accept(&server(Versions::only(versions), KeyType::Rsa), &listener).err().unwrap();
        assert_eq!(refused.failure, failure, "{arguments}");
        peer.expect(printed);
    }
}

#[test]
fn alpn_with_openssl() {
    for version in EACH {
        let (listener, port) = listen();
        let peer = s_client(port, &format!("{} -alpn one,test", flag(version)));
        let connection = Connection::accept(&server(Versions::ALL, KeyType::Rsa), &listener).unwrap();
        assert_eq!(connection.told.alpn.as_deref(), Some(&b"test"[..]));
        peer.expect("ALPN protocol: test");

        let (listener, port) = listen();
        let peer = s_client(port, &format!("{} -alpn one,two", flag(version)));
        let refused = Connection::accept(&server(Versions::ALL, KeyType::Rsa), &listener).err().unwrap();
        assert_eq!(refused.failure, Failure::NoApplicationProtocol);
        assert_eq!(refused.alert, Some(AlertDescription::NO_APPLICATION_PROTOCOL));
        peer.expect("alert no application protocol");
    }
}

#[test]
fn sessions_of_openssl_without_a_name_are_resumed() {
    for version in EACH {
        let arguments = format!("s_server -accept 127.0.0.1:0 -naccept 3 -rev {}", identity(KeyType::Ecdsa));
        let peer = OpenSsl::start(&arguments);
        let address = peer.address();
        let sink = Arc::new(Sessions::default());
        let mut settings = ClientSettings {
            server_name: None,
            verify: None,
            sessions: Some(sink.clone()),
            choices: choices(Versions::only(version)),
            ..client(Versions::ALL)
        };
        for resumed in [false, true, true] {
            let mut connection = Connection::connect(&settings, address).unwrap();
            assert_eq!(connection.told.resumed, resumed, "{version:?}");
            turned_around(&mut connection);
            // The same one again: OpenSSL lets a ticket be used more than once.
            if settings.session.is_none() {
                settings.session = sink.take().pop();
                assert!(settings.session.as_ref().is_some_and(|session| session.lifetime() <= 7200));
            }
        }
    }
}

#[test]
fn a_certificate_of_version_1_is_for_the_program_to_judge() {
    let pki = Pki::get();
    let made = std::process::Command::new("openssl")
        .args(["x509", "-req", "-in", "rsa.csr", "-signkey", "rsa.key", "-days", "2", "-out", "v1.pem", "-text"])
        .current_dir(pki.path("."))
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    assert!(String::from_utf8_lossy(&pki.read("v1.pem")).contains("Version: 1 (0x0)"));
    for version in EACH {
        let arguments = format!("{} -cert {} -key {} -rev", flag(version), path("v1.pem"), path("rsa.key"));
        let (_peer, address) = OpenSsl::server(&arguments);
        let settings = ClientSettings { verify: None, ..client(Versions::ALL) };
        turned_around(&mut Connection::connect(&settings, address).unwrap());
    }
}

#[test]
fn a_stapled_response_comes_from_openssl() {
    // Made by the authority for the server's certificate.
    let pki = Pki::get();
    let response = path("response.der");
    let made = std::process::Command::new("openssl")
        .args(["ocsp", "-issuer", "ca.pem", "-cert", "rsa.pem", "-reqout", "request.der"])
        .current_dir(pki.path("."))
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    std::fs::write(pki.path("index.txt"), "").unwrap();
    let made = std::process::Command::new("openssl")
        .args(["ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key"])
        .args(["-reqin", "request.der", "-respout", "response.der", "-ndays", "1"])
        .current_dir(pki.path("."))
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let bytes = std::fs::read(&response).unwrap();
    for version in EACH {
        let arguments = format!("{} {} -status_file {response} -rev", flag(version), identity(KeyType::Rsa));
        let (_peer, address) = OpenSsl::server(&arguments);
        let mut connection = Connection::connect(&client(Versions::ALL), address).unwrap();
        turned_around(&mut connection);
        assert_eq!(connection.told.ocsp_response.as_ref(), Some(&bytes), "{version:?}");

        let (listener, port) = listen();
        let peer = s_client(port, &format!("{} -status", flag(version)));
        let chain = vec![certificate(KeyType::Rsa)];
        let stapling =
            sslmode_tls::handshake::Identity::new(&chain, Arc::new(support::evp::key(KeyType::Rsa)), Some(&bytes));
        let settings = ServerSettings { identities: vec![Arc::new(stapling)], ..server(Versions::ALL, KeyType::Rsa) };
        Connection::accept(&settings, &listener).unwrap();
        peer.expect("OCSP Response Status: successful");
    }
}
