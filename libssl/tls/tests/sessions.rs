//! Sessions as objects, and the tickets of a server.

mod support;

use sslmode_tls::handshake::{ClientAuth, ClientSettings, ServerSettings, Session, Tickets, Versions};
use sslmode_tls::record::{RecordLayer, Version};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use support::{KeyType, Pair, Pki, Sessions, client, handshake, open, server};

const EACH: [Version; 2] = [Version::Tls12, Version::Tls13];

/// A handshake, and the sessions that the client has when it has read everything.
fn with_sessions(client: &ClientSettings, server: &ServerSettings) -> (Pair, Vec<Session>) {
    let sink = Arc::new(Sessions::default());
    let client = ClientSettings { sessions: Some(sink.clone()), ..client.clone() };
    let mut pair = handshake(&client, server).unwrap();
    let traffic = std::mem::replace(&mut pair.client.traffic, no_traffic());
    let mut layer = RecordLayer::new(traffic);
    for record in &pair.late {
        open(&mut layer, record).unwrap();
    }
    (pair, sink.take())
}

fn no_traffic() -> sslmode_tls::record::Traffic {
    use sslmode_tls::record::{Cipher, Keys, Protection, Role, Traffic};
    let keys = || (Keys::new(Cipher::Aes128Gcm, &[0; 16], &[0; 12]).unwrap(), 0);
    Traffic { role: Role::Client, protection: Protection::Tls12 { write: keys(), read: keys() }, tickets: None }
}

fn resuming(session: &Session) -> ClientSettings {
    ClientSettings { session: Some(session.clone()), ..client(Versions::ALL) }
}

#[test]
fn a_session_says_what_it_is_and_is_resumed_more_than_once() {
    for version in EACH {
        let server = server(Versions::only(version), KeyType::Ecdsa);
        let (pair, sessions) = with_sessions(&client(Versions::ALL), &server);
        assert_eq!(sessions.len(), if version == Version::Tls13 { 2 } else { 1 });
        let session = sessions.last().unwrap();
        assert_eq!((session.version(), session.cipher_suite()), (version, pair.client.cipher_suite));
        assert!(SystemTime::now().duration_since(session.created()).unwrap() < Duration::from_secs(60));
        assert_eq!(session.lifetime(), 7200, "as the server said it, in either version");
        assert!(session.is_resumable());
        if version == Version::Tls13 {
            assert_ne!(sessions[0].id(), sessions[1].id());
        }

        for _ in 0..3 {
            let (again, more) = with_sessions(&resuming(session), &server);
            assert!(again.client.resumed && again.server.resumed, "{version:?}");
            assert!(again.client.peer_certificates.is_empty(), "they are the session's");
            assert_eq!(more.len(), if version == Version::Tls13 { 1 } else { 0 }, "as OpenSSL's servers do it");
            if let Some(next) = more.first() {
                assert!(handshake(&resuming(next), &server).unwrap().client.resumed);
            }
        }
        // Not with another version.
        let other = if version == Version::Tls13 { Version::Tls12 } else { Version::Tls13 };
        let settings = ClientSettings { choices: support::choices(Versions::only(other)), ..resuming(session) };
        assert!(!handshake(&settings, &support::server(Versions::ALL, KeyType::Ecdsa)).unwrap().client.resumed);
    }
}

#[test]
fn a_session_outlives_its_connection_and_its_settings() {
    for version in EACH {
        let server = server(Versions::only(version), KeyType::Rsa);
        let session = {
            let settings = ClientSettings { verify: None, ..client(Versions::ALL) };
            with_sessions(&settings, &server).1.pop().unwrap()
        };
        // Other settings than it was made with: fit or not is the program's affair.
        let identity: Arc<dyn sslmode_tls::handshake::ChooseIdentity> = Arc::new(Pki::get().identity(KeyType::Ecdsa));
        let settings = ClientSettings { identity: Some(identity), ..resuming(&session) };
        assert!(handshake(&settings, &server).unwrap().client.resumed);
    }
}

#[test]
fn as_many_tickets_as_asked_for() {
    for count in [0, 1, 5] {
        let server = ServerSettings { ticket_count: count, ..server(Versions::ALL, KeyType::Ecdsa) };
        let (pair, sessions) = with_sessions(&client(Versions::ALL), &server);
        assert_eq!((!pair.late.is_empty(), sessions.len()), (count > 0, count));
    }
    for version in EACH {
        let server = ServerSettings { tickets: None, ..server(Versions::only(version), KeyType::Ecdsa) };
        assert!(with_sessions(&client(Versions::ALL), &server).1.is_empty());
        let client = ClientSettings { no_ticket: true, ..client(Versions::only(Version::Tls12)) };
        let server = support::server(Versions::ALL, KeyType::Ecdsa);
        assert!(with_sessions(&client, &server).1.is_empty());
    }
}

#[test]
fn keys_and_policy_and_age_decide_about_a_ticket() {
    for version in EACH {
        let tickets = Arc::new(Tickets::generate(7200));
        let server = ServerSettings { tickets: Some(tickets.clone()), ..server(Versions::only(version), KeyType::Rsa) };
        let session = with_sessions(&client(Versions::ALL), &server).1.pop().unwrap();
        let resumed = |server: &ServerSettings| handshake(&resuming(&session), server).unwrap().client.resumed;
        assert!(resumed(&server));
        let same_keys = Arc::new(Tickets::with_keys(*tickets.keys(), 7200));
        assert!(resumed(&ServerSettings { tickets: Some(same_keys), ..server.clone() }));
        let other_keys = Arc::new(Tickets::generate(7200));
        assert!(!resumed(&ServerSettings { tickets: Some(other_keys), ..server.clone() }));
        assert!(!resumed(&ServerSettings { session_context: b"another".to_vec(), ..server.clone() }));
        assert!(!resumed(&ServerSettings { client_auth: ClientAuth::Request, ..server.clone() }));

        // RFC 8446 4.6.1: a lifetime of 0 is no ticket at all.
        let now_or_never = Arc::new(Tickets::generate(0));
        let short = ServerSettings { tickets: Some(now_or_never), ..server };
        let sessions = with_sessions(&client(Versions::ALL), &short).1;
        assert_eq!(sessions.is_empty(), version == Version::Tls13);
    }
}

#[test]
fn a_clients_certificate_is_remembered_by_its_ticket() {
    for version in EACH {
        let server = ServerSettings {
            client_auth: ClientAuth::Require,
            session_context: b"context".to_vec(),
            ..server(Versions::only(version), KeyType::Rsa)
        };
        let identity: Arc<dyn sslmode_tls::handshake::ChooseIdentity> = Arc::new(Pki::get().identity(KeyType::Ecdsa));
        let with_identity = ClientSettings { identity: Some(identity), ..client(Versions::ALL) };
        let (first, mut sessions) = with_sessions(&with_identity, &server);
        let again = handshake(&resuming(&sessions.pop().unwrap()), &server).unwrap();
        assert!(again.server.resumed);
        assert_eq!(again.server.peer_certificates, first.server.peer_certificates);
        assert_eq!(again.server.peer_certificates.len(), 1);
    }
}
