//! Bringing to the disk what has been written.

use std::{
    fs::File,
    path::Path,
    sync::{Mutex, PoisonError},
    thread, vec,
};

use super::{Staged, temporary::Temporary};

/// How many files are waited for at once. A disk takes many in hardly more time than one: file systems with a journal
/// write it once for all who wait.
const AT_ONCE: usize = 16;
/// A thread here calls one function of the system.
const STACK: usize = 64 << 10;

/// Brings staged files to the disk that were not yet. What fails is told when they are committed.
pub(super) fn together(staged: &mut [&mut Staged]) {
    let files: Vec<_> = staged.iter_mut().filter_map(|file| file.successor()).collect();
    let files: Vec<_> = files.into_iter().filter(|file| !file.was_synced()).collect();
    let others = files.len().min(AT_ONCE).saturating_sub(1);
    let queue = Mutex::new(files.into_iter());
    let sync_all = || {
        while let Some(file) = next(&queue) {
            file.sync();
        }
    };
    thread::scope(|scope| {
        for _ in 0..others {
            // Where no thread can be had, those that there are do its part.
            if thread::Builder::new().stack_size(STACK).spawn_scoped(scope, sync_all).is_err() {
                break;
            }
        }
        sync_all();
    });
}

fn next<'file>(queue: &Mutex<vec::IntoIter<&'file mut Temporary>>) -> Option<&'file mut Temporary> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).next()
}

/// Brings the entries of a folder to the disk.
pub(super) fn folder(path: &Path) -> std::io::Result<()> {
    match File::open(path)?.sync_all() {
        // Some file systems have nothing to synchronise for a folder and say so.
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}
