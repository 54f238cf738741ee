//! `SSL_METHOD`s.

use crate::method::{self, Method};

/// Any role, and every version from the context's lowest to its highest. Never NULL; static.
#[unsafe(no_mangle)]
pub extern "C" fn TLS_method() -> *const Method {
    &method::TLS
}

/// As [`TLS_method`], for clients.
#[unsafe(no_mangle)]
pub extern "C" fn TLS_client_method() -> *const Method {
    &method::TLS_CLIENT
}

/// As [`TLS_method`], for servers.
#[unsafe(no_mangle)]
pub extern "C" fn TLS_server_method() -> *const Method {
    &method::TLS_SERVER
}
