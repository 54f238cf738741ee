//! A connection over transports that take and give as little as they like.

mod support;

use proptest::prelude::*;
use sslmode_engine::buffers::Kind;
use sslmode_engine::dialect::{OPENSSL_1_0_2, OPENSSL_3};
use sslmode_engine::write::Reason;
use sslmode_engine::{Dialect, Modes};
use sslmode_tls::connection::{Accept, Blocked, Connection, Decision, Io, Pool, Stop, Transport};
use sslmode_tls::handshake::{ClientHello, ServerSettings, Versions};
use sslmode_tls::record::Version;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use support::{KeyType, client, server};

const EACH: [Version; 2] = [Version::Tls12, Version::Tls13];

/// Bytes on their way in one direction.
#[derive(Clone, Default)]
struct Pipe {
    bytes: Rc<RefCell<VecDeque<u8>>>,
    room: Rc<Cell<usize>>,
    ended: Rc<Cell<bool>>,
}

/// One end of two pipes, which moves at most `most` bytes a call, and refuses each call whose turn it is.
struct End {
    from: Pipe,
    to: Pipe,
    most: usize,
    refuses_every: usize,
    calls: usize,
}

impl End {
    fn refuses(&mut self) -> bool {
        self.calls += 1;
        self.refuses_every > 0 && self.calls.is_multiple_of(self.refuses_every)
    }
}

impl Transport for End {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Blocked> {
        let waiting = self.from.bytes.borrow().len();
        if waiting == 0 {
            return Err(if self.from.ended.get() { Blocked::Eof(0) } else { Blocked::Retry });
        }
        if self.refuses() {
            return Err(Blocked::Retry);
        }
        let count = into.len().min(waiting).min(self.most);
        into[..count].iter_mut().zip(self.from.bytes.borrow_mut().drain(..count)).for_each(|(to, from)| *to = from);
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, Blocked> {
        let room = self.to.room.get() - self.to.bytes.borrow().len().min(self.to.room.get());
        if room == 0 || self.refuses() {
            return Err(Blocked::Retry);
        }
        let count = bytes.len().min(room).min(self.most);
        self.to.bytes.borrow_mut().extend(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), Blocked> {
        Ok(())
    }
}

/// A server that accepts whoever comes.
struct Anyone(ServerSettings);

impl Accept for Anyone {
    fn accept(&mut self, _hello: &ClientHello) -> Decision {
        Decision::Settings(Box::new(self.0.clone()))
    }
}

/// One side: a connection, what carries its bytes, and its modes.
struct Side {
    connection: Connection,
    end: End,
    modes: Modes,
    pool: Rc<Pool>,
}

impl Side {
    fn with<R>(&mut self, call: impl FnOnce(&mut Connection, &mut Io<'_>) -> R) -> R {
        let mut io = Io { transport: &mut self.end, modes: self.modes, read_ahead: false, pool: &self.pool };
        call(&mut self.connection, &mut io)
    }

    fn write(&mut self, data: &[u8]) -> Result<usize, Stop> {
        self.with(|connection, io| connection.write(io, data))
    }

    /// Everything that is there, and what it stopped at.
    fn drain(&mut self) -> (Vec<u8>, Stop) {
        let (mut all, mut out) = (Vec::new(), vec![0; 20_000]);
        loop {
            match self.with(|connection, io| connection.read(io, &mut out, false)) {
                Ok(count) => all.extend_from_slice(&out[..count]),
                Err(stop) => return (all, stop),
            }
        }
    }
}

struct Setting {
    version: Version,
    dialect: &'static Dialect,
    modes: Modes,
    room: usize,
    most: usize,
    refuses_every: usize,
}

impl Setting {
    fn of(version: Version) -> Self {
        Setting {
            version,
            dialect: &OPENSSL_3,
            modes: Modes::AUTO_RETRY,
            room: 17_000,
            most: usize::MAX,
            refuses_every: 0,
        }
    }

