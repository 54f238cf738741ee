//! A session as text, laid out as OpenSSL 3.0 does it.

use super::Session;
use std::ffi::CStr;
use std::fmt::Write;

unsafe extern "C" {
    fn X509_verify_cert_error_string(n: libc::c_long) -> *const libc::c_char;
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn version_name(version: i32) -> &'static str {
    match version {
        0x303 => "TLSv1.2",
        0x304 => "TLSv1.3",
        0x302 => "TLSv1.1",
        0x301 => "TLSv1",
        0x300 => "SSLv3",
        0xfefd => "DTLSv1.2",
        0xfeff => "DTLSv1",
        0x100 => "DTLSv0.9",
        _ => "unknown",
    }
}

/// `SSL_SESSION_print`.
pub fn text(session: &Session) -> String {
    let data = session.data();
    let is_tls13 = data.version == 0x304;
    let cipher = data.cipher.map_or("0000".into(), |cipher| cipher.name.to_string_lossy());
    let secret = if is_tls13 { "Resumption PSK" } else { "Master-Key" };
    // SAFETY: it answers with a static text for every number.
    let verified = unsafe { CStr::from_ptr(X509_verify_cert_error_string(data.verify_result)) }.to_string_lossy();
    let mut text = format!(
        "SSL-Session:\n    Protocol  : {}\n    Cipher    : {cipher}\n    Session-ID: {}\n    Session-ID-ctx: {}\n    \
         {secret}: {}\n    PSK identity: None\n    PSK identity hint: None\n    SRP username: None",
        version_name(data.version),
        hex(data.id.as_bytes()),
        hex(data.id_context.as_bytes()),
        hex(&data.master_key),
    );
    // Writing into a string does not fail.
    if data.lifetime_hint != 0 {
        _ = write!(text, "\n    TLS session ticket lifetime hint: {} (seconds)", data.lifetime_hint);
    }
    if let Some(ticket) = &data.ticket {
        _ = write!(text, "\n    TLS session ticket:\n    {}", hex(ticket));
    }
    if data.time != 0 {
        _ = write!(text, "\n    Start Time: {}", data.time);
    }
    if data.timeout != 0 {
        _ = write!(text, "\n    Timeout   : {} (sec)", data.timeout);
    }
    let bound = if data.extended_master_secret { "yes" } else { "no" };
    _ = write!(text, "\n    Verify return code: {} ({verified})\n", data.verify_result);
    _ = writeln!(text, "    Extended master secret: {bound}");
    if is_tls13 {
        _ = writeln!(text, "    Max Early Data: {}", data.max_early_data);
    }
    text
}

/// `SSL_SESSION_print_keylog`: None where there is no id or no secret to show.
pub fn key_log_line(session: &Session) -> Option<String> {
    let data = session.data();
    let id = data.id.as_bytes();
    let is_whole = !id.is_empty() && !data.master_key.is_empty();
    is_whole.then(|| format!("RSA Session-ID:{} Master-Key:{}\n", hex(id), hex(&data.master_key)))
}
