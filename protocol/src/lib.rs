//! What the command `sslmode` and `libsslmode.so` say to each other: the options, in one grammar; the trace, line by
//! line; a count of what was seen; and which findings are not told.

#![forbid(unsafe_code)]

pub mod event;
mod json;
pub mod options;
pub mod suppressions;
pub mod tally;

pub use event::{Event, Line};
pub use options::{OptionError, Options};
