//! The record layer against streams that nobody foresaw: cut anywhere, damaged anywhere, made up.

mod support;

use proptest::prelude::*;
use sslmode_tls::handshake::{Acceptor, Versions};
use sslmode_tls::record::{
    Cipher, Error, Hash, Keys, Protection, Received, RecordBuffer, RecordLayer, Role, Traffic, TrafficSecret, Version,
};
use support::{KeyType, due, open, seal};

const CIPHERS: [Cipher; 3] = [Cipher::Aes128Gcm, Cipher::Aes256Gcm, Cipher::ChaCha20Poly1305];

fn any_kind() -> impl Strategy<Value = (Version, Cipher)> {
    (prop::bool::ANY, 0..3_usize)
        .prop_map(|(new, cipher)| (if new { Version::Tls13 } else { Version::Tls12 }, CIPHERS[cipher]))
}

fn layer(role: Role, (version, cipher): (Version, Cipher)) -> RecordLayer {
    let (write, read) = if role == Role::Client { (1, 2) } else { (2, 1) };
    let protection = match version {
        Version::Tls12 => {
            let keys = |seed: u8| (Keys::new(cipher, &vec![seed; cipher.key_length()], &[seed; 12]).unwrap(), 1);
            Protection::Tls12 { write: keys(write), read: keys(read) }
        }
        Version::Tls13 => {
            let secret = |seed| (TrafficSecret::new(Hash::Sha384, &[seed; 48]).unwrap(), 0);
            Protection::Tls13 { cipher, write: secret(write), read: secret(read) }
        }
    };
    RecordLayer::new(Traffic { role, protection, tickets: None })
}

/// What a client says in one go.
#[derive(Clone, Debug)]
enum Say {
    Data(Vec<u8>),
    KeyUpdate(bool),
}

fn any_talk() -> impl Strategy<Value = Vec<Say>> {
    let data = prop_oneof![0..40_usize, 1000..1100_usize, 16_300..=16_384_usize].prop_flat_map(|length| {
        any::<u8>().prop_map(move |first| Say::Data((0..length).map(|at| first.wrapping_add(at as u8)).collect()))
    });
    prop::collection::vec(prop_oneof![4 => data, 1 => any::<bool>().prop_map(Say::KeyUpdate)], 1..12)
}

/// The bytes of a talk and a close_notify, and the data in it.
fn spoken(kind: (Version, Cipher), talk: &[Say]) -> (Vec<u8>, Vec<u8>) {
    let mut client = layer(Role::Client, kind);
    let (mut stream, mut data) = (Vec::new(), Vec::new());
    for say in talk {
        match say {
            Say::Data(said) => {
                stream.extend(seal(&mut client, said));
                data.extend_from_slice(said);
            }
            Say::KeyUpdate(request) if kind.0 == Version::Tls13 => {
                client.update_keys(*request).unwrap();
                stream.extend(due(&mut client));
            }
            Say::KeyUpdate(_) => {}
        }
    }
    client.close();
    stream.extend(due(&mut client));
    (stream, data)
}

/// What a server makes of bytes: the data, whether they ended in a close_notify, and what it refused.
struct Heard {
    data: Vec<u8>,
    closed: bool,
    refused: Option<Error>,
}

/// Lets a server hear `pieces`, each read with room for `room` bytes.
fn heard<'a>(kind: (Version, Cipher), pieces: impl Iterator<Item = &'a [u8]>, room: usize) -> Heard {
    let (mut server, mut buffer) = (layer(Role::Server, kind), RecordBuffer::new());
    let mut heard = Heard { data: Vec::new(), closed: false, refused: None };
    let mut out = vec![0xee; room];
    for mut piece in pieces {
        while !piece.is_empty() {
            piece = &piece[buffer.push(piece)..];
            while let Some(record) = buffer.record() {
                assert!(record.len() <= 5 + 16_384 + 2048, "a record longer than any may be was waited for");
                let length = record.len();
                match server.open(record, &mut out) {
                    Ok(Received::Data(count)) => heard.data.extend_from_slice(&out[..count]),
                    Ok(Received::DataInRecord(range)) => {
                        assert!(range.len() > room);
                        heard.data.extend_from_slice(&record[range]);
                    }
                    Ok(Received::CloseNotify) => heard.closed = true,
                    Ok(_) => {}
                    Err(error) => {
                        assert!(error.is_fatal(), "{error}");
                        assert_eq!(*heard.refused.get_or_insert(error), error, "the first refusal does not stick");
                        assert_eq!(server.failure(), Some(error));
                        assert!(server.seal(b"more", &mut [0; 99]).is_err());
                        // An alert is sent once, and is the last thing.
                        let alert = due(&mut server).len();
                        assert!(alert == 0 || alert <= 32);
                        assert_eq!(due(&mut server), []);
                    }
                }
                buffer.consume(length);
            }
        }
    }
    assert_eq!(server.open(&mut [], &mut []).is_err(), heard.refused.is_some() || !heard.closed);
    heard
}

