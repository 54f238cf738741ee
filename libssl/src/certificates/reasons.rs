//! Why calls about certificates and keys fail (`sslerr.h`, `err.h`).

use crate::error::Reason;
use libc::c_int;

/// `ERR_RFLAG_COMMON`.
const COMMON: c_int = 2 << 18;

#[allow(missing_docs, reason = "the numbers are named as in sslerr.h, which is all there is to say")]
impl Reason {
    pub const BAD_DATA_RETURNED_BY_CALLBACK: Reason = Reason(106);
    pub const BAD_SSL_FILETYPE: Reason = Reason(124);
    pub const NO_CERTIFICATE_ASSIGNED: Reason = Reason(177);
    pub const NO_CERTIFICATE_SET: Reason = Reason(179);
    pub const NO_PRIVATE_KEY_ASSIGNED: Reason = Reason(190);
    pub const UNKNOWN_CERTIFICATE_TYPE: Reason = Reason(247);
    pub const X509_LIB: Reason = Reason(268);
    pub const PATH_TOO_LONG: Reason = Reason(270);
    pub const PRIVATE_KEY_MISMATCH: Reason = Reason(288);
    pub const NOT_REPLACING_CERTIFICATE: Reason = Reason(289);
    pub const MISSING_PARAMETERS: Reason = Reason(290);
    pub const COPY_PARAMETERS_FAILED: Reason = Reason(296);
    pub const ECC_CERT_NOT_FOR_SIGNING: Reason = Reason(318);
    pub const CERT_CB_ERROR: Reason = Reason(377);
    pub const CA_KEY_TOO_SMALL: Reason = Reason(397);
    pub const CA_MD_TOO_WEAK: Reason = Reason(398);
    pub const EE_KEY_TOO_SMALL: Reason = Reason(399);
    /// `ERR_R_SYS_LIB`.
    pub const SYS_LIB: Reason = Reason(2 | COMMON);
    /// `ERR_R_PEM_LIB`.
    pub const PEM_LIB: Reason = Reason(9 | COMMON);
    /// `ERR_R_X509_LIB`; `SSL_R_X509_LIB` is another.
    pub const X509_LIBRARY: Reason = Reason(11 | COMMON);
    /// `ERR_R_ASN1_LIB`.
    pub const ASN1_LIB: Reason = Reason(13 | COMMON);
}
