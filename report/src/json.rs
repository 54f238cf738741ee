//! The report for programs: one object.

use crate::found::{Report, TopicFound};
use serde_json::{Value, json};
use sslmode_engine::differences::Weight;

/// The version of the object: raised when what a reader relies on changes.
const VERSION: u32 = 1;

impl Report {
    /// The report as a JSON object. Members may be added without another `v`.
    pub fn to_json(&self) -> String {
        let traces = self.traces.iter().map(|trace| {
            let problems = trace.problems.iter().map(|problem| json!({"line": problem.line, "text": problem.text}));
            json!({
                "name": trace.name, "lines": trace.lines, "events": trace.events, "bad_lines": trace.bad_lines,
                "problems": problems.collect::<Vec<_>>(),
            })
        });
        let value = json!({
            "v": VERSION,
            "from": self.from.name,
            "to": self.to.name,
            "summary": self.summary(),
            "found": self.found(),
            "traces": traces.collect::<Vec<_>>(),
            "processes": self.processes,
            "programs": self.programs,
            "contexts": self.handles[0],
            "connections": self.handles[1],
            "topics": self.topics.iter().map(topic).collect::<Vec<_>>(),
            "findings": self.findings,
            "profile": self.profiled,
            "baseline": self.changed,
            "remarks": self.remarks,
        });
        format!("{value:#}\n")
    }
}

fn topic(found: &TopicFound) -> Value {
    let difference = &found.difference;
    json!({
        "name": difference.topic.name(),
        "status": found.status,
        "breaks": difference.topic.weight() == Weight::Breaks,
        "from": difference.from,
        "to": difference.to,
        "instead": difference.topic.instead(),
        "source": difference.source,
        "count": found.count,
        "perhaps": found.perhaps,
        "suppressed": found.suppressed,
        "without_difference": found.safe,
        "needs": found.exercise(),
        "evidence": found.evidence,
    })
}
