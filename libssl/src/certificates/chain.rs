//! What is sent after the certificate itself.

use super::Certificates;
use super::assign::check_chain;
use crate::crypto::store::{Check, Store, clear_errors, describe};
use crate::crypto::x509::{self, Certificate};
use crate::error::{self, Reason};
use crate::handle::Handle;
use libc::{c_int, c_long};
use std::sync::Arc;

/// `SSL_BUILD_CHAIN_FLAG_…`.
mod flag {
    /// The chain may serve as links, and trusted is only what the store has.
    pub const UNTRUSTED: i64 = 1;
    /// Leaves the root out.
    pub const NO_ROOT: i64 = 2;
    /// Only what is in the chain serves, and all of it is trusted.
    pub const CHECK: i64 = 4;
    /// Takes what there is where verification fails.
    pub const IGNORE_ERROR: i64 = 8;
    /// And leaves nothing in the queue.
    pub const CLEAR_ERROR: i64 = 16;
}

/// Gives the current certificate a chain, or none.
///
/// # Errors
/// The chain, where a certificate of it is too weak; the reason is in the queue.
pub fn replace(handle: &impl Handle, chain: Option<x509::Certificates>) -> Result<(), Option<x509::Certificates>> {
    if let Err(reason) = check_chain(handle, chain.as_ref()) {
        error::put(reason);
        return Err(chain);
    }
    let _freed = change(handle, |certificates| std::mem::replace(&mut certificates.current_mut().chain, chain));
    Ok(())
}

/// Adds a certificate to the current chain.
///
/// # Errors
/// The certificate, where it is too weak; the reason is in the queue.
pub fn add(handle: &impl Handle, authority: Certificate) -> Result<(), Certificate> {
    if let Err(reason) = handle.settings().certificates.security.check(handle, &authority, false) {
        error::put(reason);
        return Err(authority);
    }
    change(handle, |certificates| certificates.current_mut().chain.get_or_insert_default().push(authority));
    Ok(())
}

/// Changes the certificates of a handle. Nothing that runs the program's callbacks may be in `change`.
pub fn change<R>(handle: &impl Handle, change: impl FnOnce(&mut Certificates) -> R) -> R {
    handle.change(|settings| change(Arc::make_mut(&mut settings.certificates)))
}

/// `SSL_CTX_build_cert_chain`: 1, 2 where errors were ignored, 0 with the reason in the queue.
pub fn build(handle: &impl Handle, flags: c_long) -> c_long {
    let settings = handle.settings();
    let certificates = &settings.certificates;
    let slot = certificates.current();
    let Some(certificate) = &slot.certificate else {
        error::put(Reason::NO_CERTIFICATE_SET);
        return 0;
    };
    let (store, links) = if flags & flag::CHECK != 0 {
        let store = Store::new();
        let mut all = slot.chain.iter().flat_map(x509::Certificates::iter).chain([certificate.as_ptr()]);
        // SAFETY: the slot holds them.
        if !all.all(|one| unsafe { store.add(one) }) {
            return 0;
        }
        (Some(store), None)
    } else {
        let links = slot.chain.as_ref().filter(|_| flags & flag::UNTRUSTED != 0);
        (store(handle, certificates), links)
    };
    let Some(check) = Check::new(store.as_ref(), certificate, links) else {
        error::put(Reason::X509_LIBRARY);
        return 0;
    };
    let mut answer = 1;
    if check.run() <= 0 {
        if flags & flag::IGNORE_ERROR == 0 {
            let detail = format!("Verify error:{}", describe(check.error()).to_string_lossy());
            error::put_with(Reason::CERTIFICATE_VERIFY_FAILED, &detail);
            return 0;
        }
        if flags & flag::CLEAR_ERROR != 0 {
            clear_errors();
        }
        answer = 2;
    }
    let mut chain: Vec<Certificate> = check.chain().iter().flat_map(x509::Certificates::certificates).skip(1).collect();
    if flags & flag::NO_ROOT != 0 && chain.last().is_some_and(Certificate::is_self_signed) {
        chain.pop();
    }
    let mut stack = x509::Certificates::new();
    chain.into_iter().for_each(|authority| stack.push(authority));
    if let Err(reason) = check_chain(handle, Some(&stack)) {
        error::put(reason);
        return 0;
    }
    let _freed = change(handle, |certificates| certificates.current_mut().chain.replace(stack));
    answer
}

/// What chains are built with.
pub(super) fn store(handle: &impl Handle, certificates: &Certificates) -> Option<Store> {
    certificates.chain_store.clone().or_else(|| handle.with_context(|context| context.trust.store()))
}

/// `SSL_CERT_SET_FIRST` and `SSL_CERT_SET_NEXT`; anything else answers 0.
pub fn set_current(handle: &impl Handle, operation: c_long) -> c_long {
    match operation {
        1 | 2 => change(handle, |certificates| c_int::from(certificates.select_from(operation == 2))).into(),
        _ => 0,
    }
}
