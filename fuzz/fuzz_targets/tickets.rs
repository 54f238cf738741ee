//! Sessions: a server's damaged ticket messages to a client that has a session to make of them, and then what the client
//! resumes with, damaged on its way to our server.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sslmode_fuzz::seal::records;
use sslmode_fuzz::wire::End;
use sslmode_fuzz::{Input, ends};
use sslmode_tls::handshake::{Handshake, Versions};
use sslmode_tls::record::{TicketSink, Version};
use std::cell::RefCell;
use std::sync::Arc;

/// A TLS 1.3 client that is through: what makes its sessions, and where they go.
struct Finished {
    sink: Box<dyn TicketSink>,
    sessions: Arc<ends::Sessions>,
    /// The ticket messages that the server sent are of this form: lifetime, age, nonce, ticket, extensions.
    nonce: u64,
}

thread_local!(static FINISHED: RefCell<Option<Finished>> = const { RefCell::new(None) });

fuzz_target!(|data: &[u8]| {
    FINISHED.with_borrow_mut(|finished| run(finished.get_or_insert_with(finish), &mut Input(data)));
});

fn run(finished: &mut Finished, input: &mut Input<'_>) {
    finished.nonce += 1;
    let nonce = finished.nonce.to_be_bytes();
    let ticket = [&[0, 0, 28, 32, 1, 2, 3, 4, 8][..], &nonce, &[0, 32], &[7; 32], &[0, 0]].concat();
    let mut body = ticket;
    for _ in 0..input.u8() % 3 {
        input.mutate(&mut body);
    }
    _ = finished.sink.ticket(&body);
    let session = finished.sessions.0.lock().unwrap().drain(..).next_back();
    let mut settings = ends::client_settings(Versions::ALL, &finished.sessions);
    settings.session = session;
    let Ok(handshake) = settings.connect() else { return };
    let hello = handshake.output().to_vec();
    let mut server = ends::server(ends::server_settings(Versions::ALL));
    for record in records(&hello) {
        let mut body = record[5..].to_vec();
        if input.u8() & 1 == 1 {
            input.mutate(&mut body);
        }
        body.truncate(16_640);
        let length = (body.len() as u16).to_be_bytes();
        server.take(&[&record[..3], &length, &body].concat());
    }
    assert!(!server.connection.is_open());
}

/// A handshake between our client and our server.
fn finish() -> Finished {
    let sessions = Arc::new(ends::Sessions::default());
    let settings = ends::client_settings(Versions::only(Version::Tls13), &sessions);
    let mut client: Handshake = settings.connect().unwrap();
    let mut server: End = ends::server(ends::server_settings(Versions::ALL));
    while !client.is_complete() || !client.output().is_empty() {
        let output = client.output().to_vec();
        client.sent(output.len());
        server.take(&output);
        for record in records(&std::mem::take(&mut server.wire.sent)) {
            if !client.is_complete() {
                client.read(record).unwrap();
            }
        }
    }
    let (traffic, _) = client.finish().unwrap();
    Finished { sink: traffic.tickets.unwrap(), sessions, nonce: 0 }
}
