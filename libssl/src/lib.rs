//! A libssl.so.3 of our own: TLS by rustls and the record layer of [`sslmode_tls`], the modes executed by
//! [`sslmode_engine`], and libcrypto's BIO, X509, EVP and error queue, so that its objects mix with the program's.
//!
//! A C call comes in at `abi`, whose functions turn pointers into references ([`boundary`]) and call a method of
//! [`context::Context`] (`SSL_CTX`) or [`ssl::Ssl`] (`SSL`). `exports.txt` lists every exported name.
//!
//! | module | what it does |
//! |---|---|
//! | [`abi`] | the exported C functions, one file per family |
//! | [`boundary`] | NULL, panics, pointers |
//! | [`context`] | what an `SSL_CTX` holds |
//! | [`ssl`] | what an `SSL` holds |
//! | [`settings`] | what both hold: a connection shares its context's until one of them changes |
//! | [`handle`] | what contexts and connections have in common |
//! | [`certificates`] | certificates and private keys |
//! | [`verification`] | the peer's certificates, judged |
//! | [`negotiated`] | what a connection was told beside that, and what came of its handshake |
//! | [`cipher`] | the suites, and the language of cipher lists |
//! | [`conf`] | settings as text |
//! | [`session`] | what an `SSL_SESSION` holds, and the sessions that a context keeps |
//! | [`error`] | the reasons of failures, and libcrypto's queue of them |
//! | [`crypto`] | libcrypto's functions and objects |

pub mod abi;
pub mod boundary;
pub mod certificates;
pub mod cipher;
pub mod conf;
pub mod context;
pub mod crypto;
pub mod error;
pub mod handle;
pub mod method;
pub mod negotiated;
pub mod session;
pub mod settings;
pub mod ssl;
pub mod verification;
