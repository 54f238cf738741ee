//! The exported C functions, one file per family. They hold no policy: which libssl owns a handle is `host`'s to say,
//! what a mask means is the engine's, what is to be seen or changed is `hooks`'.

mod connection;
mod ctrl;
pub mod forward;
mod handles;
mod io;
mod modes;
mod own;
