//! Writes that are repeated, and writes that are not.

use super::*;

const BUFFER: usize = 1000;
const ELSEWHERE: usize = 200_000;

/// A write of 40,000 bytes that wants to be repeated.
fn pending(modes: Modes) -> World {
    let mut world = World { modes, ..World::new() };
    assert_eq!(world.write(BUFFER, 40_000, WANT_WRITE), None);
    world
}

/// The same bytes elsewhere.
fn copy(world: &mut World, length: usize) {
    world.memory.copy_within(BUFFER..BUFFER + length, ELSEWHERE);
}

#[test]
fn the_same_call_again() {
    let mut world = pending(Modes::empty());
    for _ in 0..3 {
        assert_eq!(world.ask(-1, 1, 0), None);
        world.wait(MS);
        assert_eq!(world.write(BUFFER, 40_000, WANT_WRITE), None);
    }
    assert_eq!(world.write(BUFFER, 40_000, moves(40_000)), None);
    assert_eq!(world.write(ELSEWHERE, 5, moves(5)), None);
    assert_eq!(world.step("SSL_shutdown", SUCCEEDS), None);
}

#[test]
fn moved() {
    let mut world = pending(Modes::empty());
    copy(&mut world, 40_000);
    assert_eq!(world.write(ELSEWHERE, 40_000, FAILS), Some(Rule::MovedWriteBuffer));
    assert_eq!(world.write(ELSEWHERE, 40_000, FAILS), None, "one finding for one mistake");
    assert_eq!(world.step("SSL_shutdown", FAILS), None, "nor for what it leads to");
}

#[test]
fn moved_and_longer_under_the_mode() {
    let mut world = pending(Modes::ACCEPT_MOVING_WRITE_BUFFER);
    copy(&mut world, 40_000);
    assert_eq!(world.write(ELSEWHERE, 40_000, WANT_WRITE), None);
    assert_eq!(world.write(ELSEWHERE, 60_000, WANT_WRITE), None);
    assert_eq!(world.write(ELSEWHERE, 60_000, moves(60_000)), None);
    let mut world = pending(Modes::empty());
    copy(&mut world, 40_000);
    assert_eq!(world.write(ELSEWHERE, 60_000, FAILS), Some(Rule::MovedWriteBuffer));
}

#[test]
fn longer_with_the_same_beginning() {
    let mut world = pending(Modes::empty());
    assert_eq!(world.write(BUFFER, 50_000, WANT_WRITE), None);
    assert_eq!(world.write(BUFFER, 45_000, FAILS), Some(Rule::ShorterRetry), "than what it grew to");
}

#[test]
fn shorter() {
    for length in [0, 1, 10, 16_384, 39_999] {
        assert_eq!(pending(Modes::empty()).write(BUFFER, length, FAILS), Some(Rule::ShorterRetry), "{length}");
        let mut world = pending(Modes::ACCEPT_MOVING_WRITE_BUFFER);
        copy(&mut world, 40_000);
        assert_eq!(world.write(ELSEWHERE, length, FAILS), Some(Rule::ShorterRetry), "{length}, moved");
    }
}

#[test]
fn changed() {
    for at in [0, 20, 39_999] {
        let mut world = pending(Modes::empty());
        world.memory[BUFFER + at] ^= 1;
        assert_eq!(world.write(BUFFER, 40_000, moves(40_000)), Some(Rule::ChangedRetry), "{at}");
        assert_eq!(world.write(ELSEWHERE, 5, moves(5)), None);
    }
    let mut world = pending(Modes::empty());
    world.memory[BUFFER + 40_000] ^= 1;
    assert_eq!(world.write(BUFFER, 50_000, moves(50_000)), None, "only what was to be sent has to stay");
}

/// A copy under the mode, whose end is another.
#[test]
fn moved_and_changed() {
    let mut world = pending(Modes::ACCEPT_MOVING_WRITE_BUFFER);
    copy(&mut world, 39_000);
    assert_eq!(world.write(ELSEWHERE, 40_000, moves(40_000)), Some(Rule::ChangedRetry));
}

#[test]
fn other_data() {
    for (modes, length) in [(Modes::empty(), 5), (Modes::ACCEPT_MOVING_WRITE_BUFFER, 40_000), (Modes::all(), 90_000)] {
        assert_eq!(pending(modes).write(ELSEWHERE, length, FAILS), Some(Rule::AbandonedWrite), "{length}");
    }
    // The next message in the one buffer that there is.
    let mut world = pending(Modes::empty());
    world.memory.copy_within(ELSEWHERE..ELSEWHERE + 30_000, BUFFER);
    assert_eq!(world.write(BUFFER, 30_000, FAILS), Some(Rule::AbandonedWrite));
}

