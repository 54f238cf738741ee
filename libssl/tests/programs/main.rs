//! Real programs on our libssl, on the system's, and one on each: what they print is the same.

mod authority;
mod database;
mod http;
mod proxies;
mod python;
mod redis;
mod side;
mod tunnels;
mod wire;
