//! The system's OpenSSL as the peer, over loopback: both roles, both versions, both kinds of key.

mod support;

use sslmode_tls::handshake::{ClientSettings, Failure, Versions};
use sslmode_tls::record::{AlertDescription, Role, Version};
use std::net::TcpListener;
use std::sync::Arc;
use support::peer::{Connection, OpenSsl, identity};
use support::{KeyType, Pki, Sessions, client, server};

const COMBINATIONS: [(Version, KeyType); 4] = [
    (Version::Tls12, KeyType::Rsa),
    (Version::Tls12, KeyType::Ecdsa),
    (Version::Tls13, KeyType::Rsa),
    (Version::Tls13, KeyType::Ecdsa),
];

const MIB: usize = 1 << 20;

fn flag(version: Version) -> &'static str {
    if version == Version::Tls12 { "-tls1_2" } else { "-tls1_3" }
}

fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn s_client(port: u16, arguments: &str) -> OpenSsl {
    let authority = Pki::get().path("ca.pem");
    OpenSsl::start(&format!(
        "s_client -connect 127.0.0.1:{port} -servername localhost -verify_return_error -CAfile {} {arguments}",
        authority.display()
    ))
}

/// Types a key update and waits until it has been read, so that the next line is not taken for a part of the command:
/// s_server sends it at once, s_client says so and sends it ahead of its next data.
fn type_key_update(command: &[u8], role: Role, connection: &mut Connection, peer: &mut OpenSsl) {
    let before = connection.key_updates;
    peer.type_in(command);
    match role {
        Role::Server => peer.expect_times("KEYUPDATE", if command == b"K\n" { 1 } else { 2 }),
        Role::Client => {
            while connection.key_updates == before {
                connection.receive_record(&mut []);
            }
        }
    }
}

/// What both roles do with a peer that prints what it gets and sends what is typed.
fn talk(version: Version, role: Role, connection: &mut Connection, peer: &mut OpenSsl) {
    connection.send(b"from us\n");
    peer.expect("from us\n");
    peer.type_in(b"from openssl\n");
    assert_eq!(connection.receive(13), b"from openssl\n");

    if version == Version::Tls13 {
        // Theirs, with a request for ours: answered ahead of our next data.
        type_key_update(b"K\n", role, connection, peer);
        peer.type_in(b"under new keys\n");
        assert_eq!(connection.receive(15), b"under new keys\n");
        assert_eq!(connection.key_updates, 1);
        connection.send(b"answered\n");
        peer.expect("answered\n");
        type_key_update(b"k\n", role, connection, peer);
        peer.type_in(b"and once more\n");
        assert_eq!(connection.receive(14), b"and once more\n");
        assert_eq!((connection.key_updates, connection.layer().due_length()), (2, 0));
        // Ours, with a request for theirs.
        connection.layer().update_keys(true).unwrap();
        connection.send(b"ours updated\n");
        peer.expect("ours updated\n");
        peer.type_in(b"theirs too\n");
        assert_eq!(connection.receive(11), b"theirs too\n");
        assert_eq!(connection.key_updates, 3);
        connection.layer().update_keys(false).unwrap();
        connection.send_due();
    }

    // Bytes that openssl prints nowhere else, and that are no command of its own.
    connection.send(&vec![b'~'; MIB]);
    peer.expect_count(b'~', MIB);
    std::thread::scope(|scope| {
        scope.spawn(|| peer.type_in(&vec![b'~'; MIB]));
        assert!(connection.receive(MIB).iter().all(|&byte| byte == b'~'));
    });
}

#[test]
fn client_to_openssl() {
    for (version, key) in COMBINATIONS {
        let (mut peer, address) = OpenSsl::server(&format!("{} {} -alpn test", flag(version), identity(key)));
        let mut connection = Connection::connect(&client(Versions::ALL), address).unwrap();
        assert_eq!(connection.told.alpn.as_deref(), Some(&b"test"[..]));
        assert_eq!(connection.told.peer_certificates.len(), 1);
        talk(version, Role::Client, &mut connection, &mut peer);
        assert_eq!(connection.tickets > 0, version == Version::Tls13, "tickets come as records of our layer");

        connection.layer().close();
        connection.send_due();
        connection.receive_close();
    }
}

#[test]
fn server_to_openssl() {
    for (version, key) in COMBINATIONS {
        let (listener, port) = listen();
        let label = "EXPORTER-test";
        let arguments = format!("{} -alpn test -keymatexport {label} -keymatexportlen 24", flag(version));
        let mut peer = s_client(port, &arguments);
        let mut connection = Connection::accept(&server(Versions::ALL, key), &listener).unwrap();
        assert_eq!(connection.told.alpn.as_deref(), Some(&b"test"[..]));
        talk(version, Role::Server, &mut connection, &mut peer);
        peer.expect("Verify return code: 0 (ok)");

        let mut exported = [0; 24];
        assert!(connection.told.exporter.export(label.as_bytes(), None, &mut exported));
        let printed: String = exported.iter().map(|byte| format!("{byte:02X}")).collect();
        peer.expect(&format!("Keying material: {printed}"));

        // They close first; our direction is still open.
        peer.end_input();
        connection.receive_close();
        connection.layer().close();
        connection.send_due();
    }
}

