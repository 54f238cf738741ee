//! The commands of `SSL_CTX_ctrl` and `SSL_ctrl` that are about chains and the stores that make them.

use super::arguments::null_argument;
use crate::certificates::{Certificates, chain};
use crate::context::Context;
use crate::crypto::store::Store;
use crate::crypto::x509::{self, Certificate};
use crate::handle::Handle;
use crate::ssl::Ssl;
use libc::{c_int, c_long, c_void};
use openssl_sys::OPENSSL_STACK;
use std::ptr::null_mut;

/// `SSL_CTRL_…`.
mod command {
    use libc::c_int;
    pub const EXTRA_CHAIN_CERT: c_int = 14;
    pub const GET_EXTRA_CHAIN_CERTS: c_int = 82;
    pub const CLEAR_EXTRA_CHAIN_CERTS: c_int = 83;
    pub const CHAIN: c_int = 88;
    pub const CHAIN_CERT: c_int = 89;
    pub const BUILD_CERT_CHAIN: c_int = 105;
    pub const SET_VERIFY_CERT_STORE: c_int = 106;
    pub const SET_CHAIN_CERT_STORE: c_int = 107;
    pub const GET_CHAIN_CERTS: c_int = 115;
    pub const SELECT_CURRENT_CERT: c_int = 116;
    pub const SET_CURRENT_CERT: c_int = 117;
    pub const GET_VERIFY_CERT_STORE: c_int = 137;
    pub const GET_CHAIN_CERT_STORE: c_int = 138;
}

/// `SSL_CTX_ctrl`, where the command is one of these; None otherwise.
///
/// # Safety
/// `argument` is NULL or what OpenSSL documents for the command.
pub unsafe fn context(ctx: &Context, command: c_int, number: c_long, argument: *mut c_void) -> Option<c_long> {
    Some(match command {
        // SAFETY: the caller's promise.
        command::EXTRA_CHAIN_CERT => match unsafe { Certificate::from_raw(argument.cast()) } {
            Some(authority) => {
                ctx.trust.extra_chain(|chain| chain.get_or_insert_default().push(authority));
                1
            }
            None => null_argument().into(),
        },
        command::GET_EXTRA_CHAIN_CERTS => {
            let extra = ctx.trust.extra_chain(|chain| stack(chain.as_ref()));
            let found = if extra.is_null() && number == 0 { current_chain(ctx) } else { extra };
            // SAFETY: the caller's promise.
            unsafe { answer(argument, found) }
        }
        command::CLEAR_EXTRA_CHAIN_CERTS => {
            drop(ctx.trust.extra_chain(Option::take));
            1
        }
        // SAFETY: the caller's promise.
        _ => return unsafe { either(ctx, command, number, argument) },
    })
}

/// `SSL_ctrl`, where the command is one of these; None otherwise.
///
/// # Safety
/// As for [`context`].
pub unsafe fn connection(ssl: &Ssl, command: c_int, number: c_long, argument: *mut c_void) -> Option<c_long> {
    // SAFETY: the caller's promise.
    unsafe { either(ssl, command, number, argument) }
}

/// # Safety
/// As for [`context`].
unsafe fn either(handle: &impl Handle, command: c_int, number: c_long, argument: *mut c_void) -> Option<c_long> {
    // SAFETY: the caller's promise, for each of the functions.
    Some(unsafe {
        match command {
            command::CHAIN => set_chain(handle, number != 0, argument.cast()),
            command::CHAIN_CERT => add_to_chain(handle, number != 0, argument.cast()),
            command::GET_CHAIN_CERTS => answer(argument, current_chain(handle)),
            command::BUILD_CERT_CHAIN => chain::build(handle, number),
            command::SELECT_CURRENT_CERT => {
                let certificate = Certificate::share(argument.cast());
                let select = |certificate| chain::change(handle, |certificates| certificates.select(&certificate));
                certificate.is_some_and(select).into()
            }
            command::SET_CURRENT_CERT => chain::set_current(handle, number),
            command::SET_VERIFY_CERT_STORE => set_store(handle, number != 0, argument, |held| &mut held.verify_store),
            command::SET_CHAIN_CERT_STORE => set_store(handle, number != 0, argument, |held| &mut held.chain_store),
            command::GET_VERIFY_CERT_STORE => answer(argument, store(handle, |held| held.verify_store.as_ref())),
            command::GET_CHAIN_CERT_STORE => answer(argument, store(handle, |held| held.chain_store.as_ref())),
            _ => return None,
        }
    })
}

fn stack(chain: Option<&x509::Certificates>) -> *mut OPENSSL_STACK {
    chain.map_or(null_mut(), x509::Certificates::as_ptr)
}

fn current_chain(handle: &impl Handle) -> *mut OPENSSL_STACK {
    stack(handle.settings().certificates.current().chain.as_ref())
}

fn store(handle: &impl Handle, pick: fn(&Certificates) -> Option<&Store>) -> *mut openssl_sys::X509_STORE {
    pick(&handle.settings().certificates).map_or(null_mut(), Store::as_ptr)
}

/// Writes a pointer where the program wants it.
///
/// # Safety
/// `place` is NULL or a `T **`.
unsafe fn answer<T>(place: *mut c_void, found: *mut T) -> c_long {
    if place.is_null() {
        return null_argument().into();
    }
    // SAFETY: the caller's promise.
    unsafe { place.cast::<*mut T>().write(found) };
    1
}

/// A chain for the current certificate, shared or taken over; NULL clears it.
///
/// # Safety
/// `chain` is NULL or a `STACK_OF(X509)`, if it is not shared the caller's to give.
unsafe fn set_chain(handle: &impl Handle, shared: bool, chain: *mut OPENSSL_STACK) -> c_long {
    // SAFETY: the caller's promise.
    let new = unsafe { if shared { x509::Certificates::share(chain) } else { x509::Certificates::from_raw(chain) } };
    match chain::replace(handle, new) {
        Ok(()) => 1,
        Err(refused) if shared => {
            drop(refused);
            0
        }
        // What is refused stays the caller's.
        Err(refused) => {
            refused.map(x509::Certificates::into_raw);
            0
        }
    }
}

/// A certificate for the current chain, shared or taken over.
///
/// # Safety
/// `authority` is NULL or alive, and if it is not shared its reference is the caller's to give.
unsafe fn add_to_chain(handle: &impl Handle, shared: bool, authority: *mut openssl_sys::X509) -> c_long {
    // SAFETY: the caller's promise.
    let authority = unsafe { if shared { Certificate::share(authority) } else { Certificate::from_raw(authority) } };
    let Some(authority) = authority else { return null_argument().into() };
    match chain::add(handle, authority) {
        Ok(()) => 1,
        Err(refused) if shared => {
            drop(refused);
            0
        }
        // As above.
        Err(refused) => {
            refused.into_raw();
            0
        }
    }
}

/// A store of the handle's own, shared or taken over; NULL for the context's.
///
/// # Safety
/// `store` is NULL or an `X509_STORE`, and if it is not shared its reference is the caller's to give.
unsafe fn set_store(
    handle: &impl Handle,
    shared: bool,
    store: *mut c_void,
    place: fn(&mut Certificates) -> &mut Option<Store>,
) -> c_long {
    // SAFETY: the caller's promise.
    let store = unsafe { if shared { Store::share(store.cast()) } else { Store::from_raw(store.cast()) } };
    drop(chain::change(handle, |certificates| std::mem::replace(place(certificates), store)));
    1
}
