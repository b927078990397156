//! Hears that crontab files may have changed. See `inotify(7)`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::inotify::{CreateFlags, ReadFlags, WatchFlags, add_watch, init, remove_watch};
use rustix::io::Errno;
use tokio::net::unix::pipe::Receiver;
use tokio::time::sleep_until;

/// Without the system's help the files are looked at so often, as by cron.
const SCAN: Duration = Duration::from_secs(60);
/// Who changes several files changes them one after the other.
const SWARM: Duration = Duration::from_millis(50);
/// A file that is made is empty at first; that its writer is done is told when it closes the file.
const WRITING: Duration = Duration::from_secs(1);
/// Files that change all the time are no reason to look all the time.
const PAUSE: Duration = Duration::from_secs(1);

/// Hears of changes to crontab files, and to what comes and goes in their folders.
#[derive(Debug)]
pub struct CrontabWatch {
    /// `None`: the system does not tell.
    events: Option<Receiver>,
    watched: BTreeMap<i32, PathBuf>,
    looked: Instant,
    /// There is a reason to look then.
    due: Option<Instant>,
}

impl CrontabWatch {
    /// Nothing is watched yet. Where the system does not help, changes are looked for every minute.
    ///
    /// # Panics
    /// Outside of a tokio runtime with its IO driver.
    #[must_use]
    pub fn new() -> (Self, Option<io::Error>) {
        let (events, error) = match open() {
            Ok(events) => (Some(events), None),
            Err(error) => (None, Some(error)),
        };
        (Self { events, watched: BTreeMap::new(), looked: Instant::now(), due: None }, error)
    }

    /// Watches what is named, as it is now, and nothing else: to be called before each look, so that nothing slips in
    /// between. The error says why the system does not tell any more.
    pub fn watch(&mut self, named: &[PathBuf]) -> Option<io::Error> {
        let events = self.events.as_ref()?;
        let mut watched = BTreeMap::new();
        for path in named {
            if let Err(error) = watch_around(events, path, &mut watched) {
                self.events = None;
                self.due = None;
                return Some(error);
            }
        }
        for old in self.watched.keys().filter(|old| !watched.contains_key(old)) {
            // It may have gone by itself, with what it watched.
            let _ = remove_watch(events, *old);
        }
        self.watched = watched;
        None
    }

    /// Returns when there is a reason to look. May be dropped and called again.
    pub async fn next(&mut self) {
        while self.events.is_some() {
            if self.due.is_some_and(|due| due <= Instant::now()) {
                // What is heard now is seen by the look that follows.
                self.drain();
                break;
            }
            let Some(events) = &self.events else { break };
            tokio::select! {
                biased;
                ready = events.readable() => match ready {
                    Ok(()) => self.drain(),
                    Err(_) => self.events = None,
                },
                () = until(self.due) => {}
            }
        }
        if self.events.is_none() {
            sleep_until((self.looked + SCAN).into()).await;
        }
        self.due = None;
        self.looked = Instant::now();
    }

    /// Takes in everything that was heard.
    fn drain(&mut self) {
        let Some(events) = &self.events else { return };
        let mut buffer = [0; 4096];
        let mut soonest = None;
        let is_broken = loop {
            match events.try_read(&mut buffer) {
                Ok(0) => break true,
                Ok(count) => {
                    let patiences = heard(&buffer[..count]).filter_map(|event| event.patience(&self.watched));
                    soonest = patiences.chain(soonest).min();
                }
                Err(error) => break error.kind() != io::ErrorKind::WouldBlock,
            }
        };
        if is_broken {
            self.events = None;
        }
        if let Some(patience) = soonest {
            let due = (Instant::now() + patience).max(self.looked + PAUSE);
            self.due = Some(self.due.map_or(due, |before| before.min(due)));
        }
    }
}

fn open() -> io::Result<Receiver> {
    let events = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    // Not a pipe, but what is used of it, to wait and to read, is the same for all that can be polled.
    Receiver::from_owned_fd_unchecked(events)
}

