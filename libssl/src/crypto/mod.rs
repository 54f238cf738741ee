//! libcrypto: its objects as owning types, and the functions that openssl-sys does not declare.

pub mod ex_data;
pub mod stack;
