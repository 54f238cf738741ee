//! `SSL_METHOD`s. None is ever NULL; all are static.

use crate::method::{self, Method};

/// Either role, every version between the bounds.
#[unsafe(no_mangle)]
extern "C" fn TLS_method() -> *const Method {
    &method::TLS
}

/// Clients, every version between the bounds.
#[unsafe(no_mangle)]
extern "C" fn TLS_client_method() -> *const Method {
    &method::TLS_CLIENT
}

/// Servers, every version between the bounds.
#[unsafe(no_mangle)]
extern "C" fn TLS_server_method() -> *const Method {
    &method::TLS_SERVER
}

/// Either role, TLS 1.2 alone.
#[unsafe(no_mangle)]
extern "C" fn TLSv1_2_method() -> *const Method {
    &method::TLS1_2
}

/// Clients, TLS 1.2 alone.
#[unsafe(no_mangle)]
extern "C" fn TLSv1_2_client_method() -> *const Method {
    &method::TLS1_2_CLIENT
}

/// Servers, TLS 1.2 alone.
#[unsafe(no_mangle)]
extern "C" fn TLSv1_2_server_method() -> *const Method {
    &method::TLS1_2_SERVER
}

/// No version is left for its handshakes.
#[unsafe(no_mangle)]
extern "C" fn TLSv1_method() -> *const Method {
    &method::TLS1_0
}

/// No version is left for its handshakes.
#[unsafe(no_mangle)]
extern "C" fn TLSv1_client_method() -> *const Method {
    &method::TLS1_0_CLIENT
}

/// No version is left for its handshakes.
#[unsafe(no_mangle)]
extern "C" fn TLSv1_server_method() -> *const Method {
    &method::TLS1_0_SERVER
}

/// No version is left for its handshakes.
#[unsafe(no_mangle)]
extern "C" fn TLSv1_1_method() -> *const Method {
    &method::TLS1_1
}

/// No version is left for its handshakes.
#[unsafe(no_mangle)]
extern "C" fn TLSv1_1_client_method() -> *const Method {
    &method::TLS1_1_CLIENT
}

/// No version is left for its handshakes.
#[unsafe(no_mangle)]
extern "C" fn TLSv1_1_server_method() -> *const Method {
    &method::TLS1_1_SERVER
}

/// No context can be made with it.
#[unsafe(no_mangle)]
extern "C" fn DTLS_method() -> *const Method {
    &method::ABSENT
}

/// No context can be made with it.
#[unsafe(no_mangle)]
extern "C" fn DTLS_client_method() -> *const Method {
    &method::ABSENT_CLIENT
}

/// No context can be made with it.
#[unsafe(no_mangle)]
extern "C" fn DTLS_server_method() -> *const Method {
    &method::ABSENT_SERVER
}

/// No context can be made with it.
#[unsafe(no_mangle)]
extern "C" fn DTLSv1_method() -> *const Method {
    &method::ABSENT
}

/// No context can be made with it.
#[unsafe(no_mangle)]
extern "C" fn DTLSv1_client_method() -> *const Method {
    &method::ABSENT_CLIENT
}

/// No context can be made with it.
#[unsafe(no_mangle)]
extern "C" fn DTLSv1_server_method() -> *const Method {
    &method::ABSENT_SERVER
}

/// No context can be made with it.
#[unsafe(no_mangle)]
extern "C" fn DTLSv1_2_method() -> *const Method {
    &method::ABSENT
}

/// No context can be made with it.
#[unsafe(no_mangle)]
extern "C" fn DTLSv1_2_client_method() -> *const Method {
    &method::ABSENT_CLIENT
}

/// No context can be made with it.
#[unsafe(no_mangle)]
extern "C" fn DTLSv1_2_server_method() -> *const Method {
    &method::ABSENT_SERVER
}
