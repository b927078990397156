//! Services under a supervisor, from its start to the end of all of them.

use super::processes::{self, Holds};
use super::supervisor::Task;
use crate::bench::scenario::folder;
use crate::failure::Failure;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

/// Nothing that is waited for takes longer.
const LIMIT: Duration = Duration::from_secs(30);
/// Between two looks for something that tells its time itself.
const LOOK: Duration = Duration::from_millis(5);
/// Between two looks for something whose time is when it is seen.
const CLOSE_LOOK: Duration = Duration::from_micros(200);

/// What a supervisor is to do, written down.
pub(super) struct Scene {
    folder: TempDir,
    task: Task,
    witness: PathBuf,
    program: PathBuf,
    arguments: Vec<OsString>,
    end: Signal,
}

/// A supervisor that runs. Dropped, it and all that it has started are killed.
pub(super) struct Running<'scene> {
    scene: &'scene Scene,
    child: Child,
    began: SystemTime,
}

/// What a witness has noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) process: u32,
    pub(super) time: SystemTime,
}

impl Scene {
    /// Nothing is said yet of who runs it.
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub(super) fn new(task: Task, witness: &Path) -> Result<Self, Failure> {
        let (program, arguments) = (PathBuf::new(), Vec::new());
        Ok(Self {
            folder: folder()?,
            task,
            witness: witness.to_owned(),
            program,
            arguments,
            end: Signal::TERM,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Who runs it, and which signal asks for the end of everything.
    pub(super) fn is_run_by(&mut self, program: &Path, arguments: Vec<OsString>, end: Signal) {
        (self.program, self.arguments, self.end) = (program.to_owned(), arguments, end);
    }

    /// Has the system read the program from the disk anew at its next start.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn forget_program(&self) -> Result<(), Failure> {
        let failed = |action| Failure::io(action, self.program.display());
        let program = File::open(&self.program).map_err(failed("open"))?;
        program.sync_all().map_err(failed("bring to the disk"))?;
        rustix::fs::fadvise(&program, 0, None, rustix::fs::Advice::DontNeed)
            .map_err(|error| failed("forget")(error.into()))
    }

    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(&self) -> Result<Running<'_>, Failure> {
        let _ = fs::remove_file(self.notes());
        let failed = |action| Failure::io(action, self.program.display());
        let mut command = self.command();
        let output = self.folder().join("output");
        let output = File::create(&output).map_err(Failure::io("write", output.display()))?;
        command.stdin(Stdio::null()).stdout(output).stderr(Stdio::null());
        let began = SystemTime::now();
        let child = command.spawn().map_err(failed("start"))?;
        Ok(Running { scene: self, child, began })
    }

    fn command(&self) -> Command {
        let mut command = if self.task.is_first {
            let mut command = Command::new("unshare");
            command.args(["--pid", "--fork", "--mount-proc", "--kill-child"]).arg(&self.program);
            command
        } else {
            Command::new(&self.program)
        };
        command.args(&self.arguments).current_dir(self.folder()).env_clear();
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("WITNESS", self.notes());
        // At the usual place every other run looks whether somebody answers.
        command.env("PREFLIGHT_STATUS_SOCKET", self.folder().join("status.sock"));
        for (name, number) in [("WITNESS_ORPHANS", self.task.orphans), ("WITNESS_BYTES", self.task.bytes)] {
            command.env(name, number.to_string());
        }
        command
    }

    fn notes(&self) -> PathBuf {
        self.folder().join("notes")
    }
}

impl Running<'_> {
    /// When it was started.
    pub(super) fn began(&self) -> SystemTime {
        self.began
    }

    /// The number of the supervisor's process.
    pub(super) fn supervisor(&self) -> u32 {
        let is_it =
            |process: &u32| *process != self.child.id() && !processes::runs(*process, &self.scene.witness);
        let below = || processes::family(self.child.id()).into_iter().find(is_it);
        if self.scene.task.is_first { below().unwrap_or(self.child.id()) } else { self.child.id() }
    }

    /// What supervises, without what is supervised.
    ///
    /// # Errors
    /// When Linux does not tell of it.
    pub(super) fn holds(&self) -> Result<Holds, Failure> {
        processes::holds(&self.supervision())
    }

