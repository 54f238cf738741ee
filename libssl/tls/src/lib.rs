//! The TLS of our own libssl: real TLS 1.2 and 1.3, with nothing of C's libssl in it.
//!
//! | module | what it does |
//! |---|---|
//! | [`handshake`] | client and server handshakes by rustls, bytes in and bytes out, until the keys are handed over |
//! | [`record`] | what comes after: records sealed and opened, alerts, key updates, tickets, limits |
//! | [`connection`] | both over a transport, call by call, with the modes in force |
//! | [`exporter`] | keying material for the program |
//!
//! Nothing here does I/O: the caller moves the bytes, and decides what a record without application data means.

#![forbid(unsafe_code)]

pub mod connection;
pub mod exporter;
pub mod handshake;
pub mod record;
