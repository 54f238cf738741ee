use super::*;
use crate::Modes;
use crate::dialect::{BORINGSSL, OPENSSL_1_0_2, OPENSSL_1_1_1, OPENSSL_3, OPENSSL_4};
use crate::write::{Call, Outcome, Rules, Transport, WriteMachine};
use proptest::prelude::*;

fn names(from: &'static Dialect, to: &'static Dialect) -> Vec<&'static str> {
    between(from, to).iter().map(|difference| difference.topic.name()).collect()
}

#[test]
fn from_1_0_2_to_4() {
    assert_eq!(
        names(&OPENSSL_1_0_2, &OPENSSL_4),
        [
            "default-modes",
            "mask-width",
            "unknown-bits",
            "null-handle",
            "moved-retry",
            "shorter-retry",
            "error-after-fatal",
            "failed-transport",
            "negative-length",
            "fragment-limit",
            "session-tickets",
            "key-updates",
            "heartbeats",
            "released-buffers",
            "dtls-buffers",
            "downgrade-mark",
        ]
    );
    assert_eq!(names(&OPENSSL_3, &OPENSSL_3), [""; 0]);
}

#[test]
fn the_same_number_is_another_mode() {
    let found = between(&BORINGSSL, &OPENSSL_3);
    let numbers = found.iter().find(|difference| difference.topic == Topic::ModeNumbers).unwrap();
    assert!(numbers.from.contains("0x80 is ENABLE_FALSE_START"), "{}", numbers.from);
    assert!(numbers.to.contains("0x80 is SEND_FALLBACK_SCSV"), "{}", numbers.to);
}

#[test]
fn names_are_unique_and_every_difference_says_where_it_is_from() {
    for (place, topic) in Topic::ALL.iter().enumerate() {
        assert_eq!(Topic::by_name(topic.name()), Some(*topic));
        assert!(topic.name().bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase()), "{}", topic.name());
        assert!(Topic::ALL[place + 1..].iter().all(|other| other.name() != topic.name()));
    }
    for from in Dialect::ALL {
        for difference in Dialect::ALL.into_iter().flat_map(|to| between(from, to)) {
            assert!(!difference.source.contains(": ;") && !difference.source.ends_with(": "), "{difference:?}");
        }
    }
}

const BUFFER: usize = 0x10_0000;

fn call(address: usize, length: i64) -> Call {
    Call { address, length }
}

#[test]
fn a_moved_retry_that_used_to_be_forgiven() {
    let rules = Rules::of;
    let mut follower = Follower::new(rules(&OPENSSL_1_0_2), rules(&OPENSSL_1_0_2), rules(&OPENSSL_4));
    let off = Modes::empty();
    assert_eq!(follower.call(off, false, call(BUFFER, 100), Seen::WantWrite).verdict, Verdict::Same);
    let side = follower.call(off, false, call(BUFFER + 1, 100), Seen::Failed);
    assert_eq!((side.kind, side.verdict), (Kind::Moved, Verdict::Relies));
    let [from, to] = side.answers.unwrap();
    assert_eq!(from, "bad write retry, and the connection lives");
    assert_eq!(to, "bad write retry, and the connection is dead");
    assert_eq!(follower.call(off, false, call(BUFFER, 100), Seen::Written(100)).verdict, Verdict::NotFollowed);
    // The next write is judged again.
    assert_eq!(follower.call(off, false, call(BUFFER, 5), Seen::Written(5)).verdict, Verdict::Same);
}

/// What really happens: a call, and the number of records that the transport has room for.
type Happening = (bool, usize, i64, usize);

fn happenings(longest: i64) -> impl Strategy<Value = Vec<Happening>> {
    prop::collection::vec((any::<bool>(), 0..3_usize, -1..longest, 0..4_usize), 1..12)
}

