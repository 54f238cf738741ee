//! What a handshake may choose from: options, versions, suites, groups, signature schemes, protocols.

use super::{groups, signatures};
use crate::cipher::list::CipherList;
use crate::error::Reason;
use crate::method::Method;
use libc::c_int;
use sslmode_tls::handshake::Versions;
use sslmode_tls::record::Version;
use std::sync::Arc;

/// `SSL_OP_…`, where they mean something here.
pub mod option {
    /// `SSL_OP_IGNORE_UNEXPECTED_EOF`.
    pub const IGNORE_UNEXPECTED_EOF: u64 = 1 << 7;
    /// `SSL_OP_NO_TICKET`.
    pub const NO_TICKET: u64 = 1 << 14;
    /// `SSL_OP_NO_COMPRESSION`.
    pub const NO_COMPRESSION: u64 = 1 << 17;
    /// `SSL_OP_ENABLE_MIDDLEBOX_COMPAT`.
    pub const ENABLE_MIDDLEBOX_COMPAT: u64 = 1 << 20;
    /// `SSL_OP_PRIORITIZE_CHACHA`.
    pub const PRIORITIZE_CHACHA: u64 = 1 << 21;
    /// `SSL_OP_CIPHER_SERVER_PREFERENCE`.
    pub const CIPHER_SERVER_PREFERENCE: u64 = 1 << 22;
    /// `SSL_OP_NO_SSLv3`.
    pub const NO_SSL3: u64 = 1 << 25;
    /// `SSL_OP_NO_TLSv1`.
    pub const NO_TLS1: u64 = 1 << 26;
    /// `SSL_OP_NO_TLSv1_2`.
    pub const NO_TLS1_2: u64 = 1 << 27;
    /// `SSL_OP_NO_TLSv1_1`.
    pub const NO_TLS1_1: u64 = 1 << 28;
    /// `SSL_OP_NO_TLSv1_3`.
    pub const NO_TLS1_3: u64 = 1 << 29;
}

/// `SSL3_VERSION`, the lowest number that a bound may have.
const SSL3: c_int = 0x300;
/// `TLS1_2_VERSION`.
const TLS1_2: c_int = 0x303;
/// `TLS1_3_VERSION`.
const TLS1_3: c_int = 0x304;

/// See the module. What `SSL_CTX_set_…` and `SSL_set_…` both set.
#[derive(Clone)]
pub struct Choices {
    /// `SSL_OP_…`.
    pub options: u64,
    /// The lowest version, by number; 0 where there is no bound.
    pub min_version: c_int,
    /// The highest version, by number; 0 where there is no bound.
    pub max_version: c_int,
    /// The cipher suites.
    pub ciphers: Arc<CipherList>,
    /// The key exchange groups by number, the preferred first; None is the default.
    pub groups: Option<Arc<[u16]>>,
    /// The signature schemes by number, the preferred first; None is the default.
    pub signature_schemes: Option<Arc<[u16]>>,
    /// Those that a server asks of its clients' certificates; None where they are the same.
    pub client_signature_schemes: Option<Arc<[u16]>>,
    /// What a client offers by ALPN, as it stands in the extension: a length and a name, and so on.
    pub alpn: Option<Arc<[u8]>>,
    /// `TLSEXT_STATUSTYPE_ocsp`, or -1.
    pub status_type: c_int,
    /// `SSL_CERT_FLAG_…`.
    pub certificate_flags: u32,
    /// `SSL_CTX_set_max_cert_list`, in bytes.
    pub max_certificate_list: usize,
    /// `SSL_CTX_set_max_send_fragment`, in bytes.
    pub max_send_fragment: usize,
    /// `SSL_CTX_set_split_send_fragment`, in bytes.
    pub split_send_fragment: usize,
    /// `SSL_CTX_set_read_ahead`, as it was set.
    pub read_ahead: c_int,
    /// `SSL_CTX_set_quiet_shutdown`, as it was set.
    pub quiet_shutdown: c_int,
    /// `TLSEXT_max_fragment_length_…`.
    pub max_fragment_length: u8,
    /// How many tickets a server sends after a handshake in TLS 1.3.
    pub tickets: usize,
    /// `SSL_CTX_set_max_early_data`, stored: no early data is ever offered.
    pub max_early_data: u32,
    /// `SSL_CTX_set_recv_max_early_data`, stored.
    pub recv_max_early_data: u32,
    /// `SSL_CTX_set_block_padding`, in bytes; at most 1 is no padding.
    pub block_padding: usize,
}

