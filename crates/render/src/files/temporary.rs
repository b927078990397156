//! Files that nobody shall see: made beside their destination, removed unless they take its place.
//!
//! A name is `.NAME.preflight-` and twelve letters or digits (and the extension, when asked for). Its owner holds a lock
//! on it for as long as it lives, so that another run can tell a leftover of a killed one from a file in use.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

const MARK: &str = ".preflight-";
const RANDOM_LENGTH: usize = 12;
/// What is left of the 255 bytes of a name for the destination's own.
const LONGEST_STEM: usize = 180;
const LONGEST_EXTENSION: usize = 16;
const ATTEMPTS: usize = 100;

/// A temporary file: gone when dropped.
#[derive(Debug)]
pub(super) struct Temporary {
    pub(super) path: PathBuf,
    /// `None` when it was closed, to be opened again when it is needed.
    file: Option<File>,
    keep: bool,
    /// What came of bringing it to the disk. Kept, for a second try may seem to succeed where the first has failed.
    on_disk: Option<io::Result<()>>,
}

impl Temporary {
    /// Makes an empty one, readable by us alone, in `folder`, for the destination `name`.
    pub(super) fn create(folder: &Path, name: &OsStr, keep_extension: bool) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let path = folder.join(fresh_name(name, keep_extension));
            let opened = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
            let file = match opened {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            let lost_to_a_cleaner = matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock))
                || file.metadata().is_ok_and(|data| data.nlink() == 0);
            if !lost_to_a_cleaner {
                return Ok(Self { path, file: Some(file), keep: false, on_disk: None });
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "no free temporary name was found"))
    }

    /// Another name for `original` (or a copy, where that is not possible) that goes when dropped.
    pub(super) fn keep_of(original: &Path, folder: &Path, name: &OsStr) -> io::Result<Self> {
        let file = File::open(original)?;
        // Shared, for it may be somebody's file: enough to tell others that it is in use. Where locks are not
        // supported, nobody can take the file for a leftover either.
        let _ = file.try_lock_shared();
        let path = folder.join(fresh_name(name, false));
        if fs::hard_link(original, &path).is_ok() {
            return Ok(Self { path, file: Some(file), keep: false, on_disk: None });
        }
        let mut copy = Self::create(folder, name, false)?;
        copy_whole(original, copy.file()?)?;
        Ok(copy)
    }

    /// The open file.
    pub(super) fn file(&mut self) -> io::Result<&File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => File::open(&self.path)?,
        };
        Ok(self.file.insert(file))
    }

    /// Gives its descriptor back, and with that the lock: where there are more files than may be open.
    pub(super) fn close(&mut self) {
        self.file = None;
    }

    /// Brings its contents, owner and mode to the disk, unless that was done or tried; [`Temporary::on_disk`] has the
    /// outcome.
    pub(super) fn sync(&mut self) {
        if self.on_disk.is_none() {
            self.on_disk = Some(self.file().and_then(File::sync_all));
        }
    }

    /// Whether that was done or tried.
    pub(super) fn was_synced(&self) -> bool {
        self.on_disk.is_some()
    }

    /// Makes sure that it is on the disk.
    pub(super) fn on_disk(&mut self) -> io::Result<()> {
        self.sync();
        self.on_disk.replace(Ok(())).unwrap_or(Ok(()))
    }

    /// Takes the place of `destination`.
    pub(super) fn rename(&mut self, destination: &Path) -> io::Result<()> {
        fs::rename(&self.path, destination)?;
        self.keep = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.keep {
            // Nothing can be done about it; the next run cleans up.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Bytes, mode and, where allowed, owner.
pub(super) fn copy_whole(original: &Path, mut copy: &File) -> io::Result<()> {
    let mut from = File::open(original)?;
    let data = from.metadata()?;
    io::copy(&mut from, &mut copy)?;
    let _ = std::os::unix::fs::fchown(copy, Some(data.uid()), Some(data.gid()));
    copy.set_permissions(data.permissions())?;
    copy.sync_all()
}

/// Removes what killed runs of ours have left in `folder`; how many there were. What cannot be removed is left.
pub(super) fn clean(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .filter(|entry| is_ours(entry.file_name().as_bytes()))
        .filter(|entry| is_abandoned(&entry.path()) && fs::remove_file(entry.path()).is_ok())
        .count()
}

fn is_abandoned(path: &Path) -> bool {
    let Ok(data) = fs::symlink_metadata(path) else { return false };
    data.is_file() && File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

fn is_ours(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let Some(at) = name.rfind(MARK).filter(|at| *at > 0 && name.starts_with('.')) else { return false };
    let rest = &name[at + MARK.len()..];
    let (random, extension) = rest.split_once('.').unwrap_or((rest, "x"));
    random.len() == RANDOM_LENGTH
        && random.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && is_extension(extension)
}

fn is_extension(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_EXTENSION
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn fresh_name(name: &OsStr, keep_extension: bool) -> String {
    let whole = name.to_string_lossy();
    let stem = &whole[..whole.floor_char_boundary(LONGEST_STEM)];
    let random: String = std::iter::repeat_with(random_letter).take(RANDOM_LENGTH).collect();
    let extension = Path::new(name).extension().and_then(OsStr::to_str).filter(|text| is_extension(text));
    match extension {
        Some(extension) if keep_extension => format!(".{stem}{MARK}{random}.{extension}"),
        _ => format!(".{stem}{MARK}{random}"),
    }
}

fn random_letter() -> char {
    char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[fastrand::usize(..36)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_hidden_random_and_recognised() {
        let name = OsStr::new("nginx.conf");
        let (one, other) = (fresh_name(name, false), fresh_name(name, true));
        assert!(one.starts_with(".nginx.conf.preflight-") && is_ours(one.as_bytes()), "{one}");
        assert!(other.ends_with(".conf") && is_ours(other.as_bytes()), "{other}");
        assert_ne!(one, fresh_name(name, false));
        let long = "é".repeat(127);
        assert!(fresh_name(OsStr::new(&long), true).len() <= 255);
    }

    #[test]
    fn what_others_named_is_not_ours() {
        for name in [
            "nginx.conf",
            ".nginx.conf",
            ".preflight-abcdefghijkl",
            "nginx.preflight-abcdefghijkl",
            ".nginx.preflight-abcdefghijk",
            ".nginx.preflight-abcdefghijkL",
            ".nginx.preflight-abcdefghijkl.",
            ".nginx.preflight-abcdefghijkl.a.b",
        ] {
            assert!(!is_ours(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn leftovers_go_and_files_in_use_stay() {
        let folder = tempfile::tempdir().unwrap();
        let used = Temporary::create(folder.path(), OsStr::new("a"), false).unwrap();
        let left = folder.path().join(fresh_name(OsStr::new("b"), false));
        fs::write(&left, "half").unwrap();
        fs::write(folder.path().join("b"), "whole").unwrap();
        assert_eq!(clean(folder.path()), 1);
        assert!(used.path.exists() && !left.exists() && folder.path().join("b").exists());
        let path = used.path.clone();
        drop(used);
        assert!(!path.exists());
    }
}
