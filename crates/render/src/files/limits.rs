//! How many descriptors writing may take: always a part of what this process may open, the rest is for everything else.

use rustix::process::{Resource, getrlimit};

/// The most files that are staged with their descriptors open, whatever may be opened.
const MOST_STAGED: u64 = 1024;
/// The most old files that are held while new ones go live.
const MOST_KEPT: u64 = 256;

/// The most files to stage before the first is closed or committed: at most half of those we may open.
pub(super) fn most_staged() -> usize {
    part(MOST_STAGED, 2)
}

/// The most old files of one change to keep open: at most an eighth of those we may open.
pub(super) fn most_kept() -> usize {
    part(MOST_KEPT, 8)
}

fn part(most: u64, divisor: u64) -> usize {
    let open_files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(most.min(open_files / divisor)).unwrap_or_default().max(1)
}
