//! What stopped a call, told as OpenSSL tells it: `SSL_want`, the error queue, and `SSL_get_error` that puts the two
//! together with the state of the BIOs.

use super::{RECEIVED_SHUTDOWN, Ssl};
use crate::crypto::bio::Waits;
use crate::error::{self, Reason};
use crate::settings::choices::option;
use libc::c_int;
use sslmode_tls::connection::{Blocked, Stop};
use sslmode_tls::handshake::Failure;
use sslmode_tls::record::{self, AlertDescription};

/// `SSL_want`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Want {
    /// `SSL_NOTHING`.
    Nothing = 1,
    /// `SSL_WRITING`.
    Writing = 2,
    /// `SSL_READING`.
    Reading = 3,
    /// `SSL_X509_LOOKUP`: a certificate callback asked to be called again.
    X509Lookup = 4,
    /// `SSL_CLIENT_HELLO_CB`: the ClientHello callback asked to be called again.
    ClientHelloCallback = 7,
}

/// What `SSL_get_error` answers (`ssl.h`).
pub(super) mod answer {
    pub const NONE: i32 = 0;
    pub const SSL: i32 = 1;
    pub const WANT_READ: i32 = 2;
    pub const WANT_WRITE: i32 = 3;
    pub const WANT_X509_LOOKUP: i32 = 4;
    pub const SYSCALL: i32 = 5;
    pub const ZERO_RETURN: i32 = 6;
    pub const WANT_CONNECT: i32 = 7;
    pub const WANT_ACCEPT: i32 = 8;
    pub const WANT_CLIENT_HELLO_CB: i32 = 11;
}

/// `BIO_RR_CONNECT`, `BIO_RR_ACCEPT`.
const RETRY_CONNECT: c_int = 2;
const RETRY_ACCEPT: c_int = 3;

impl Ssl {
    /// Says why a call was stopped, and what it returns: -1, 0 where the peer ended the connection, or what a BIO
    /// returned that failed for good.
    pub(super) fn stopped(&self, stop: Stop) -> c_int {
        self.inform_of_stop(&stop);
        match stop {
            Stop::Read(Blocked::Eof(answer)) => {
                self.end_of_transport();
                return answer;
            }
            Stop::Read(blocked) => {
                self.want.set(Want::Reading);
                return blocked.answer();
            }
            Stop::Write(blocked) => {
                self.want.set(Want::Writing);
                return blocked.answer();
            }
            Stop::NoData => {
                self.want.set(Want::Reading);
                // The transport never refused: SSL_get_error is to find that it did.
                if let Some(bio) = self.rbio() {
                    bio.wait_for_read();
                }
            }
            Stop::CloseNotify => {
                self.peer_is_done();
                return 0;
            }
            Stop::Misuse(reason) => error::put(Reason::of_write(reason)),
            // The callback said what it waits for.
            Stop::Undecided => {}
            // A callback that refused has said why.
            Stop::Handshake(_) if self.reason_told.take() => {}
            Stop::Handshake(failure) => {
                if let Failure::PeerAlert(_) = failure.failure {
                    self.peer_is_done();
                }
                error::put_with(Reason::of_handshake(&failure), &failure.detail);
            }
            Stop::Record(record::Error::PeerAlert(alert)) => {
                // To SSL_get_error, when the queue is empty, that is the peer's end as well (observed on 3.0).
                self.peer_is_done();
                error::put_with(Reason::of_alert(alert), &format!("SSL alert number {}", alert.0));
                return 0;
            }
            Stop::Record(failure) => error::put_with(Reason::of_record(&failure), &failure.to_string()),
            Stop::DataAfterClose => error::put(Reason::APPLICATION_DATA_AFTER_CLOSE_NOTIFY),
            Stop::Dead => {}
        }
        -1
    }

    /// The alerts that came or went.
    fn inform_of_stop(&self, stop: &Stop) {
        const WARNING: u8 = 1;
        const FATAL: u8 = 2;
        match stop {
            Stop::CloseNotify => self.inform_of_alert(false, WARNING, AlertDescription::CLOSE_NOTIFY),
            Stop::Record(record::Error::PeerAlert(alert)) => self.inform_of_alert(false, FATAL, *alert),
            Stop::Record(record::Error::Protocol(alert, _)) => self.inform_of_alert(true, FATAL, *alert),
            Stop::Handshake(error) => match (error.failure, error.alert) {
                (Failure::PeerAlert(alert), _) => self.inform_of_alert(false, FATAL, alert),
                (_, Some(alert)) => self.inform_of_alert(true, FATAL, alert),
                _ => {}
            },
            _ => {}
        }
    }

    /// The transport ended without a close_notify: to OpenSSL 3 an error, unless SSL_OP_IGNORE_UNEXPECTED_EOF is set.
    fn end_of_transport(&self) {
        self.want.set(Want::Reading);
        if self.settings.borrow().choices.options & option::IGNORE_UNEXPECTED_EOF != 0 {
            self.peer_is_done();
            // As in 3.0, which then forgets that it sent a close_notify.
            self.shutdown.set(RECEIVED_SHUTDOWN);
        } else {
            error::put(Reason::UNEXPECTED_EOF_WHILE_READING);
            // Where no close_notify went out an alert does, if the transport takes it.
            if self.work(|connection, io| connection.end_with(io, AlertDescription::DECODE_ERROR)) == Some(true) {
                self.want.set(Want::Nothing);
            }
        }
    }

    fn peer_is_done(&self) {
        self.shutdown.set(self.shutdown.get() | RECEIVED_SHUTDOWN);
    }

    /// `SSL_want`.
    pub fn want(&self) -> c_int {
        self.want.get() as c_int
    }

    /// `SSL_get_error` for a call that returned `result`.
    pub fn get_error(&self, result: c_int) -> c_int {
        if result > 0 {
            return answer::NONE;
        }
        if let Some(library) = error::first_library() {
            return if library == error::LIBRARY_SYS { answer::SYSCALL } else { answer::SSL };
        }
        let waits = match self.want.get() {
            Want::Reading => self.rbio(),
            Want::Writing => self.wbio(),
            _ => None,
        };
        match waits.and_then(|bio| bio.waits(self.want.get() == Want::Writing)) {
            Some(Waits::Read) => return answer::WANT_READ,
            Some(Waits::Write) => return answer::WANT_WRITE,
            Some(Waits::Special(RETRY_CONNECT)) => return answer::WANT_CONNECT,
            Some(Waits::Special(RETRY_ACCEPT)) => return answer::WANT_ACCEPT,
            Some(Waits::Special(_)) => return answer::SYSCALL,
            None => {}
        }
        match self.want.get() {
            Want::X509Lookup => answer::WANT_X509_LOOKUP,
            Want::ClientHelloCallback => answer::WANT_CLIENT_HELLO_CB,
            _ if self.shutdown.get() & RECEIVED_SHUTDOWN != 0 => answer::ZERO_RETURN,
            _ => self.peek_connection(|connection| match connection {
                Some(connection) if !connection.is_alive() => connection.error_when_over() as c_int,
                _ => answer::SYSCALL,
            }),
        }
    }
}
