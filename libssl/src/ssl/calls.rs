//! `SSL_do_handshake`, `SSL_read`, `SSL_write`, `SSL_shutdown`: what comes before the connection is asked, and what
//! the calls return.

use super::outcome::Want;
use super::program::Step;
use super::{RECEIVED_SHUTDOWN, Role, SENT_SHUTDOWN, Ssl, Stage};
use crate::cipher::Cipher;
use crate::error::{self, Reason};
use crate::settings::dialect;
use libc::c_int;
use sslmode_engine::write::{Negative, Rules};
use sslmode_tls::connection::{Connection, Io, Stop};

/// A failed call: what it returns in the forms that return an `int`. The reason is told already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed(pub c_int);

impl Ssl {
    /// `SSL_do_handshake`.
    ///
    /// # Errors
    /// See `SSL_get_error`.
    pub fn do_handshake(&self) -> Result<(), Failed> {
        if self.role.get().is_none() {
            error::put(Reason::CONNECTION_TYPE_NOT_SET);
            return Err(Failed(-1));
        }
        self.want.set(Want::Nothing);
        // To OpenSSL a key update that the program asked for is a handshake, too.
        if self.stage.get() == Stage::Open && self.is_updating() {
            let mut program = self.program();
            return self.call(|connection, io| connection.handshake(io, &mut program));
        }
        self.finish_handshake()
    }

    /// `SSL_connect`, `SSL_accept`: the role counts only if none was set before.
    ///
    /// # Errors
    /// See `SSL_get_error`.
    pub fn handshake_as(&self, role: Role) -> Result<(), Failed> {
        if self.role.get().is_none() {
            self.set_role(role);
        }
        self.do_handshake()
    }

    /// `SSL_read`, `SSL_peek`.
    ///
    /// # Errors
    /// See `SSL_get_error`.
    pub fn read(&self, out: &mut [u8], peek: bool) -> Result<usize, Failed> {
        self.initialized()?;
        let over = self.shutdown.get() & RECEIVED_SHUTDOWN != 0;
        // Reads after a fatal error leave SSL_want as it was, and so does a peek after close_notify (observed on 3.0).
        if !(self.has_failed() || over && peek) {
            self.want.set(Want::Nothing);
        }
        if over {
            return Err(Failed(0));
        }
        self.finish_handshake()?;
        self.call(|connection, io| connection.read(io, out, peek))
    }

    /// `SSL_write`.
    ///
    /// # Errors
    /// See `SSL_get_error`.
    pub fn write(&self, data: &[u8]) -> Result<usize, Failed> {
        self.before_write()?;
        self.call(|connection, io| connection.write(io, data))
    }

    /// `SSL_write_ex`.
    ///
    /// # Errors
    /// See `SSL_get_error`.
    pub fn write_ex(&self, data: &[u8]) -> Result<usize, Failed> {
        self.before_write()?;
        self.call(|connection, io| connection.write_ex(io, data))
    }

    /// `SSL_write` of a negative length, from this address.
    ///
    /// # Errors
    /// See `SSL_get_error`.
    pub fn write_negative(&self, address: usize, length: c_int) -> Result<usize, Failed> {
        if Rules::of(dialect()).negative == Negative::Refused {
            error::put(Reason::BAD_LENGTH);
            return Err(Failed(-1));
        }
        self.before_write()?;
        self.call(|connection, io| connection.write_negative(io, address, length))
    }

    /// It was open, and an error ended it.
    fn has_failed(&self) -> bool {
        self.stage.get() == Stage::Init && self.established.get().is_some()
    }

    fn before_write(&self) -> Result<(), Failed> {
        self.initialized()?;
        self.want.set(Want::Nothing);
        if self.shutdown.get() & SENT_SHUTDOWN != 0 {
            error::put(Reason::PROTOCOL_IS_SHUTDOWN);
            return Err(Failed(-1));
        }
        // After an error that ended the connection some versions still judge the length: the write machine knows.
        if self.established.get().is_some() {
            return Ok(());
        }
        self.finish_handshake()
    }

