//! `exports.txt`: the library exports what it lists and nothing else, it lists what OpenSSL 3.0 has, and the table in
//! README.md is made of it.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{both, library};

const LIST: &str = include_str!("../exports.txt");
const BEGIN: &str = "<!-- made of exports.txt: make exports -->";
const END: &str = "<!-- end -->";

/// Name, status, note.
fn entries() -> Vec<(&'static str, &'static str, &'static str)> {
    let lines = LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parts = lines.map(|line| line.split_once(' ').unwrap_or_else(|| panic!("{line}: no status")));
    parts
        .map(|(name, rest)| {
            let (status, note) = rest.split_once(' ').unwrap_or((rest, ""));
            (name, status, note)
        })
        .collect()
}

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// The names that a library exports, without the versions themselves.
fn exported(library: &Path) -> Option<BTreeSet<String>> {
    let output = Command::new("nm").args(["-D", "--defined-only", "--format=posix"]).arg(library).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|text| !text.is_empty())?;
    let names = text.lines().filter_map(|line| line.split_whitespace().next());
    Some(
        names
            .filter(|name| !name.starts_with("OPENSSL_3"))
            .map(|name| name.split('@').next().unwrap().to_owned())
            .collect(),
    )
}

#[test]
fn the_list_is_sorted_and_whole() {
    let entries = entries();
    for pair in entries.windows(2) {
        assert!(pair[0].0 < pair[1].0, "{} stands before {}", pair[0].0, pair[1].0);
    }
    for (name, status, note) in entries {
        match status {
            "works" => assert!(note.is_empty(), "{name}: works, with a note: {note}"),
            "limits" | "fails" => assert!(!note.is_empty(), "{name}: {status}, and why?"),
            other => panic!("{name}: works, limits or fails expected, got {other}"),
        }
    }
}

