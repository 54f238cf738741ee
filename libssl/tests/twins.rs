//! Our libssl beside OpenSSL 3.0, call by call: the same arguments, the same answers, the same reasons.

mod support;

use std::fmt::Write;
use support::{Host, both, c};

/// The suites that both have, by number.
const SUITES: [u16; 9] = [0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc02b, 0xc02f];

/// Runs the same calls on both and compares what they print.
fn compare(calls: impl Fn(&Host) -> String) {
    let Some((system, ours)) = both() else { return };
    let (expected, found) = (calls(system), calls(ours));
    for (expected, found) in expected.lines().zip(found.lines()) {
        assert_eq!(found, expected, "OpenSSL is right, ours is left");
    }
    assert_eq!(found.lines().count(), expected.lines().count());
    assert!(!expected.is_empty());
}

fn line(out: &mut String, host: &Host, what: &str, answer: impl std::fmt::Debug) {
    writeln!(out, "{what} = {answer:?}, reason {}", host.reason()).unwrap();
}

/// The names of the suites in a list, as far as both have them.
fn names(host: &Host, stack: usize) -> Vec<String> {
    let count = host.int("OPENSSL_sk_num", &[stack]).max(0) as usize;
    let ciphers = (0..count).map(|place| host.call("OPENSSL_sk_value", &[stack, place]));
    let ours = |cipher: &usize| SUITES.contains(&(host.call("SSL_CIPHER_get_protocol_id", &[*cipher]) as u16));
    ciphers.filter(ours).map(|cipher| host.text("SSL_CIPHER_get_name", &[cipher]).unwrap()).collect()
}

#[test]
fn every_suite_says_the_same_of_itself() {
    compare(|host| {
        let mut out = String::new();
        for suite in SUITES {
            let cipher = host.call(
                "SSL_CIPHER_find",
                &[host.call("SSL_new", &[host.context()]), suite.to_be_bytes().as_ptr() as usize],
            );
            for name in ["name", "version"] {
                line(&mut out, host, name, host.text(&format!("SSL_CIPHER_get_{name}"), &[cipher]));
            }
            line(&mut out, host, "standard", host.text("SSL_CIPHER_standard_name", &[cipher]));
            for name in ["id", "protocol_id", "kx_nid", "auth_nid", "cipher_nid", "digest_nid"] {
                line(&mut out, host, name, host.int(&format!("SSL_CIPHER_get_{name}"), &[cipher]) & 0xfff_ffff);
            }
            let mut bits = 0_i32;
            let answer = host.int("SSL_CIPHER_get_bits", &[cipher, &raw mut bits as usize]);
            line(&mut out, host, "bits", (answer, bits));
            line(&mut out, host, "aead", host.int("SSL_CIPHER_is_aead", &[cipher]));
            line(&mut out, host, "description", host.text("SSL_CIPHER_description", &[cipher, 0, 0]));
            let digest = host.call("SSL_CIPHER_get_handshake_digest", &[cipher]);
            line(&mut out, host, "digest", host.text("EVP_MD_get0_name", &[digest]));
        }
        line(&mut out, host, "none", host.text("SSL_CIPHER_get_name", &[0]));
        for name in ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "x"] {
            line(&mut out, host, name, host.text("OPENSSL_cipher_name", &[c(name)]));
        }
        line(&mut out, host, "default", host.text("OSSL_default_cipher_list", &[]));
        line(&mut out, host, "default", host.text("OSSL_default_ciphersuites", &[]));
        out
    });
}

