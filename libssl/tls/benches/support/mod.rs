//! What the benchmarks share: OpenSSL on the same transport, in the same process.
#![allow(dead_code, missing_docs)]

use openssl::ssl::{Ssl, SslContext, SslFiletype, SslMethod, SslMode, SslStream, SslVersion};
use sslmode_tls::record::Version;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::rc::Rc;
use std::time::Duration;

#[path = "../../tests/support/mod.rs"]
pub mod ours;

/// One direction of a transport in memory: writes append, reads take, an empty one says `WouldBlock`.
pub type Half = Rc<RefCell<VecDeque<u8>>>;

/// One end of a transport in memory.
pub struct Pipe {
    pub incoming: Half,
    pub outgoing: Half,
}

impl Pipe {
    pub fn pair() -> (Pipe, Pipe) {
        let (there, back) = (Half::default(), Half::default());
        (Pipe { incoming: back.clone(), outgoing: there.clone() }, Pipe { incoming: there, outgoing: back })
    }
}

impl Read for Pipe {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        match self.incoming.borrow_mut().read(out)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.outgoing.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The CPU time of this process: other programs on the machine do not count.
pub fn cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists on Linux, and `time` is ours to write.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert_eq!(failed, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Contexts of the system's OpenSSL, client and server.
pub fn openssl_contexts(version: Version, release_buffers: bool) -> (SslContext, SslContext) {
    let version = if version == Version::Tls12 { SslVersion::TLS1_2 } else { SslVersion::TLS1_3 };
    let mode = if release_buffers { SslMode::RELEASE_BUFFERS } else { SslMode::empty() };
    let pki = ours::Pki::get();
    let mut client = SslContext::builder(SslMethod::tls_client()).unwrap();
    let mut server = SslContext::builder(SslMethod::tls_server()).unwrap();
    for context in [&mut client, &mut server] {
        context.set_min_proto_version(Some(version)).unwrap();
        context.set_max_proto_version(Some(version)).unwrap();
        context.set_mode(mode);
    }
    client.set_ca_file(pki.path("ca.pem")).unwrap();
    client.set_verify(openssl::ssl::SslVerifyMode::PEER);
    server.set_certificate_file(pki.certificate(ours::KeyType::Ecdsa), SslFiletype::PEM).unwrap();
    server.set_private_key_file(pki.key(ours::KeyType::Ecdsa), SslFiletype::PEM).unwrap();
    (client.build(), server.build())
}

/// Two ends of OpenSSL after their handshake.
pub fn openssl_pair(contexts: &(SslContext, SslContext)) -> (SslStream<Pipe>, SslStream<Pipe>) {
    let (client, server) = Pipe::pair();
    let mut client = SslStream::new(Ssl::new(&contexts.0).unwrap(), client).unwrap();
    let mut server = SslStream::new(Ssl::new(&contexts.1).unwrap(), server).unwrap();
    while client.connect().is_err() | server.accept().is_err() {}
    (client, server)
}
