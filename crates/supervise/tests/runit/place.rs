//! A service directory without a supervisor: a status that somebody wrote, and FIFOs that are held open.

use std::{
    fs::{self, File, OpenOptions},
    io::Read,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use preflight_supervise::directories::status::{State, Status, Want};
use rustix::fs::{CWD, Mode, OFlags, mkfifoat};

/// What the status says, and what else is in the directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) state: State,
    pub(crate) want: Want,
    pub(crate) paused: bool,
    pub(crate) termed: bool,
    /// The state began after the command.
    pub(crate) is_new: bool,
    pub(crate) down_file: bool,
    /// The exit code of `check`, when there is one.
    pub(crate) check: Option<i32>,
}

pub(crate) struct Place {
    folder: PathBuf,
    _ok: File,
    control: File,
}

impl Place {
    pub(crate) fn new(folder: PathBuf, case: &Case) -> Self {
        let supervise = folder.join("supervise");
        fs::create_dir_all(&supervise).unwrap();
        let [ok, control] = ["ok", "control"].map(|name| held(&supervise.join(name)));
        if case.down_file {
            fs::write(folder.join("down"), "").unwrap();
        }
        if let Some(code) = case.check {
            script(&folder.join("check"), &format!("exit {code}"));
        }
        let five = Duration::from_secs(5);
        let now = SystemTime::now();
        let status = Status {
            since: if case.is_new { now + five } else { now - five },
            pid: (case.state != State::Down).then_some(77),
            paused: case.paused,
            want: case.want,
            termed: case.termed,
            state: case.state,
        };
        fs::write(supervise.join("status"), status.to_bytes()).unwrap();
        Self { folder, _ok: ok, control }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The letters that have come.
    pub(crate) fn letters(&mut self) -> String {
        let mut letters = [0; 64];
        let count = self.control.read(&mut letters).unwrap_or(0);
        String::from_utf8_lossy(&letters[..count]).into_owned()
    }
}

fn held(path: &Path) -> File {
    mkfifoat(CWD, path, Mode::from_raw_mode(0o600)).unwrap();
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap();
    OpenOptions::new().read(true).write(true).custom_flags(flags).open(path).unwrap()
}

/// Written by somebody else: a file that we have open for writing while another thread starts a process cannot be run.
pub(crate) fn script(path: &Path, body: &str) {
    let line = r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod 755 "$0""#;
    let status = Command::new("sh").args(["-c", line]).arg(path).arg(body).status().unwrap();
    assert!(status.success());
}
