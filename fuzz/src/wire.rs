//! A transport in memory, and our connection above it.

use sslmode_engine::Modes;
use sslmode_engine::dialect::OPENSSL_3;
use sslmode_tls::connection::{Accept, Blocked, Connection, Decision, Io, Pool, Stop, Transport};
use sslmode_tls::handshake::{ClientHello, ServerSettings};

/// What came and was not read, and what was sent.
#[derive(Default)]
pub struct Wire {
    pub incoming: Vec<u8>,
    pub read: usize,
    pub sent: Vec<u8>,
    /// Takes and gives no more than this at a time, if it is not 0.
    pub piece: usize,
}

impl Wire {
    fn piece(&self, count: usize) -> usize {
        if self.piece == 0 { count } else { count.min(self.piece) }
    }
}

impl Transport for Wire {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Blocked> {
        let count = self.piece(into.len().min(self.incoming.len() - self.read));
        if count == 0 {
            return Err(Blocked::Retry);
        }
        into[..count].copy_from_slice(&self.incoming[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, Blocked> {
        let count = self.piece(bytes.len());
        self.sent.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), Blocked> {
        Ok(())
    }
}

/// A server's program: these settings, whatever the ClientHello says.
pub struct Always(pub ServerSettings);

impl Accept for Always {
    fn accept(&mut self, _hello: &ClientHello) -> Decision {
        Decision::Settings(Box::new(self.0.clone()))
    }
}

/// One end of a connection.
pub struct End {
    pub connection: Connection,
    pub wire: Wire,
    program: Always,
    modes: Modes,
    pool: Pool,
}

impl End {
    pub fn new(connection: Connection, settings: ServerSettings, modes: Modes) -> End {
        End { connection, wire: Wire::default(), program: Always(settings), modes, pool: Pool::new(&OPENSSL_3) }
    }

    /// Runs a call with the transport.
    pub fn call<T>(&mut self, call: impl FnOnce(&mut Connection, &mut Io<'_>, &mut Always) -> T) -> T {
        let End { connection, wire, program, modes, pool } = self;
        call(connection, &mut Io { transport: wire, modes: *modes, read_ahead: false, pool }, program)
    }

    /// Goes on with the handshake, then reads until nothing is left to read; what stopped it must go on stopping it
    /// where it is fatal.
    pub fn take(&mut self, bytes: &[u8]) -> Stop {
        self.wire.incoming.extend_from_slice(bytes);
        let mut out = [0; 20_000];
        loop {
            let result = self.call(|connection, io, program| {
                if connection.is_open() {
                    connection.read(io, &mut out, false).map(drop)
                } else {
                    connection.handshake(io, program)
                }
            });
            let Err(stop) = result else { continue };
            match stop {
                Stop::NoData => {}
                Stop::Handshake(_) | Stop::Record(_) => {
                    assert!(!self.connection.is_alive(), "{stop:?} does not end it");
                    let again = self.call(|connection, io, program| connection.handshake(io, program));
                    assert_eq!(again, Err(Stop::Dead));
                    return stop;
                }
                _ => return stop,
            }
        }
    }
}
