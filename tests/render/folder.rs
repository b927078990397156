//! Folders: copied, read whole, and compared.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The files of a folder: name, mode and contents.
pub(crate) type Files = BTreeMap<String, File>;

/// One file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct File {
    /// The permission bits; not known for files kept in the repository.
    pub(crate) mode: Option<u32>,
    /// The bytes.
    pub(crate) contents: Vec<u8>,
}

/// Copies a folder with what lies below it.
///
/// # Errors
/// Something cannot be read or written.
pub(crate) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// All files right in a folder; none if there is no folder.
///
/// # Errors
/// One of them cannot be read.
pub(crate) fn read(folder: &Path) -> Result<Files, String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Files::new()) };
    let mut files = Files::new();
    for entry in entries {
        let entry = entry.map_err(|error| error.to_string())?;
        let told = |error: std::io::Error| format!("{}: {error}", entry.path().display());
        let read = || -> std::io::Result<_> {
            Ok((entry.metadata()?.permissions().mode() & 0o7777, std::fs::read(entry.path())?))
        };
        let (mode, contents) = match read() {
            Ok(read) => read,
            // A staged file that has taken its place meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(told(error)),
        };
        files.insert(entry.file_name().to_string_lossy().into_owned(), File { mode: Some(mode), contents });
    }
    Ok(files)
}

/// What is different between two folders, file by file; empty if nothing is.
pub(crate) fn difference(expected: &Files, actual: &Files) -> String {
    let mut told = String::new();
    for (name, file) in expected {
        let line = match actual.get(name) {
            None => "is not there".to_owned(),
            Some(other) if other.contents != file.contents => {
                first_difference(&file.contents, &other.contents)
            }
            Some(other) if file.mode.is_some() && file.mode != other.mode => {
                format!("has mode {:o} instead of {:o}", other.mode.unwrap_or(0), file.mode.unwrap_or(0))
            }
            Some(_) => continue,
        };
        // Writing to a String cannot fail.
        let _ = writeln!(told, "{name} {line}");
    }
    for name in actual.keys().filter(|name| !expected.contains_key(*name)) {
        let _ = writeln!(told, "{name} should not be there");
    }
    told
}

fn first_difference(expected: &[u8], actual: &[u8]) -> String {
    let (mut wanted, mut got) = (expected.split(|byte| *byte == b'\n'), actual.split(|byte| *byte == b'\n'));
    let mut number = 0;
    loop {
        number += 1;
        match (wanted.next(), got.next()) {
            (a, b) if a == b && a.is_some() => {}
            (a, b) => {
                let line = |line: Option<&[u8]>| {
                    line.map_or("(end)".to_owned(), |line| format!("{:?}", String::from_utf8_lossy(line)))
                };
                return format!("differs in line {number}:\n  {}\nhere\n  {}", line(a), line(b));
            }
        }
    }
}