#[test]
fn the_library_exports_the_list() {
    let Some(found) = exported(&library()) else {
        assert!(std::env::var_os("CI").is_none(), "nm and target/libssl/libssl.so.3 have to be there");
        eprintln!("SKIP: expected nm, and target/libssl/libssl.so.3 (make)");
        return;
    };
    let listed: BTreeSet<String> = entries().iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(found.symmetric_difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_name_of_openssl_is_there() {
    let Some((system, _)) = both() else { return };
    let listed: BTreeSet<String> = entries().iter().map(|(name, ..)| (*name).to_owned()).collect();
    let Some(path) = system.path() else { panic!("where is the system's libssl?") };
    let missing: Vec<_> = exported(&path).expect("nm").into_iter().filter(|name| !listed.contains(name)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

/// Which family a name belongs to: the first that fits.
const FAMILIES: &[(&str, &[&str])] = &[
    (
        "Modes",
        &[
            "CTX_set_mode",
            "CTX_clear_mode",
            "CTX_get_mode",
            "^SSL_set_mode",
            "^SSL_clear_mode",
            "^SSL_get_mode",
            "^sslmode_",
        ],
    ),
    (
        "Methods",
        &[
            "^TLS",
            "^DTLS_method",
            "^DTLS_client",
            "^DTLS_server",
            "^DTLSv1_m",
            "^DTLSv1_c",
            "^DTLSv1_s",
            "^DTLSv1_2",
            "ssl_method",
            "ssl_version",
        ],
    ),
    ("DTLS", &["DTLS", "dtls", "stateless", "cookie"]),
    ("BIOs", &["^BIO_", "_bio$", "bio$", "_fd$", "rfd$", "wfd$"]),
    (
        "SRP, PSK, SRTP, DANE, CT, compression, jobs, extensions",
        &[
            "SRP",
            "srp",
            "psk",
            "dane",
            "_ct",
            "ctlog",
            "scts",
            "COMP_",
            "compression",
            "expansion",
            "async",
            "custom_ext",
            "serverinfo",
            "extension_supported",
            "session_secret",
            "ticket_ext",
            "engine",
        ],
    ),
    ("Sessions", &["SESSION", "session", "sess_", "timeout", "ticket"]),
    ("Cipher suites", &["CIPHER", "cipher"]),
    ("Settings as text", &["CONF_", "config$", "ssl_module"]),
    (
        "Certificates and keys",
        &[
            "certificate",
            "PrivateKey",
            "privatekey",
            "private_key",
            "cert",
            "chain",
            "client_CA",
            "CA_list",
            "passwd",
            "tmp_dh",
            "CA_file",
            "subjects_to_stack",
        ],
    ),
    ("Verification", &["verify", "param", "purpose", "trust", "host", "peername", "security"]),
    (
        "The ClientHello, ALPN, names, groups, signatures",
        &["client_hello", "alpn", "next_proto", "servername", "sigalgs", "signature", "group"],
    ),
    ("Callbacks and the program's data", &["_callback", "_cb$", "callback_arg", "ex_data", "callback_ctrl"]),
    (
        "Options and other settings",
        &["option", "_ctrl$", "early_data", "padding", "fragment", "read_ahead", "buffer_len", "post_handshake"],
    ),
    (
        "I/O, handshake, shutdown",
        &[
            "read",
            "write",
            "peek",
            "pending",
            "connect",
            "accept",
            "handshake",
            "shutdown",
            "sendfile",
            "renegotiate",
            "key_update",
            "want",
            "get_error",
            "buffers",
        ],
    ),
    ("Texts", &["string", "strings", "trace"]),
];

fn family(name: &str) -> &'static str {
    let fits = |pattern: &&str| match (pattern.strip_prefix('^'), pattern.strip_suffix('$')) {
        (Some(start), _) => name.starts_with(start),
        (_, Some(end)) => name.ends_with(end),
        _ => name.contains(*pattern),
    };
    FAMILIES
        .iter()
        .find(|(_, patterns)| patterns.iter().any(fits))
        .map_or("Handles, states and the rest", |(family, _)| family)
}

/// The table: families, statuses, names; names with the same note stand together.
fn table() -> String {
    let entries = entries();
    let count = |wanted: &str| entries.iter().filter(|(_, status, _)| *status == wanted).count();
    let mut out = format!(
        "{} functions: {} work, {} work with limits, {} fail as OpenSSL documents failure.\n",
        entries.len(),
        count("works"),
        count("limits"),
        count("fails"),
    );
    let order: Vec<&str> = FAMILIES.iter().map(|(family, _)| *family).chain(["Handles, states and the rest"]).collect();
    for wanted in order {
        let mut rows: BTreeMap<(u8, &str), Vec<&str>> = BTreeMap::new();
        for (name, status, note) in entries.iter().filter(|(name, ..)| family(name) == wanted) {
            let rank = ["works", "limits", "fails"].iter().position(|known| known == status).unwrap() as u8;
            rows.entry((rank, note)).or_default().push(name);
        }
        if rows.is_empty() {
            continue;
        }
        out += &format!("\n### {wanted}\n\n| | what is to be known | functions |\n|---|---|---|\n");
        for ((rank, note), names) in rows {
            let status = ["works", "limits", "fails"][usize::from(rank)];
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            out += &format!("| {status} | {note} | {} |\n", names.join(", "));
        }
    }
    out
}

#[test]
fn the_readme_has_the_table() {
    let text = std::fs::read_to_string(readme()).expect("README.md");
    let (before, rest) = text.split_once(BEGIN).expect("where the table begins");
    let (found, after) = rest.split_once(END).expect("where the table ends");
    let expected = format!("\n{}", table());
    if std::env::var_os("SSLMODE_WRITE_EXPORTS").is_some() {
        std::fs::write(readme(), format!("{before}{BEGIN}{expected}{END}{after}")).expect("README.md");
        return;
    }
    assert!(found == expected, "README.md is stale: make exports");
}

/// A crash ends the test by a signal.
#[test]
fn every_function_takes_null() {
    let Some((_, ours)) = both() else { return };
    for (name, ..) in entries() {
        ours.call(name, &[0; 8]);
        ours.call("ERR_clear_error", &[]);
    }
}
