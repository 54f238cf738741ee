//! The README's examples, as a reader would copy them.

mod support;

use std::fs;
use std::process::Command;
use support::{library_folder, python_interpreter, root, run};

/// The only block of this language.
fn block(language: &str) -> String {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let fence = format!("```{language}\n");
    let mut blocks = readme.split(&fence).skip(1);
    let block = blocks.next().and_then(|rest| rest.split("```").next()).expect("the README has such a block");
    assert!(blocks.next().is_none(), "one block of {language}");
    block.to_owned()
}

#[test]
fn the_c_program() {
    let folder = tempfile::tempdir().unwrap();
    let (source, program) = (folder.path().join("program.c"), folder.path().join("program"));
    fs::write(&source, block("c")).unwrap();
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
    assert!(
        fs::read_to_string(root().join("README.md")).unwrap().contains(&format!("It prints `{}`", expected.trim()))
    );
    assert_eq!(run(&mut Command::new(program)).printed_quietly(), expected);
}

#[test]
fn the_python_program() {
    let mut command = Command::new(python_interpreter());
    command.args(["-c", &block("python")]).env("LD_LIBRARY_PATH", library_folder());
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
