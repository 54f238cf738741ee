//! `faults=FAULT@WHEN/WHEN,FAULT@WHEN`: which events are brought about, and when.
//!
//! Which faults there are is the engine's to say; here is only when. Several items on one fault add up.

use super::mistake::{Wrong, nearest};
use std::fmt;
use std::ops::RangeInclusive;

/// The functions at whose calls faults are brought about, as the manual pages call them.
pub const FUNCTIONS: [&str; 14] = [
    "SSL_do_handshake",
    "SSL_connect",
    "SSL_accept",
    "SSL_shutdown",
    "SSL_read",
    "SSL_peek",
    "SSL_write",
    "SSL_read_ex",
    "SSL_peek_ex",
    "SSL_write_ex",
    "SSL_write_ex2",
    "SSL_read_early_data",
    "SSL_write_early_data",
    "SSL_sendfile",
];

/// A fault and when it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultWhen {
    /// The fault, as it came: which there are is the engine's to say.
    pub fault: String,
    /// The calls at which it comes.
    pub when: When,
}

/// Calls: those that fulfil every condition given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// So many of a million, by the dice.
    pub rate: Option<u32>,
    /// The nth call on the handle, from 1; of the functions in `functions`, where there are any.
    pub nth: Option<u32>,
    /// Every kth.
    pub every: Option<u32>,
    /// Those from one to another.
    pub calls: Option<RangeInclusive<u32>>,
    /// Of these functions, as places in [`FUNCTIONS`]; of all, where there is none.
    pub functions: Vec<u8>,
    /// On handles of this role.
    pub role: Option<Role>,
    /// On this handle.
    pub handle: Option<Birth>,
}

/// Which end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The one that connects.
    Client,
    /// The one that accepts.
    Server,
}

/// A connection in the order of birth, which is the same in each run, as addresses are not: the nth of the nth context
/// of its process, both from 1. Context 0 is for those whose making was not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Birth {
    /// Its context.
    pub context: u32,
    /// Its place among that context's connections.
    pub connection: u32,
}

const EXPECTED: &str = "FAULT@WHEN/WHEN with commas between them, WHEN a rate from 0 to 1 or one of nth=N, every=K, \
                        calls=A-B, in=FUNCTION+FUNCTION, role=client|server, handle=C.N";

const MILLION: u32 = 1_000_000;

impl Default for Wrong {
    fn default() -> Self {
        Wrong::expected(EXPECTED)
    }
}

/// The faults of an option's value.
pub(super) fn parse(value: Option<&str>) -> Result<Vec<FaultWhen>, Wrong> {
    value.unwrap_or("").split(',').map(|item| one(item.trim())).collect()
}

fn one(item: &str) -> Result<FaultWhen, Wrong> {
    let (fault, conditions) = item.split_once('@').map_or((item, None), |(fault, when)| (fault, Some(when)));
    if fault.is_empty() || !fault.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(Wrong::default());
    }
    let mut when = When::default();
    for condition in conditions.into_iter().flat_map(|conditions| conditions.split('/')) {
        take(&mut when, condition)?;
    }
    Ok(FaultWhen { fault: fault.to_owned(), when })
}

fn take(when: &mut When, condition: &str) -> Result<(), Wrong> {
    let Some((key, value)) = condition.split_once('=') else {
        when.rate = Some(rate(condition).ok_or_else(Wrong::default)?);
        return Ok(());
    };
    match key {
        "nth" => when.nth = Some(count(value)?),
        "every" => when.every = Some(count(value)?),
        "calls" => when.calls = Some(window(value)?),
        "in" => when.functions = value.split('+').map(function).collect::<Result<_, _>>()?,
        "role" => when.role = Some(role(value)?),
        "handle" => when.handle = Some(birth(value)?),
        other => {
            let keys = ["nth", "every", "calls", "in", "role", "handle"];
            return Err(Wrong { nearest: nearest(other, keys), ..Wrong::default() });
        }
    }
    Ok(())
}

/// Decimals, exactly: `0.1` is 100,000 of a million.
fn rate(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(decimals) || decimals.len() > 6 {
        return None;
    }
    let rate = whole.parse::<u32>().ok()?.checked_mul(MILLION)?.checked_add(format!("{decimals:0<6}").parse().ok()?)?;
    (rate <= MILLION).then_some(rate)
}

fn count(text: &str) -> Result<u32, Wrong> {
    text.parse().ok().filter(|&count| count > 0).ok_or_else(Wrong::default)
}

/// `A-B`, `A-` or `A`.
fn window(text: &str) -> Result<RangeInclusive<u32>, Wrong> {
    let (from, to) = match text.split_once('-') {
        Some((from, "")) => (count(from)?, u32::MAX),
        Some((from, to)) => (count(from)?, count(to)?),
        None => (count(text)?, count(text)?),
    };
    if from <= to { Ok(from..=to) } else { Err(Wrong::default()) }
}

fn function(name: &str) -> Result<u8, Wrong> {
    let place = FUNCTIONS.iter().position(|function| *function == name);
    let place = place.and_then(|place| u8::try_from(place).ok());
    place.ok_or_else(|| Wrong { nearest: nearest(name, FUNCTIONS), ..Wrong::default() })
}

