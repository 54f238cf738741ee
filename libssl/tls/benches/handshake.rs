//! CPU time of handshakes, each end for itself, beside the system's OpenSSL on the same transport in memory; in turns,
//! in one run. Signing by aws-lc, and by OpenSSL's EVP as the C surface does it. Nobody judges certificates.

mod support;

use openssl::ssl::{ShutdownState, Ssl, SslContext, SslFiletype, SslMethod, SslSession, SslStream, SslVersion};
use sslmode_tls::handshake::{Acceptor, ClientSettings, Handshake, ServerSettings, Session, Versions};
use sslmode_tls::record::{RecordLayer, Version};
use std::io::Read;
use std::sync::Arc;
use support::ours::{KeyType, Pki, Sessions, choices, evp, records, server, take_output};
use support::{Pipe, cpu};

const ROUNDS: usize = 11;
const HANDSHAKES: usize = 40;

/// Seconds of each end.
#[derive(Clone, Copy, Default)]
struct Cost {
    client: f64,
    server: f64,
}

fn timed<T>(cost: &mut f64, work: impl FnOnce() -> T) -> T {
    let start = cpu();
    let done = work();
    *cost += (cpu() - start).as_secs_f64();
    done
}

/// One handshake of ours, up to the record layers of both ends.
fn ours(client: &ClientSettings, server: &ServerSettings, cost: &mut Cost) {
    let mut client_side = timed(&mut cost.client, || client.connect().unwrap());
    let mut server_side: Option<Handshake> = None;
    for _ in 0..4 {
        let flight = take_output(&mut client_side);
        timed(&mut cost.server, || match &mut server_side {
            None => {
                let mut acceptor = Acceptor::new();
                let hello = acceptor.read(&flight).unwrap();
                server_side = Some(acceptor.accept(server, &hello).unwrap());
            }
            Some(server) => records(&flight).iter().for_each(|record| server.read(record).unwrap()),
        });
        let flight = records(&take_output(server_side.as_mut().unwrap()));
        let mut late = flight.iter();
        timed(&mut cost.client, || {
            while !client_side.is_complete()
                && let Some(record) = late.next()
            {
                client_side.read(record).unwrap();
            }
        });
        if client_side.is_complete() && server_side.as_ref().unwrap().is_complete() {
            let server_side = server_side.unwrap();
            timed(&mut cost.server, || RecordLayer::new(server_side.finish().unwrap().0));
            timed(&mut cost.client, || {
                let mut layer = RecordLayer::new(client_side.finish().unwrap().0);
                for record in late {
                    layer.open(&mut record.clone(), &mut [0; 1024]).unwrap();
                }
            });
            return;
        }
    }
    panic!("the handshake does not come to an end");
}

/// One handshake of OpenSSL's; the session that it left.
fn theirs(contexts: &(SslContext, SslContext), session: Option<&SslSession>, cost: &mut Cost) -> Option<SslSession> {
    let (client, server) = Pipe::pair();
    let mut client = timed(&mut cost.client, || {
        let mut ssl = Ssl::new(&contexts.0).unwrap();
        ssl.set_hostname("localhost").unwrap();
        if let Some(session) = session {
            // SAFETY: the session comes from a connection of the same context.
            unsafe { ssl.set_session(session).unwrap() };
        }
        SslStream::new(ssl, client).unwrap()
    });
    let mut server = timed(&mut cost.server, || SslStream::new(Ssl::new(&contexts.1).unwrap(), server).unwrap());
    let (mut connected, mut accepted) = (false, false);
    for _ in 0..4 {
        connected = timed(&mut cost.client, || client.connect().is_ok());
        accepted = timed(&mut cost.server, || server.accept().is_ok());
    }
    assert!(connected && accepted);
    // The tickets.
    timed(&mut cost.client, || client.read(&mut [0]).is_ok());
    assert_eq!(client.ssl().session_reused(), session.is_some());
    let session = client.ssl().session().map(ToOwned::to_owned);
    // A connection that ends without it takes its session along.
    client.set_shutdown(ShutdownState::SENT | ShutdownState::RECEIVED);
    server.set_shutdown(ShutdownState::SENT | ShutdownState::RECEIVED);
    timed(&mut cost.server, || drop(server));
    timed(&mut cost.client, || drop(client));
    session
}

fn contexts(version: Version, key: KeyType) -> (SslContext, SslContext) {
    let version = if version == Version::Tls12 { SslVersion::TLS1_2 } else { SslVersion::TLS1_3 };
    let pki = Pki::get();
    let mut client = SslContext::builder(SslMethod::tls_client()).unwrap();
    let mut server = SslContext::builder(SslMethod::tls_server()).unwrap();
    for context in [&mut client, &mut server] {
        context.set_min_proto_version(Some(version)).unwrap();
        context.set_max_proto_version(Some(version)).unwrap();
        // P-256 for the certificate's sake; X25519 comes first.
        context.set_groups_list("X25519:P-256").unwrap();
    }
    server.set_certificate_file(pki.certificate(key), SslFiletype::PEM).unwrap();
    server.set_private_key_file(pki.key(key), SslFiletype::PEM).unwrap();
    (client.build(), server.build())
}

