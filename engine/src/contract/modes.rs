//! Mode calls: bits that the libssl does not know, bits that mean another mode there, and contexts that are changed too late.

use super::call::Finding;
use super::table::Rule;
use crate::dialect::{self, Dialect};

/// A mode call of the program's that sets `asked`. `by_macro` where it came as OpenSSL's macros make it, as a control call:
/// then OpenSSL's headers chose the numbers.
pub fn judge_mask(dialect: &'static Dialect, function: &str, asked: i64, by_macro: bool) -> Option<Finding> {
    if by_macro && let Some(finding) = foreign(dialect, function, asked) {
        return Some(finding);
    }
    let unknown = dialect.decode(dialect.argument(asked)).unknown;
    (unknown != 0).then(|| {
        let name = dialect.name;
        Finding::new(
            Rule::UnknownMode,
            format_args!("{function} with {asked:#x}: expected modes of {name}, {unknown:#x} is none"),
        )
    })
}

fn foreign(dialect: &'static Dialect, function: &str, asked: i64) -> Option<Finding> {
    let openssl = &dialect::OPENSSL_4;
    let bits = (0..32).map(|place| 1_i64 << place).filter(|bit| asked & bit != 0);
    let mut foreign = bits.filter(|&bit| {
        let (here, there) = (dialect.decode(bit).modes, openssl.decode(bit).modes);
        !here.is_empty() && !there.is_empty() && here != there
    });
    let bit = foreign.next()?;
    let (here, there, name) = (dialect.name_mask(bit), openssl.name_mask(bit), dialect.name);
    Some(Finding::new(
        Rule::ForeignMode,
        format_args!("{function} with {asked:#x}: {bit:#x} is {there} in OpenSSL, and {here} in {name}"),
    ))
}

const MADE: u8 = 1;
const LATE: u8 = 2;

/// A context's life, as far as its modes go, in a byte that can be kept without a lock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContextLife(u8);

impl ContextLife {
    /// As [`ContextLife::bits`] gave it.
    pub fn from_bits(bits: u8) -> ContextLife {
        ContextLife(bits)
    }

    /// To be kept.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// An SSL was made from it: what was changed before has reached somebody.
    pub fn made(self) -> ContextLife {
        ContextLife(MADE)
    }

    /// The program changed its mask from `before` to `after`.
    pub fn changed(self, before: i64, after: i64) -> ContextLife {
        let is_late = self.0 & MADE != 0 && before != after;
        ContextLife(self.0 | if is_late { LATE } else { 0 })
    }

    /// Whether a change has reached nobody so far though SSLs were there.
    pub fn is_late(self) -> bool {
        self.0 & LATE != 0
    }
}

/// What there is to say once no SSL will be made from such a context any more.
pub fn late(dialect: &'static Dialect, function: &str, [before, after]: [i64; 2]) -> Finding {
    let (before, after) = (dialect.name_mask(before), dialect.name_mask(after));
    Finding::new(
        Rule::LateContextMode,
        format_args!(
            "{function} changed {before} to {after} when SSLs had been made from the context, and none was made afterwards"
        ),
    )
}
