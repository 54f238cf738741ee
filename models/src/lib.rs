//! The files of the library and the engine that threads share without a lock, as they are, on loom's atomics.
//!
//! loom runs a model again and again, in every order that its threads may take, and with every value that a load may
//! see. Each of these files takes its atomics from `crate::sync`, which here is loom's; that is all the difference.
//!
//! Not here: what is a single atomic operation (a line that is written once, a counter, the slot that a call jumps
//! through), for there is nothing to interleave in it.

// As a test of its own this crate is empty: the files' own tests run where the files belong.
#![cfg(not(test))]
#![allow(missing_docs, reason = "the files belong to other crates and are documented there")]

pub mod sync {
    pub use loom::sync::atomic;
}

pub mod mode {
    pub use sslmode_engine::Width;
}

pub mod hooks {
    /// In place of what the library keeps with an entry for its faults, the check and its profile.
    #[derive(Default)]
    pub struct State;

    impl State {
        pub fn reset(&self) {}
    }

    pub use State as CheckState;
    pub use State as FaultState;
    pub use State as ProfileState;
}

#[path = "../../src/host/append.rs"]
pub mod append;
#[path = "../../engine/src/cell.rs"]
pub mod cell;
#[path = "../../src/doubt.rs"]
pub mod doubt;
#[path = "../../src/host/table.rs"]
pub mod table;
