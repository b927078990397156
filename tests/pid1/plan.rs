//! A container to be: its first process, its files, its streams, and the engine's command line.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::container::Container;
use crate::machine::Machine;

/// Where standard output and standard error go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reader {
    /// To us; we take all at once.
    #[default]
    Quick,
    /// To us, and we do not read before we are told.
    Absent,
    /// The reading end of a pipe is closed already.
    Gone,
    /// To a disk that is full.
    Full,
}

/// A container to be.
pub(crate) struct Plan {
    pub(crate) machine: Machine,
    /// The program and its arguments.
    pub(crate) words: Vec<String>,
    pub(crate) output: Reader,
    pub(crate) error: Reader,
    /// Seen inside as `/work`, where it begins.
    pub(crate) work: TempDir,
}

impl Plan {
    /// `/preflight` with these words.
    pub(crate) fn preflight(words: &[&str]) -> Self {
        Self::of(&[&["/preflight"], words].concat())
    }

    /// Another first process.
    pub(crate) fn of(words: &[&str]) -> Self {
        Self {
            machine: Machine::default(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            output: Reader::default(),
            error: Reader::default(),
            work: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    pub(crate) fn machine(mut self, change: impl FnOnce(&mut Machine)) -> Self {
        change(&mut self.machine);
        self
    }

    /// A file in `/work`; a script is what begins with `#!`.
    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        let path = self.work.path().join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a new folder");
        fs::write(&path, text).expect("a new file");
        let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("ours");
        self
    }

    /// Starts it.
    pub(crate) fn start(self) -> Container {
        give(self.work.path(), self.machine.user);
        Container::start(self)
    }

    /// The engine's command line: the state of its own is below the bundle.
    pub(crate) fn command(&self, name: &str, bundle: &Path) -> Command {
        let (state, folder) = (Container::state(bundle), bundle.display().to_string());
        let mut words = vec!["runc", "--root", &state, "run", "--bundle", &folder];
        let pid_file = Container::pid_file(bundle).display().to_string();
        words.extend(["--pid-file", &pid_file]);
        if !self.machine.terminal {
            words.push("--detach");
        }
        words.push(name);
        let mut all: Vec<String> = Vec::new();
        if let Some(hours) = self.machine.hours_ahead {
            let seconds = (hours * 3_600).to_string();
            all.extend(["unshare", "--time", "--fork", "--boottime", &seconds].map(str::to_owned));
            all.extend(["--monotonic".to_owned(), seconds]);
        }
        if self.machine.terminal {
            // `script` gives the engine a terminal, which gives the container one of its own.
            all.extend(["script", "-qefc", &words.join(" "), "/dev/null"].map(str::to_owned));
        } else {
            all.extend(words.into_iter().map(str::to_owned));
        }
        let mut command = Command::new(&all[0]);
        command.args(&all[1..]);
        command
    }
}

/// Makes everything in a folder a user's.
fn give(path: &Path, user: u32) {
    chown(path, Some(user), Some(user)).expect("root may");
    let Ok(entries) = fs::read_dir(path) else { return };
    entries.flatten().for_each(|entry| give(&entry.path(), user));
}

/// Where a stream leads, and the other end of it if we have that.
pub(crate) fn stream(reader: Reader, unread: &mut Vec<Box<dyn Read + Send>>) -> Stdio {
    if reader == Reader::Full {
        return File::options().write(true).open("/dev/full").expect("every Linux has it").into();
    }
    let (from, to) = std::io::pipe().expect("a pipe");
    if reader != Reader::Gone {
        unread.push(Box::new(from));
    }
    to.into()
}