    /// The processes that supervise.
    pub(super) fn supervision(&self) -> Vec<u32> {
        let family = processes::family(self.child.id()).into_iter();
        family.filter(|process| !processes::runs(*process, &self.scene.witness)).collect()
    }

    /// Waits until so many notes with that word are there.
    ///
    /// # Errors
    /// When they do not come, and what the supervisor said.
    pub(super) fn notes(&mut self, word: &str, count: usize) -> Result<Vec<Note>, Failure> {
        self.wait(word, LOOK, |running| Some(running.notes_so_far(word)).filter(|notes| notes.len() >= count))
    }

    /// Waits for something.
    ///
    /// # Errors
    /// When it does not come, and what the supervisor said.
    pub(super) fn wait<T>(
        &mut self,
        what: &str,
        look: Duration,
        mut seen: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T, Failure> {
        let began = Instant::now();
        loop {
            if let Some(seen) = seen(self) {
                return Ok(seen);
            }
            let ended =
                self.child.try_wait().map_err(Failure::io("wait for", self.scene.program.display()))?;
            if ended.is_some() || began.elapsed() > LIMIT {
                let server = self.scene.program.display().to_string();
                let output = fs::read_to_string(self.scene.folder().join("output")).unwrap_or_default();
                let end: String = output.chars().take(2000).collect();
                let last = format!("nothing {what}; {ended:?}; it said: {end}");
                return Err(Failure::NotReady { server, limit: LIMIT, last });
            }
            std::thread::sleep(look);
        }
    }

    /// Waits until the supervisor has no more than so many children, the dead ones included.
    ///
    /// # Errors
    /// When it keeps them.
    pub(super) fn has_children(&mut self, count: usize) -> Result<SystemTime, Failure> {
        let supervisor = self.supervisor();
        self.wait("but few children", CLOSE_LOOK, |_| {
            (processes::children(supervisor) <= count).then(SystemTime::now)
        })
    }

    /// Asks for the end of everything, and waits for it: how long that took.
    ///
    /// # Errors
    /// When something stays.
    pub(super) fn stop(mut self) -> Result<Duration, Failure> {
        let mut family = processes::family(self.child.id());
        let supervisor = self.supervisor();
        family.retain(|process| *process != self.child.id());
        let began = Instant::now();
        signal(supervisor, self.scene.end);
        let failed = |action| Failure::io(action, self.scene.program.display());
        while self.child.try_wait().map_err(failed("wait for"))?.is_none()
            || family.iter().any(|process| processes::lives(*process))
        {
            if began.elapsed() > LIMIT {
                let server = self.scene.program.display().to_string();
                return Err(Failure::NotReady {
                    server,
                    limit: LIMIT,
                    last: "asked to end, it stays".to_owned(),
                });
            }
            std::thread::sleep(CLOSE_LOOK);
        }
        Ok(began.elapsed())
    }

    fn notes_so_far(&self, word: &str) -> Vec<Note> {
        let text = fs::read_to_string(self.scene.notes()).unwrap_or_default();
        text.lines().filter_map(|line| note(line, word)).collect()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // The first one is ours until it is waited for; what has ended by itself is not there any more.
        if matches!(self.child.try_wait(), Ok(None)) {
            processes::family(self.child.id()).into_iter().for_each(|process| signal(process, Signal::KILL));
        }
        let _ = self.child.wait();
    }
}

/// Sends a signal; what has ended does not mind.
pub(super) fn signal(process: u32, signal: Signal) {
    if let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        let _ = kill_process(process, signal);
    }
}

fn note(line: &str, wanted: &str) -> Option<Note> {
    let [word, process, time] = line.split(' ').collect::<Vec<_>>()[..] else { return None };
    let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(time.parse().ok()?);
    (word == wanted).then_some(Note { process: process.parse().ok()?, time })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_by_its_word() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_500_000_000);
        assert_eq!(note("began 12 1500000000", "began"), Some(Note { process: 12, time }));
        assert_eq!(note("began 12 1500000000", "left"), None);
        assert_eq!(note("began 12", "began"), None);
    }
}