/// What `inotify(7)` calls `struct inotify_event`.
#[derive(Debug, PartialEq, Eq)]
struct Heard<'a> {
    watch: i32,
    kinds: ReadFlags,
    /// Of what is in the folder that is watched; empty for the watched one itself.
    name: &'a [u8],
}

/// The events of one reading: a header of four numbers, and a name that is filled up with zeros.
fn heard(mut bytes: &[u8]) -> impl Iterator<Item = Heard<'_>> {
    std::iter::from_fn(move || {
        let (header, rest) = bytes.split_first_chunk::<16>()?;
        let number = |at: usize| <[u8; 4]>::try_from(&header[at..at + 4]).map(u32::from_ne_bytes).ok();
        let (name, rest) = rest.split_at_checked(usize::try_from(number(12)?).ok()?)?;
        bytes = rest;
        Some(Heard {
            watch: number(0)?.cast_signed(),
            kinds: ReadFlags::from_bits_retain(number(4)?),
            name: name.split(|byte| *byte == 0).next().unwrap_or_default(),
        })
    })
}

impl Heard<'_> {
    /// How long to wait after this, for what else happens; `None` when it does not matter.
    fn patience(&self, watched: &BTreeMap<i32, PathBuf>) -> Option<Duration> {
        if self.kinds.contains(ReadFlags::IGNORED) {
            return None;
        }
        let path = watched.get(&self.watch).map(|folder| folder.join(OsStr::from_bytes(self.name)));
        let is_being_written =
            self.kinds.contains(ReadFlags::CREATE) && path.is_some_and(|path| is_file(&path));
        Some(if is_being_written { WRITING } else { SWARM })
    }
}

fn is_file(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|data| data.is_file())
}