#[test]
fn cipher_lists_mean_the_same() {
    let rules = [
        "DEFAULT",
        "ALL",
        "HIGH:!aNULL:!MD5",
        "ECDHE+AESGCM:ECDHE+CHACHA20",
        "ECDHE+CHACHA20:ECDHE+AESGCM:!aECDSA",
        "AES128:AES256",
        "AES128+aRSA:CHACHA20:@STRENGTH",
        "ALL:-AES256:+CHACHA20:AES256",
        "ALL:+aRSA",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:ECDHE-ECDSA-CHACHA20-POLY1305",
        "DEFAULT:!AES128",
        "DEFAULT@SECLEVEL=1",
        "ALL:@SECLEVEL=9",
        "ALL:@NOTHING",
        "ALL:%",
        "nothing",
        "nothing:ECDHE",
        "ECDHE,AESGCM CHACHA20;aRSA",
        "ECDHE+nothing",
        "ECDHE+",
        "ECDHE!aRSA",
        "TLSv1.2+FIPS",
        "!ALL",
        "SUITEB128",
        "SUITEB192",
        "kEECDH+ECDSA+AES256:EECDH",
        "ALL:!HIGH",
        "SSLv3+ECDHE",
        "ECDHE:-ECDHE:ALL",
    ];
    compare(|host| {
        let mut out = String::new();
        for rules in rules {
            let ctx = host.context();
            let answer = host.int("SSL_CTX_set_cipher_list", &[ctx, c(rules)]);
            let reason = host.reason();
            let list = names(host, host.call("SSL_CTX_get_ciphers", &[ctx]));
            let level = host.int("SSL_CTX_get_security_level", &[ctx]);
            writeln!(out, "{rules}: {answer} {reason} {list:?} {level}").unwrap();
        }
        for suites in ["TLS_AES_128_GCM_SHA256", "x", "", "x:TLS_AES_128_GCM_SHA256 ", ":", "TLS_AES_256_GCM_SHA384:x"]
        {
            let ctx = host.context();
            let answer = host.int("SSL_CTX_set_ciphersuites", &[ctx, c(suites)]);
            let reason = host.reason();
            writeln!(out, "{suites}: {answer} {reason} {:?}", names(host, host.call("SSL_CTX_get_ciphers", &[ctx])))
                .unwrap();
        }
        out
    });
}

/// Commands of `SSL_CTX_ctrl` and `SSL_ctrl` with a number; the answers of a sequence depend on those before.
const NUMBERS: &[(usize, isize)] = &[
    (33, 0),
    (33, 3),
    (33, -1),
    (78, 2),
    (33, 0),
    (40, 0),
    (41, 1),
    (40, 0),
    (50, 0),
    (51, 5),
    (51, -1),
    (50, 0),
    (52, 511),
    (52, 16385),
    (52, 512),
    (52, 16384),
    (125, 0),
    (125, 16385),
    (125, 1000),
    (52, 600),
    (125, 601),
    (126, 0),
    (126, 1),
    (126, 33),
    (99, 1),
    (99, 0x30000),
    (100, 1),
    (123, 0x303),
    (130, 0),
    (124, 0x304),
    (131, 0),
    (123, 0x305),
    (123, 0x2ff),
    (124, 0xfefd),
    (123, 0),
    (130, 0),
    (124, 0),
    (127, 0),
    (65, 1),
    (127, 0),
    (118, 1),
    (9999, 0),
    (-1_isize as usize, 0),
    (10, 0),
    (11, 0),
    (12, 0),
    (13, 0),
    (3, 0),
    (4, 0),
    (6, 0),
    (57, 0),
    (16, 0),
    (91, 0),
];
const FOR_CONTEXTS: &[(usize, isize)] = &[
    (20, 0),
    (21, 0),
    (25, 0),
    (31, 0),
    (42, 5),
    (42, -1),
    (43, 0),
    (44, 3),
    (45, 0),
    (54, 0),
    (58, 0),
    (59, 0),
    (64, 0),
];
const FOR_CONNECTIONS: &[(usize, isize)] =
    &[(76, 0), (122, 0), (110, 0), (93, -1), (108, 0), (132, 0), (55, 0), (55, 1), (15, 0)];

