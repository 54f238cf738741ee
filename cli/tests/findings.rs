//! sslmode-findings(7) is made of the engine's table, and says what it says.

use sslmode_engine::contract::{SEEN, TABLE};
use std::fmt::Write;
use std::path::Path;

const BEGINNING: &str = r#".\" Made of engine/src/contract/table.rs: make findings
.TH sslmode\-findings 7 2026-11-27 "sslmode 0.1.0" "Miscellaneous"
.SH NAME
sslmode\-findings \- the rules that sslmode finds broken
.SH DESCRIPTION
With
.B sslmode run \-\-check
or the option
.BR check ,
.I libsslmode.so.0
watches what a program does with its libssl, and names each rule of the
documentation that it breaks.
A finding is written at once, to standard error or where
.B log
says, with the call, what was seen, the calls that led there, innermost first,
where the rule stands, and what to do instead.
It holds names, lengths and addresses, and nothing of the program's data.
.PP
Of the same finding with the same calls only the first is written; when the
process ends by
.BR exit (3)
a last line says how many of each there were.
Of what one mistake leads to only the mistake is told.
.PP
Functions are named as the dynamic linker knows them, with the source file and the
line where the module has debug information.
To compare buffers, hashes under a key of the process are kept, never bytes: of a
write that is to be repeated of the first @SEEN@ KiB, of what a short write
left of the first 256 bytes.
.SH FINDINGS
"#;

const END: &str = r#".SH SUPPRESSIONS
The file that
.B \-\-suppressions
or the option
.B suppressions
names holds lines
.IR finding : pattern .
What is found is not told, and not counted, if the pattern matches the function,
the module or the source file of one of the calls that led there.
A pattern matches a part of a name,
.B ^
at its beginning and
.B $
at its end stand for those of the name, and
.B *
stands for any letters.
.B *
as the finding is every finding.
Empty lines and those that begin with
.B #
are passed over.
If a line is none, a line on standard error names it, and nothing is suppressed.
.PP
.in +4n
.EX
# its writes are tried until the handshake is over
busy\-retry:^writeHandler$
*:libfoo.so
.EE
.in
.SH SEE ALSO
.BR sslmode (1),
.BR sslmode (7),
.BR SSL_CTX_set_mode (3sslmode)
"#;

fn page() -> String {
    let mut page = BEGINNING.replace("@SEEN@", &(SEEN / 1024).to_string());
    for entry in TABLE {
        let cells = [
            ("Found:", entry.trigger),
            ("Not found:", entry.silent),
            ("Rule:", entry.source),
            ("Instead:", entry.advice),
        ];
        let _ = writeln!(page, ".SS {} ({})", troff(entry.name), entry.severity.name());
        for (title, text) in cells {
            let _ = write!(page, ".TP\n.I {title}\n{}.\n", troff(text.trim_end_matches('.')));
        }
    }
    page + END
}

/// A line that begins with a dot or an apostrophe would be a request.
fn troff(text: &str) -> String {
    assert!(!text.starts_with(['.', '\'']), "{text}");
    let mut quotes = ["\\(lq", "\\(rq"].into_iter().cycle();
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            '"' => plain.push_str(quotes.next().expect("it cycles")),
            '-' => plain.push_str("\\-"),
            '\\' => plain.push_str("\\e"),
            other => plain.push(other),
        }
    }
    plain
}

#[test]
fn the_page_has_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../man/sslmode-findings.7");
    if std::env::var_os("SSLMODE_WRITE_FINDINGS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == page(), "man/sslmode-findings.7 is stale: make findings");
}
