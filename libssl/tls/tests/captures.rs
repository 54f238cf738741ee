//! The record layer against records that OpenSSL made: every AEAD in both versions (`data/captures.txt`).

mod support;

use sslmode_tls::record::{Cipher, Hash, Keys, Protection, Received, RecordLayer, Role, Traffic, TrafficSecret};
use support::{due, open, seal};

const CAPTURES: &str = include_str!("data/captures.txt");

/// One connection: how its records are protected, and the records.
struct Capture {
    suite: &'static str,
    secrets: Vec<Vec<u8>>,
    records: Vec<(Role, u64, Vec<u8>)>,
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn captures() -> Vec<Capture> {
    let mut captures: Vec<Capture> = Vec::new();
    for line in CAPTURES.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<_> = line.split_whitespace().collect();
        match words[..] {
            ["tls12" | "tls13", suite, ref secrets @ ..] => captures.push(Capture {
                suite,
                secrets: secrets.iter().map(|text| hex(text)).collect(),
                records: Vec::new(),
            }),
            [sender, sequence, record] => {
                let role = if sender == "client" { Role::Client } else { Role::Server };
                captures.last_mut().unwrap().records.push((role, sequence.parse().unwrap(), hex(record)));
            }
            _ => panic!("{line}"),
        }
    }
    captures
}

impl Capture {
    fn cipher(&self) -> Cipher {
        match self.suite {
            suite if suite.contains("CHACHA20") => Cipher::ChaCha20Poly1305,
            suite if suite.contains("AES128") || suite.contains("AES_128") => Cipher::Aes128Gcm,
            _ => Cipher::Aes256Gcm,
        }
    }

    /// The end that plays `role`, just before it sends or receives the first of the records.
    fn layer(&self, role: Role) -> RecordLayer {
        let first = |sender| self.records.iter().find(|(role, ..)| *role == sender).unwrap().1;
        let (client, server) = (first(Role::Client), first(Role::Server));
        let protection = match &self.secrets[..] {
            [client_key, client_iv, server_key, server_iv] => {
                let keys = |key: &[u8], iv: &[u8]| {
                    // Of AES-GCM's nonce the key exchange gives four bytes (RFC 5288 3).
                    let mut nonce = [0; 12];
                    nonce[..iv.len()].copy_from_slice(iv);
                    Keys::new(self.cipher(), key, &nonce).unwrap()
                };
                let client = (keys(client_key, client_iv), client);
                let server = (keys(server_key, server_iv), server);
                let (write, read) = if role == Role::Client { (client, server) } else { (server, client) };
                Protection::Tls12 { write, read }
            }
            [client_secret, server_secret] => {
                let secret = |bytes: &[u8]| {
                    let hash = if bytes.len() == Hash::Sha384.length() { Hash::Sha384 } else { Hash::Sha256 };
                    TrafficSecret::new(hash, bytes).unwrap()
                };
                let (client, server) = ((secret(client_secret), client), (secret(server_secret), server));
                let (write, read) = if role == Role::Client { (client, server) } else { (server, client) };
                Protection::Tls13 { cipher: self.cipher(), write, read }
            }
            _ => panic!("{}", self.suite),
        };
        RecordLayer::new(Traffic { role, protection, tickets: None })
    }

    fn sent_by(&self, sender: Role) -> impl Iterator<Item = &[u8]> {
        self.records.iter().filter(move |(role, ..)| *role == sender).map(|(.., record)| record.as_slice())
    }
}

fn text(sender: Role) -> &'static [u8] {
    if sender == Role::Client { b"from the client" } else { b"from the server" }
}

#[test]
fn openssls_records_are_opened() {
    assert_eq!(captures().len(), 6);
    for capture in captures() {
        for (sender, receiver) in [(Role::Client, Role::Server), (Role::Server, Role::Client)] {
            let mut layer = capture.layer(receiver);
            let opened: Vec<_> = capture.sent_by(sender).map(|record| open(&mut layer, record).unwrap()).collect();
            let data = text(sender);
            let expected = [(Received::Data(data.len()), data.to_vec()), (Received::CloseNotify, Vec::new())];
            assert_eq!(opened, expected, "{}", capture.suite);
        }
    }
}

/// But for the explicit nonces of TLS 1.2 with AES-GCM, which each end chooses, there is one way to seal a record.
#[test]
fn the_same_bytes_are_sealed_to_the_same_records() {
    let one_way = |capture: &&Capture| capture.secrets.len() == 2 || capture.cipher() == Cipher::ChaCha20Poly1305;
    let captures = captures();
    assert_eq!(captures.iter().filter(one_way).count(), 4);
    for capture in captures.iter().filter(one_way) {
        for sender in [Role::Client, Role::Server] {
            let mut layer = capture.layer(sender);
            let data = seal(&mut layer, text(sender));
            layer.close();
            assert_eq!([data, due(&mut layer)], capture.sent_by(sender).collect::<Vec<_>>()[..], "{}", capture.suite);
        }
    }
}

#[test]
fn a_bit_changed_anywhere_is_noticed() {
    for capture in captures() {
        let record = capture.sent_by(Role::Server).next().unwrap().to_vec();
        for at in 5..record.len() {
            let mut changed = record.clone();
            changed[at] ^= 1;
            assert!(open(&mut capture.layer(Role::Client), &changed).is_err(), "{}: byte {at}", capture.suite);
        }
    }
}
