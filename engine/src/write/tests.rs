use super::*;
use crate::Dialect;
use crate::dialect::{BORINGSSL, OPENSSL_0_9_8, OPENSSL_1_0_2, OPENSSL_1_1_1, OPENSSL_3, OPENSSL_4};
use proptest::prelude::*;

const BUFFER: usize = 0x10_0000;
const OTHER: usize = 0x20_0000;

/// A transport that takes so many records and then refuses.
fn room_for(mut records: usize) -> impl FnMut(&Offer) -> Transport {
    move |_| match records {
        0 => Transport::Refused,
        _ => {
            records -= 1;
            Transport::Took
        }
    }
}

fn call(address: usize, length: i64) -> Call {
    Call { address, length }
}

/// After `SSL_write` of 40,000 bytes over a transport with room for one record: it is sent, the second is pending.
fn stopped(rules: &'static Rules, modes: Modes) -> WriteMachine {
    let mut machine = WriteMachine::new(rules);
    assert_eq!(machine.write(modes, call(BUFFER, 40_000)).run(room_for(1)), Outcome::WantWrite);
    assert_eq!(machine.unreported(), MAX_FRAGMENT);
    machine
}

#[test]
fn all_of_it_or_a_record_at_a_time() {
    // "When not set (the default), SSL_write() will only report success once the complete chunk was written."
    for rules in Rules::ALL {
        let mut machine = stopped(rules, Modes::empty());
        let again =
            |machine: &mut WriteMachine, room| machine.write(Modes::empty(), call(BUFFER, 40_000)).run(room_for(room));
        assert_eq!(again(&mut machine, 1), Outcome::WantWrite, "{}", rules.name);
        assert_eq!(again(&mut machine, 1), Outcome::Written(40_000), "{}", rules.name);
    }
    // "report success when just a single record has been written"
    for rules in Rules::ALL {
        let mut machine = WriteMachine::new(rules);
        for (offset, length) in [(0, 40_000), (16_384, 23_616), (32_768, 7_232)] {
            let step = machine.write(Modes::ENABLE_PARTIAL_WRITE, call(BUFFER + offset, length));
            let record = MAX_FRAGMENT.min(length as usize);
            assert_eq!(step.run(room_for(1)), Outcome::Written(record), "{}", rules.name);
        }
    }
}

#[test]
fn a_retry_from_elsewhere() {
    // "Make it possible to retry SSL_write() with changed buffer location"
    let (off, on) = (Modes::empty(), Modes::ACCEPT_MOVING_WRITE_BUFFER);
    for rules in Rules::ALL {
        let mut machine = stopped(rules, off);
        let wrong = machine.write(off, call(OTHER, 40_000)).run(room_for(9));
        assert_eq!(wrong, Outcome::Error(Reason::BadWriteRetry), "{}", rules.name);
        assert_eq!(machine.is_alive(), !rules.wrong_retry_is_fatal);

        let mut machine = stopped(rules, on);
        assert_eq!(machine.write(on, call(OTHER, 40_000)).run(room_for(9)), Outcome::Written(40_000), "{}", rules.name);
    }
}

#[test]
fn after_a_fatal_wrong_retry() {
    let off = Modes::empty();
    let answers = |dialect: &Dialect| {
        let mut machine = stopped(Rules::of(dialect), off);
        let mut ask = |address, length| machine.write(off, call(address, length)).run(room_for(9));
        [ask(OTHER, 40_000), ask(BUFFER, 40_000), ask(OTHER, 5)]
    };
    let (wrong, length) = (Outcome::Error(Reason::BadWriteRetry), Outcome::Error(Reason::BadLength));
    let alive = [wrong.clone(), Outcome::Written(40_000), Outcome::Written(5)];
    let syscall = [wrong.clone(), Outcome::Dead(SslError::Syscall), length];
    let ssl = [wrong, Outcome::Dead(SslError::Ssl), Outcome::Dead(SslError::Ssl)];
    for dialect in [&OPENSSL_0_9_8, &OPENSSL_1_0_2, &BORINGSSL] {
        assert_eq!(answers(dialect), alive, "{}", dialect.name);
    }
    assert_eq!(answers(&OPENSSL_1_1_1), syscall);
    assert_eq!(answers(&OPENSSL_3), syscall);
    assert_eq!(answers(&OPENSSL_4), ssl);
}

