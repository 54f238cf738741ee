//! One connection over a transport: the handshake, and then the calls of `SSL_read` and `SSL_write`, in which the
//! engine of the modes decides.
//!
//! | mode | who executes it |
//! |---|---|
//! | ENABLE_PARTIAL_WRITE, ACCEPT_MOVING_WRITE_BUFFER | [`sslmode_engine::write`], asked in `write` |
//! | AUTO_RETRY | [`sslmode_engine::read`], asked in `read` |
//! | RELEASE_BUFFERS | [`sslmode_engine::buffers`], asked in `read` and `outgoing`; [`Pool`] holds the freelists |
//! | SEND_FALLBACK_SCSV | [`crate::handshake`] |
//!
//! A call that cannot go on says why ([`Stop`]) and is made again by the caller; nothing here waits.
//!
//! | file | its job |
//! |---|---|
//! | `transport` | what carries the bytes |
//! | `handshake` | flights in and out until the record layer takes over |
//! | `read`, `write` | application data |
//! | `outgoing`, `pool` | record buffers |

mod handshake;
mod outgoing;
mod pool;
mod read;
mod transport;
mod write;

pub use handshake::{Accept, Decision};
pub use pool::Pool;
pub use transport::{Blocked, Transport};

use crate::handshake::{Acceptor, ClientHello, Established, Handshake, HandshakeError};
use crate::record::{self, AlertDescription, RecordBuffer, RecordLayer, Version};
use outgoing::Outgoing;
use sslmode_engine::buffers::Kind;
use sslmode_engine::read::ReadRules;
use sslmode_engine::write::{Outcome, Reason, Rules, SslError, WriteMachine};
use sslmode_engine::{Dialect, Modes};
use std::ops::Range;

/// What one call brings along.
pub struct Io<'a> {
    /// What carries the bytes.
    pub transport: &'a mut dyn Transport,
    /// The modes in force.
    pub modes: Modes,
    /// Whether to read more than the record at hand (`SSL_set_read_ahead`).
    pub read_ahead: bool,
    /// Where buffers come from.
    pub pool: &'a Pool,
}

/// Why a call did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The transport gave nothing.
    Read(Blocked),
    /// The transport took nothing.
    Write(Blocked),
    /// A record without application data was taken in, and AUTO_RETRY is off: to be called again, although the
    /// transport did not say so.
    NoData,
    /// The peer sends nothing more.
    CloseNotify,
    /// The caller broke a rule of the write calls.
    Misuse(Reason),
    /// The program's choice for this ClientHello is not made yet.
    Undecided,
    /// The handshake failed; told once.
    Handshake(HandshakeError),
    /// The record layer refused; told once.
    Record(record::Error),
    /// Data came where only a close_notify could.
    DataAfterClose,
    /// It was over before this call.
    Dead,
}

/// A connection's life.
enum Phase {
    /// A server that waits for the ClientHello; it is kept where the program has not decided yet.
    Hello(Box<(Acceptor, Option<ClientHello>)>),
    Handshake(Box<Handshake>),
    Open(Box<RecordLayer>),
    /// Over before it was open.
    Failed,
}

/// See the module.
pub struct Connection {
    phase: Phase,
    incoming: RecordBuffer,
    /// Data of the first record in `incoming` that the caller had no room for, counted from the record's start.
    unread: Range<usize>,
    /// A call has looked at the header of the first record in `incoming`, and waits for the rest.
    header_taken: bool,
    outgoing: Outgoing,
    /// A key update that the program asked for is not sent whole.
    updating: bool,
    writer: WriteMachine,
    read_rules: &'static ReadRules,
    established: Option<Box<Established>>,
    /// What a handshake that failed had agreed on: the version, and the cipher suite by number.
    settled: Option<(Version, u16)>,
}

