//! Handshakes that fail: each names its reason, ends in bounded memory, and never in a panic.

mod support;

use proptest::prelude::*;
use sslmode_tls::handshake::{
    Acceptor, ClientAuth, ClientHello, ClientSettings, Failure, Handshake, HandshakeError, Progress, ServerSettings,
    Versions,
};
use sslmode_tls::record::{AlertDescription, RecordBuffer, Version};
use std::sync::Arc;
use support::{KeyType, Pki, Sessions, client, records, server, take_output};

const EACH: [Version; 2] = [Version::Tls12, Version::Tls13];

/// A client that has sent its ClientHello.
fn waiting_client(version: Version) -> Handshake {
    let mut end = client(Versions::only(version)).connect().unwrap();
    take_output(&mut end);
    end
}

/// A server after a client's first flight, and what it answered.
fn waiting_server(version: Version, client_auth: ClientAuth) -> (Handshake, Handshake, Vec<Vec<u8>>) {
    let mut client = client(Versions::only(version)).connect().unwrap();
    let mut acceptor = Acceptor::new();
    let hello = acceptor.read(&take_output(&mut client)).unwrap();
    let settings = ServerSettings { client_auth, ..server(Versions::ALL, KeyType::Ecdsa) };
    let mut server = acceptor.accept(&settings, &hello).unwrap();
    let flight = records(&take_output(&mut server));
    (client, server, flight)
}

fn handshake_record(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[22, 3, 3][..], &length, content].concat()
}

fn expect(end: &mut Handshake, record: &[u8], failure: Failure, alert: Option<u8>) {
    let error = end.read(record).unwrap_err();
    assert_eq!((error.failure, error.alert), (failure, alert.map(AlertDescription)), "{error}");
    let sent = take_output(end);
    if let Some(alert) = alert.filter(|_| sent.len() == 7) {
        assert_eq!(sent, [21, 3, 3, 0, 2, 2, alert]);
    }
    assert_eq!(sent.is_empty(), alert.is_none());
    assert_eq!(end.progress(), Progress::Failed);
}

#[test]
fn each_failure_of_a_client_has_its_name_and_alert() {
    for version in EACH {
        let server_hello = |change: fn(&mut Vec<u8>)| {
            let (client, _, mut flight) = waiting_server(version, ClientAuth::None);
            change(&mut flight[0]);
            (client, flight.remove(0))
        };
        let server_hello_done = handshake_record(&[14, 0, 0, 0]);
        expect(&mut waiting_client(version), &server_hello_done, Failure::UnexpectedMessage, Some(10));
        let (mut end, record) = server_hello(|record| record[43] = 33);
        expect(&mut end, &record, Failure::Decode, Some(50));
        // A suite that was not offered.
        let (mut end, record) = server_hello(|record| {
            let suite = 44 + usize::from(record[43]);
            record[suite..suite + 2].copy_from_slice(&[0, 0x35]);
        });
        expect(&mut end, &record, Failure::IllegalParameter, Some(47));

        let mut end = waiting_client(version);
        expect(&mut end, b"HTTP/1.1 400 Bad Request\r\n", Failure::NotTls(*b"HTTP/"), None);
        let mut end = waiting_client(version);
        expect(&mut end, &[21, 3, 3, 0, 2, 2, 40], Failure::PeerAlert(AlertDescription(40)), None);
        let mut end = waiting_client(version);
        expect(&mut end, &[22, 3, 3, 0, 0], Failure::UnexpectedMessage, Some(10));
        let mut end = waiting_client(version);
        expect(&mut end, &[23, 3, 3, 0, 1, 0], Failure::UnexpectedMessage, Some(10));
        let mut end = waiting_client(version);
        expect(&mut end, &handshake_record(&[2, 1, 0, 1]), Failure::MessageTooLong, Some(47));
    }
}

