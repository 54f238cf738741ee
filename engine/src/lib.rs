//! The rules of `SSL_CTX_set_mode(3)`, version by version.
//!
//! Everything here is pure: no unsafe code, no I/O, no C. A rule about modes is written in this crate once; the
//! libraries and the command that stand on it ask, and never decide for themselves.
//!
//! | module | what it knows |
//! |---|---|
//! | [`mode`] | the modes by meaning ([`Modes`]) |
//! | [`cell`] | a mask that threads share ([`ModeCell`]) |
//! | [`dialect`] | what each libssl makes of a mask: numbers, default, width, NULL ([`Dialect`]) |
//! | [`differences`] | what a program meets that goes from one libssl to another |
//! | [`error`] | what `SSL_get_error` answers, in names |
//! | [`force`] | a mask that differs from what the program reads ([`Force`](force::Force)) |
//! | [`lawful`] | which fault may be brought about, and when |
//! | [`meaning`] | what each mode does, in words |
//! | [`names`] | masks as text, and text as masks, in one dialect |
//! | [`buffers`] | RELEASE_BUFFERS: when a record buffer is given back, and the list it goes to |
//! | [`chain`] | NO_AUTO_CHAIN: whether the chain to be sent is completed from the store |
//! | [`fallback`] | SEND_FALLBACK_SCSV: when it is sent, when that is a mistake, what a server answers |
//! | [`contract`] | one connection's calls and outcomes in, findings out |
//! | [`write`](mod@write) | ENABLE_PARTIAL_WRITE, ACCEPT_MOVING_WRITE_BUFFER: what `SSL_write` does, record by record |
//! | [`read`] | AUTO_RETRY: what a record without application data means to `SSL_read` |
//! | [`profile`] | the rules of an older libssl in front of a newer one |
//! | [`version`] | which dialect a libssl's own version text stands for |

#![forbid(unsafe_code)]

pub mod buffers;
pub mod cell;
pub mod chain;
pub mod contract;
pub mod dialect;
pub mod differences;
pub mod error;
pub mod fallback;
pub mod force;
pub mod lawful;
pub mod meaning;
pub mod mode;
pub mod names;
pub mod profile;
pub mod read;
mod sync;
pub mod version;
pub mod write;

pub use cell::ModeCell;
pub use dialect::Dialect;
pub use mode::{Modes, Width};
