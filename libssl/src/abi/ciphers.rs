//! Cipher suites: lists of them, and what one of them is.

use crate::boundary::{answer, bytes, guard, on_ctx, on_ssl, string};
use crate::cipher::{self, Auth, Cipher, Encryption, Hash, language, list};
use crate::context::Context;
use crate::crypto::stack::Stack;
use crate::error::{self, Reason};
use crate::ssl::Ssl;
use libc::{c_char, c_int, c_uchar};
use openssl_sys::{EVP_MD, EVP_sha256, EVP_sha384, OPENSSL_STACK};
use std::ffi::CStr;
use std::ptr::{null, null_mut};

/// What the functions say of no suite.
const NONE: &CStr = c"(NONE)";

/// Runs `body` on C's string; NULL is a mistake.
unsafe fn with_text(text: *const c_char, body: impl FnOnce(&str) -> c_int) -> c_int {
    // SAFETY: the caller passes C's string on.
    match unsafe { string(text) } {
        Some(text) => body(&text.to_string_lossy()),
        None => {
            error::put(Reason::PASSED_NULL_PARAMETER);
            0
        }
    }
}

/// The suites before TLS 1.3, by rules in the language of `openssl-ciphers(1)`. Suites with ECDHE and AES-GCM or
/// ChaCha20 are there; others are passed over. `@SECLEVEL` sets the security level. Returns 1, or 0 with the reason:
/// "invalid command", and the suites stay as they were; "no cipher match", and none before TLS 1.3 is left.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CTX_set_cipher_list(ctx: Option<&Context>, rules: *const c_char) -> c_int {
    // SAFETY: `rules` is C's string.
    on_ctx(ctx, 0, |ctx| unsafe {
        with_text(rules, |rules| ctx.change(|settings| settings.set_cipher_list(rules).into()))
    })
}

/// As [`SSL_CTX_set_cipher_list`], for one connection.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_set_cipher_list(ssl: Option<&Ssl>, rules: *const c_char) -> c_int {
    // SAFETY: `rules` is C's string.
    on_ssl(ssl, 0, |ssl| unsafe {
        with_text(rules, |rules| ssl.change(|settings| settings.set_cipher_list(rules).into()))
    })
}

/// The suites of TLS 1.3, by their names with colons between them, the preferred first. Unknown names are passed over;
/// an empty list is none. Returns 1, or 0 where no name is known, with the reason "no cipher match": the suites stay as
/// they were.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CTX_set_ciphersuites(ctx: Option<&Context>, names: *const c_char) -> c_int {
    // SAFETY: `names` is C's string.
    on_ctx(ctx, 0, |ctx| unsafe {
        with_text(names, |names| ctx.change(|settings| settings.set_ciphersuites(names).into()))
    })
}

/// As [`SSL_CTX_set_ciphersuites`], for one connection.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_set_ciphersuites(ssl: Option<&Ssl>, names: *const c_char) -> c_int {
    // SAFETY: `names` is C's string.
    on_ssl(ssl, 0, |ssl| unsafe {
        with_text(names, |names| ssl.change(|settings| settings.set_ciphersuites(names).into()))
    })
}

/// The suites, those of TLS 1.3 first. The list stays the context's: until its suites are set anew.
#[unsafe(no_mangle)]
extern "C" fn SSL_CTX_get_ciphers(ctx: Option<&Context>) -> *mut OPENSSL_STACK {
    on_ctx(ctx, null_mut(), |ctx| ctx.settings().choices.ciphers.stack())
}

/// As [`SSL_CTX_get_ciphers`], for one connection.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_ciphers(ssl: Option<&Ssl>) -> *mut OPENSSL_STACK {
    on_ssl(ssl, null_mut(), |ssl| ssl.settings().choices.ciphers.stack())
}

