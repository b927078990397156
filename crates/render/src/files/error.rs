//! What can go wrong while a file is written, and what to try.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Each completes "failed to …"; the cause of an `Io` is its source.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The system refused one of the steps.
    #[error("write {}: cannot {doing}", path.display())]
    Io {
        /// The destination.
        path: PathBuf,
        /// The step: a verb and its object.
        doing: &'static str,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The folder is not there and was not to be made.
    #[error("write {}: parent directory is missing", path.display())]
    ParentMissing {
        /// The destination.
        path: PathBuf,
    },
    /// The destination is something that cannot be replaced by a file.
    #[error("write {}: it is {kind}, not a file", path.display())]
    NotAFile {
        /// The destination.
        path: PathBuf,
        /// "a folder", "a device" …
        kind: &'static str,
    },
    /// The destination is empty.
    #[error("write a file: missing destination")]
    NoDestination,
    /// Two files of one change have the same destination.
    #[error("write {}: it is the destination of two files", path.display())]
    Twice {
        /// The destination.
        path: PathBuf,
    },
    /// `user` is a name without an account.
    #[error("find user {name:?}")]
    UnknownUser {
        /// As configured.
        name: String,
    },
    /// `group` is a name without an account.
    #[error("find group {name:?}")]
    UnknownGroup {
        /// As configured.
        name: String,
    },
    /// The check command did not accept the staged file; nothing was changed.
    #[error("check {}: {command:?} {ending}{}", path.display(), indented(output))]
    Check {
        /// The destination.
        path: PathBuf,
        /// As it was run.
        command: String,
        /// How it ended: "exited with 1".
        ending: String,
        /// What it wrote, both streams.
        output: String,
    },
    /// The check command could not be run; nothing was changed.
    #[error("check {}: {reason}", path.display())]
    CheckNotRun {
        /// The destination.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// One file of several could not go live, and at least one that did could not be taken back.
    #[error("take back {} after another file of the same change failed", lost.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", "))]
    NotRolledBack {
        /// The files that stayed new.
        lost: Vec<PathBuf>,
        /// Why the change failed in the first place.
        #[source]
        source: Box<WriteError>,
    },
}

impl WriteError {
    pub(super) fn io(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, doing, source }
    }

    pub(super) fn accounts(table: &str, source: io::Error) -> Self {
        Self::Io { path: table.into(), doing: "read the accounts", source }
    }

    /// What to try, for whoever reads the error.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { path, source, .. } => io_hint(path, source),
            Self::ParentMissing { .. } => Some("make the folder, or set create_dest_dirs = true".into()),
            Self::NotAFile { .. } => Some("give the path of a file".into()),
            Self::UnknownUser { .. } => {
                Some("add the user to /etc/passwd of this container, or give its number".into())
            }
            Self::UnknownGroup { .. } => {
                Some("add the group to /etc/group of this container, or give its number".into())
            }
            Self::NotRolledBack { source, .. } => source.hint(),
            Self::Twice { .. } => Some("give each template its own destination".into()),
            Self::NoDestination | Self::Check { .. } | Self::CheckNotRun { .. } => None,
        }
    }
}

fn io_hint(path: &Path, error: &io::Error) -> Option<String> {
    let folder = path.parent().unwrap_or(path).display();
    match error.kind() {
        io::ErrorKind::StorageFull => Some(format!(
            "the disk under {folder} is full: free some space (df -h {folder}; also inodes: df -i)"
        )),
        io::ErrorKind::QuotaExceeded => {
            Some(format!("the disk quota of this user is used up under {folder}"))
        }
        io::ErrorKind::ReadOnlyFilesystem => Some(format!(
            "{folder} is on a read-only file system: mount a writable volume there (an emptyDir or a tmpfs will do)"
        )),
        io::ErrorKind::PermissionDenied => Some(format!(
            "let this user (uid {}) write to {folder}; setting an owner needs root or CAP_CHOWN",
            rustix::process::geteuid().as_raw()
        )),
        io::ErrorKind::NotADirectory => Some(format!("a part of {folder} is a file, not a folder")),
        io::ErrorKind::InvalidFilename => Some("shorten the file name".into()),
        _ => None,
    }
}

fn indented(output: &str) -> String {
    let mut text = String::new();
    for line in output.trim_end().lines() {
        text.push_str("\n    ");
        text.push_str(line);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_a_read_only_one_and_a_forbidden_one_have_a_cure_each() {
        for (number, cure) in
            [(28, "is full"), (30, "read-only"), (13, "uid "), (1, "CAP_CHOWN"), (122, "quota")]
        {
            let error =
                WriteError::io(Path::new("/srv/app.conf"), "write it")(io::Error::from_raw_os_error(number));
            let hint = error.hint().unwrap();
            assert!(hint.contains(cure) && (hint.contains("/srv") || number == 1), "{number}: {hint}");
        }
    }

    #[test]
    fn the_output_of_a_check_stands_under_it() {
        let error = WriteError::Check {
            path: "/etc/app.conf".into(),
            command: "app -t".into(),
            ending: "exited with 1".into(),
            output: "line 3: unknown key\nconfiguration is wrong\n".into(),
        };
        assert_eq!(
            error.to_string(),
            "check /etc/app.conf: \"app -t\" exited with 1\n    line 3: unknown key\n    configuration is wrong"
        );
    }
}
