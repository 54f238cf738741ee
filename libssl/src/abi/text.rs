//! Texts for alerts and states, as OpenSSL 3.0 words them.

use crate::boundary::on_ssl;
use crate::ssl::Ssl;
use libc::{c_char, c_int};
use std::ffi::CStr;

/// Number, short and long text of the alerts.
static ALERTS: &[(u8, &CStr, &CStr)] = &[
    (0, c"CN", c"close notify"),
    (10, c"UM", c"unexpected_message"),
    (20, c"BM", c"bad record mac"),
    (21, c"DC", c"decryption failed"),
    (22, c"RO", c"record overflow"),
    (30, c"DF", c"decompression failure"),
    (40, c"HF", c"handshake failure"),
    (41, c"NC", c"no certificate"),
    (42, c"BC", c"bad certificate"),
    (43, c"UC", c"unsupported certificate"),
    (44, c"CR", c"certificate revoked"),
    (45, c"CE", c"certificate expired"),
    (46, c"CU", c"certificate unknown"),
    (47, c"IP", c"illegal parameter"),
    (48, c"CA", c"unknown CA"),
    (49, c"AD", c"access denied"),
    (50, c"DE", c"decode error"),
    (51, c"CY", c"decrypt error"),
    (60, c"ER", c"export restriction"),
    (70, c"PV", c"protocol version"),
    (71, c"IS", c"insufficient security"),
    (80, c"IE", c"internal error"),
    (90, c"US", c"user canceled"),
    (100, c"NR", c"no renegotiation"),
    (110, c"UE", c"unsupported extension"),
    (111, c"CO", c"certificate unobtainable"),
    (112, c"UN", c"unrecognized name"),
    (113, c"BR", c"bad certificate status response"),
    (114, c"BH", c"bad certificate hash value"),
    (115, c"UP", c"unknown PSK identity"),
    (120, c"UK", c"no application protocol"),
];

/// Short and long text by `OSSL_HANDSHAKE_STATE`.
static STATES: &[(&CStr, &CStr)] = &[
    (c"PINIT", c"before SSL initialization"),
    (c"SSLOK", c"SSL negotiation finished successfully"),
    (c"DRCHV", c"DTLS1 read hello verify request"),
    (c"TRSH", c"SSLv3/TLS read server hello"),
    (c"TRSC", c"SSLv3/TLS read server certificate"),
    (c"TRCS", c"SSLv3/TLS read certificate status"),
    (c"TRSKE", c"SSLv3/TLS read server key exchange"),
    (c"TRCR", c"SSLv3/TLS read server certificate request"),
    (c"TRSD", c"SSLv3/TLS read server done"),
    (c"TRST", c"SSLv3/TLS read server session ticket"),
    (c"TRCCS", c"SSLv3/TLS read change cipher spec"),
    (c"TRFIN", c"SSLv3/TLS read finished"),
    (c"TWCH", c"SSLv3/TLS write client hello"),
    (c"TWCC", c"SSLv3/TLS write client certificate"),
    (c"TWCKE", c"SSLv3/TLS write client key exchange"),
    (c"TWCV", c"SSLv3/TLS write certificate verify"),
    (c"TWCCS", c"SSLv3/TLS write change cipher spec"),
    (c"TWNP", c"SSLv3/TLS write next proto"),
    (c"TWFIN", c"SSLv3/TLS write finished"),
    (c"TWHR", c"SSLv3/TLS write hello request"),
    (c"TRCH", c"SSLv3/TLS read client hello"),
    (c"DWCHV", c"DTLS1 write hello verify request"),
    (c"TWSH", c"SSLv3/TLS write server hello"),
    (c"TWSC", c"SSLv3/TLS write certificate"),
    (c"TWSKE", c"SSLv3/TLS write key exchange"),
    (c"TWCR", c"SSLv3/TLS write certificate request"),
    (c"TWSD", c"SSLv3/TLS write server done"),
    (c"TRCC", c"SSLv3/TLS read client certificate"),
    (c"TRCKE", c"SSLv3/TLS read client key exchange"),
    (c"TRCV", c"SSLv3/TLS read certificate verify"),
    (c"TRNP", c"SSLv3/TLS read next proto"),
    (c"TRCCS", c"SSLv3/TLS read change cipher spec"),
    (c"TRFIN", c"SSLv3/TLS read finished"),
    (c"TWST", c"SSLv3/TLS write session ticket"),
    (c"TWCS", c"SSLv3/TLS write certificate status"),
    (c"TWCCS", c"SSLv3/TLS write change cipher spec"),
    (c"TWFIN", c"SSLv3/TLS write finished"),
    (c"TWEE", c"TLSv1.3 write encrypted extensions"),
    (c"TREE", c"TLSv1.3 read encrypted extensions"),
    (c"TRSCV", c"TLSv1.3 read server certificate verify"),
    (c"TWSCV", c"TLSv1.3 write server certificate verify"),
    (c"TRHR", c"SSLv3/TLS read hello request"),
    (c"TWSKU", c"TLSv1.3 write server key update"),
    (c"TWCKU", c"TLSv1.3 write client key update"),
    (c"TRCKU", c"TLSv1.3 read client key update"),
    (c"TRSKU", c"TLSv1.3 read server key update"),
    (c"TED", c"TLSv1.3 early data"),
    (c"TPEDE", c"TLSv1.3 pending early data end"),
    (c"TWEOED", c"TLSv1.3 write end of early data"),
    (c"TWEOED", c"TLSv1.3 read end of early data"),
];

