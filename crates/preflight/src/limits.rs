//! The limit of open files, which many connections at once would meet first.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that are kept for everything but connections.
const RESERVED: u64 = 64;
/// A check holds up to this many descriptors at once: its connection, a driver's second one, a tunnel, a name's.
const PER_CHECK: u64 = 4;

/// Does some work, and sets the limit of open files back to what it was: what is started later gets what it was given.
pub(crate) fn unchanged_by<T>(work: impl FnOnce() -> T) -> T {
    let before = getrlimit(Resource::Nofile);
    let done = work();
    // Lowering the soft limit cannot be refused.
    let _ = setrlimit(Resource::Nofile, before);
    done
}

/// Raises the soft limit of open files to the hard one and says how many checks may be tried at the same moment.
pub(crate) fn concurrency() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: maximum, maximum };
    let open_files = if setrlimit(Resource::Nofile, wanted).is_ok() { maximum } else { current };
    // No limit at all is None.
    let places = open_files.map_or(8192, |files| files.saturating_sub(RESERVED) / PER_CHECK);
    usize::try_from(places.clamp(16, 8192)).unwrap_or(16)
}
