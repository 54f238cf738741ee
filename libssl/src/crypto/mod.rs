//! libcrypto: its objects as owning types, and the functions that openssl-sys does not declare.

pub mod bio;
pub mod ex_data;