#[test]
fn each_failure_of_a_server_has_its_name_and_alert() {
    let refused = |record: &[u8]| {
        let mut acceptor = Acceptor::new();
        let hello = acceptor.read(record).unwrap();
        let mut end = acceptor.accept(&server(Versions::ALL, KeyType::Ecdsa), &hello).unwrap();
        let error = end.failure().unwrap().clone();
        (error.failure, error.alert.map(|alert| alert.0), take_output(&mut end))
    };
    let alert = |number| vec![21, 3, 3, 0, 2, 2, number];
    // Read as a length, the fourth and fifth byte would have to be waited for.
    let mut buffer = RecordBuffer::new();
    buffer.push(b"GET / HTTP/1.1\r\n\r\n");
    let first = buffer.record().unwrap().to_vec();
    assert_eq!(first, b"GET /");
    assert_eq!(refused(&first), (Failure::NotTls(*b"GET /"), None, vec![]));
    assert_eq!(refused(&handshake_record(&[1, 0, 0, 0])), (Failure::Decode, Some(50), alert(50)));
    assert_eq!(refused(&handshake_record(&[14, 0, 0, 0])), (Failure::UnexpectedMessage, Some(10), alert(10)));
    assert_eq!(refused(&[22, 3, 1, 0, 0]), (Failure::UnexpectedMessage, Some(10), alert(10)));
    // TLS 1.0 is the highest that this client can do.
    let body = [&[3, 1][..], &[7; 32], &[0, 0, 2, 0xc0, 0x13, 1, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3]].concat();
    let old = handshake_record(&[&[1, 0, 0, body.len() as u8][..], &body].concat());
    assert_eq!(refused(&old), (Failure::UnsupportedProtocol, Some(70), alert(70)));
    // No signature_algorithms.
    let body = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0xc0, 0x2b, 1, 0]].concat();
    let bare = handshake_record(&[&[1, 0, 0, body.len() as u8][..], &body].concat());
    assert_eq!(refused(&bare), (Failure::MissingExtension, Some(40), alert(40)));
}

#[test]
fn what_was_changed_on_its_way_is_found_out() {
    for version in EACH {
        let (mut client, mut server, flight) = waiting_server(version, ClientAuth::None);
        for record in &flight {
            client.read(record).unwrap();
        }
        let mut answer = records(&take_output(&mut client));
        let last = answer.last_mut().unwrap();
        *last.last_mut().unwrap() ^= 1;
        let error = answer.iter().find_map(|record| server.read(record).err()).unwrap();
        let alert = Some(AlertDescription::BAD_RECORD_MAC);
        assert_eq!((error.failure, error.alert), (Failure::BadRecord, alert), "{version:?}");
    }
    // A hello that was changed on its way: the keys of both ends come from what each of them saw.
    for (version, failure) in [(Version::Tls12, Failure::BadSignature), (Version::Tls13, Failure::BadRecord)] {
        let mut client = client(Versions::only(version)).connect().unwrap();
        let mut hello = take_output(&mut client);
        hello[40] ^= 1;
        let mut acceptor = Acceptor::new();
        let seen = acceptor.read(&hello).unwrap();
        let mut server = acceptor.accept(&support::server(Versions::ALL, KeyType::Ecdsa), &seen).unwrap();
        let flight = records(&take_output(&mut server));
        let error = flight.iter().find_map(|record| client.read(record).err()).unwrap();
        assert_eq!(error.failure, failure);
    }
}

#[test]
fn progress_is_told() {
    for version in EACH {
        let (mut client, mut server, flight) = waiting_server(version, ClientAuth::None);
        assert_eq!((client.progress(), client.version()), (Progress::Hello, None));
        assert_eq!((server.progress(), server.version()), (Progress::Finishing, Some(version)));
        client.read(&flight[0]).unwrap();
        assert_eq!((client.progress(), client.version()), (Progress::Finishing, Some(version)));
        for record in &flight[1..] {
            client.read(record).unwrap();
        }
        for record in records(&take_output(&mut client)) {
            server.read(&record).unwrap();
        }
        for record in records(&take_output(&mut server)) {
            if !client.is_complete() {
                client.read(&record).unwrap();
            }
        }
        assert_eq!((client.progress(), server.progress()), (Progress::Complete, Progress::Complete));
        // What comes now is not the handshake's.
        let before = client.output().to_vec();
        assert_eq!(client.read(&[23, 3, 3, 0, 1, 0]).unwrap_err().failure, Failure::Internal);
        assert_eq!((client.output(), client.progress()), (&before[..], Progress::Complete));
        assert!(client.finish().is_ok());
    }
}

