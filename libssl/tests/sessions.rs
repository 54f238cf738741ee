//! `SSL_SESSION` and `SSL_CONF_CTX` beside OpenSSL 3.0's, call by call.

mod support;

use std::ffi::c_char;
use std::fmt::Write;
use support::{Host, both, c};

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

/// What `print` wrote of a session into a memory BIO.
fn printed(host: &Host, print: &str, session: usize) -> (i32, String) {
    const GET_MEM_DATA: usize = 3;
    let bio = host.call("BIO_new", &[host.call("BIO_s_mem", &[])]);
    let answer = host.int(print, &[bio, session]);
    let mut data = 0_usize;
    let length = host.int("BIO_ctrl", &[bio, GET_MEM_DATA, 0, &raw mut data as usize]);
    // SAFETY: the BIO says that so many bytes are there.
    let text = (length > 0).then(|| unsafe { std::slice::from_raw_parts(data as *const u8, length as usize) });
    (answer, String::from_utf8_lossy(text.unwrap_or_default()).into_owned())
}

#[test]
fn a_session_keeps_what_it_was_told() {
    const ID: [u8; 40] = [7; 40];
    let id = ID.as_ptr() as usize;
    compare(|host| {
        let mut out = String::new();
        let session = host.call("SSL_SESSION_new", &[]);
        let get = |out: &mut String| {
            for name in [
                "timeout",
                "protocol_version",
                "ticket_lifetime_hint",
                "max_early_data",
                "compress_id",
                "max_fragment_length",
            ] {
                line(out, host, name, host.int(&format!("SSL_SESSION_get_{name}"), &[session]));
            }
            for name in ["is_resumable", "has_ticket"] {
                line(out, host, name, host.int(&format!("SSL_SESSION_{name}"), &[session]));
            }
            for name in ["peer", "cipher"] {
                line(out, host, name, host.call(&format!("SSL_SESSION_get0_{name}"), &[session]) == 0);
            }
            line(out, host, "hostname", host.text("SSL_SESSION_get0_hostname", &[session]));
            let mut length = 99_u32;
            host.call("SSL_SESSION_get_id", &[session, &raw mut length as usize]);
            line(out, host, "id", length);
            host.call("SSL_SESSION_get0_id_context", &[session, &raw mut length as usize]);
            line(out, host, "id context", length);
            let (mut start, mut count) = (9_usize, 99_usize);
            host.call("SSL_SESSION_get0_alpn_selected", &[session, &raw mut start as usize, &raw mut count as usize]);
            line(out, host, "alpn", (start == 0, count));
            line(out, host, "master key", host.call("SSL_SESSION_get_master_key", &[session, 0, 0]));
        };
        get(&mut out);
        for (name, arguments) in [
            ("SSL_SESSION_set1_id", [id, 32]),
            ("SSL_SESSION_set1_id", [id, 33]),
            ("SSL_SESSION_set1_id_context", [id, 3]),
            ("SSL_SESSION_set1_id_context", [id, 33]),
            ("SSL_SESSION_set_time", [1000, 0]),
            ("SSL_SESSION_set_timeout", [77, 0]),
            ("SSL_SESSION_set_protocol_version", [0x303, 0]),
            ("SSL_SESSION_set_max_early_data", [5, 0]),
            ("SSL_SESSION_set1_hostname", [c("a.example"), 0]),
            ("SSL_SESSION_set1_alpn_selected", [id, 3]),
            ("SSL_SESSION_set1_master_key", [id, 32]),
            ("SSL_SESSION_set1_master_key", [id, 513]),
            ("SSL_SESSION_set1_ticket_appdata", [id, 3]),
        ] {
            line(&mut out, host, name, host.int(name, &[session, arguments[0], arguments[1]]));
        }
        get(&mut out);
        let cipher =
            host.call("SSL_CIPHER_find", &[host.call("SSL_new", &[host.context()]), [0x13_u8, 1].as_ptr() as usize]);
        line(&mut out, host, "set cipher", host.int("SSL_SESSION_set_cipher", &[session, cipher]));
        for version in [0x303, 0x304, 0x301, 0xfefd, 9] {
            host.call("SSL_SESSION_set_protocol_version", &[session, version]);
            line(&mut out, host, "print", printed(host, "SSL_SESSION_print", session));
            line(&mut out, host, "keylog", printed(host, "SSL_SESSION_print_keylog", session));
        }
        let copy = host.call("SSL_SESSION_dup", &[session]);
        line(&mut out, host, "copy", printed(host, "SSL_SESSION_print", copy));
        let fresh = host.call("SSL_SESSION_new", &[]);
        host.call("SSL_SESSION_set_time", &[fresh, 1]);
        line(&mut out, host, "fresh", printed(host, "SSL_SESSION_print", fresh));
        line(&mut out, host, "fresh", printed(host, "SSL_SESSION_print_keylog", fresh));
        for session in [session, copy, fresh] {
            host.call("SSL_SESSION_free", &[session]);
        }
        out
    });
}

