//! COMPAT.md: what each host was seen to do, and whether the engine says so.

use crate::check::Subject;
use crate::ffi::{Context, Host, Returned};
use crate::model::Says;
use crate::reads::{self, Meeting};
use crate::rows::{Row, SECTIONS};
use crate::script::Seen;
use sslmode_engine::Dialect;
use sslmode_engine::Modes;
use sslmode_engine::dialect::OnNull;
use sslmode_engine::read::{Next, ReadRules, Record};
use sslmode_engine::write::Reason;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// A cell: what was observed, and whether the engine says the same; None where there was nothing to observe.
type Cell = Option<(String, bool)>;

/// A column: a host and its cells, in the order of [`titles`].
pub struct Column {
    /// The host's name.
    pub name: String,
    /// As its libcrypto calls itself.
    pub version: String,
    /// The rules that the engine has for it.
    pub rules: String,
    cells: Vec<Cell>,
}

const HEAD: &str = "\
# What each libssl makes of the modes

Written by `make compat` from runs on the libraries themselves; not to be edited by hand. The cells are what was
observed. A cell with ✗ is one that the engine does not predict; there must be none. — is what a libssl cannot be made
to show: it has no such protocol or no way to bring it about.

-1 is followed by what `SSL_get_error` said, and by the reason in the error queue if there was one; SSL without a reason
is `SSL_ERROR_SSL` with an empty queue. \"Would read past the buffer\" is a call that the engine says would make the libssl
read beyond what the caller gave; it was not run. Connections are TLS 1.2 with AES-GCM, for 0.9.8 TLS 1.0 with RC4, and
TLS 1.3 for its records, over a BIO pair with room for 17,000 bytes, or over a blocking socket where it says so.
";

/// The headings of the rows, by section.
fn titles() -> Vec<(&'static str, &'static str, Vec<String>)> {
    let mut all = vec![("Masks", "", MASKS.map(str::to_owned).to_vec())];
    for section in SECTIONS {
        all.push((section.title, section.text, section.rows.iter().map(|row| row.title.to_owned()).collect()));
    }
    let reads = meetings().map(|it| title_of(&it)).chain(WRITES.map(|(_, title)| title.to_owned()));
    all.push((
        "A record without application data, then 5 bytes",
        "The calls of SSL_read up to the one that returns the 5 bytes. With `SSL_set_read_ahead` the 5 bytes are in the \
         read buffer when the record before them is looked at.",
        reads.collect(),
    ));
    all
}

const MASKS: [&str; 3] = ["a new `SSL_CTX`", "setting -1 answers", "`SSL_CTX_set_mode(NULL, 1)`"];
const WRITES: [(bool, &str); 2] = [
    (false, "`SSL_write` of 5 bytes that finds a renegotiation to be done (blocking socket), AUTO_RETRY off"),
    (true, "the same, AUTO_RETRY on"),
];

fn meetings() -> impl Iterator<Item = Meeting> {
    Record::ALL.into_iter().flat_map(|record| {
        // During a renegotiation nothing can be in the buffer but the renegotiation.
        let ahead: &[bool] = if record == Record::Renegotiation { &[false] } else { &[false, true] };
        ahead
            .iter()
            .flat_map(move |&read_ahead| [false, true].map(|auto_retry| Meeting { record, auto_retry, read_ahead }))
    })
}

fn title_of(meeting: &Meeting) -> String {
    let record = match meeting.record {
        Record::Renegotiation => "renegotiation (blocking socket)",
        Record::SessionTicket => "TLS 1.3 session ticket",
        Record::KeyUpdate => "TLS 1.3 key update",
        Record::Heartbeat => "heartbeat",
        Record::WarningAlert => "warning alert (user_cancelled, TLS 1.2 and below)",
        Record::Empty => "empty record (TLS 1.0, CBC)",
    };
    let on = |it: bool| if it { "on" } else { "off" };
    let ahead = if meeting.read_ahead { ", read-ahead" } else { "" };
    format!("{record}{ahead}, AUTO_RETRY {}", on(meeting.auto_retry))
}

