//! Handshakes between two of our own ends, and what they hand over.

mod support;

use sslmode_tls::handshake::{Acceptor, ClientHello, ClientSettings, FALLBACK_SCSV, Failure, Versions};
use sslmode_tls::record::{AlertDescription, Protection, Received, RecordLayer, Version};
use std::sync::Arc;
use support::{End, KeyType, Pki, Sessions, client, due, handshake, open, records, seal, server, take_output};

const EACH: [Version; 2] = [Version::Tls12, Version::Tls13];

#[test]
fn both_roles_and_versions_hand_over() {
    for version in EACH {
        for key in [KeyType::Rsa, KeyType::Ecdsa] {
            let pair = handshake(&client(Versions::ALL), &server(Versions::only(version), key)).unwrap();
            for end in [&pair.client, &pair.server] {
                assert_eq!(end.alpn.as_deref(), Some(&b"test"[..]));
                assert!(!end.resumed);
            }
            assert_eq!(pair.client.cipher_suite, pair.server.cipher_suite);
            assert_eq!(pair.client.peer_certificates.len(), 1);
            assert!(pair.server.peer_certificates.is_empty());
            let sequences = |end: &End| match &end.traffic.protection {
                Protection::Tls12 { write, read } => (write.1, read.1),
                Protection::Tls13 { write, read, .. } => (write.1, read.1),
            };
            let expected =
                if version == Version::Tls12 { [(1, 1), (1, 1)] } else { [(0, 0), (pair.late.len() as u64, 0)] };
            assert_eq!([sequences(&pair.client), sequences(&pair.server)], expected);

            let (mut client, mut server) =
                (RecordLayer::new(pair.client.traffic), RecordLayer::new(pair.server.traffic));
            assert_eq!((client.version(), server.version()), (version, version));
            let tickets: u32 = pair
                .late
                .iter()
                .map(|record| match open(&mut client, record).unwrap().0 {
                    Received::Handshake { tickets, key_update: false } => tickets,
                    other => panic!("{other:?}"),
                })
                .sum();
            assert_eq!(tickets, if version == Version::Tls13 { 2 } else { 0 });
            for (from, to) in [(true, false), (false, true), (true, false)] {
                let (from, to) = if from && !to { (&mut client, &mut server) } else { (&mut server, &mut client) };
                let record = seal(from, b"in a record");
                assert_eq!(open(to, &record).unwrap(), (Received::Data(11), b"in a record".to_vec()));
            }
        }
    }
}

#[test]
fn both_ends_export_the_same() {
    for version in EACH {
        let pair = handshake(&client(Versions::only(version)), &server(Versions::ALL, KeyType::Ecdsa)).unwrap();
        let (client, server) = (pair.client.established.exporter.unwrap(), pair.server.established.exporter.unwrap());
        for context in [None, Some(&b""[..]), Some(b"context")] {
            let (mut ours, mut theirs) = ([0; 40], [0; 40]);
            assert!(client.export(b"EXPORTER-test", context, &mut ours));
            assert!(server.export(b"EXPORTER-test", context, &mut theirs));
            assert_eq!(ours, theirs);
            assert_ne!(ours, [0; 40]);
        }
        assert!(!client.export(b"EXPORTER-test", None, &mut []));
    }
}

#[test]
fn a_ticket_that_cannot_be_read_is_a_decode_error() {
    let settings = ClientSettings { sessions: Some(Arc::new(Sessions::default())), ..client(Versions::ALL) };
    let pair = handshake(&settings, &server(Versions::ALL, KeyType::Ecdsa)).unwrap();
    let mut traffic = pair.client.traffic;
    let sink = traffic.tickets.as_mut().unwrap();
    assert_eq!(sink.ticket(b"no ticket"), Err(AlertDescription::DECODE_ERROR));
}

#[test]
fn another_authority_and_another_name_are_refused() {
    for version in EACH {
        let server = server(Versions::only(version), KeyType::Ecdsa);
        let verify = Pki::get().authorities("other-ca.pem");
        let stranger = ClientSettings { verify, ..client(Versions::ALL) };
        assert_eq!(handshake(&stranger, &server).err().unwrap().failure, Failure::Certificate);

        let misled = ClientSettings { server_name: Some("another.test".to_owned()), ..client(Versions::ALL) };
        assert_eq!(handshake(&misled, &server).err().unwrap().failure, Failure::Certificate);

        let trusting = ClientSettings { verify: None, ..client(Versions::ALL) };
        assert!(handshake(&trusting, &server).is_ok());
    }
}

