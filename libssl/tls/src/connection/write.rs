//! `SSL_write`: the write machine drives, the record layer seals, the transport takes or refuses.

use super::{Connection, Io, Phase, Stop};
use sslmode_engine::write::{Call, Offer, Outcome, Reason, Step, Transport};

impl Connection {
    /// Begins or retries a write of `data`; returns how many bytes of it are sent.
    ///
    /// # Errors
    /// See [`Stop`]. After `Stop::Write(Blocked::Retry)` the same call is to be made again.
    pub fn write(&mut self, io: &mut Io<'_>, data: &[u8]) -> Result<usize, Stop> {
        self.send_due(io)?;
        let call = Call { address: data.as_ptr().addr(), length: data.len() as i64 };
        self.call(io, call, data, false)
    }

    /// As [`write`](Self::write), for `SSL_write_ex`.
    ///
    /// # Errors
    /// As there.
    pub fn write_ex(&mut self, io: &mut Io<'_>, data: &[u8]) -> Result<usize, Stop> {
        self.send_due(io)?;
        let call = Call { address: data.as_ptr().addr(), length: data.len() as i64 };
        self.call(io, call, data, true)
    }

    /// `SSL_write` of a length that no buffer has: an error, but for the versions to which it is a retry of what is
    /// pending.
    ///
    /// # Errors
    /// See [`Stop`].
    pub fn write_negative(&mut self, io: &mut Io<'_>, address: usize, length: i32) -> Result<usize, Stop> {
        let call = Call { address, length: length.min(-1).into() };
        self.call(io, call, &[], false)
    }

    fn call(&mut self, io: &mut Io<'_>, call: Call, data: &[u8], ex: bool) -> Result<usize, Stop> {
        let Connection { phase: Phase::Open(layer), outgoing, writer, .. } = self else { return Err(Stop::Dead) };
        let mut stopped = None;
        let step = if ex { writer.write_ex(io.modes, call) } else { writer.write(io.modes, call) };
        let outcome = run(step, |offer| {
            if let Offer::New(range) = offer
                && let Err(error) = outgoing.fill(io, |out| layer.seal(&data[range.clone()], out))
            {
                stopped = Some(Stop::Record(error));
                return Transport::Failed;
            }
            match outgoing.write(io) {
                Ok(()) => Transport::Took,
                Err(blocked) => {
                    let retry = blocked == super::Blocked::Retry;
                    stopped = Some(Stop::Write(blocked));
                    if retry { Transport::Refused } else { Transport::Failed }
                }
            }
        });
        match outcome {
            Outcome::Written(count) => Ok(count),
            Outcome::Error(reason) => Err(Stop::Misuse(reason)),
            // Where the version would send bytes that the caller does not have, nothing is sent.
            Outcome::ReadsPast(_) => Err(Stop::Misuse(Reason::BadLength)),
            Outcome::Dead(_) => Err(Stop::Dead),
            Outcome::WantWrite | Outcome::TransportFailed => Err(stopped.unwrap_or(Stop::Dead)),
        }
    }
}

fn run(step: Step<'_>, transport: impl FnMut(&Offer) -> Transport) -> Outcome {
    step.run(transport)
}
