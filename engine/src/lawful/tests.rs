use super::*;
use proptest::prelude::*;

fn moment(transport: Transport, protocol: Protocol) -> Moment {
    let wire = Wire { transport, protocol };
    let (modes, handshake, history) = (Modes::empty(), Handshake::Finished, History::default());
    Moment { call: Call::Write, wire, modes, handshake, history, waits_for_next: false }
}

/// The faults that are allowed then, by name.
fn allowed(moment: Moment) -> Vec<&'static str> {
    Fault::ALL.into_iter().filter(|fault| moment.allows(*fault).is_ok()).map(Fault::name).collect()
}

/// As FACTS of the real hosts have it, transport by transport.
#[test]
fn each_transport_has_its_faults() {
    use Transport::*;
    let everything = ["want_write", "want_read", "short_write", "key_update", "release"];
    assert_eq!(allowed(moment(NonBlocking, Protocol::Tls13)), everything);
    assert_eq!(allowed(moment(NonBlocking, Protocol::Tls12)), ["want_write", "want_read", "short_write", "release"]);
    for transport in [Blocking, Pair, Memory, Own] {
        assert_eq!(allowed(moment(transport, Protocol::Tls13)), ["key_update", "release"], "{transport:?}");
        assert_eq!(allowed(moment(transport, Protocol::Tls12)), ["release"], "{transport:?}");
    }
    for transport in Transport::ALL {
        for protocol in [Protocol::Dtls, Protocol::Quic] {
            assert_eq!(allowed(moment(transport, protocol)), [""; 0], "{transport:?}, {protocol:?}");
        }
    }
}

#[test]
fn a_handshake_is_refused_but_not_updated() {
    let going = Moment { handshake: Handshake::Going, ..moment(Transport::NonBlocking, Protocol::Tls13) };
    assert_eq!(allowed(going), ["want_write", "want_read", "short_write"]);
    assert_eq!(going.allows(Fault::KeyUpdate).unwrap_err().because, Because::Handshake);
}

#[test]
fn while_a_write_is_pending_nothing_else_is_done_to_the_handle() {
    let start = moment(Transport::NonBlocking, Protocol::Tls13);
    let pending = History::default().answered(Answer::WantWrite, true);
    // A read in between changes nothing for the write.
    for history in [pending, pending.answered(Answer::Done, false), pending.answered(Answer::WantRead, false)] {
        assert_eq!(history.last(None), Last::WriteBlocked);
        assert_eq!(allowed(Moment { history, ..start }), ["want_write", "want_read", "short_write"]);
    }
    let written = pending.answered(Answer::Done, true);
    assert_eq!(allowed(Moment { history: written, ..start }).len(), 5);
    let wants_to_read = History::default().answered(Answer::WantRead, true);
    assert_eq!(wants_to_read.last(None), Last::WriteBlocked, "a write that wants to read is pending too");
}

#[test]
fn after_a_refusal_the_way_is_free_until_something_went_through() {
    use Direction::{Read, Write};
    let allowed = |history| allowed(Moment { history, ..moment(Transport::NonBlocking, Protocol::Tls13) });
    let refused = History::default().refuse(Write).answered(Answer::WantWrite, true);
    assert_eq!(refused.last(None), Last::Refused);
    assert_eq!(allowed(refused), [""; 0]);
    assert_eq!(allowed(refused.let_through(Read)), [""; 0], "the other way does not count");
    let read = refused.answered(Answer::Done, false);
    assert_eq!(read.last(Some(Write)), Last::Refused, "nor does a call without the transport");
    assert_eq!(allowed(read), ["want_read"], "which is not in a row with the refusal");
    let written = refused.let_through(Write).answered(Answer::Done, true);
    assert_eq!((written.last(None), allowed(written).len()), (Last::Went, 5));
}

#[test]
fn the_end_of_a_connection() {
    let start = moment(Transport::NonBlocking, Protocol::Tls13);
    let closing = Moment { history: History::default().closing(), ..start };
    assert_eq!(allowed(closing), ["want_write", "want_read", "short_write"], "SSL_shutdown is a call like others");
    let failed = History::default().answered(Answer::Failed, false);
    assert_eq!(allowed(Moment { history: failed, ..start }), [""; 0]);
    assert_eq!(failed.answered(Answer::Done, false).last(None), Last::Went, "SSL_clear makes a handle new");
}

#[test]
fn a_key_update_goes_with_data_or_after_an_answer() {
    let reads = Moment { call: Call::Read, ..moment(Transport::Blocking, Protocol::Tls13) };
    let answered = History::default().moved(Direction::Read).moved(Direction::Write);
    for (history, waits_for_next, lawful) in [
        (History::default(), true, false),
        (answered, false, false),
        (answered.moved(Direction::Read), true, false),
        (answered, true, true),
    ] {
        let moment = Moment { history, waits_for_next, ..reads };
        assert_eq!(allowed(moment).contains(&"key_update"), lawful, "{moment:?}");
        assert!(allowed(Moment { call: Call::Write, ..moment }).contains(&"key_update"), "{moment:?}");
    }
    for call in [Call::Handshake, Call::Shutdown] {
        assert_eq!(allowed(Moment { call, ..reads }), [""; 0], "{call:?}");
    }
}

