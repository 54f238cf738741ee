//! The rules that are not about retries.

use super::*;
use crate::contract::modes::{ContextLife, judge_mask};
use crate::dialect::{BORINGSSL, OPENSSL_0_9_8, OPENSSL_1_0_2, OPENSSL_4};

#[test]
fn a_want_taken_for_an_error() {
    for function in ["SSL_connect", "SSL_accept", "SSL_do_handshake", "SSL_write", "SSL_read"] {
        let wants = |world: World| {
            let mut world = world;
            let length = if function.contains("_write") || function.contains("_read") { 10 } else { 0 };
            assert_eq!(world.call(function, length as usize, length, WANT_READ), None);
            world
        };
        assert_eq!(wants(World::new()).free(), Some(Rule::WantTakenForError), "{function}");
        assert_eq!(wants(World::new()).step("SSL_shutdown", SUCCEEDS), Some(Rule::WantTakenForError), "{function}");
        assert_eq!(wants(World { closed: true, ..World::new() }).free(), None, "{function}");
        assert_eq!(wants(World { transport: Transport::Memory, ..World::new() }).free(), None, "{function}");
        assert_eq!(wants(World { quiet: true, ..World::new() }).step("SSL_shutdown", SUCCEEDS), None, "{function}");
        let mut world = wants(World::new());
        world.wait(100 * MS);
        assert_eq!(world.free(), None, "{function}: a time-out");
        let mut world = wants(World::new());
        world.waits += 1;
        let found = if function == "SSL_read" { Some(Rule::WantTakenForError) } else { None };
        assert_eq!(world.free(), found, "{function}: a short time-out");
        let mut world = wants(wants(World::new()));
        assert_eq!(world.free(), None, "{function}: it was repeated");
    }
}

/// A blocking socket that has a time-out of its own.
#[test]
fn a_call_that_waited_itself() {
    let mut world = World { transport: Transport::Blocking, ..World::new() };
    let call = Call { function: "SSL_read", kind: Kind::Read, thread: 1, buffer: 0, length: 1, at: world.now };
    world.wait(100 * MS);
    let Comes { result, bytes, answer, .. } = WANT_READ;
    let outcome = Outcome { result, bytes, answer, queued_before: 0, queued_after: 0, at: world.now };
    let mut connection = world.connection.clone();
    connection.end(&call, &outcome, &world);
    world.connection = connection;
    assert_eq!(world.free(), None);
}

#[test]
fn wants_that_are_no_errors() {
    let mut world = World::new();
    world.read(WANT_READ);
    assert_eq!(world.ask(-1, 1, 0), None);
    assert_eq!(world.free(), None, "whoever reads what is there and asks why there is no more may close");
    let mut world = World::new();
    world.call("SSL_peek", 0, 1, WANT_READ);
    assert_eq!(world.free(), None);
    let mut world = World { readable: true, ..World::new() };
    world.write(0, 10, WANT_WRITE);
    assert_eq!(world.free(), None, "the peer has answered");
    let mut world = World::new();
    assert_eq!(world.step("SSL_shutdown", SUCCEEDS), None);
    world.read(WANT_READ);
    assert_eq!(world.free(), None, "after a close_notify nobody has to wait");
    let mut world = World::new();
    world.step("SSL_connect", FAILS);
    assert_eq!(world.free(), None);
}

