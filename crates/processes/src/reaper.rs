//! The table of our children, and the one task that takes the statuses of those that have ended.

mod strangers;

use std::{
    collections::{HashMap, HashSet},
    future::pending,
    io,
    os::fd::{OwnedFd, RawFd},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use rustix::process::{Pid, WaitId, WaitIdOptions};
use tokio::{
    signal::unix::{Signal as Received, SignalKind, signal},
    sync::{Notify, oneshot, watch},
    time::{sleep, sleep_until, timeout},
};

use crate::{
    ExitStatus, Output, Process, Signal, SpawnError, Spec, Streams,
    process_table::{self, Entry},
};
use strangers::Look;

/// Between two looks at orphans that were told to end, at most, and at least.
const PATIENCE: Duration = Duration::from_millis(20);
const BETWEEN_ROUNDS: Duration = Duration::from_millis(2);

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
    /// Tells that something may have ended.
    pub(crate) ends: Notify,
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
            ends: Notify::new(),
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

    /// Ends the processes that have come to us as orphans and still run, and what they have started: a `TERM`, after the
    /// patience a `KILL`, and a last look after the limit, whatever is left then. How many there were. Only as PID 1 or as
    /// a subreaper. Processes that another part of this program has started are meant as well: this is for the end of the
    /// program. May be dropped and called again.
    pub async fn end_orphans(&self, patience: Duration, limit: Duration) -> usize {
        if !self.shared.adopts {
            return 0;
        }
        let (begun, mut told) = (Instant::now(), HashSet::new());
        loop {
            let mut ends = pin!(self.shared.ends.notified());
            ends.as_mut().enable();
            let orphans = self.shared.living_strangers();
            let waited = begun.elapsed();
            for pid in &orphans {
                if told.insert(*pid) {
                    send(*pid, Signal::TERM);
                    send(*pid, Signal::CONT);
                }
                // Each one that is killed can leave children of its own: there is a round for each generation.
                if waited >= patience {
                    send(*pid, Signal::KILL);
                }
            }
            if orphans.is_empty() || waited >= limit {
                return told.len();
            }
            let _ = timeout(PATIENCE, ends).await;
            sleep(BETWEEN_ROUNDS).await;
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

/// Without the task that reaps, no end would ever be told: a container would stand still for ever instead of being
/// started again. The code is `EX_SOFTWARE` of `sysexits.h`; what panicked has been told by then.
struct EndsTheProgramByPanic;

impl Drop for EndsTheProgramByPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::exit(70);
        }
    }
}

async fn reap(shared: Weak<Shared>, mut ended: Received, mut over: oneshot::Receiver<()>) {
    let _guard = EndsTheProgramByPanic;
    // Whatever had ended before anybody listened is found once. From then on nothing is looked for without a signal: one
    // comes with each end, and with each orphan that has ended before it came to us.
    let mut look = Look::around_soon(Instant::now());
    loop {
        tokio::select! {
            _ = &mut over => return,
            _ = ended.recv() => look.is_told(),
            () = until(look.due()) => {}
        }
        let Some(shared) = shared.upgrade() else { return };
        let front = loop {
            shared.look();
            let front = shared.reap_in_front();
            shared.ends.notify_waiters();
            match front {
                Some(front) => break front,
                None => tokio::task::yield_now().await,
            }
        };
        look.after(front, &shared, Instant::now());
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => pending().await,
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

    fn living_strangers(&self) -> Vec<i32> {
        self.orphans().into_iter().filter(|entry| !entry.is_dead).map(|entry| entry.pid).collect()
    }

    /// Our children that were not started by us, or by another part of this program.
    fn orphans(&self) -> Vec<Entry> {
        let table = self.table();
        process_table::children_of(own_pid(), |pid| !table.children.contains_key(&pid))
    }

    /// True when something in the process group of a child that has ended still runs.
    pub(crate) fn runs_in_group(&self, group: i32) -> bool {
        if self.adopts {
            process_table::runs_in_group_among(&self.orphans(), group)
        } else {
            process_table::runs_in_group(group)
        }
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
