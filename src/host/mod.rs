//! The host: the libssl that made a handle.
//!
//! | file | what it knows |
//! |---|---|
//! | `object.rs` | the loaded objects: which one holds an address, what a name means in it |
//! | `libssl.rs` | one libssl: version, dialect, functions; how its modes are called |
//! | `calls.rs` | the functions of a libssl that we stand in front of |
//! | `below.rs` | the functions of a libssl that faults and the check need |
//! | `registry.rs` | the libssls met so far |
//! | `append.rs` | the list that they are kept in, without a lock |
//! | `owner.rs` | which of them a call is for |
//! | `births.rs` | handles whose making was seen, until they end |
//! | `table.rs` | addresses of handles, without a lock |

mod append;
mod below;
mod births;
mod calls;
mod libssl;
mod object;
mod owner;
mod registry;
mod table;

pub use below::Below;
pub use births::{all_kept, kept, remember};
pub use calls::Calls;
pub use libssl::Host;
pub use object::own_range;
pub use owner::{is_one_loaded, meet_all_loaded, of_forwarded, of_method, of_mode_call, settled, use_host};
pub use registry::{first, holding, is_alone};
pub use table::Entry;
