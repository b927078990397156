//! Dead children that are not in the table: orphans, which are reaped, and those of other parts of this program, which stay.
//!
//! The system names one dead child at a time, and always the same one for as long as it is not reaped. So most orphans are
//! reaped as soon as they have ended; those behind a dead child that is to stay are found in the system's table, which is read
//! once for a crowd of them.

use std::time::{Duration, Instant};

use nix::{
    sys::wait::{Id, WaitPidFlag, waitid},
    unistd::getpgid,
};
use rustix::process::WaitIdOptions;

use super::{Shared, own_pid, wait};
use crate::process_table;

/// How long a dead child that is not in the table is left to whoever else may have started it. Only what is in our own
/// process group can be such a one: whatever is started here has a group of its own, and so have the orphans it leaves.
const GRACE: Duration = Duration::from_secs(2);
/// So many orphans are reaped before others have their turn.
const AT_ONCE: usize = 64;
/// Those behind one that is to stay often end in crowds.
const CROWD: Duration = Duration::from_millis(100);
/// As long as crowds of this size come, they are looked for more often, or the dead would use up the limit of processes.
const STORM: usize = 32;
const IN_A_STORM: Duration = Duration::from_millis(10);

/// What is known of the dead after a look at the one that the system names first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    /// There are none.
    Clear,
    /// That one is to stay, or cannot be told from those that are: there may be others behind it.
    Hidden,
}

/// When the system's table is to be read.
#[derive(Debug)]
pub(super) struct Look {
    due: Option<Instant>,
    pace: Duration,
    is_told: bool,
}

impl Look {
    pub(super) fn around_soon(now: Instant) -> Self {
        Self { due: Some(now + CROWD), pace: CROWD, is_told: false }
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Something has ended.
    pub(super) fn is_told(&mut self) {
        self.is_told = true;
    }

    /// Reads the table when that is due, and settles when it will be.
    pub(super) fn after(&mut self, front: Front, shared: &Shared, now: Instant) {
        let is_told = std::mem::take(&mut self.is_told);
        if front == Front::Clear {
            (self.due, self.pace) = (None, CROWD);
            return;
        }
        if is_told {
            self.due = Some(self.due.map_or(now + self.pace, |due| due.min(now + self.pace)));
        }
        if self.due.is_some_and(|due| due <= now) {
            let (reaped, next) = shared.look_for_strangers(now);
            self.pace = if reaped >= STORM { IN_A_STORM } else { CROWD };
            self.due = next.or((reaped >= STORM).then_some(self.pace)).map(|next| now + next);
        }
    }
}

impl Shared {
    /// Reaps dead orphans for as long as the system names them first; `None` when there may be more.
    pub(super) fn reap_in_front(&self) -> Option<Front> {
        if !self.adopts {
            return Some(Front::Clear);
        }
        let mut table = self.table();
        let own_group = getpgid(None);
        for _ in 0..AT_ONCE {
            let Ok(named) = first_dead() else { return Some(Front::Hidden) };
            let Some(pid) = named else {
                table.strangers.clear();
                return Some(Front::Clear);
            };
            let is_to_stay = table.children.contains_key(&pid) || is_in(own_group, pid);
            if is_to_stay || !matches!(wait(pid, WaitIdOptions::empty()), Ok(Some(_))) {
                return Some(Front::Hidden);
            }
            table.reaped_orphans += 1;
        }
        None
    }

    /// Reaps the dead orphans, and the dead strangers whose grace is over: how many, and when to look again, should there
    /// be any strangers left.
    fn look_for_strangers(&self, now: Instant) -> (usize, Option<Duration>) {
        let mut table = self.table();
        let own_group = getpgid(None);
        let before = std::mem::take(&mut table.strangers);
        let mut reaped = 0;
        for pid in process_table::numbers_of_children(own_pid()) {
            let is_dead = || matches!(wait(pid, WaitIdOptions::NOWAIT), Ok(Some(_)));
            if table.children.contains_key(&pid) || !is_dead() {
                continue;
            }
            let since = before.get(&pid).copied().unwrap_or(now);
            if is_in(own_group, pid) && now.duration_since(since) < GRACE {
                table.strangers.insert(pid, since);
            } else if let Ok(Some(_)) = wait(pid, WaitIdOptions::empty()) {
                reaped += 1;
            }
        }
        table.reaped_orphans += u64::try_from(reaped).unwrap_or_default();
        let oldest = table.strangers.values().min();
        let next = oldest.map(|since| GRACE.saturating_sub(now.duration_since(*since)).max(CROWD));
        (reaped, next)
    }
}

/// The dead child that the system names; it stays one. `None` when there is none.
///
/// # Errors
/// One that died of a signal for real time is not named.
fn first_dead() -> nix::Result<Option<i32>> {
    let options = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    match waitid(Id::All, options) {
        Ok(status) => Ok(status.pid().map(nix::unistd::Pid::as_raw)),
        Err(nix::Error::ECHILD) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Also when it is one outside of our name space. True when it cannot be seen.
fn is_in(group: nix::Result<nix::unistd::Pid>, pid: i32) -> bool {
    let of_process = getpgid(Some(nix::unistd::Pid::from_raw(pid)));
    of_process.is_err() || of_process == group
}