    /// Client and server after the handshake.
    fn connect(&self) -> (Side, Side) {
        let (up, down) = (Pipe::default(), Pipe::default());
        up.room.set(self.room);
        down.room.set(self.room);
        let pool = Rc::new(Pool::new(self.dialect));
        let side = |connection, from: &Pipe, to: &Pipe| Side {
            connection,
            end: End {
                from: from.clone(),
                to: to.clone(),
                most: self.most,
                refuses_every: self.refuses_every,
                calls: 0,
            },
            modes: self.modes,
            pool: pool.clone(),
        };
        let versions = Versions::only(self.version);
        let handshake = client(versions).connect().unwrap();
        let mut program = Anyone(server(versions, KeyType::Ecdsa));
        let mut client = side(Connection::client(self.dialect, handshake), &down, &up);
        let mut server = side(Connection::server(self.dialect), &up, &down);
        for _ in 0..100_000 {
            let ours = client.with(|connection, io| connection.handshake(io, &mut program));
            let theirs = server.with(|connection, io| connection.handshake(io, &mut program));
            if ours.is_ok() && theirs.is_ok() {
                return (client, server);
            }
            // The server's tickets may be more than the pipe has room for: the client's program reads.
            if ours.is_ok() && matches!(theirs, Err(Stop::Write(_))) {
                assert_eq!(client.drain().0, [0; 0]);
            }
            for stop in [ours, theirs].into_iter().filter_map(Result::err) {
                assert!(matches!(stop, Stop::Read(Blocked::Retry) | Stop::Write(Blocked::Retry)), "{stop:?}");
            }
        }
        panic!("the handshake does not come to an end");
    }
}

/// Writes all of it, retrying as the documentation says, while the peer reads.
fn send(from: &mut Side, to: &mut Side, data: &[u8]) -> Vec<u8> {
    let (mut sent, mut received) = (0, Vec::new());
    for _ in 0..200_000 {
        if sent < data.len() {
            match from.write(&data[sent..]) {
                Ok(count) => sent += count,
                Err(stop) => assert_eq!(stop, Stop::Write(Blocked::Retry)),
            }
        }
        received.extend(to.drain().0);
        if sent == data.len() && received.len() == data.len() {
            return received;
        }
    }
    panic!("{sent} of {} bytes sent, {} received", data.len(), received.len());
}

#[test]
fn a_byte_at_a_time() {
    for version in EACH {
        let (mut client, mut server) = Setting { most: 1, ..Setting::of(version) }.connect();
        let data: Vec<u8> = (0..20_000).map(|at| at as u8).collect();
        assert_eq!(send(&mut client, &mut server, &data), data);
        assert_eq!(send(&mut server, &mut client, &data), data);
    }
}

#[test]
fn a_full_pipe_under_each_mode() {
    let data = vec![7; 40_000];
    let refused = Err(Stop::Write(Blocked::Retry));
    for version in EACH {
        let (mut client, mut server) = Setting::of(version).connect();
        assert_eq!(client.write(&data), refused);
        assert!(client.connection.has_pending_write());
        assert_eq!(server.drain().0.len(), 16_384);
        assert_eq!(client.write(&data.clone()), Err(Stop::Misuse(Reason::BadWriteRetry)), "from another address");
        assert_eq!(client.write(&data), Err(Stop::Dead));

        let partial = Setting { modes: Modes::ENABLE_PARTIAL_WRITE, ..Setting::of(version) };
        let (mut client, _server) = partial.connect();
        assert_eq!(client.write(&data), Ok(16_384));

        let moving = Setting { modes: Modes::ACCEPT_MOVING_WRITE_BUFFER, ..Setting::of(version) };
        let (mut client, mut server) = moving.connect();
        assert_eq!(client.write(&data), refused);
        assert_eq!(server.drain().0.len(), 16_384);
        assert_eq!(client.write(&data.clone()), refused, "the second record went out, and the third is pending");
    }
}

#[test]
fn auto_retry_decides_about_a_key_update() {
    for (modes, first) in [(Modes::AUTO_RETRY, 5), (Modes::empty(), 0)] {
        let (mut client, mut server) = Setting { modes, ..Setting::of(Version::Tls13) }.connect();
        client.drain();
        client.connection.update_keys(true).unwrap();
        assert_eq!(client.write(b"hello"), Ok(5));
        let (data, stop) = server.drain();
        assert_eq!((data.len(), stop), (first, if first == 0 { Stop::NoData } else { Stop::Read(Blocked::Retry) }));
        if first == 0 {
            assert_eq!(server.drain().0, b"hello");
        }
        // The answer goes ahead of the data, under keys that both know.
        assert_eq!(server.write(b"again"), Ok(5));
        let received: Vec<u8> = (0..2).flat_map(|_| client.drain().0).collect();
        assert_eq!(received, b"again");
    }
}

#[test]
fn released_buffers_go_where_the_dialect_says() {
    let held = |dialect, modes| {
        let (mut client, mut server) = Setting { dialect, modes, ..Setting::of(Version::Tls12) }.connect();
        send(&mut client, &mut server, b"data");
        (client.pool.waiting(Kind::Read), client.pool.waiting(Kind::Write))
    };
    assert_eq!(held(&OPENSSL_1_0_2, Modes::RELEASE_BUFFERS), (1, 1), "what one end gave back the other used");
    assert_eq!(held(&OPENSSL_1_0_2, Modes::empty()), (0, 0), "kept by the connections");
    assert_eq!(held(&OPENSSL_3, Modes::RELEASE_BUFFERS), (0, 0), "freed");

    let ends: Vec<_> =
        (0..20).map(|_| Setting { dialect: &OPENSSL_1_0_2, ..Setting::of(Version::Tls12) }.connect()).collect();
    let pool = Pool::new(&OPENSSL_1_0_2);
    for (mut client, mut server) in ends {
        send(&mut client, &mut server, b"data");
        client.connection.recycle(&pool);
        server.connection.recycle(&pool);
    }
    assert_eq!(pool.waiting(Kind::Read), 32, "the page: 32 by default, and 40 ended");
}

#[test]
fn an_end_is_a_close_notify_or_it_is_not() {
    for version in EACH {
        let (mut client, mut server) = Setting::of(version).connect();
        server.drain();
        client.with(|connection, io| connection.close(io)).unwrap();
        assert_eq!(server.drain(), (Vec::new(), Stop::CloseNotify));
        assert_eq!(server.write(b"half closed"), Ok(11), "the other direction is open");
        assert_eq!(client.drain().0, b"half closed");

        let (client, mut server) = Setting::of(version).connect();
        client.end.to.ended.set(true);
        assert_eq!(server.drain(), (Vec::new(), Stop::Read(Blocked::Eof(0))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However the transport cuts and refuses, the stream is the same.
    #[test]
    fn any_transport_carries_the_same_stream(
        most in 1_usize..3_000,
        refuses_every in prop_oneof![Just(0), 2_usize..9],
        room in 200_usize..20_000,
        partial: bool,
        release: bool,
        tls13: bool,
        length in 0_usize..60_000,
    ) {
        let mut modes = Modes::AUTO_RETRY | Modes::ACCEPT_MOVING_WRITE_BUFFER;
        modes.set(Modes::ENABLE_PARTIAL_WRITE, partial);
        modes.set(Modes::RELEASE_BUFFERS, release);
        let version = EACH[usize::from(tls13)];
        let setting = Setting { modes, room, most, refuses_every, ..Setting::of(version) };
        let (mut client, mut server) = setting.connect();
        let data: Vec<u8> = (0..length).map(|at| ((at * 31) >> 3) as u8).collect();
        prop_assert_eq!(send(&mut client, &mut server, &data), data.clone());
        prop_assert_eq!(send(&mut server, &mut client, &data), data);
    }
}
