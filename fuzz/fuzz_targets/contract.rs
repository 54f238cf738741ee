//! The watch over a connection's calls: any sequence of calls and outcomes, however unlikely, is judged without a panic, and
//! a call that did what it was asked, on a connection that nothing happened to, breaks no rule.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sslmode_engine::contract::{Answer, Call, Connection, Fingerprint, Hello, Kind, Look, Outcome, Question, modes};
use sslmode_engine::fallback::Version;
use sslmode_engine::lawful::{Direction, Transport};
use sslmode_engine::{Dialect, Modes};
use std::hash::DefaultHasher;

const FUNCTIONS: [&str; 10] = [
    "SSL_connect",
    "SSL_accept",
    "SSL_do_handshake",
    "SSL_read",
    "SSL_peek_ex",
    "SSL_write",
    "SSL_write_ex",
    "SSL_shutdown",
    "SSL_sendfile",
    "SSL_write_early_data",
];

/// Answers from the input's bits; a buffer's contents are its address.
struct Whatever(u32);

impl Look for Whatever {
    fn modes(&self) -> Modes {
        Modes::from_bits_truncate(self.0)
    }
    fn transport(&self) -> Transport {
        Transport::ALL[self.0 as usize % Transport::ALL.len()]
    }
    fn is_ready(&self, _: Direction) -> bool {
        self.0 & 16 != 0
    }
    fn peer_has_closed(&self) -> bool {
        self.0 & 32 != 0
    }
    fn waits(&self) -> u64 {
        u64::from(self.0 >> 20 & 1)
    }
    fn handshake_is_over(&self) -> bool {
        self.0 & 64 == 0
    }
    fn is_dtls(&self) -> bool {
        self.0 & 128 != 0
    }
    fn shuts_down_quietly(&self) -> bool {
        self.0 & 256 != 0
    }
    fn hello(&self) -> Option<Hello> {
        (self.0 & 512 != 0).then_some(Hello { offered: Version(self.0 as u16), highest: Version::TLS_1_3 })
    }
    fn print(&self, address: usize, length: usize) -> Fingerprint {
        Fingerprint::of(&address.to_le_bytes()[..length.min(8)], DefaultHasher::new())
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let dialect = Dialect::ALL[usize::from(*first) % Dialect::ALL.len()];
    let mut connection = Connection::new(dialect);
    let mut troubled = false;
    for (time, step) in rest.chunks_exact(12).enumerate() {
        let number = |at: usize| u32::from_le_bytes([step[at], step[at + 1], step[at + 2], step[at + 3]]);
        let look = Whatever(number(8));
        let function = FUNCTIONS[usize::from(step[0]) % FUNCTIONS.len()];
        let moves = !matches!(Kind::of_function(function), Kind::Handshake | Kind::Shutdown);
        let call = Call {
            function,
            kind: Kind::of_function(function),
            thread: usize::from(step[1] & 1),
            buffer: if moves { usize::from(step[2]) << 20 } else { 0 },
            length: if moves { i64::from(i16::from_le_bytes([step[3], step[4]])) } else { 0 },
            at: (time as u64) << (step[1] >> 3),
        };
        let answer = Answer::of_number(i32::from(step[5] % 12));
        let outcome = Outcome {
            result: if answer == Answer::Done { 1 } else { -1 },
            bytes: if answer == Answer::Done { u64::from(step[6]) } else { 0 },
            answer,
            queued_before: u64::from(step[7] & 3),
            queued_after: u64::from(step[7] >> 2 & 3),
            at: call.at + 1,
        };
        let finding = connection.begin(&call, &look);
        let is_short = answer != Answer::Done || (outcome.bytes as i64) < call.length;
        let is_greeting = look.modes().contains(Modes::SEND_FALLBACK_SCSV);
        if let Some(finding) = finding {
            assert!(troubled || is_greeting, "{finding:?}");
            assert!(!finding.text.contains('\n'));
        }
        connection.end(&call, &outcome, &look);
        troubled |= is_short || call.kind == Kind::Shutdown || is_greeting;
        if step[1] & 4 != 0 {
            let (thread, waits) = (usize::from(step[1] >> 1 & 1), step[8] & 1 != 0);
            let _ = connection.ask(Question { result: outcome.result, thread, queued: outcome.queued_after, waits });
        }
        if step[1] & 0xf8 == 0xf8 {
            let _ = connection.give_up("SSL_clear", 1, outcome.at, &look);
            connection.clear();
            troubled = false;
        }
        let _ = modes::judge_mask(dialect, "SSL_set_mode", i64::from(number(8) as i32), step[7] & 1 != 0);
    }
});
