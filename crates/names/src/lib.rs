//! Names of hosts to addresses, as the system is set up to, without the C library: `/etc/hosts` first, which needs no name
//! server; then `localhost`, which is this machine; then the servers of `/etc/resolv.conf` with its search list.
//!
//! Addresses written as text are no names: whoever asks looks for them first.

mod blocking;
mod hosts;
mod resolver;

pub use blocking::resolve_within;
pub use hosts::addresses_of;
pub use resolver::{Asking, Resolver, ResponseCode, Unresolved};
