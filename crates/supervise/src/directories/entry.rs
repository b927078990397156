//! One service directory that is looked after, with its log service.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, Instant},
};

use tokio::{
    io::AsyncReadExt,
    net::unix::pipe::Receiver,
    sync::mpsc::UnboundedSender,
    task::{AbortHandle, spawn},
};

use super::{
    definition::Definition,
    home::{Home, HomeError},
    status::Status,
    view,
    watch::SCAN,
};
use crate::{Command, Handle, Name, Service, ServiceSnapshot, Snapshot};

/// Who takes a directory away takes its files one by one: none is made again so soon.
const TO_TAKE_ALL: Duration = Duration::from_secs(1);

/// A letter for a service, or for its log service, which has its own name.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) service: Name,
    pub(super) letter: u8,
}

/// A service directory, while it is in the fleet or on its way out of it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) definition: Definition,
    pub(super) service: Kept,
    pub(super) log: Option<Kept>,
    pub(super) identity: Option<(u64, u64)>,
    pub(super) leaving: Leaving,
}

/// How far a service is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    /// It stays.
    No,
    /// It was told to end and to leave.
    Service,
    /// It is gone, and its log service reads what is left; it is ended when it takes longer than this.
    Log {
        /// When.
        until: Instant,
    },
    /// Its log service was told to leave.
    LogEnds,
    /// Nothing of it is in the fleet.
    Gone,
}

/// One service with its files.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) name: Name,
    home: Option<Home>,
    written: Option<Status>,
    /// It was in the fleet.
    was_seen: bool,
    exits: bool,
    /// What was to be written could not be: it is tried again then.
    behind: Option<Instant>,
    /// A FIFO was taken away: it is made again then. Who takes the whole directory away is to be done first.
    broken: Option<Instant>,
    /// It could not be made again.
    is_lost: bool,
    reader: Option<AbortHandle>,
}

impl Kept {
    /// Takes the files, and passes on the letters that come.
    pub(super) fn new(
        service: &Service,
        state: &Path,
        letters: &UnboundedSender<Letter>,
    ) -> (Self, Option<HomeError>) {
        let name = service.name.clone();
        let folder = service.folder.clone().unwrap_or_default();
        let (home, reader, error) = match Home::take(&folder, &state.join(&*name)) {
            Ok((home, control)) => {
                let reading = spawn(read_letters(control, name.clone(), letters.clone()));
                (Some(home), Some(reading.abort_handle()), None)
            }
            Err(error) => (None, None, Some(error)),
        };
        // What a supervisor before us has left there is not true any more. Where this fails, the first change tells.
        let begun = view::begun(service.wanted);
        let written = home.as_ref().and_then(|home| home.write(&begun).ok()).map(|()| begun);
        (
            Self {
                name,
                home,
                written,
                was_seen: false,
                exits: false,
                behind: None,
                broken: None,
                is_lost: false,
                reader,
            },
            error,
        )
    }

    /// It was told to leave its supervisor.
    pub(super) fn exits(&mut self) {
        self.exits = true;
    }

    /// Writes what can be seen, if that is new. True while it is in the fleet, or not there yet. A failure is told once,
    /// until it can be written again.
    pub(super) fn show(&mut self, seen: Option<&ServiceSnapshot>, now: Instant) -> (bool, io::Result<()>) {
        let Some(seen) = seen else {
            self.behind = None;
            return (!self.was_seen, Ok(()));
        };
        self.was_seen = true;
        let status = view::status(seen, self.exits, self.written.as_ref());
        if self.written == Some(status) && self.behind.is_none_or(|due| due > now) {
            return (true, Ok(()));
        }
        self.written = Some(status);
        let written = self.home.as_ref().map_or(Ok(()), |home| home.write(&status));
        let was_behind = self.behind.take().is_some();
        if written.is_err() {
            self.behind = Some(now + SCAN);
        }
        (true, if was_behind { Ok(()) } else { written })
    }

