//! What the command and `libsslmode.so` say to each other: for now the options, in one grammar.

#![forbid(unsafe_code)]

pub mod options;

pub use options::{OptionError, Options};
