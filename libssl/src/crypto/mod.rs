//! libcrypto: its objects as owning types, and the functions that openssl-sys does not declare.

pub mod bio;
pub mod ex_data;
pub mod file;
pub mod key;
pub mod object;
pub mod stack;
pub mod store;
pub mod ticket;
pub mod uri;
pub mod x509;