/// How many bytes of `record`, over and over, an end takes before it fails.
fn endured(end: &mut Handshake, first: &[u8], record: &[u8]) -> usize {
    let mut taken = 0;
    let mut next = first;
    while taken < 4 << 20 {
        if end.read(next).is_err() {
            return taken;
        }
        taken += next.len();
        next = record;
    }
    panic!("more than {taken} bytes were taken");
}

#[test]
fn floods_end_in_bounded_memory() {
    let pieces = |kind: u8| {
        // A message that claims 65,535 bytes, one that claims all there can be, and one byte at a time.
        let first = |claim: [u8; 3]| handshake_record(&[&[kind][..], &claim, &[0; 16_000]].concat());
        vec![
            (first([0, 0xff, 0xff]), handshake_record(&[0; 16_000])),
            (first([0xff, 0xff, 0xff]), handshake_record(&[0; 16_000])),
            (first([0, 0xff, 0xff]), handshake_record(&[0])),
            (vec![20, 3, 3, 0, 1, 1], vec![20, 3, 3, 0, 1, 1]),
            (vec![21, 3, 3, 0, 2, 1, 90], vec![21, 3, 3, 0, 2, 1, 90]),
            (vec![22, 3, 3, 0, 0], vec![22, 3, 3, 0, 0]),
            (handshake_record(&[0, 0, 0, 0]), handshake_record(&[0, 0, 0, 0])),
        ]
    };
    for version in EACH {
        for (first, more) in pieces(2) {
            let taken = endured(&mut waiting_client(version), &first, &more);
            assert!(taken <= 70_000, "{taken}");
        }
        // After the ServerHello: a certificate in TLS 1.2.
        for (first, more) in pieces(11) {
            let (mut client, _, flight) = waiting_server(version, ClientAuth::None);
            client.read(&flight[0]).unwrap();
            assert!(endured(&mut client, &first, &more) <= 70_000);
        }
        for (first, more) in pieces(11) {
            let (_, mut server, _) = waiting_server(version, ClientAuth::Request);
            assert!(endured(&mut server, &first, &more) <= 70_000);
        }
    }
    for (first, more) in pieces(1) {
        let mut acceptor = Acceptor::new();
        let mut taken = first.len();
        if acceptor.read(&first).is_none() {
            while acceptor.read(&more).is_none() {
                taken += more.len();
                assert!(taken <= 90_000, "the acceptor took {taken} bytes");
            }
        }
        let mut end = acceptor.accept(&server(Versions::ALL, KeyType::Rsa), &ClientHello::default()).unwrap();
        assert!(end.failure().is_some() || endured(&mut end, &more, &more) <= 70_000);
    }
}

/// What is done to one record on its way.
#[derive(Clone, Debug)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Twice,
    Drop,
    Before(Vec<u8>),
}

fn any_damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    let bytes = || prop::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        8 => (at(), 1..=255_u8).prop_map(|(at, with)| Damage::Flip(at, with)),
        2 => at().prop_map(Damage::Cut),
        2 => (at(), bytes()).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => Just(Damage::Twice),
        1 => Just(Damage::Drop),
        1 => (20..24_u8, bytes()).prop_map(|(kind, body)| {
            Damage::Before([&[kind, 3, 3, 0, body.len() as u8][..], &body].concat())
        }),
    ]
}

impl Damage {
    /// The records in the place of this one; lengths fit, so that what is inside is looked at.
    fn apply(&self, record: &[u8]) -> Vec<Vec<u8>> {
        let framed = |content: Vec<u8>| {
            let length = (content.len() as u16).to_be_bytes();
            vec![[&record[..3], &length, &content].concat()]
        };
        let mut content = record[5..].to_vec();
        match self {
            Damage::Flip(at, with) => {
                let mut record = record.to_vec();
                let at = at.index(record.len());
                record[at] ^= with;
                vec![record]
            }
            Damage::Cut(at) => {
                content.truncate(at.index(content.len() + 1));
                framed(content)
            }
            Damage::Insert(at, bytes) => {
                let at = at.index(content.len() + 1);
                content.splice(at..at, bytes.iter().copied());
                framed(content)
            }
            Damage::Twice => vec![record.to_vec(), record.to_vec()],
            Damage::Drop => vec![],
            Damage::Before(other) => vec![other.clone(), record.to_vec()],
        }
    }
}

