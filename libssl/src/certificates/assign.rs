//! Certificates and keys as objects.

use super::{Kind, Slot};
use crate::crypto::key::Key;
use crate::crypto::store::clear_errors;
use crate::crypto::x509::{self, Certificate};
use crate::error::{self, Reason};
use crate::handle::Handle;
use std::sync::Arc;

/// Puts the reason into the queue.
fn refused(reason: Reason) -> bool {
    error::put(reason);
    false
}

/// `SSL_CTX_use_certificate`. A key in the same slot that does not fit is dropped, so that a program may change both,
/// the certificate first.
pub fn use_certificate(handle: &impl Handle, certificate: &Certificate) -> bool {
    if let Err(reason) = handle.settings().certificates.security.check(handle, certificate, true) {
        return refused(reason);
    }
    let Some(public) = certificate.public_key() else { return refused(Reason::X509_LIB) };
    let Some(kind) = Kind::of(&public) else { return refused(Reason::UNKNOWN_CERTIFICATE_TYPE) };
    if kind == Kind::Ec && !public.can_sign() {
        return refused(Reason::ECC_CERT_NOT_FOR_SIGNING);
    }
    let held = handle.settings().certificates.slots[kind as usize].key.clone();
    let drop_key = held.is_some_and(|key| {
        // Some kinds have no parameters, which is no failure.
        public.copy_parameters(&key);
        clear_errors();
        let fits = certificate.fits(&key);
        clear_errors();
        !fits
    });
    let _freed = fill(handle, kind, |slot| {
        let old_key = if drop_key { slot.key.take() } else { None };
        (slot.certificate.replace(certificate.clone()), old_key)
    });
    true
}

/// `SSL_CTX_use_PrivateKey`.
pub fn use_key(handle: &impl Handle, key: &Key) -> bool {
    let Some(kind) = Kind::of(key) else { return refused(Reason::UNKNOWN_CERTIFICATE_TYPE) };
    let certificate = handle.settings().certificates.slots[kind as usize].certificate.clone();
    if certificate.is_some_and(|certificate| !certificate.fits(key)) {
        return false;
    }
    let _freed = fill(handle, kind, |slot| slot.key.replace(key.clone()));
    true
}

/// `SSL_CTX_use_cert_and_key`: all at once, and nothing where one of them is wrong. Without a key the public one of the
/// certificate stands in, for programs that sign elsewhere.
pub fn use_both(
    handle: &impl Handle,
    certificate: &Certificate,
    key: Option<&Key>,
    chain: Option<x509::Certificates>,
    replace: bool,
) -> bool {
    if let Err(reason) = check_all(handle, certificate, chain.as_ref()) {
        return refused(reason);
    }
    let Some(public) = certificate.public_key() else { return false };
    if let Some(Err(reason)) = key.map(|key| match_up(&public, key)) {
        return refused(reason);
    }
    let Some(kind) = Kind::of(&public) else { return refused(Reason::UNKNOWN_CERTIFICATE_TYPE) };
    if !replace && !handle.settings().certificates.slots[kind as usize].is_empty() {
        return refused(Reason::NOT_REPLACING_CERTIFICATE);
    }
    let key = key.cloned().unwrap_or(public);
    let new = Slot { certificate: Some(certificate.clone()), key: Some(key), chain, ..Slot::default() };
    let _freed = fill(handle, kind, |slot| std::mem::replace(slot, new));
    true
}

fn check_all(
    handle: &impl Handle,
    certificate: &Certificate,
    chain: Option<&x509::Certificates>,
) -> Result<(), Reason> {
    let security = handle.settings().certificates.security;
    security.check(handle, certificate, true)?;
    check_chain(handle, chain)
}

/// Judges the certificates of authorities.
pub(super) fn check_chain(handle: &impl Handle, chain: Option<&x509::Certificates>) -> Result<(), Reason> {
    let security = handle.settings().certificates.security;
    let mut authorities = chain.into_iter().flat_map(x509::Certificates::certificates);
    authorities.try_for_each(|authority| security.check(handle, &authority, false))
}

fn match_up(public: &Key, key: &Key) -> Result<(), Reason> {
    match (key.lacks_parameters(), public.lacks_parameters()) {
        (true, true) => return Err(Reason::MISSING_PARAMETERS),
        (true, false) if !key.copy_parameters(public) => return Err(Reason::COPY_PARAMETERS_FAILED),
        (false, true) if !public.copy_parameters(key) => return Err(Reason::COPY_PARAMETERS_FAILED),
        _ => {}
    }
    if public.equals(key) { Ok(()) } else { Err(Reason::PRIVATE_KEY_MISMATCH) }
}

/// Changes a slot, which becomes the current one. What `change` answers is freed by the caller.
fn fill<R>(handle: &impl Handle, kind: Kind, change: impl FnOnce(&mut Slot) -> R) -> R {
    handle.change(|settings| {
        let certificates = Arc::make_mut(&mut settings.certificates);
        certificates.current = kind as usize;
        change(certificates.slot_mut(kind as usize))
    })
}

/// `SSL_CTX_check_private_key`: the current certificate and the current key belong together.
pub fn check_key(handle: &impl Handle) -> bool {
    let settings = handle.settings();
    let slot = settings.certificates.current();
    match (&slot.certificate, &slot.key) {
        (None, _) => refused(Reason::NO_CERTIFICATE_ASSIGNED),
        (Some(_), None) => refused(Reason::NO_PRIVATE_KEY_ASSIGNED),
        (Some(certificate), Some(key)) => certificate.fits(key),
    }
}
