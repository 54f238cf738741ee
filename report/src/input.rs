//! The lines of a trace, one at a time: whatever can be read is, and what cannot is told with its place.

use serde::Deserialize;
use sslmode_protocol::event::{Line, VERSION};
use std::io::{self, BufRead, Read};

/// The longest line that is looked at, in bytes: a program's path and a stack fit many times over.
pub const LONGEST: usize = 1 << 20;

/// A line that is none of a trace's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The number of the line, from 1.
    pub line: u64,
    /// What was expected, and what came.
    pub text: String,
}

/// What came next.
pub enum Next {
    /// A line.
    Line(Box<Line>),
    /// An event of a later version of the library, which readers pass over.
    Unknown,
    /// Something else.
    Problem(Problem),
    /// The end.
    End,
}

/// Reads a trace.
pub struct Input<R> {
    reader: R,
    number: u64,
    buffer: Vec<u8>,
}

/// What every line has: asked where a line is no event that is known here.
#[derive(Deserialize)]
struct Head {
    v: Option<serde_json::Value>,
    event: Option<serde_json::Value>,
}

impl<R: BufRead> Input<R> {
    /// Nothing is read yet.
    pub fn new(reader: R) -> Input<R> {
        Input { reader, number: 0, buffer: Vec::new() }
    }

    /// The number of the line that came last, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next line. Empty ones are passed over.
    ///
    /// # Errors
    /// The reader's.
    pub fn read(&mut self) -> io::Result<Next> {
        loop {
            self.buffer.clear();
            let limit = LONGEST as u64 + 1;
            let read = (&mut self.reader).take(limit).read_until(b'\n', &mut self.buffer)?;
            if read == 0 {
                return Ok(Next::End);
            }
            self.number += 1;
            let is_whole = self.buffer.last() == Some(&b'\n');
            if !is_whole && read > LONGEST {
                skip_line(&mut self.reader)?;
                return Ok(self.problem(format!("expected at most {LONGEST} bytes, got a longer line")));
            }
            let text = self.buffer.trim_ascii();
            if !text.is_empty() {
                return Ok(self.parse(is_whole));
            }
        }
    }

    fn parse(&self, is_whole: bool) -> Next {
        let text = self.buffer.trim_ascii();
        match serde_json::from_slice::<Line>(text) {
            Ok(line) if line.v == VERSION => Next::Line(Box::new(line)),
            Ok(line) => self.problem(other_version(&line.v.to_string())),
            Err(error) => self.why(text, &error, is_whole),
        }
    }

    fn why(&self, text: &[u8], error: &serde_json::Error, is_whole: bool) -> Next {
        match serde_json::from_slice::<Head>(text) {
            Ok(Head { v: Some(v), .. }) if v != VERSION => self.problem(other_version(&v.to_string())),
            Ok(Head { v: None, .. }) => self.problem(format!("expected {EXPECTED}, got an object without \"v\"")),
            Ok(Head { event: Some(serde_json::Value::String(event)), .. }) if !is_known(&event) => Next::Unknown,
            Ok(_) => self.problem(format!("expected {EXPECTED}: {}", without_place(error))),
            Err(_) if !is_whole && text.first() == Some(&b'{') => {
                self.problem(format!("expected a whole line, got {} bytes of one: the trace is cut off", text.len()))
            }
            Err(_) => self.problem(format!("expected {EXPECTED}, got {}", kind_of(text))),
        }
    }

    fn problem(&self, text: String) -> Next {
        Next::Problem(Problem { line: self.number, text })
    }
}

const EXPECTED: &str = "a line of \"sslmode run --trace --format json\"";

fn other_version(v: &str) -> String {
    let v: String = v.chars().take(20).collect();
    format!("expected \"v\":{VERSION}, got \"v\":{v}: written by another version of sslmode")
}

