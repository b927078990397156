//! The file with the number of this process, for as long as it runs.

use std::path::{Path, PathBuf};

/// Removed when dropped.
pub(super) struct PidFile {
    path: Option<PathBuf>,
}

impl PidFile {
    /// Writes it, if one is asked for.
    ///
    /// # Errors
    /// In words, when it cannot be written.
    pub(super) fn write(path: Option<&Path>) -> Result<Self, String> {
        if let Some(path) = path {
            std::fs::write(path, std::process::id().to_string())
                .map_err(|error| format!("the pid file {} cannot be written: {error}", path.display()))?;
        }
        Ok(Self { path: path.map(Path::to_owned) })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Somebody else has removed it.
            let _ = std::fs::remove_file(path);
        }
    }
}
