//! `include/sslmode.h`: cbindgen's prototypes, the modes with the engine's numbers, and what a header needs around them.

use sslmode_engine::Modes;
use sslmode_engine::dialect::OPENSSL_3;
use sslmode_engine::meaning::MEANINGS;
use std::path::Path;

/// Set in the environment, it makes the build write `include/sslmode.h` too (`make header`).
pub const WRITE_VARIABLE: &str = "SSLMODE_WRITE_HEADER";

/// The header's text.
pub fn generate(root: &Path) -> String {
    let prototypes = prototypes(root);
    let (own, modes): (Vec<_>, Vec<_>) = functions(&prototypes).partition(Function::is_own);
    let modes = modes.iter().map(|function| function.text(parenthesised)).collect::<Vec<_>>().join("\n");
    let own = own.iter().map(|function| function.text(str::to_owned)).collect::<Vec<_>>().join("\n");
    let modes_of_openssl = MEANINGS.iter().filter(|(mode, _)| OPENSSL_3.known().contains(*mode));
    let constants: String = modes_of_openssl.map(|(mode, meaning)| constant(*mode, meaning)).collect();
    format!("{INTRODUCTION}{constants}{BEFORE_MODE_FUNCTIONS}{modes}{BETWEEN}{own}{END}")
}

fn prototypes(root: &Path) -> String {
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is a configuration");
    let sources = ["src/openssl.rs", "src/abi/modes.rs", "src/abi/own.rs"];
    let builder = cbindgen::Builder::new().with_config(config);
    let builder = sources.iter().fold(builder, |builder, source| builder.with_src(root.join(source)));
    let mut prototypes = Vec::new();
    builder.generate().expect("the exported functions read as Rust").write(&mut prototypes);
    String::from_utf8(prototypes).expect("cbindgen writes UTF-8")
}

/// A function as cbindgen writes it.
struct Function<'a> {
    comment: Vec<&'a str>,
    prototype: &'a str,
}

fn functions(prototypes: &str) -> impl Iterator<Item = Function<'_>> {
    prototypes.split("\n\n").filter_map(|block| {
        let mut lines: Vec<_> = block.trim().lines().map(str::trim).collect();
        let prototype = lines.pop().filter(|line| line.ends_with(");"))?;
        Some(Function { comment: lines, prototype })
    })
}

impl Function<'_> {
    fn is_own(&self) -> bool {
        self.prototype.contains("sslmode_")
    }

    fn text(&self, change_prototype: fn(&str) -> String) -> String {
        let paragraphs = self.comment.split(|line| *line == "//").map(|paragraph| {
            let words: Vec<_> = paragraph.iter().map(|line| line.trim_start_matches("//")).collect();
            commented(&words.concat())
        });
        let comment = paragraphs.collect::<Vec<_>>().join("//\n");
        format!("{comment}{}\n", change_prototype(self.prototype))
    }
}

/// OpenSSL's headers have function-like macros of the same names, which would rewrite a plain prototype.
fn parenthesised(prototype: &str) -> String {
    let (name, parameters) = prototype["long ".len()..].split_once('(').expect("a prototype has parameters");
    format!("long ({name})({parameters}")
}

/// A mode, token by token as in OpenSSL 3's ssl.h, so that either header may come first.
fn constant(mode: Modes, meaning: &str) -> String {
    let (name, _) = mode.iter_names().next().expect("MEANINGS holds single modes");
    let number = OPENSSL_3.encode(mode).expect("a mode of OpenSSL 3");
    let comment = commented(&format!("SSL_MODE_{name} {meaning}"));
    format!("{comment}#ifndef SSL_MODE_{name}\n#define SSL_MODE_{name} 0x{number:08X}U\n#endif\n\n")
}

/// The words of `text` in lines of a comment.
fn commented(text: &str) -> String {
    const WIDTH: usize = 100;
    let mut lines = vec![String::from("//")];
    for word in text.split_whitespace() {
        if lines.last().is_some_and(|line| line.len() + 1 + word.len() > WIDTH) {
            lines.push(String::from("//"));
        }
        lines.last_mut().expect("there is a line").extend([" ", word]);
    }
    lines.join("\n") + "\n"
}

const INTRODUCTION: &str = "\
// sslmode.h: the mode calls of SSL_CTX_set_mode(3) as real functions.
//
// OpenSSL and LibreSSL have these calls as macros only: code that finds functions by name at run
// time, such as an FFI, cannot call them. libsslmode.so has them as functions, over whatever libssl
// the process uses: they find the libssl that owns the handle, and return exactly the mask that its
// own macro would return.
//
// This header may stand before or after <openssl/ssl.h>, or alone. Where OpenSSL's macros are in
// force, SSL_set_mode(ssl, mode) is the macro and (SSL_set_mode)(ssl, mode) the function; both work.
//
// BoringSSL's and AWS-LC's own headers declare these functions themselves, on uint32_t. Include
// their <openssl/ssl.h> first: then this header leaves the six functions and the modes to it. The
// other order does not compile.
//
// Made by cbindgen from src/abi; change it there, then run `make header`.

#ifndef SSLMODE_H
#define SSLMODE_H

#include <stddef.h>

// SSL and SSL_CTX, whichever header of whichever libssl declares them.
struct ssl_st;
struct ssl_ctx_st;


// Modes.
//
// The numbers are OpenSSL's, the same in every version that has the mode. BoringSSL and AWS-LC
// number some otherwise; a mask is always passed on as it is, in the numbers of the handle's libssl.

";

const BEFORE_MODE_FUNCTIONS: &str = "
#ifdef __cplusplus
extern \"C\" {
#endif


// Setting, clearing and reading modes.
//
// All six may be called from several threads on different handles. On one handle they follow the
// rules of its libssl: one thread at a time.

#if !defined(OPENSSL_IS_BORINGSSL) && !defined(OPENSSL_IS_AWSLC)

";

const BETWEEN: &str = "
#endif  // !OPENSSL_IS_BORINGSSL && !OPENSSL_IS_AWSLC


// This library.

";

const END: &str = "
#ifdef __cplusplus
}  // extern C
#endif

#endif  // SSLMODE_H
";
