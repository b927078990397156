//! The list of every process that was started, on disk from the first moment, so that none is ever lost.

use super::process::Process;
use crate::failure::Failure;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Every process of one set of servers; the file is rewritten with each one that is added.
pub struct Ledger {
    path: PathBuf,
    processes: Mutex<Vec<Process>>,
    /// The processes that were there before this list was opened.
    inherited: Vec<i32>,
}

impl Ledger {
    /// Opens the list at `path`, with the processes of earlier runs.
    ///
    /// # Errors
    /// When the file is there but is not such a list.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let processes = read(path)?;
        let inherited = processes.iter().map(|process| process.pid).collect();
        Ok(Self { path: path.to_owned(), processes: Mutex::new(processes), inherited })
    }

    /// Adds a process and writes the list.
    ///
    /// # Errors
    /// When the list cannot be written.
    pub fn add(&self, process: Process) -> Result<(), Failure> {
        let mut processes = self.lock();
        processes.push(process);
        write(&self.path, &processes)
    }

    /// All live processes.
    pub fn alive(&self) -> Vec<Process> {
        self.lock().iter().filter(|process| process.is_alive()).cloned().collect()
    }

    /// The processes of one server, whether they still run or not.
    pub fn of(&self, server: &str) -> Vec<Process> {
        self.lock().iter().filter(|process| process.server == server).cloned().collect()
    }

    /// Whether a server was started and all its processes still run.
    pub fn is_running(&self, server: &str) -> bool {
        let processes = self.of(server);
        !processes.is_empty() && processes.iter().all(Process::is_alive)
    }

    /// Stops one server's processes, or all, all at the same time; returns how many were running.
    /// The ended ones are struck off; those of other servers stay, for their logs may still have to be shown.
    pub fn stop(&self, server: Option<&str>) -> usize {
        let belongs = |process: &Process| server.is_none_or(|name| process.server == name);
        self.stop_those(belongs)
    }

    /// Stops those processes that were added since the list was opened.
    pub fn stop_added(&self) -> usize {
        self.stop_those(|process| !self.inherited.contains(&process.pid))
    }

    fn stop_those(&self, belongs: impl Fn(&Process) -> bool) -> usize {
        let mut running = self.alive();
        running.retain(&belongs);
        running.iter().for_each(Process::terminate);
        running.iter().for_each(Process::wait_or_kill);
        let mut processes = self.lock();
        processes.retain(|process| !belongs(process) || process.is_alive());
        // What cannot be written is checked against the kernel at the next start anyway.
        let _ = write(&self.path, &processes);
        running.len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Process>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(path: &Path) -> Result<Vec<Process>, Failure> {
    match fs::read(path) {
        Ok(text) => {
            serde_json::from_slice(&text).map_err(|source| Failure::Json { path: path.to_owned(), source })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Failure::io("read", path.display())(error)),
    }
}

fn write(path: &Path, processes: &[Process]) -> Result<(), Failure> {
    let text = serde_json::to_vec_pretty(processes)
        .map_err(|source| Failure::Json { path: path.to_owned(), source })?;
    let draft = path.with_extension("draft");
    fs::write(&draft, text).map_err(Failure::io("write", draft.display()))?;
    fs::rename(&draft, path).map_err(Failure::io("replace", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::process::track;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    fn sleeper(ledger: &Ledger, server: &str) -> Child {
        let child = Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
        ledger.add(track(server, "sleep", child.id(), PathBuf::new())).unwrap();
        child
    }

    #[test]
    fn one_server_stops_and_the_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("list")).unwrap();
        let mut children = [sleeper(&ledger, "a"), sleeper(&ledger, "b")];
        assert_eq!(ledger.stop(Some("a")), 1);
        assert!(!ledger.is_running("a") && ledger.is_running("b"));
        assert_eq!(ledger.stop(None), 1);
        assert!(ledger.of("a").is_empty() && ledger.of("b").is_empty());
        children.iter_mut().for_each(|child| drop(child.wait()));
    }

    #[test]
    fn a_dead_process_stays_listed_while_another_server_stops() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("list")).unwrap();
        let mut dead = sleeper(&ledger, "dead");
        dead.kill().unwrap();
        dead.wait().unwrap();
        ledger.stop(Some("other"));
        assert_eq!(ledger.of("dead").len(), 1, "its log must still be found");
    }

    #[test]
    fn a_later_command_finds_what_an_earlier_one_started_and_leaves_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        let mut first = sleeper(&Ledger::open(&path).unwrap(), "a");
        let ledger = Ledger::open(&path).unwrap();
        assert!(ledger.is_running("a"));
        let mut second = sleeper(&ledger, "b");
        assert_eq!(ledger.stop_added(), 1);
        assert!(ledger.is_running("a"));
        ledger.stop(None);
        drop((first.wait(), second.wait()));
    }
}