/// Observes everything on one host.
///
/// # Errors
/// When it cannot be used.
pub fn column(name: &str, path: &Path) -> Result<Column, String> {
    let host = Host::load(path)?;
    let subject = Subject::new(&host, None)?;
    let mut cells = masks(&host, &subject)?;
    for row in SECTIONS.iter().flat_map(|section| section.rows) {
        cells.push(sequence_cell(&subject, &host, row)?);
    }
    let reading = ReadRules::of(subject.dialect);
    for meeting in meetings() {
        let calls =
            reads::observe(&host, subject.dialect, meeting).map_err(|it| format!("{}: {it}", title_of(&meeting)))?;
        cells.push(calls.map(|calls| read_cell(reading, host.is_ours(), meeting, &calls)));
    }
    for (auto_retry, _) in WRITES {
        let call = reads::observe_write(&host, subject.dialect, auto_retry)?;
        cells.push(call.map(|it| (calls_text(&[it]), (it.ssl_error == 2) == reading.write_returns.value)));
    }
    Ok(Column {
        name: name.to_owned(),
        version: host.version().to_owned(),
        rules: subject.rules.name.to_owned(),
        cells,
    })
}

impl Column {
    /// The column as lines: for each cell `+` or `-`, whether the engine predicts it, and its text.
    pub fn to_lines(&self) -> String {
        let mut lines = format!("{}\n{}\n{}\n", self.name, self.version, self.rules);
        for cell in &self.cells {
            match cell {
                Some((text, agrees)) => lines += &format!("{}{text}\n", if *agrees { '+' } else { '-' }),
                None => lines.push('\n'),
            }
        }
        lines
    }

    /// The column of [`Column::to_lines`].
    pub fn from_lines(text: &str) -> Option<Column> {
        let mut lines = text.lines();
        let mut line = || lines.next().map(str::to_owned);
        let (name, version, rules) = (line()?, line()?, line()?);
        let cell = |line: &str| {
            let mut letters = line.chars();
            letters.next().map(|sign| (letters.as_str().to_owned(), sign == '+'))
        };
        Some(Column { name, version, rules, cells: lines.map(cell).collect() })
    }
}

fn masks(host: &Host, subject: &Subject<'_>) -> Result<Vec<Cell>, String> {
    let dialect: &Dialect = subject.dialect;
    let context = Context::new(host, host.usual_protocol(dialect), 0)?;
    let (new, all) = (dialect.answer(context.modes()), dialect.answer(context.set_modes(-1)));
    let null = ask_null(host.path())?;
    let null_said = match dialect.null_context.value {
        OnNull::Answers(mask) => mask.to_string(),
        // Ours follows in results, not in damage.
        OnNull::Crashes if host.is_ours() => "0".to_owned(),
        OnNull::Crashes => "crashes".to_owned(),
    };
    Ok(vec![
        Some((format!("{new:#x}"), new == dialect.default_mask())),
        Some((all.to_string(), all == dialect.answer(dialect.argument(-1)))),
        Some((null.clone(), null == null_said)),
    ])
}

/// In a process of its own, for it may crash.
fn ask_null(path: &Path) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let ran = Command::new(program).arg("null").arg(path).output().map_err(|error| error.to_string())?;
    Ok(if ran.status.success() { String::from_utf8_lossy(&ran.stdout).trim().to_owned() } else { "crashes".to_owned() })
}

