//! The record layer after the hand-over: records of any type and content, sealed with the keys that it opens them with.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sslmode_fuzz::Input;
use sslmode_fuzz::seal::Key;
use sslmode_tls::record::{
    Cipher, Hash, Keys, Protection, Received, RecordBuffer, RecordLayer, Role, Traffic, TrafficSecret, Version,
};

const CIPHERS: [Cipher; 3] = [Cipher::Aes128Gcm, Cipher::Aes256Gcm, Cipher::ChaCha20Poly1305];

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let kind = input.u8();
    let cipher = CIPHERS[usize::from(kind >> 2) % 3];
    let role = if kind & 2 == 0 { Role::Client } else { Role::Server };
    let version = if kind & 1 == 0 { Version::Tls13 } else { Version::Tls12 };
    let (mut layer, mut peer) = ends(version, cipher, role);
    let room = usize::from(input.u16());
    let (mut buffer, mut out) = (RecordBuffer::new(), vec![0xee; room]);
    while !input.is_empty() {
        let wire = said(&mut input, &mut peer, version);
        let mut rest = &wire[..];
        while !rest.is_empty() {
            let count = buffer.push(rest);
            rest = &rest[count..];
            let Some(record) = buffer.record() else { break };
            let length = record.len();
            heard(&mut layer, record, &mut out);
            buffer.consume(length);
        }
        let mut due = vec![0; layer.due_length()];
        assert!(layer.seal_due(&mut due).unwrap() <= due.len());
    }
});

fn ends(version: Version, cipher: Cipher, role: Role) -> (RecordLayer, Key) {
    let key = vec![7; cipher.key_length()];
    let (protection, peer) = match version {
        Version::Tls13 => {
            let secret = || TrafficSecret::new(Hash::Sha256, &[9; 32]).unwrap();
            let protection = Protection::Tls13 { cipher, write: (secret(), 0), read: (secret(), 0) };
            (protection, Key::tls13(cipher, Hash::Sha256, &[9; 32]))
        }
        Version::Tls12 => {
            let keys = || (Keys::new(cipher, &key, &[3; 12]).unwrap(), 1);
            (Protection::Tls12 { write: keys(), read: keys() }, Key::tls12(cipher, &key, [3; 12]))
        }
    };
    (RecordLayer::new(Traffic { role, protection, tickets: None }), peer)
}

/// The next thing that the peer says: mostly a record that opens.
fn said(input: &mut Input<'_>, peer: &mut Key, version: Version) -> Vec<u8> {
    match input.u8() {
        // A lawful KeyUpdate, after which the peer's keys are new ones too.
        0 if version == Version::Tls13 => {
            let record = peer.seal(22, &[24, 0, 0, 1, input.u8() & 1], 0);
            peer.update();
            record
        }
        // Bytes that are not protected.
        1 => {
            let count = input.u16().into();
            input.bytes(count).to_vec()
        }
        // A record that is damaged.
        2 => {
            let mut record = peer.seal(23, b"damaged", 0);
            input.mutate(&mut record);
            record
        }
        // As long as may be, or longer.
        3 => peer.seal(23, &vec![5; 16_380 + usize::from(input.u8() % 8)], 0),
        number => {
            let (count, padding) = (input.u8().into(), usize::from(input.u8() % 4));
            let content_type = if number < 8 { number } else { 20 + number % 4 };
            peer.seal(content_type, input.bytes(count), padding)
        }
    }
}

fn heard(layer: &mut RecordLayer, record: &mut [u8], out: &mut [u8]) {
    let (failure, length) = (layer.failure(), record.len());
    match layer.open(record, out) {
        Ok(Received::Data(count)) => assert!(count <= out.len()),
        Ok(Received::DataInRecord(range)) => assert!(range.end <= length && range.len() > out.len()),
        Ok(_) => assert_eq!(layer.failure(), None),
        Err(error) => {
            assert!(error.is_fatal() && layer.failure() == Some(failure.unwrap_or(error)));
            assert!(layer.seal(b"more", &mut [0; 99]).is_err());
        }
    }
}
