//! The host: the libssl that made a handle.
//!
//! | file | what it knows |
//! |---|---|
//! | `object.rs` | the loaded objects: which one holds an address, what a name means in it |
//! | `libssl.rs` | one libssl: version, dialect, functions; how its modes are called |
//! | `registry.rs` | the libssls met so far |
//! | `owner.rs` | which of them a call is for |
//! | `births.rs` | handles whose making was seen, until they end |

mod births;
mod libssl;
mod object;
mod owner;
mod registry;

pub use births::remember;
pub use libssl::{Calls, Host};
pub use object::own_range;
pub use owner::{meet_all_loaded, of_forwarded, of_method, of_mode_call, settled, use_host};
pub use registry::{first, is_alone};
