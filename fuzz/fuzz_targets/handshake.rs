//! A whole handshake with rustls as the peer, whose messages are damaged on the way: those of TLS 1.3 inside of their
//! protection, which is made good again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustls::{CipherSuite, Connection as Peer};
use sslmode_fuzz::seal::{Captured, Key, records};
use sslmode_fuzz::{Input, ends};
use sslmode_tls::handshake::Versions;
use sslmode_tls::record::{Cipher, Hash, Version};
use std::sync::Arc;

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (kind, at) = (input.u8(), input.u8());
    let version = if kind & 1 == 0 { Version::Tls13 } else { Version::Tls12 };
    let captured = Arc::new(Captured::default());
    let sessions = Arc::default();
    let ours_is_client = kind & 2 == 0;
    let (mut ours, mut peer) = if ours_is_client {
        let settings = ends::client_settings(Versions::only(version), &sessions);
        (ends::client(&settings), Peer::Server(ends::rustls_server(version, captured.clone())))
    } else {
        let settings = ends::server_settings(Versions::only(version));
        (ends::server(settings), Peer::Client(ends::rustls_client(version, captured.clone())))
    };
    ours.wire.piece = usize::from(kind >> 4);
    ours.take(&[]);
    let label = if ours_is_client { "SERVER_HANDSHAKE_TRAFFIC_SECRET" } else { "CLIENT_HANDSHAKE_TRAFFIC_SECRET" };
    let mut way = Way { at, seen: 0, label, keys: None, captured };
    for _ in 0..6 {
        let sent = std::mem::take(&mut ours.wire.sent);
        if peer.read_tls(&mut &sent[..]).is_err() || peer.process_new_packets().is_err() {
            return;
        }
        let mut flight = Vec::new();
        while peer.wants_write() {
            peer.write_tls(&mut flight).unwrap();
        }
        let suite = peer.negotiated_cipher_suite().map(|suite| suite.suite());
        for record in records(&flight) {
            ours.take(&way.pass(record, suite, &mut input));
        }
        if !ours.connection.is_alive() {
            return;
        }
    }
});

/// The way from the peer to us.
struct Way {
    /// Which record is damaged; those behind it are let through.
    at: u8,
    seen: u8,
    label: &'static str,
    keys: Option<[Key; 2]>,
    captured: Arc<Captured>,
}

impl Way {
    fn pass(&mut self, record: &[u8], suite: Option<CipherSuite>, input: &mut Input<'_>) -> Vec<u8> {
        let here = self.seen == self.at % 8;
        self.seen = self.seen.saturating_add(1);
        let mut record = record.to_vec();
        if record[0] == 23
            && let Some([open, seal]) = self.keys(suite)
        {
            // Also where nothing is damaged: the numbers of the records go on.
            let Some((mut content_type, mut content)) = open.open(&record) else { return record };
            if here {
                input.mutate(&mut content);
                content_type = if input.u8() == 1 { input.u8() } else { content_type };
                content.truncate(16_400);
            }
            return seal.seal(content_type, &content, 0);
        }
        if here {
            let mut body = record.split_off(5);
            input.mutate(&mut body);
            body.truncate(16_640);
            record[3..].copy_from_slice(&(body.len() as u16).to_be_bytes());
            record.extend(body);
        }
        record
    }

    /// What opens the peer's records of the handshake, and what seals them again.
    fn keys(&mut self, suite: Option<CipherSuite>) -> Option<&mut [Key; 2]> {
        if self.keys.is_none() {
            let secret = self.captured.secret(self.label)?;
            let (cipher, hash) = match suite? {
                CipherSuite::TLS13_AES_128_GCM_SHA256 => (Cipher::Aes128Gcm, Hash::Sha256),
                CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => (Cipher::ChaCha20Poly1305, Hash::Sha256),
                CipherSuite::TLS13_AES_256_GCM_SHA384 => (Cipher::Aes256Gcm, Hash::Sha384),
                _ => return None,
            };
            self.keys = Some([(); 2].map(|()| Key::tls13(cipher, hash, &secret)));
        }
        self.keys.as_mut()
    }
}
