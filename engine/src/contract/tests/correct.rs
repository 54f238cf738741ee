//! A program that keeps to the documentation breaks no rule, whatever happens to its calls.

use super::*;
use proptest::prelude::*;

/// What happens to a call.
#[derive(Clone, Copy, Debug)]
enum Luck {
    Goes,
    /// A part of it, where that may be.
    Part,
    WantRead,
    WantWrite,
    Fails,
    PeerCloses,
}

/// What the program would like to do next.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Write(u16),
    Read,
    Handshake,
    Close,
}

fn luck() -> impl Strategy<Value = Luck> {
    prop_oneof![
        4 => Just(Luck::Goes),
        2 => Just(Luck::Part),
        2 => Just(Luck::WantRead),
        3 => Just(Luck::WantWrite),
        1 => Just(Luck::PeerCloses),
        1 => Just(Luck::Fails),
    ]
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![
        6 => (1..60_000u16).prop_map(Wish::Write),
        4 => Just(Wish::Read),
        1 => Just(Wish::Handshake),
        1 => Just(Wish::Close),
    ]
}

/// A program: what it has to send, and where that lies.
struct Program {
    world: World,
    at: usize,
    left: usize,
    /// What of it a write tried last.
    tried: Option<(usize, usize)>,
    over: bool,
}

impl Program {
    /// Makes the call, asks SSL_get_error, and waits as it says.
    fn make(&mut self, function: &'static str, buffer: usize, length: usize, luck: Luck) -> u64 {
        let part =
            length > 1 && self.world.modes.contains(Modes::ENABLE_PARTIAL_WRITE) && function.starts_with("SSL_write");
        let comes = match luck {
            Luck::Part if part => moves(length as u64 / 2),
            Luck::Goes | Luck::Part if length > 0 => moves(length as u64),
            Luck::Goes | Luck::Part => SUCCEEDS,
            Luck::WantRead => WANT_READ,
            Luck::WantWrite => WANT_WRITE,
            Luck::Fails => FAILS,
            Luck::PeerCloses => Comes { result: 0, answer: Answer::ZeroReturn, ..WANT_READ },
        };
        let found = self.world.call(function, buffer, length as i64, comes);
        assert_eq!(found, None, "{function} of {length} bytes, {luck:?}");
        assert_eq!(self.world.ask(comes.result, 1, comes.queued[1]), None);
        self.over |= matches!(luck, Luck::Fails | Luck::PeerCloses);
        self.world.closed |= matches!(luck, Luck::PeerCloses);
        self.world.wait(MS);
        if comes.answer == Answer::Done { comes.bytes } else { 0 }
    }

    /// Goes on with what is to be sent, in another place or together with more where that is allowed.
    fn write(&mut self, luck: Luck, moves_buffer: bool, more: usize) {
        let (tried, moving) = (self.tried.take(), self.world.modes.contains(Modes::ACCEPT_MOVING_WRITE_BUFFER));
        if moves_buffer && (tried.is_none() || moving) {
            let to = if self.at < 1 << 18 { 1 << 18 } else { 0 };
            self.world.memory.copy_within(self.at..self.at + self.left, to);
            self.at = to;
        }
        let length = tried.map_or(self.left, |(_, length)| (length + more).min(self.left));
        let moved = self.make("SSL_write", self.at, length, luck) as usize;
        self.at += moved;
        self.left -= moved;
        if moved == 0 {
            self.tried = Some((self.at, length));
        }
    }

    fn close(&mut self, luck: Luck) {
        while self.left > 0 && !self.over {
            self.write(Luck::Goes, false, 0);
        }
        if !matches!(luck, Luck::Fails) && !self.over {
            self.make("SSL_shutdown", 0, 0, Luck::Goes);
        }
        self.over = true;
    }
}

proptest! {
    #[test]
    fn a_correct_program_is_not_told(
        steps in prop::collection::vec((wish(), luck(), any::<bool>(), 0..3000usize), 0..80),
        modes in 0..4u32, dialect in 0..Dialect::ALL.len(),
    ) {
        let modes = Modes::from_bits_truncate(modes);
        let world = World { modes, ..World::of(Dialect::ALL[dialect]) };
        let mut program = Program { world, at: 0, left: 0, tried: None, over: false };
        program.make("SSL_connect", 0, 0, Luck::Goes);
        for (wish, luck, moves_buffer, more) in steps {
            if program.over {
                break;
            }
            match wish {
                Wish::Write(_) if program.left > 0 => program.write(luck, moves_buffer, more),
                Wish::Write(length) => {
                    (program.at, program.left) = (usize::from(length) * 3 % 100_000, usize::from(length));
                    program.write(luck, false, 0);
                }
                Wish::Read => drop(program.make("SSL_read", 1 << 19, 1000, luck)),
                Wish::Handshake => {
                    program.make("SSL_do_handshake", 0, 0, luck);
                    if matches!(luck, Luck::WantRead | Luck::WantWrite) {
                        program.make("SSL_do_handshake", 0, 0, Luck::Goes);
                    }
                }
                Wish::Close => program.close(luck),
            }
        }
        program.world.wait(1000 * MS);
        prop_assert_eq!(program.world.free(), None);
    }

    /// Of any mistake with a pending write there is one finding, not several.
    #[test]
    fn one_mistake_one_finding(buffer in 0..100_000usize, length in 0..60_000i64, again in 1..4usize) {
        let mut world = World::new();
        world.write(1000, 40_000, WANT_WRITE);
        let is_wrong = (buffer, length) != (1000, 40_000) && (buffer != 1000 || length < 40_000);
        let mut found = Vec::new();
        for _ in 0..again {
            found.extend(world.write(buffer, length, FAILS));
        }
        found.extend(world.step("SSL_shutdown", FAILS));
        prop_assert_eq!(found.len(), 1, "{:?}", found);
        prop_assert_eq!(found[0] == Rule::UseAfterFatal || found[0] == Rule::ShutdownAfterFatal, !is_wrong, "{:?}", found);
    }
}
