//! `libsslmode.so`: the mode calls of `SSL_CTX_set_mode(3)` as real functions, over whatever libssl the process has.
//!
//! A call comes in through `abi`, whose functions are thin: they ask `host` which libssl owns the handle, and call
//! it. What a mask means in that libssl is a rule of `sslmode-engine`.
//!
//! | calls | file | what happens |
//! |---|---|---|
//! | `SSL_CTX_set_mode` and its five sisters | `abi/modes.rs` | owner, dialect, the host's own control call |
//! | `SSL_ctrl`, `SSL_CTX_ctrl` | `abi/ctrl.rs` | a mode command is a mode call; the rest is the host's |
//! | `SSL_CTX_new`, `SSL_CTX_new_ex`, `SSL_new`, `SSL_dup` | `abi/handles.rs` | what owns the new handle is learnt |
//! | `SSL_read`, `SSL_write` and their like, handshake, shutdown | `abi/io.rs` | the host's, watched by the options |
//! | `SSL_get_error`, `SSL_want`, `SSL_clear`, `SSL_free`, `SSL_set_SSL_CTX` | `abi/connection.rs` | the host's |
//! | `sslmode_version`, `sslmode_mode_names`, `sslmode_use_host` | `abi/own.rs` | this library's own |
//!
//! Every exported name stands in `src/exports.txt`, and a test compares that list with the library.
//!
//! Calls that are not about modes jump on to the host (`abi/forward.rs`): one instruction, as long as the process has
//! one libssl and no option is on. What the options turn on is in `hooks`.

#[cfg(not(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")))]
compile_error!("libsslmode.so is for Linux with glibc on x86-64: it reads the caller's address as that ABI leaves it");

mod abi;
mod boundary;
mod caller;
mod descriptor;
mod doubt;
mod hooks;
mod host;
mod log;
mod openssl;
mod options;
mod report;
mod sync;
mod tally;