#[test]
fn a_shorter_retry() {
    let off = Modes::empty();
    let shorter = |name, length| {
        let mut machine = stopped(Rules::by_name(name).unwrap(), off);
        machine.write(off, call(BUFFER, length)).run(room_for(0))
    };
    let (retry, length) = (Outcome::Error(Reason::BadWriteRetry), Outcome::Error(Reason::BadLength));
    assert_eq!(shorter("openssl-0.9.8", 30_000), retry);
    assert_eq!(shorter("openssl-1.0.2", 30_000), Outcome::WantWrite);
    assert_eq!(shorter("openssl-1.0.2l", 30_000), length);
    assert_eq!(shorter("boringssl", 30_000), retry);
    assert_eq!(shorter("openssl-0.9.8", 10), Outcome::WantWrite, "unnoticed");
    for name in ["openssl-1.0.2", "openssl-1.0.2l", "openssl-1.1.1", "openssl-3", "openssl-4", "boringssl", "aws-lc"] {
        assert_eq!(shorter(name, 10), length, "{name}");
    }
}

#[test]
fn what_is_forgotten_is_sent_twice() {
    let moving = Modes::ACCEPT_MOVING_WRITE_BUFFER;
    for (name, sent) in [("openssl-1.0.2", 16_384 + 17_000), ("boringssl", 16_384 + 17_000), ("aws-lc", 17_000)] {
        let mut machine = WriteMachine::new(Rules::by_name(name).unwrap());
        let mut bytes = 0;
        for (length, room) in [(17_000, 1), (10, 1), (17_000, 9)] {
            let mut transport = room_for(room);
            let _ = machine.write(moving, call(BUFFER, length)).run(|offer| {
                if let Offer::New(range) = offer {
                    bytes += range.len();
                }
                transport(offer)
            });
        }
        assert_eq!(bytes, sent, "{name}");
    }
}

#[test]
fn what_reads_past_the_buffer_is_told_before() {
    let off = Modes::empty();
    let machine = stopped(Rules::of(&OPENSSL_1_0_2), off);
    assert!(machine.may_read_past(off, call(BUFFER, 30_000)), "its pending record ends at 32,768");
    assert!(!machine.may_read_past(off, call(BUFFER, 40_000)));
    assert!(!machine.may_read_past(off, call(BUFFER, 10)), "a bad length");
    let machine = WriteMachine::new(Rules::of(&OPENSSL_0_9_8));
    assert!(machine.may_read_past(off, call(BUFFER, -1)), "counts as nearly 4 GiB");
    for rules in Rules::ALL.into_iter().filter(|rules| rules.least == Least::SentAndPending) {
        assert!(!stopped(rules, off).may_read_past(off, call(BUFFER, 30_000)), "{}", rules.name);
    }
}

#[test]
fn a_moved_write_is_measured_by_its_beginning_from_3_2_on() {
    let moving = Modes::ACCEPT_MOVING_WRITE_BUFFER;
    let retry = |name, address| {
        let mut machine = stopped(Rules::by_name(name).unwrap(), moving);
        assert_eq!(machine.write(moving, call(OTHER, 40_000)).run(room_for(1)), Outcome::WantWrite);
        machine.write(Modes::empty(), call(address, 40_000)).run(room_for(1))
    };
    for (name, right, wrong) in [("openssl-3", OTHER, BUFFER), ("openssl-3.2", BUFFER, OTHER)] {
        assert_eq!(retry(name, right), Outcome::Written(40_000), "{name}");
        assert_eq!(retry(name, wrong), Outcome::Error(Reason::BadWriteRetry), "{name}");
    }
}

