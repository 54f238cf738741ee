//! Bytes of heap per idle end of a connection, after a handshake and 16,000 bytes each way, beside the system's OpenSSL
//! with `SSL_MODE_RELEASE_BUFFERS`.

mod support;

use sslmode_tls::exporter::Exporter;
use sslmode_tls::handshake::{ClientSettings, ServerSettings, Session, SessionSink, Versions};
use sslmode_tls::record::{RecordLayer, Version};
use std::io::{Read, Write};
use std::sync::Arc;
use support::ours::{End, KeyType, client, handshake, open, seal, server};
use support::{openssl_contexts, openssl_pair};

const CONNECTIONS: usize = 500;

/// What a libssl would keep for one end: the record layer, the exporter, ALPN, the peer's certificates.
type Kept = Box<(RecordLayer, Option<Exporter>, Option<Vec<u8>>, Arc<[Vec<u8>]>)>;

/// Is told of sessions and keeps none.
struct Nobody;

impl SessionSink for Nobody {
    fn new_session(&self, _session: Session) {}
}

/// Bytes that malloc has given out.
fn heap() -> usize {
    // SAFETY: mallinfo2 has no preconditions, and this is the only thread.
    let info = unsafe { libc::mallinfo2() };
    info.uordblks + info.hblkhd
}

/// Bytes of heap for each of what `make` makes.
fn per_end<T>(mut make: impl FnMut() -> T) -> usize {
    let warm: Vec<T> = (0..20).map(|_| make()).collect();
    drop(warm);
    let mut ends = Vec::with_capacity(CONNECTIONS);
    let before = heap();
    ends.extend((0..CONNECTIONS).map(|_| make()));
    (heap() - before) / CONNECTIONS
}

/// Settings of both ends of ours.
fn contexts_of(version: Version) -> (ClientSettings, ServerSettings) {
    (client(Versions::only(version)), server(Versions::only(version), KeyType::Ecdsa))
}

/// Two ends of ours, idle.
fn ours(client: &ClientSettings, server: &ServerSettings) -> (Kept, Kept) {
    let kept = |End { traffic, established: end }: End| {
        Box::new((RecordLayer::new(traffic), end.exporter, end.alpn, end.peer_certificates))
    };
    let pair = handshake(client, server).unwrap();
    let (mut client, mut server) = (kept(pair.client), kept(pair.server));
    for record in pair.late {
        open(&mut client.0, &record).unwrap();
    }
    let data = [7; 16_000];
    open(&mut server.0, &seal(&mut client.0, &data)).unwrap();
    open(&mut client.0, &seal(&mut server.0, &data)).unwrap();
    (client, server)
}

fn main() {
    println!("{:28} {:>8} {:>8}", "bytes of heap per idle end", "client", "server");
    for version in [Version::Tls12, Version::Tls13] {
        let contexts = contexts_of(version);
        let pair = |client: &ClientSettings| ours(client, &contexts.1);
        let resuming = ClientSettings { sessions: Some(Arc::new(Nobody)), ..contexts.0.clone() };
        let (client, server) = (per_end(|| pair(&resuming).0), per_end(|| pair(&resuming).1));
        println!("{:28} {client:8} {server:8}", format!("ours, {version:?}"));

        println!("{:28} {:8}", "  without resumption", per_end(|| pair(&contexts.0).0));

        let contexts = openssl_contexts(version, true);
        let pair = || {
            let (mut client, mut server) = openssl_pair(&contexts);
            let mut data = [7; 16_000];
            client.write_all(&data).unwrap();
            server.read_exact(&mut data).unwrap();
            server.write_all(&data).unwrap();
            client.read_exact(&mut data).unwrap();
            for half in [&client.get_ref().incoming, &client.get_ref().outgoing] {
                half.borrow_mut().shrink_to_fit();
            }
            (client, server)
        };
        let (client, server) = (per_end(|| pair().0), per_end(|| pair().1));
        println!("{:28} {client:8} {server:8}", format!("OpenSSL, {version:?}"));
    }
    let begun = per_end(|| contexts_of(Version::Tls13).0.connect().unwrap());
    println!("{:28} {begun:8}", "a handshake begun");
    println!("the layer itself: {} bytes, the exporter: {}", size_of::<RecordLayer>(), size_of::<Exporter>());
}
