//! What `SSL_read` does when a record without application data comes first.

use crate::ffi::{Connection, Context, Host, Protocol, Returned};
use crate::real::shake_hands;
use sslmode_engine::Dialect;
use sslmode_engine::Modes;
use sslmode_engine::read::Record;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

/// The data that follow.
const DATA: &[u8] = b"hello";

/// How the record and the data are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// What comes before the data.
    pub record: Record,
    /// With AUTO_RETRY.
    pub auto_retry: bool,
    /// With `SSL_set_read_ahead`: the data are in the read buffer when the record is looked at.
    pub read_ahead: bool,
}

/// The calls of `SSL_read` up to the one that gives the data or is no WANT_READ; None where this host cannot be made
/// to send such a record.
///
/// # Errors
/// When a connection fails.
pub fn observe(host: &Host, dialect: &Dialect, meeting: Meeting) -> Result<Option<Vec<Returned>>, String> {
    let Some(protocol) = protocol(host, dialect, meeting.record) else { return Ok(None) };
    if meeting.record == Record::Renegotiation {
        return observe_renegotiation(host, dialect, protocol, meeting).map(Some);
    }
    let tickets = usize::from(meeting.record == Record::SessionTicket);
    let context = Context::new(host, protocol, tickets)?;
    let mut client = Connection::over_pair(&context, false, 17_000)?;
    let mut server = Connection::over_pair(&context, true, 17_000)?;
    shake_hands(&mut client, &mut server)?;
    client.set_read_ahead(meeting.read_ahead);
    set_auto_retry(&mut client, dialect, meeting.auto_retry);
    match meeting.record {
        Record::KeyUpdate => server.update_key(),
        Record::WarningAlert => server.send_warning(),
        Record::Heartbeat if !server.send_heartbeat() => return Ok(None),
        _ => {}
    }
    write_data(&mut server);
    client.give(&server.take(usize::MAX));
    let came = client.to_be_read();
    let calls = read_data(&mut client);
    // A further write without such a record shows whether one came before.
    write_data(&mut server);
    let alone = server.on_the_wire();
    Ok((came > alone || meeting.record == Record::Empty && alone > 50).then_some(calls))
}

/// What `SSL_write` returns on a blocking socket when it finds a renegotiation to be done first; None where the host
/// has none.
///
/// # Errors
/// When a connection fails.
pub fn observe_write(host: &Host, dialect: &Dialect, auto_retry: bool) -> Result<Option<Returned>, String> {
    let Some(protocol) = protocol(host, dialect, Record::Renegotiation) else { return Ok(None) };
    let (ours, mut peer) = start_peer(host.path(), "write")?;
    let context = Context::new(host, protocol, 0)?;
    let mut client = Connection::over_socket(&context, false, ours.as_raw_fd())?;
    set_auto_retry(&mut client, dialect, auto_retry);
    expect_one("handshake", client.handshake())?;
    client.renegotiate();
    let returned = write_data(&mut client);
    drop((client, ours));
    peer.wait().map_err(|error| error.to_string())?;
    Ok(Some(returned))
}

fn protocol(host: &Host, dialect: &Dialect, record: Record) -> Option<Protocol> {
    let usual = host.usual_protocol(dialect);
    match record {
        Record::Renegotiation => host.has_renegotiation().then_some(usual),
        Record::SessionTicket | Record::KeyUpdate => host.has_key_update().then_some(Protocol::Tls13),
        Record::Heartbeat => host.has_heartbeat().then_some(usual),
        Record::WarningAlert => host.has_alert().then_some(usual),
        // The others put no empty record before the data.
        Record::Empty => host.has_renegotiation().then_some(Protocol::Tls10Cbc),
    }
}

fn observe_renegotiation(
    host: &Host,
    dialect: &Dialect,
    protocol: Protocol,
    meeting: Meeting,
) -> Result<Vec<Returned>, String> {
    let (ours, mut peer) = start_peer(host.path(), "read")?;
    let context = Context::new(host, protocol, 0)?;
    let mut client = Connection::over_socket(&context, false, ours.as_raw_fd())?;
    client.set_read_ahead(meeting.read_ahead);
    set_auto_retry(&mut client, dialect, meeting.auto_retry);
    expect_one("handshake", client.handshake())?;
    let calls = read_data(&mut client);
    drop((client, ours));
    peer.wait().map_err(|error| error.to_string())?;
    Ok(calls)
}

/// A process that is the server of a renegotiation, and our end of the socket. Both ends of a renegotiation in one
/// thread would meet only transports that would block, over which the mode makes no difference.
fn start_peer(path: &Path, task: &str) -> Result<(UnixStream, std::process::Child), String> {
    let text = |error: std::io::Error| error.to_string();
    let (ours, theirs) = UnixStream::pair().map_err(text)?;
    let mut command = Command::new(std::env::current_exe().map_err(text)?);
    command.arg("peer").arg(path).arg(task).stdin(Stdio::from(OwnedFd::from(theirs)));
    Ok((ours, command.spawn().map_err(text)?))
}

/// The server's part, over the socket that is its standard input: it asks for a renegotiation and then sends the
/// data, or serves one that the client asks for.
///
/// # Errors
/// When the connection fails.
pub fn serve(host: &Host, dialect: &Dialect, task: &str) -> Result<(), String> {
    let protocol = protocol(host, dialect, Record::Renegotiation).ok_or("this host has no renegotiation")?;
    let context = Context::new(host, protocol, 0)?;
    context.allow_client_renegotiation();
    let mut server = Connection::over_socket(&context, true, std::io::stdin().as_raw_fd())?;
    expect_one("handshake", server.handshake())?;
    set_auto_retry(&mut server, dialect, false);
    let mut buffer = [0; 100];
    if task == "read" {
        server.renegotiate();
        expect_one("asking for a renegotiation", server.handshake())?;
        // Takes the client's part; without AUTO_RETRY it returns when the handshake is over.
        server.read(&mut buffer);
        write_data(&mut server);
    }
    // Until the client has gone.
    while [2, 0].contains(&server.read(&mut buffer).ssl_error) {}
    Ok(())
}

fn read_data(connection: &mut Connection<'_>) -> Vec<Returned> {
    let mut buffer = [0; 100];
    let mut calls = Vec::new();
    // Two records at the most come before the data.
    while calls.len() < 4 {
        let returned = connection.read(&mut buffer);
        calls.push(returned);
        if returned.ssl_error != 2 {
            break;
        }
    }
    calls
}

fn write_data(connection: &mut Connection<'_>) -> Returned {
    // SAFETY: as long as it says.
    unsafe { connection.write(DATA, DATA.len() as i32) }
}

fn set_auto_retry(connection: &mut Connection<'_>, dialect: &Dialect, on: bool) {
    let mask = dialect.encode(Modes::AUTO_RETRY).unwrap_or(0);
    if on {
        connection.set_modes(mask)
    } else {
        connection.clear_modes(mask)
    };
}

fn expect_one(what: &str, returned: Returned) -> Result<(), String> {
    if returned.value == 1 { Ok(()) } else { Err(format!("{what}: {returned:?}")) }
}