impl Connection {
    /// A client whose ClientHello is ready.
    pub fn client(dialect: &Dialect, handshake: Handshake) -> Self {
        Self::new(dialect, Phase::Handshake(Box::new(handshake)))
    }

    /// A server that waits for a ClientHello.
    pub fn server(dialect: &Dialect) -> Self {
        Self::new(dialect, Phase::Hello(Box::default()))
    }

    fn new(dialect: &Dialect, phase: Phase) -> Self {
        Connection {
            phase,
            incoming: RecordBuffer::new(),
            unread: 0..0,
            header_taken: false,
            outgoing: Outgoing::default(),
            updating: false,
            writer: WriteMachine::new(Rules::of(dialect)),
            read_rules: ReadRules::of(dialect),
            established: None,
            settled: None,
        }
    }

    /// The handshake is done, in both directions.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open(_))
    }

    /// What the handshake left behind, once: when it is done.
    pub fn take_established(&mut self) -> Option<Box<Established>> {
        self.established.take()
    }

    /// The handshake, while it lasts.
    pub fn handshaking(&self) -> Option<&Handshake> {
        match &self.phase {
            Phase::Handshake(handshake) => Some(handshake),
            _ => None,
        }
    }

    /// What a handshake that failed had agreed on: the version, and the cipher suite by number.
    pub fn settled(&self) -> Option<(Version, u16)> {
        self.settled
    }

    /// Whether it is not over.
    pub fn is_alive(&self) -> bool {
        self.writer.is_alive() && !matches!(self.phase, Phase::Failed)
    }

    /// Bytes of data that a read gets without the transport (`SSL_pending`).
    pub fn pending(&self) -> usize {
        self.unread.len()
    }

    /// Whether bytes from the transport wait, as data or not (`SSL_has_pending`). As in 3.0 the header of a record that
    /// a call has waited for counts as taken.
    pub fn has_pending(&self) -> bool {
        let taken = if self.header_taken { record::HEADER } else { 0 };
        self.incoming.len() > taken
    }

    /// Whether a record of data waits for the transport.
    pub fn has_pending_write(&self) -> bool {
        self.writer.has_pending()
    }

    /// Records of at most `limit` bytes of data from now on, and data split at `split`.
    pub fn limit_fragment(&mut self, limit: usize, split: usize) {
        self.writer.limit_fragment(limit);
        self.writer.split_fragment(split);
    }

    /// What `SSL_get_error` says of a call that comes when it is over.
    pub fn error_when_over(&self) -> SslError {
        self.writer.error_when_over()
    }

    /// Ends the connection for good, for a reason outside it: every later call answers [`Stop::Dead`].
    pub fn end(&mut self) {
        self.writer.end();
        match &self.phase {
            // Kept for what the program may still ask about it.
            Phase::Open(_) => {}
            phase => {
                if let Phase::Handshake(handshake) = phase {
                    self.settled = handshake.version().zip(handshake.cipher_suite());
                }
                self.phase = Phase::Failed;
            }
        }
    }

    /// Ends the open connection for a reason outside it, and tries once to tell the peer by this alert.
    /// Whether it was told.
    pub fn end_with(&mut self, io: &mut Io<'_>, alert: AlertDescription) -> bool {
        let mut told = false;
        if let Ok(layer) = self.open() {
            told = !layer.is_write_closed();
            self.fail(io, record::Error::Protocol(alert, "ended from outside"));
            told &= matches!(&self.phase, Phase::Open(layer) if !layer.is_alert_due()) && self.outgoing.is_empty();
        }
        self.end();
        told
    }

    /// Whether a key update of ours is due, and whether it asks for the peer's.
    pub fn due_key_update(&self) -> Option<bool> {
        match &self.phase {
            Phase::Open(layer) => layer.due_key_update(),
            _ => None,
        }
    }

    /// Frees the buffers in which nothing waits; whether that was both (`SSL_free_buffers`).
    pub fn free_buffers(&mut self, pool: &Pool) -> bool {
        if !self.incoming.is_empty() || !self.outgoing.is_empty() {
            return false;
        }
        self.return_memory(pool);
        true
    }

    fn return_memory(&mut self, pool: &Pool) {
        if let Some(memory) = self.incoming.take_memory() {
            pool.at_the_end(Kind::Read, memory);
        }
        if let Some(memory) = self.outgoing.take_memory() {
            pool.at_the_end(Kind::Write, memory);
        }
    }

    /// Gives the buffers to the context.
    pub fn recycle(mut self, pool: &Pool) {
        let len = self.incoming.len();
        self.incoming.consume(len);
        self.return_memory(pool);
    }

    /// The open connection, unless it is over.
    fn open(&mut self) -> Result<&mut RecordLayer, Stop> {
        match &mut self.phase {
            Phase::Open(layer) if self.writer.is_alive() => Ok(layer),
            _ => Err(Stop::Dead),
        }
    }

    /// Notes an error of the record layer, and tries once to tell the peer.
    fn fail(&mut self, io: &mut Io<'_>, error: record::Error) -> Stop {
        if error.is_fatal() {
            if let Phase::Open(layer) = &mut self.phase {
                layer.fail(error);
                _ = self.send_due(io);
            }
            self.writer.end();
        }
        Stop::Record(error)
    }

    /// Whether a key update that the program asked for is still to be sent: the next call does.
    pub fn is_updating(&self) -> bool {
        self.updating
    }

    /// Sends what is due beside data: alerts, key updates. While a record of data is pending, it waits.
    fn send_due(&mut self, io: &mut Io<'_>) -> Result<(), Stop> {
        if self.writer.has_pending() {
            return Ok(());
        }
        let Phase::Open(layer) = &mut self.phase else { return Err(Stop::Dead) };
        if self.outgoing.is_empty() && layer.due_length() > 0 {
            self.outgoing.fill(io, |out| layer.seal_due(out)).map_err(Stop::Record)?;
        }
        if !self.outgoing.is_empty() {
            // What is sent here is no write of the program's, whose call does not return what the transport answered.
            self.outgoing.write(io).map_err(|blocked| match blocked {
                Blocked::Retry => Stop::Write(Blocked::Retry),
                _ => Stop::Write(Blocked::Failed(-1)),
            })?;
            io.transport.flush().map_err(Stop::Write)?;
        }
        self.updating = false;
        Ok(())
    }

    /// Sends the key update that the program asked for.
    fn send_update(&mut self, io: &mut Io<'_>) -> Result<(), Stop> {
        if self.updating { self.send_due(io) } else { Ok(()) }
    }

    /// Sends close_notify; nothing can be written after it. To be called again where the transport took not all of it.
    ///
    /// # Errors
    /// [`Stop::Misuse`] where a record of data is pending.
    pub fn close(&mut self, io: &mut Io<'_>) -> Result<(), Stop> {
        self.open()?;
        if let Some(Outcome::Error(reason)) = self.writer.interrupt() {
            return Err(Stop::Misuse(reason));
        }
        self.open()?.close();
        self.send_due(io)
    }

    /// Makes a key update due (`SSL_key_update`), which the next call sends. The answer to the peer's waits for data.
    ///
    /// # Errors
    /// [`Stop::Misuse`] where a record of data is pending, [`Stop::Record`] in TLS 1.2.
    pub fn update_keys(&mut self, request: bool) -> Result<(), Stop> {
        // That there are none in TLS 1.2 is said first, as OpenSSL does.
        let is_tls13 = !matches!(&self.phase, Phase::Open(layer) if layer.version() == Version::Tls12);
        if is_tls13 && self.writer.has_pending() {
            return Err(Stop::Misuse(Reason::BadWriteRetry));
        }
        self.open()?.update_keys(request).map_err(Stop::Record)?;
        self.updating = true;
        Ok(())
    }
}