    /// `SSL_shutdown`: 1 when both directions are closed, 0 when ours is.
    ///
    /// # Errors
    /// See `SSL_get_error`.
    pub fn shut_down(&self) -> Result<c_int, Failed> {
        self.initialized()?;
        match self.stage.get() {
            Stage::Init => {
                error::put(Reason::SHUTDOWN_WHILE_IN_INIT);
                return Err(Failed(-1));
            }
            Stage::Before => {
                self.shutdown.set(SENT_SHUTDOWN | RECEIVED_SHUTDOWN);
                return Ok(1);
            }
            Stage::Open if self.settings.borrow().choices.quiet_shutdown != 0 => {
                self.shutdown.set(SENT_SHUTDOWN | RECEIVED_SHUTDOWN);
                return Ok(1);
            }
            Stage::Open if self.is_updating() => {
                error::put(Reason::SHUTDOWN_WHILE_IN_INIT);
                return Err(Failed(-1));
            }
            Stage::Open => {}
        }
        let first = self.shutdown.get() & SENT_SHUTDOWN == 0;
        self.shutdown.set(self.shutdown.get() | SENT_SHUTDOWN);
        // The alert waits for the record that is pending, whose retry is refused from here on: the next call fails for
        // good (observed on 3.0).
        if first && self.peek_connection(|connection| connection.is_some_and(Connection::has_pending_write)) {
            return Err(Failed(-1));
        }
        // Also where an earlier call could not send all of it.
        self.call(|connection, io| connection.close(io))?;
        self.want.set(Want::Nothing);
        if !first && self.shutdown.get() & RECEIVED_SHUTDOWN == 0 {
            self.await_close()?;
        }
        Ok(c_int::from(self.shutdown.get() == SENT_SHUTDOWN | RECEIVED_SHUTDOWN))
    }

    fn await_close(&self) -> Result<(), Failed> {
        match self.call::<()>(|connection, io| Err(connection.await_close(io))) {
            Err(_) if self.shutdown.get() & RECEIVED_SHUTDOWN != 0 => Ok(()),
            _ => Err(Failed(-1)),
        }
    }

    fn initialized(&self) -> Result<(), Failed> {
        if self.role.get().is_some() {
            return Ok(());
        }
        error::put(Reason::UNINITIALIZED);
        Err(Failed(-1))
    }

    /// Does the handshake if it is not done; it never returns 0 where data were to be read or written.
    fn finish_handshake(&self) -> Result<(), Failed> {
        if self.stage.get() == Stage::Open {
            return Ok(());
        }
        let result = self.handshake();
        self.inform_of_step(Step::Exit(if result.is_ok() { 1 } else { -1 }));
        result
    }

    fn handshake(&self) -> Result<(), Failed> {
        // As OpenSSL does where a handshake goes on: what an earlier call left is not the reason why this one stops.
        if self.peek_connection(|connection| connection.is_none_or(Connection::is_alive)) {
            error::clear();
        }
        if self.stage.get() == Stage::Before {
            self.start()?;
            self.inform_of_step(Step::Loop);
        }
        let mut program = self.program();
        self.call(|connection, io| connection.handshake(io, &mut program)).map_err(|_| Failed(-1))?;
        self.inform_of_step(Step::Loop);
        self.finished()
    }

    /// A handshake that failed leaves its cipher suite to be asked for.
    fn keep_what_was_settled(&self) {
        if let Some((_, suite)) = self.peek_connection(|connection| connection?.settled()) {
            self.own.negotiated.borrow_mut().cipher = Cipher::by_number(suite);
        }
    }

    /// Runs `call` on the connection and tells why it stopped.
    pub(super) fn call<T>(
        &self,
        call: impl FnOnce(&mut Connection, &mut Io<'_>) -> Result<T, Stop>,
    ) -> Result<T, Failed> {
        match self.work(call) {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(stop)) => {
                let failed = Failed(self.stopped(stop));
                // An error that ended it sends OpenSSL's connections back to SSL_in_init.
                if self.peek_connection(|connection| connection.is_some_and(|connection| !connection.is_alive())) {
                    self.stage.set(Stage::Init);
                    self.keep_what_was_settled();
                }
                Err(failed)
            }
            // A callback of a call that is at work.
            None => {
                error::put(Reason::SHOULD_NOT_HAVE_BEEN_CALLED);
                Err(Failed(-1))
            }
        }
    }
}
