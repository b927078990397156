//! Free space of a file system.

use crate::kind::Address;
use crate::{Class, Kind, cures};

/// Free space.
pub static KIND: Kind = Kind {
    name: "disk",
    title: "Disk",
    aliases: &[],
    default_port: None,
    address: Address::None,
    attributes: &[],
    proves: "The file system of the path has the bytes and inodes free, counted as an ordinary user may use them.",
    classes: &[&NO_SUCH_PATH, &LOW_SPACE, &LOW_INODES],
    common: None,
};

/// No such path.
pub static NO_SUCH_PATH: Class = Class::lasting(
    "disk.no_such_path",
    "The path does not exist or cannot be looked at, so there is no file system to measure.",
    &["the volume is not mounted", "a typing error in the path"],
    "check the path and the mounts",
    &cures::CONTAINER,
);
/// Not enough bytes.
pub static LOW_SPACE: Class = Class::healing(
    "disk.low_space",
    "The file system has less free space than the service needs.",
    &[
        "logs or old files fill it",
        "other containers of the host share it",
        "the volume is too small (20 GiB on Fargate unless `ephemeralStorage` says more)",
    ],
    "free space or enlarge the volume",
    &cures::CONTAINER,
);
/// Not enough inodes.
pub static LOW_INODES: Class = Class::healing(
    "disk.low_inodes",
    "The file system has fewer free inodes than the service needs: it takes no more files, whatever its free space.",
    &["very many small files, such as sessions, caches or mail"],
    "remove small files, or make the file system anew with more inodes",
    &cures::CONTAINER,
);