fn settings(version: Version, key: KeyType) -> (ClientSettings, ServerSettings) {
    let versions = Versions::only(version);
    let client = ClientSettings {
        choices: choices(versions),
        server_name: Some("localhost".to_owned()),
        ..ClientSettings::default()
    };
    (client, ServerSettings { alpn: None, ..server(versions, key) })
}

/// A session of ours.
fn session(client: &ClientSettings, server: &ServerSettings) -> Session {
    let sink = Arc::new(Sessions::default());
    let client = ClientSettings { sessions: Some(sink.clone()), ..client.clone() };
    ours(&client, server, &mut Cost::default());
    sink.take().pop().unwrap()
}

/// Times as fast as theirs, at each end, round by round.
fn compare(label: &str, mut ours: impl FnMut(&mut Cost), mut theirs: impl FnMut(&mut Cost)) {
    let round = |work: &mut dyn FnMut(&mut Cost)| {
        let mut cost = Cost::default();
        (0..HANDSHAKES).for_each(|_| work(&mut cost));
        cost
    };
    round(&mut ours);
    let (mut clients, mut servers, mut last) = (Vec::new(), Vec::new(), (Cost::default(), Cost::default()));
    for turn in 0..ROUNDS {
        let (mine, other) = if turn % 2 == 0 {
            let mine = round(&mut ours);
            (mine, round(&mut theirs))
        } else {
            let other = round(&mut theirs);
            (round(&mut ours), other)
        };
        clients.push(other.client / mine.client);
        servers.push(other.server / mine.server);
        last = (mine, other);
    }
    let microseconds = |seconds: f64| seconds * 1e6 / HANDSHAKES as f64;
    let median = |mut ratios: Vec<f64>| {
        ratios.sort_by(f64::total_cmp);
        format!("{:.2} ({:.2}, {:.2})", ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1])
    };
    println!(
        "{label:44} server {:20} client {:20} server {:5.0} us, OpenSSL {:5.0}; client {:5.0}, OpenSSL {:5.0}",
        median(servers),
        median(clients),
        microseconds(last.0.server),
        microseconds(last.1.server),
        microseconds(last.0.client),
        microseconds(last.1.client),
    );
}

fn main() {
    println!("times as fast as OpenSSL, median of {ROUNDS} turns (lowest, highest); microseconds of the last turn");
    for version in [Version::Tls12, Version::Tls13] {
        for key in [KeyType::Rsa, KeyType::Ecdsa] {
            let (client, server) = settings(version, key);
            let contexts = contexts(version, key);
            for (signer, identity) in [("aws-lc", Pki::get().identity(key)), ("EVP", evp::identity(key))] {
                let server = ServerSettings { identities: vec![identity], ..server.clone() };
                compare(
                    &format!("{version:?} {key:?}, signed by {signer}"),
                    |cost| ours(&client, &server, cost),
                    |cost| drop(theirs(&contexts, None, cost)),
                );
            }
            if key == KeyType::Ecdsa {
                let resuming = ClientSettings { session: Some(session(&client, &server)), ..client.clone() };
                let theirs_session = theirs(&contexts, None, &mut Cost::default()).unwrap();
                compare(
                    &format!("{version:?} resumed"),
                    |cost| ours(&resuming, &server, cost),
                    |cost| drop(theirs(&contexts, Some(&theirs_session), cost)),
                );
            }
        }
    }
    made();
}

/// What a connection's settings and its first output cost.
fn made() {
    const TIMES: usize = 2000;
    for version in [Version::Tls12, Version::Tls13] {
        let (client, server) = settings(version, KeyType::Ecdsa);
        let mut cost = 0.0;
        timed(&mut cost, || (0..TIMES).for_each(|_| drop((client.clone(), server.clone()))));
        println!("{version:?}: both settings copied in {:.2} us", cost * 1e6 / TIMES as f64);
        let (mut begun, mut accepted) = (0.0, 0.0);
        for _ in 0..TIMES / 10 {
            let mut handshake = timed(&mut begun, || client.connect().unwrap());
            let hello = take_output(&mut handshake);
            timed(&mut accepted, || Acceptor::new().read(&hello).unwrap());
        }
        println!(
            "{version:?}: a ClientHello made in {:.1} us, read before the choice in {:.1} us",
            begun * 1e7 / TIMES as f64,
            accepted * 1e7 / TIMES as f64
        );
    }
}