fn sequence_cell(subject: &Subject<'_>, host: &Host, row: &Row) -> Result<Cell, String> {
    let lacks = |step: &str, has: bool| row.steps.contains(step) && !has;
    if lacks("limit", host.has_fragment_limit()) || lacks("write-ex", host.has_write_ex()) {
        return Ok(None);
    }
    let (sequence, shown) = row.sequence(host.usual_protocol(subject.dialect));
    let steps = subject.check(&sequence)?;
    let texts = steps.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(step, _)| match (&step.says, &step.gave) {
        (Says::ReadsPast, _) => "would read past the buffer".to_owned(),
        (_, Some(gave)) => seen_text(gave),
        (_, None) => "?".to_owned(),
    });
    Ok(Some((
        texts.collect::<Vec<_>>().join("; "),
        steps.len() == sequence.ops.len() && steps.iter().all(|it| it.agrees()),
    )))
}

fn seen_text(seen: &Seen) -> String {
    let error = match seen.ssl_error {
        _ if seen.value > 0 => "",
        0 => "",
        1 => " SSL",
        2 => " WANT_READ",
        3 => " WANT_WRITE",
        5 => " SYSCALL",
        _ => " ?",
    };
    let reason = match seen.reason {
        None => "",
        Some(crate::script::Reason::Known(Reason::BadWriteRetry)) => return "-1 bad write retry".to_owned(),
        Some(crate::script::Reason::Known(Reason::BadLength)) => return "-1 bad length".to_owned(),
        Some(crate::script::Reason::Transport) => ", the transport's reason",
        Some(crate::script::Reason::Other(_)) => ", another reason",
    };
    format!("{}{error}{reason}", seen.value)
}

fn read_cell(rules: &ReadRules, is_ours: bool, meeting: Meeting, calls: &[Returned]) -> (String, bool) {
    let modes = if meeting.auto_retry { Modes::AUTO_RETRY } else { Modes::empty() };
    let said = match rules.after(meeting.record, modes, meeting.read_ahead) {
        Next::ReadsOn => "5",
        Next::WantRead => "-1 WANT_READ; 5",
        // What the version never met, ours takes in unseen.
        Next::Fails if is_ours => "5",
        Next::Fails => "fails",
    };
    let text = calls_text(calls);
    let agrees = text == said;
    (text, agrees)
}

fn calls_text(calls: &[Returned]) -> String {
    let texts = calls.iter().map(|call| match call.ssl_error {
        0 => call.value.to_string(),
        2 => format!("{} WANT_READ", call.value),
        other => format!("{} error {other}", call.value),
    });
    texts.collect::<Vec<_>>().join("; ")
}

/// How many cells the engine does not predict.
pub fn unpredicted(columns: &[Column]) -> usize {
    columns.iter().flat_map(|column| &column.cells).filter(|cell| matches!(cell, Some((_, false)))).count()
}

/// COMPAT.md.
pub fn page(columns: &[Column]) -> String {
    let mut text = HEAD.to_owned();
    text += "\n## Hosts\n\n| host | its version text | the engine's rules |\n|---|---|---|\n";
    for column in columns {
        let _ = writeln!(text, "| {} | {} | {} |", column.name, column.version.trim(), column.rules);
    }
    let mut index = 0;
    for (title, introduction, rows) in titles() {
        let _ = write!(text, "\n## {title}\n\n");
        if !introduction.is_empty() {
            let _ = write!(text, "{introduction}\n\n");
        }
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let _ = writeln!(text, "| | {} |\n|---|{}", names.join(" | "), "---|".repeat(columns.len()));
        for row in rows {
            let cells: Vec<String> = columns.iter().map(|column| cell_text(&column.cells[index])).collect();
            let _ = writeln!(text, "| {row} | {} |", cells.join(" | "));
            index += 1;
        }
    }
    let cells = columns.iter().flat_map(|column| &column.cells).flatten().count();
    let _ = write!(text, "\n{cells} cells were observed; the engine predicts {}.\n", cells - unpredicted(columns));
    text
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        None => "—".to_owned(),
        Some((text, true)) => text.clone(),
        Some((text, false)) => format!("{text} ✗"),
    }
}
