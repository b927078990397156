//! The lines of `sv`. Pure.

use std::{
    fmt::Write,
    io,
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::io::Errno;

use super::Trouble;
use crate::directories::status::{State, Status, Want};

/// `run: web: (pid 12) 34s, normally down, want down`, without a newline.
pub(super) fn status(name: &str, status: &Status, is_normally_up: bool, now: SystemTime) -> String {
    let state = match status.state {
        State::Down => "down",
        State::Run => "run",
        State::Finish => "finish",
    };
    let mut line = format!("{state}: {name}: ");
    if let Some(pid) = status.pid {
        let _ = write!(line, "(pid {pid}) ");
    }
    let _ = write!(line, "{}s", whole_seconds(now).saturating_sub(whole_seconds(status.since)));
    let runs = status.pid.is_some();
    let notes = [
        (runs && !is_normally_up, ", normally down"),
        (!runs && is_normally_up, ", normally up"),
        (runs && status.paused, ", paused"),
        (!runs && status.want == Want::Up, ", want up"),
        (runs && status.want != Want::Up, ", want down"),
        (runs && status.termed, ", got TERM"),
    ];
    notes.iter().filter(|(holds, _)| *holds).for_each(|(_, note)| line.push_str(note));
    line
}

/// The line of a service that cannot be told or seen, with its newline.
pub(super) fn trouble(name: &str, trouble: &Trouble) -> String {
    let level = match trouble {
        Trouble::NoFolder(_) | Trouble::NotRunning => "fail",
        Trouble::NoLogFolder(_) | Trouble::NotOpened { .. } | Trouble::BadStatus | Trouble::NotSent(_) => {
            "warning"
        }
    };
    let cause = match trouble {
        Trouble::NoFolder(source)
        | Trouble::NoLogFolder(source)
        | Trouble::NotOpened { source, .. }
        | Trouble::NotSent(source) => format!(": {}", cause(source)),
        Trouble::NotRunning | Trouble::BadStatus => String::new(),
    };
    format!("{level}: {name}: {trouble}{cause}\n")
}

fn whole_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// runit's words for the system's answers that can be met here; for others, the system's own.
fn cause(error: &io::Error) -> String {
    let words = match Errno::from_io_error(error) {
        Some(Errno::NOENT) => "file does not exist",
        Some(Errno::NOTDIR) => "not a directory",
        Some(Errno::ACCESS) => "access denied",
        Some(Errno::PERM) => "permission denied",
        Some(Errno::LOOP) => "symbolic link loop",
        Some(Errno::NAMETOOLONG) => "file name too long",
        Some(Errno::ISDIR) => "is a directory",
        Some(Errno::IO) => "input/output error",
        Some(Errno::ROFS) => "read-only file system",
        Some(Errno::AGAIN) => "input/output would block",
        Some(Errno::PIPE) => "broken pipe",
        _ => return error.to_string(),
    };
    words.to_owned()
}