/// Those that versions and security level leave, in a list for the caller to free. NULL where no version is left, or no
/// memory.
#[unsafe(no_mangle)]
extern "C" fn SSL_get1_supported_ciphers(ssl: Option<&Ssl>) -> *mut OPENSSL_STACK {
    on_ssl(ssl, null_mut(), |ssl| {
        let settings = ssl.settings();
        let choices = &settings.choices;
        let Ok(versions) = choices.versions(ssl.context().method) else { return null_mut() };
        let allowed = |cipher: &&Cipher| {
            let in_versions = cipher.version == versions.min || cipher.version == versions.max;
            in_versions && cipher.is_allowed_at(settings.certificates.security.level)
        };
        let allowed = choices.ciphers.iter().filter(allowed).map(std::ptr::from_ref);
        Stack::of(allowed).map_or(null_mut(), Stack::into_raw)
    })
}

/// The name of the suite at this place of [`SSL_get_ciphers`], counted from 0; static. NULL where there is none.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_cipher_list(ssl: Option<&Ssl>, place: c_int) -> *const c_char {
    on_ssl(ssl, null(), |ssl| {
        let place = usize::try_from(place).ok();
        place
            .and_then(|place| ssl.settings().choices.ciphers.iter().nth(place))
            .map_or(null(), |cipher| cipher.name.as_ptr())
    })
}

/// The client's suites that this library has, as a list that lives until `SSL_clear` or the connection's end; those of TLS 1.3 come
/// first. NULL on a client, where there is none, and before a ClientHello.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_client_ciphers(ssl: Option<&Ssl>) -> *mut OPENSSL_STACK {
    on_ssl(ssl, null_mut(), |ssl| {
        let negotiated = ssl.own.negotiated.borrow();
        let offered = known(&negotiated.peer_ciphers);
        if offered.is_empty() {
            return null_mut();
        }
        negotiated.client_ciphers.get_or_init(|| list::CipherList::of(offered)).stack()
    })
}

/// The suites that we have, of numbers as they stand on the wire.
fn known(wire: &[u8]) -> Vec<&'static Cipher> {
    let numbers = wire.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    numbers.filter_map(Cipher::by_number).collect()
}

/// On a server, the names of the suites that both sides have, in the client's order, with colons between them: as many
/// as `size` bytes have room for, with a NUL. Returns `buffer`; NULL on a client, before a ClientHello, and for a
/// buffer that is NULL or shorter than 2 bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_get_shared_ciphers(ssl: Option<&Ssl>, buffer: *mut c_char, size: c_int) -> *mut c_char {
    on_ssl(ssl, null_mut(), |ssl| {
        let offered = known(&ssl.own.negotiated.borrow().peer_ciphers);
        if offered.is_empty() || buffer.is_null() || size < 2 {
            return null_mut();
        }
        let settings = ssl.settings();
        let mut text = String::new();
        for cipher in offered.iter().filter(|offered| settings.choices.ciphers.iter().any(|ours| ours == **offered)) {
            let name = cipher.name.to_string_lossy();
            // A colon or the closing NUL follows each name.
            if text.len() + name.len() + 1 > size as usize {
                break;
            }
            text += &name;
            text.push(':');
        }
        text.pop();
        // SAFETY: the buffer has `size` bytes, and the text with its NUL is at most as long.
        unsafe { buffer.copy_from_nonoverlapping(text.as_ptr().cast(), text.len()) };
        // SAFETY: as above.
        unsafe { buffer.add(text.len()).write(0) };
        buffer
    })
}

/// Reads suites as they stand in a ClientHello: two bytes each, or three in the form of SSL 2. The lists are the
/// caller's to free; either place may be NULL. Unknown suites are left out, and so are signaling values: `scsvs` stays
/// empty. Returns 1, or 0 with the reason: "no ciphers specified", "error in received cipher list".
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_bytes_to_cipher_list(
    ssl: Option<&Ssl>,
    wire: *const c_uchar,
    length: usize,
    is_ssl2: c_int,
    suites: *mut *mut OPENSSL_STACK,
    scsvs: *mut *mut OPENSSL_STACK,
) -> c_int {
    on_ssl(ssl, 0, |_| {
        // SAFETY: C's bytes.
        let wire = unsafe { bytes(wire, length) };
        let each = if is_ssl2 == 0 { 2 } else { 3 };
        if wire.is_empty() {
            error::put(Reason::NO_CIPHERS_SPECIFIED);
            return 0;
        }
        if !wire.len().is_multiple_of(each) {
            error::put(Reason::ERROR_IN_RECEIVED_CIPHER_LIST);
            return 0;
        }
        // In the form of SSL 2 a leading zero says that the other two bytes are a suite of TLS.
        let tls: Vec<u8> = wire
            .chunks_exact(each)
            .filter(|suite| each == 2 || suite[0] == 0)
            .flat_map(|suite| &suite[each - 2..])
            .copied()
            .collect();
        let (found, none) = (Stack::of(known(&tls).into_iter().map(std::ptr::from_ref)), Stack::of::<Cipher>([]));
        let (Some(found), Some(none)) = (found, none) else { return 0 };
        if !suites.is_null() {
            // SAFETY: C's place.
            unsafe { answer(suites, found.into_raw()) };
        }
        if !scsvs.is_null() {
            // SAFETY: C's place.
            unsafe { answer(scsvs, none.into_raw()) };
        }
        1
    })
}

