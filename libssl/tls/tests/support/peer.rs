//! The system's `openssl` as a peer, and our end of a socket. Everything waits for a bounded time.

use super::{Pki, records};
use sslmode_tls::handshake::{
    Acceptor, CertificateRequest, ClientSettings, Established, Handshake, HandshakeError, ServerSettings,
};
use sslmode_tls::record::{AlertDescription, Error, Received, RecordBuffer, RecordLayer, Traffic};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// A running `openssl`, ended with the value.
pub struct OpenSsl {
    child: Child,
    stdin: Option<ChildStdin>,
    printed: Arc<(Mutex<Vec<u8>>, Condvar)>,
}

impl OpenSsl {
    /// Starts `openssl` with these arguments; what it prints is collected.
    pub fn start(arguments: &str) -> OpenSsl {
        let mut child = Command::new("openssl")
            .args(arguments.split_whitespace())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command openssl is installed");
        let printed = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let stdin = child.stdin.take();
        collect(child.stdout.take().unwrap(), printed.clone());
        collect(child.stderr.take().unwrap(), printed.clone());
        OpenSsl { child, stdin, printed }
    }

    /// Starts a server on a port of the system's choice; returns where it listens.
    pub fn server(arguments: &str) -> (OpenSsl, SocketAddr) {
        let server = OpenSsl::start(&format!("s_server -accept 127.0.0.1:0 -naccept 1 {arguments}"));
        let address = server.address();
        (server, address)
    }

    /// Where a server listens.
    pub fn address(&self) -> SocketAddr {
        self.wait("ACCEPT", |printed| {
            let text = String::from_utf8_lossy(printed);
            text.split_once("ACCEPT ")?.1.split_once('\n')?.0.trim().parse().ok()
        })
    }

    /// Types into its standard input.
    pub fn type_in(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(bytes).unwrap();
        stdin.flush().unwrap();
    }

    /// Ends its standard input, at which it closes the connection.
    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    /// Waits until it has printed `text`.
    pub fn expect(&self, text: &str) {
        self.expect_times(text, 1);
    }

    /// Waits until it has printed `text` so many times.
    pub fn expect_times(&self, text: &str, times: usize) {
        self.wait(text, |printed| {
            (printed.windows(text.len()).filter(|window| *window == text.as_bytes()).count() >= times).then_some(())
        });
    }

    /// Waits until it has printed `count` of `byte`.
    pub fn expect_count(&self, byte: u8, count: usize) {
        self.wait(&format!("{count} times {byte}"), |printed| {
            (printed.iter().filter(|&&printed| printed == byte).count() >= count).then_some(())
        });
    }

    fn wait<T>(&self, what: &str, found: impl Fn(&[u8]) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let (lock, changed) = &*self.printed;
        let mut printed = lock.lock().unwrap();
        loop {
            if let Some(answer) = found(&printed) {
                return answer;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let tail = &printed[printed.len().saturating_sub(800)..];
            assert!(!left.is_zero(), "openssl did not print {what}, but: {}", String::from_utf8_lossy(tail));
            printed = changed.wait_timeout(printed, left).unwrap().0;
        }
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn collect(mut from: impl Read + Send + 'static, to: Arc<(Mutex<Vec<u8>>, Condvar)>) {
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut chunk) {
            to.0.lock().unwrap().extend_from_slice(&chunk[..count]);
            to.1.notify_all();
        }
    });
}

/// The arguments that name a certificate and its key.
pub fn identity(key: super::KeyType) -> String {
    let pki = Pki::get();
    format!("-cert {} -key {}", pki.certificate(key).display(), pki.key(key).display())
}

/// Our end of a connection.
pub struct Connection {
    stream: TcpStream,
    buffer: RecordBuffer,
    layer: RecordLayer,
    /// What the handshake came to; its keys are the layer's.
    pub told: Told,
    pub tickets: u32,
    pub key_updates: u32,
}

/// [`Established`] without the keys.
pub struct Told {
    pub resumed: bool,
    pub alpn: Option<Vec<u8>>,
    pub cipher_suite: u16,
    pub group: Option<u16>,
    pub server_name: Option<String>,
    pub peer_certificates: Arc<[Vec<u8>]>,
    pub peer_signature_scheme: Option<u16>,
    pub ocsp_response: Option<Vec<u8>>,
    pub certificate_request: Option<CertificateRequest>,
    pub exporter: sslmode_tls::exporter::Exporter,
}

impl Connection {
    /// Connects to a server.
    pub fn connect(settings: &ClientSettings, address: SocketAddr) -> Result<Connection, HandshakeError> {
        let mut stream = patient(TcpStream::connect(address).unwrap());
        let mut buffer = RecordBuffer::new();
        let mut handshake = settings.connect().unwrap();
        while !handshake.is_complete() {
            flush(&mut handshake, &mut stream);
            let record = read_record(&mut stream, &mut buffer).expect("the server closed the socket");
            if let Err(failure) = handshake.read(&record) {
                flush(&mut handshake, &mut stream);
                close(stream);
                return Err(failure);
            }
        }
        flush(&mut handshake, &mut stream);
        Ok(Connection::new(stream, buffer, handshake.finish()?))
    }

