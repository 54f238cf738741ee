//! Certificates in both directions: who is asked, who judges, and which alert a refusal sends.

mod support;

use sslmode_tls::handshake::{
    CertificateRequest, ChooseIdentity, ClientAuth, ClientSettings, Failure, Identity, PeerCertificates,
    ServerSettings, VerifyPeer, Versions,
};
use sslmode_tls::record::{AlertDescription, Version};
use std::sync::{Arc, Mutex};
use support::{KeyType, Pki, both_ends, client, handshake, server};

const EACH: [Version; 2] = [Version::Tls12, Version::Tls13];

/// Refuses with an alert, or accepts, and remembers what it saw.
#[derive(Default)]
struct Judge {
    alert: Option<AlertDescription>,
    saw: Mutex<Vec<Seen>>,
}

/// The chain, the name, the OCSP response.
type Seen = (Vec<Vec<u8>>, Option<String>, Option<Vec<u8>>);

impl VerifyPeer for Judge {
    fn verify(&self, peer: &PeerCertificates<'_>) -> Result<(), AlertDescription> {
        let chain = peer.chain.iter().map(|der| der.to_vec()).collect();
        let (name, response) = (peer.name.map(str::to_owned), peer.ocsp_response.map(<[u8]>::to_vec));
        self.saw.lock().unwrap().push((chain, name, response));
        self.alert.map_or(Ok(()), Err)
    }
}

/// The certificate of a key.
fn certificate(key: KeyType) -> Vec<u8> {
    Pki::get().identity(key).chain().next().unwrap().to_vec()
}

fn with_identity(key: KeyType) -> ClientSettings {
    ClientSettings { identity: Some(Arc::new(Pki::get().identity(key))), ..client(Versions::ALL) }
}

fn asking(version: Version, client_auth: ClientAuth) -> ServerSettings {
    ServerSettings { client_auth, ..server(Versions::only(version), KeyType::Rsa) }
}

#[test]
fn a_client_shows_its_certificate_when_it_is_asked_for() {
    for version in EACH {
        for key in KeyType::ALL {
            for client_auth in [ClientAuth::None, ClientAuth::Request, ClientAuth::Require] {
                let judge = Arc::new(Judge::default());
                let server = ServerSettings { verify: Some(judge.clone()), ..asking(version, client_auth) };
                let pair = handshake(&with_identity(key), &server).unwrap();
                let asked = client_auth != ClientAuth::None;
                assert_eq!(pair.client.certificate_request.is_some(), asked);
                assert_eq!(pair.server.peer_certificates.first(), asked.then(|| certificate(key)).as_ref());
                assert_eq!(pair.server.peer_signature_scheme.is_some(), asked);
                let expected = if asked { vec![(vec![certificate(key)], None, None)] } else { vec![] };
                assert_eq!(*judge.saw.lock().unwrap(), expected, "{version:?} {key:?}");
            }
        }
    }
}

#[test]
fn without_a_certificate_it_goes_on_unless_one_is_required() {
    for version in EACH {
        let pair = handshake(&client(Versions::ALL), &asking(version, ClientAuth::Request)).unwrap();
        assert!(pair.server.peer_certificates.is_empty());
        assert!(pair.client.certificate_request.is_some());

        let both = both_ends(&client(Versions::ALL), &asking(version, ClientAuth::Require));
        let failed = both.server.err().unwrap();
        let alert = match version {
            Version::Tls12 => AlertDescription::HANDSHAKE_FAILURE,
            Version::Tls13 => AlertDescription::CERTIFICATE_REQUIRED,
        };
        assert_eq!((failed.failure, failed.alert), (Failure::NoCertificate, Some(alert)), "{version:?}");
    }
}

#[test]
fn the_client_chooses_when_it_knows_who_is_trusted() {
    struct Chooser(Arc<Identity>, Mutex<Option<CertificateRequest>>);
    impl ChooseIdentity for Chooser {
        fn choose(&self, request: &CertificateRequest) -> Option<Arc<Identity>> {
            *self.1.lock().unwrap() = Some(request.clone());
            request.authorities.contains(&b"0\x00".to_vec()).then(|| self.0.clone())
        }
    }
    for version in EACH {
        for (names, chosen) in [(vec![b"0\x00".to_vec(), b"\x30\x02\x31\x00".to_vec()], true), (Vec::new(), false)] {
            let chooser = Arc::new(Chooser(Pki::get().identity(KeyType::Ecdsa), Mutex::new(None)));
            let client = ClientSettings { identity: Some(chooser.clone()), ..client(Versions::ALL) };
            let server = ServerSettings { authorities: names.clone().into(), ..asking(version, ClientAuth::Request) };
            let pair = handshake(&client, &server).unwrap();
            assert_eq!(pair.server.peer_certificates.is_empty(), !chosen);
            let asked = chooser.1.lock().unwrap().clone().unwrap();
            assert_eq!(asked.authorities, names);
            assert!(asked.schemes.contains(&0x0403), "{asked:?}");
            assert_eq!(pair.client.certificate_request, Some(asked));
        }
    }
}

