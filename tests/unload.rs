//! A libssl that is unloaded while we know it: nothing of it may be called from then on.

mod support;

use std::path::Path;
use std::process::Command;
use support::{compile, host, preloaded, run};

/// What `tests/c/masks.c` prints with this default mask of a context and this answer to setting -1.
fn masks(default: i64, minus_one: i64) -> String {
    let (set, cleared) = (default | 3, (default | 3) & !1);
    format!(
        "default {default}\nset 3 {set}\ninherited {set}\ncontext -1 {minus_one}\ncontext cleared 0\n\
         connection still {set}\nconnection clear 1 {cleared}\ndup {cleared}\nconnection -1 {minus_one}\n"
    )
}

fn plugin(name: &str, libssl: &Path, method: &str) -> String {
    let folder = libssl.parent().unwrap().display();
    let mut flags =
        ["-DSHARED=print_masks", "-shared", "-fPIC", "-Wl,--allow-shlib-undefined"].map(str::to_owned).to_vec();
    flags.extend(method.split(' ').map(str::to_owned));
    flags.extend([libssl.display().to_string(), format!("-Wl,-rpath,{folder}"), format!("-Wl,-rpath-link,{folder}")]);
    compile("masks.c", &format!("plugin-{name}.so"), flags).display().to_string()
}

#[test]
fn plugins_with_libssls_of_their_own() {
    let hosts = [
        ("openssl-3.0", "-DMETHOD=TLS_method", masks(4, 0xffff_ffff)),
        ("openssl-1.0.2k", "-DMETHOD=SSLv23_method -DLIBRARY_INIT", masks(0, -1)),
        ("openssl-4.0.3", "-DMETHOD=TLS_method", masks(4, 0xffff_ffff)),
    ];
    let mut plugins = Vec::new();
    for (name, method, masks) in hosts {
        let Some(libssl) = host(name) else { return };
        plugins.push((plugin(name, &libssl, method), masks));
    }
    let program = compile("unload.c", "unload", ["-ldl"]);
    let orders: [&[usize]; 5] = [&[0], &[1], &[1, 0], &[0, 1, 2], &[2, 1]];
    for order in orders {
        let chosen: Vec<_> = order.iter().map(|&place| &plugins[place]).collect();
        let paths: Vec<_> = chosen.iter().map(|(path, _)| path).collect();
        let alone: String = chosen.iter().map(|(_, masks)| masks.as_str()).collect();
        let expected = (alone.clone() + &alone + alone.split_at(chosen[0].1.len()).1).repeat(20);
        assert!(run(Command::new(&program).args(&paths)).printed_quietly() == expected, "{order:?}, without us");
        for options in ["", "trace:log=/dev/null", "force=+RELEASE_BUFFERS", "trace:format=json:log=/dev/null"] {
            let mut command = preloaded(&program);
            let ran = run(command.args(&paths).env("SSLMODE_OPTIONS", options));
            assert!(ran.printed() == expected, "{order:?}, options {options}: {}{}", ran.stdout, ran.stderr);
            assert_eq!(ran.stderr, "", "{order:?}, options {options}");
        }
    }
}
