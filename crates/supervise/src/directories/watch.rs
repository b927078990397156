//! Hears that something changed in the directories. See `inotify(7)`.

use std::{
    io,
    path::Path,
    time::{Duration, Instant},
};

use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use tokio::{net::unix::pipe::Receiver, time::sleep_until};

/// Without the system's help the directories are looked at so often, as `runsvdir` does.
pub(super) const SCAN: Duration = Duration::from_secs(5);
/// Who makes a service directory makes it in parts.
const SWARM: Duration = Duration::from_millis(50);
/// A service that makes files in its own directory all the time is no reason to look all the time.
const PAUSE: Duration = Duration::from_secs(1);

/// What happens from now on in the directories that are watched.
pub(super) struct Watch {
    events: Option<Receiver>,
    looked: Instant,
}

impl Watch {
    /// Nothing is watched yet. Without the system's help there is only the clock.
    pub(super) fn new() -> (Self, Option<io::Error>) {
        let looked = Instant::now();
        match open() {
            Ok(events) => (Self { events: Some(events), looked }, None),
            Err(error) => (Self { events: None, looked }, Some(error)),
        }
    }

    /// Watches one more directory; one that is watched already is watched once. Links are followed.
    pub(super) fn add(&mut self, folder: &Path) -> Option<io::Error> {
        let flags = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::ATTRIB
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        self.add_for(folder, flags)
    }

    /// Watches one in which we write all the time: only for what is taken away.
    pub(super) fn add_for_losses(&mut self, folder: &Path) -> Option<io::Error> {
        self.add_for(folder, WatchFlags::DELETE | WatchFlags::ONLYDIR)
    }

    fn add_for(&mut self, folder: &Path, flags: WatchFlags) -> Option<io::Error> {
        let error = add_watch(self.events.as_ref()?, folder, flags).err()?;
        if matches!(error, rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) {
            // It has just gone, which the directory above will tell.
            return None;
        }
        self.events = None;
        Some(error.into())
    }

    /// Returns when there is a reason to look. May be dropped and called again.
    pub(super) async fn next(&mut self) {
        match &self.events {
            Some(events) if events.readable().await.is_ok() => {
                let rested = self.looked + PAUSE;
                sleep_until(rested.max(Instant::now() + SWARM).into()).await;
                drain(events);
            }
            _ => sleep_until((self.looked + SCAN).into()).await,
        }
        self.looked = Instant::now();
    }
}

fn open() -> io::Result<Receiver> {
    let events = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    // Not a pipe, but what is used of it, to wait and to read, is the same for all that can be polled.
    Receiver::from_owned_fd_unchecked(events)
}

/// Which events there were does not matter: they are a reason to look at everything.
fn drain(events: &Receiver) {
    let mut buffer = [0; 4096];
    while events.try_read(&mut buffer).is_ok_and(|count| count > 0) {}
}