/// Commands with a text.
const TEXTS: &[(usize, &str)] = &[
    (92, "P-256"),
    (92, "P-256:x25519"),
    (92, "X25519:P-384"),
    (92, "p-256"),
    (92, "P-256:nothing"),
    (92, "P-256:P-256"),
    (92, ""),
    (92, "prime256v1"),
    (98, "RSA+SHA256"),
    (98, "RSA+SHA25"),
    (98, "SHA256+RSA"),
    (98, "ECDSA+SHA384:RSA-PSS+SHA256"),
    (98, ""),
    (98, "rsa_pss_rsae_sha256:ed25519"),
    (98, "RSA+SHA256:RSA+SHA256"),
    (98, "RSA"),
    (98, "RSA+"),
    (102, "PSS+SHA512"),
    (102, "x"),
];

#[test]
fn ctrl_answers_the_same() {
    compare(|host| {
        let mut out = String::new();
        let ctx = host.context();
        for &(command, number) in NUMBERS.iter().chain(FOR_CONTEXTS) {
            let answer = host.call("SSL_CTX_ctrl", &[ctx, command, number as usize, 0]) as i64;
            // On NULL the real library crashes for some.
            line(&mut out, host, &format!("SSL_CTX_ctrl({}, {number})", command as i32), answer);
        }
        let ssl = host.call("SSL_new", &[host.context()]);
        for &(command, number) in NUMBERS.iter().chain(FOR_CONNECTIONS) {
            let answer = host.call("SSL_ctrl", &[ssl, command, number as usize, 0]) as i64;
            line(&mut out, host, &format!("SSL_ctrl({}, {number})", command as i32), answer);
        }
        for &(command, text) in TEXTS {
            line(&mut out, host, text, host.call("SSL_CTX_ctrl", &[ctx, command, 0, c(text)]) as i64);
            line(&mut out, host, text, host.call("SSL_ctrl", &[ssl, command, 0, c(text)]) as i64);
        }
        for (command, text) in TEXTS.iter().filter(|(command, _)| *command != 92) {
            line(&mut out, host, text, host.call("SSL_CTX_ctrl", &[0, *command, 0, c(text)]) as i64);
        }
        for name in ["a.example", "", &"x".repeat(255), &"x".repeat(256)] {
            line(&mut out, host, name, host.call("SSL_ctrl", &[ssl, 55, 0, c(name)]) as i64);
            line(&mut out, host, "then", host.text("SSL_get_servername", &[ssl, 0]));
            line(&mut out, host, "type", host.int("SSL_get_servername_type", &[ssl]));
        }
        for command in [6, 15, 53, 56, 63, 72, 79, 1234] {
            line(&mut out, host, "callback", host.call("SSL_CTX_callback_ctrl", &[ctx, command, 0]) as i64);
            line(&mut out, host, "callback", host.call("SSL_callback_ctrl", &[ssl, command, 0]) as i64);
        }
        out
    });
}