/// The suite in force; static. NULL before the handshake is done.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_current_cipher(ssl: Option<&Ssl>) -> *const Cipher {
    on_ssl(ssl, null(), |ssl| ssl.own.negotiated.borrow().cipher.map_or(null(), std::ptr::from_ref))
}

/// The suite agreed on, which is known when it is in force; static. NULL before the handshake is done.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_pending_cipher(ssl: Option<&Ssl>) -> *const Cipher {
    on_ssl(ssl, null(), |ssl| ssl.own.negotiated.borrow().pending_cipher.map_or(null(), std::ptr::from_ref))
}

/// OpenSSL's name; static. "(NONE)" for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CIPHER_get_name(cipher: Option<&Cipher>) -> *const c_char {
    cipher.map_or(NONE, |cipher| cipher.name).as_ptr()
}

/// The name in the RFCs; static. "(NONE)" for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CIPHER_standard_name(cipher: Option<&Cipher>) -> *const c_char {
    cipher.map_or(NONE, |cipher| cipher.standard_name).as_ptr()
}

/// "TLSv1.2" or "TLSv1.3", the one version that it belongs to; static. "(NONE)" for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CIPHER_get_version(cipher: Option<&Cipher>) -> *const c_char {
    cipher.map_or(NONE, Cipher::version_name).as_ptr()
}

/// The bits of its key, 128 or 256, also in `algorithm` unless that is NULL. 0 for no suite, and `algorithm` stays as
/// it is.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CIPHER_get_bits(cipher: Option<&Cipher>, algorithm: *mut c_int) -> c_int {
    let Some(cipher) = cipher else { return 0 };
    // SAFETY: C's place.
    unsafe { answer(algorithm, cipher.bits()) };
    cipher.bits()
}

/// 0x03000000 and the number in TLS; 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CIPHER_get_id(cipher: Option<&Cipher>) -> u32 {
    cipher.map_or(0, Cipher::id)
}

/// The number in TLS, as it stands on the wire; 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CIPHER_get_protocol_id(cipher: Option<&Cipher>) -> u16 {
    cipher.map_or(0, |cipher| cipher.number)
}

/// `NID_kx_ecdhe`, or `NID_kx_any` for TLS 1.3; 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CIPHER_get_kx_nid(cipher: Option<&Cipher>) -> c_int {
    const NID_KX_ECDHE: c_int = 1038;
    const NID_KX_ANY: c_int = 1063;
    cipher.map_or(0, |cipher| if cipher.auth == Auth::Any { NID_KX_ANY } else { NID_KX_ECDHE })
}

/// Who signs: `NID_auth_rsa`, `NID_auth_ecdsa`, or `NID_auth_any` for TLS 1.3; 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CIPHER_get_auth_nid(cipher: Option<&Cipher>) -> c_int {
    // `NID_auth_any`, `NID_auth_rsa`, `NID_auth_ecdsa`.
    cipher.map_or(0, |cipher| match cipher.auth {
        Auth::Any => 1064,
        Auth::Rsa => 1046,
        Auth::Ecdsa => 1047,
    })
}

