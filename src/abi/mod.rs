//! The exported C functions, one file per family. They hold no policy: which libssl owns a handle is `host`'s to say,
//! what a mask means is the engine's.

mod ctrl;
pub mod forward;
mod handles;
mod modes;
mod own;
