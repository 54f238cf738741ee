//! What the command `sslmode` and `libsslmode.so` say to each other: the options, in one grammar; the trace, line by
//! line; and a count of what was seen.

#![forbid(unsafe_code)]

pub mod event;
mod json;
pub mod options;
pub mod tally;

pub use event::{Event, Line};
pub use options::{OptionError, Options};