#[test]
fn partial_success_of_a_retry() {
    // A version that judges the pending record as the next one ends with it; the others want one more to go.
    for (name, outcome) in [("openssl-0.9.8", Outcome::Written(32_768)), ("openssl-3", Outcome::WantWrite)] {
        let mut machine = stopped(Rules::by_name(name).unwrap(), Modes::empty());
        let step = machine.write(Modes::ENABLE_PARTIAL_WRITE, call(BUFFER, 40_000));
        assert_eq!(step.run(room_for(1)), outcome, "{name}");
    }
}

#[test]
fn a_record_without_an_answer_is_pending() {
    let mut machine = WriteMachine::new(Rules::of(&OPENSSL_3));
    drop(machine.write(Modes::empty(), call(BUFFER, 100)));
    assert!(machine.has_pending());
    assert_eq!(machine.write(Modes::empty(), call(BUFFER, 100)).run(room_for(1)), Outcome::Written(100));
}

#[test]
fn every_dialect_has_rules_of_its_own() {
    for dialect in Dialect::ALL {
        assert_eq!(Rules::of(dialect).name, dialect.name);
    }
}

fn any_modes() -> impl Strategy<Value = Modes> {
    (0..4u32).prop_map(Modes::from_bits_truncate)
}

fn any_rules() -> impl Strategy<Value = &'static Rules> {
    (0..Rules::ALL.len()).prop_map(|index| Rules::ALL[index])
}

fn any_transport() -> impl Strategy<Value = Transport> {
    prop_oneof![6 => Just(Transport::Took), 3 => Just(Transport::Refused), 1 => Just(Transport::Failed)]
}

proptest! {
    #[test]
    fn a_correct_caller_has_every_byte_sent_once_and_in_order(
        rules in any_rules(),
        modes in any_modes(),
        fragment in 1..=MAX_FRAGMENT,
        length in 1..200_000usize,
        refusals: Vec<bool>,
    ) {
        let mut machine = WriteMachine::new(rules);
        machine.limit_fragment(fragment);
        let mut refusals = refusals.into_iter();
        let (mut reported, mut sealed) = (0, 0);
        while reported < length {
            let now = call(BUFFER + reported, (length - reported) as i64);
            prop_assert!(!machine.may_read_past(modes, now));
            let outcome = machine.write(modes, now).run(|offer| {
                if let Offer::New(range) = offer {
                    assert_eq!(reported + range.start, sealed, "a gap or a repetition");
                    assert!((1..=fragment).contains(&range.len()));
                    sealed = reported + range.end;
                }
                if refusals.next().unwrap_or(false) { Transport::Refused } else { Transport::Took }
            });
            match outcome {
                Outcome::Written(bytes) => reported += bytes,
                other => prop_assert_eq!(other, Outcome::WantWrite),
            }
        }
        prop_assert_eq!((reported, sealed, machine.has_pending()), (length, length, false));
    }

    #[test]
    fn nothing_is_sealed_beyond_the_buffer_and_all_that_could_be_is_told(
        rules in any_rules(),
        calls in prop::collection::vec(
            (any_modes(), 0..100_000usize, -70_000..70_000i64, prop::collection::vec(any_transport(), 0..5)), 0..12),
    ) {
        let mut machine = WriteMachine::new(rules);
        for (modes, offset, length, answers) in calls {
            let now = call(BUFFER + offset, length);
            let told = machine.may_read_past(modes, now);
            let mut answers = answers.into_iter();
            let outcome = machine.write(modes, now).run(|offer| {
                if let Offer::New(range) = offer {
                    assert!(range.end as i64 <= length);
                }
                answers.next().unwrap_or(Transport::Refused)
            });
            prop_assert!(told || !matches!(outcome, Outcome::ReadsPast(_)), "{outcome:?}");
            prop_assert_eq!(outcome.returned().is_none(), matches!(outcome, Outcome::ReadsPast(_)));
        }
    }

    #[test]
    fn no_length_panics(rules in any_rules(), modes in any_modes(), address: usize, lengths: Vec<i64>) {
        let mut machine = WriteMachine::new(rules);
        for length in lengths {
            let _ = machine.write(modes, call(address, length)).run(room_for(2));
        }
    }
}