impl Default for Choices {
    /// As OpenSSL 3.0's new context has them.
    fn default() -> Self {
        Choices {
            options: option::NO_COMPRESSION | option::ENABLE_MIDDLEBOX_COMPAT,
            min_version: 0,
            max_version: 0,
            ciphers: CipherList::default_list(),
            groups: None,
            signature_schemes: None,
            client_signature_schemes: None,
            alpn: None,
            status_type: -1,
            certificate_flags: 0,
            max_certificate_list: 100 * 1024,
            max_send_fragment: MAX_FRAGMENT,
            split_send_fragment: MAX_FRAGMENT,
            read_ahead: 0,
            quiet_shutdown: 0,
            max_fragment_length: 0,
            tickets: 2,
            max_early_data: 0,
            recv_max_early_data: MAX_FRAGMENT as u32,
            block_padding: 0,
        }
    }
}

/// `SSL3_RT_MAX_PLAIN_LENGTH`.
pub const MAX_FRAGMENT: usize = 16384;
const MIN_FRAGMENT: usize = 512;

/// Which end of the range of versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The lowest.
    Min,
    /// The highest.
    Max,
}

impl Choices {
    /// `SSL_CTX_set_min_proto_version`, `SSL_CTX_set_max_proto_version`. False where the number is no version, one of
    /// DTLS, or leaves no version between the bounds.
    ///
    /// As in an OpenSSL built without the versions before TLS 1.2: a bound below is taken, and the handshake finds that
    /// nothing is left.
    pub fn set_bound(&mut self, method: &Method, bound: Bound, version: c_int) -> bool {
        let (min, max) = match bound {
            Bound::Min => (version, self.max_version),
            Bound::Max => (self.min_version, version),
        };
        let is_version = |version| version == 0 || (SSL3..=TLS1_3).contains(&version);
        if !is_version(version) || is_dtls(min) || is_dtls(max) {
            return false;
        }
        // A method of one version has no bounds, and takes any.
        if method.only.is_none() {
            match bound {
                Bound::Min => self.min_version = version,
                Bound::Max => self.max_version = version,
            }
        }
        true
    }

    /// The versions that bounds, options and method leave.
    ///
    /// # Errors
    /// None is left.
    pub fn versions(&self, method: &Method) -> Result<Versions, Reason> {
        let allowed = |number: c_int, no: u64| {
            let in_bounds = self.min_version <= number && (self.max_version == 0 || number <= self.max_version);
            in_bounds && self.options & no == 0 && method.only.is_none_or(|only| c_int::from(only) == number)
        };
        let tls12 = allowed(TLS1_2, option::NO_TLS1_2);
        let tls13 = allowed(TLS1_3, option::NO_TLS1_3);
        match (tls12, tls13) {
            (true, true) => Ok(Versions::ALL),
            (true, false) => Ok(Versions::only(Version::Tls12)),
            (false, true) => Ok(Versions::only(Version::Tls13)),
            (false, false) => Err(Reason::NO_PROTOCOLS_AVAILABLE),
        }
    }

    /// The suites by number, the preferred first, those left out that the security level forbids.
    pub fn suites(&self, security_level: c_int) -> Vec<u16> {
        let allowed = self.ciphers.iter().filter(|cipher| cipher.is_allowed_at(security_level));
        allowed.map(|cipher| cipher.number).collect()
    }

    /// The groups by number, the preferred first.
    pub fn groups(&self) -> &[u16] {
        self.groups.as_deref().unwrap_or(groups::DEFAULT)
    }

    /// The signature schemes by number, the preferred first.
    pub fn signature_schemes(&self) -> &[u16] {
        self.signature_schemes.as_deref().unwrap_or(signatures::DEFAULT)
    }

    /// What a client offers by ALPN, name by name.
    pub fn alpn(&self) -> impl Iterator<Item = &[u8]> {
        names(self.alpn.as_deref().unwrap_or_default())
    }

    /// `SSL_CTX_set_max_send_fragment`.
    pub fn set_max_send_fragment(&mut self, bytes: usize) -> bool {
        if !(MIN_FRAGMENT..=MAX_FRAGMENT).contains(&bytes) {
            return false;
        }
        self.max_send_fragment = bytes;
        self.split_send_fragment = self.split_send_fragment.min(bytes);
        true
    }

    /// `SSL_CTX_set_block_padding`: one byte is what is there without padding.
    pub fn set_block_padding(&mut self, bytes: usize) -> bool {
        let fits = bytes <= MAX_FRAGMENT;
        if fits {
            self.block_padding = if bytes == 1 { 0 } else { bytes };
        }
        fits
    }

    /// `SSL_CTX_set_split_send_fragment`.
    pub fn set_split_send_fragment(&mut self, bytes: usize) -> bool {
        let fits = bytes != 0 && bytes <= self.max_send_fragment;
        if fits {
            self.split_send_fragment = bytes;
        }
        fits
    }
}

fn is_dtls(version: c_int) -> bool {
    version == 0x100 || version >> 8 == 0xfe
}

/// The names in a list of lengths and names, up to the first that is cut short.
pub fn names(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let (&length, after) = rest.split_first()?;
        let (name, after) = after.split_at_checked(length.into())?;
        rest = after;
        Some(name)
    })
}