    /// Accepts one client.
    pub fn accept(settings: &ServerSettings, listener: &TcpListener) -> Result<Connection, HandshakeError> {
        let mut stream = patient(listener.accept().unwrap().0);
        let mut buffer = RecordBuffer::new();
        let mut acceptor = Acceptor::new();
        let hello = loop {
            let record = read_record(&mut stream, &mut buffer).expect("the client closed the socket");
            if let Some(hello) = acceptor.read(&record) {
                break hello;
            }
        };
        let mut handshake = acceptor.accept(settings, &hello).unwrap();
        loop {
            flush(&mut handshake, &mut stream);
            if let Some(failure) = handshake.failure() {
                close(stream);
                return Err(failure.clone());
            }
            if handshake.is_complete() {
                return Ok(Connection::new(stream, buffer, handshake.finish()?));
            }
            let record = read_record(&mut stream, &mut buffer).expect("the client closed the socket");
            _ = handshake.read(&record);
        }
    }

    fn new(stream: TcpStream, buffer: RecordBuffer, (traffic, established): (Traffic, Established)) -> Connection {
        let told = Told {
            resumed: established.resumed,
            alpn: established.alpn,
            cipher_suite: established.cipher_suite,
            group: established.group,
            server_name: established.server_name,
            peer_certificates: established.peer_certificates,
            peer_signature_scheme: established.peer_signature_scheme,
            ocsp_response: established.ocsp_response,
            certificate_request: established.certificate_request,
            exporter: established.exporter.unwrap(),
        };
        let layer = RecordLayer::new(traffic);
        Connection { stream, buffer, layer, told, tickets: 0, key_updates: 0 }
    }

    pub fn layer(&mut self) -> &mut RecordLayer {
        &mut self.layer
    }

    /// Sends `data` in records of at most 16,384 bytes.
    pub fn send(&mut self, data: &[u8]) {
        let mut out = vec![0; 20_000];
        for chunk in data.chunks(16_384) {
            let length = self.layer.seal(chunk, &mut out).unwrap();
            assert_eq!(records(&out[..length]).last().unwrap().len(), self.layer.sealed_length(chunk.len()));
            self.stream.write_all(&out[..length]).unwrap();
        }
    }

    /// Sends what is due.
    pub fn send_due(&mut self) {
        let mut out = vec![0; self.layer.due_length()];
        let length = self.layer.seal_due(&mut out).unwrap();
        self.stream.write_all(&out[..length]).unwrap();
    }

    /// Receives `count` bytes of data, and counts what comes ahead of them.
    pub fn receive(&mut self, count: usize) -> Vec<u8> {
        let mut data = Vec::new();
        let mut out = vec![0; 20_000];
        while data.len() < count {
            match self.receive_record(&mut out) {
                Received::Data(length) => data.extend_from_slice(&out[..length]),
                Received::CloseNotify => panic!("closed after {} of {count} bytes", data.len()),
                _ => {}
            }
        }
        data
    }

    /// Receives until the peer's close_notify.
    pub fn receive_close(&mut self) {
        while self.receive_record(&mut [0; 20_000]) != Received::CloseNotify {}
    }

    /// Receives until the alert that ends the connection.
    pub fn receive_alert(&mut self) -> AlertDescription {
        loop {
            let mut record = read_record(&mut self.stream, &mut self.buffer).expect("the peer closed the socket");
            match self.layer.open(&mut record, &mut [0; 20_000]) {
                Ok(Received::Handshake { .. }) => {}
                Err(Error::PeerAlert(alert)) => return alert,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Receives one record.
    pub fn receive_record(&mut self, out: &mut [u8]) -> Received {
        let mut record = read_record(&mut self.stream, &mut self.buffer).expect("the peer closed the socket");
        let received = self.layer.open(&mut record, out).unwrap();
        if let Received::Handshake { tickets, key_update } = received {
            self.tickets += tickets;
            self.key_updates += u32::from(key_update);
        }
        received
    }
}

fn patient(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Closing a socket with bytes unread would take our alert away from the peer.
fn close(mut stream: TcpStream) {
    _ = stream.shutdown(Shutdown::Write);
    _ = stream.read_to_end(&mut Vec::new());
}

fn flush(handshake: &mut Handshake, stream: &mut TcpStream) {
    stream.write_all(&super::take_output(handshake)).unwrap();
}

/// Reads exactly one record and not a byte more; nothing if the peer closed the socket between two records.
fn read_record(stream: &mut TcpStream, buffer: &mut RecordBuffer) -> Option<Vec<u8>> {
    while buffer.missing() > 0 {
        let missing = buffer.missing();
        let count = stream.read(&mut buffer.space()[..missing]).expect("the peer is silent");
        if count == 0 {
            assert!(buffer.is_empty(), "the socket was closed in the middle of a record");
            return None;
        }
        buffer.filled(count);
    }
    let record = buffer.record().unwrap().to_vec();
    buffer.consume(record.len());
    Some(record)
}
