//! What was found: told once for each rule and stack, as soon as it is found; counted; summed up at exit.

use super::stack::{Frame, Stack};
use crate::boundary::{self, contain};
use crate::options;
use crate::{log, report};
use libc::c_void;
use sslmode_engine::contract::{Finding, Rule, Severity};
use sslmode_protocol::event::{self, Event, Found, Name};
use sslmode_protocol::suppressions::Suppressions;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// What was found so far, the newest first: a list that only grows, so that nobody needs a lock.
static LIST: AtomicPtr<Node> = AtomicPtr::new(ptr::null_mut());

/// A rule that was broken by this stack.
struct Node {
    rule: Rule,
    stack: Stack,
    /// The process: a child has its parent's nodes, and findings of its own.
    pid: u32,
    count: AtomicU64,
    /// The calls by name, once it is told; never set where it is suppressed.
    frames: OnceLock<Vec<String>>,
    next: *const Node,
}

static SUPPRESSIONS: OnceLock<Suppressions> = OnceLock::new();

/// Reads the suppressions, and sees to the end of the process, while there is one thread.
pub fn prepare() {
    SUPPRESSIONS.get_or_init(|| {
        read_suppressions().unwrap_or_else(|mistake| {
            let path = options::get().suppressions.as_deref().unwrap_or_default();
            report::line(format_args!("option suppressions: {path}: {mistake}; nothing is suppressed"));
            Suppressions::default()
        })
    });
    boundary::at_exit(at_exit);
}

fn read_suppressions() -> Result<Suppressions, String> {
    let Some(path) = &options::get().suppressions else { return Ok(Suppressions::default()) };
    let text = std::fs::read_to_string(path).map_err(|error| format!("expected a text file, got: {error}"))?;
    let suppressions: Suppressions = text.parse().map_err(|mistake| format!("{mistake}"))?;
    if let Some(line) = suppressions.first_unknown(|name| Rule::by_name(name).is_some()) {
        return Err(format!("line {}: unknown finding \"{}\"", line.line, line.finding));
    }
    Ok(suppressions)
}

/// A finding is made. It is told unless the same stack has made it before, or it is suppressed.
pub fn add(finding: Finding, function: &'static str, handle: usize, stack: &Stack) {
    let pid = std::process::id();
    let node = Node {
        rule: finding.rule,
        stack: *stack,
        pid,
        count: AtomicU64::new(1),
        frames: OnceLock::new(),
        next: ptr::null(),
    };
    let Some(node) = insert(Box::new(node)) else { return };
    let frames = stack.frames();
    if is_suppressed(finding.rule, &frames) {
        return;
    }
    let frames: Vec<String> = frames.iter().map(Frame::to_string).collect();
    let _ = node.frames.set(frames.clone());
    tell(finding, function, handle, frames);
}

/// Puts a node into the list, unless there is one like it, which is counted then.
fn insert(mut new: Box<Node>) -> Option<&'static Node> {
    let mut head = LIST.load(Ordering::Acquire);
    loop {
        let like = |node: &&Node| node.rule == new.rule && node.pid == new.pid && node.stack == new.stack;
        if let Some(known) = nodes(head).find(like) {
            known.count.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        new.next = head;
        let node = Box::into_raw(new);
        match LIST.compare_exchange(head, node, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: in the list, and never freed.
            Ok(_) => return unsafe { node.as_ref() },
            Err(other) => {
                // SAFETY: nobody else has seen it.
                new = unsafe { Box::from_raw(node) };
                head = other;
            }
        }
    }
}

fn nodes(head: *const Node) -> impl Iterator<Item = &'static Node> {
    // SAFETY: NULL, or in the list: never freed, and `next` no longer changes.
    let at = |node: *const Node| unsafe { node.as_ref() };
    std::iter::successors(at(head), move |node| at(node.next))
}

fn is_suppressed(rule: Rule, frames: &[Frame]) -> bool {
    let names = frames.iter().flat_map(Frame::parts);
    SUPPRESSIONS.get().is_some_and(|suppressions| suppressions.cover(rule.name(), names))
}

fn tell(finding: Finding, function: &'static str, handle: usize, frames: Vec<String>) {
    let entry = finding.rule.entry();
    log::write(Event::Finding(event::Finding {
        name: Name::Borrowed(entry.name),
        severity: Name::Borrowed(entry.severity.name()),
        function: Name::Borrowed(function),
        handle: format!("{handle:#x}"),
        text: finding.text,
        source: Name::Borrowed(entry.source),
        advice: Name::Borrowed(entry.advice),
        frames,
    }));
}

/// Runs after the program's own functions for the end, and after all destructors.
extern "C" fn at_exit(_: *mut c_void) {
    if !options::are_in_force() {
        return;
    }
    let has_error = contain(|| {
        super::end_all();
        sum_up()
    });
    if let (Some(true), Some(status)) = (has_error, options::get().exitcode) {
        // SAFETY: glibc goes on with what is left of the end, and takes the new status.
        unsafe { libc::exit(status.into()) };
    }
}

/// Writes what was found in this process; whether an error was.
fn sum_up() -> bool {
    let pid = std::process::id();
    let is_told = |node: &&Node| node.pid == pid && node.frames.get().is_some();
    let mut found: Vec<&Node> = nodes(LIST.load(Ordering::Acquire)).filter(is_told).collect();
    if found.is_empty() {
        return false;
    }
    found.reverse();
    let summary = found.iter().map(|node| Found {
        name: Name::Borrowed(node.rule.name()),
        count: node.count.load(Ordering::Relaxed),
        frames: node.frames.get().cloned().unwrap_or_default(),
    });
    log::write(Event::Findings { found: summary.collect() });
    found.iter().any(|node| node.rule.entry().severity == Severity::Error)
}
