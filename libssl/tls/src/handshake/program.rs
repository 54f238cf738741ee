//! What rustls asks the program in the midst of a handshake, and what it tells on the way.

use super::{CertificateRequest, ChooseIdentity, PeerCertificates, VerifyPeer};
use crate::record::{AlertDescription, TrafficSecret};
use rustls::SignatureScheme;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::{Arc, Mutex, MutexGuard};

/// The program's part in one handshake.
#[derive(Default)]
pub(super) struct Program {
    pub(super) verify: Option<Arc<dyn VerifyPeer>>,
    /// The name of the server, for [`VerifyPeer`].
    pub(super) name: Option<String>,
    pub(super) identity: Option<Arc<dyn ChooseIdentity>>,
    /// The signatures that are verified; none: all.
    pub(super) verify_schemes: Option<Arc<[u16]>>,
    /// The signatures that are made; none: all.
    pub(super) sign_schemes: Option<Arc<[u16]>>,
    /// No handshake, but a session made of a ticket: the resumption master secret is that of the session.
    pub(super) redeems: bool,
    pub(super) facts: Mutex<Told>,
}

/// What came to light on the way.
#[derive(Default)]
pub(super) struct Told {
    /// The alert with which the program refused the peer.
    pub(super) refused: Option<AlertDescription>,
    /// A server has no certificate at all.
    pub(super) no_identity: bool,
    pub(super) peer_signature_scheme: Option<u16>,
    pub(super) ocsp_response: Option<Vec<u8>>,
    pub(super) request: Option<CertificateRequest>,
    /// What the sessions of a TLS 1.3 connection come from (RFC 8446 7.1).
    pub(super) resumption_master: Option<TrafficSecret>,
}

impl Program {
    pub(super) fn told(&self) -> MutexGuard<'_, Told> {
        self.facts.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// What of these may be verified, in the program's order; all where it names none of them.
    pub(super) fn verifies(&self, all: Vec<SignatureScheme>) -> Vec<SignatureScheme> {
        let Some(wanted) = &self.verify_schemes else { return all };
        let wanted = wanted.iter().map(|&scheme| scheme.into()).filter(|scheme| all.contains(scheme));
        let wanted: Vec<_> = wanted.collect();
        if wanted.is_empty() { all } else { wanted }
    }

    /// Whether such signatures may be made.
    pub(super) fn signs(&self, scheme: u16) -> bool {
        self.sign_schemes.as_ref().is_none_or(|wanted| wanted.contains(&scheme))
    }

    /// Asks the program about the peer's certificates; a refusal is remembered with its alert.
    pub(super) fn judge(&self, chain: &[&[u8]], ocsp_response: &[u8]) -> Result<(), rustls::Error> {
        if !ocsp_response.is_empty() {
            self.told().ocsp_response = Some(ocsp_response.to_vec());
        }
        let Some(verify) = &self.verify else { return Ok(()) };
        let ocsp_response = (!ocsp_response.is_empty()).then_some(ocsp_response);
        let peer = PeerCertificates { chain, name: self.name.as_deref(), ocsp_response };
        verify.verify(&peer).map_err(|alert| {
            self.told().refused = Some(alert);
            rustls::Error::InvalidCertificate(rustls::CertificateError::ApplicationVerificationFailure)
        })
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Program")
    }
}

// rustls resumes a session only with the very verifier and the very client identity that it was made with, compared by
// address. Settings of ours belong to one connection, and which session is fit for it is the program's decision, as with
// SSL_set_session. So all clients share one verifier and one identity, and these find the connection at hand here. It
// is there only while a call into rustls lasts. `ManuallyDrop`: a thread-local without a destructor.
thread_local! {
    static AT_HAND: Cell<ManuallyDrop<Option<Arc<Program>>>> = const { Cell::new(ManuallyDrop::new(None)) };
}

/// While it lives, [`at_hand`] answers with this connection; then again with the one before.
pub(super) struct Entered(Option<Arc<Program>>);

pub(super) fn enter(program: &Arc<Program>) -> Entered {
    Entered(swap(Some(program.clone())))
}

impl Drop for Entered {
    fn drop(&mut self) {
        swap(self.0.take());
    }
}

fn swap(program: Option<Arc<Program>>) -> Option<Arc<Program>> {
    ManuallyDrop::into_inner(AT_HAND.with(|at_hand| at_hand.replace(ManuallyDrop::new(program))))
}

/// The connection whose handshake is at work on this thread.
pub(super) fn at_hand() -> Option<Arc<Program>> {
    let program = swap(None);
    swap(program.clone());
    program
}