/// The events that this version knows. One of them that does not read is a mistake, and not a later version's.
fn is_known(event: &str) -> bool {
    let known =
        ["start", "host", "birth", "seen", "mode", "fault", "io", "handshake", "finding", "findings", "profile"];
    known.contains(&event) || event == "death"
}

/// What a line looks like that is no JSON.
fn kind_of(text: &[u8]) -> String {
    let is_binary = |&byte: &u8| byte < b' ' && byte != b'\t' || byte == 0x7f;
    let Ok(words) = str::from_utf8(text) else { return "bytes that are no text".to_owned() };
    if text.iter().any(is_binary) {
        return "bytes that are no text".to_owned();
    }
    if words.contains("SSL_") || words.contains("libsslmode") || words.contains(", dialect ") {
        return format!("a line of a trace as text ({}): trace again with --format json", shortened(words));
    }
    shortened(words)
}

fn shortened(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    if short.len() < text.len() { format!("{short:?}…") } else { format!("{short:?}") }
}

/// The message alone: serde_json counts lines and columns of what it was given, which is one line of ours.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// Reads to the end of a line without keeping it.
fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let available = reader.fill_buf()?;
        let end = available.iter().position(|&byte| byte == b'\n');
        let length = end.map_or(available.len(), |place| place + 1);
        reader.consume(length);
        if end.is_some() || length == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> (usize, Vec<(u64, String)>) {
        let mut input = Input::new(text);
        let (mut lines, mut problems) = (0, Vec::new());
        loop {
            match input.read().unwrap() {
                Next::Line(_) | Next::Unknown => lines += 1,
                Next::Problem(problem) => problems.push((problem.line, problem.text)),
                Next::End => return (lines, problems),
            }
        }
    }

    const DEATH: &str = "{\"v\":1,\"time_us\":1,\"pid\":1,\"tid\":1,\"event\":\"death\",\"handle\":\"0x10\"}\n";

    #[test]
    fn what_can_be_read_is() {
        let cut = format!("{DEATH}{}", &DEATH[..30]);
        let (lines, problems) = all(cut.as_bytes());
        assert_eq!(lines, 1);
        assert_eq!(problems, [(2, "expected a whole line, got 30 bytes of one: the trace is cut off".to_owned())]);
        // A last line without its end that is whole all the same.
        assert_eq!(all(DEATH.trim().as_bytes()), (1, Vec::new()));
    }

    #[test]
    fn what_cannot_is_told_with_its_place() {
        let problem = |text: &[u8]| all(text).1.pop().unwrap().1;
        let other = DEATH.replace("\"v\":1", "\"v\":2");
        assert_eq!(problem(other.as_bytes()), "expected \"v\":1, got \"v\":2: written by another version of sslmode");
        assert!(problem(b"\x7fELF\x02\x01\x01\0\0").ends_with("got bytes that are no text"));
        assert!(problem(b"\xff\xfe").ends_with("got bytes that are no text"));
        assert!(problem(b"12:00 SSL_read(0x10, 5) = 5").contains("trace again with --format json"));
        assert!(problem(b"hello").ends_with("got \"hello\""));
        assert!(problem(b"{}").ends_with("got an object without \"v\""));
        let broken = DEATH.replace("\"handle\"", "\"hand\"");
        assert!(problem(broken.as_bytes()).ends_with("missing field `handle`"), "{}", problem(broken.as_bytes()));
        let long = format!("{}\n{DEATH}", "x".repeat(3 * LONGEST));
        let (lines, problems) = all(long.as_bytes());
        assert_eq!((lines, problems.len(), problems[0].0), (1, 1, 1));
    }

    #[test]
    fn events_of_later_versions_are_passed_over() {
        let later = "{\"v\":1,\"time_us\":1,\"pid\":1,\"tid\":1,\"event\":\"weather\",\"handle\":\"0x10\"}\n";
        assert_eq!(all(later.as_bytes()), (1, Vec::new()));
    }
}
