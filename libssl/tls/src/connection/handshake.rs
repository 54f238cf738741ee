//! The handshake over the transport: flights out, records in.

use super::{Connection, Io, Phase, Stop};
use crate::handshake::{ClientHello, HandshakeError, ServerSettings};
use crate::record::{AlertDescription, RecordLayer};

/// What a server does with a ClientHello.
pub enum Decision {
    /// Goes on with these settings.
    Settings(Box<ServerSettings>),
    /// Ends the handshake with this alert.
    Refuse(AlertDescription),
    /// The program has not decided: it is asked again when the handshake goes on.
    Wait,
}

/// Decides about a ClientHello in the program's name.
pub trait Accept {
    /// Called once the ClientHello is complete, and again after [`Decision::Wait`].
    fn accept(&mut self, hello: &ClientHello) -> Decision;
}

impl Connection {
    /// Carries the handshake on; also sends what is due once it is done.
    ///
    /// # Errors
    /// See [`Stop`]; to be called again where the transport blocked.
    pub fn handshake(&mut self, io: &mut Io<'_>, program: &mut dyn Accept) -> Result<(), Stop> {
        loop {
            match &self.phase {
                Phase::Open(_) => {
                    self.open()?;
                    return self.send_update(io);
                }
                Phase::Failed => return Err(Stop::Dead),
                Phase::Hello(_) => self.hello(io, program)?,
                Phase::Handshake(_) => self.flight(io)?,
            }
        }
    }

    /// Reads the ClientHello and has the program decide.
    fn hello(&mut self, io: &mut Io<'_>, program: &mut dyn Accept) -> Result<(), Stop> {
        let Phase::Hello(waiting) = &mut self.phase else { return Err(Stop::Dead) };
        if waiting.1.is_none() {
            self.fill(io)?;
            let Phase::Hello(waiting) = &mut self.phase else { return Err(Stop::Dead) };
            let Some(record) = self.incoming.record() else { return Err(Stop::Dead) };
            let length = record.len();
            waiting.1 = waiting.0.read(record);
            self.incoming.consume(length);
        }
        let Phase::Hello(waiting) = &mut self.phase else { return Err(Stop::Dead) };
        let Some(hello) = &waiting.1 else { return Ok(()) };
        match program.accept(hello) {
            Decision::Wait => Err(Stop::Undecided),
            Decision::Settings(settings) => {
                let Phase::Hello(waiting) = std::mem::replace(&mut self.phase, Phase::Failed) else {
                    return Err(Stop::Dead);
                };
                let (acceptor, hello) = *waiting;
                let hello = hello.unwrap_or_default();
                let handshake = acceptor.accept(&settings, &hello).map_err(|error| self.over(error))?;
                self.phase = Phase::Handshake(Box::new(handshake));
                Ok(())
            }
            Decision::Refuse(alert) => {
                let Phase::Hello(waiting) = std::mem::replace(&mut self.phase, Phase::Failed) else {
                    return Err(Stop::Dead);
                };
                let (record, error) = waiting.0.refuse(alert);
                // Tried once: what is wrong is told in any case.
                _ = io.transport.write(&record);
                _ = io.transport.flush();
                Err(self.over(error))
            }
        }
    }

    /// Sends what rustls has for the peer, then either goes over to the record layer or shows rustls one more record.
    fn flight(&mut self, io: &mut Io<'_>) -> Result<(), Stop> {
        let Phase::Handshake(handshake) = &mut self.phase else { return Err(Stop::Dead) };
        let mut sent_any = false;
        while !handshake.output().is_empty() {
            match io.transport.write(handshake.output()) {
                Ok(count) => handshake.sent(count),
                // What ended the handshake is told in any case; the alert is lost with the transport.
                Err(_) if handshake.failure().is_some() => break,
                Err(blocked) => return Err(Stop::Write(blocked)),
            }
            sent_any = true;
        }
        if sent_any {
            match io.transport.flush() {
                Err(blocked) if handshake.failure().is_none() => return Err(Stop::Write(blocked)),
                _ => {}
            }
        }
        if let Some(failure) = handshake.failure() {
            let failure = failure.clone();
            return Err(self.over(failure));
        }
        if handshake.is_complete() {
            return self.hand_over(io);
        }
        self.fill(io)?;
        let Phase::Handshake(handshake) = &mut self.phase else { return Err(Stop::Dead) };
        let Some(record) = self.incoming.record() else { return Err(Stop::Dead) };
        let length = record.len();
        // A failure is told when its alert is on the way.
        _ = handshake.read(record);
        self.incoming.consume(length);
        Ok(())
    }

    fn hand_over(&mut self, io: &Io<'_>) -> Result<(), Stop> {
        let Phase::Handshake(handshake) = std::mem::replace(&mut self.phase, Phase::Failed) else {
            return Err(Stop::Dead);
        };
        let (traffic, established) = handshake.finish().map_err(|error| self.over(error))?;
        self.phase = Phase::Open(Box::new(RecordLayer::new(traffic)));
        self.established = Some(Box::new(established));
        self.release_read_buffer(io);
        Ok(())
    }

    fn over(&mut self, error: HandshakeError) -> Stop {
        self.end();
        Stop::Handshake(error)
    }
}
