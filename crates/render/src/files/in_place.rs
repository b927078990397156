//! Writing into the file that is there: only for a mount point, over which nothing can be renamed.

use std::{fs::OpenOptions, io::Write, path::Path};

use super::WriteError;

/// Writes first and cuts after, so that the file is never empty; a kill in between can be seen by readers.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let mut file = OpenOptions::new()
        .write(true)
        .open(path)
        .map_err(WriteError::io(path, "open it to write in place"))?;
    file.write_all(bytes).map_err(WriteError::io(path, "write it in place"))?;
    file.set_len(bytes.len() as u64).map_err(WriteError::io(path, "cut it to its length"))?;
    file.sync_all().map_err(WriteError::io(path, "bring it to the disk"))
}