#[test]
fn shut_down_while_pending() {
    assert_eq!(pending(Modes::empty()).step("SSL_shutdown", FAILS), Some(Rule::AbandonedWrite));
    let mut world = pending(Modes::empty());
    world.wait(10_000 * MS);
    assert_eq!(world.step("SSL_shutdown", FAILS), Some(Rule::AbandonedWrite));
    for world in [World { quiet: true, ..pending(Modes::empty()) }, World { closed: true, ..pending(Modes::empty()) }] {
        let mut world = world;
        assert_eq!(world.step("SSL_shutdown", SUCCEEDS), None);
    }
    let mut world = pending(Modes::empty());
    assert_eq!(world.read(FAILS), None);
    assert_eq!(world.step("SSL_shutdown", SUCCEEDS), Some(Rule::ShutdownAfterFatal), "that, and not the write");
}

#[test]
fn reads_and_handshakes_in_between() {
    let mut world = pending(Modes::empty());
    assert_eq!(world.read(moves(10)), None);
    assert_eq!(world.read(WANT_READ), None);
    assert_eq!(world.step("SSL_do_handshake", SUCCEEDS), None);
    assert_eq!(world.write(BUFFER, 40_000, WANT_READ), None, "a renegotiation");
    assert_eq!(world.write(BUFFER, 40_000, moves(40_000)), None);
}

/// Before the handshake is over nothing of the data is taken.
#[test]
fn a_write_that_only_shook_hands() {
    let mut world = World { shaking_hands: true, ..World::new() };
    assert_eq!(world.write(BUFFER, 40_000, WANT_WRITE), None);
    assert_eq!(world.write(BUFFER, 40_000, WANT_READ), None);
    assert_eq!(world.write(ELSEWHERE, 5, moves(5)), None);
}

#[test]
fn cleared() {
    let mut world = pending(Modes::empty());
    world.connection.clear();
    assert_eq!(world.write(ELSEWHERE, 5, moves(5)), None);
}

/// A write of 40,000 bytes that sent 16,384.
fn short() -> World {
    let mut world = World { modes: Modes::ENABLE_PARTIAL_WRITE, ..World::new() };
    assert_eq!(world.write(BUFFER, 40_000, moves(16_384)), None);
    world
}

const REST: usize = BUFFER + 16_384;

#[test]
fn the_rest_of_a_short_write() {
    let mut world = short();
    assert_eq!(world.write(REST, 40_000 - 16_384, moves(16_384)), None);
    assert_eq!(world.write(REST + 16_384, 40_000 - 2 * 16_384, WANT_WRITE), None);
    assert_eq!(world.write(REST + 16_384, 40_000 - 2 * 16_384, moves(40_000 - 2 * 16_384)), None);
    assert_eq!(world.write(ELSEWHERE, 5, moves(5)), None);
    for length in [1, 100, 23_616] {
        assert_eq!(short().write(REST, length, moves(length as u64)), None, "{length}");
    }
}

#[test]
fn the_rest_moved_elsewhere() {
    for length in [1, 3, 100, 256, 10_000, 23_616] {
        let mut world = short();
        world.memory.copy_within(REST..BUFFER + 40_000, ELSEWHERE);
        assert_eq!(world.write(ELSEWHERE, length, moves(length as u64)), None, "{length}");
    }
}

#[test]
fn a_short_write_that_is_ignored() {
    for (buffer, what) in [(BUFFER, "again"), (BUFFER + 40_000, "left out"), (ELSEWHERE, "other data")] {
        assert_eq!(short().write(buffer, 40_000, moves(16_384)), Some(Rule::IgnoredShortWrite), "{what}");
    }
    let mut world = short();
    assert_eq!(world.write(BUFFER + 40_000, 40_000, WANT_WRITE), Some(Rule::IgnoredShortWrite));
    assert_eq!(world.write(BUFFER + 40_000, 40_000, moves(40_000)), None, "what comes of it is a write like any other");
}

#[test]
fn a_short_write_given_up() {
    assert_eq!(short().step("SSL_shutdown", SUCCEEDS), None);
    assert_eq!(short().free(), None);
    let mut world = short();
    assert_eq!(world.read(moves(5)), None);
    assert_eq!(world.write(BUFFER, 0, moves(0)), None);
    assert_eq!(world.write(REST, 23_616, moves(23_616)), None);
}
