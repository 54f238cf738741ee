//! Modes that every handle has, or has not, behind the back of a program that reads back what it set itself.

use crate::dialect::Dialect;
use crate::mode::Modes;
use crate::names::MaskError;

/// What is forced, in the numbers of one dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Force {
    on: i64,
    off: i64,
}

/// What a program does to a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `SSL_CTX_set_mode`: these bits are added.
    Set(i64),
    /// `SSL_CTX_clear_mode`: these are taken away.
    Clear(i64),
    /// Only read.
    Get,
}

impl Force {
    /// With the modes of one more word put into every handle, or kept out of all; the last word on a mode counts.
    ///
    /// # Errors
    /// The word is no mode of this dialect.
    pub fn with(self, dialect: &'static Dialect, word: &str, on: bool) -> Result<Force, MaskError> {
        let mask = dialect.parse_mask(word)?;
        Ok(match on {
            true => Force { on: self.on | mask, off: self.off & !mask },
            false => Force { on: self.on & !mask, off: self.off | mask },
        })
    }

    /// Whether nothing is forced.
    pub fn is_nothing(self) -> bool {
        self == Force::default()
    }

    /// The bits to add to a handle of this mask.
    pub fn missing(self, mask: i64) -> i64 {
        self.on & !mask
    }

    /// The bits to take away from a handle of this mask.
    pub fn superfluous(self, mask: i64) -> i64 {
        self.off & mask
    }

    /// The mask that the program believes in: the bits that are forced as it left them itself (`own`), the others as
    /// the handle has them.
    pub fn shown(self, mask: i64, own: i64) -> i64 {
        let forced = self.on | self.off;
        mask & !forced | own & forced
    }

    /// What the program leaves when it does this to what it had left before.
    pub fn own_after(own: i64, change: Change) -> i64 {
        match change {
            Change::Set(mask) => own | mask,
            Change::Clear(mask) => own & !mask,
            Change::Get => own,
        }
    }
}

/// Whether a word is a number or a mode of any dialect.
///
/// # Errors
/// The names that there are.
pub fn check_word(word: &str) -> Result<(), Vec<&'static str>> {
    match Dialect::ALL.into_iter().any(|dialect| dialect.parse_mask(word).is_ok()) {
        true => Ok(()),
        false => Err(Modes::all().iter_names().map(|(name, _)| name).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{BORINGSSL, OPENSSL_0_9_8, OPENSSL_3};
    use proptest::prelude::*;

    #[test]
    fn the_last_word_on_a_mode_counts() {
        let force = Force::default().with(&OPENSSL_3, "AUTO_RETRY", true).unwrap();
        let force = force.with(&OPENSSL_3, "RELEASE_BUFFERS", true).unwrap();
        let force = force.with(&OPENSSL_3, "auto_retry", false).unwrap();
        assert_eq!(force, Force { on: 0x10, off: 0x4 });
        assert_eq!((force.missing(0x14), force.superfluous(0x14)), (0, 0x4));
        assert_eq!((force.missing(0x4), force.superfluous(0)), (0x10, 0));
    }

    #[test]
    fn words_are_of_the_dialect() {
        assert!(Force::default().with(&OPENSSL_0_9_8, "RELEASE_BUFFERS", true).is_err());
        assert!(Force::default().with(&BORINGSSL, "RELEASE_BUFFERS", true).unwrap().is_nothing());
        assert_eq!(check_word("CBC_RECORD_SPLITTING"), Ok(()));
        assert_eq!(check_word("0x10"), Ok(()));
        assert!(check_word("AUTORETRY").unwrap_err().contains(&"AUTO_RETRY"));
    }

    proptest! {
        /// The program sees what it would see without force; the handle has what is forced.
        #[test]
        fn a_program_notices_nothing(
            on: i64, off: i64, start: i64, changes in prop::collection::vec((0..3usize, any::<i64>()), 0..20),
        ) {
            let force = Force { on, off: off & !on };
            let put = |mask: i64| (mask | force.missing(mask)) & !force.superfluous(mask);
            let (mut alone, mut own, mut handle) = (start, start, put(start));
            for (kind, bits) in changes {
                let change = [Change::Set(bits), Change::Clear(bits), Change::Get][kind];
                alone = Force::own_after(alone, change);
                own = Force::own_after(own, change);
                handle = put(Force::own_after(handle, change));
                prop_assert_eq!(force.shown(handle, own), alone);
                prop_assert_eq!((force.missing(handle), force.superfluous(handle)), (0, 0));
            }
        }
    }
}
