//! `run --exec`: the command takes our place.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::Readers;
use crate::exit::Exit;

/// What a shell says of a command that it does not find, and of one that it may not run.
const NOT_FOUND: u8 = 127;
const NOT_RUNNABLE: u8 = 126;

/// Becomes the command; comes back only when that is not possible.
pub(super) fn by(command: &[OsString], readers: &Readers) -> Exit {
    let Some((program, arguments)) = command.split_first() else { return Exit::Usage };
    let error = Command::new(program).args(arguments).exec();
    readers.tell(&format!("{} cannot be started: {error}", Path::new(program).display()));
    Exit::Child(if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_RUNNABLE })
}
