//! Mistakes in the options: what came, what was expected, and the right word that is nearest.

use super::known_names;
use std::fmt;

/// A mistake in the options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionError {
    /// There is no such option.
    Unknown {
        /// As it came.
        key: String,
    },
    /// An option got a value that it does not take.
    Value {
        /// Which option.
        key: &'static str,
        /// As it came, if one came.
        value: Option<String>,
        /// What it takes.
        expected: &'static str,
        /// The value that was meant, where one is near.
        nearest: Option<&'static str>,
    },
    /// A quote was opened and never closed.
    Unclosed {
        /// Which quote.
        quote: char,
        /// Where it began.
        item: String,
    },
}

/// What is wrong with a value.
pub(super) struct Wrong {
    pub expected: &'static str,
    pub nearest: Option<&'static str>,
}

impl Wrong {
    pub fn expected(expected: &'static str) -> Wrong {
        Wrong { expected, nearest: None }
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionError::Unknown { key } => {
                let names = known_names().collect::<Vec<_>>().join(", ");
                write!(f, "unknown option \"{key}\" (expected one of {names}")?;
                match nearest(key, known_names()) {
                    Some(name) => write!(f, "; did you mean \"{name}\"?)"),
                    None => f.write_str(")"),
                }
            }
            OptionError::Value { key, value, expected, nearest } => {
                write!(f, "option {key}: expected {expected}, got ")?;
                match value {
                    Some(value) => write!(f, "\"{value}\"")?,
                    None => f.write_str("nothing")?,
                }
                nearest.map_or(Ok(()), |word| write!(f, "; did you mean \"{word}\"?"))
            }
            OptionError::Unclosed { quote, item } => write!(f, "no closing {quote} in {item}"),
        }
    }
}

impl std::error::Error for OptionError {}

/// The one of `words` that `word` was probably meant to be, in any case of letters.
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &word);
    let near = words.into_iter().map(|known| (known, distance(known)));
    let (best, distance) = near.min_by_key(|(_, distance)| *distance)?;
    // Of a long word more letters may be wrong.
    (distance <= 2.max(best.len() / 4)).then_some(best)
}