/// What encrypts: `NID_aes_128_gcm`, `NID_aes_256_gcm` or `NID_chacha20_poly1305`; 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CIPHER_get_cipher_nid(cipher: Option<&Cipher>) -> c_int {
    // `NID_aes_128_gcm`, `NID_aes_256_gcm`, `NID_chacha20_poly1305`.
    cipher.map_or(0, |cipher| match cipher.encryption {
        Encryption::Aes128Gcm => 895,
        Encryption::Aes256Gcm => 901,
        Encryption::ChaCha20Poly1305 => 1018,
    })
}

/// 0 (`NID_undef`): the records of no suite here have a MAC of their own.
#[unsafe(no_mangle)]
extern "C" fn SSL_CIPHER_get_digest_nid(_cipher: Option<&Cipher>) -> c_int {
    0
}

/// The hash of the handshake: libcrypto's SHA-256 or SHA-384, static. NULL for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CIPHER_get_handshake_digest(cipher: Option<&Cipher>) -> *const EVP_MD {
    cipher.map_or(null(), |cipher| match cipher.hash {
        // SAFETY: both answer with a static.
        Hash::Sha256 => unsafe { EVP_sha256() },
        // SAFETY: as above.
        Hash::Sha384 => unsafe { EVP_sha384() },
    })
}

/// 1: every suite here is one. 0 for NULL.
#[unsafe(no_mangle)]
extern "C" fn SSL_CIPHER_is_aead(cipher: Option<&Cipher>) -> c_int {
    c_int::from(cipher.is_some())
}

/// Writes a line into `buffer`, of at least 128 bytes, or into memory for the caller to free with `OPENSSL_free` where
/// that is NULL. Returns the buffer; NULL for no suite, a buffer that is shorter, or no memory.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CIPHER_description(
    cipher: Option<&Cipher>,
    buffer: *mut c_char,
    length: c_int,
) -> *mut c_char {
    const NEEDED: usize = 128;
    let Some(cipher) = cipher else { return null_mut() };
    guard(null_mut(), || {
        let buffer = match buffer.is_null() {
            // SAFETY: memory for the caller to free.
            true => unsafe { openssl_sys::OPENSSL_malloc(NEEDED) }.cast(),
            false if (length as usize) < NEEDED || length < 0 => return null_mut(),
            false => buffer,
        };
        let line = cipher.description();
        if !buffer.is_null() {
            // SAFETY: a line and its NUL are shorter than what is there.
            unsafe { buffer.copy_from_nonoverlapping(line.as_ptr().cast(), line.len()) };
            // SAFETY: as above.
            unsafe { buffer.add(line.len()).write(0) };
        }
        buffer
    })
}

/// The suite of a number as it stands on the wire, two bytes; static. NULL for NULL, or a suite that is not there.
#[unsafe(no_mangle)]
unsafe extern "C" fn SSL_CIPHER_find(_ssl: Option<&Ssl>, wire: *const c_uchar) -> *const Cipher {
    // SAFETY: two bytes, or NULL.
    match unsafe { bytes(wire, 2) } {
        [high, low] => Cipher::by_number(u16::from_be_bytes([*high, *low])).map_or(null(), std::ptr::from_ref),
        _ => null(),
    }
}

/// OpenSSL's name for a name of the RFCs; static. "(NONE)" for NULL, or a suite that is not there.
#[unsafe(no_mangle)]
unsafe extern "C" fn OPENSSL_cipher_name(standard_name: *const c_char) -> *const c_char {
    // SAFETY: C's string.
    let name = unsafe { string(standard_name) };
    let cipher = name.and_then(|name| cipher::ALL.iter().find(|cipher| cipher.standard_name == name));
    cipher.map_or(NONE, |cipher| cipher.name).as_ptr()
}

/// The rules that [`SSL_CTX_set_cipher_list`] calls `DEFAULT`; static.
#[unsafe(no_mangle)]
extern "C" fn OSSL_default_cipher_list() -> *const c_char {
    language::DEFAULT.as_ptr()
}

/// The names of the suites of TLS 1.3 that a new context has; static.
#[unsafe(no_mangle)]
extern "C" fn OSSL_default_ciphersuites() -> *const c_char {
    list::DEFAULT_TLS13.as_ptr()
}
