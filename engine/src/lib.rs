//! The rules of `SSL_CTX_set_mode(3)`, version by version.
//!
//! Everything here is pure: no unsafe code, no I/O, no C. A rule about modes is written in this crate once; the
//! libraries and the command that stand on it ask, and never decide for themselves.
//!
//! | module | what it knows |
//! |---|---|
//! | [`mode`] | the modes by meaning ([`Modes`]), and a mask that threads share ([`ModeCell`]) |
//! | [`dialect`] | what each libssl makes of a mask: numbers, default, width, NULL ([`Dialect`]) |
//! | [`error`] | what `SSL_get_error` answers, in names |
//! | [`force`] | a mask that differs from what the program reads ([`Force`](force::Force)) |
//! | [`meaning`] | what each mode does, in words |
//! | [`names`] | masks as text, and text as masks, in one dialect |
//! | [`version`] | which dialect a libssl's own version text stands for |

#![forbid(unsafe_code)]

pub mod dialect;
pub mod error;
pub mod force;
pub mod meaning;
pub mod mode;
pub mod names;
pub mod version;

pub use dialect::Dialect;
pub use mode::{ModeCell, Modes, Width};