/// One end that gets damaged records.
struct End {
    handshake: Handshake,
    failure: Option<HandshakeError>,
}

impl End {
    fn read(&mut self, record: &[u8]) {
        let result = self.handshake.read(record);
        if let Some(first) = &self.failure {
            assert_eq!(result.as_ref().unwrap_err(), first, "a failure sticks");
        }
        self.failure = result.err().or(self.failure.take());
    }

    fn over(&self) -> bool {
        self.failure.is_some() || self.handshake.is_complete()
    }
}

/// Runs a handshake whose records are damaged: `damages` say which, counted over both directions.
fn damaged(client: &ClientSettings, settings: &ServerSettings, damages: &[(usize, Damage)]) {
    let mut at = 0;
    let mut damage = |bytes: Vec<u8>| -> Vec<Vec<u8>> {
        let damaged = records(&bytes).into_iter().flat_map(|record| {
            at += 1;
            let damage = damages.iter().find(|(which, _)| *which == at - 1);
            damage.map_or_else(|| vec![record.clone()], |(_, damage)| damage.apply(&record))
        });
        damaged.collect()
    };
    let mut client = End { handshake: client.connect().unwrap(), failure: None };
    let mut acceptor = Some(Acceptor::new());
    let mut server: Option<End> = None;
    for _ in 0..8 {
        for record in damage(take_output(&mut client.handshake)) {
            match (&mut server, &mut acceptor) {
                (Some(server), _) if !server.handshake.is_complete() => server.read(&record),
                (None, Some(reading)) => {
                    if let Some(hello) = reading.read(&record) {
                        let handshake = acceptor.take().unwrap().accept(settings, &hello).unwrap();
                        let failure = handshake.failure().cloned();
                        server = Some(End { handshake, failure });
                    }
                }
                _ => {}
            }
        }
        let Some(server) = &mut server else { continue };
        for record in damage(take_output(&mut server.handshake)) {
            if !client.handshake.is_complete() {
                client.read(&record);
            }
        }
        if client.over() && server.over() {
            break;
        }
    }
    for end in [Some(client), server].into_iter().flatten() {
        let complete = end.handshake.is_complete();
        assert!(!(complete && end.failure.is_some()));
        if let Some(alert) = end.failure.as_ref().and_then(|failure| failure.alert) {
            assert_ne!(alert.0, 0);
        }
        // Complete, and yet refused: a part of a message was left over.
        _ = end.handshake.finish();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damaged_flights_never_panic(
        new in any::<bool>(),
        asked in any::<bool>(),
        resumed in any::<bool>(),
        damages in prop::collection::vec((0..12_usize, any_damage()), 1..3),
    ) {
        let version = if new { Version::Tls13 } else { Version::Tls12 };
        let sink = Arc::new(Sessions::default());
        let client_auth = if asked { ClientAuth::Request } else { ClientAuth::None };
        let settings = ServerSettings { client_auth, ..server(Versions::only(version), KeyType::Ecdsa) };
        let mut client = ClientSettings {
            identity: Some(Arc::new(Pki::get().identity(KeyType::Ecdsa))),
            sessions: Some(sink.clone()),
            ..client(Versions::ALL)
        };
        if resumed {
            let pair = support::handshake(&client, &settings).unwrap();
            let mut layer = sslmode_tls::record::RecordLayer::new(pair.client.traffic);
            for record in &pair.late {
                support::open(&mut layer, record).unwrap();
            }
            client.session = sink.take().pop();
        }
        damaged(&client, &settings, &damages);
    }

    #[test]
    fn a_hello_of_any_bytes_is_parsed_or_not(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        _ = ClientHello::parse(&bytes);
        let mut end = Acceptor::new();
        _ = end.read(&bytes);
    }

    #[test]
    fn a_damaged_hello_is_parsed_or_not(damage in any_damage()) {
        let mut end = client(Versions::ALL).connect().unwrap();
        for record in damage.apply(&take_output(&mut end)) {
            if let Some(hello) = ClientHello::parse(&record[5..]) {
                prop_assert_eq!(&hello.message[..], &record[5..]);
                for (number, range) in &hello.extensions {
                    prop_assert!(hello.message.get(range.clone()).is_some(), "{}", number);
                }
            }
        }
    }
}
