//! The table: when each fault is lawful, cell by cell, with the source of each.
//!
//! "Observed" names the versions on which the fault was made to happen there and nothing else came of it than the page
//! says; a cell that is left out was seen to break correct programs, or was not tried.

use super::{Call, Fault, Handshake, Last, Protocol, Transport};
use crate::dialect::{Fact, observed, read};
use crate::mode::Modes;

/// When one fault is lawful: only where every side of the moment is among what is listed.
#[derive(Debug)]
pub struct Rule {
    /// The calls.
    pub calls: Fact<&'static [Call]>,
    /// The transports.
    pub transports: Fact<&'static [Transport]>,
    /// The protocols.
    pub protocols: Fact<&'static [Protocol]>,
    /// The modes under which it is not.
    pub not_under: Fact<Modes>,
    /// The states of the handshake.
    pub handshake: Fact<&'static [Handshake]>,
    /// What may have happened last.
    pub last: Fact<&'static [Last]>,
}

const ANY_CALL: &[Call] = &Call::ALL;
const DATA: &[Call] = &[Call::Read, Call::Write];
const NON_BLOCKING: &[Transport] = &[Transport::NonBlocking];
const ANY_TRANSPORT: &[Transport] = &Transport::ALL;
const STREAMS: &[Protocol] = &[Protocol::Tls12, Protocol::Tls13];
const TLS_1_3: &[Protocol] = &[Protocol::Tls13];
const ANY_TIME: &[Handshake] = &[Handshake::Going, Handshake::Finished];
const FINISHED: &[Handshake] = &[Handshake::Finished];
const NOT_REFUSED: &[Last] = &[Last::Nothing, Last::Went, Last::ReadBlocked, Last::WriteBlocked, Last::Closing];
const NOTHING_PENDING: &[Last] = &[Last::Nothing, Last::Went, Last::ReadBlocked];

const TRIED: &str = "0.9.8e, 1.0.2k, 1.1.1w, 3.0.19, 4.0.3, Debian's android-libboringssl 13, AWS-LC 5.12.0";
const TRIED_1_3: &str = "1.1.1w, 3.0.19, 4.0.3";
const ASYNC_JOBS: Fact<Modes> =
    read(Modes::ASYNC, "SSL_CTX_set_mode(3): a call may pause in mid-course on a stack of its own; not tried");

static WANT_WRITE: Rule = Rule {
    calls: read(ANY_CALL, "SSL_get_error(3): any function that does I/O may want either"),
    // A full pipe that nobody drains, as a memory BIO or a pair would be, made asyncio wait for ever.
    transports: observed(NON_BLOCKING, TRIED),
    protocols: read(STREAMS, "SSL_get_error(3), SSL_ERROR_WANT_WRITE; datagrams were not tried"),
    not_under: ASYNC_JOBS,
    handshake: observed(ANY_TIME, TRIED),
    // "There is no fixed upper limit for the number of iterations": but a rate of 1 must let a program go on.
    last: read(NOT_REFUSED, "SSL_get_error(3): the retry makes progress once the transport does"),
};

static WANT_READ: Rule = Rule {
    calls: read(ANY_CALL, "SSL_get_error(3): any function that does I/O may want either"),
    // On a blocking transport only a record without data does it, and that is the peer's to send.
    transports: observed(NON_BLOCKING, TRIED),
    protocols: read(STREAMS, "SSL_get_error(3), SSL_ERROR_WANT_READ; datagrams were not tried"),
    not_under: ASYNC_JOBS,
    handshake: observed(ANY_TIME, TRIED),
    last: read(NOT_REFUSED, "SSL_get_error(3): the retry makes progress once the transport does"),
};

static SHORT_WRITE: Rule = Rule {
    calls: read(ANY_CALL, "SSL_get_error(3): any function that does I/O may want either"),
    transports: observed(NON_BLOCKING, TRIED),
    protocols: read(STREAMS, "SSL_CTX_set_mode(3), SSL_MODE_ENABLE_PARTIAL_WRITE: n records of a larger write"),
    not_under: ASYNC_JOBS,
    handshake: observed(ANY_TIME, TRIED),
    last: read(NOT_REFUSED, "SSL_get_error(3): the retry makes progress once the transport does"),
};

static KEY_UPDATE: Rule = Rule {
    calls: read(DATA, "SSL_key_update(3): it is sent with the next call"),
    transports: observed(ANY_TRANSPORT, TRIED_1_3),
    protocols: read(TLS_1_3, "RFC 8446, section 4.6.3"),
    not_under: ASYNC_JOBS,
    handshake: read(FINISHED, "RFC 8446, section 4.6.3: after the handshake is finished"),
    last: read(NOTHING_PENDING, "SSL_key_update(3): not while a write is to be retried"),
};

static RELEASE: Rule = Rule {
    calls: read(DATA, "SSL_free_buffers(3): they are allocated again when they are needed"),
    transports: observed(ANY_TRANSPORT, TRIED_1_3),
    protocols: read(STREAMS, "SSL_free_buffers(3); RELEASE_BUFFERS does nothing for DTLS"),
    not_under: ASYNC_JOBS,
    handshake: read(FINISHED, "SSL_free_buffers(3): buffers in use are not freed"),
    last: read(NOTHING_PENDING, "SSL_free_buffers(3): buffers in use are not freed"),
};

/// When a key update may go out alone, ahead of a read: from a server that has answered and waits for what comes next.
///
/// Who closes with bytes of the peer's unread resets the connection, and what it had sent last is lost. A server that
/// has its request may do so (CPython's http.server, as HTTP/1.0 goes, lost the end of its answer on 3.0.19 when the
/// client sent an update meanwhile); a client that has its answer and goes on has read, or will.
pub(super) static ALONE: Fact<()> = observed((), "3.0.19");

impl Rule {
    /// When this fault is lawful.
    pub fn of(fault: Fault) -> &'static Rule {
        match fault {
            Fault::WantWrite => &WANT_WRITE,
            Fault::WantRead => &WANT_READ,
            Fault::ShortWrite => &SHORT_WRITE,
            Fault::KeyUpdate => &KEY_UPDATE,
            Fault::Release => &RELEASE,
        }
    }
}