/// Cuts `bytes` at these places.
fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut pieces = Vec::new();
    let mut start = 0;
    for place in places {
        pieces.push(&bytes[start..place]);
        start = place;
    }
    pieces.push(&bytes[start..]);
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same_data(
        kind in any_kind(), talk in any_talk(), places: Vec<usize>, room in prop_oneof![0..50_usize, 1000..20_000_usize]
    ) {
        let (stream, data) = spoken(kind, &talk);
        let heard = heard(kind, cut(&stream, &places).into_iter(), room);
        prop_assert_eq!(heard.refused, None);
        prop_assert!(heard.closed);
        prop_assert!(heard.data == data);
    }

    #[test]
    fn a_flipped_bit_is_refused_and_sticks(
        kind in any_kind(), talk in any_talk(), place: usize, bit in 0..8_u8,
        room in prop_oneof![Just(0), Just(20_000_usize)]
    ) {
        let (mut stream, data) = spoken(kind, &talk);
        let place = place % stream.len();
        stream[place] ^= 1 << bit;
        let heard = heard(kind, [&stream[..]].into_iter(), room);
        // A length that grew may leave the last record waiting: then nothing of it was believed.
        prop_assert!(heard.refused.is_some() || !heard.closed);
        prop_assert!(!heard.closed, "a damaged stream ended as if it were whole");
        prop_assert!(data.starts_with(&heard.data), "data was heard that was not said");
    }

    #[test]
    fn a_stream_cut_short_is_never_whole(kind in any_kind(), talk in any_talk(), length: usize) {
        let (stream, data) = spoken(kind, &talk);
        let heard = heard(kind, [&stream[..length % stream.len()]].into_iter(), 20_000);
        prop_assert_eq!(heard.refused, None);
        prop_assert!(!heard.closed);
        prop_assert!(data.starts_with(&heard.data));
    }

    #[test]
    fn made_up_bytes_are_refused_without_a_panic(
        kind in any_kind(), bytes in prop::collection::vec(any::<u8>(), 0..600), room in 0..600_usize
    ) {
        let heard = heard(kind, [&bytes[..]].into_iter(), room);
        prop_assert!(heard.data.is_empty() && !heard.closed);
    }

    #[test]
    fn a_record_of_another_length_than_its_header_says_is_refused(
        kind in any_kind(), mut record in prop::collection::vec(any::<u8>(), 0..200)
    ) {
        if let Some(first) = record.first_mut() {
            *first = 20 + *first % 4;
        }
        let mut server = layer(Role::Server, kind);
        prop_assert!(server.open(&mut record, &mut [0; 200]).unwrap_err().is_fatal());
    }

    #[test]
    fn swapped_doubled_and_lost_records_are_refused(
        kind in any_kind(), count in 2..6_usize, first: usize, what in 0..3_u8
    ) {
        let mut client = layer(Role::Client, kind);
        let mut records: Vec<Vec<u8>> = (0..count).map(|at| seal(&mut client, &[at as u8; 2000])).collect();
        let first = first % (count - 1);
        match what {
            0 => records.swap(first, first + 1),
            1 => records.insert(first, records[first].clone()),
            _ => drop(records.remove(first)),
        }
        let mut server = layer(Role::Server, kind);
        let opened = records.iter().map_while(|record| open(&mut server, record).ok()).count();
        prop_assert_eq!(opened, if what == 1 { first + 1 } else { first });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_handshake_ends_without_a_panic(new: bool, to_client: bool, place: usize, bit in 0..8_u8) {
        let version = if new { Version::Tls13 } else { Version::Tls12 };
        let mut client = support::client(Versions::only(version)).connect().unwrap();
        let mut hello = support::take_output(&mut client);
        let flip = |bytes: &mut Vec<u8>| {
            let place = place % bytes.len();
            bytes[place] ^= 1 << bit;
        };
        if !to_client {
            flip(&mut hello);
        }
        let mut acceptor = Acceptor::new();
        let Some(seen) = acceptor.read(&hello) else { return Ok(()) };
        let mut server = acceptor.accept(&support::server(Versions::ALL, KeyType::Ecdsa), &seen).unwrap();
        let mut flight = support::take_output(&mut server);
        if to_client {
            flip(&mut flight);
        }
        let mut buffer = RecordBuffer::new();
        let mut rest = &flight[..];
        while !rest.is_empty() {
            rest = &rest[buffer.push(rest)..];
            while let Some(record) = buffer.record() {
                let length = record.len();
                let result = client.read(record);
                prop_assert_eq!(client.failure().cloned(), result.err());
                buffer.consume(length);
            }
        }
        // Pieces that are no records: the server, too, lives through whatever it is shown.
        for piece in support::take_output(&mut client).chunks(200) {
            _ = server.read(piece);
        }
    }
}