#[test]
fn a_refusal_sends_the_very_alert_that_was_asked_for() {
    for version in EACH {
        // In TLS 1.3 user_canceled (90) is a warning that the peer skips.
        for number in (1..=255).filter(|&number| (version, number) != (Version::Tls13, 90)) {
            let alert = AlertDescription(number);
            let judge: Arc<dyn VerifyPeer> = Arc::new(Judge { alert: Some(alert), ..Judge::default() });

            // By the client: under TLS 1.3 sealed with the keys of the handshake.
            let refusing = ClientSettings { verify: Some(judge.clone()), ..client(Versions::ALL) };
            let both = both_ends(&refusing, &server(Versions::only(version), KeyType::Ecdsa));
            let failed = both.client.err().unwrap();
            assert_eq!((failed.failure, failed.alert), (Failure::Certificate, Some(alert)));
            assert_eq!(both.server.err().unwrap().failure, Failure::PeerAlert(alert), "{version:?}");

            // By the server: under TLS 1.3 sealed with the keys of the application.
            let server = ServerSettings { verify: Some(judge), ..asking(version, ClientAuth::Request) };
            let failed = both_ends_until_the_server(&with_identity(KeyType::Ecdsa), &server);
            assert_eq!((failed.0.failure, failed.0.alert), (Failure::Certificate, Some(alert)));
            assert_eq!(failed.1, alert);
        }
    }
}

/// Why the server failed, and the alert that its client then reads.
fn both_ends_until_the_server(
    client: &ClientSettings,
    server: &ServerSettings,
) -> (sslmode_tls::handshake::HandshakeError, AlertDescription) {
    let both = both_ends(client, server);
    let failed = both.server.err().unwrap();
    let alert = match both.client {
        Err(client) => match client.failure {
            Failure::PeerAlert(alert) => alert,
            other => panic!("{other:?}"),
        },
        // A TLS 1.3 client was through before: the record layer reads it.
        Ok(client) => {
            let mut layer = sslmode_tls::record::RecordLayer::new(client.traffic);
            match support::open(&mut layer, both.late.last().unwrap()) {
                Err(sslmode_tls::record::Error::PeerAlert(alert)) => alert,
                other => panic!("{other:?}"),
            }
        }
    };
    (failed, alert)
}

#[test]
fn the_judge_gets_the_name_and_what_was_stapled() {
    let pki = Pki::get();
    for version in EACH {
        for response in [None, Some(&b"a stapled response"[..])] {
            let judge = Arc::new(Judge::default());
            let client = ClientSettings { verify: Some(judge.clone()), ..client(Versions::ALL) };
            let chain: Vec<_> = pki.identity(KeyType::Rsa).chain().map(<[u8]>::to_vec).collect();
            let identity = Identity::new(&chain, Arc::new(support::evp::key(KeyType::Rsa)), response);
            let server = ServerSettings {
                identities: vec![Arc::new(identity)],
                ..server(Versions::only(version), KeyType::Rsa)
            };
            let pair = handshake(&client, &server).unwrap();
            let response = response.map(<[u8]>::to_vec);
            assert_eq!(pair.client.ocsp_response, response);
            let saw = (vec![certificate(KeyType::Rsa)], Some("localhost".to_owned()), response);
            assert_eq!(*judge.saw.lock().unwrap(), [saw]);

            let nameless = ClientSettings { server_name: None, ..client };
            handshake(&nameless, &server).unwrap();
            assert_eq!(judge.saw.lock().unwrap()[1].1, None);
        }
    }
}

#[test]
fn a_key_that_is_not_the_certificates_is_found_out() {
    let pki = Pki::get();
    for version in EACH {
        let chain: Vec<_> = pki.identity(KeyType::Rsa).chain().map(<[u8]>::to_vec).collect();
        let mismatched = Identity::new(&chain, Arc::new(support::evp::other_rsa_key()), None);
        let server =
            ServerSettings { identities: vec![Arc::new(mismatched)], ..server(Versions::only(version), KeyType::Rsa) };
        let both = both_ends(&client(Versions::ALL), &server);
        let failed = both.client.err().unwrap();
        assert_eq!((failed.failure, failed.alert), (Failure::BadSignature, Some(AlertDescription::DECRYPT_ERROR)));
    }
}

#[test]
fn a_judge_may_make_a_handshake_of_its_own() {
    struct Nested;
    impl VerifyPeer for Nested {
        fn verify(&self, _peer: &PeerCertificates<'_>) -> Result<(), AlertDescription> {
            let judge = Arc::new(Judge { alert: Some(AlertDescription::UNKNOWN_CA), ..Judge::default() });
            let inner = ClientSettings { verify: Some(judge), ..client(Versions::ALL) };
            let failed = handshake(&inner, &server(Versions::ALL, KeyType::Ecdsa)).err().unwrap();
            assert_eq!(failed.alert, Some(AlertDescription::UNKNOWN_CA));
            Ok(())
        }
    }
    for version in EACH {
        let outer = ClientSettings { verify: Some(Arc::new(Nested)), ..with_identity(KeyType::Ecdsa) };
        let pair = handshake(&outer, &asking(version, ClientAuth::Require)).unwrap();
        assert_eq!(pair.server.peer_certificates[0], certificate(KeyType::Ecdsa));
    }
}
