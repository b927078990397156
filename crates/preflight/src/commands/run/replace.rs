//! `run --exec`: the command takes our place.

use std::ffi::OsString;

use preflight_processes::replace;

use super::Readers;
use crate::commands::guard::not_replaced;
use crate::exit::Exit;

/// Becomes the command; comes back only when that is not possible.
pub(super) fn by(command: &[OsString], readers: &Readers) -> Exit {
    let error = replace(command);
    readers.tell(&not_replaced(command, &error));
    Exit::Child(error.shell_code())
}
