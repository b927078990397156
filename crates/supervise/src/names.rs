//! How the names of hosts become addresses: an interface, so that this crate needs no resolver.

use std::{fmt::Debug, net::IpAddr, pin::Pin};

/// The addresses to come, or in one line why there are none. It is dropped when its time is up.
pub type Resolving<'names> = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, String>> + Send + 'names>>;

/// Finds the addresses of hosts that probes name. It is asked for nothing that is an address, nor for `localhost`.
pub trait Names: Debug + Send + Sync {
    /// All addresses of a host, in the order in which they are to be tried. It need not limit the time; what goes on for
    /// it must end when the answer is dropped: a thread in the C library's resolver would not.
    fn resolve<'names>(&'names self, host: &'names str) -> Resolving<'names>;
}

/// Knows no names.
#[derive(Debug, Clone, Copy, Default)]
pub struct AddressesOnly;

impl Names for AddressesOnly {
    fn resolve<'names>(&'names self, host: &'names str) -> Resolving<'names> {
        Box::pin(async move { Err(format!("{host} is a name, and only addresses are known here")) })
    }
}
