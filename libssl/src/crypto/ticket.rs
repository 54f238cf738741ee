//! Tickets under keys that the program gives to two of libcrypto's contexts (RFC 5077 4): the name of the key, the IV,
//! the ciphertext, and a MAC of all that.

use libc::{c_int, c_uchar, c_uint, c_void};
use openssl_sys::{self as ffi, EVP_CIPHER_CTX};
use std::ptr::{null, null_mut};

unsafe extern "C" {
    fn EVP_MAC_fetch(library: *mut c_void, name: *const libc::c_char, query: *const libc::c_char) -> *mut c_void;
    fn EVP_MAC_free(mac: *mut c_void);
    fn EVP_MAC_CTX_new(mac: *mut c_void) -> *mut c_void;
    fn EVP_MAC_CTX_free(ctx: *mut c_void);
    fn EVP_MAC_CTX_get_mac_size(ctx: *mut c_void) -> usize;
    fn EVP_MAC_update(ctx: *mut c_void, bytes: *const c_uchar, length: usize) -> c_int;
    fn EVP_MAC_final(ctx: *mut c_void, out: *mut c_uchar, length: *mut usize, room: usize) -> c_int;
    fn HMAC_CTX_new() -> *mut c_void;
    fn HMAC_CTX_free(ctx: *mut c_void);
    fn HMAC_Update(ctx: *mut c_void, bytes: *const c_uchar, length: usize) -> c_int;
    fn HMAC_Final(ctx: *mut c_void, out: *mut c_uchar, length: *mut c_uint) -> c_int;
    fn HMAC_size(ctx: *const c_void) -> usize;
}

/// The bytes of the name of a key.
pub const NAME: usize = 16;
/// `EVP_MAX_IV_LENGTH`, `EVP_MAX_BLOCK_LENGTH`, `EVP_MAX_MD_SIZE`.
const MOST_IV: usize = 16;
const MOST_BLOCK: usize = 32;
const MOST_MAC: usize = 64;

/// Which kind of context the program's function takes for the MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `HMAC_CTX`: `SSL_CTX_set_tlsext_ticket_key_cb`.
    Hmac,
    /// `EVP_MAC_CTX`: `SSL_CTX_set_tlsext_ticket_key_evp_cb`.
    Mac,
}

/// What the program's function is called with: name of the key, IV, cipher, MAC; it answers as OpenSSL wants it.
pub type SetKeys<'a> = &'a mut dyn FnMut(*mut c_uchar, *mut c_uchar, *mut c_void, *mut c_void) -> c_int;

/// The two contexts, freed with it.
struct Contexts {
    kind: Kind,
    cipher: *mut EVP_CIPHER_CTX,
    mac: *mut c_void,
}

impl Contexts {
    fn new(kind: Kind) -> Option<Self> {
        // SAFETY: plain constructors; what is not there is NULL, and free takes that.
        let contexts = unsafe {
            let mac = match kind {
                Kind::Hmac => HMAC_CTX_new(),
                Kind::Mac => {
                    let hmac = EVP_MAC_fetch(null_mut(), c"HMAC".as_ptr(), null());
                    let ctx = EVP_MAC_CTX_new(hmac);
                    EVP_MAC_free(hmac);
                    ctx
                }
            };
            Contexts { kind, cipher: ffi::EVP_CIPHER_CTX_new(), mac }
        };
        (!contexts.cipher.is_null() && !contexts.mac.is_null()).then_some(contexts)
    }

    /// The length of the IV, once the program has set the cipher.
    fn iv_length(&self) -> Option<usize> {
        // SAFETY: a context that lives; without a cipher, which the function would look at, there is none.
        let length = unsafe {
            if ffi::EVP_CIPHER_CTX_get0_cipher(self.cipher).is_null() {
                return None;
            }
            ffi::EVP_CIPHER_CTX_get_iv_length(self.cipher)
        };
        usize::try_from(length).ok().filter(|&length| length <= MOST_IV)
    }

    /// The bytes of a MAC, once the program has set its key.
    fn mac_length(&self) -> Option<usize> {
        // SAFETY: a context that lives; without a key both answer 0.
        let length = unsafe {
            match self.kind {
                Kind::Hmac => HMAC_size(self.mac),
                Kind::Mac => EVP_MAC_CTX_get_mac_size(self.mac),
            }
        };
        (length > 0).then_some(length)
    }

    /// The MAC of these bytes.
    fn mac(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let (mut out, mut long, mut short) = (vec![0; MOST_MAC], MOST_MAC, MOST_MAC as c_uint);
        // SAFETY: a context that the program has set up, or else the calls fail; `out` has room for the longest MAC.
        let good = unsafe {
            match self.kind {
                Kind::Mac => {
                    EVP_MAC_update(self.mac, bytes.as_ptr(), bytes.len()) > 0
                        && EVP_MAC_final(self.mac, out.as_mut_ptr(), &mut long, MOST_MAC) > 0
                }
                Kind::Hmac => {
                    HMAC_Update(self.mac, bytes.as_ptr(), bytes.len()) > 0
                        && HMAC_Final(self.mac, out.as_mut_ptr(), &mut short) > 0
                }
            }
        };
        out.truncate(if self.kind == Kind::Mac { long } else { short as usize });
        good.then_some(out)
    }

