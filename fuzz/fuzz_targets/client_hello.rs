//! `ClientHello::parse`: any bytes are either a ClientHello, whose ranges lie in them, or none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sslmode_tls::handshake::ClientHello;

fuzz_target!(|message: &[u8]| {
    let Some(hello) = ClientHello::parse(message) else { return };
    assert_eq!(hello.message, message);
    assert!(hello.session_id.len() <= 32);
    for (number, range) in &hello.extensions {
        assert!(range.end <= message.len() && hello.extension_body(*number).is_some());
    }
    let names: usize = hello.alpn.iter().map(Vec::len).sum();
    assert!(names + 2 * hello.cipher_suites.len() <= message.len());
});
