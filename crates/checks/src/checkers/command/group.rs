//! The process group of a command: everything that it started and that did not leave.

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// A running group; it is killed when this is dropped before its leader has ended.
#[derive(Debug)]
pub(super) struct Group {
    leader: Option<Pid>,
}

impl Group {
    /// The group that the child leads.
    pub(super) fn of(child: &Child) -> Self {
        let number = child.id().and_then(|id| i32::try_from(id).ok());
        Self { leader: number.and_then(Pid::from_raw) }
    }

    /// The leader has ended by itself: from now on its number may be another process's.
    pub(super) fn has_ended(&mut self) {
        self.leader = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // It may just have ended by itself, which is as good.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
