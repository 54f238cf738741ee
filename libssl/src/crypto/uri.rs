//! Certificates behind a URI: `OSSL_STORE`.

use super::object::{Object, Owned};
use super::x509::Certificate;
use libc::{c_char, c_int, c_void};
use openssl_sys::X509;
use std::ffi::CStr;
use std::ptr::{null, null_mut};

enum Place {}
enum Found {}

/// `OSSL_STORE_INFO_NAME`: a place in this place.
const NAME: c_int = 1;
/// `OSSL_STORE_INFO_CERT`.
const CERTIFICATE: c_int = 5;

unsafe extern "C" {
    fn OSSL_STORE_open(
        uri: *const c_char,
        ui: *const c_void,
        ui_data: *mut c_void,
        process: *const c_void,
        process_data: *mut c_void,
    ) -> *mut Place;
    fn OSSL_STORE_eof(place: *mut Place) -> c_int;
    fn OSSL_STORE_error(place: *mut Place) -> c_int;
    fn OSSL_STORE_load(place: *mut Place) -> *mut Found;
    fn OSSL_STORE_close(place: *mut Place) -> c_int;
    fn OSSL_STORE_INFO_get_type(found: *const Found) -> c_int;
    fn OSSL_STORE_INFO_get0_NAME(found: *const Found) -> *const c_char;
    fn OSSL_STORE_INFO_get0_CERT(found: *const Found) -> *mut X509;
    fn OSSL_STORE_INFO_free(found: *mut Found);
}

// SAFETY: used by one thread at a time.
unsafe impl Object for Place {
    unsafe fn free(object: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { OSSL_STORE_close(object) };
    }
}

// SAFETY: used by one thread at a time.
unsafe impl Object for Found {
    unsafe fn free(object: *mut Self) {
        // SAFETY: the caller's promise.
        unsafe { OSSL_STORE_INFO_free(object) }
    }
}

/// Hands over every certificate behind `uri`, also those in places which are found there, `depth` deep. False where it
/// cannot be opened, with the reason in the queue, or as soon as `take` answers false.
pub fn for_each_certificate(uri: &CStr, depth: u32, take: &mut dyn FnMut(Certificate) -> bool) -> bool {
    // SAFETY: a new object is ours; passwords are asked for at the terminal.
    let place = unsafe { Owned::from_raw(OSSL_STORE_open(uri.as_ptr(), null(), null_mut(), null(), null_mut())) };
    let Some(place) = place else { return false };
    // The answer is that of the last place found, as in OpenSSL.
    let mut last = true;
    // SAFETY: the place is open.
    while unsafe { OSSL_STORE_eof(place.as_ptr()) == 0 && OSSL_STORE_error(place.as_ptr()) == 0 } {
        // SAFETY: as above; what is found is ours.
        let Some(found) = (unsafe { Owned::from_raw(OSSL_STORE_load(place.as_ptr())) }) else { continue };
        // SAFETY: what is found is alive, and so is what it holds.
        unsafe {
            match OSSL_STORE_INFO_get_type(found.as_ptr()) {
                NAME if depth > 0 => {
                    let inner = CStr::from_ptr(OSSL_STORE_INFO_get0_NAME(found.as_ptr()));
                    last = for_each_certificate(inner, depth - 1, take);
                }
                CERTIFICATE => {
                    let certificate = Certificate::share(OSSL_STORE_INFO_get0_CERT(found.as_ptr()));
                    if !certificate.is_some_and(&mut *take) {
                        return false;
                    }
                }
                _ => {}
            }
        }
    }
    last
}
