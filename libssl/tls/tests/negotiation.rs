//! What two ends agree on: suites, groups, identities, protocols, names.

mod support;

use sslmode_tls::handshake::{
    Acceptor, CIPHER_SUITES, Choices, ClientSettings, Failure, GROUPS, Identity, ServerSettings, Sign, SigningFailed,
    Versions, all_groups,
};
use sslmode_tls::record::{AlertDescription, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{KeyType, Pki, both_ends, choices, client, handshake, server, take_output};

const EACH: [Version; 2] = [Version::Tls12, Version::Tls13];

fn choose(suites: &[u16], groups: &[u16], versions: Versions) -> Choices {
    Choices::new(suites, groups, versions).unwrap()
}

/// Both ends of a handshake with these choices.
fn chosen(ours: Choices, theirs: Choices) -> support::Pair {
    let client = ClientSettings { choices: ours, ..client(Versions::ALL) };
    handshake(&client, &ServerSettings { choices: theirs, ..server(Versions::ALL, KeyType::Rsa) }).unwrap()
}

#[test]
fn unknown_and_repeated_numbers_are_left_out_and_the_order_stays() {
    let made = choose(&[0x1303, 0x0035, 0xc030, 0x1303, 0x1301], &[0x0018, 0x9999, 0x001d, 0x0018], Versions::ALL);
    assert_eq!(made.cipher_suites(), [0x1303, 0xc030, 0x1301]);
    assert_eq!(made.groups(), [0x0018, 0x001d]);
    let of = |version| choose(CIPHER_SUITES, GROUPS, Versions::only(version)).cipher_suites();
    assert_eq!([of(Version::Tls13), of(Version::Tls12)].concat(), CIPHER_SUITES, "each version has its own");
    assert_eq!(Choices::default().cipher_suites(), CIPHER_SUITES);
    assert_eq!(Choices::default().groups(), GROUPS);
    assert!(GROUPS.iter().all(|group| all_groups().any(|known| known == *group)));

    for (suites, groups, versions) in [
        (&[0x0035][..], GROUPS, Versions::ALL),
        (CIPHER_SUITES, &[0x9999][..], Versions::ALL),
        (CIPHER_SUITES, GROUPS, Versions { min: Version::Tls13, max: Version::Tls12 }),
        (&[0xc030][..], GROUPS, Versions::only(Version::Tls13)),
    ] {
        assert_eq!(Choices::new(suites, groups, versions).err().map(|error| error.failure), Some(Failure::Setup));
    }
}

#[test]
fn the_clients_order_decides_unless_the_server_prefers_its_own() {
    for (version, first, second) in [(Version::Tls13, 0x1303, 0x1301), (Version::Tls12, 0xcca8, 0xc02f)] {
        let versions = Versions::only(version);
        let client = ClientSettings { choices: choose(&[first, second], GROUPS, versions), ..client(versions) };
        let theirs = choose(&[second, first], GROUPS, versions);
        for (server_preference, suite) in [(false, first), (true, second)] {
            let server = server(versions, KeyType::Rsa);
            let server = ServerSettings { choices: theirs.clone(), server_preference, ..server };
            let pair = handshake(&client, &server).unwrap();
            assert_eq!((pair.client.cipher_suite, pair.server.cipher_suite), (suite, suite));
        }
    }
}

#[test]
fn every_group_carries_a_handshake_and_a_retry_finds_the_one_in_common() {
    for group in all_groups() {
        let versions = Versions::only(Version::Tls13);
        let pair = chosen(choose(CIPHER_SUITES, &[group], versions), choose(CIPHER_SUITES, &[group], versions));
        assert_eq!((pair.client.group, pair.server.group), (Some(group), Some(group)));
    }
    for version in EACH {
        let ours = choose(CIPHER_SUITES, GROUPS, Versions::only(version));
        let pair = chosen(ours, choose(CIPHER_SUITES, &[0x0018], Versions::ALL));
        assert_eq!((pair.client.group, pair.server.group), (Some(0x0018), Some(0x0018)));
    }
}

#[test]
fn what_is_not_in_common_is_named_at_both_ends() {
    let outcome = |ours: Choices, theirs: Choices| {
        let client = ClientSettings { choices: ours, ..client(Versions::ALL) };
        let both = both_ends(&client, &ServerSettings { choices: theirs, ..server(Versions::ALL, KeyType::Rsa) });
        let (client, server) = (both.client.err().unwrap(), both.server.err().unwrap());
        assert_eq!(Failure::PeerAlert(server.alert.unwrap()), client.failure);
        (server.failure, server.alert.unwrap())
    };
    let failed = AlertDescription::HANDSHAKE_FAILURE;
    let (old, new) = (Versions::only(Version::Tls12), Versions::only(Version::Tls13));
    assert_eq!(
        outcome(choose(&[0x1301], GROUPS, new), choose(&[0x1302], GROUPS, new)),
        (Failure::NoSharedCipher, failed)
    );
    assert_eq!(
        outcome(choose(&[0xc02b], GROUPS, old), choose(CIPHER_SUITES, GROUPS, old)),
        (Failure::NoSharedCipher, failed)
    );
    assert_eq!(
        outcome(choose(CIPHER_SUITES, &[0x1d], new), choose(CIPHER_SUITES, &[0x17], new)),
        (Failure::NoSharedGroup, failed)
    );
    let unsupported = (Failure::UnsupportedProtocol, AlertDescription::PROTOCOL_VERSION);
    assert_eq!(outcome(choices(old), choices(new)), unsupported);
    assert_eq!(outcome(choices(new), choices(old)), unsupported);
}

/// A key that counts its signatures.
struct Counting {
    key: Arc<Identity>,
    inner: openssl::pkey::PKey<openssl::pkey::Private>,
    schemes: Vec<u16>,
    count: AtomicUsize,
}

impl Counting {
    fn identity(key: KeyType) -> (Arc<Counting>, Arc<Identity>) {
        let pki = Pki::get();
        let inner = openssl::pkey::PKey::private_key_from_pem(&std::fs::read(pki.key(key)).unwrap()).unwrap();
        let schemes = support::evp::schemes(key).to_vec();
        let from_pem = pki.identity(key);
        let counting = Arc::new(Counting { key: from_pem.clone(), inner, schemes, count: AtomicUsize::new(0) });
        let chain: Vec<_> = counting.key.chain().map(<[u8]>::to_vec).collect();
        (counting.clone(), Arc::new(Identity::new(&chain, Arc::new(Shared(counting)), None)))
    }
}

struct Shared(Arc<Counting>);

impl Sign for Shared {
    fn schemes(&self) -> &[u16] {
        &self.0.schemes
    }

    fn sign(&self, scheme: u16, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        self.0.count.fetch_add(1, Ordering::Relaxed);
        support::evp::sign(&self.0.inner, scheme, message).map_err(|_| SigningFailed)
    }
}

#[test]
fn the_programs_key_signs_for_a_server() {
    for version in EACH {
        for key in KeyType::ALL {
            let (counting, identity) = Counting::identity(key);
            let server = ServerSettings { identities: vec![identity], ..server(Versions::only(version), key) };
            for (at, &scheme) in support::evp::schemes(key).iter().enumerate() {
                let pkcs1 = scheme & 0xff == 1 && key == KeyType::Rsa;
                if at == 0 {
                    let pair = handshake(&client(Versions::ALL), &server).unwrap();
                    assert_eq!(pair.client.peer_signature_scheme, Some(scheme), "{version:?} {key:?}");
                    assert_eq!(counting.count.load(Ordering::Relaxed), 1);
                }
                // Each of its signatures, alone.
                let alone = Arc::new(Counting {
                    key: counting.key.clone(),
                    inner: counting.inner.clone(),
                    schemes: vec![scheme],
                    count: AtomicUsize::new(0),
                });
                let chain: Vec<_> = counting.key.chain().map(<[u8]>::to_vec).collect();
                let identity = Arc::new(Identity::new(&chain, Arc::new(Shared(alone.clone())), None));
                let server = ServerSettings { identities: vec![identity], ..server.clone() };
                let both = both_ends(&client(Versions::ALL), &server);
                if pkcs1 && version == Version::Tls13 {
                    // RFC 8446 4.2.3: not for the signatures of the handshake.
                    assert_eq!(both.server.err().unwrap().failure, Failure::NoSharedSignatureAlgorithm);
                } else {
                    assert_eq!(both.client.unwrap().peer_signature_scheme, Some(scheme), "{version:?} {key:?}");
                    assert_eq!(alone.count.load(Ordering::Relaxed), 1);
                }
            }
        }
    }
}

#[test]
fn a_key_that_does_not_sign_ends_the_handshake_with_internal_error() {
    struct Broken;
    impl Sign for Broken {
        fn schemes(&self) -> &[u16] {
            &[0x0403]
        }

        fn sign(&self, _scheme: u16, _message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
            Err(SigningFailed)
        }
    }
    let chain: Vec<_> = Pki::get().identity(KeyType::Ecdsa).chain().map(<[u8]>::to_vec).collect();
    let broken = Arc::new(Identity::new(&chain, Arc::new(Broken), None));
    for version in EACH {
        let server = server(Versions::only(version), KeyType::Ecdsa);
        let both = both_ends(&client(Versions::ALL), &ServerSettings { identities: vec![broken.clone()], ..server });
        let failed = both.server.err().unwrap();
        assert_eq!((failed.failure, failed.alert), (Failure::Signing, Some(AlertDescription::INTERNAL_ERROR)));
        let told = both.client.err().unwrap().failure;
        assert_eq!(told, Failure::PeerAlert(AlertDescription::INTERNAL_ERROR), "{version:?}");
    }
}

#[test]
fn a_server_with_two_keys_uses_the_one_that_the_client_can_verify() {
    let (rsa, ecdsa) = (Pki::get().identity(KeyType::Rsa), Pki::get().identity(KeyType::Ecdsa));
    for identities in [vec![rsa.clone(), ecdsa.clone()], vec![ecdsa.clone(), rsa.clone()]] {
        // TLS 1.2: the suite decides.
        for (suite, expected) in [(0xc02f, &rsa), (0xc02b, &ecdsa)] {
            let versions = Versions::only(Version::Tls12);
            let client = ClientSettings { choices: choose(&[suite], GROUPS, versions), ..client(versions) };
            let server = ServerSettings { identities: identities.clone(), ..server(Versions::ALL, KeyType::Rsa) };
            let pair = handshake(&client, &server).unwrap();
            assert_eq!(pair.client.peer_certificates[0], expected.chain().next().unwrap());
            assert_eq!(pair.client.cipher_suite, suite);
        }
        // TLS 1.3: the client's order of signatures; rustls' begins with ECDSA.
        let server = ServerSettings { identities: identities.clone(), ..server(Versions::ALL, KeyType::Rsa) };
        let pair = handshake(&client(Versions::ALL), &server).unwrap();
        assert_eq!(pair.client.peer_certificates[0], ecdsa.chain().next().unwrap());
    }
}

#[test]
fn a_server_without_a_certificate_has_no_cipher() {
    for version in EACH {
        let server = ServerSettings { identities: Vec::new(), ..server(Versions::only(version), KeyType::Rsa) };
        let failed = both_ends(&client(Versions::ALL), &server).server.err().unwrap();
        assert_eq!(failed.failure, Failure::NoSharedCipher);
        assert_eq!(failed.alert, Some(AlertDescription::HANDSHAKE_FAILURE));
    }
}

#[test]
fn names_go_out_unless_there_is_none_or_it_is_an_address() {
    let sent = |name: Option<&str>| {
        let settings = ClientSettings {
            server_name: name.map(str::to_owned),
            verify: None,
            sessions: Some(Arc::new(support::Sessions::default())),
            ..client(Versions::ALL)
        };
        let pair = handshake(&settings, &server(Versions::ALL, KeyType::Ecdsa)).unwrap();
        pair.server.server_name.clone()
    };
    assert_eq!(sent(Some("Some.Example")).as_deref(), Some("Some.Example"));
    assert_eq!(sent(Some("127.0.0.1")), None);
    assert_eq!(sent(Some("::1")), None);
    assert_eq!(sent(None), None);
    let unlawful = ClientSettings { server_name: Some("not a name".to_owned()), ..client(Versions::ALL) };
    assert_eq!(unlawful.connect().err().unwrap().failure, Failure::Setup);
}

#[test]
fn the_program_decides_alpn_when_it_has_seen_the_hello() {
    let client = ClientSettings { alpn: vec![b"a".to_vec(), b"b".to_vec()], ..client(Versions::ALL) };
    for version in EACH {
        for alpn in [None, Some(b"b".to_vec())] {
            let server = ServerSettings { alpn: alpn.clone(), ..server(Versions::only(version), KeyType::Ecdsa) };
            let pair = handshake(&client, &server).unwrap();
            assert_eq!((&pair.client.alpn, &pair.server.alpn), (&alpn, &alpn));
        }
    }

    let mut refused = client.connect().unwrap();
    let mut acceptor = Acceptor::new();
    let hello = acceptor.read(&take_output(&mut refused)).unwrap();
    assert_eq!(hello.alpn, [b"a", b"b"]);
    let (record, error) = acceptor.refuse(AlertDescription::NO_APPLICATION_PROTOCOL);
    assert_eq!((error.failure, error.alert), (Failure::NoApplicationProtocol, Some(AlertDescription(120))));
    assert_eq!(refused.read(&record).unwrap_err().failure, Failure::PeerAlert(AlertDescription(120)));
}

#[test]
fn the_hello_tells_what_openssl_would() {
    let mut hello = client(Versions::ALL).connect().unwrap();
    let records = take_output(&mut hello);
    let hello = Acceptor::new().read(&records).unwrap();
    assert_eq!(hello.message, records[5..]);
    assert_eq!(hello.legacy_version, 0x0303);
    assert_eq!(hello.random, records[11..43]);
    assert_eq!(hello.session_id, records[44..76]);
    assert_eq!(hello.cipher_suites[..9], *CIPHER_SUITES);
    assert_eq!(hello.compression_methods, [0]);
    assert_eq!(hello.groups, GROUPS);
    assert!(hello.supported_versions.contains(&0x0304) && hello.supported_versions.contains(&0x0303));
    assert!(hello.signature_schemes.contains(&0x0403) && hello.signature_schemes.contains(&0x0804));
    assert_eq!(hello.extension_body(16), Some(&b"\0\x05\x04test"[..]));

    // The same, however it is cut into records.
    for size in [1, 2, 3, 50] {
        let mut acceptor = Acceptor::new();
        let mut pieces = records[5..].chunks(size).peekable();
        while let Some(piece) = pieces.next() {
            let record = [&[22, 3, 1, 0, piece.len() as u8][..], piece].concat();
            let seen = acceptor.read(&record);
            assert_eq!(seen.as_ref(), pieces.peek().is_none().then_some(&hello));
        }
        let accepted = acceptor.accept(&server(Versions::ALL, KeyType::Rsa), &hello).unwrap();
        assert_eq!(accepted.failure(), None);
        assert!(!accepted.output().is_empty());
    }
}
