//! What the handshake gets: chains as DER, and who signs.

use super::{Certificates, Kind, Slot};
use crate::crypto::key::{Key, Signature};
use crate::crypto::store::{Check, Store, clear_errors};
use crate::crypto::x509::{self, Certificate};
use crate::error::{self, Reason};
use crate::settings::{self, Settings};
use crate::ssl::Ssl;
use libc::c_int;
use sslmode_engine::chain;
use sslmode_tls::handshake::{Identity, Sign, SigningFailed};
use std::borrow::Cow;
use std::sync::Arc;

/// What `ssl` can present: a certificate for each kind of key that it has one for, in OpenSSL's order, with the OCSP
/// response that is to be stapled.
///
/// # Errors
/// A certificate of every chain is too weak for the security level: with this reason the handshake ends, and with the
/// alert internal_error.
pub fn identities(ssl: &Ssl, ocsp_response: Option<&[u8]>) -> Result<Vec<Arc<Identity>>, Reason> {
    let settings = ssl.settings();
    let (mut identities, mut weak) = (Vec::new(), None);
    for slot in settings.certificates.slots() {
        let (Some(certificate), Some(key)) = (&slot.certificate, &slot.key) else { continue };
        match identity(ssl, &settings, slot, certificate, key, ocsp_response) {
            Ok(identity) => identities.extend(identity),
            Err(reason) => weak = weak.or(Some(reason)),
        }
    }
    match weak {
        Some(reason) if identities.is_empty() => Err(reason),
        _ => Ok(identities),
    }
}

fn identity(
    ssl: &Ssl,
    settings: &Settings,
    slot: &Slot,
    certificate: &Certificate,
    key: &Key,
    ocsp_response: Option<&[u8]>,
) -> Result<Option<Arc<Identity>>, Reason> {
    let (certificates, schemes) = (&settings.certificates, settings.choices.signature_schemes.as_deref());
    let chain = chain(ssl, certificates, slot, certificate)?;
    check(ssl, certificates, certificate, &chain)?;
    // What is kept has no response, leaves no scheme out, and belongs to nobody else's chain.
    let keep = ocsp_response.is_none() && schemes.is_none() && slot.chain.is_some();
    if let Some(kept) = slot.ready.0.get().filter(|_| keep) {
        return Ok(Some(kept.clone()));
    }
    let Some(signer) = Signer::new(key, schemes) else { return Ok(None) };
    let all = std::iter::once(certificate.clone()).chain(chain.certificates());
    let ders: Vec<_> = all.map(|certificate| certificate.der()).collect();
    let identity = Arc::new(Identity::new(&ders, Arc::new(signer), ocsp_response));
    Ok(Some(if keep { slot.ready.0.get_or_init(|| identity).clone() } else { identity }))
}

/// What is sent after the certificate: its own chain, or the context's, or what can be built.
fn chain<'a>(
    ssl: &Ssl,
    certificates: &Certificates,
    slot: &'a Slot,
    certificate: &Certificate,
) -> Result<Cow<'a, x509::Certificates>, Reason> {
    if let Some(chain) = &slot.chain {
        return Ok(Cow::Borrowed(chain));
    }
    let extra = ssl.context().trust.extra_chain(|chain| chain.clone());
    let modes = settings::dialect().decode(ssl.modes.get()).modes;
    let store = super::chain::store(ssl, certificates).filter(|_| chain::is_built(modes, extra.is_some()));
    Ok(Cow::Owned(match store {
        Some(store) => built(&store, certificate)?,
        None => extra.unwrap_or_default(),
    }))
}

/// Whatever the store has of a certificate's chain. That nobody verifies it here, and that it may have no end, is
/// meant.
fn built(store: &Store, certificate: &Certificate) -> Result<x509::Certificates, Reason> {
    let check = Check::new(Some(store), certificate, None).ok_or(Reason::X509_LIBRARY)?;
    check.run();
    clear_errors();
    let mut built = x509::Certificates::new();
    let chain = check.chain();
    chain.iter().flat_map(x509::Certificates::certificates).skip(1).for_each(|authority| built.push(authority));
    Ok(built)
}

fn check(
    ssl: &Ssl,
    certificates: &Certificates,
    certificate: &Certificate,
    chain: &x509::Certificates,
) -> Result<(), Reason> {
    certificates.security.check(ssl, certificate, true)?;
    chain.certificates().try_for_each(|authority| certificates.security.check(ssl, &authority, false))
}

/// What `SSL_CTX_set_cert_cb`'s callback answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The handshake goes on with what the connection has now.
    GoOn,
    /// Later: the call ends with `SSL_ERROR_WANT_X509_LOOKUP`, and asks again when it is repeated.
    Later,
    /// The handshake fails, with this reason and the alert internal_error.
    Fail(Reason),
}

/// Asks the program for certificates (`SSL_CTX_set_cert_cb`): before a server chooses its own, and before a client
/// answers a server that asks for one.
pub fn ask(ssl: &Ssl) -> Answer {
    let Some(asked) = ssl.settings().certificates.asked else { return Answer::GoOn };
    let this: *const Ssl = ssl;
    // SAFETY: the connection is alive, and the argument is what the program gave.
    match unsafe { (asked.callback)(this.cast_mut(), asked.argument) } {
        0 if ssl.is_server() => Answer::Fail(Reason::CERT_CB_ERROR),
        0 => Answer::Fail(Reason::CALLBACK_FAILED),
        answer if answer < 0 => Answer::Later,
        _ => Answer::GoOn,
    }
}

