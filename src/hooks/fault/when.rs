//! At which calls a fault comes: the conditions of the option, and the dice.
//!
//! Each throw is a function of the seed, the handle's birth, the number of the call on it, and the fault: what other
//! handles, other threads and other faults do has no part in it, and no state is kept.

use super::state::State;
use sslmode_engine::lawful::Fault;
use sslmode_protocol::options::faults::{Birth, FaultWhen, Role, When};

/// A fault that is asked for, and when.
pub struct Throw {
    pub fault: Fault,
    when: When,
    /// Tells items on one fault apart.
    salt: u64,
}

/// What the option asks for. Which words are faults was looked at when it was read.
pub fn throws(items: &[FaultWhen]) -> Vec<Throw> {
    let mut throws: Vec<Throw> = Vec::new();
    for item in items {
        for fault in Fault::of_word(&item.fault).unwrap_or_default() {
            let before = throws.iter().filter(|throw| throw.fault == fault).count();
            throws.push(Throw { fault, when: item.when.clone(), salt: (before as u64) << 8 | fault as u64 });
        }
    }
    throws
}

impl Throw {
    /// Whether the fault is to come at this call, `call` of all on the handle.
    pub fn falls(
        &self,
        state: &State,
        function: u8,
        call: u32,
        seed: u64,
        role: impl FnOnce() -> Option<Role>,
    ) -> bool {
        let When { rate, nth, every, calls, functions, role: wanted, handle } = &self.when;
        if !functions.is_empty() && !functions.contains(&function) || handle.is_some_and(|birth| birth != state.birth())
        {
            return false;
        }
        let number = if functions.is_empty() { call } else { state.calls_of(functions) };
        let is_meant = nth.is_none_or(|nth| number == nth)
            && every.is_none_or(|every| number.is_multiple_of(every))
            && calls.as_ref().is_none_or(|calls| calls.contains(&number));
        let is_certain = nth.is_some() || every.is_some();
        let rate = rate.unwrap_or(if is_certain { 1_000_000 } else { self.fault.usual_rate() });
        is_meant
            && dice(seed, state.birth(), call, self.salt) < rate
            && wanted.is_none_or(|wanted| role() == Some(wanted))
    }
}

/// A write is refused from the start or after its first record: of both one, by the dice.
pub fn one_way_to_refuse(mut faults: Vec<Fault>, state: &State, call: u32, seed: u64) -> Vec<Fault> {
    const SALT: u64 = 1 << 63;
    if faults.contains(&Fault::WantWrite) && faults.contains(&Fault::ShortWrite) {
        let is_first = dice(seed, state.birth(), call, SALT) < 500_000;
        faults.retain(|&fault| fault != if is_first { Fault::ShortWrite } else { Fault::WantWrite });
    }
    faults
}

/// From 0 up to a million.
fn dice(seed: u64, birth: Birth, call: u32, salt: u64) -> u32 {
    let birth = u64::from(birth.context) << 32 | u64::from(birth.connection);
    let mixed = [birth, u64::from(call), salt].into_iter().fold(mix(seed), |state, part| mix(state ^ part));
    ((u128::from(mixed) * 1_000_000) >> 64) as u32
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014) on the next number of its sequence.
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

/// The value of `faults` that makes these again at call `nth` of this function. Not of all functions: how often a
/// program asks whether there is something to read, between two writes, is often a matter of time.
pub fn repeats(made: &[Fault], birth: Birth, function: u8, nth: u32) -> String {
    let item = |fault: &Fault| {
        let when = When { nth: Some(nth), functions: vec![function], handle: Some(birth), ..When::default() };
        FaultWhen { fault: fault.name().to_owned(), when }.to_string()
    };
    made.iter().map(item).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sslmode_protocol::Options;

    /// The calls, of a hundred of SSL_read and SSL_write in turn, at which the item falls.
    fn falls(item: &str, seed: u64) -> Vec<u32> {
        let options: Options = format!("faults={item}").parse().unwrap();
        let throws = throws(&options.faults);
        let state = State::default();
        let falling = (0..100).filter_map(|call| {
            let function = if call % 2 == 0 { 4 } else { 6 };
            let number = state.count(function);
            let any =
                throws.iter().any(|throw| throw.falls(&state, function as u8, number, seed, || Some(Role::Client)));
            any.then_some(number)
        });
        falling.collect()
    }

    #[test]
    fn conditions() {
        assert_eq!(falls("want_read@nth=7", 0), [7]);
        assert_eq!(falls("want_read@every=30", 0), [30, 60, 90]);
        assert_eq!(falls("want_read@nth=3/in=SSL_write", 0), [6], "the third write");
        assert_eq!(falls("want_read@1/calls=98-", 0), [98, 99, 100]);
        assert_eq!(falls("want_read@1/calls=2-3/in=SSL_read", 0), [3, 5]);
        assert_eq!(falls("want_read@1", 0).len(), 100);
        assert_eq!(falls("want_read@0", 0), []);
        assert_eq!(falls("want_read@1/role=server", 0), []);
        assert_eq!(falls("want_read@nth=4/role=client,want_write@nth=9", 0), [4, 9]);
        assert_eq!(falls("want_read@nth=4/handle=7.7", 0), []);
    }

    #[test]
    fn the_same_seed_falls_the_same_way() {
        assert_eq!(falls("all@0.3", 7), falls("all@0.3", 7));
        assert_ne!(falls("all@0.3", 7), falls("all@0.3", 8));
        let (alone, beside) = (falls("want_read@0.2", 7), falls("key_update@0,want_read@0.2", 7));
        assert_eq!(alone, beside, "other faults have no part in it");
    }

    #[test]
    fn rates_are_kept() {
        let state = State::default();
        state.begin_connection(None);
        for rate in [1000, 100_000, 500_000, 999_000] {
            let hits = (0..100_000u32).filter(|&call| dice(1, state.birth(), call, 0) < rate).count() as f64;
            let expected = f64::from(rate) / 10.0;
            assert!((hits - expected).abs() < 6.0 * expected.sqrt(), "{rate}: {hits}");
        }
    }

    #[test]
    fn what_is_made_can_be_asked_for() {
        let birth = Birth { context: 1, connection: 2 };
        let text = repeats(&[Fault::KeyUpdate, Fault::WantWrite], birth, 6, 17);
        let expected = "key_update@nth=17/in=SSL_write/handle=1.2,want_write@nth=17/in=SSL_write/handle=1.2";
        assert_eq!(text, expected);
        assert!(format!("faults={text}").parse::<Options>().is_ok());
    }
}
