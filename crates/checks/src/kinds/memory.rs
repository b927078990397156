//! Memory that the container has.

use crate::kind::Address;
use crate::{Class, Kind, cures};

/// Memory.
pub static KIND: Kind = Kind {
    name: "memory",
    title: "Memory",
    aliases: &[],
    default_port: None,
    address: Address::None,
    attributes: &[],
    proves: "The least limit of the control groups that this process is in (v2 or v1), or the machine's memory where there \
             is none, is large enough, and so much of it is available.",
    classes: &[&TOO_LITTLE, &LOW_AVAILABLE, &UNKNOWN],
    common: None,
};

/// The limit is too low.
pub static TOO_LITTLE: Class = Class::lasting(
    "memory.too_little",
    "The container may use less memory than the service needs; it would be killed sooner or later.",
    &["the memory limit of the container is too low", "the machine is too small"],
    "raise the container's memory limit",
    &cures::CONTAINER,
);
/// Too little is left.
pub static LOW_AVAILABLE: Class = Class::healing(
    "memory.low_available",
    "Less memory is available now than the service needs.",
    &["other processes in the container use it", "other containers of the host use it"],
    "find out who uses it, or raise the limit",
    &cures::CONTAINER,
);
/// It cannot be found out.
pub static UNKNOWN: Class = Class::lasting(
    "memory.unknown",
    "How much memory there is cannot be found out.",
    &["/proc is not mounted in the container"],
    "mount /proc",
    &cures::CONTAINER,
);