#[test]
fn use_after_a_fatal_error() {
    for answer in [Answer::Ssl, Answer::Syscall] {
        let failed = || {
            let mut world = World::new();
            assert_eq!(world.read(Comes { answer, ..FAILS }), None);
            assert_eq!(world.ask(-1, 1, 9), None);
            world
        };
        for function in ["SSL_connect", "SSL_sendfile"] {
            assert_eq!(failed().step(function, FAILS), Some(Rule::UseAfterFatal), "{function}");
        }
        assert_eq!(failed().write(0, 5, FAILS), Some(Rule::UseAfterFatal));
        let mut world = failed();
        assert_eq!(world.read(FAILS), Some(Rule::UseAfterFatal));
        assert_eq!(world.read(FAILS), None);
        assert_eq!(failed().step("SSL_shutdown", SUCCEEDS), Some(Rule::ShutdownAfterFatal));
        for world in [World { quiet: true, ..failed() }, World { closed: true, ..failed() }] {
            let mut world = world;
            assert_eq!((world.step("SSL_shutdown", SUCCEEDS), world.free()), (None, None));
        }
        let mut world = World { transport: Transport::Own, ..World::new() };
        world.read(Comes { answer, ..FAILS });
        let told = (answer != Answer::Syscall).then_some(Rule::UseAfterFatal);
        assert_eq!(world.write(0, 5, FAILS), told, "{answer:?}");
        let mut world = failed();
        world.step("SSL_shutdown", FAILS);
        assert_eq!(world.ask(-1, 1, 9), None, "the queue is the failure's");
        let mut world = failed();
        world.connection.clear();
        assert_eq!(world.step("SSL_connect", SUCCEEDS), None);
    }
}

/// The transport's end as 1.1.1 and 3.0 tell it.
#[test]
fn after_the_transports_end() {
    let old = Comes { result: 0, answer: Answer::Syscall, queued: [0, 0], ..FAILS };
    let new = Comes { queued: [0, 0x0a00_0126], ..FAILS };
    for end in [old, new] {
        let mut world = World::new();
        assert_eq!([world.read(end), world.read(end), world.step("SSL_shutdown", FAILS)], [None; 3]);
        assert_eq!(world.write(0, 5, FAILS), Some(Rule::UseAfterFatal));
    }
    let mut world = World::new();
    world.read(Comes { answer: Answer::Syscall, ..WANT_READ });
    assert_eq!(world.read(FAILS), Some(Rule::UseAfterFatal), "a reset is no end");
}

#[test]
fn failures_that_are_not_fatal() {
    let mut world = World::new();
    assert_eq!(world.write(0, 0, Comes { answer: Answer::Syscall, ..FAILS }), None, "no bytes, no failure");
    assert_eq!(world.write(0, 5, moves(5)), None);
    assert_eq!(world.step("SSL_shutdown", FAILS), None, "in a handshake, say");
    assert_eq!(world.read(moves(5)), None);
    assert_eq!(world.read(Comes { result: 0, answer: Answer::ZeroReturn, ..FAILS }), None);
    assert_eq!(world.write(0, 5, moves(5)), None, "the peer's end is not ours");
    let mut world = World { dtls: true, ..World::new() };
    world.write(0, 5, Comes { answer: Answer::Syscall, ..FAILS });
    assert_eq!(world.write(0, 5, moves(5)), None);
    let mut world = World::new();
    world.step("SSL_connect", Comes { answer: Answer::Unclear, ..FAILS });
    assert_eq!(world.step("SSL_connect", SUCCEEDS), None, "a look-up that waits for the program");
}

#[test]
fn writes_after_the_close_notify() {
    let mut world = World::new();
    assert_eq!(world.step("SSL_shutdown", Comes { result: 0, ..SUCCEEDS }), None);
    assert_eq!(world.read(moves(5)), None);
    assert_eq!(world.write(0, 5, FAILS), Some(Rule::WriteAfterShutdown));
    assert_eq!(world.write(0, 5, FAILS), None);
    assert_eq!(world.step("SSL_shutdown", SUCCEEDS), None);
    let mut world = World::new();
    assert_eq!(world.step("SSL_shutdown", WANT_WRITE), None);
    assert_eq!(world.write(0, 5, moves(5)), None, "it was not sent yet");
    let mut world = World { quiet: true, ..World::new() };
    assert_eq!(world.step("SSL_shutdown", SUCCEEDS), None);
    assert_eq!(world.write(0, 5, moves(5)), None);
}

