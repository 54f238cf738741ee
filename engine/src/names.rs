//! Masks as text, and text as masks, in one dialect: `AUTO_RETRY|RELEASE_BUFFERS`.

use crate::dialect::{Decoded, Dialect};
use crate::mode::Modes;
use std::fmt;

const PREFIX: &str = "SSL_MODE_";

/// A mask in the names of a dialect; bits without a name follow in hexadecimal, and no bit at all is `0`.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    dialect: &'static Dialect,
    mask: i64,
}

impl Dialect {
    /// `mask` in names, for a person to read.
    pub fn name_mask(&'static self, mask: i64) -> Named {
        Named { dialect: self, mask }
    }

    /// The mask that names stand for here: `AUTO_RETRY|RELEASE_BUFFERS`, with or without `SSL_MODE_` before each, in
    /// any case; hexadecimal or decimal numbers may stand among them.
    ///
    /// # Errors
    /// The first word that is no number, no mode, or no mode of this dialect.
    pub fn parse_mask(&'static self, text: &str) -> Result<i64, MaskError> {
        let words = text.split('|').map(str::trim);
        words.map(|word| self.parse_word(word)).try_fold(0, |mask, number| Ok(mask | number?))
    }

    fn parse_word(&'static self, word: &str) -> Result<i64, MaskError> {
        if let Some(number) = parse_number(word) {
            return Ok(number);
        }
        let upper = word.to_ascii_uppercase();
        match Modes::from_name(upper.strip_prefix(PREFIX).unwrap_or(&upper)) {
            Some(mode) => {
                self.encode(mode).map_err(|_| MaskError::Foreign { word: word.to_owned(), dialect: self.name })
            }
            None => Err(MaskError::Unknown { word: word.to_owned(), dialect: self }),
        }
    }
}

fn parse_number(word: &str) -> Option<i64> {
    match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(|bits| bits as i64),
        None => word.parse().ok(),
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Decoded { modes, unknown } = self.dialect.decode(self.mask);
        let mut separator = "";
        for (name, _) in modes.iter_names() {
            write!(f, "{separator}{name}")?;
            separator = "|";
        }
        match unknown {
            0 if modes.is_empty() => f.write_str("0"),
            0 => Ok(()),
            bits => write!(f, "{separator}{bits:#x}"),
        }
    }
}

/// Text that is no mask.
#[derive(Clone, Debug)]
pub enum MaskError {
    /// No libssl has a mode of this name.
    Unknown {
        /// As it came.
        word: String,
        /// Whose modes were expected.
        dialect: &'static Dialect,
    },
    /// A mode, but not one of this dialect.
    Foreign {
        /// As it came.
        word: String,
        /// The dialect's name.
        dialect: &'static str,
    },
}

impl fmt::Display for MaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MaskError::Unknown { word, dialect } => {
                write!(f, "unknown mode \"{word}\" (expected a number or one of")?;
                let mut separator = ' ';
                for (name, _) in dialect.known().iter_names() {
                    write!(f, "{separator}{name}")?;
                    separator = '|';
                }
                f.write_str(")")
            }
            MaskError::Foreign { word, dialect } => write!(f, "mode \"{word}\" does not exist in {dialect}"),
        }
    }
}

impl std::error::Error for MaskError {}

#[cfg(test)]
mod tests {
    use crate::Dialect;
    use crate::dialect::{BORINGSSL, OPENSSL_0_9_8, OPENSSL_3};
    use proptest::prelude::*;

    #[test]
    fn masks_read_as_names() {
        assert_eq!(OPENSSL_3.name_mask(0x14).to_string(), "AUTO_RETRY|RELEASE_BUFFERS");
        assert_eq!(OPENSSL_3.name_mask(0).to_string(), "0");
        assert_eq!(OPENSSL_3.name_mask(0x804).to_string(), "AUTO_RETRY|0x800");
        assert_eq!(OPENSSL_3.name_mask(1 << 40).to_string(), "0x10000000000");
        assert_eq!(OPENSSL_0_9_8.name_mask(0x10).to_string(), "0x10", "0.9.8 has no RELEASE_BUFFERS");
        assert_eq!(BORINGSSL.name_mask(0x480).to_string(), "SEND_FALLBACK_SCSV|ENABLE_FALSE_START");
    }

    #[test]
    fn names_read_as_masks() {
        assert_eq!(OPENSSL_3.parse_mask("AUTO_RETRY|RELEASE_BUFFERS").unwrap(), 0x14);
        assert_eq!(OPENSSL_3.parse_mask("ssl_mode_auto_retry | 0x800|1").unwrap(), 0x805);
        assert_eq!(BORINGSSL.parse_mask("SEND_FALLBACK_SCSV").unwrap(), 0x400);
        assert_eq!(OPENSSL_3.parse_mask("-1").unwrap(), -1);
    }

    #[test]
    fn mistakes_say_what_was_expected() {
        let error = OPENSSL_0_9_8.parse_mask("AUTO_RETRY|RELEASE_BUFFERS").unwrap_err();
        assert_eq!(error.to_string(), "mode \"RELEASE_BUFFERS\" does not exist in openssl-0.9.8");
        let error = OPENSSL_0_9_8.parse_mask("AUTORETRY").unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown mode \"AUTORETRY\" (expected a number or one of ENABLE_PARTIAL_WRITE|ACCEPT_MOVING_WRITE_BUFFER\
             |AUTO_RETRY|NO_AUTO_CHAIN|SEND_FALLBACK_SCSV)"
        );
        assert!(OPENSSL_3.parse_mask("").is_err());
    }

    proptest! {
        #[test]
        fn a_named_mask_reads_back(mask: i64, index in 0..Dialect::ALL.len()) {
            let dialect = Dialect::ALL[index];
            prop_assert_eq!(dialect.parse_mask(&dialect.name_mask(mask).to_string()).unwrap(), mask);
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = OPENSSL_3.parse_mask(&text);
        }
    }
}
