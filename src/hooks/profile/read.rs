//! Reads: records that the older version never met are kept from the program.

use crate::boundary::contain;
use crate::hooks::io::IoCall;
use crate::hooks::{trace, wire};
use crate::host::{self, Entry, Host};
use crate::openssl::ssl_st;
use libc::c_int;
use sslmode_engine::Modes;
use sslmode_engine::lawful::{Call, Direction, Handshake, Protocol, Transport};
use sslmode_engine::profile::Profile;
use sslmode_engine::read::Record;
use std::sync::atomic::Ordering::Relaxed;

/// Makes a call, and makes it again as long as it brought nothing but a record that is hidden.
pub fn run<R: Copy + Into<i64>>(host: &'static Host, call: &IoCall, make: impl Fn() -> Option<R>) -> Option<R> {
    let Some(profile) = super::of(host) else { return make() };
    let Some(entry) = host::kept(call.ssl.addr()) else { return make() };
    match Call::of_function(call.function) {
        // Settled where it is carried out.
        Call::Write => return make(),
        Call::Handshake => {
            entry.profile().want.store(0, Relaxed);
            return make();
        }
        Call::Read | Call::Shutdown => entry.profile().want.store(0, Relaxed),
    }
    let reading = Reading { host, profile, entry, ssl: call.ssl };
    loop {
        let arrived = reading.arrived();
        let result = make()?;
        // As the libssl left it, which clears it first: PHP takes an old EAGAIN for a sign that the end has not come.
        let errno = errno();
        let stopped_by = reading.what_stopped(result.into(), arrived);
        set_errno(errno);
        match stopped_by {
            Stop::HiddenRecord => reading.tell(call.function),
            Stop::AheadOfTheBuffer => return make(),
            Stop::Else => return Some(result),
        };
    }
}

struct Reading {
    host: &'static Host,
    profile: &'static Profile,
    entry: &'static Entry,
    ssl: *mut ssl_st,
}

/// Why a call ended.
enum Stop {
    /// By a record that is to be hidden, as far as the transport tells.
    HiddenRecord,
    /// By a key update, perhaps, behind which there is more in the buffer.
    AheadOfTheBuffer,
    /// Otherwise.
    Else,
}

impl Reading {
    fn what_stopped(&self, result: i64, arrived: u64) -> Stop {
        if result > 0 || !self.wants_read() || !self.is_late() {
            return Stop::Else;
        }
        if !self.hides() {
            return if self.may_read_on() { Stop::AheadOfTheBuffer } else { Stop::Else };
        }
        let has_more = match wire::of(self.host, self.ssl, Direction::Read).transport {
            // A socket that has no more says so in errno, which libcrypto clears before it reads.
            Transport::Blocking | Transport::NonBlocking => ![libc::EAGAIN, libc::EINTR].contains(&errno()),
            // What is asked again until it has nothing more to give has no more then.
            Transport::Pair | Transport::Memory | Transport::Own => self.arrived() != arrived,
        };
        if has_more { Stop::HiddenRecord } else { Stop::Else }
    }

    /// The bytes that came through the BIO so far.
    fn arrived(&self) -> u64 {
        let below = &self.host.below;
        let bio = wire::bio(below, self.ssl, Direction::Read);
        // SAFETY: a BIO of a handle that is alive.
        bio.zip(below.bio_number_read).map_or(0, |(bio, number_read)| unsafe { number_read(bio) })
    }

    fn wants_read(&self) -> bool {
        const WANT_READING: c_int = 3;
        // SAFETY: the handle is alive: a call on it has just returned. This libssl owns it.
        self.host.calls.want.is_some_and(|want| unsafe { want(self.ssl) } == WANT_READING)
    }

    /// Whether a record may come after the handshake in this protocol.
    fn is_late(&self) -> bool {
        wire::handshake(self.host, self.ssl) == Handshake::Finished
            && wire::protocol(&self.host.below, self.ssl) == Protocol::Tls13
    }

    fn hides(&self) -> bool {
        let has_cleared = self.entry.profile().cleared_auto_retry.load(Relaxed);
        let records = [Record::SessionTicket, Record::KeyUpdate];
        records.into_iter().any(|record| self.profile.hides(record, has_cleared))
    }

    /// Whether this version may read on where the one underneath has stopped at a key update: what it has in its
    /// buffer it does not tell, so it is asked once more, if that cannot wait.
    fn may_read_on(&self) -> bool {
        let modes = self.profile.modes(self.entry.own().load(Relaxed));
        // SAFETY: as above.
        let reads_ahead = self.host.below.get_read_ahead.is_some_and(|get| unsafe { get(self.ssl) } != 0);
        self.profile.reads_on_where_buffered()
            && !modes.contains(Modes::AUTO_RETRY)
            && reads_ahead
            && wire::of(self.host, self.ssl, Direction::Read).transport != Transport::Blocking
    }

    fn tell(&self, function: &'static str) {
        contain(|| {
            let text = format!("a TLS 1.3 record without data, which {} never met", self.profile.dialect.name);
            trace::profile(function, self.ssl, "hidden", text);
        });
    }
}

fn errno() -> c_int {
    // SAFETY: errno's location is valid for the life of the thread.
    unsafe { *libc::__errno_location() }
}

fn set_errno(errno: c_int) {
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}
