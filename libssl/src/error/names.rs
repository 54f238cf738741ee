//! Names for the reasons that the settings of contexts and connections fail for (`sslerr.h`).

use super::Reason;

#[allow(missing_docs, reason = "the numbers are named as in sslerr.h, which is all there is to say")]
impl Reason {
    pub const ATTEMPT_TO_REUSE_SESSION_IN_DIFFERENT_CONTEXT: Reason = Reason(272);
    pub const BAD_DATA: Reason = Reason(390);
    pub const BAD_ECPOINT: Reason = Reason(306);
    pub const BAD_PROTOCOL_VERSION_NUMBER: Reason = Reason(116);
    pub const BAD_VALUE: Reason = Reason(384);
    pub const CIPHER_CODE_WRONG_LENGTH: Reason = Reason(137);
    pub const COMPRESSION_LIBRARY_ERROR: Reason = Reason(142);
    pub const CONTEXT_NOT_DANE_ENABLED: Reason = Reason(167);
    pub const CUSTOM_EXT_HANDLER_ALREADY_INSTALLED: Reason = Reason(206);
    pub const DANE_NOT_ENABLED: Reason = Reason(175);
    pub const DH_KEY_TOO_SMALL: Reason = Reason(394);
    pub const ERROR_IN_RECEIVED_CIPHER_LIST: Reason = Reason(151);
    pub const EXTENSION_NOT_RECEIVED: Reason = Reason(279);
    pub const INVALID_COMMAND: Reason = Reason(280);
    pub const INVALID_CONFIGURATION_NAME: Reason = Reason(113);
    pub const INVALID_CT_VALIDATION_TYPE: Reason = Reason(212);
    pub const INVALID_NULL_CMD_NAME: Reason = Reason(385);
    pub const INVALID_SERVERINFO_DATA: Reason = Reason(388);
    pub const INVALID_SESSION_ID: Reason = Reason(999);
    pub const INVALID_SRP_USERNAME: Reason = Reason(357);
    pub const INVALID_TICKET_KEYS_LENGTH: Reason = Reason(325);
    pub const LENGTH_TOO_LONG: Reason = Reason(404);
    pub const LIBRARY_HAS_NO_CIPHERS: Reason = Reason(161);
    pub const MISSING_PARAMETERS: Reason = Reason(290);
    pub const NOT_SERVER: Reason = Reason(284);
    pub const NO_CIPHERS_AVAILABLE: Reason = Reason(181);
    pub const NO_CIPHERS_SPECIFIED: Reason = Reason(183);
    pub const NO_CIPHER_MATCH: Reason = Reason(185);
    pub const NO_PROTOCOLS_AVAILABLE: Reason = Reason(191);
    pub const NO_SHARED_GROUPS: Reason = Reason(410);
    pub const NO_SRTP_PROFILES: Reason = Reason(359);
    pub const NO_VERIFY_COOKIE_CALLBACK: Reason = Reason(403);
    pub const NULL_SSL_CTX: Reason = Reason(195);
    pub const PARSE_TLSEXT: Reason = Reason(227);
    pub const PSK_NO_CLIENT_CB: Reason = Reason(224);
    pub const PSK_NO_SERVER_CB: Reason = Reason(225);
    pub const SRTP_COULD_NOT_ALLOCATE_PROFILES: Reason = Reason(362);
    pub const SRTP_UNKNOWN_PROTECTION_PROFILE: Reason = Reason(364);
    pub const SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH: Reason = Reason(232);
    pub const SSL3_EXT_INVALID_SERVERNAME: Reason = Reason(319);
    pub const SSL3_EXT_INVALID_SERVERNAME_TYPE: Reason = Reason(320);
    pub const SSL_CTX_HAS_NO_DEFAULT_SSL_VERSION: Reason = Reason(228);
    pub const SSL_NEGATIVE_LENGTH: Reason = Reason(372);
    pub const SSL_SECTION_EMPTY: Reason = Reason(126);
    pub const SSL_SECTION_NOT_FOUND: Reason = Reason(136);
    pub const SSL_SESSION_ID_CONTEXT_TOO_LONG: Reason = Reason(273);
    pub const SSL_SESSION_ID_TOO_LONG: Reason = Reason(408);
    pub const UNABLE_TO_LOAD_SSL3_MD5_ROUTINES: Reason = Reason(242);
    pub const UNINITIALIZED: Reason = Reason(276);
    pub const UNKNOWN_CIPHER_RETURNED: Reason = Reason(248);
    pub const UNKNOWN_CMD_NAME: Reason = Reason(386);
    pub const UNKNOWN_COMMAND: Reason = Reason(139);
    pub const UNKNOWN_PROTOCOL: Reason = Reason(252);
    pub const UNKNOWN_SSL_VERSION: Reason = Reason(254);
    pub const UNSUPPORTED_COMPRESSION_ALGORITHM: Reason = Reason(257);
    pub const UNSUPPORTED_PROTOCOL: Reason = Reason(258);
    pub const UNSUPPORTED_SSL_VERSION: Reason = Reason(259);
    pub const UNSUPPORTED_STATUS_TYPE: Reason = Reason(329);
    pub const WRONG_SSL_VERSION: Reason = Reason(266);
    pub const WRONG_VERSION_NUMBER: Reason = Reason(267);
}
