//! What a peer can make us keep: the most bytes of heap at one time, counted by an allocator, while it floods us.

mod support;

use sslmode_engine::Modes;
use sslmode_engine::dialect::OPENSSL_3;
use sslmode_tls::connection::{Accept, Blocked, Connection, Decision, Io, Pool, Stop, Transport};
use sslmode_tls::handshake::{ClientHello, Versions};
use sslmode_tls::record::{Cipher, Hash, Protection, RecordLayer, Role, Traffic, TrafficSecret, Version};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use support::{KeyType, client, open, server};

thread_local!(static HEAP: Cell<(isize, isize)> = const { Cell::new((0, 0)) });

/// Counts what this thread has, and the most that it had.
struct Counting;

fn count(bytes: isize) {
    // A thread that ends has nobody who asks.
    _ = HEAP.try_with(|heap| {
        let (now, most) = heap.get();
        heap.set((now + bytes, most.max(now + bytes)));
    });
}

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: by the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that `work` had more than there were before.
fn most(work: impl FnOnce()) -> isize {
    let before = HEAP.get().0;
    HEAP.set((before, before));
    work();
    HEAP.get().1 - before
}

/// A peer that goes on for ever with the same bytes; what it is sent is counted and gone.
struct Flood<'a> {
    first: &'a [u8],
    then: &'a [u8],
    read: usize,
    limit: usize,
    sent: usize,
}

impl Transport for Flood<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Blocked> {
        assert!(self.read < self.limit, "it is read without an end");
        let (part, from) = match self.read.checked_sub(self.first.len()) {
            None => (self.first, self.read),
            Some(behind) => (self.then, behind % self.then.len()),
        };
        let count = into.len().min(part.len() - from);
        into[..count].copy_from_slice(&part[from..from + count]);
        self.read += count;
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, Blocked> {
        self.sent += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Blocked> {
        Ok(())
    }
}

struct Always;

impl Accept for Always {
    fn accept(&mut self, _hello: &ClientHello) -> Decision {
        Decision::Settings(Box::new(server(Versions::ALL, KeyType::Ecdsa)))
    }
}

/// Lets a connection read a flood until it ends itself; the most bytes of heap that took.
fn flooded(connection: impl Fn() -> Connection, first: &[u8], then: &[u8]) -> isize {
    let run = || {
        let mut connection = connection();
        let pool = Pool::new(&OPENSSL_3);
        let mut flood = Flood { first, then, read: 0, limit: 1 << 22, sent: 0 };
        let mut io = Io { transport: &mut flood, modes: Modes::empty(), read_ahead: false, pool: &pool };
        let stop = connection.handshake(&mut io, &mut Always).unwrap_err();
        assert!(matches!(stop, Stop::Handshake(_)), "{stop:?}");
    };
    // What is made once for the whole process is there now.
    run();
    most(run)
}

fn record(content_type: u8, content: &[u8]) -> Vec<u8> {
    [&[content_type, 3, 3][..], &(content.len() as u16).to_be_bytes(), content].concat()
}

/// 64 KiB of one message, and as much again for the records that it came in, and buffers that double.
const MOST: isize = 512 * 1024;

#[test]
fn a_flood_before_the_keys_ends_within_bounds() {
    let server = || Connection::server(&OPENSSL_3);
    let client = || Connection::client(&OPENSSL_3, client(Versions::ALL).connect().unwrap());
    // A ClientHello, and a ServerHello, that announces 16 MiB and one that announces 64 KiB, in records of all sizes.
    for (kind, length) in [(1, [255, 255, 255]), (1, [0, 255, 255]), (2, [255, 255, 255]), (2, [0, 255, 255])] {
        for size in [1, 100, 16_384] {
            let head = record(22, &[&[kind][..], &length].concat());
            let (first, then) = (&head[..], &record(22, &vec![0; size])[..]);
            let took = if kind == 1 { flooded(server, first, then) } else { flooded(client, first, then) };
            assert!(took < MOST, "message {kind} of {length:?} in records of {size}: {took} bytes");
        }
    }
    // Records without content, warnings, changes of keys that never come.
    for then in [record(22, &[]), record(21, &[1, 90]), record(20, &[1]), record(24, &[0; 40])] {
        assert!(flooded(server, &[], &then) < MOST, "{then:?}");
        assert!(flooded(client, &[], &then) < MOST, "{then:?}");
    }
}

fn layer(role: Role) -> RecordLayer {
    let secret = || (TrafficSecret::new(Hash::Sha256, &[7; 32]).unwrap(), 0);
    let protection = Protection::Tls13 { cipher: Cipher::Aes128Gcm, write: secret(), read: secret() };
    RecordLayer::new(Traffic { role, protection, tickets: None })
}

#[test]
fn a_flood_behind_the_keys_ends_within_bounds() {
    // Empty records, and key updates that want an answer: the last one is not taken.
    for update in [false, true] {
        let (mut ours, mut peer) = (layer(Role::Client), layer(Role::Server));
        let mut refused = None;
        let took = most(|| {
            for number in 0..100 {
                let said = if update {
                    peer.update_keys(true).unwrap();
                    support::due(&mut peer)
                } else {
                    support::seal(&mut peer, b"")
                };
                if let Err(error) = open(&mut ours, &said) {
                    refused = Some((number, error));
                    break;
                }
            }
        });
        assert!(matches!(refused, Some((32, _))), "{refused:?}");
        assert!(took < 64 * 1024, "{took} bytes");
        // One answer for all, or none any more: an alert.
        assert!(ours.due_length() < 64);
    }
    assert_eq!(layer(Role::Client).version(), Version::Tls13);
}
