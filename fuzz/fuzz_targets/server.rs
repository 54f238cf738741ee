//! What a server reads: a byte for the versions, then anything.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sslmode_fuzz::{Input, ends};

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let mut server = ends::server(ends::server_settings(ends::versions(input.u8())));
    server.wire.piece = usize::from(input.u8());
    server.take(input.0);
    assert!(!server.connection.is_open(), "a client that proves nothing got through");
});