/// Asks the program for a client's certificate (`SSL_CTX_set_client_cert_cb`) if it has none. What it answers becomes
/// the connection's; none is no failure.
pub fn ask_client(ssl: &Ssl) -> Answer {
    if ssl.settings().certificates.slots().iter().any(Slot::is_complete) {
        return Answer::GoOn;
    }
    let Some(callback) = ssl.context().trust.client_certificate() else { return Answer::GoOn };
    let this: *const Ssl = ssl;
    let (mut certificate, mut key) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: the connection is alive; what the callback fills in is ours.
    let (answer, certificate, key) = unsafe {
        let answer: c_int = callback(this.cast_mut(), &mut certificate, &mut key);
        (answer, Certificate::from_raw(certificate), Key::from_raw(key))
    };
    match (answer, certificate, key) {
        (1, Some(certificate), Some(key)) => {
            // Where it does not fit, none is sent.
            _ = super::assign::use_certificate(ssl, &certificate) && super::assign::use_key(ssl, &key);
        }
        (1, _, _) => error::put(Reason::BAD_DATA_RETURNED_BY_CALLBACK),
        (answer, _, _) if answer < 0 => return Answer::Later,
        _ => {}
    }
    Answer::GoOn
}

/// Signs with the program's key, wherever libcrypto finds it.
pub struct Signer {
    key: Key,
    schemes: Vec<u16>,
}

/// An identity that signs nothing, and runs `tell` where it is asked to: if rustls asks a client for an identity, that
/// is the only way to end the handshake. The server's certificate has not been judged yet then.
pub fn unwilling(schemes: &[u16], tell: impl Fn() + Send + Sync + 'static) -> Arc<Identity> {
    struct Unwilling<F>(Vec<u16>, F);

    impl<F: Fn() + Send + Sync> Sign for Unwilling<F> {
        fn schemes(&self) -> &[u16] {
            &self.0
        }

        fn sign(&self, _scheme: u16, _message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
            (self.1)();
            Err(SigningFailed)
        }
    }

    let no_chain: &[&[u8]] = &[];
    Arc::new(Identity::new(no_chain, Arc::new(Unwilling(schemes.to_vec(), tell)), None))
}

/// How the schemes of TLS are made (RFC 8446 4.2.3).
const SCHEMES: [(u16, Signature); 14] = [
    (0x0403, Signature { digest: Some(c"SHA256"), pss: false }),
    (0x0503, Signature { digest: Some(c"SHA384"), pss: false }),
    (0x0603, Signature { digest: Some(c"SHA512"), pss: false }),
    (0x0807, Signature { digest: None, pss: false }),
    (0x0808, Signature { digest: None, pss: false }),
    (0x0809, Signature { digest: Some(c"SHA256"), pss: true }),
    (0x080a, Signature { digest: Some(c"SHA384"), pss: true }),
    (0x080b, Signature { digest: Some(c"SHA512"), pss: true }),
    (0x0804, Signature { digest: Some(c"SHA256"), pss: true }),
    (0x0805, Signature { digest: Some(c"SHA384"), pss: true }),
    (0x0806, Signature { digest: Some(c"SHA512"), pss: true }),
    (0x0401, Signature { digest: Some(c"SHA256"), pss: false }),
    (0x0501, Signature { digest: Some(c"SHA384"), pss: false }),
    (0x0601, Signature { digest: Some(c"SHA512"), pss: false }),
];

/// A PSS signature with a salt as long as the digest takes two digests and two bytes (RFC 8017 9.1.1).
fn fits_pss(key: &Key, digest: usize) -> bool {
    key.size() >= 2 * digest + 2
}

impl Signer {
    /// Of what the key can sign in TLS 1.2 and 1.3, only `allowed` if the program says so. None for a key that is of no
    /// use there.
    pub fn new(key: &Key, allowed: Option<&[u16]>) -> Option<Self> {
        let schemes: Vec<u16> = match Kind::of(key)? {
            Kind::Rsa => {
                let fitting = [(0x0804, 32), (0x0805, 48), (0x0806, 64)];
                let pss = fitting.into_iter().filter(|&(_, digest)| fits_pss(key, digest)).map(|(scheme, _)| scheme);
                pss.chain([0x0401, 0x0501, 0x0601]).collect()
            }
            Kind::RsaPss => vec![0x0809, 0x080a, 0x080b],
            // In TLS 1.3 the curve and the digest belong together.
            Kind::Ec => match key.group()?.as_str() {
                "prime256v1" | "P-256" => vec![0x0403],
                "secp384r1" | "P-384" => vec![0x0503],
                "secp521r1" | "P-521" => vec![0x0603],
                _ => return None,
            },
            Kind::Ed25519 => vec![0x0807],
            Kind::Ed448 => vec![0x0808],
            Kind::Dsa => return None,
        };
        let allowed = |scheme: &u16| allowed.is_none_or(|allowed| allowed.contains(scheme));
        let schemes: Vec<u16> = schemes.into_iter().filter(allowed).collect();
        Some(Signer { key: key.clone(), schemes })
    }
}

impl Sign for Signer {
    fn schemes(&self) -> &[u16] {
        &self.schemes
    }

    /// Where it fails, libcrypto's reason is in the queue.
    fn sign(&self, scheme: u16, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let (_, how) = SCHEMES.iter().find(|(number, _)| *number == scheme).ok_or(SigningFailed)?;
        self.key.sign(*how, message).ok_or(SigningFailed)
    }
}
