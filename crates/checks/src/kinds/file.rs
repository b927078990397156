//! Files, directories and sockets of the container itself.

use crate::kind::Address;
use crate::{Class, Kind, cures};

/// A file, a directory, a socket or a symbolic link.
pub static KIND: Kind = Kind {
    name: "file",
    title: "File",
    aliases: &[],
    default_port: None,
    address: Address::None,
    attributes: &[],
    proves: "The path exists (or does not), is what it must be, has the mode and the owner, may be read, written or \
             executed by this process, and holds the text.",
    classes: &[
        &MISSING,
        &UNEXPECTED,
        &NOT_REACHABLE,
        &WRONG_TYPE,
        &NOT_READABLE,
        &NOT_WRITABLE,
        &NOT_EXECUTABLE,
        &WRONG_MODE,
        &WRONG_OWNER,
        &CONTENT,
    ],
    common: None,
};

/// Not there.
pub static MISSING: Class = Class::healing(
    "file.missing",
    "Nothing is at that path.",
    &[
        "the volume, secret or config map is not mounted",
        "the image was built without it",
        "a sidecar has not written it yet",
    ],
    "check the path and the mounts; let preflight wait if something else writes it at start",
    &cures::CONTAINER,
);
/// There, although it must not be.
pub static UNEXPECTED: Class = Class::healing(
    "file.unexpected",
    "Something is at a path where nothing must be.",
    &[
        "a lock or PID file of an earlier run on a volume that outlived it",
        "a default file of the base image",
    ],
    "remove it, or find out who still uses it",
    &cures::CONTAINER,
);
/// The way there is barred.
pub static NOT_REACHABLE: Class = Class::lasting(
    "file.not_reachable",
    "The path cannot be looked at: a directory on the way may not be searched, is none, or fails.",
    &[
        "a directory on the way is closed to this user",
        "a part of the path is a file",
        "links that lead to each other",
        "the disk or network volume fails",
    ],
    "look at each directory on the way with `namei -l PATH`",
    &cures::CONTAINER,
);
/// Something else.
pub static WRONG_TYPE: Class = Class::lasting(
    "file.wrong_type",
    "What is at that path is not of the kind that it must be.",
    &[
        "Docker makes a directory where a file to be mounted does not exist on the host",
        "a file where a directory is meant",
    ],
    "check what the mount's source is",
    &cures::CONTAINER,
);
/// May not be read.
pub static NOT_READABLE: Class = Class::lasting(
    "file.not_readable",
    "This process may not read it.",
    &[
        "the container runs as another user than the file's owner",
        "a mounted secret has mode 0400 and another owner",
    ],
    "give the file to the user that the container runs as, or open its mode",
    &cures::CONTAINER,
);
/// May not be written.
pub static NOT_WRITABLE: Class = Class::lasting(
    "file.not_writable",
    "This process may not write it.",
    &[
        "the container runs as another user than the owner",
        "a read-only mount or a read-only root file system",
    ],
    "give it to the user that the container runs as, or mount a writable volume there",
    &cures::CONTAINER,
);
/// May not be executed.
pub static NOT_EXECUTABLE: Class = Class::lasting(
    "file.not_executable",
    "This process may not execute it (or search it, for a directory).",
    &["the executable bit was lost when it was copied or checked out", "the volume is mounted noexec"],
    "set the bit with chmod +x when the image is built",
    &cures::CONTAINER,
);
/// Another mode.
pub static WRONG_MODE: Class = Class::lasting(
    "file.wrong_mode",
    "Its permission bits are others than expected.",
    &["the umask of the build", "a mount option (defaultMode, uid, gid)"],
    "set the mode where the file is made or mounted",
    &cures::CONTAINER,
);
/// Another owner.
pub static WRONG_OWNER: Class = Class::lasting(
    "file.wrong_owner",
    "It belongs to another user than expected.",
    &["COPY without --chown", "a volume that was made by another container"],
    "set the owner where the file is made or mounted",
    &cures::CONTAINER,
);
/// Other content.
pub static CONTENT: Class = Class::lasting(
    "file.content",
    "It does not hold the text that is expected in it.",
    &["a template that was not rendered", "the file of another environment", "an older version"],
    "compare the file with `contains`",
    &cures::CONTAINER,
);