#[test]
fn our_close_ends_s_client() {
    for version in [Version::Tls12, Version::Tls13] {
        let (listener, port) = listen();
        let mut peer = s_client(port, flag(version));
        let mut connection = Connection::accept(&server(Versions::ALL, KeyType::Ecdsa), &listener).unwrap();
        connection.send(b"bye\n");
        connection.layer().close();
        connection.send_due();
        peer.expect("bye\n");
        peer.expect("closed");
        connection.receive_close();
        peer.end_input();
    }
}

#[test]
fn every_cipher_suite() {
    let suites: [(u16, KeyType, &str); 9] = [
        (0x1301, KeyType::Rsa, "-ciphersuites TLS_AES_128_GCM_SHA256"),
        (0x1302, KeyType::Rsa, "-ciphersuites TLS_AES_256_GCM_SHA384"),
        (0x1303, KeyType::Rsa, "-ciphersuites TLS_CHACHA20_POLY1305_SHA256"),
        (0xc02f, KeyType::Rsa, "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256"),
        (0xc030, KeyType::Rsa, "-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384"),
        (0xcca8, KeyType::Rsa, "-tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305"),
        (0xc02b, KeyType::Ecdsa, "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"),
        (0xc02c, KeyType::Ecdsa, "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384"),
        (0xcca9, KeyType::Ecdsa, "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305"),
    ];
    for (number, key, arguments) in suites {
        let (_peer, address) = OpenSsl::server(&format!("{} {arguments} -rev", identity(key)));
        let mut connection = Connection::connect(&client(Versions::ALL), address).unwrap();
        assert_eq!(connection.told.cipher_suite, number);
        connection.send(b"abcdefg\n");
        assert_eq!(connection.receive(8), b"gfedcba\n");
    }
}

#[test]
fn a_wrong_authority_is_refused() {
    for (version, key) in COMBINATIONS {
        let (peer, address) = OpenSsl::server(&format!("{} {}", flag(version), identity(key)));
        let verify = Pki::get().authorities("other-ca.pem");
        let stranger = ClientSettings { verify, ..client(Versions::ALL) };
        assert_eq!(Connection::connect(&stranger, address).err().unwrap().failure, Failure::Certificate);
        peer.expect("alert unknown ca");

        let (listener, port) = listen();
        let other = Pki::get().path("other-ca.pem");
        let _peer = OpenSsl::start(&format!(
            "s_client -connect 127.0.0.1:{port} -verify_return_error -CAfile {} {}",
            other.display(),
            flag(version)
        ));
        let refused = Connection::accept(&server(Versions::ALL, key), &listener).err().unwrap();
        assert_eq!(refused.failure, Failure::PeerAlert(AlertDescription::UNKNOWN_CA));
    }
}

#[test]
fn a_needless_fallback_is_refused_by_either_end() {
    let (peer, address) = OpenSsl::server(&identity(KeyType::Rsa));
    let versions = Versions::only(Version::Tls12);
    let settings = ClientSettings { fallback_scsv: true, ..client(versions) };
    let refused = Connection::connect(&settings, address).err().unwrap();
    assert_eq!(refused.failure, Failure::PeerAlert(AlertDescription::INAPPROPRIATE_FALLBACK));
    peer.expect("inappropriate fallback");

    let (listener, port) = listen();
    let peer = s_client(port, "-tls1_2 -fallback_scsv");
    let refused = Connection::accept(&server(Versions::ALL, KeyType::Rsa), &listener).err().unwrap();
    assert_eq!(refused.failure, Failure::InappropriateFallback);
    peer.expect("inappropriate fallback");
}

#[test]
fn openssl_resumes_a_session_of_ours_and_we_one_of_its() {
    for version in [Version::Tls12, Version::Tls13] {
        let session = Pki::get().path(if version == Version::Tls12 { "session12" } else { "session13" });
        let server = server(Versions::only(version), KeyType::Ecdsa);
        for (option, resumed) in [("-sess_out", false), ("-sess_in", true)] {
            let (listener, port) = listen();
            let mut peer = s_client(port, &format!("{option} {}", session.display()));
            let mut connection = Connection::accept(&server, &listener).unwrap();
            assert_eq!(connection.told.resumed, resumed, "{version:?}");
            // s_client writes the session when it reads the tickets, which come ahead of the data.
            connection.send(b"tickets are here\n");
            peer.expect("tickets are here\n");
            peer.end_input();
            connection.receive_close();
        }

        let sessions = Arc::new(Sessions::default());
        let mut settings = ClientSettings { sessions: Some(sessions.clone()), ..client(Versions::only(version)) };
        let arguments = format!("s_server -accept 127.0.0.1:0 -naccept 2 -rev {}", identity(KeyType::Ecdsa));
        let peer = OpenSsl::start(&arguments);
        let address = peer.address();
        for resumed in [false, true] {
            let mut connection = Connection::connect(&settings, address).unwrap();
            assert_eq!(connection.told.resumed, resumed, "{version:?}");
            connection.send(b"ab\n");
            assert_eq!(connection.receive(3), b"ba\n");
            settings.session = sessions.take().pop();
        }
    }
}