#[test]
fn functions_are_calls() {
    for (name, call) in [
        ("SSL_read", Call::Read),
        ("SSL_peek_ex", Call::Read),
        ("SSL_write_ex2", Call::Write),
        ("SSL_sendfile", Call::Write),
        ("SSL_shutdown", Call::Shutdown),
        ("SSL_accept", Call::Handshake),
        ("SSL_write_early_data", Call::Handshake),
    ] {
        assert_eq!(Call::of_function(name), call, "{name}");
    }
}

#[test]
fn versions_are_protocols() {
    for (version, protocol) in [
        (0x002, Protocol::Tls12),
        (0x300, Protocol::Tls12),
        (0x303, Protocol::Tls12),
        (0x304, Protocol::Tls13),
        (0xFEFF, Protocol::Dtls),
        (0xFEFD, Protocol::Dtls),
        (0x100, Protocol::Dtls),
        (1, Protocol::Quic),
    ] {
        assert_eq!(Protocol::of_version(version), protocol, "{version:#x}");
    }
}

#[test]
fn words() {
    for fault in Fault::ALL {
        assert_eq!(Fault::of_word(fault.name()), Some(vec![fault]));
        assert_eq!(check_word(fault.name()), Ok(()));
    }
    assert_eq!(Fault::of_word("all").unwrap(), Fault::ALL);
    let words = check_word("wantwrite").unwrap_err();
    assert_eq!(words, ["all", "want_write", "want_read", "short_write", "key_update", "release"]);
}

/// Every cell of the table, and no other, is allowed.
#[test]
fn nothing_outside_the_table_is_allowed() {
    let histories: Vec<History> = (0..1 << 11).map(History::from_bits).collect();
    let modes = [Modes::empty(), Modes::AUTO_RETRY, Modes::ENABLE_PARTIAL_WRITE, Modes::ASYNC, Modes::all()];
    let mut allowed = 0;
    for fault in Fault::ALL {
        let rule = Rule::of(fault);
        for transport in Transport::ALL {
            for protocol in Protocol::ALL {
                for (modes, handshake) in modes.iter().flat_map(|m| [(m, Handshake::Going), (m, Handshake::Finished)]) {
                    for (&history, call) in histories.iter().flat_map(|h| Call::ALL.map(|call| (h, call))) {
                        let wire = Wire { transport, protocol };
                        let is_alone = fault == Fault::KeyUpdate && call == Call::Read;
                        let cell = rule.calls.value.contains(&call)
                            && (!is_alone || history.has_answered())
                            && rule.transports.value.contains(&transport)
                            && rule.protocols.value.contains(&protocol)
                            && !modes.intersects(rule.not_under.value)
                            && rule.handshake.value.contains(&handshake)
                            && rule.last.value.contains(&history.last(fault.refuses()));
                        let modes = *modes;
                        let moment = Moment { call, wire, modes, handshake, history, waits_for_next: true };
                        assert_eq!(moment.allows(fault).is_ok(), cell, "{fault:?} {moment:?}");
                        allowed += usize::from(cell);
                    }
                }
            }
        }
        assert!(!rule.last.value.contains(&Last::Refused) && !rule.last.value.contains(&Last::Failed));
        assert!(rule.transports.value.contains(&Transport::NonBlocking));
        assert!(fault.refuses().is_none() || rule.transports.value == [Transport::NonBlocking], "{fault:?}");
    }
    assert!(allowed > 0);
}

/// What a program does, and what the kernel and we do to it.
#[derive(Clone, Copy, Debug)]
struct Step {
    writes: bool,
    fault: Fault,
    asks: [bool; 2],
    kernel_blocks: bool,
}

fn step() -> impl Strategy<Value = Step> {
    (any::<bool>(), 0..Fault::ALL.len(), any::<[bool; 2]>(), any::<bool>()).prop_map(|(writes, fault, asks, blocks)| {
        Step { writes, fault: Fault::ALL[fault], asks, kernel_blocks: blocks }
    })
}

proptest! {
    /// However the calls come and the dice fall: no two refusals in a row, and between two in one direction something
    /// went through in it.
    #[test]
    fn never_two_refusals_in_a_row(steps in prop::collection::vec(step(), 0..200)) {
        let start = moment(Transport::NonBlocking, Protocol::Tls13);
        let mut history = History::default();
        let (mut owed, mut was_refused) = ([false; 2], false);
        for step in steps {
            let lawful = Moment { history, ..start }.allows(step.fault).is_ok();
            let refusal = step.fault.refuses().filter(|_| lawful);
            let (mut blocked, mut is_refused) = (None, false);
            for (direction, asked) in [Direction::Read, Direction::Write].into_iter().zip(step.asks) {
                if !asked || blocked.is_some() {
                    continue;
                }
                if refusal == Some(direction) {
                    prop_assert!(!owed[direction as usize], "nothing went through since the last");
                    prop_assert!(!was_refused, "two in a row");
                    owed[direction as usize] = true;
                    is_refused = true;
                    history = history.refuse(direction);
                    blocked = Some(direction);
                } else {
                    owed[direction as usize] = false;
                    history = history.let_through(direction);
                    blocked = step.kernel_blocks.then_some(direction);
                }
            }
            history = history.answered(match blocked {
                None => Answer::Done,
                Some(Direction::Read) => Answer::WantRead,
                Some(Direction::Write) => Answer::WantWrite,
            }, step.writes);
            was_refused = is_refused;
            prop_assert_eq!(History::from_bits(history.bits()), history);
        }
    }
}
