//! Why the command does not do what it was asked.

use std::fmt;

/// A line for stderr, and the status to end with.
pub struct Mistake {
    pub text: String,
    pub status: u8,
}

impl Mistake {
    /// The command was asked for what it cannot do; nothing was started.
    pub fn usage(text: impl fmt::Display) -> Mistake {
        Mistake { text: text.to_string(), status: 2 }
    }

    /// As env(1) and shells do: 127 where the program is not found, 126 where it cannot be run.
    pub fn program(text: impl fmt::Display, found: bool) -> Mistake {
        Mistake { text: text.to_string(), status: if found { 126 } else { 127 } }
    }
}

/// Where a line to stdout cannot be written, nobody reads it: as if the command had been stopped by the pipe.
impl From<std::io::Error> for Mistake {
    fn from(error: std::io::Error) -> Mistake {
        Mistake { text: format!("expected to write to standard output: {error}"), status: 1 }
    }
}