    /// When there is something to be done for its files without anybody saying so.
    pub(super) fn due(&self) -> Option<Instant> {
        self.behind.into_iter().chain(self.broken).min()
    }

    /// Where its files are.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.home.as_ref().map(Home::path)
    }

    /// Makes FIFOs again that somebody has taken away, a moment after that was seen, if it is to stay. True when it has.
    /// A failure is told once; it is tried again.
    pub(super) fn mend(
        &mut self,
        stays: bool,
        letters: &UnboundedSender<Letter>,
        now: Instant,
    ) -> Result<bool, HomeError> {
        let Some(home) = self.home.as_mut().filter(|home| stays && home.is_broken()) else {
            (self.broken, self.is_lost) = (None, false);
            return Ok(false);
        };
        if *self.broken.get_or_insert(now + TO_TAKE_ALL) > now {
            return Ok(false);
        }
        let letters = match home.mend() {
            Ok(control) => control.map(|control| read_letters(control, self.name.clone(), letters.clone())),
            Err(error) => {
                self.broken = Some(now + SCAN);
                let was_lost = std::mem::replace(&mut self.is_lost, true);
                return if was_lost { Ok(false) } else { Err(error) };
            }
        };
        (self.broken, self.is_lost) = (None, false);
        // In a directory that was made again there is nothing yet.
        self.behind = Some(now);
        if let Some(letters) = letters
            && let Some(before) = self.reader.replace(spawn(letters).abort_handle())
        {
            before.abort();
        }
        Ok(true)
    }
}

/// Nothing runs any more when nobody looks after it, and that is the last thing that is said of it.
impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(reader) = &self.reader {
            reader.abort();
        }
        let last =
            self.written.map(|written| view::ended(&written)).filter(|last| self.written != Some(*last));
        if let (Some(home), Some(last)) = (&self.home, last) {
            // It is tried once more by nobody, and there is nobody to tell.
            let _ = home.write(&last);
        }
    }
}

impl Entry {
    /// Tells the service to end and to leave.
    pub(super) fn leave(&mut self, handle: &Handle) {
        if self.leaving == Leaving::No {
            self.service.exits();
            handle.command(&self.service.name, Command::Exit);
            self.leaving = Leaving::Service;
        }
    }

    /// The service has left: its log service follows. True when it has one.
    pub(super) fn follow(
        &mut self,
        handle: &Handle,
        snapshot: &Snapshot,
        grace: Duration,
        now: Instant,
    ) -> bool {
        let Some(log) = &self.log else {
            self.leaving = Leaving::Gone;
            return false;
        };
        if snapshot.service(&log.name).is_some_and(crate::ServiceSnapshot::runs) {
            handle.command(&log.name, Command::Once);
        }
        self.leaving = Leaving::Log { until: now + grace };
        true
    }

    /// The log service has read everything, or has had its time.
    pub(super) fn drain(&mut self, handle: &Handle, snapshot: &Snapshot, now: Instant) {
        let (Leaving::Log { until }, Some(log)) = (self.leaving, &self.log) else { return };
        let runs = snapshot.service(&log.name).is_some_and(crate::ServiceSnapshot::runs);
        if !runs {
            handle.remove(&log.name);
        } else if now >= until {
            handle.command(&log.name, Command::Signal(preflight_processes::Signal::KILL));
            handle.remove(&log.name);
        } else {
            return;
        }
        self.leaving = Leaving::LogEnds;
    }
}

/// What tells one directory from another that has its name later.
pub(super) fn identity(folder: &Path) -> Option<(u64, u64)> {
    fs::metadata(folder).ok().map(|data| (data.dev(), data.ino()))
}

async fn read_letters(mut control: Receiver, service: Name, letters: UnboundedSender<Letter>) {
    let mut buffer = [0; 64];
    while let Ok(count @ 1..) = control.read(&mut buffer).await {
        for &letter in &buffer[..count] {
            if letters.send(Letter { service: service.clone(), letter }).is_err() {
                return;
            }
        }
    }
}
