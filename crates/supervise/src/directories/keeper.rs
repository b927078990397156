//! Service directories beside a running supervisor.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::OsString,
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use preflight_processes::Signal;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::sleep_until,
};

use super::{
    LogPipes, Notice, Settings, control,
    definition::{self, Definition, log_name},
    entry::{Entry, Kept, Leaving, Letter, identity},
    home::HomeError,
    watch::{SCAN, Watch},
};
use crate::{Command, Handle, Name, Service, ServiceSnapshot, Snapshot};

/// Service directories, their files and who watches them.
pub struct Directories {
    settings: Settings,
    entries: BTreeMap<Name, Entry>,
    /// Those that have left by themselves, or belong to another, are taken again then, as by `runsvdir`.
    resting: BTreeMap<Name, Instant>,
    pipes: LogPipes,
    watch: Watch,
    letters: UnboundedReceiver<Letter>,
    /// For the readers of new services.
    post: UnboundedSender<Letter>,
    is_unreadable: bool,
    /// Of these it has been told.
    nameless: BTreeSet<OsString>,
    tell: Box<dyn FnMut(Notice) + Send>,
}

impl Directories {
    /// Reads the directories, takes their files and gives their services, log services first. What happens is told from
    /// now on.
    ///
    /// # Panics
    /// Outside of a tokio runtime with its IO driver.
    pub fn open(settings: Settings, tell: impl FnMut(Notice) + Send + 'static) -> (Self, Vec<Service>) {
        let (watch, error) = Watch::new();
        let (post, letters) = unbounded_channel();
        let mut directories = Self {
            settings,
            entries: BTreeMap::new(),
            resting: BTreeMap::new(),
            pipes: LogPipes::default(),
            watch,
            letters,
            post,
            is_unreadable: false,
            nameless: BTreeSet::new(),
            tell: Box::new(tell),
        };
        directories.watching(error);
        let services = directories.look(Instant::now());
        (directories, services)
    }

    /// The pipes between services and their log services, to be put around the streams of the supervisor.
    pub fn pipes(&self) -> LogPipes {
        self.pipes.clone()
    }

    /// Lives beside the supervisor of the handle, and ends with it.
    pub async fn keep(mut self, handle: Handle) {
        let mut snapshots = handle.snapshots();
        loop {
            let snapshot = Arc::clone(&snapshots.borrow_and_update());
            self.show(&snapshot, &handle, Instant::now());
            let due = self.due();
            tokio::select! {
                biased;
                changed = snapshots.changed() => if changed.is_err() {
                    return;
                },
                Some(letter) = self.letters.recv() => self.command(&letter, &handle, &snapshot),
                () = self.watch.next() => self.scan(&handle, &snapshot),
                () = until(due) => self.scan(&handle, &snapshot),
            }
        }
    }

    /// When something is to be done without anybody saying so.
    fn due(&self) -> Option<Instant> {
        let drains = self.entries.values().filter_map(|entry| match entry.leaving {
            Leaving::Log { until } => Some(until),
            _ => None,
        });
        let files = self.entries.values().flat_map(|entry| [Some(&entry.service), entry.log.as_ref()]);
        let files = files.flatten().filter_map(Kept::due);
        drains.chain(self.resting.values().copied()).chain(files).min()
    }

    /// What can be seen goes into the files; who leaves is helped on.
    fn show(&mut self, snapshot: &Snapshot, handle: &Handle, now: Instant) {
        let grace = self.settings.stop.grace;
        let all: HashMap<&str, &ServiceSnapshot> =
            snapshot.services.iter().map(|service| (&*service.name, &**service)).collect();
        let seen = |name: &Name| all.get(&**name).copied();
        let mut troubles = Vec::new();
        for (name, entry) in &mut self.entries {
            let (is_there, written) = entry.service.show(seen(name), now);
            let is_leaving = entry.leaving != Leaving::No;
            // With its directory, its files are gone.
            let counts = |error: &io::Error| !is_leaving || error.kind() != io::ErrorKind::NotFound;
            troubles.extend(written.err().filter(counts).map(|source| (name.clone(), source)));
            let log = entry.log.as_mut().map(|log| (log.name.clone(), log.show(seen(&log.name), now)));
            let log_is_there = log.as_ref().is_some_and(|(_, (is_there, _))| *is_there);
            let of_log = log.and_then(|(name, (_, written))| Some((name, written.err()?)));
            troubles.extend(of_log.filter(|(_, error)| counts(error)));
            let is_idle = seen(name).is_none_or(|seen| seen.pid.is_none());
            if !is_there && matches!(entry.leaving, Leaving::No | Leaving::Service) {
                self.pipes.close(name);
                entry.follow(handle, snapshot, grace, now);
            } else if snapshot.shutting_down && is_idle {
                self.pipes.close(name);
            }
            entry.drain(handle, snapshot, now);
            if entry.leaving == Leaving::LogEnds && !log_is_there {
                entry.leaving = Leaving::Gone;
            }
        }
        for (service, source) in troubles {
            (self.tell)(Notice::NotWritten { service, source });
        }
        self.forget(now);
    }

