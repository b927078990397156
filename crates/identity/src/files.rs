//! Bounded reading of small files below a root.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::model::text;

/// The most bytes of a file that are read.
const LONGEST_FILE: u64 = 256 * 1024;

/// A file's beginning as text; nothing if it cannot be read. Only a regular file is opened: a pipe would block.
pub(crate) fn read(root: &Path, path: &str) -> Option<String> {
    let path = root.join(path);
    if !fs::metadata(&path).ok()?.is_file() {
        return None;
    }
    // Most of these files fit, and each read of a made-up file costs the kernel the making of it.
    let mut bytes = Vec::with_capacity(4096);
    // The error of a partly read file is of no interest: what was read counts.
    let _ = File::open(&path).ok()?.take(LONGEST_FILE).read_to_end(&mut bytes);
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A file that holds one value: trimmed, not empty.
pub(crate) fn value(root: &Path, path: &str) -> Option<String> {
    text(&read(root, path)?)
}

/// A file that holds one whole number.
pub(crate) fn number(root: &Path, path: &str) -> Option<u64> {
    read(root, path)?.trim().parse().ok()
}

/// The number after `key` in a file of lines `key number`, as cgroup's `cpu.stat` and `memory.events` are.
pub(crate) fn keyed_number(root: &Path, path: &str, key: &str) -> Option<u64> {
    let content = read(root, path)?;
    content
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(name, _)| *name == key)?
        .1
        .trim()
        .parse()
        .ok()
}