/// Plays the happenings on a real machine and two others over the same transport, and asks the follower, which sees
/// only calls and answers. Until the answers differ for the first time it must know.
fn check(
    happenings: &[Happening],
    moving: bool,
    partial: bool,
    dialects: [&'static Dialect; 3],
) -> Result<(), TestCaseError> {
    let rules = dialects.map(Rules::of);
    let mut modes = Modes::empty();
    modes.set(Modes::ACCEPT_MOVING_WRITE_BUFFER, moving);
    modes.set(Modes::ENABLE_PARTIAL_WRITE, partial);
    let mut follower = Follower::new(rules[0], rules[1], rules[2]);
    let mut machines = rules.map(WriteMachine::new);
    for &(ex, place, length, room) in happenings {
        let call = call(BUFFER + place * 0x10_0000, length);
        if machines.iter().any(|machine| machine.may_read_past(modes, call)) {
            return Ok(());
        }
        let outcomes = machines.each_mut().map(|machine| {
            let mut room = room;
            let step = if ex { machine.write_ex(modes, call) } else { machine.write(modes, call) };
            step.run(|_| match room {
                0 => Transport::Refused,
                _ => {
                    room -= 1;
                    Transport::Took
                }
            })
        });
        let seen = match &outcomes[0] {
            Outcome::Written(bytes) => Seen::Written(*bytes as u64),
            Outcome::WantWrite => Seen::WantWrite,
            _ => Seen::Failed,
        };
        // Another version may want more of the transport than the calls tell that there was.
        let told_apart =
            outcomes[1..].iter().all(|outcome| (*outcome == Outcome::WantWrite) == (seen == Seen::WantWrite));
        if !told_apart {
            return Ok(());
        }
        let differ = outcomes[1] != outcomes[2] || machines[1].is_alive() != machines[2].is_alive();
        let side = follower.call(modes, ex, call, seen);
        match side.verdict {
            Verdict::Same => prop_assert!(!differ, "{call:?}: {outcomes:?}"),
            Verdict::Relies => prop_assert!(differ, "{call:?}: {outcomes:?}"),
            Verdict::Perhaps => prop_assert!(length > 16_384 || side.retried.is_some(), "{call:?}"),
            Verdict::NotFollowed => prop_assert!(false, "{call:?}: {outcomes:?}"),
        }
        if side.verdict != Verdict::Same {
            return Ok(());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Any two versions, seen on either.
    #[test]
    fn a_program_relies_where_the_machines_differ(
        happenings in happenings(60_000), moving: bool, partial: bool, from in 0..11_usize, to in 0..11_usize,
        seen_on_new: bool,
    ) {
        let (from, to) = (Dialect::ALL[from], Dialect::ALL[to]);
        check(&happenings, moving, partial, [if seen_on_new { to } else { from }, from, to])?;
    }

    /// Of calls that fit into a record nothing is left open.
    #[test]
    fn short_calls_are_judged_for_certain(
        happenings in happenings(16_384), moving: bool, from in 0..11_usize, to in 0..11_usize,
    ) {
        let (from, to) = (Dialect::ALL[from], Dialect::ALL[to]);
        check(&happenings, moving, false, [from, from, to])?;
    }
}

#[test]
fn nothing_differs_between_a_version_and_itself() {
    let rules = Rules::of(&OPENSSL_1_1_1);
    let mut follower = Follower::new(rules, rules, rules);
    let off = Modes::empty();
    follower.call(off, false, call(BUFFER, 40_000), Seen::WantWrite);
    let side = follower.call(off, false, call(BUFFER, 10), Seen::Failed);
    assert_eq!((side.kind, side.verdict), (Kind::Shorter, Verdict::Same));
}

/// A call of any length is over at once, and the next write is judged again.
#[test]
fn long_calls_are_not_followed() {
    let rules = Rules::of;
    let mut follower = Follower::new(rules(&OPENSSL_3), rules(&OPENSSL_1_0_2), rules(&OPENSSL_4));
    let off = Modes::empty();
    for length in [LARGEST + 1, i64::MAX] {
        assert_eq!(follower.call(off, false, call(BUFFER, length), Seen::WantWrite).verdict, Verdict::NotFollowed);
        assert_eq!(follower.call(off, false, call(BUFFER, 5), Seen::Failed).verdict, Verdict::NotFollowed);
        follower.call(off, false, call(BUFFER, length), Seen::Written(length as u64));
        assert_eq!(follower.call(off, false, call(BUFFER, 5), Seen::WantWrite).verdict, Verdict::Same);
        assert_eq!(follower.call(off, false, call(BUFFER + 1, 5), Seen::Failed).verdict, Verdict::Relies);
        follower = Follower::new(rules(&OPENSSL_3), rules(&OPENSSL_1_0_2), rules(&OPENSSL_4));
    }
}
