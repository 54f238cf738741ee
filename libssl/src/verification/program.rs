//! What the handshake asks the program in its midst.

use super::judge::judge;
use crate::certificates::identity::{Answer, ask, ask_client, identities};
use crate::ssl::Ssl;
use sslmode_tls::handshake::{CertificateRequest, ChooseIdentity, Identity, PeerCertificates, VerifyPeer};
use sslmode_tls::record::{AlertDescription, Role};
use std::sync::Arc;

/// The connection whose handshake asks, which holds the handshake and so outlives it.
struct Asker {
    ssl: *const Ssl,
    role: Role,
}

// SAFETY: a connection is used by one thread at a time, and its handshake by that thread alone.
unsafe impl Send for Asker {}
// SAFETY: as above.
unsafe impl Sync for Asker {}

impl Asker {
    fn ssl(&self) -> &Ssl {
        // SAFETY: see the type; the promise is that of `verifier` and `client_identity`.
        unsafe { &*self.ssl }
    }
}

impl VerifyPeer for Asker {
    fn verify(&self, peer: &PeerCertificates<'_>) -> Result<(), AlertDescription> {
        judge(self.ssl(), peer.chain, self.role)
    }
}

impl ChooseIdentity for Asker {
    fn choose(&self, request: &CertificateRequest) -> Option<Arc<Identity>> {
        let ssl = self.ssl();
        ssl.trust.set_asked(&request.authorities);
        if ask(ssl) != Answer::GoOn || ask_client(ssl) != Answer::GoOn {
            return None;
        }
        let fitting =
            |identity: &Arc<Identity>| identity.schemes().iter().any(|scheme| request.schemes.contains(scheme));
        identities(ssl, None).ok()?.into_iter().find(fitting)
    }
}

/// Judges the peer's certificates for `ssl`, which plays `role`.
///
/// # Safety
/// The handshake that it goes into belongs to `ssl`, and ends before it does.
pub unsafe fn verifier(ssl: &Ssl, role: Role) -> Arc<dyn VerifyPeer> {
    Arc::new(Asker { ssl, role })
}

/// Finds a client's certificate when the server asks for one.
///
/// The program's callbacks are asked then. They cannot ask for more time: the handshake goes on without a certificate.
///
/// # Safety
/// As for [`verifier`].
pub unsafe fn client_identity(ssl: &Ssl) -> Arc<dyn ChooseIdentity> {
    Arc::new(Asker { ssl, role: Role::Client })
}
