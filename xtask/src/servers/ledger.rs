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

    /// The live processes of one server, or of all.
    pub fn alive(&self, server: Option<&str>) -> Vec<Process> {
        let belongs = |process: &&Process| server.is_none_or(|name| process.server == name);
        self.lock().iter().filter(belongs).filter(|process| process.is_alive()).cloned().collect()
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
    pub fn stop(&self, server: Option<&str>) -> usize {
        self.stop_these(&self.alive(server))
    }

    /// Stops those processes that were added since the list was opened.
    pub fn stop_added(&self) -> usize {
        let mut added = self.alive(None);
        added.retain(|process| !self.inherited.contains(&process.pid));
        self.stop_these(&added)
    }

    fn stop_these(&self, running: &[Process]) -> usize {
        running.iter().for_each(Process::terminate);
        running.iter().for_each(Process::wait_or_kill);
        let mut processes = self.lock();
        processes.retain(Process::is_alive);
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
