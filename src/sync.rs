//! What the lock-free parts are made of; `models/` builds them with loom's in its place.

pub use std::sync::atomic;