    fn forget(&mut self, now: Instant) {
        let gone = self.entries.iter().filter(|(_, entry)| entry.leaving == Leaving::Gone);
        let names: Vec<Name> = gone.map(|(name, _)| name.clone()).collect();
        for name in names {
            self.pipes.part(&name);
            let Some(entry) = self.entries.remove(&name) else { continue };
            let is_same = identity(&entry.definition.folder) == entry.identity;
            // Another directory of its name is another service, and need not wait.
            self.resting.insert(name, if is_same { now + SCAN } else { now });
        }
    }

    fn scan(&mut self, handle: &Handle, snapshot: &Snapshot) {
        self.mend(snapshot, Instant::now());
        if snapshot.shutting_down {
            self.resting.clear();
            return;
        }
        for service in self.look(Instant::now()) {
            handle.put(service);
        }
        if self.is_unreadable {
            // Nobody has taken the services away: their file system is gone for a while, or something is in its place.
            return;
        }
        let entries = self.entries.values_mut();
        for entry in entries.filter(|entry| identity(&entry.definition.folder) != entry.identity) {
            if entry.leaving == Leaving::No {
                (self.tell)(Notice::Gone(entry.service.name.clone()));
            }
            entry.leave(handle);
        }
    }

    /// What was taken away of the files of services that stay is made again.
    fn mend(&mut self, snapshot: &Snapshot, now: Instant) {
        let (mut mended, mut failed) = (Vec::new(), Vec::new());
        for entry in self.entries.values_mut() {
            let stays = entry.leaving == Leaving::No
                && !snapshot.shutting_down
                && identity(&entry.definition.folder) == entry.identity;
            for kept in [Some(&mut entry.service), entry.log.as_mut()].into_iter().flatten() {
                match kept.mend(stays, &self.post, now) {
                    Ok(true) => mended.extend(kept.folder().map(Path::to_owned)),
                    Ok(false) => {}
                    Err(reason) => failed.push((kept.name.clone(), reason)),
                }
            }
        }
        for folder in mended {
            let error = self.watch.add_for_losses(&folder);
            self.watching(error);
        }
        for (service, reason) in failed {
            (self.tell)(Notice::Homeless { service, reason });
        }
    }

    /// The services that are new, or are run in another way than before.
    fn look(&mut self, now: Instant) -> Vec<Service> {
        self.resting.retain(|_, until| *until > now);
        let folders = match definition::folders(&self.settings.folder) {
            Ok(folders) => folders,
            Err(error) => {
                self.unreadable(error, now);
                return Vec::new();
            }
        };
        self.is_unreadable = false;
        for name in folders.nameless.difference(&self.nameless) {
            (self.tell)(Notice::Nameless(name.clone()));
        }
        self.nameless = folders.nameless;
        let error = self.watch.add(&self.settings.folder);
        self.watching(error);
        let mut services = Vec::new();
        for (name, folder) in folders.named {
            let new = definition::read(&name, &folder, &self.settings);
            if self.entries.contains_key(&name) {
                services.extend(self.update(&name, new));
            } else if !self.resting.contains_key(&name) {
                services.extend(self.add(name, new, now));
            }
        }
        services
    }

    fn unreadable(&mut self, error: io::Error, now: Instant) {
        if !self.is_unreadable {
            (self.tell)(Notice::NotRead(error));
        }
        self.is_unreadable = true;
        // No service has an empty name: this is for the directory itself.
        self.resting.insert("".into(), now + SCAN);
    }