#[test]
fn a_context_keeps_sessions() {
    compare(|host| {
        let mut out = String::new();
        let ctx = host.context();
        let number = || host.call("SSL_CTX_ctrl", &[ctx, 20, 0, 0]);
        let session = |id: u8, time: usize| {
            let session = host.call("SSL_SESSION_new", &[]);
            host.call("SSL_SESSION_set1_id", &[session, [id; 32].as_ptr() as usize, 32]);
            host.call("SSL_SESSION_set_time", &[session, time]);
            host.call("SSL_SESSION_set_timeout", &[session, 10]);
            session
        };
        let (first, second, twin) = (session(1, 100), session(2, 200), session(1, 300));
        for (name, session) in [
            ("add", first),
            ("add", first),
            ("add", second),
            ("add", twin),
            ("remove", first),
            ("remove", twin),
            ("remove", second),
            ("remove", second),
        ] {
            line(&mut out, host, name, (host.int(&format!("SSL_CTX_{name}_session"), &[ctx, session]), number()));
        }
        line(&mut out, host, "resumable", host.int("SSL_SESSION_is_resumable", &[second]));
        let ages: Vec<_> = (10..20).map(|id| session(id, usize::from(id) * 100)).collect();
        ages.iter().for_each(|&session| line(&mut out, host, "add", host.int("SSL_CTX_add_session", &[ctx, session])));
        for time in [1000, 1011, 1500, 0] {
            host.call("SSL_CTX_flush_sessions", &[ctx, time]);
            line(&mut out, host, "flush", (time, number()));
        }
        host.call("SSL_CTX_ctrl", &[ctx, 42, 2, 0]);
        for id in 30..34 {
            line(&mut out, host, "full", (host.int("SSL_CTX_add_session", &[ctx, session(id, 5000)]), number()));
        }
        line(&mut out, host, "left", host.call("SSL_CTX_ctrl", &[ctx, 31, 0, 0]));
        let ssl = host.call("SSL_new", &[ctx]);
        line(&mut out, host, "set", host.int("SSL_set_session", &[ssl, second]));
        line(&mut out, host, "get", host.call("SSL_get_session", &[ssl]) == second);
        line(&mut out, host, "none", host.int("SSL_set_session", &[ssl, 0]));
        line(&mut out, host, "get", host.call("SSL_get_session", &[ssl]));
        host.call("SSL_free", &[ssl]);
        host.call("SSL_CTX_free", &[ctx]);
        out
    });
}

const CMDLINE: usize = 1;
const FILE: usize = 2;
const CLIENT: usize = 4;
const SERVER: usize = 8;
const SHOW_ERRORS: usize = 0x10;
const CERTIFICATE: usize = 0x20;

