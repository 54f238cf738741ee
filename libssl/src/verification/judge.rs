//! A peer's chain, judged in the midst of the handshake.

use super::peer::{PeerChain, VerifiedChain};
use super::{alert, mode};
use crate::crypto::store::{Check, clear_errors, connection_index};
use crate::crypto::x509::{Certificate, Certificates};
use crate::error::{self, Reason};
use crate::ssl::Ssl;
use libc::c_int;
use openssl_sys::X509;
use sslmode_tls::record::{AlertDescription, Role, Version};
use std::ffi::CStr;
use std::sync::Arc;

/// Judges what the peer of `ssl`, which plays `role`, sent: DER, its own certificate first. The result is
/// kept, and what the peer sent is too.
///
/// No lock and no borrow of ours lasts while the program's callbacks run: they may use the same `SSL`.
///
/// # Errors
/// The alert for the peer; the reason is in the queue. A client with `SSL_VERIFY_NONE` refuses nobody: what is wrong is
/// then told by `SSL_get_verify_result` alone.
pub fn judge(ssl: &Ssl, chain: &[&[u8]], role: Role) -> Result<(), AlertDescription> {
    let Some(certificates) = decode(chain) else {
        error::put(Reason::ASN1_LIB);
        return Err(match role {
            Role::Client => AlertDescription::BAD_CERTIFICATE,
            Role::Server => AlertDescription::DECODE_ERROR,
        });
    };
    ssl.trust.set_sent(PeerChain::new(role, chain).map(Arc::new));
    let accepted = verify(ssl, &certificates, role)?;
    if !accepted && (role == Role::Server || ssl.settings().verification.mode != 0) {
        error::put(Reason::CERTIFICATE_VERIFY_FAILED);
        return Err(alert::for_error(ssl.trust.result.get()));
    }
    if role == Role::Client {
        clear_errors();
    }
    ssl.trust.accepted.set(true);
    Ok(())
}

fn decode(chain: &[&[u8]]) -> Option<Vec<Certificate>> {
    let certificates: Option<Vec<_>> = chain.iter().map(|der| Certificate::from_der(der)).collect();
    certificates.filter(|certificates| !certificates.is_empty())
}

/// `ssl_verify_cert_chain`: true where the verdict is good.
fn verify(ssl: &Ssl, certificates: &[Certificate], role: Role) -> Result<bool, AlertDescription> {
    let failed = |_| {
        error::put(Reason::X509_LIBRARY);
        AlertDescription::INTERNAL_ERROR
    };
    let (settings, context) = (ssl.settings(), ssl.context());
    let mut stack = Certificates::new();
    certificates.iter().for_each(|certificate| stack.push(certificate.clone()));
    let store = settings.certificates.verify_store.clone().or_else(|| context.trust.store());
    let check = Check::new(store.as_ref(), &certificates[0], Some(&stack)).ok_or(()).map_err(failed)?;

    let this: *const Ssl = ssl;
    if !check.set_ex_data(connection_index(), this.cast_mut().cast()) {
        return Err(failed(()));
    }
    let purpose: &CStr = if role == Role::Server { c"ssl_client" } else { c"ssl_server" };
    check.set_default(purpose);
    check.set_param(&ssl.trust.param(), settings.certificates.security.level);
    if let Some(callback) = settings.verification.callback {
        check.set_callback(callback);
    }
    let verdict: c_int = match context.trust.judge() {
        // SAFETY: the context of the verification is alive, and the argument is what the program gave.
        Some(judge) => unsafe { (judge.callback)(check.as_ptr(), judge.argument) },
        None => check.run(),
    };

    ssl.trust.result.set(check.error());
    let sent: Vec<*mut X509> = certificates.iter().map(Certificate::as_ptr).collect();
    let verified = check.chain().map(|chain| VerifiedChain::new(&chain, &sent)).unwrap_or_default();
    drop(ssl.trust.verified.replace(verified));
    // A name was found only if one was asked for, and then the parameters are mostly the connection's own already.
    if check.has_peer_name() || !ssl.trust.param().peer_name().is_null() {
        check.move_peer_name(&ssl.trust.own_param());
    }
    Ok(verdict > 0)
}

/// What a server asks of its clients; None where it asks for no certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Clients without a certificate are refused.
    pub mandatory: bool,
    /// Names of authorities, DER, for the client to choose a certificate by.
    pub authorities: Vec<Vec<u8>>,
}

/// What the server `ssl` asks its client for in a handshake of this version.
pub fn request(ssl: &Ssl, version: Version) -> Option<Request> {
    let asked = ssl.settings().verification.mode;
    // Asked after the handshake in TLS 1.3 alone, and then by SSL_verify_client_post_handshake.
    let later = asked & mode::POST_HANDSHAKE != 0 && version == Version::Tls13;
    (asked & mode::PEER != 0 && !later).then(|| Request {
        mandatory: asked & mode::FAIL_IF_NO_PEER_CERT != 0,
        authorities: super::authorities::to_send(ssl),
    })
}
