//! A sequence on a real libssl.

use crate::ffi::{Connection, Context, Host, Protocol, Returned};
use crate::script::{Op, Reason, Seen, Setting};
use sslmode_engine::write::{Reason as Known, Rules};

/// The bytes that a read of this end never exceeds.
const READ: usize = 1 << 16;

/// Contexts of a host, by protocol: making one costs more than a sequence.
pub struct Real<'h> {
    rules: &'static Rules,
    contexts: Vec<(Protocol, Context<'h>)>,
    arenas: [Vec<u8>; 2],
}

impl<'h> Real<'h> {
    /// A runner over this host, whose reasons have the numbers of these rules.
    ///
    /// # Errors
    /// When the host cannot make a context for one of the protocols.
    pub fn new(host: &'h Host, rules: &'static Rules, protocols: &[Protocol]) -> Result<Self, String> {
        let contexts = protocols.iter().map(|&it| Ok((it, Context::new(host, it, 0)?)));
        Ok(Real {
            rules,
            contexts: contexts.collect::<Result<_, String>>()?,
            arenas: [crate::script::arena(), crate::script::arena()],
        })
    }

    /// Where the two copies of the data are.
    pub fn addresses(&self) -> [usize; 2] {
        [self.arenas[0].as_ptr() as usize, self.arenas[1].as_ptr() as usize]
    }

    /// Connects, and returns the connection with the bytes that a record has beside its data.
    ///
    /// # Errors
    /// When the handshake fails.
    pub fn connect(&self, setting: Setting) -> Result<Running<'_, 'h>, String> {
        let (_, context) =
            self.contexts.iter().find(|(protocol, _)| *protocol == setting.protocol).ok_or("no such protocol")?;
        let mut client = Connection::over_pair(context, false, setting.room)?;
        let mut server = Connection::over_pair(context, true, 1 << 18)?;
        client.set_read_ahead(setting.read_ahead);
        shake_hands(&mut client, &mut server)?;
        let mut running = Running {
            real: self,
            client,
            server,
            buffer: vec![0; READ],
            arrived: Vec::new(),
            key_update: false,
            overhead: 0,
        };
        running.overhead = running.measure_overhead()?;
        Ok(running)
    }
}

/// Carries the handshake of two ends in one thread to its end.
///
/// # Errors
/// When it does not end well.
pub fn shake_hands(client: &mut Connection<'_>, server: &mut Connection<'_>) -> Result<(), String> {
    for _ in 0..50 {
        let ours = client.handshake();
        server.give(&client.take(usize::MAX));
        let theirs = server.handshake();
        client.give(&server.take(usize::MAX));
        let done = ours.value == 1 && theirs.value == 1;
        if done && client.on_the_wire() == 0 {
            return Ok(());
        }
        if let Some(end) = [ours, theirs].into_iter().find(|it| it.value != 1 && ![2, 3].contains(&it.ssl_error)) {
            return Err(format!("handshake: SSL_get_error {}, error {:?}", end.ssl_error, end.error));
        }
    }
    Err("handshake: no end".to_owned())
}

/// A connection on which a sequence runs.
pub struct Running<'r, 'h> {
    real: &'r Real<'h>,
    client: Connection<'h>,
    server: Connection<'h>,
    buffer: Vec<u8>,
    /// What the peer took from the wire and has not looked at: 1.1.1g loses a record of which it read a part before
    /// it updates its key, which is not what is looked at here.
    arrived: Vec<u8>,
    /// Made only when the peer writes.
    key_update: bool,
    /// The bytes that a record has on the wire beside its data.
    pub overhead: usize,
}

impl Running<'_, '_> {
    fn measure_overhead(&mut self) -> Result<usize, String> {
        // SAFETY: one byte of one.
        let wrote = unsafe { self.client.write(b"x", 1) };
        let wire = self.client.take(usize::MAX);
        self.server.give(&wire);
        match self.server.read(&mut self.buffer).value {
            1 if wrote.value == 1 => Ok(wire.len() - 1),
            _ => Err(format!("expected a byte to pass, wrote {wrote:?}")),
        }
    }