#[test]
fn the_fallback_value_is_in_the_hello_and_refused_where_there_is_no_need_of_it() {
    let settings = |versions| ClientSettings { fallback_scsv: true, ..client(versions) };
    let fallback = settings(Versions::only(Version::Tls12));
    let mut hello = fallback.connect().unwrap();
    let hello = &records(&take_output(&mut hello))[0];
    let suites = Acceptor::new().read(hello).unwrap().cipher_suites;
    assert_eq!(suites.iter().filter(|&&suite| suite == FALLBACK_SCSV).count(), 1);

    // A server that could do more refuses (RFC 7507 3) ...
    let refused = handshake(&fallback, &server(Versions::ALL, KeyType::Rsa)).err().unwrap();
    assert_eq!(refused.failure, Failure::PeerAlert(AlertDescription::INAPPROPRIATE_FALLBACK));
    // ... one that could not goes on, and so does one whose client offers all that it can.
    assert!(handshake(&fallback, &server(Versions::only(Version::Tls12), KeyType::Rsa)).is_ok());
    let needless = settings(Versions::ALL);
    assert!(handshake(&needless, &server(Versions::ALL, KeyType::Rsa)).is_ok());
}

#[test]
fn a_refused_fallback_is_answered_by_the_alert_alone() {
    let settings = ClientSettings { fallback_scsv: true, ..client(Versions::only(Version::Tls12)) };
    let mut client = settings.connect().unwrap();
    let hello = take_output(&mut client);
    let mut acceptor = Acceptor::new();
    let seen = acceptor.read(&hello).unwrap();
    assert_eq!(seen.server_name.as_deref(), Some("localhost"));
    assert_eq!(seen.alpn, [b"test"]);
    let mut refusing = acceptor.accept(&server(Versions::ALL, KeyType::Rsa), &seen).unwrap();
    assert_eq!(take_output(&mut refusing), [21, 3, 3, 0, 2, 2, 86]);
    assert_eq!(refusing.failure().unwrap().failure, Failure::InappropriateFallback);

    // A server that chooses the signaling value as if it were a suite.
    let mut acceptor = Acceptor::new();
    let seen = acceptor.read(&hello).unwrap();
    let only = server(Versions::only(Version::Tls12), KeyType::Rsa);
    let mut answer = records(&take_output(&mut acceptor.accept(&only, &seen).unwrap())).remove(0);
    let suite = 44 + usize::from(answer[43]);
    answer[suite..suite + 2].copy_from_slice(&FALLBACK_SCSV.to_be_bytes());
    assert_eq!(client.read(&answer).unwrap_err().failure, Failure::IllegalParameter);
    assert_eq!(take_output(&mut client), [21, 3, 3, 0, 2, 2, 47]);
}

#[test]
fn failures_stick_and_leave_an_alert() {
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[22, 3, 1, 0, 4, 1, 0, 0, 0], &[21, 3, 3, 0, 2, 2, 40]] {
        let mut client = client(Versions::ALL).connect().unwrap();
        take_output(&mut client);
        let first = client.read(garbage).unwrap_err();
        let alert = take_output(&mut client);
        assert_eq!(alert.first().copied().unwrap_or(21), 21, "{garbage:?}");
        assert_eq!(client.read(&[22, 3, 3, 0, 0]).unwrap_err(), first);
        assert!(client.output().is_empty());
        assert!(client.finish().is_err());
    }
}

#[test]
fn a_message_that_is_too_long_is_not_waited_for() {
    // A handshake message that claims 16 MiB less one byte, in records of 16 KiB.
    let piece = |message_type: Option<u8>| {
        let mut record = vec![0; 5 + 16_384];
        record[..5].copy_from_slice(&[22, 3, 3, 64, 0]);
        if let Some(message_type) = message_type {
            record[5..9].copy_from_slice(&[message_type, 0xff, 0xff, 0xff]);
        }
        record
    };
    let mut end = client(Versions::ALL).connect().unwrap();
    let taken = (0..100).take_while(|&at| end.read(&piece((at == 0).then_some(2))).is_ok()).count();
    assert!(taken < 6, "the client took {taken} records");

    let mut acceptor = Acceptor::new();
    let taken = (0..100).take_while(|&at| acceptor.read(&piece((at == 0).then_some(1))).is_none()).count();
    assert!(taken < 6, "the acceptor took {taken} records");
    let mut refused = acceptor.accept(&server(Versions::ALL, KeyType::Rsa), &ClientHello::default()).unwrap();
    assert_eq!(refused.failure().map(|error| error.failure), Some(Failure::MessageTooLong));
    assert_eq!(take_output(&mut refused), [21, 3, 3, 0, 2, 2, 47]);
}

#[test]
fn close_notify_crosses_both_ways() {
    for version in EACH {
        let pair = handshake(&client(Versions::only(version)), &server(Versions::ALL, KeyType::Ecdsa)).unwrap();
        let (mut client, mut server) = (RecordLayer::new(pair.client.traffic), RecordLayer::new(pair.server.traffic));
        client.close();
        assert_eq!(open(&mut server, &due(&mut client)).unwrap().0, Received::CloseNotify);
        server.close();
        for record in pair.late {
            open(&mut client, &record).unwrap();
        }
        assert_eq!(open(&mut client, &due(&mut server)).unwrap().0, Received::CloseNotify);
    }
}
