use super::*;
use proptest::prelude::*;

const ON: Modes = Modes::RELEASE_BUFFERS;
const OFF: Modes = Modes::empty();

fn chunk(length: usize) -> Box<[u8]> {
    vec![0; length].into()
}

fn rules(name: &str) -> &'static Rules {
    Rules::by_name(name).unwrap()
}

#[test]
fn every_dialect_has_rules_of_its_own() {
    for dialect in Dialect::ALL {
        assert_eq!(Rules::of(dialect).name, dialect.name);
    }
}

/// "When we no longer need a read buffer or a write buffer".
#[test]
fn an_empty_buffer_is_released_under_the_mode() {
    for kind in [Kind::Read, Kind::Write] {
        let empty = Buffer { kind, needed: 0 };
        assert_eq!(rules("openssl-1.0.2").release(ON, Protocol::Tls, empty), Release::ToFreelist);
        assert_eq!(rules("openssl-1.1.1").release(ON, Protocol::Tls, empty), Release::Free);
        assert_eq!(rules("openssl-4").release(OFF, Protocol::Tls, empty), Release::Keep);
        assert_eq!(rules("openssl-0.9.8").release(ON, Protocol::Tls, empty), Release::Keep, "no such mode");
        assert_eq!(rules("boringssl").release(OFF, Protocol::Tls, empty), Release::Free, "always on");
    }
}

/// "This flag has no effect on SSL v2 connections, or on DTLS connections."
#[test]
fn no_effect_on_dtls_as_far_as_that_is_true() {
    let buffer = |kind| Buffer { kind, needed: 0 };
    for name in ["openssl-1.0.2", "openssl-1.1.1", "libressl"] {
        for (protocol, kind) in
            [(Protocol::Ssl2, Kind::Read), (Protocol::Dtls, Kind::Read), (Protocol::Dtls, Kind::Write)]
        {
            assert_eq!(rules(name).release(ON, protocol, buffer(kind)), Release::Keep, "{name} {protocol:?} {kind:?}");
        }
    }
    for name in ["openssl-3.2", "openssl-4"] {
        assert_eq!(rules(name).release(ON, Protocol::Dtls, buffer(Kind::Read)), Release::Keep);
        assert_eq!(rules(name).release(ON, Protocol::Dtls, buffer(Kind::Write)), Release::Free);
        assert_eq!(rules(name).release(OFF, Protocol::Dtls, buffer(Kind::Write)), Release::Keep);
    }
}

/// Observed: 50 connections were freed, and each list of the context kept 32.
#[test]
fn fifty_connections_leave_32_chunks() {
    let mut list = Freelist::default();
    let (kept, refused): (Vec<_>, Vec<_>) = (0..50).map(|_| list.release(chunk(17_000))).partition(Result::is_ok);
    assert_eq!((kept.len(), refused.len(), list.len()), (32, 18, MAX_CHUNKS));
    assert!(refused.into_iter().all(|refused| refused.unwrap_err().why == Why::Full));
}

#[test]
fn an_empty_list_takes_another_length() {
    let mut list = Freelist::default();
    assert_eq!(list.release(chunk(17_000)), Ok(()));
    assert_eq!(list.release(chunk(18_000)).unwrap_err().why, Why::OtherLength(17_000));
    assert_eq!(list.obtain(18_000), None);
    assert_eq!(list.obtain(17_000), Some(chunk(17_000)));
    assert_eq!(list.release(chunk(18_000)), Ok(()));
    assert_eq!(list.chunk_length(), Some(18_000));
}

#[test]
fn what_cannot_hold_a_pointer_is_not_kept() {
    let mut list = Freelist::default();
    assert_eq!(list.release(chunk(MIN_CHUNK - 1)).unwrap_err().why, Why::TooSmall);
    assert_eq!(list.release(chunk(MIN_CHUNK)), Ok(()));
    assert_eq!(Freelist::new(0).release(chunk(100)).unwrap_err().why, Why::Full);
}

proptest! {
    #[test]
    fn a_needed_buffer_stays(modes: u32, index in 0..Rules::ALL.len(), needed in 1..20_000usize, kind in 0..6) {
        let protocol = [Protocol::Ssl2, Protocol::Tls, Protocol::Dtls][kind as usize % 3];
        let kind = if kind < 3 { Kind::Read } else { Kind::Write };
        let release = Rules::ALL[index].release(Modes::from_bits_truncate(modes), protocol, Buffer { kind, needed });
        prop_assert_eq!(release, Release::Keep);
    }

    /// Never more than the limit, never two lengths at once, and every chunk is somewhere: in the list, obtained, or
    /// given back. Each bears a number of its own.
    #[test]
    fn no_chunk_is_lost(max in 0..40usize, steps: Vec<(bool, u8)>) {
        const LENGTHS: [usize; 4] = [MIN_CHUNK / 2, MIN_CHUNK, 100, 200];
        let mut list = Freelist::new(max);
        let (mut inside, mut number) = (Vec::new(), 0u32);
        for (release, length) in steps {
            let length = LENGTHS[usize::from(length) % LENGTHS.len()];
            if release {
                let mut chunk = chunk(length);
                number += 1;
                chunk[..4].copy_from_slice(&number.to_le_bytes());
                let expected = chunk.clone();
                match list.release(chunk) {
                    Ok(()) => inside.push(expected),
                    Err(refused) => prop_assert_eq!(refused.chunk, expected),
                }
            } else if let Some(chunk) = list.obtain(length) {
                prop_assert_eq!(chunk.len(), length);
                prop_assert_eq!(Some(chunk), inside.pop());
            } else {
                prop_assert!(inside.last().is_none_or(|chunk| chunk.len() != length));
            }
            prop_assert!(list.len() <= max);
            prop_assert_eq!(list.len(), inside.len());
            prop_assert_eq!(list.is_empty(), inside.is_empty());
            prop_assert!(inside.iter().all(|chunk| Some(chunk.len()) == list.chunk_length()));
        }
    }
}
