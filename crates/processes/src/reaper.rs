//! The table of our children, and the one task that takes the statuses of those that have ended.

use std::{
    collections::HashMap,
    io,
    os::fd::{OwnedFd, RawFd},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use rustix::process::{Pid, WaitId, WaitIdOptions};
use tokio::{
    signal::unix::{Signal as Received, SignalKind, signal},
    sync::{oneshot, watch},
    time::{sleep, sleep_until},
};

use crate::{ExitStatus, Output, Process, Signal, SpawnError, Spec, Streams, process_table};

/// How long a dead child that is not in the table is left to whoever else may have started it.
const GRACE_OF_STRANGERS: Duration = Duration::from_secs(2);
/// Orphans often end in crowds: the table of processes is read once for all of them.
const CROWD: Duration = Duration::from_millis(100);
/// A look without being told, should a signal have been lost.
const SAFETY: Duration = Duration::from_secs(10);
/// Between two looks at orphans that were told to end.
const PATIENCE: Duration = Duration::from_millis(20);

/// What to do with processes whose own parent has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adoption {
    /// Leave them to the system's PID 1. When that is us, they are adopted all the same.
    Leave,
    /// They come to us (`PR_SET_CHILD_SUBREAPER`) and are reaped.
    Adopt,
}

/// Starts processes, and reaps them. Clones are the same.
#[derive(Debug, Clone)]
pub struct Processes {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    table: Mutex<Table>,
    adopts: bool,
    /// Dropped with the last owner, which ends the task.
    _alive: oneshot::Sender<()>,
}

#[derive(Debug, Default)]
struct Table {
    children: HashMap<i32, Child>,
    /// Dead processes that are children of ours and not in the table, and when they were first seen.
    strangers: HashMap<i32, Instant>,
    reaped_orphans: u64,
}

#[derive(Debug)]
struct Child {
    exit: watch::Sender<Option<ExitStatus>>,
    /// Its [`Process`] is alive: it stays a zombie.
    held: bool,
}

impl Processes {
    /// Begins to look after children; the task ends with the last clone and the last [`Process`].
    ///
    /// # Errors
    /// When `SIGCHLD` cannot be received, or the system refuses to make us a subreaper.
    ///
    /// # Panics
    /// Outside of a tokio runtime with its time and IO drivers.
    pub fn start(adoption: Adoption) -> io::Result<Self> {
        let own = rustix::process::getpid();
        if adoption == Adoption::Adopt && !own.is_init() {
            rustix::process::set_child_subreaper(Some(own))?;
        }
        let ended = signal(SignalKind::child())?;
        let (alive, over) = oneshot::channel();
        let shared = Arc::new(Shared {
            table: Mutex::default(),
            adopts: adoption == Adoption::Adopt || own.is_init(),
            _alive: alive,
        });
        tokio::spawn(reap(Arc::downgrade(&shared), ended, over));
        Ok(Self { shared })
    }

    /// Starts a process.
    ///
    /// # Errors
    /// [`SpawnError`]: nothing was started.
    pub fn spawn(&self, spec: &Spec) -> Result<Process, SpawnError> {
        self.spawn_with(spec, Streams::default(), None)
    }

    /// Starts a process with streams that it is given, and with one more descriptor under a number of its own, 3 or more.
    ///
    /// # Errors
    /// [`SpawnError`]: nothing was started.
    pub fn spawn_with(
        &self,
        spec: &Spec,
        streams: Streams,
        extra: Option<(RawFd, OwnedFd)>,
    ) -> Result<Process, SpawnError> {
        let mut command = spec.command()?;
        let refused = |source| SpawnError::Refused { program: spec.program.to_string(), source };
        let output = spec.connect(&mut command).map_err(refused)?;
        streams.connect(extra, &mut command).map_err(refused)?;
        // Nobody looks for ended children until this one is in the table.
        let mut table = self.shared.table();
        let child = spec.start(&mut command).map_err(|source| SpawnError::Refused {
            program: command.get_program().to_string_lossy().into_owned(),
            source,
        })?;
        let pid = i32::try_from(child.id()).unwrap_or_default();
        let (exit, receiver) = watch::channel(None);
        table.children.insert(pid, Child { exit, held: true });
        drop(table);
        Ok(Process::new(pid, spec, receiver, output, Arc::clone(&self.shared)))
    }

    /// How many orphans have been reaped.
    pub fn reaped_orphans(&self) -> u64 {
        self.shared.table().reaped_orphans
    }

    /// Ends the processes that have come to us as orphans and still run, and what they have started: a `TERM`, and after
    /// the patience a `KILL`. How many there were. Only as PID 1 or as a subreaper. Processes that another part of this
    /// program has started are meant as well: this is for the end of the program.
    pub async fn end_orphans(&self, patience: Duration) -> usize {
        if !self.shared.adopts {
            return 0;
        }
        let (until, mut told, mut round) = (Instant::now() + patience, HashMap::new(), 0);
        loop {
            let orphans = self.shared.living_strangers();
            let is_late = Instant::now() >= until;
            // Each one that is killed can leave children of its own, so that it takes as many rounds as generations.
            round += usize::from(is_late);
            if orphans.is_empty() || round > 1_000 {
                return told.len();
            }
            for pid in orphans {
                if told.insert(pid, ()).is_none() {
                    send(pid, Signal::TERM);
                    send(pid, Signal::CONT);
                }
                if is_late {
                    send(pid, Signal::KILL);
                }
            }
            sleep(PATIENCE).await;
        }
    }
}

