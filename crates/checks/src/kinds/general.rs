//! Classes of the check itself, for any kind.

use crate::{Class, cures};

/// The address or port cannot be understood.
pub static BAD_ADDRESS: Class = Class::lasting(
    "check.bad_address",
    "The address or port of a connection is missing or cannot be understood.",
    &[
        "a typing error",
        "the port stands in both ADDRESS and PORT with different values",
        "an unresolved placeholder",
    ],
    "give ADDRESS as a host name or IP address and PORT as a number from 1 to 65535",
    &cures::VALUE,
);
/// A parameter cannot be understood.
pub static BAD_PARAMETER: Class = Class::lasting(
    "check.bad_parameter",
    "A parameter of the check, after its variables were filled in, cannot be understood or is missing.",
    &["a variable in `checks:` holds something unexpected", "an attribute that this kind needs is not set"],
    "correct the parameter that the line names",
    &cures::VALUE,
);
/// The whole check took too long.
pub static TIMEOUT: Class = Class::healing(
    "check.timeout",
    "The check was not done within its time.",
    &["the machine is overloaded", "the thing that is looked at hangs"],
    "raise `timeout` if it is known to be slow",
    &cures::SERVER_HEALTH,
);
/// Something failed that no class describes.
pub static ERROR: Class = Class::lasting(
    "check.error",
    "The check failed in a way that has no class of its own; the line has the words of what failed.",
    &["see the words in the line"],
    "look up the words that the line quotes",
    &cures::SERVER_HEALTH,
);
/// The checker itself failed.
pub static PANICKED: Class = Class::lasting(
    "check.panicked",
    "The checker itself failed, which is a fault of this program; whether the dependency is well is not known.",
    &["a fault of this program or of a driver in it"],
    "report it with the line; the other checks are not affected",
    &cures::SERVER_HEALTH,
);
/// This build has no driver for the kind.
pub static NOT_IN_THIS_BUILD: Class = Class::lasting(
    "check.not_in_this_build",
    "This build of preflight was made without the driver of that kind, so nothing was proven.",
    &["the image carries a lean build"],
    "use the full build, or one made with the driver's cargo feature",
    &cures::CONTAINER,
);
/// The run was stopped before the check was done.
pub static INTERRUPTED: Class = Class::healing(
    "check.interrupted",
    "A signal ended the run before this check was done.",
    &["the platform stopped the container", "somebody pressed Ctrl-C"],
    "see who stopped the container",
    &cures::SERVER_HEALTH,
);

/// All of them.
pub static CLASSES: &[&Class] =
    &[&BAD_ADDRESS, &BAD_PARAMETER, &TIMEOUT, &ERROR, &PANICKED, &NOT_IN_THIS_BUILD, &INTERRUPTED];
