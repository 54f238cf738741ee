//! `SSL_read` and `SSL_peek`.

use super::{Connection, Io, Phase, Stop};
use crate::record::{HEADER, MAX_RECORD, Received};
use sslmode_engine::buffers::{Kind, Release};
use sslmode_engine::read::{Next, Record};

impl Connection {
    /// Reads data of one record into `out`; 0 bytes only where `out` has room for none. Peeked data are read again by
    /// the next call.
    ///
    /// # Errors
    /// See [`Stop`]; [`Stop::NoData`] where the read rule says so.
    pub fn read(&mut self, io: &mut Io<'_>, out: &mut [u8], peek: bool) -> Result<usize, Stop> {
        // Only data that stay in the record can be read twice.
        let direct = !peek;
        if self.is_alive() {
            self.send_update(io)?;
        }
        loop {
            if !self.unread.is_empty() {
                return Ok(self.deliver(io, out, peek));
            }
            if let Some(count) = self.next(io, if direct { out } else { &mut [] })? {
                return Ok(count);
            }
        }
    }

    /// Waits for the peer's close_notify, after ours.
    ///
    /// # Errors
    /// [`Stop::CloseNotify`] is the answer hoped for, [`Stop::DataAfterClose`] the one that ends the connection.
    pub fn await_close(&mut self, io: &mut Io<'_>) -> Stop {
        loop {
            if !self.unread.is_empty() {
                self.drop_unread(io);
                self.end();
                return Stop::DataAfterClose;
            }
            if let Err(stop) = self.next(io, &mut []) {
                return stop;
            }
        }
    }

    /// Takes in one record. Data are in `out` then, as many bytes as answered, or wait as unread.
    fn next(&mut self, io: &mut Io<'_>, out: &mut [u8]) -> Result<Option<usize>, Stop> {
        self.open()?;
        self.fill(io)?;
        let Phase::Open(layer) = &mut self.phase else { return Err(Stop::Dead) };
        let Some(record) = self.incoming.record() else { return Err(Stop::Dead) };
        let length = record.len();
        let received = match layer.open(record, out) {
            Ok(Received::DataInRecord(range)) => {
                self.unread = range;
                return Ok(None);
            }
            Ok(received) => received,
            Err(error) => {
                self.incoming.consume(length);
                return Err(self.fail(io, error));
            }
        };
        self.incoming.consume(length);
        self.release_read_buffer(io);
        self.answer(io, received)
    }

    /// What a record that needs no room means to the call.
    fn answer(&mut self, io: &mut Io<'_>, received: Received) -> Result<Option<usize>, Stop> {
        let record = match received {
            Received::Data(count) => return Ok(Some(count)),
            Received::CloseNotify => return Err(Stop::CloseNotify),
            Received::Empty => Record::Empty,
            Received::Warning(_) => Record::WarningAlert,
            Received::Handshake { key_update: true, .. } => Record::KeyUpdate,
            Received::Handshake { tickets: 1.., .. } => Record::SessionTicket,
            // A part of a message, or a renegotiation that was refused.
            Received::Handshake { .. } | Received::DataInRecord(_) => {
                self.send_alert(io);
                return Ok(None);
            }
        };
        self.send_alert(io);
        match self.read_rules.after(record, io.modes, !self.incoming.is_empty()) {
            Next::ReadsOn => Ok(None),
            // Every version that has TLS 1.3 takes these records in. Under the rules of an older one they are not there.
            Next::Fails => Ok(None),
            Next::WantRead => Err(Stop::NoData),
        }
    }

    /// Refuses a renegotiation. A transport that does not take it now gets it ahead of the next data.
    fn send_alert(&mut self, io: &mut Io<'_>) {
        if matches!(&self.phase, Phase::Open(layer) if layer.is_alert_due()) {
            _ = self.send_due(io);
        }
    }

    /// Reads until the first record is complete.
    pub(super) fn fill(&mut self, io: &mut Io<'_>) -> Result<(), Stop> {
        while self.incoming.record().is_none() {
            if !self.incoming.has_memory() {
                self.incoming.lend(io.pool.obtain(Kind::Read, MAX_RECORD));
            }
            let missing = self.incoming.missing();
            let space = self.incoming.space();
            let wanted = if io.read_ahead { space.len() } else { missing.min(space.len()) };
            match io.transport.read(&mut space[..wanted]) {
                Ok(count) => self.incoming.filled(count.min(wanted)),
                Err(blocked) => {
                    self.header_taken = self.incoming.len() >= HEADER;
                    self.release_read_buffer(io);
                    return Err(Stop::Read(blocked));
                }
            }
        }
        self.header_taken = false;
        Ok(())
    }

    fn deliver(&mut self, io: &Io<'_>, out: &mut [u8], peek: bool) -> usize {
        let count = out.len().min(self.unread.len());
        let start = self.unread.start;
        let Some(record) = self.incoming.record() else { return 0 };
        let length = record.len();
        let data = &mut record[start..start + count];
        out[..count].copy_from_slice(data);
        if !peek {
            // Nothing of it stays behind.
            data.fill(0);
            self.unread.start += count;
            if self.unread.is_empty() {
                self.incoming.consume(length);
                self.release_read_buffer(io);
            }
        }
        count
    }

    fn drop_unread(&mut self, io: &Io<'_>) {
        self.unread = 0..0;
        let length = self.incoming.record().map_or(0, |record| {
            record.fill(0);
            record.len()
        });
        self.incoming.consume(length);
        self.release_read_buffer(io);
    }

    /// RELEASE_BUFFERS.
    pub(super) fn release_read_buffer(&mut self, io: &Io<'_>) {
        match io.pool.release(io.modes, Kind::Read, self.incoming.len()) {
            Release::Keep => {}
            release => {
                if let Some(memory) = self.incoming.take_memory() {
                    io.pool.take_back(release, Kind::Read, memory);
                }
            }
        }
    }
}