    /// What the cipher makes of these bytes, if the program has set it up for this direction.
    fn crypt(&self, encrypt: bool, bytes: &[u8]) -> Option<Vec<u8>> {
        let (update, finish): (Update, Finish) = if encrypt {
            (ffi::EVP_EncryptUpdate, ffi::EVP_EncryptFinal_ex)
        } else {
            (ffi::EVP_DecryptUpdate, ffi::EVP_DecryptFinal_ex)
        };
        let length = c_int::try_from(bytes.len()).ok()?;
        let mut out = vec![0; bytes.len() + MOST_BLOCK];
        let (mut count, mut rest) = (0, 0);
        // SAFETY: a context that lives, which the functions look at first; `out` has room for a block more than there are
        // bytes.
        let good = unsafe {
            update(self.cipher, out.as_mut_ptr(), &mut count, bytes.as_ptr(), length) > 0
                && finish(self.cipher, out.as_mut_ptr().add(count as usize), &mut rest) > 0
        };
        out.truncate(usize::try_from(count + rest).ok()?);
        good.then_some(out)
    }
}

type Update = unsafe extern "C" fn(*mut EVP_CIPHER_CTX, *mut c_uchar, *mut c_int, *const c_uchar, c_int) -> c_int;
type Finish = unsafe extern "C" fn(*mut EVP_CIPHER_CTX, *mut c_uchar, *mut c_int) -> c_int;

impl Drop for Contexts {
    fn drop(&mut self) {
        // SAFETY: ours, and not used any more.
        unsafe {
            ffi::EVP_CIPHER_CTX_free(self.cipher);
            match self.kind {
                Kind::Hmac => HMAC_CTX_free(self.mac),
                Kind::Mac => EVP_MAC_CTX_free(self.mac),
            }
        }
    }
}

/// Why the handshake is over.
#[derive(Clone, Copy, Debug)]
pub enum Failed {
    /// The program's function said so.
    Program,
    /// It set up nothing to work with, or libcrypto failed.
    Contexts,
}

/// Seals a ticket; None where the program wants none.
///
/// # Errors
/// The program's function failed, or set up no contexts to work with.
pub fn seal(kind: Kind, plain: &[u8], set_keys: SetKeys<'_>) -> Result<Option<Vec<u8>>, Failed> {
    let contexts = Contexts::new(kind).ok_or(Failed::Contexts)?;
    let (mut name, mut iv) = ([0; NAME], [0; MOST_IV]);
    match set_keys(name.as_mut_ptr(), iv.as_mut_ptr(), contexts.cipher.cast(), contexts.mac) {
        0 => return Ok(None),
        1.. => {}
        _ => return Err(Failed::Program),
    }
    sealed(&contexts, &name, &iv, plain).map(Some).ok_or(Failed::Contexts)
}

fn sealed(contexts: &Contexts, name: &[u8], iv: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    let body = contexts.crypt(true, plain)?;
    let mut ticket = [name, &iv[..contexts.iv_length()?], &body].concat();
    ticket.extend(contexts.mac(&ticket)?);
    Some(ticket)
}

/// Opens a ticket, and says whether it is to be replaced; None where it is not ours.
///
/// # Errors
/// The program's function failed.
pub fn open(kind: Kind, ticket: &[u8], set_keys: SetKeys<'_>) -> Result<Option<(Vec<u8>, bool)>, Failed> {
    /// The program wants another key for the next one.
    const RENEW: c_int = 2;
    let Some((name, rest)) = ticket.split_first_chunk::<NAME>() else { return Ok(None) };
    // The program gets copies with room for what it may write.
    let (mut name, mut iv) = (*name, [0; MOST_IV]);
    let Some(start) = rest.first_chunk::<MOST_IV>() else { return Ok(None) };
    iv.copy_from_slice(start);
    let contexts = Contexts::new(kind).ok_or(Failed::Contexts)?;
    let answer = set_keys(name.as_mut_ptr(), iv.as_mut_ptr(), contexts.cipher.cast(), contexts.mac);
    match answer {
        0 => return Ok(None),
        1.. => {}
        _ => return Err(Failed::Program),
    }
    Ok(opened(&contexts, ticket).map(|plain| (plain, answer == RENEW)))
}

fn opened(contexts: &Contexts, ticket: &[u8]) -> Option<Vec<u8>> {
    let start = NAME + contexts.iv_length()?;
    let length = contexts.mac_length()?;
    let (body, mac) = ticket.split_at_checked(ticket.len().checked_sub(length)?)?;
    let expected = contexts.mac(body)?;
    // SAFETY: as many bytes on either side.
    let same = unsafe { ffi::CRYPTO_memcmp(expected.as_ptr().cast(), mac.as_ptr().cast(), length) == 0 };
    (same && expected.len() == length).then(|| contexts.crypt(false, body.get(start..)?)).flatten()
}
