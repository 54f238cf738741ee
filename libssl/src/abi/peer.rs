//! Who the peer is.

use super::arguments::pointer;
use crate::boundary::on_ssl;
use crate::ssl::Ssl;
use openssl_sys::{OPENSSL_STACK, X509};
use std::ptr::null_mut;

/// The peer's certificate, or NULL. It stays the connection's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_peer_certificate(ssl: Option<&Ssl>) -> *mut X509 {
    on_ssl(ssl, null_mut(), |ssl| ssl.trust.peer().map_or(null_mut(), |peer| pointer(peer.end_entity())))
}

/// The peer's certificate, the caller's, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get1_peer_certificate(ssl: Option<&Ssl>) -> *mut X509 {
    on_ssl(ssl, null_mut(), |ssl| {
        let peer = ssl.trust.peer();
        let certificate = peer.as_ref().and_then(|peer| peer.end_entity());
        certificate.map_or(null_mut(), |certificate| certificate.clone().into_raw())
    })
}

/// The chain that the peer sent, or NULL; on a server without the peer's own certificate, and of a resumed session none,
/// since a ticket holds no chain in OpenSSL. It stays the connection's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get_peer_cert_chain(ssl: Option<&Ssl>) -> *mut OPENSSL_STACK {
    on_ssl(ssl, null_mut(), |ssl| {
        let is_of_ticket = ssl.is_server() && ssl.own.negotiated.borrow().resumed;
        if is_of_ticket { null_mut() } else { ssl.trust.peer_chain() }
    })
}

/// The chain that was built when the peer was verified, or NULL. It stays the connection's.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_get0_verified_chain(ssl: Option<&Ssl>) -> *mut OPENSSL_STACK {
    on_ssl(ssl, null_mut(), |ssl| ssl.trust.verified_chain())
}
