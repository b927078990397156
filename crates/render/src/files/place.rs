//! What stands at a destination before anything is written.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read},
    os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::{AtFlags, CWD, OFlags, StatxAttributes, StatxFlags, statx};

use super::{Target, WriteError};

/// As many links as the kernel follows (`path_resolution(7)`).
const MOST_LINKS: usize = 40;
const MODE_BITS: u32 = 0o7777;

/// The destination, as it is.
#[derive(Debug)]
pub(super) struct Place {
    /// What will be replaced: the destination, or where its links lead when they are kept.
    pub(super) path: PathBuf,
    /// The folder of `path`.
    pub(super) folder: PathBuf,
    /// What is there.
    pub(super) existing: Option<Existing>,
    /// `path` is a symbolic link that will be replaced by a file.
    pub(super) is_link: bool,
    /// `path` is itself a mount point: nothing can be renamed over it.
    pub(super) is_mount: bool,
}

/// A file that is there already.
#[derive(Debug, Clone, Copy)]
pub(super) struct Existing {
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) size: u64,
}

impl Place {
    /// Looks, and changes nothing.
    pub(super) fn look(target: &Target) -> Result<Self, WriteError> {
        if target.path.as_os_str().is_empty() {
            return Err(WriteError::NoDestination);
        }
        if leads_to_descriptor(&target.path) {
            return Err(WriteError::NotAFile {
                path: target.path.clone(),
                kind: "a descriptor of this process",
            });
        }
        let path = if target.keep_symlink { follow(&target.path)? } else { target.path.clone() };
        let existing = existing(&path)?;
        let is_link = fs::symlink_metadata(&path).is_ok_and(|data| data.is_symlink());
        let folder = folder_of(&path);
        let is_mount = existing.is_some() && !is_link && is_mount_point(&path);
        Ok(Self { path, folder, existing, is_link, is_mount })
    }

    /// True when the file there has exactly these bytes.
    pub(super) fn holds(&self, bytes: &[u8]) -> Result<bool, WriteError> {
        match self.existing {
            Some(existing) if existing.size == bytes.len() as u64 => {
                same(&self.path, bytes).map_err(WriteError::io(&self.path, "read what is there"))
            }
            _ => Ok(false),
        }
    }

    /// All that is in the file there.
    pub(super) fn contents(&self) -> Result<Option<Vec<u8>>, WriteError> {
        match self.existing {
            None => Ok(None),
            Some(_) => {
                let read = fs::read(&self.path).map_err(WriteError::io(&self.path, "read what is there"))?;
                Ok(Some(read))
            }
        }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn existing(path: &Path) -> Result<Option<Existing>, WriteError> {
    match fs::metadata(path) {
        Ok(data) if data.is_file() => Ok(Some(Existing {
            mode: data.mode() & MODE_BITS,
            uid: data.uid(),
            gid: data.gid(),
            size: data.len(),
        })),
        Ok(data) => Err(WriteError::NotAFile { path: path.to_owned(), kind: kind_of(&data) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(WriteError::io(path, "look at what is there")(error)),
    }
}

fn kind_of(data: &Metadata) -> &'static str {
    let kind = data.file_type();
    if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

/// `/dev/stdout` and its like are links into `/proc`: a file in their place would break every other program.
fn leads_to_descriptor(path: &Path) -> bool {
    let first = fs::read_link(path);
    first.is_ok() && follow(path).is_ok_and(|end| end.starts_with("/proc"))
        || first.is_ok_and(|next| next.starts_with("/proc"))
}

/// The last path of a chain of links; it need not exist.
fn follow(path: &Path) -> Result<PathBuf, WriteError> {
    let mut at = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&at) {
            Ok(next) => at = folder_of(&at).join(next),
            Err(_) => return Ok(at),
        }
    }
    Err(WriteError::io(path, "follow its symbolic links")(rustix::io::Errno::LOOP.into()))
}

/// False as well where the kernel cannot say (before 5.8); a rename then says so with `EBUSY`.
fn is_mount_point(path: &Path) -> bool {
    statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS)
        .is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

fn same(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let mut file =
        fs::OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?;
    let mut rest = bytes;
    let mut chunk = [0; 16 * 1024];
    loop {
        match read_some(&mut file, &mut chunk)? {
            0 => return Ok(rest.is_empty()),
            count if rest.len() < count || rest[..count] != chunk[..count] => return Ok(false),
            count => rest = &rest[count..],
        }
    }
}

fn read_some(file: &mut File, chunk: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
