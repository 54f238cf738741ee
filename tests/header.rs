//! `include/sslmode.h`: fresh, and fit to stand beside every libssl's own headers.

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use support::{root, run};

const GENERATED: &str = include_str!(concat!(env!("OUT_DIR"), "/sslmode.h"));

#[test]
fn the_committed_header_is_what_the_build_makes() {
    let committed = fs::read_to_string(root().join("include/sslmode.h")).unwrap();
    assert!(committed == GENERATED, "include/sslmode.h is stale: run `make header`");
}

#[test]
fn the_contract_stands_at_every_prototype() {
    let mut lines = GENERATED.lines().peekable();
    let mut prototypes = 0;
    while let Some(line) = lines.next() {
        if let Some(next) = lines.peek().filter(|next| next.ends_with(");") && !next.starts_with("//")) {
            assert!(line.starts_with("// "), "no comment above {next}");
            prototypes += 1;
        }
    }
    assert_eq!(prototypes, 9);
}

/// The two languages, as strictly as they come.
const LANGUAGES: [[&str; 2]; 2] = [["c", "-std=c99"], ["c++", "-std=c++17"]];

/// Compiles includes and a program that uses the functions, as each language; `headers` holds `openssl/`.
#[track_caller]
fn compiles(includes: &str, program: &str, headers: Option<&Path>) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    fs::write(&source, format!("{includes}\n{program}\n")).unwrap();
    for [language, standard] in LANGUAGES {
        let mut compiler = Command::new("cc");
        compiler.args(["-x", language, standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]);
        compiler.arg("-I").arg(root().join("include"));
        compiler.args(headers.map(|headers| format!("-I{}", headers.display())));
        let ran = run(compiler.arg(&source));
        assert!(ran.status.success(), "{language}: {includes}\n{}", ran.stderr);
        assert_eq!(ran.stderr, "");
    }
}

const USE: &str = "
long use(struct ssl_ctx_st *ctx, struct ssl_st *ssl);
long use(struct ssl_ctx_st *ctx, struct ssl_st *ssl) {
    long (*function)(struct ssl_st *, long) = SSL_set_mode;
    long all = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY |
               SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_SEND_CLIENTHELLO_TIME |
               SSL_MODE_SEND_SERVERHELLO_TIME | SSL_MODE_SEND_FALLBACK_SCSV | SSL_MODE_ASYNC |
               SSL_MODE_DTLS_SCTP_LABEL_LENGTH_BUG;
    return (SSL_CTX_set_mode)(ctx, all) + SSL_CTX_set_mode(ctx, all) + SSL_CTX_clear_mode(ctx, 1) +
           SSL_CTX_get_mode(ctx) + function(ssl, 4) + SSL_clear_mode(ssl, 1) + SSL_get_mode(ssl) +
           sslmode_use_host(sslmode_version()) + (long)sslmode_mode_names(NULL, all, NULL, 0);
}";

const OURS: &str = "#include <sslmode.h>";
const OPENSSL: &str = "#include <openssl/ssl.h>";

fn alone_and_in_both_orders(headers: Option<&Path>) {
    compiles(OURS, USE, headers);
    compiles(&format!("{OURS}\n{OURS}"), USE, headers);
    compiles(&format!("{OURS}\n{OPENSSL}"), USE, headers);
    compiles(&format!("{OPENSSL}\n{OURS}"), USE, headers);
}

#[test]
fn beside_the_systems_openssl() {
    alone_and_in_both_orders(None);
}

/// Under a plain `-I` the compiler also warns about what OpenSSL's headers do, such as a macro defined twice.
#[test]
fn beside_openssls_headers_under_a_plain_include_path() {
    let folder = tempfile::tempdir().unwrap();
    let openssl = folder.path().join("openssl");
    fs::create_dir(&openssl).unwrap();
    for place in ["/usr/include/openssl", "/usr/include/x86_64-linux-gnu/openssl"] {
        for header in fs::read_dir(place).unwrap().map(Result::unwrap) {
            let _ = symlink(header.path(), openssl.join(header.file_name()));
        }
    }
    alone_and_in_both_orders(Some(folder.path()));
}

/// Where other versions were built their headers are at hand.
#[test]
fn beside_the_headers_of_other_versions() {
    for name in ["openssl-1.1.1w", "openssl-3.6.3", "openssl-4.0.3"] {
        let Some(headers) = cached_headers(name) else { continue };
        alone_and_in_both_orders(Some(&headers));
    }
}

#[test]
fn after_boringssls_own_header_it_leaves_the_functions_to_that() {
    for name in ["boringssl", "aws-lc"] {
        let Some(headers) = cached_headers(name) else { continue };
        let program = "long use(SSL *ssl);\nlong use(SSL *ssl) { return SSL_get_mode(ssl) + sslmode_use_host(NULL); }";
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.cc");
        fs::write(&source, format!("{OPENSSL}\n{OURS}\n{program}\n")).unwrap();
        let mut compiler = Command::new("cc");
        compiler.args(["-x", "c++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]);
        compiler.arg("-I").arg(root().join("include")).arg("-isystem").arg(headers).arg(&source);
        assert_eq!(run(&mut compiler).printed_quietly(), "", "{name}");
    }
}

/// The headers of a libssl that is in the cache already: these tests do not build one for its headers alone.
fn cached_headers(name: &str) -> Option<std::path::PathBuf> {
    let cache = std::env::var_os("SSLMODE_HOSTS").map(std::path::PathBuf::from).or_else(|| {
        let home = std::env::var_os("XDG_CACHE_HOME").map(std::path::PathBuf::from);
        let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")))?;
        Some(home.join("sslmode/hosts"))
    })?;
    let headers = cache.join(name).join("include");
    if !headers.join("openssl/ssl.h").exists() {
        println!("SKIP {name}: its headers are not in the cache; tools/hosts/get {name} brings them");
        return None;
    }
    Some(headers)
}
