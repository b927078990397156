//! Waiting for something to happen near a file. See inotify(7).

use std::path::Path;
use std::time::Duration;

use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use tokio::net::unix::pipe::Receiver;
use tokio::time::{sleep, timeout};

/// Events come in swarms: whoever writes a file writes it in parts.
const SWARM: Duration = Duration::from_millis(20);

/// What happens in the folder of one file from now on.
pub(super) struct Changes {
    /// None where no more watches are allowed, or the folder is not there: then the clock must do.
    watch: Option<Receiver>,
}

impl Changes {
    /// Listens from now on. What has changed before is seen by whoever looks after this.
    pub(super) fn near(path: &Path) -> Self {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        Self { watch: watch(folder).ok() }
    }

    /// Returns when something has happened, or after `longest`. Whether it was the file, and whether the file has
    /// changed, is the caller's to see: this is only a reason to look.
    pub(super) async fn next(self, longest: Duration) {
        match self.watch {
            Some(watch) => {
                if let Ok(Ok(())) = timeout(longest, watch.readable()).await {
                    sleep(SWARM).await;
                }
            }
            None => sleep(longest).await,
        }
    }
}

fn watch(folder: &Path) -> std::io::Result<Receiver> {
    let watch = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    let events = WatchFlags::CLOSE_WRITE
        | WatchFlags::MODIFY
        | WatchFlags::ATTRIB
        | WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::MOVED_FROM
        | WatchFlags::MOVED_TO
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF;
    add_watch(&watch, folder, events)?;
    // Not a pipe, but what is used of it, to wait until it can be read, is the same for all that can be polled.
    Receiver::from_owned_fd_unchecked(watch)
}