#[test]
fn commands_do_the_same() {
    let commands = [
        ("MinProtocol", "TLSv1.2"),
        ("MinProtocol", "TLSv1.4"),
        ("MaxProtocol", "TLSv1.3"),
        ("maxprotocol", "None"),
        ("Protocol", "ALL,-TLSv1.3"),
        ("Protocol", "-TLSv1.2, TLSv1.3"),
        ("Protocol", "x"),
        ("Options", "-SessionTicket,ServerPreference"),
        ("Options", "Bugs"),
        ("Options", "x"),
        ("Options", "StrictCertCheck"),
        ("Options", ""),
        ("CipherString", "ECDHE"),
        ("CipherString", "x"),
        ("Ciphersuites", "TLS_AES_128_GCM_SHA256"),
        ("Curves", "P-256"),
        ("Groups", "x"),
        ("groups", "X25519:P-256"),
        ("SignatureAlgorithms", "RSA+SHA256"),
        ("SignatureAlgorithms", "x"),
        ("ClientSignatureAlgorithms", "ECDSA+SHA256"),
        ("VerifyMode", "Peer"),
        ("VerifyMode", "Require"),
        ("VerifyMode", "x"),
        ("ECDHParameters", "automatic"),
        ("ECDHParameters", "P-256:P-384"),
        ("NumTickets", "3"),
        ("RecordPadding", "100"),
        ("Certificate", "/nonexistent"),
        ("PrivateKey", "/nonexistent"),
        ("nothing", "x"),
        ("-min_protocol", "TLSv1.2"),
        ("-cipher", "AESGCM"),
        ("-no_ticket", ""),
        ("-comp", ""),
        ("-no_tls1_3", ""),
        ("-serverpref", ""),
        ("-legacy_server_connect", ""),
        ("-", ""),
        ("-named_curve", "auto"),
        ("-curves", "P-256"),
        ("min_protocol", "TLSv1.2"),
        ("-x", ""),
        ("-no_etm", ""),
        ("-prioritize_chacha", ""),
    ];
    compare(|host| {
        let mut out = String::new();
        for flags in [
            FILE | CLIENT,
            FILE | SERVER | SHOW_ERRORS,
            FILE | SERVER | CLIENT | CERTIFICATE,
            CMDLINE | CLIENT,
            CMDLINE | SERVER | CERTIFICATE,
            0,
        ] {
            for with_context in [true, false] {
                let conf = host.call("SSL_CONF_CTX_new", &[]);
                line(&mut out, host, "flags", host.int("SSL_CONF_CTX_set_flags", &[conf, flags]));
                let ctx = host.context();
                if with_context {
                    host.call("SSL_CONF_CTX_set_ssl_ctx", &[conf, ctx]);
                }
                for (command, value) in commands {
                    // OpenSSL 3.0 crashes on groups without a handle.
                    if !with_context && ["curves", "groups", "-curves"].contains(&command.to_lowercase().as_str()) {
                        continue;
                    }
                    let value = if value.is_empty() && command.starts_with('-') { 0 } else { c(value) };
                    // Whether a file is there is libcrypto's to say: its reasons are no part of this.
                    let answer = host.int("SSL_CONF_cmd", &[conf, c(command), value]);
                    let reason = if command.contains("Certificate") || command.contains("Key") {
                        host.reason();
                        0
                    } else {
                        host.reason()
                    };
                    let kind = host.int("SSL_CONF_cmd_value_type", &[conf, c(command)]);
                    let options = host.call("SSL_CTX_get_options", &[ctx]);
                    let (min, max) =
                        (host.call("SSL_CTX_ctrl", &[ctx, 130, 0, 0]), host.call("SSL_CTX_ctrl", &[ctx, 131, 0, 0]));
                    let mode = host.int("SSL_CTX_get_verify_mode", &[ctx]);
                    let tickets = host.int("SSL_CTX_get_num_tickets", &[ctx]);
                    writeln!(out, "{flags} {with_context} {command}: {answer} {reason} {kind} {options:#x} {min:x} {max:x} {mode} {tickets}").unwrap();
                }
                line(&mut out, host, "finish", host.int("SSL_CONF_CTX_finish", &[conf]));
                host.call("SSL_CONF_CTX_free", &[conf]);
                host.call("SSL_CTX_free", &[ctx]);
            }
        }
        out
    });
}

#[test]
fn command_lines_are_taken_word_by_word() {
    compare(|host| {
        let mut out = String::new();
        let conf = host.call("SSL_CONF_CTX_new", &[]);
        host.call("SSL_CONF_CTX_set_flags", &[conf, SERVER]);
        host.call("SSL_CONF_CTX_set1_prefix", &[conf, c("--tls-")]);
        let words: Vec<usize> =
            ["--tls-no_ticket", "--tls-cipher", "ECDHE", "--tls-sigalgs", "x", "rest"].map(c).to_vec();
        let mut place = words.as_ptr() as *mut *mut c_char;
        let mut left = words.len() as i32;
        for _ in 0..4 {
            let answer = host.int("SSL_CONF_cmd_argv", &[conf, &raw mut left as usize, &raw mut place as usize]);
            line(
                &mut out,
                host,
                "argv",
                (answer, left, (place as usize - words.as_ptr() as usize) / size_of::<usize>()),
            );
        }
        host.call("SSL_CONF_CTX_free", &[conf]);
        out
    });
}
