//! A command that is run, and how it ends.

use crate::kind::Address;
use crate::{Class, Kind, cures};

/// A command.
pub static KIND: Kind = Kind {
    name: "command",
    title: "Command",
    aliases: &[],
    default_port: None,
    address: Address::None,
    attributes: &[],
    proves: "The command starts, ends in time with the expected exit code, and prints what is expected. It and all that \
             it started are killed when its time is up.",
    classes: &[&NOT_FOUND, &NOT_EXECUTABLE, &EXIT_CODE, &SIGNAL, &TIMEOUT, &OUTPUT],
    common: None,
};

/// No such program.
pub static NOT_FOUND: Class = Class::lasting(
    "command.not_found",
    "There is no such program.",
    &[
        "the image does not carry it",
        "PATH lacks its directory",
        "the script's interpreter (its first line) is missing",
    ],
    "install it in the image, or give its whole path",
    &cures::CONTAINER,
);
/// It cannot be executed.
pub static NOT_EXECUTABLE: Class = Class::lasting(
    "command.not_executable",
    "The program is there but cannot be executed.",
    &[
        "the executable bit is not set",
        "it is made for another processor architecture",
        "the volume is mounted noexec",
    ],
    "set the bit with chmod +x, or build the image for this platform",
    &cures::CONTAINER,
);
/// Another exit code.
pub static EXIT_CODE: Class = Class::healing(
    "command.exit_code",
    "The command ended with another exit code than expected.",
    &[
        "what it checks is not well",
        "it was called with wrong arguments",
        "a variable that it needs is not set",
    ],
    "run the command by hand in the container and see what it says",
    &cures::CONTAINER,
);
/// Killed.
pub static SIGNAL: Class = Class::healing(
    "command.signal",
    "The command was ended by a signal.",
    &[
        "it used more memory than the container has (SIGKILL)",
        "it crashed (SIGSEGV, SIGABRT)",
        "something else ended it",
    ],
    "look at the container's memory limit and at what the command wrote",
    &cures::CONTAINER,
);
/// Too slow.
pub static TIMEOUT: Class = Class::healing(
    "command.timeout",
    "The command did not end in time; it was killed.",
    &[
        "it waits for something that does not come",
        "it reads standard input, which is empty here",
        "it is slow: give it a longer `timeout`",
    ],
    "run it by hand in the container, or raise its `timeout`",
    &cures::CONTAINER,
);
/// Other output.
pub static OUTPUT: Class = Class::healing(
    "command.output",
    "The command did not print what is expected.",
    &["what it checks is not well", "another version prints another text", "it prints to standard error"],
    "compare what it prints with `stdout`",
    &cures::CONTAINER,
);
