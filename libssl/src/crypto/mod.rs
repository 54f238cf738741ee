//! libcrypto: its objects as owning types, and the functions that openssl-sys does not declare.

pub mod bio;
pub mod ex_data;
pub mod file;
pub mod key;
pub mod object;
pub mod stack;
pub mod store;
pub mod uri;
pub mod x509;

/// Fills with random bytes of libcrypto's.
///
/// # Panics
/// Where libcrypto has none: nothing that was to be secret may go on.
pub fn random(bytes: &mut [u8]) {
    let length = libc::c_int::try_from(bytes.len()).expect("a few bytes");
    // SAFETY: room for `length` bytes.
    let filled = unsafe { openssl_sys::RAND_bytes(bytes.as_mut_ptr(), length) };
    assert!(filled == 1, "libcrypto has no random bytes");
}
