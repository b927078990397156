//! Bringing to the disk what has been written.

use std::{fs::File, path::Path, thread};

use super::Staged;

/// How many files are waited for at once. A disk takes many in hardly more time than one: file systems with a journal
/// write it once for all who wait.
const AT_ONCE: usize = 16;
/// A thread here calls one function of the system.
const STACK: usize = 64 << 10;

/// Brings staged files to the disk. What fails is told when they are committed.
pub(super) fn together(staged: &mut [&mut Staged]) {
    let mut files: Vec<_> = staged.iter_mut().filter_map(|file| file.successor()).collect();
    if let [file] = files.as_mut_slice() {
        return file.sync();
    }
    let share = files.len().div_ceil(AT_ONCE).max(1);
    thread::scope(|scope| {
        for files in files.chunks_mut(share) {
            let sync = move || files.iter_mut().for_each(|file| file.sync());
            // Where no thread can be had they are brought to the disk one by one when they are committed.
            let _ = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, sync);
        }
    });
}

/// Brings the entries of a folder to the disk.
pub(super) fn folder(path: &Path) -> std::io::Result<()> {
    match File::open(path)?.sync_all() {
        // Some file systems have nothing to synchronise for a folder and say so.
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}