fn role(name: &str) -> Result<Role, Wrong> {
    match name {
        "client" => Ok(Role::Client),
        "server" => Ok(Role::Server),
        other => Err(Wrong { nearest: nearest(other, ["client", "server"]), ..Wrong::default() }),
    }
}

fn birth(text: &str) -> Result<Birth, Wrong> {
    let parts = text.split_once('.').map(|(context, connection)| (context.parse(), connection.parse()));
    match parts {
        Some((Ok(context), Ok(connection))) => Ok(Birth { context, connection }),
        _ => Err(Wrong::default()),
    }
}

impl fmt::Display for FaultWhen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fault)?;
        let when = &self.when;
        let functions: Vec<_> = when.functions.iter().filter_map(|&place| FUNCTIONS.get(usize::from(place))).collect();
        let functions: Vec<_> = functions.into_iter().copied().collect();
        let conditions = [
            when.rate.map(|rate| format!("{}.{:06}", rate / MILLION, rate % MILLION)).map(|rate| {
                let rate = rate.trim_end_matches('0');
                rate.strip_suffix('.').unwrap_or(rate).to_owned()
            }),
            when.nth.map(|nth| format!("nth={nth}")),
            when.every.map(|every| format!("every={every}")),
            when.calls.as_ref().map(|calls| match *calls.end() {
                u32::MAX => format!("calls={}-", calls.start()),
                end => format!("calls={}-{end}", calls.start()),
            }),
            (!functions.is_empty()).then(|| format!("in={}", functions.join("+"))),
            when.role.map(|role| format!("role={role}")),
            when.handle.map(|handle| format!("handle={handle}")),
        ];
        for (place, condition) in conditions.into_iter().flatten().enumerate() {
            write!(f, "{}{condition}", if place == 0 { '@' } else { '/' })?;
        }
        Ok(())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Client => "client",
            Role::Server => "server",
        })
    }
}

impl fmt::Display for Birth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.context, self.connection)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OptionError, Options};
    use super::*;
    use proptest::prelude::*;

    fn faults(text: &str) -> Result<Vec<FaultWhen>, String> {
        let options = format!("faults={text}").parse::<Options>();
        options.map(|options| options.faults).map_err(|error: OptionError| error.to_string())
    }

    fn only(text: &str) -> When {
        let mut faults = faults(text).unwrap();
        assert_eq!(faults.len(), 1);
        faults.remove(0).when
    }

    #[test]
    fn rates_are_exact() {
        for (text, rate) in [("0", 0), ("1", MILLION), ("1.0", MILLION), ("0.1", 100_000), ("0.000001", 1)] {
            assert_eq!(only(&format!("all@{text}")).rate, Some(rate), "{text}");
        }
        for wrong in ["1.1", "2", "-1", ".5", "0.", "0.0000001", "1e-3", "x", ""] {
            assert!(faults(&format!("all@{wrong}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn conditions() {
        let when = only("want_write@0.5/in=SSL_write+SSL_write_ex/role=server/calls=3-9/handle=1.2");
        assert_eq!((when.rate, when.role), (Some(500_000), Some(Role::Server)));
        assert_eq!((when.functions.as_slice(), when.calls), ([6, 9].as_slice(), Some(3..=9)));
        assert_eq!(when.handle, Some(Birth { context: 1, connection: 2 }));
        assert_eq!(only("want_read@nth=3").nth, Some(3));
        assert_eq!(only("want_read@every=2/calls=5-").calls, Some(5..=u32::MAX));
        let both = faults("want_write@0.1, key_update").unwrap();
        assert_eq!(both.iter().map(|item| item.fault.as_str()).collect::<Vec<_>>(), ["want_write", "key_update"]);
        assert_eq!(both[1].when, When::default());
    }

    #[test]
    fn mistakes_name_the_nearest_word() {
        let ends = |text: &str, end: &str| {
            let mistake = faults(text).unwrap_err();
            assert!(
                mistake.starts_with("option faults: expected FAULT@WHEN/WHEN") && mistake.ends_with(end),
                "{mistake}"
            );
        };
        ends("want_write@in=SSL_wirte", "did you mean \"SSL_write\"?");
        ends("want_write@evry=3", "did you mean \"every\"?");
        ends("want_write@role=sever", "did you mean \"server\"?");
        ends("want_write@calls=9-3", "got \"want_write@calls=9-3\"");
        ends("want_write@nth=0", "got \"want_write@nth=0\"");
        ends("want_write,", "got \"want_write,\"");
        ends("want_write@handle=1", "got \"want_write@handle=1\"");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            rate in prop::option::of(0..=MILLION), nth in prop::option::of(1u32..), every in prop::option::of(1u32..),
            calls in prop::option::of((1u32..1000, 0u32..1000)), functions in prop::collection::vec(0u8..14, 0..3),
            client in prop::option::of(any::<bool>()), handle in prop::option::of((0u32..9, 0u32..9)),
        ) {
            let when = When {
                rate, nth, every, functions,
                calls: calls.map(|(from, more)| from..=from + more),
                role: client.map(|client| if client { Role::Client } else { Role::Server }),
                handle: handle.map(|(context, connection)| Birth { context, connection }),
            };
            let item = FaultWhen { fault: "want_read".to_owned(), when };
            prop_assert_eq!(faults(&item.to_string()), Ok(vec![item]));
        }
    }
}