#[test]
fn an_error_from_before() {
    let stale = Comes { queued: [7, 7], ..FAILS };
    let mut world = World::new();
    assert_eq!(world.read(stale), None);
    assert_eq!(world.ask(-1, 1, 7), Some(Rule::StaleErrorQueue));
    assert_eq!(world.ask(-1, 1, 7), None);
    assert_eq!(world.read(moves(5)), None, "what happened is not known, so nothing is held against the program");
    for (comes, what) in [
        (Comes { queued: [7, 7], ..moves(5) }, "it succeeded"),
        (Comes { queued: [7, 0], ..WANT_READ }, "the call emptied the queue"),
        (Comes { queued: [7, 9], ..FAILS }, "the call put its own error there"),
        (FAILS, "it was empty"),
    ] {
        let mut world = World::new();
        world.read(comes);
        assert_eq!(world.ask(comes.result, 1, comes.queued[1]), None, "{what}");
    }
    let mut world = World::of(&OPENSSL_4);
    world.read(Comes { answer: Answer::WantRead, ..stale });
    assert_eq!(world.ask(-1, 1, 7), None, "4.x does not look");
}

#[test]
fn the_wrong_question() {
    let mut world = World::new();
    world.read(WANT_READ);
    world.write(0, 5, moves(5));
    assert_eq!(world.ask(-1, 1, 0), Some(Rule::GetErrorMismatch), "another call's result");
    let mut world = World::new();
    world.step("SSL_connect", SUCCEEDS);
    assert_eq!(world.ask_waiting(-1, 1, 0, true), None, "a call through an SSL BIO, which was not seen");
    let mut world = World::new();
    world.read(moves(5));
    world.step("SSL_shutdown", WANT_READ);
    assert_eq!(world.ask(5, 1, 0), Some(Rule::GetErrorMismatch), "another call's success");
    let mut world = World::new();
    world.read(FAILS);
    assert_eq!(world.ask(-1, 2, 0), Some(Rule::GetErrorMismatch), "another thread");
    let mut world = World::new();
    world.read(FAILS);
    assert_eq!(world.ask(-1, 1, 0), Some(Rule::GetErrorMismatch), "the queue was emptied");
    for dialect in [&OPENSSL_4, &OPENSSL_3] {
        let mut world = World::of(dialect);
        world.read(FAILS);
        assert_eq!(world.ask(-1, 1, 9), None);
        assert_eq!(world.ask(-1, 2, 0), None, "the second time it is only told");
        world.write(0, 5, moves(5));
        assert_eq!(world.ask(5, 2, 0), None, "a success");
        assert_eq!(World::of(dialect).ask(-1, 1, 0), None, "nothing to ask about");
    }
    let mut world = World::of(&OPENSSL_4);
    world.read(FAILS);
    assert_eq!(world.ask(-1, 2, 0), None, "4.x keeps it in the handle");
}

#[test]
fn the_signal_in_a_first_try() {
    let hello = |offered| Some(Hello { offered, highest: Version::TLS_1_3 });
    let first = |offered| World { modes: Modes::SEND_FALLBACK_SCSV, hello: hello(offered), ..World::new() };
    for function in ["SSL_connect", "SSL_do_handshake", "SSL_write"] {
        assert_eq!(first(Version::TLS_1_3).call(function, 0, 0, WANT_READ), Some(Rule::ScsvFirstTry), "{function}");
        assert_eq!(first(Version::TLS_1_2).call(function, 0, 0, WANT_READ), None, "{function}");
    }
    let mut world = first(Version::TLS_1_3);
    assert_eq!(world.step("SSL_accept", SUCCEEDS), None);
    let mut world = World { hello: None, ..first(Version::TLS_1_3) };
    assert_eq!(world.step("SSL_do_handshake", SUCCEEDS), None, "a server");
    let mut world = World { modes: Modes::empty(), ..first(Version::TLS_1_3) };
    assert_eq!(world.step("SSL_connect", SUCCEEDS), None);
}

