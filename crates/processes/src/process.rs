//! One child and its process group.

use std::{
    io,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustix::process::{Pid, kill_process, kill_process_group};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    ExitStatus, Signal, Spec,
    process_table::{self, Entry},
    reaper::Shared,
};

/// Between two looks at what is left of a group whose leader has ended. Where orphans come to us, their ends are told; else
/// nobody tells us about grandchildren.
const FIRST_LOOK: Duration = Duration::from_millis(2);
const LONGEST_LOOK: Duration = Duration::from_millis(100);
/// In a crowd of ends, not every one is followed by a look.
const SHORTEST_LOOK: Duration = Duration::from_millis(4);
/// A killed process is gone when the system has taken it down; one that hangs in the kernel cannot be waited for.
const AFTER_A_KILL: Duration = Duration::from_secs(5);

/// A child that was started. Dropped, it runs on (unless [`Spec::kill_on_drop`]) and is reaped when it ends.
#[derive(Debug)]
pub struct Process {
    pid: i32,
    leads_group: bool,
    kill_on_drop: bool,
    exit: watch::Receiver<Option<ExitStatus>>,
    output: Option<io::PipeReader>,
    /// What it has started and what has left its group, as far as that was looked for.
    escaped: Mutex<Vec<Entry>>,
    shared: Arc<Shared>,
}

/// How a process was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// How it ended itself. `Lost` when it could not be ended: it hangs in the kernel.
    pub status: ExitStatus,
    /// It, or something in its group, had to be killed after the time was up.
    pub killed: bool,
}

impl Process {
    pub(crate) fn new(
        pid: i32,
        spec: &Spec,
        exit: watch::Receiver<Option<ExitStatus>>,
        output: Option<io::PipeReader>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            pid,
            leads_group: spec.own_process_group,
            kill_on_drop: spec.kill_on_drop,
            exit,
            output,
            escaped: Mutex::default(),
            shared,
        }
    }

    /// Its number.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// How it ended; `None` while it runs.
    pub fn status(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// Waits for its end; what it has started may still run. May be dropped and called again.
    pub async fn exited(&self) -> ExitStatus {
        let mut exit = self.exit.clone();
        let status = exit.wait_for(Option::is_some).await;
        status.ok().and_then(|status| *status).unwrap_or(ExitStatus::Lost)
    }

    /// Waits until it has ended and nothing runs in its group any more. May be dropped and called again.
    pub async fn gone(&self) -> ExitStatus {
        let status = self.exited().await;
        let mut next = FIRST_LOOK;
        loop {
            let mut ends = pin!(self.shared.ends.notified());
            // From here on an end is not missed, though it is not waited for yet.
            ends.as_mut().enable();
            if !self.has_leftovers() {
                return status;
            }
            let _ = timeout(next, ends).await;
            sleep(SHORTEST_LOOK.min(next)).await;
            next = (next * 2).min(LONGEST_LOOK);
        }
    }

    /// True when something else than the process itself runs in its group. Always false without a group of its own.
    pub fn has_leftovers(&self) -> bool {
        self.status().is_some()
            && ((self.leads_group && self.shared.runs_in_group(self.pid)) || !self.still_escaped().is_empty())
    }

    /// Looks for what it has started and what has left its group (for a session of its own, say). From now on that is
    /// a part of it: it is waited for by [`Process::gone`], and reached by [`Process::signal_all`]. To be called while
    /// the process runs: nobody knows whose children orphans were.
    pub fn follow_escaped(&self) {
        if self.status().is_none() {
            let found = process_table::escaped(self.pid);
            let mut known = self.escaped.lock().unwrap_or_else(PoisonError::into_inner);
            for entry in found {
                if !known.iter().any(|one| (one.pid, one.started) == (entry.pid, entry.started)) {
                    known.push(entry);
                }
            }
        }
    }

    /// Sends a signal to its group, and to what has left its group and is followed.
    ///
    /// # Errors
    /// The system's refusal for the group.
    pub fn signal_all(&self, signal: Signal) -> io::Result<()> {
        for entry in self.still_escaped() {
            if let (Some(pid), Some(signal)) = (Pid::from_raw(entry.pid), signal.to_system()) {
                // It has just ended, or belongs to somebody else now.
                let _ = kill_process(pid, signal);
            }
        }
        self.signal(signal)
    }

    /// Sends a signal to it alone, not to its group. Nothing happens when it has ended.
    ///
    /// # Errors
    /// The system's refusal: it belongs to another user.
    pub fn signal_alone(&self, signal: Signal) -> io::Result<()> {
        self.send(signal, kill_process)
    }

    fn still_escaped(&self) -> Vec<Entry> {
        process_table::still_there(&self.escaped.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends a signal to its group, or to it alone when it is in ours. Nothing happens when all have ended.
    ///
    /// # Errors
    /// The system's refusal: it belongs to another user.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        if self.leads_group { self.send(signal, kill_process_group) } else { self.send(signal, kill_process) }
    }

    fn send(
        &self,
        signal: Signal,
        send: fn(Pid, rustix::process::Signal) -> rustix::io::Result<()>,
    ) -> io::Result<()> {
        let (Some(pid), Some(signal)) = (Pid::from_raw(self.pid), signal.to_system()) else { return Ok(()) };
        match self.shared.while_known(self.pid, || send(pid, signal)) {
            None | Some(Ok(()) | Err(rustix::io::Errno::SRCH)) => Ok(()),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// True when it has not said (yet) what it does with a signal, so that one may kill it. False as well where that
    /// cannot be seen, and for one that has ended.
    pub fn has_default_action(&self, signal: Signal) -> bool {
        self.status().is_none() && process_table::has_default_action(self.pid, signal.number())
    }

    /// Asks its group to end, and kills what is left of it when the time is up. One that is stopped (`SIGSTOP`) is
    /// continued, or it could not obey. Returns when nothing is left.
    pub async fn stop(&self, signal: Signal, patience: Duration) -> Stopped {
        let started = Instant::now();
        let asked = self.signal(signal).and_then(|()| self.signal(Signal::CONT));
        if asked.is_ok()
            && let Ok(status) = timeout(patience.saturating_sub(started.elapsed()), self.gone()).await
        {
            return Stopped { status, killed: false };
        }
        self.kill().await
    }

    /// Kills its whole group at once. Returns when nothing is left.
    pub async fn kill(&self) -> Stopped {
        // Refused only to those who may not signal it, and then there is nothing that could be done.
        let _ = self.signal(Signal::KILL);
        let status = timeout(AFTER_A_KILL, self.gone()).await.unwrap_or(ExitStatus::Lost);
        Stopped { status, killed: true }
    }

    /// The reading end of both its output streams, once, when they are captured.
    pub fn take_output(&mut self) -> Option<io::PipeReader> {
        self.output.take()
    }
}

impl Process {
    /// It has ended as it should: what it left running is not killed when this is dropped.
    pub(crate) fn leave_the_rest(&mut self) {
        self.kill_on_drop = false;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.kill_on_drop {
            let _ = self.signal(Signal::KILL);
        }
        self.shared.release(self.pid);
    }
}
