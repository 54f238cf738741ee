//! `sslmode report`: what a program relies on that differs between two libssls, from the trace of a run.
//!
//! Lines go in one at a time, and what is kept of them is bounded: counts, the first few calls of each kind as evidence,
//! and the handles that are alive. The rules are the engine's: [`sslmode_engine::differences`].
//!
//! | file | what it does |
//! |---|---|
//! | `input.rs` | lines of a trace, and what is wrong with those that are none |
//! | `analysis.rs` | takes the lines in: processes, handles, their beginnings and ends |
//! | `analysis/judge.rs` | which topic a call belongs to, and whether it relies on the difference |
//! | `handles.rs` | what is known of a process, a context, a connection |
//! | `writes.rs` | `SSL_write` judged by the write machines of both versions |
//! | `found.rs` | what comes out: topics, evidence, counts |
//! | `timeline.rs` | the calls of a connection, as many as fit |
//! | `baseline.rs` | a run on the old machine beside a new one |
//! | `text.rs`, `json.rs`, `html.rs` | the report for people, programs, browsers |

#![forbid(unsafe_code)]

mod analysis;
mod baseline;
mod found;
mod handles;
mod html;
pub mod input;
mod json;
mod text;
mod timeline;
mod writes;

pub use analysis::{Analysis, NoDialect, Question};
pub use baseline::{Baseline, Changed};
pub use found::{Evidence, Finding, Profiled, Program, Report, Status, TopicFound, Trace};
pub use text::Counts;