#[test]
fn modes_that_are_none_or_others() {
    let rule =
        |dialect, mask, by_macro| judge_mask(dialect, "SSL_set_mode", mask, by_macro).map(|finding| finding.rule);
    assert_eq!(rule(&OPENSSL_0_9_8, 0x10, true), Some(Rule::UnknownMode));
    assert_eq!(rule(&OPENSSL_1_0_2, 0x10, true), None);
    assert_eq!(rule(&OPENSSL_3, 0x800, true), Some(Rule::UnknownMode));
    assert_eq!(rule(&BORINGSSL, 0x80, true), Some(Rule::ForeignMode));
    assert_eq!(rule(&BORINGSSL, 0x400, true), Some(Rule::ForeignMode));
    assert_eq!(rule(&BORINGSSL, 0x80, false), None);
    assert_eq!(rule(&BORINGSSL, 0x3, true), None);
    assert_eq!(rule(&BORINGSSL, 0x4, true), Some(Rule::UnknownMode), "AUTO_RETRY is 0 there");
    let known = |dialect: &'static Dialect| dialect.encode(dialect.known()).unwrap();
    for dialect in Dialect::ALL {
        assert_eq!(rule(dialect, known(dialect), false), None, "{}", dialect.name);
        assert_eq!(rule(dialect, 0, true), None, "{}", dialect.name);
    }
}

#[test]
fn a_context_changed_too_late() {
    let new = ContextLife::default();
    assert!(!new.changed(0, 1).is_late(), "before any connection");
    assert!(new.made().changed(0, 1).is_late());
    assert!(!new.made().changed(1, 1).is_late(), "nothing changed");
    assert!(!new.made().changed(0, 1).made().is_late(), "one was made afterwards");
    assert!(ContextLife::from_bits(new.made().changed(0, 1).bits()).is_late());
}

fn spin(world: &mut World, times: u32, pause: u64) -> Option<Rule> {
    let mut found = None;
    for _ in 0..times {
        found = found.or(world.step("SSL_connect", WANT_READ));
        world.wait(pause);
    }
    found
}

#[test]
fn retries_without_waiting() {
    assert_eq!(spin(&mut World::new(), 200, 1000), Some(Rule::BusyRetry));
    let mut world = World::new();
    spin(&mut world, 200, 1000);
    assert_eq!(spin(&mut world, 200, 1000), None, "once");
    assert_eq!(spin(&mut World { ready: true, ..World::new() }, 200, 1000), None, "what it wants is there");
    assert_eq!(spin(&mut World::new(), 1000, 2 * MS), None, "a timer");
    for transport in [Transport::Pair, Transport::Memory, Transport::Own, Transport::Blocking] {
        assert_eq!(spin(&mut World { transport, ..World::new() }, 200, 1000), None, "{transport:?}");
    }
    let mut world = World::new();
    for _ in 0..10 {
        assert_eq!(spin(&mut world, 90, 1000), None);
        assert_eq!(world.read(moves(1)), None, "progress");
    }
}

#[test]
fn two_threads_at_once() {
    assert_eq!(concurrent("SSL_read", "SSL_write").rule, Rule::ConcurrentUse);
}

#[test]
fn a_finding_is_one_line_of_names_and_numbers() {
    let mut connection = Connection::new(&OPENSSL_3);
    let world = World::new();
    let call = Call { function: "SSL_write", kind: Kind::Write, thread: 1, buffer: 0x1000, length: 40_000, at: 0 };
    let wants = Outcome { result: -1, bytes: 0, answer: Answer::WantWrite, queued_before: 0, queued_after: 0, at: 1 };
    assert_eq!(connection.begin(&call, &world), None);
    connection.end(&call, &wants, &world);
    let finding = connection.begin(&Call { length: 30_000, ..call }, &world).unwrap();
    assert_eq!(
        finding.text,
        "SSL_write(30000 bytes at 0x1000) after SSL_write(40000 bytes at 0x1000) wanted to be repeated \
         (SSL_ERROR_WANT_WRITE): expected at least 40000 bytes"
    );
}