impl Spec {
    /// The reading end of what is captured.
    fn connect(&self, command: &mut std::process::Command) -> io::Result<Option<io::PipeReader>> {
        match self.output {
            Output::Captured => {
                let (reader, writer) = io::pipe()?;
                command.stdout(writer.try_clone()?).stderr(writer);
                Ok(Some(reader))
            }
            Output::StandardCaptured => {
                let (reader, writer) = io::pipe()?;
                command.stdout(writer);
                Ok(Some(reader))
            }
            Output::ToStandardError => {
                command.stdout(io::stderr());
                Ok(None)
            }
            Output::Inherited | Output::Null => Ok(None),
        }
    }
}

fn send(pid: i32, signal: Signal) {
    if let (Some(pid), Some(signal)) = (Pid::from_raw(pid), signal.to_system()) {
        // It has just ended: nothing to tell it.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

async fn reap(shared: Weak<Shared>, mut ended: Received, mut over: oneshot::Receiver<()>) {
    let mut look_around = Instant::now() + SAFETY;
    loop {
        let is_told = tokio::select! {
            _ = &mut over => return,
            _ = ended.recv() => true,
            () = sleep_until(look_around.into()) => false,
        };
        let Some(shared) = shared.upgrade() else { return };
        shared.look();
        let now = Instant::now();
        if is_told && shared.adopts {
            look_around = look_around.min(now + CROWD);
        } else if now >= look_around {
            look_around = now + shared.look_for_strangers(now).unwrap_or(SAFETY);
        }
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        // The table is whole between any two statements.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs while the number surely is that of our child, or of its zombie.
    pub(crate) fn while_known<T>(&self, pid: i32, act: impl FnOnce() -> T) -> Option<T> {
        let table = self.table();
        table.children.contains_key(&pid).then(act)
    }

    /// Its [`Process`] is gone: the number may be given to another.
    pub(crate) fn release(&self, pid: i32) {
        let mut table = self.table();
        if let Some(child) = table.children.get_mut(&pid) {
            child.held = false;
        }
        table.look_at(pid);
    }

    fn look(&self) {
        let mut table = self.table();
        let pids: Vec<i32> = table.children.keys().copied().collect();
        for pid in pids {
            table.look_at(pid);
        }
    }

    /// Reaps the dead strangers whose grace is over; when to look again, should there be any left.
    fn look_for_strangers(&self, now: Instant) -> Option<Duration> {
        if !self.adopts {
            return None;
        }
        let dead =
            process_table::all().into_iter().filter(|entry| entry.is_dead && entry.parent == own_pid());
        let mut table = self.table();
        let before = std::mem::take(&mut table.strangers);
        for pid in dead.map(|entry| entry.pid) {
            if table.children.contains_key(&pid) {
                continue;
            }
            let since = before.get(&pid).copied().unwrap_or(now);
            if now.duration_since(since) < GRACE_OF_STRANGERS {
                table.strangers.insert(pid, since);
            } else if let Ok(Some(_)) = wait(pid, WaitIdOptions::empty()) {
                table.reaped_orphans += 1;
            }
        }
        let oldest = table.strangers.values().min()?;
        Some(GRACE_OF_STRANGERS.saturating_sub(now.duration_since(*oldest)).max(CROWD))
    }

    fn living_strangers(&self) -> Vec<i32> {
        let table = self.table();
        process_table::all()
            .into_iter()
            .filter(|entry| entry.parent == own_pid() && !entry.is_dead)
            .map(|entry| entry.pid)
            .filter(|pid| !table.children.contains_key(pid))
            .collect()
    }
}

impl Table {
    /// Tells the owner of a child that it has ended, and takes it out of the system's table unless it is held.
    fn look_at(&mut self, pid: i32) {
        let Some(child) = self.children.get(&pid) else { return };
        if child.exit.borrow().is_none() {
            let status = match wait(pid, WaitIdOptions::NOWAIT) {
                Ok(None) => return,
                Ok(Some(status)) => status,
                Err(_) => ExitStatus::Lost,
            };
            child.exit.send_replace(Some(status));
        }
        let is_lost = *child.exit.borrow() == Some(ExitStatus::Lost);
        if is_lost {
            self.children.remove(&pid);
        } else if !child.held {
            let _ = wait(pid, WaitIdOptions::empty());
            self.children.remove(&pid);
        }
    }
}

fn own_pid() -> i32 {
    rustix::process::getpid().as_raw_pid()
}

/// `None` while it runs.
fn wait(pid: i32, options: WaitIdOptions) -> io::Result<Option<ExitStatus>> {
    let pid = Pid::from_raw(pid).ok_or(io::ErrorKind::InvalidInput)?;
    let options = options | WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    let status = rustix::process::waitid(WaitId::Pid(pid), options)?;
    Ok(status.as_ref().and_then(ExitStatus::of))
}
