//! The rows of COMPAT.md that are sequences of calls: rules down, and for each what to do and what to show.

use crate::ffi::Protocol;
use crate::script::{Op, Sequence, Setting};

/// A row: a sequence, and which of its steps its cell tells of.
pub struct Row {
    /// What the row is about.
    pub title: &'static str,
    /// The steps, as [`Sequence`] reads them; those that end in `!` are shown. The masks are ENABLE_PARTIAL_WRITE, 1,
    /// and ACCEPT_MOVING_WRITE_BUFFER, 2, which are the same numbers everywhere.
    pub steps: &'static str,
}

/// Rows under one heading.
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// What the rows have in common.
    pub text: &'static str,
    /// The rows.
    pub rows: &'static [Row],
}

const fn row(title: &'static str, steps: &'static str) -> Row {
    Row { title, steps }
}

/// Every section.
pub const SECTIONS: &[Section] = &[
    Section {
        title: "SSL_write of 40,000 bytes, room for one record",
        text: "The peer makes room before every further call.",
        rows: &[
            row(
                "as by default",
                "write first 0 40000!; drain 99999; write first 0 40000!; drain 99999; write first 0 40000!",
            ),
            row(
                "ENABLE_PARTIAL_WRITE",
                "set 1; write first 0 40000!; drain 99999; write first 16384 23616!; drain 99999; write first 32768 7232!",
            ),
            row(
                "the same, into a full pipe, then the same call again",
                "set 1; write first 0 16384; write first 16384 40000!; drain 99999; write first 16384 40000!",
            ),
            row(
                "ENABLE_PARTIAL_WRITE set between a call and its retry",
                "write first 0 40000!; set 1; drain 99999; write first 0 40000!",
            ),
        ],
    },
    Section {
        title: "A wrong retry, and whether the connection lives on",
        text: "Before it SSL_write of 40,000 bytes returned WANT_WRITE: one record is sent, the second is pending. The \
               cell tells of the wrong retry; then of the right retry, made until it is through; then of a new write of \
               5 bytes.",
        rows: &[
            row(
                "other buffer",
                "write first 0 40000; write moved 0 40000!; drain 99999; write first 0 40000; drain 99999; write first 0 40000!; write first 0 5!",
            ),
            row(
                "same buffer, 30,000 bytes",
                "write first 0 40000; write first 0 30000!; drain 99999; write first 0 40000; drain 99999; write first 0 40000!; write first 0 5!",
            ),
            row(
                "same buffer, 30,000 bytes, when there is room",
                "write first 0 40000; drain 99999; write first 0 30000!; drain 99999; write first 0 40000; drain 99999; write first 0 40000!; write first 0 5!",
            ),
            row(
                "same buffer, 10 bytes",
                "write first 0 40000; write first 0 10!; drain 99999; write first 0 40000; drain 99999; write first 0 40000!; write first 0 5!",
            ),
            row(
                "same buffer, 0 bytes",
                "write first 0 40000; write first 0 0!; drain 99999; write first 0 40000; drain 99999; write first 0 40000!; write first 0 5!",
            ),
            row(
                "the first record only is pending; same buffer, 10 bytes",
                "write first 0 1000; write first 5000 16384; write first 5000 10!; drain 99999; write first 5000 16384!; write first 0 5!",
            ),
        ],
    },
    Section {
        title: "A retry that is moved or changed, and allowed or not",
        text: "As before: the retry; then the call that is named, made until it is through.",
        rows: &[
            row(
                "same buffer, 50,000 bytes; then those",
                "write first 0 40000; write first 0 50000!; drain 99999; write first 0 50000; drain 99999; write first 0 50000!",
            ),
            row(
                "ACCEPT_MOVING_WRITE_BUFFER, other buffer; then that",
                "set 2; write first 0 40000; write moved 0 40000!; drain 99999; write moved 0 40000; drain 99999; write moved 0 40000!",
            ),
            row(
                "ACCEPT_MOVING_WRITE_BUFFER, other buffer, 50,000 bytes; then those",
                "set 2; write first 0 40000; write moved 0 50000!; drain 99999; write moved 0 50000; drain 99999; write moved 0 50000!",
            ),
            row(
                "ACCEPT_MOVING_WRITE_BUFFER, 20,000 bytes, then other buffer, 17,000 bytes; then 20,000",
                "set 2; write first 0 20000; write moved 0 17000!; drain 99999; write first 0 20000!",
            ),
            row(
                "ACCEPT_MOVING_WRITE_BUFFER, same buffer, 10 bytes; then 40,000",
                "set 2; write first 0 40000; write first 0 10!; drain 99999; write first 0 40000; drain 99999; write first 0 40000!",
            ),
            row(
                "the same with 17,000 bytes: what the peer gets, the right retry, what the peer gets of it",
                "set 2; write first 0 17000; write first 0 10; drain 99999!; write first 0 17000!; drain 99999!",
            ),
            row(
                "ACCEPT_MOVING_WRITE_BUFFER set between a call and its retry from elsewhere; then that",
                "write first 0 40000; set 2; write moved 0 40000!; drain 99999; write moved 0 40000; drain 99999; write moved 0 40000!",
            ),
            row(
                "a retry moved and one more record sent from there, then ACCEPT_MOVING_WRITE_BUFFER cleared: from there again",
                "set 2; write first 0 60000; drain 99999; write moved 0 60000; clear 2; write moved 0 60000!",
            ),
            row(
                "the same: from where it began",
                "set 2; write first 0 60000; drain 99999; write moved 0 60000; clear 2; write first 0 60000!",
            ),
        ],
    },
    Section {
        title: "Lengths that are no lengths",
        text: "",
        rows: &[
            row("SSL_write of 0 bytes", "write first 0 0!"),
            row("SSL_write_ex of 0 bytes (the bytes written, or -1 for failure)", "write-ex first 0 0!"),
            row("SSL_write_ex of 0 bytes as a retry of 40,000", "write first 0 40000; write-ex first 0 0!"),
            row("SSL_write of -1 bytes", "write first 0 -1!"),
            row(
                "-1 bytes as a retry of 40,000; then the right retry, made until it is through",
                "write first 0 40000; write first 0 -1!; drain 99999; write first 0 40000; drain 99999; write first 0 40000!",
            ),
        ],
    },
    Section {
        title: "Other",
        text: "",
        rows: &[
            row("the transport fails; then the same call again", "break; write first 0 5!; write first 0 5!"),
            row(
                "SSL_set_max_send_fragment 512, then 1,024: SSL_write of 40,000 under ENABLE_PARTIAL_WRITE",
                "limit 512; limit 1024; set 1; write first 0 40000!",
            ),
        ],
    },
];

impl Row {
    /// The sequence over this protocol, and for each step whether it is shown.
    ///
    /// # Panics
    /// When a row is not written as [`Sequence`] reads it; a test reads them all.
    pub fn sequence(&self, protocol: Protocol) -> (Sequence, Vec<bool>) {
        let steps: Vec<&str> = self.steps.split(';').map(str::trim).collect();
        let ops = steps.iter().map(|step| step.trim_end_matches('!').parse::<Op>().expect("a row that reads"));
        let setting = Setting { protocol, room: 17_000, read_ahead: false };
        (Sequence { setting, ops: ops.collect() }, steps.iter().map(|step| step.ends_with('!')).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_reads_and_shows_something() {
        for row in SECTIONS.iter().flat_map(|section| section.rows) {
            let (_, shown) = row.sequence(Protocol::Tls12);
            assert!(shown.contains(&true), "{}", row.title);
        }
    }
}