/// The folder above, for what comes and goes; the file or the folder itself; and what links in it point to.
fn watch_around(events: impl AsFd, named: &Path, watched: &mut BTreeMap<i32, PathBuf>) -> io::Result<()> {
    let coming_and_going = WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::MOVED_FROM
        | WatchFlags::MOVED_TO
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF
        | WatchFlags::ONLYDIR;
    let changing =
        WatchFlags::CLOSE_WRITE | WatchFlags::ATTRIB | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
    let mut add = |path: &Path, flags| -> io::Result<bool> {
        // One that is watched for two reasons is watched for both.
        match add_watch(events.as_fd(), path, flags | WatchFlags::MASK_ADD) {
            Ok(watch) => {
                watched.insert(watch, path.to_owned());
                Ok(true)
            }
            // It has just gone, or may not be seen; the folder above tells when that changes.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS | Errno::LOOP) => Ok(false),
            Err(error) => Err(error.into()),
        }
    };
    let named = std::path::absolute(named)?;
    for above in named.ancestors().skip(1) {
        if add(above, coming_and_going)? {
            break;
        }
    }
    if !add(&named, coming_and_going | changing)? {
        add(&named, changing)?;
        return Ok(());
    }
    let entries = std::fs::read_dir(&named).into_iter().flatten().flatten();
    for link in entries.map(|entry| entry.path()).filter(|path| path.is_symlink()) {
        add(&link, changing)?;
    }
    Ok(())
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    /// What never comes is not waited for any longer.
    const NEVER: Duration = Duration::from_secs(60);

    /// A folder with a file, a link to a file elsewhere, and who hears of them.
    fn scene() -> (TempDir, CrontabWatch) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("cron.d")).unwrap();
        fs::create_dir_all(folder.path().join("elsewhere")).unwrap();
        fs::write(folder.path().join("cron.d/a"), "").unwrap();
        fs::write(folder.path().join("elsewhere/b"), "").unwrap();
        symlink("../elsewhere/b", folder.path().join("cron.d/b")).unwrap();
        fs::write(folder.path().join("own"), "").unwrap();
        let (mut watch, error) = CrontabWatch::new();
        assert!(error.is_none());
        look(&folder, &mut watch);
        (folder, watch)
    }

    fn look(folder: &TempDir, watch: &mut CrontabWatch) {
        assert!(watch.watch(&["cron.d", "own"].map(|name| folder.path().join(name))).is_none());
    }

    async fn hears(folder: &TempDir, watch: &mut CrontabWatch, what: &str) {
        tokio::time::timeout(NEVER, watch.next()).await.unwrap_or_else(|_| panic!("{what}"));
        look(folder, watch);
    }

    #[test]
    fn what_was_heard_is_taken_apart() {
        let event = |watch: i32, kinds: ReadFlags, name: &[u8]| {
            let length = u32::try_from(name.len()).unwrap();
            let header = [watch.cast_unsigned(), kinds.bits(), 0, length];
            [&header.map(u32::to_ne_bytes).concat(), name].concat()
        };
        let two = [
            event(1, ReadFlags::CLOSE_WRITE, b"a\0\0\0"),
            event(-1, ReadFlags::QUEUE_OVERFLOW, b""),
            vec![7; 9],
        ];
        let bytes = two.concat();
        let told: Vec<_> = heard(&bytes).map(|event| (event.watch, event.kinds, event.name)).collect();
        assert_eq!(told, [(1, ReadFlags::CLOSE_WRITE, &b"a"[..]), (-1, ReadFlags::QUEUE_OVERFLOW, &b""[..])]);
    }

    #[tokio::test]
    async fn every_kind_of_change_is_heard() {
        let (folder, mut watch) = scene();
        let path = |name: &str| folder.path().join(name);
        let changes: [(&str, &dyn Fn()); 11] = [
            ("a file is written", &|| fs::write(path("cron.d/a"), "1").unwrap()),
            ("one comes", &|| fs::write(path("cron.d/c"), "2").unwrap()),
            ("one is replaced", &|| {
                fs::write(path("elsewhere/c"), "3").unwrap();
                fs::rename(path("elsewhere/c"), path("cron.d/c")).unwrap();
            }),
            ("one goes", &|| fs::remove_file(path("cron.d/c")).unwrap()),
            ("what a link points to is written", &|| fs::write(path("elsewhere/b"), "4").unwrap()),
            ("what a link points to is replaced", &|| {
                fs::write(path("elsewhere/new"), "5").unwrap();
                fs::rename(path("elsewhere/new"), path("elsewhere/b")).unwrap();
            }),
            ("the file that is named is written", &|| fs::write(path("own"), "6").unwrap()),
            ("the file that is named is replaced", &|| {
                fs::write(path("elsewhere/own"), "7").unwrap();
                fs::rename(path("elsewhere/own"), path("own")).unwrap();
            }),
            ("it goes", &|| fs::remove_file(path("own")).unwrap()),
            ("the folder goes", &|| fs::remove_dir_all(path("cron.d")).unwrap()),
            ("it comes back", &|| {
                fs::create_dir(path("cron.d")).unwrap();
                fs::write(path("cron.d/a"), "8").unwrap();
            }),
        ];
        for (what, change) in changes {
            change();
            hears(&folder, &mut watch, what).await;
        }
    }

    #[tokio::test]
    async fn nothing_is_heard_of_what_is_not_named_nor_grows() {
        let (folder, mut watch) = scene();
        let watched = watch.watched.len();
        fs::write(folder.path().join("elsewhere/other"), "x").unwrap();
        fs::read(folder.path().join("own")).unwrap();
        // Both are told in order: if one of those before had mattered, it would be due.
        watch.drain();
        assert_eq!(watch.due, None);
        for round in 0..50 {
            let name = folder.path().join(format!("elsewhere/{round}"));
            fs::write(&name, "x").unwrap();
            fs::rename(&name, folder.path().join("own")).unwrap();
            look(&folder, &mut watch);
        }
        assert_eq!(watch.watched.len(), watched);
    }

    #[tokio::test]
    async fn a_reason_to_look_outlives_who_waits_for_it() {
        let (folder, mut watch) = scene();
        fs::write(folder.path().join("own"), "x").unwrap();
        let is_heard = tokio::select! {
            biased;
            () = watch.next() => true,
            () = tokio::task::yield_now() => false,
        };
        if !is_heard {
            hears(&folder, &mut watch, "still").await;
        }
    }
}
