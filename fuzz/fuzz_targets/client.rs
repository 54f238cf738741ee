//! What a client reads: two bytes for the versions and the transport, then anything.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sslmode_fuzz::{Input, ends};
use std::sync::Arc;

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let sessions = Arc::default();
    let mut client = ends::client(&ends::client_settings(ends::versions(input.u8()), &sessions));
    client.wire.piece = usize::from(input.u8());
    client.take(input.0);
    assert!(!client.connection.is_open(), "a server that proves nothing got through");
});
