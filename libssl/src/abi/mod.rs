//! The exported C functions, one file per family: pointers become references, and a method does the work.
//!
//! Most functions, called with NULL for their context or connection, where OpenSSL would crash, answer failure and put
//! `ERR_R_PASSED_NULL_PARAMETER` into the queue. The mode calls, `SSL_CTX_ctrl` and `SSL_ctrl`, and those of ex_data,
//! sessions, suites and `SSL_CONF_CTX` leave the queue as it is. Those for what is not there (`absent`) hardly look at
//! their handle.
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
