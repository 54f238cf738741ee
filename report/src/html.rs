//! The report as one page: no network, no scripts needed to read it, and nothing of a trace that a browser would run.
//!
//! The policy in its head allows the style and the script below, by their hashes, and nothing else.

use crate::found::{Evidence, Finding, Profiled, Report, Status, TopicFound};
use crate::text::{clean, times};
use crate::timeline::{Connection, Entry, Kind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::fmt::{Display, Write};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// So many marks are in the strip above a timeline.
const MARKS: usize = 100;

/// Text that a browser shows as it is.
struct Shown<'t>(&'t str);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for letter in clean(self.0).chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// Writes to a page in memory, which cannot fail.
macro_rules! put {
    ($page:expr, $($text:tt)*) => {{
        let _ = writeln!($page, $($text)*);
    }};
}

impl Report {
    /// The report as a page.
    pub fn to_html(&self) -> String {
        let mut page = String::new();
        head(&mut page, self);
        put!(page, "<main>");
        problems(&mut page, self);
        found(&mut page, self);
        changed(&mut page, self);
        timelines(&mut page, self);
        table(&mut page, self, Status::Safe, "Found safe", "exercised by this run, without a difference");
        table(&mut page, self, Status::NotExercised, "Not exercised", "this run did not come to it");
        table(&mut page, self, Status::NotShown, "Not shown by any trace", "look for it in the source");
        put!(
            page,
            "</main>\n<footer>Made by sslmode report. The rules and their sources: <code>sslmode dialects</code>.</footer>"
        );
        put!(page, "<script>{SCRIPT}</script>\n</body>\n</html>");
        page
    }
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

fn head(page: &mut String, report: &Report) {
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    let (from, to) = (report.from.name, report.to.name);
    put!(page, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
    put!(
        page,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {style}; \
         script-src {script}; base-uri 'none'; form-action 'none'\">"
    );
    put!(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    put!(page, "<meta name=\"referrer\" content=\"no-referrer\">\n<title>{from} to {to}: sslmode report</title>");
    put!(page, "<style>{STYLE}</style>\n</head>\n<body>\n<header>");
    put!(page, "<h1>From {from} <span>to</span> {to}</h1>\n<p class=\"verdict\">{}</p>", Shown(&report.verdict()));
    put!(page, "<ul class=\"counts\">");
    let counts = report.counts();
    for (class, number, name) in [
        (if counts.found > 0 { "bad" } else { "good" }, counts.found, "relied on"),
        (if counts.rules > 0 { "bad" } else { "good" }, counts.rules, "rules broken"),
        ("", counts.safe, "found safe"),
        ("", counts.open, "not exercised"),
    ] {
        put!(page, "<li class=\"{class}\"><b>{number}</b>{name}</li>");
    }
    put!(page, "</ul>\n</header>");
}

/// What was read, and what could not be.
fn problems(page: &mut String, report: &Report) {
    put!(
        page,
        "<h2>What was read</h2>\n<table><thead><tr><th>program</th><th>libssl</th><th>seen</th></tr></thead><tbody>"
    );
    for program in &report.programs {
        let hosts = program.hosts.join(", ");
        put!(
            page,
            "<tr><td class=\"mono\">{}[{}]</td><td>{}</td><td>contexts {}, connections {}</td></tr>",
            Shown(&program.program),
            program.pid,
            Shown(if hosts.is_empty() { "none" } else { &hosts }),
            program.contexts,
            program.connections
        );
    }
    put!(page, "</tbody></table>");
    let more = report.processes.saturating_sub(report.programs.len() as u64);
    if more > 0 {
        put!(page, "<p class=\"soft\">and {more} more processes</p>");
    }
    let is_bad = report.traces.iter().any(|trace| trace.bad_lines > 0 || trace.lines == 0);
    if !is_bad && report.remarks.is_empty() {
        return;
    }
    put!(page, "<h2>What could not be read</h2>\n<article class=\"problems\"><ul class=\"evidence\">");
    for trace in &report.traces {
        for problem in &trace.problems {
            let place = format!("{}:{}", trace.name, problem.line);
            put!(page, "<li><code>{}</code>{}</li>", Shown(&place), Shown(&problem.text));
        }
        let more = trace.bad_lines - trace.problems.len() as u64;
        if more > 0 {
            put!(page, "<li>{}: and {more} more lines</li>", Shown(&trace.name));
        }
        if trace.lines == 0 {
            put!(page, "<li>{}: an empty file</li>", Shown(&trace.name));
        }
    }
    report.remarks.iter().for_each(|remark| put!(page, "<li>{}</li>", Shown(remark)));
    put!(page, "</ul></article>");
}

fn found(page: &mut String, report: &Report) {
    let topics: Vec<_> = report.of(Status::Found).collect();
    if !topics.is_empty() {
        put!(page, "<h2>What the program relies on</h2>");
    }
    topics.into_iter().for_each(|topic| relied(page, topic));
    let broken: Vec<_> = report.findings.iter().filter(|finding| finding.count > finding.suppressed).collect();
    if !broken.is_empty() {
        put!(page, "<h2>Rules of the documentation that it broke</h2>");
    }
    broken.into_iter().for_each(|finding| rule(page, finding));
    if !report.profiled.is_empty() {
        put!(page, "<h2>What the profile kept from it</h2>");
    }
    report.profiled.iter().for_each(|profiled| kept(page, profiled));
}

fn relied(page: &mut String, topic: &TopicFound) {
    let difference = &topic.difference;
    let perhaps = if topic.perhaps > 0 { format!(", {} of them perhaps", topic.perhaps) } else { String::new() };
    let note = if topic.counts() { "" } else { ", nothing to do" };
    put!(page, "<article><header><h3>{}</h3>", difference.topic.name());
    put!(page, "<span class=\"soft\">{}{perhaps}{note}</span></header>", times(topic.count));
    put!(page, "<div class=\"pair\"><div><b>before</b>{}</div>", Shown(&difference.from));
    put!(page, "<div><b>now</b>{}</div></div>", Shown(&difference.to));
    put!(page, "<div class=\"instead\"><b>write instead</b>{}</div>", Shown(difference.topic.instead()));
    evidence(page, &topic.evidence, topic.count - topic.suppressed);
    put!(page, "<p class=\"source\">{}</p></article>", Shown(&difference.source));
}

fn rule(page: &mut String, finding: &Finding) {
    put!(page, "<article><header><h3>{}</h3>", Shown(&finding.name));
    put!(page, "<span class=\"soft\">{}, {}</span></header>", Shown(&finding.severity), times(finding.count));
    put!(page, "<div class=\"instead\"><b>write instead</b>{}</div>", Shown(&finding.advice));
    evidence(page, &finding.evidence, finding.count - finding.suppressed);
    put!(page, "</article>");
}

fn kept(page: &mut String, profiled: &Profiled) {
    put!(page, "<article><header><h3>{}</h3>", Shown(&profiled.kind));
    put!(page, "<span class=\"soft\">{}</span></header>", times(profiled.count));
    evidence(page, &profiled.evidence, profiled.count);
    put!(page, "</article>");
}

fn evidence(page: &mut String, shown: &[Evidence], count: u64) {
    put!(page, "<ul class=\"evidence\">");
    for call in shown {
        put!(page, "<li><code>{}</code><em>{}</em>", Shown(&call.call), Shown(&call.note));
        let (trace, program) = (Shown(&call.trace), Shown(&call.program));
        put!(page, "<span class=\"where\">{trace}, line {}, {program}[{}]</span></li>", call.line, call.pid);
    }
    let more = count.saturating_sub(shown.len() as u64);
    if more > 0 {
        put!(page, "<li class=\"where\">and {more} more</li>");
    }
    put!(page, "</ul>");
}

fn changed(page: &mut String, report: &Report) {
    let Some(changed) = &report.changed else { return };
    put!(page, "<h2>Beside the baseline</h2>\n<p>{} connections compared.</p>", changed.compared);
    if changed.totals.is_empty() && changed.pairs.is_empty() {
        return put!(page, "<p>Every call had the same outcome.</p>");
    }
    put!(page, "<table><thead><tr><th>call</th><th>outcome</th><th>before</th><th>now</th></tr></thead><tbody>");
    for total in &changed.totals {
        let (function, outcome) = (Shown(&total.function), Shown(&total.outcome));
        put!(
            page,
            "<tr><td class=\"mono\">{function}</td><td>{outcome}</td><td>{}</td><td>{}</td></tr>",
            total.old,
            total.new
        );
    }
    put!(page, "</tbody></table>");
}

fn table(page: &mut String, report: &Report, status: Status, title: &str, about: &str) {
    let topics: Vec<_> = report.of(status).collect();
    if topics.is_empty() {
        return;
    }
    put!(page, "<h2>{title} <span class=\"soft\">{about}</span></h2>\n<table><thead><tr><th>topic</th>");
    put!(page, "<th>before</th><th>now</th><th></th></tr></thead><tbody>");
    for topic in topics {
        let what = match status {
            Status::Safe if topic.suppressed > 0 => format!("{} suppressed", topic.suppressed),
            Status::Safe => times(topic.safe),
            Status::NotExercised => format!("needs {}", topic.exercise()),
            _ => String::new(),
        };
        let difference = &topic.difference;
        let (name, from, to) = (difference.topic.name(), Shown(&difference.from), Shown(&difference.to));
        put!(
            page,
            "<tr><td class=\"n\">{name}</td><td data-name=\"before\">{from}</td><td data-name=\"now\">{to}</td><td class=\"soft last\">{}</td></tr>",
            Shown(&what)
        );
    }
    put!(page, "</tbody></table>");
}

fn timelines(page: &mut String, report: &Report) {
    if report.connections.is_empty() {
        return;
    }
    put!(page, "<h2>Connections <span class=\"soft\">{} shown</span></h2>", report.connections.len());
    put!(page, "<fieldset><legend>Show</legend>");
    for (kind, name) in KINDS {
        put!(
            page,
            "<label><input type=\"checkbox\" id=\"f-{kind}\" data-kind=\"{kind}\" checked><i class=\"key {kind}\"></i>{name}</label>"
        );
    }
    put!(page, "<label><input type=\"checkbox\" id=\"only-found\">only connections with a finding</label>");
    put!(
        page,
        "<label class=\"scripted\"><input type=\"search\" id=\"search\" placeholder=\"search\"></label></fieldset>"
    );
    report.connections.iter().enumerate().for_each(|(place, shown)| connection(page, place, shown));
    if report.connections_left_out > 0 {
        put!(
            page,
            "<p class=\"soft\">and {} more connections, of which none is shown</p>",
            report.connections_left_out
        );
    }
}

const KINDS: [(&str, &str); 8] = [
    ("found", "findings"),
    ("error", "errors"),
    ("want", "WANTs"),
    ("fault", "faults"),
    ("mode", "modes"),
    ("handshake", "handshakes"),
    ("call", "calls"),
    ("life", "births and ends"),
];

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Life => "life",
        Kind::Mode => "mode",
        Kind::Handshake => "handshake",
        Kind::Call => "call",
        Kind::Want => "want",
        Kind::Error => "error",
        Kind::Fault => "fault",
        Kind::Found => "found",
    }
}

fn connection(page: &mut String, place: usize, shown: &Connection) {
    let found = shown.first.iter().chain(&shown.last).filter(|entry| entry.kind == Kind::Found).count();
    let class = if found > 0 { "has-found" } else { "" };
    let open = if place == 0 || found > 0 && place < 10 { " open" } else { "" };
    put!(page, "<details class=\"{class}\"{open}><summary>");
    let (program, handle, agreed) = (Shown(&shown.program), Shown(&shown.handle), Shown(&shown.agreed));
    put!(
        page,
        "<span><span class=\"mono\">{program}[{}] {handle}</span> <span class=\"soft\">{agreed}</span></span>",
        shown.pid
    );
    match found {
        0 => put!(page, "<span></span>"),
        1 => put!(page, "<span class=\"badge\">1 finding</span>"),
        many => put!(page, "<span class=\"badge\">{many} findings</span>"),
    }
    strip(page, shown);
    put!(page, "</summary><ol class=\"entries\">");
    let begin = shown.first.first().or(shown.last.first()).map_or(0, |entry| entry.time_us);
    shown.first.iter().for_each(|one| entry(page, one, begin));
    if shown.left_out > 0 {
        put!(page, "<li class=\"gap\">{} more calls, left out</li>", shown.left_out);
    }
    shown.last.iter().for_each(|one| entry(page, one, begin));
    put!(page, "</ol></details>");
}

/// The whole connection at a glance.
fn strip(page: &mut String, shown: &Connection) {
    page.push_str("<span class=\"strip\">");
    for entry in shown.first.iter().chain(&shown.last).take(MARKS) {
        let _ = write!(page, "<i class=\"{}\"></i>", class(entry.kind));
    }
    put!(page, "</span>");
}

fn entry(page: &mut String, entry: &Entry, begin: u64) {
    let after = entry.time_us.saturating_sub(begin);
    let count = if entry.count > 1 { format!("<b>×{}</b>", entry.count) } else { String::new() };
    put!(
        page,
        "<li class=\"{}\"><time>{}.{:03} ms</time><i></i><span title=\"line {}\">{}</span>{count}</li>",
        class(entry.kind),
        after / 1000,
        after % 1000,
        entry.line,
        Shown(&entry.text)
    );
}