    /// Does a step.
    ///
    /// # Safety
    /// A write reads no byte beyond the data: its length is within it, or the host refuses it.
    pub unsafe fn step(&mut self, op: Op) -> Seen {
        let (returned, data) = match op {
            Op::Set(mask) => (answer(self.client.set_modes(mask)), Vec::new()),
            Op::Clear(mask) => (answer(self.client.clear_modes(mask)), Vec::new()),
            Op::Write { moved, offset, length } => {
                let data = &self.real.arenas[usize::from(moved)][offset..];
                // SAFETY: the caller's promise.
                (unsafe { self.client.write(data, length) }, Vec::new())
            }
            Op::WriteEx { moved, offset, length } => {
                let data = &self.real.arenas[usize::from(moved)][offset..offset + length];
                (self.client.write_ex(data), Vec::new())
            }
            Op::Limit(bytes) => {
                self.client.limit_fragment(bytes);
                (answer(0), Vec::new())
            }
            Op::Drain(bytes) => self.drain(bytes),
            Op::Break => {
                self.client.break_transport();
                (answer(0), Vec::new())
            }
            Op::PeerWrite(bytes) => {
                if std::mem::take(&mut self.key_update) {
                    self.server.update_key();
                }
                // SAFETY: within the data.
                let returned = unsafe { self.server.write(&self.real.arenas[0][..bytes], bytes as i32) };
                self.client.give(&self.server.take(usize::MAX));
                (returned, Vec::new())
            }
            Op::PeerKeyUpdate => {
                self.key_update = true;
                (answer(0), Vec::new())
            }
            Op::Read(bytes) => {
                let returned = self.client.read(&mut self.buffer[..bytes]);
                let got = returned.value.max(0) as usize;
                (returned, self.buffer[..got].to_vec())
            }
        };
        let reason = returned.error.map(|error| self.reason(error));
        let wire = self.client.on_the_wire();
        Seen { value: returned.value, ssl_error: returned.ssl_error, reason, data, wire }
    }

    /// What `SSL_want` says of the writing end.
    pub fn want(&self) -> i32 {
        self.client.want()
    }

    fn drain(&mut self, bytes: usize) -> (Returned, Vec<u8>) {
        self.arrived.extend(self.client.take(bytes));
        let whole = whole_records(&self.arrived);
        self.server.give(&self.arrived[..whole]);
        self.arrived.drain(..whole);
        let mut data = Vec::new();
        loop {
            let returned = self.server.read(&mut self.buffer);
            let Ok(got @ 1..) = usize::try_from(returned.value) else {
                // Nothing more has come is what is expected; anything else is told.
                let wanted = returned.ssl_error == 2;
                let value = data.len() as i64;
                return (if wanted { answer(value) } else { Returned { value, ..returned } }, data);
            };
            data.extend_from_slice(&self.buffer[..got]);
        }
    }

    fn reason(&self, (library, reason): (i32, i32)) -> Reason {
        let numbers = self.real.rules.reasons;
        match reason {
            _ if library != numbers.library => Reason::Transport,
            it if it == numbers.bad_write_retry => Reason::Known(Known::BadWriteRetry),
            it if it == numbers.bad_length => Reason::Known(Known::BadLength),
            other => Reason::Other(other),
        }
    }
}

/// The bytes of the records that are whole.
fn whole_records(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some(&[_, _, _, high, low]) = bytes[end..].first_chunk() {
        let next = end + 5 + usize::from(u16::from_be_bytes([high, low]));
        if next > bytes.len() {
            break;
        }
        end = next;
    }
    end
}

fn answer(value: i64) -> Returned {
    Returned { value, ssl_error: 0, error: None }
}
