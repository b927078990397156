//! The world as the configuration sees it: variables and files, passed in so that a test can make its own.

use std::io;
use std::path::{Path, PathBuf};

/// Environment variables.
pub trait Environment {
    /// The value of a variable that is set and UTF-8.
    fn variable(&self, name: &str) -> Option<String>;
}

/// Files.
pub trait Files {
    /// The text of a file.
    ///
    /// # Errors
    /// When it cannot be read, or is not UTF-8.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// The files of a folder and of the folders in it, in lexical order; `None` when `path` is no folder.
    ///
    /// # Errors
    /// When it is not there or cannot be listed.
    fn below(&self, path: &Path) -> io::Result<Option<Vec<PathBuf>>>;
}

/// The variables of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// The files of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct FileSystem;

impl Files for FileSystem {
    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn below(&self, path: &Path) -> io::Result<Option<Vec<PathBuf>>> {
        if !std::fs::metadata(path)?.is_dir() {
            return Ok(None);
        }
        let mut found = Vec::new();
        // What is still to be looked at, the next one last: no recursion, however deep the folders are.
        let mut waiting = children(path)?;
        while let Some(path) = waiting.pop() {
            let metadata = std::fs::symlink_metadata(&path)?;
            if metadata.is_dir() {
                waiting.extend(children(&path)?);
            } else if !is_link_to_folder(&path, &metadata) {
                found.push(path);
            }
        }
        Ok(Some(found))
    }
}

/// What is in a folder, in reverse lexical order. Names that begin with two dots are how Kubernetes keeps the versions of a
/// mounted volume: their files are seen through links beside them, and would be read twice.
fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let visible = entries.iter().filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b".."));
    let mut paths: Vec<PathBuf> = visible.map(std::fs::DirEntry::path).collect();
    paths.sort_by(|left, right| right.cmp(left));
    Ok(paths)
}

fn is_link_to_folder(path: &Path, metadata: &std::fs::Metadata) -> bool {
    metadata.is_symlink() && std::fs::metadata(path).is_ok_and(|target| target.is_dir())
}