    /// A changed `down` is for the next time that the service is taken, as with runsv. A log service that comes later is
    /// started at once, and is given what the service writes from its next start on.
    fn update(&mut self, name: &Name, mut new: Definition) -> Vec<Service> {
        let later = self.log_that_came_later(name, &new);
        let Some(entry) = self.entries.get_mut(name).filter(|entry| entry.leaving == Leaving::No) else {
            return Vec::new();
        };
        new.service.wanted = entry.definition.service.wanted;
        new.service.depends_on = entry.definition.service.depends_on.clone();
        let mut services = Vec::from_iter(later);
        if new.service != entry.definition.service && identity(&new.folder) == entry.identity {
            entry.definition.service = new.service.clone();
            services.push(new.service);
        }
        services
    }

    fn log_that_came_later(&mut self, name: &Name, new: &Definition) -> Option<Service> {
        let entry = self.entries.get(name)?;
        let is_ours = entry.leaving == Leaving::No && identity(&new.folder) == entry.identity;
        let log = new.log.clone().filter(|_| is_ours && entry.log.is_none())?;
        let folder = log.folder.clone().unwrap_or_default();
        let error = self.watch.add(&folder);
        self.watching(error);
        // Who makes it is not done with it yet.
        if !definition::is_executable(&folder.join("run")) {
            return None;
        }
        let kept = self.kept(&log)?;
        if let Err(source) = self.pipes.join(name) {
            (self.tell)(Notice::NotWritten { service: log.name.clone(), source });
        }
        (self.tell)(Notice::Found(log.name.clone()));
        let entry = self.entries.get_mut(name)?;
        entry.log = Some(kept);
        entry.definition.log = Some(log.clone());
        Some(log)
    }

    fn add(&mut self, name: Name, mut definition: Definition, now: Instant) -> Vec<Service> {
        for folder in ["", "log", "control"].map(|part| definition.folder.join(part)) {
            let error = self.watch.add(&folder);
            self.watching(error);
        }
        let Some(service) = self.kept(&definition.service) else {
            self.resting.insert(name, now + SCAN);
            return Vec::new();
        };
        let log = definition.log.as_ref().and_then(|log| self.kept(log));
        if log.is_none() {
            definition.log = None;
            definition.service.depends_on.clear();
        } else if let Err(source) = self.pipes.join(&name) {
            (self.tell)(Notice::NotWritten { service: log_name(&name), source });
        }
        (self.tell)(Notice::Found(name.clone()));
        let services = definition.log.iter().chain([&definition.service]).cloned().collect();
        let identity = identity(&definition.folder);
        self.entries.insert(name, Entry { definition, service, log, identity, leaving: Leaving::No });
        services
    }

    /// `None` for a service that is not ours to run.
    fn kept(&mut self, service: &Service) -> Option<Kept> {
        let (kept, error) = Kept::new(service, &self.settings.state, &self.post);
        let lost = kept.folder().and_then(|folder| self.watch.add_for_losses(folder));
        self.watching(lost);
        let Some(reason) = error else { return Some(kept) };
        let is_ours = matches!(reason, HomeError::Refused { .. });
        (self.tell)(Notice::Homeless { service: service.name.clone(), reason });
        is_ours.then_some(kept)
    }

    fn command(&mut self, letter: &Letter, handle: &Handle, snapshot: &Snapshot) {
        let Some(command) = control::command(letter.letter) else { return };
        let name = &letter.service;
        if let Some(entry) = self.entries.get_mut(name) {
            if command == Command::Exit {
                entry.leave(handle);
            } else {
                handle.command(name, command);
            }
            return;
        }
        let runs = snapshot.service(name).is_some_and(crate::ServiceSnapshot::runs);
        match command {
            // A log service leaves with its service.
            Command::Exit => {}
            // Its stop is the end of what it reads, which does not come yet.
            Command::Down if runs => {
                for command in [Command::Once, Command::Signal(Signal::TERM), Command::Continue] {
                    handle.command(name, command);
                }
            }
            other => handle.command(name, other),
        }
    }

    fn watching(&mut self, error: Option<io::Error>) {
        if let Some(error) = error {
            (self.tell)(Notice::NotWatched(error));
        }
    }
}

impl std::fmt::Debug for Directories {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directories").field("settings", &self.settings).finish_non_exhaustive()
    }
}

async fn until(due: Option<Instant>) {
    match due {
        // A moment later, so that what was due is due for sure.
        Some(due) => sleep_until((due + Duration::from_millis(1)).into()).await,
        None => std::future::pending().await,
    }
}
