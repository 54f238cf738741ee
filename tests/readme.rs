//! The README's examples, as a reader would copy them.

mod support;

use std::fs;
use std::process::Command;
use support::{library_folder, our_libssl_folder, python_interpreter, root, run};

/// The blocks of this language, in order.
fn blocks(language: &str) -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let fence = format!("```{language}\n");
    let rests = readme.split(&fence).skip(1);
    rests.map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

fn readme_says(text: &str) {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(text), "the README says {text}");
}

#[test]
fn the_c_program() {
    let folder = tempfile::tempdir().unwrap();
    let (source, program) = (folder.path().join("program.c"), folder.path().join("program"));
    fs::write(&source, &blocks("c")[0]).unwrap();
    let libraries = library_folder().display();
    let mut compiler = Command::new("cc");
    compiler
        .args(["-Wall", "-Wextra", "-Werror"])
        .arg("-I")
        .arg(root().join("include"))
        .arg(&source)
        .arg("-o")
        .arg(&program);
    compiler.args([format!("-L{libraries}"), format!("-Wl,-rpath,{libraries}")]).args(["-lsslmode", "-lssl"]);
    assert_eq!(run(&mut compiler).printed_quietly(), "");
    let expected = "0x7 ENABLE_PARTIAL_WRITE|ACCEPT_MOVING_WRITE_BUFFER|AUTO_RETRY\n";
    readme_says(&format!("It prints `{}`", expected.trim()));
    assert_eq!(run(&mut Command::new(program)).printed_quietly(), expected);
}

/// Our libssl under a program that was written for OpenSSL: no other libssl is loaded.
#[test]
fn the_c_program_on_our_libssl() {
    let folder = tempfile::tempdir().unwrap();
    let (source, program) = (folder.path().join("full_pipe.c"), folder.path().join("full_pipe"));
    let pem = folder.path().join("server.pem");
    fs::write(&source, &blocks("c")[1]).unwrap();
    let libssl = our_libssl_folder().display();
    let mut compiler = Command::new("cc");
    compiler.args(["-Wall", "-Wextra", "-Werror"]).arg(&source).arg("-o").arg(&program);
    compiler.args([format!("-L{libssl}"), format!("-Wl,-rpath,{libssl}")]).args(["-lssl", "-lcrypto"]);
    assert_eq!(run(&mut compiler).printed_quietly(), "");

    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=sslmode.test"]);
    openssl.arg("-keyout").arg(&pem).arg("-out").arg(folder.path().join("certificate.pem"));
    assert!(openssl.output().unwrap().status.success());
    let certificate = fs::read(folder.path().join("certificate.pem")).unwrap();
    fs::write(&pem, [fs::read(&pem).unwrap(), certificate].concat()).unwrap();

    let expected = ["TLSv1.3: -1 WANT_WRITE", "TLSv1.3: 16384"];
    readme_says(&format!("It prints `{}` and `{}`", expected[0], expected[1]));
    let ran = run(Command::new(&program).arg(&pem));
    assert_eq!(ran.printed_quietly().lines().collect::<Vec<_>>(), expected);

    let ldd = run(Command::new("ldd").arg(&program));
    let loaded = ldd.printed_quietly();
    let libssls: Vec<_> = loaded.lines().filter(|line| line.contains("libssl")).collect();
    assert!(matches!(libssls[..], [only] if only.contains("target/libssl/libssl.so.3")), "{loaded}");
    assert!(loaded.contains("libcrypto.so.3"), "{loaded}");
}

#[test]
fn the_python_program() {
    let mut command = Command::new(python_interpreter());
    command.args(["-c", &blocks("python")[0]]).env("LD_LIBRARY_PATH", library_folder());
    assert_eq!(run(&mut command).printed_quietly(), "20\n");
}

/// Every option that the library knows stands in the README's table, and no other.
#[test]
fn the_options() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let table = readme.split("| option | meaning |").nth(1).unwrap().split("\n\n").next().unwrap();
    let listed = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(['=', '`']).next());
    let mut listed: Vec<_> = listed.collect();
    listed.sort_unstable();
    let help = run(Command::new("true").env("LD_PRELOAD", support::library()).env("SSLMODE_OPTIONS", "help"));
    let known: Vec<_> = help.stderr.lines().skip(1).filter_map(|line| line.trim().split('=').next()).collect();
    assert_eq!(listed, known.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>());
}
