//! The exported C functions, one file per family: pointers become references, and a method does the work.
//!
//! A function that a program may call with NULL, where OpenSSL would crash, answers failure and puts
//! `ERR_R_PASSED_NULL_PARAMETER` into the queue; the mode calls answer 0.
//!
//! A handle comes in as `Option<&Context>` or `Option<&Ssl>`, which is C's pointer that may be NULL. That it is alive,
//! and stays so while the call lasts, is what every function of this interface demands of its caller.

mod absent;
mod alpn;
mod arguments;
mod authorities;
mod beside;
mod bios;
mod callbacks;
mod certificates;
pub mod chains;
mod ciphers;
mod conf;
mod connection;
mod ctrl;
mod ex_data;
mod handles;
mod hello;
mod io;
mod keys;
mod methods;
mod modes;
mod options;
mod own;
mod peer;
mod security;
mod session;
mod session_text;
pub mod sessions;
mod ssl_bios;
mod stores;
mod text;
mod verification;