const UNKNOWN: &CStr = c"unknown";

/// The level in what an info callback is told of an alert.
fn level(value: c_int) -> c_int {
    value >> 8
}

fn alert(value: c_int) -> Option<&'static (u8, &'static CStr, &'static CStr)> {
    ALERTS.iter().find(|(number, ..)| c_int::from(*number) == value & 0xff)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_alert_type_string(value: c_int) -> *const c_char {
    match level(value) {
        1 => c"W",
        2 => c"F",
        _ => c"U",
    }
    .as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_alert_type_string_long(value: c_int) -> *const c_char {
    match level(value) {
        1 => c"warning",
        2 => c"fatal",
        _ => UNKNOWN,
    }
    .as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_alert_desc_string(value: c_int) -> *const c_char {
    alert(value).map_or(c"UK", |(_, short, _)| *short).as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_alert_desc_string_long(value: c_int) -> *const c_char {
    alert(value).map_or(UNKNOWN, |(.., long)| *long).as_ptr()
}

fn state(ssl: &Ssl) -> Option<&'static (&'static CStr, &'static CStr)> {
    usize::try_from(ssl.handshake_state()).ok().and_then(|state| STATES.get(state))
}

/// `TLS_ST_…`: how far the handshake is.
#[unsafe(no_mangle)]
extern "C" fn SSL_get_state(ssl: Option<&Ssl>) -> c_int {
    on_ssl(ssl, 0, Ssl::handshake_state)
}

#[unsafe(no_mangle)]
extern "C" fn SSL_state_string(ssl: Option<&Ssl>) -> *const c_char {
    on_ssl(ssl, c"UNKWN", |ssl| state(ssl).map_or(c"UNKWN", |(short, _)| *short)).as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn SSL_state_string_long(ssl: Option<&Ssl>) -> *const c_char {
    on_ssl(ssl, c"unknown state", |ssl| state(ssl).map_or(c"unknown state", |(_, long)| *long)).as_ptr()
}

/// A record is read whole or not at all: between calls a header is always next.
#[unsafe(no_mangle)]
extern "C" fn SSL_rstate_string(ssl: Option<&Ssl>) -> *const c_char {
    on_ssl(ssl, UNKNOWN, |_| c"RH").as_ptr()
}

/// As [`SSL_rstate_string`].
#[unsafe(no_mangle)]
extern "C" fn SSL_rstate_string_long(ssl: Option<&Ssl>) -> *const c_char {
    on_ssl(ssl, UNKNOWN, |_| c"read header").as_ptr()
}