#[test]
fn settings_answer_the_same() {
    compare(|host| {
        let mut out = String::new();
        let (ctx, other) = (host.context(), host.context());
        for (set, value) in [("get", 0), ("set", 1 << 29), ("clear", 1 << 17), ("set", 1 << 40), ("get", 0)] {
            let arguments = if set == "get" { vec![ctx] } else { vec![ctx, value] };
            line(&mut out, host, set, host.call(&format!("SSL_CTX_{set}_options"), &arguments));
        }
        let ssl = host.call("SSL_new", &[ctx]);
        line(&mut out, host, "options", host.call("SSL_get_options", &[ssl]));
        line(&mut out, host, "options", host.call("SSL_clear_options", &[ssl, 1 << 40]));
        line(&mut out, host, "options", host.call("SSL_set_options", &[ssl, 4]));
        for (name, values) in [
            ("SSL_CTX_set_timeout", [5, 6, 7]),
            ("SSL_CTX_set_num_tickets", [0, 5, 1]),
            ("SSL_CTX_set_tlsext_max_fragment_length", [0, 4, 5]),
            ("SSL_CTX_set_block_padding", [1, 16384, 16385]),
            ("SSL_CTX_set_max_early_data", [0, 1, 2]),
        ] {
            for value in values {
                line(&mut out, host, name, host.int(name, &[other, value]));
            }
        }
        for name in
            ["timeout", "num_tickets", "max_early_data", "recv_max_early_data", "quiet_shutdown", "security_level"]
        {
            line(&mut out, host, name, host.int(&format!("SSL_CTX_get_{name}"), &[other]));
        }
        for name in [
            "SSL_session_reused",
            "SSL_get_default_timeout",
            "SSL_get_num_tickets",
            "SSL_get_read_ahead",
            "SSL_get_early_data_status",
            "SSL_waiting_for_async",
            "SSL_client_hello_isv2",
            "SSL_get_current_cipher",
            "SSL_get_pending_cipher",
            "SSL_get_client_ciphers",
            "SSL_get_session",
            "SSL_client_hello_get0_legacy_version",
            "SSL_get_selected_srtp_profile",
            "SSL_get_current_compression",
            "SSL_get_psk_identity",
            "SSL_get_srp_username",
            "SSL_verify_client_post_handshake",
            "SSL_get_state",
            "SSL_client_version",
            "SSL_new_session_ticket",
        ] {
            line(&mut out, host, name, host.int(name, &[ssl]));
        }
        for name in ["SSL_state_string", "SSL_state_string_long", "SSL_rstate_string", "SSL_rstate_string_long"] {
            line(&mut out, host, name, host.text(name, &[ssl]));
        }
        for (list, length) in [("\x02h2", 3), ("\x02h2", 2), ("\x02h2\x08http/1.1", 12), ("", 0), ("\0", 1)] {
            let bytes = list.as_ptr() as usize;
            line(&mut out, host, "alpn", host.int("SSL_CTX_set_alpn_protos", &[ctx, bytes, length]));
            line(&mut out, host, "alpn", host.int("SSL_set_alpn_protos", &[ssl, bytes, length]));
        }
        for length in [0, 32, 33] {
            let id = [7_u8; 33];
            line(
                &mut out,
                host,
                "id",
                host.int("SSL_CTX_set_session_id_context", &[ctx, id.as_ptr() as usize, length]),
            );
            line(&mut out, host, "id", host.int("SSL_set_session_id_context", &[ssl, id.as_ptr() as usize, length]));
        }
        for nid in [415, 715, 716, 1034, 1035, 927, 1126, 0x0100_0017, 1] {
            line(&mut out, host, "group", host.text("SSL_group_to_name", &[ssl, nid]));
        }
        for extension in 0..60 {
            line(&mut out, host, "extension", host.int("SSL_extension_supported", &[extension]));
        }
        out
    });
}

#[test]
fn texts_are_the_same() {
    compare(|host| {
        let mut out = String::new();
        for value in (0..1024).chain([0x228, 0x150]) {
            for name in ["alert_type_string", "alert_type_string_long", "alert_desc_string", "alert_desc_string_long"] {
                line(&mut out, host, name, host.text(&format!("SSL_{name}"), &[value]));
            }
        }
        out
    });
}

#[test]
fn protocols_are_selected_the_same() {
    let lists: [&[u8]; 8] =
        [b"", b"\x02h2", b"\x08http/1.1\x02h2", b"\x02h2\x08http/1.1", b"\0", b"\x05h2", b"\x02h2\x09x", b"\x01a\x01b"];
    compare(|host| {
        let mut out = String::new();
        for server in lists {
            for client in lists {
                let (mut chosen, mut length) = (0_usize, 9_u8);
                let answer = host.int(
                    "SSL_select_next_proto",
                    &[
                        &raw mut chosen as usize,
                        &raw mut length as usize,
                        server.as_ptr() as usize,
                        server.len(),
                        client.as_ptr() as usize,
                        client.len(),
                    ],
                );
                // SAFETY: the function points into one of the lists, which live on.
                let name =
                    (chosen != 0).then(|| unsafe { std::slice::from_raw_parts(chosen as *const u8, length.into()) });
                line(&mut out, host, "select", (answer, length, name));
            }
        }
        out
    });
}
