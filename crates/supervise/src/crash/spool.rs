//! Events that wait: a small folder that outlives us, or memory.

use std::{
    collections::VecDeque,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::{
    fs::{Access, access},
    process::geteuid,
};

/// So many events wait at most …
pub(super) const MOST_EVENTS: usize = 32;
/// … of so many bytes together.
const MOST_BYTES: u64 = 2 * 1024 * 1024;
/// What an event's file ends with, and what it is called while it is written.
const ENDING: &str = ".event.json";
const UNFINISHED: &str = ".unfinished";

/// Events that wait, oldest first.
#[derive(Debug)]
pub(super) struct Spool {
    folder: Option<PathBuf>,
    waiting: VecDeque<Waiting>,
    dropped: u64,
    /// What the last file's name begins with; those that are written in one moment keep their order.
    last: u64,
}

#[derive(Debug)]
struct Waiting {
    id: String,
    size: u64,
    place: Place,
}

#[derive(Debug)]
enum Place {
    File(PathBuf),
    Memory(Vec<u8>),
}

/// How many wait, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) on_disk: usize,
    pub(super) in_memory: usize,
}

impl Spool {
    /// Takes up what an earlier run has left, in the first of the folders that can be used. Without one, events wait in
    /// memory; the second value is why.
    pub(super) fn open(folders: &[PathBuf]) -> (Self, Option<io::Error>) {
        let mut spool = Self { folder: None, waiting: VecDeque::new(), dropped: 0, last: 0 };
        let mut first_error = None;
        for folder in folders {
            match make(folder).and_then(|()| find(folder)) {
                Ok(found) => {
                    spool.folder = Some(folder.clone());
                    spool.waiting = found;
                    spool.make_room(0);
                    return (spool, None);
                }
                Err(error) => {
                    let told = io::Error::new(error.kind(), format!("{}: {error}", folder.display()));
                    first_error.get_or_insert(told);
                }
            }
        }
        (spool, first_error)
    }

    /// Leaves no folder behind in which nothing waits.
    pub(super) fn close(self) {
        if let Some(folder) = self.folder {
            // It stays when something is in it.
            let _ = fs::remove_dir(folder);
        }
    }

    /// Adds an event. An error says why it waits in memory.
    pub(super) fn push(&mut self, id: &str, body: Vec<u8>, at: SystemTime) -> io::Result<()> {
        let size = body.len() as u64;
        self.make_room(size);
        let microseconds = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_micros();
        self.last = u64::try_from(microseconds).unwrap_or(u64::MAX).max(self.last.saturating_add(1));
        let name = format!("{:017}-{id}{ENDING}", self.last);
        let written = self.folder.as_ref().map(|folder| write(folder, &name, &body)).transpose();
        let (place, result) = match written {
            Ok(Some(path)) => (Place::File(path), Ok(())),
            Ok(None) => (Place::Memory(body), Ok(())),
            Err(error) => (Place::Memory(body), Err(error)),
        };
        self.waiting.push_back(Waiting { id: id.to_owned(), size, place });
        result
    }

    /// The oldest one's number and body. What cannot be read any more is dropped on the way.
    pub(super) fn oldest(&mut self) -> Option<(String, Vec<u8>)> {
        loop {
            let first = self.waiting.front()?;
            let body = match &first.place {
                Place::Memory(body) => Some(body.clone()),
                Place::File(path) => fs::read(path).ok().filter(|body| is_object(body)),
            };
            match body {
                Some(body) => return Some((first.id.clone(), body)),
                None => self.remove(&first.id.clone()),
            }
        }
    }

    /// Takes one out: it was sent, or never will be.
    pub(super) fn remove(&mut self, id: &str) {
        if let Some(at) = self.waiting.iter().position(|waiting| waiting.id == id)
            && let Some(Waiting { place: Place::File(path), .. }) = self.waiting.remove(at)
        {
            // Whatever is left of it is sent once more after the next start; Sentry knows it by its number.
            let _ = fs::remove_file(path);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn left(&self) -> Left {
        let on_disk = self.waiting.iter().filter(|waiting| matches!(waiting.place, Place::File(_))).count();
        Left { on_disk, in_memory: self.waiting.len() - on_disk }
    }

    /// How many were dropped for newer ones since it was asked the last time.
    pub(super) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    fn make_room(&mut self, size: u64) {
        let bytes = |waiting: &VecDeque<Waiting>| waiting.iter().map(|waiting| waiting.size).sum::<u64>();
        while self.waiting.len() >= MOST_EVENTS || bytes(&self.waiting) + size > MOST_BYTES {
            let Some(oldest) = self.waiting.front().map(|oldest| oldest.id.clone()) else { return };
            self.remove(&oldest);
            self.dropped += 1;
        }
    }
}

/// Whether an earlier run has left events in that folder: a reason to start a [`super::Reporter`] before anything dies.
pub fn has_waiting(folder: &Path) -> bool {
    let is_event = |entry: fs::DirEntry| id_of(&entry.file_name().to_string_lossy()).is_some();
    fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(is_event))
}

/// Makes a folder that is ours alone. One that others may look into or put something into is not used: it may stand in
/// a place where everybody can make one.
fn make(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(folder)?;
    let is_ours = found.is_dir()
        && found.uid() == geteuid().as_raw()
        && found.permissions().mode().trailing_zeros() >= 6;
    if !is_ours {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others have a right to it"));
    }
    Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

/// The events in a folder, oldest first; what an earlier run has not finished is removed.
fn find(folder: &Path) -> io::Result<VecDeque<Waiting>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(data) = entry.metadata() else { continue };
        if name.ends_with(UNFINISHED) {
            let _ = fs::remove_file(entry.path());
        } else if let Some(id) = id_of(&name)
            && data.is_file()
        {
            found.push((name.clone(), Waiting { id, size: data.len(), place: Place::File(entry.path()) }));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found.into_iter().map(|(_, waiting)| waiting).collect())
}

/// `MICROSECONDS-ID.event.json`
fn id_of(name: &str) -> Option<String> {
    let (time, id) = name.strip_suffix(ENDING)?.split_once('-')?;
    let fits = time.len() == 17
        && time.bytes().all(|digit| digit.is_ascii_digit())
        && id.len() == 32
        && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    fits.then(|| id.to_owned())
}

/// Complete or not at all. Not synced: after a crash of the machine an event less is better than a disk that is waited
/// for, and what is broken is not sent.
fn write(folder: &Path, name: &str, body: &[u8]) -> io::Result<PathBuf> {
    let path = folder.join(name);
    let unfinished = folder.join(format!("{name}{UNFINISHED}"));
    let write = |mut file: File| file.write_all(body);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)
        .and_then(write)
        .and_then(|()| fs::rename(&unfinished, &path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&unfinished);
        })?;
    Ok(path)
}

fn is_object(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(body).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{super::server::private_folder, *};

    fn id(number: usize) -> String {
        format!("{number:032x}")
    }

    fn push(spool: &mut Spool, number: usize) {
        let at = SystemTime::UNIX_EPOCH + Duration::from_micros(number as u64);
        spool.push(&id(number), format!("{{\"n\":{number}}}").into_bytes(), at).unwrap();
    }

    fn open(folder: &Path) -> Spool {
        let (spool, error) = Spool::open(&[folder.to_owned()]);
        assert!(error.is_none(), "{error:?}");
        spool
    }

    #[test]
    fn events_outlive_the_program_in_their_order() {
        let folder = private_folder();
        let place = folder.path().join("a/b");
        let mut spool = open(&place);
        (1..=2).for_each(|number| push(&mut spool, number));
        spool.push(&id(3), b"{\"n\":3}".to_vec(), SystemTime::UNIX_EPOCH).unwrap();
        drop(spool);
        let mut spool = open(&place);
        assert_eq!(spool.left(), Left { on_disk: 3, in_memory: 0 });
        for number in 1..=3 {
            let (found, body) = spool.oldest().unwrap();
            assert_eq!((found, body), (id(number), format!("{{\"n\":{number}}}").into_bytes()));
            spool.remove(&id(number));
        }
        assert!(spool.is_empty() && fs::read_dir(&place).unwrap().next().is_none());
    }

    #[test]
    fn the_oldest_are_dropped_for_new_ones() {
        let folder = private_folder();
        let mut spool = open(folder.path());
        (0..MOST_EVENTS + 5).for_each(|number| push(&mut spool, number));
        assert_eq!(spool.left().on_disk, MOST_EVENTS);
        assert_eq!((spool.take_dropped(), spool.take_dropped()), (5, 0));
        assert_eq!(spool.oldest().unwrap().0, id(5));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), MOST_EVENTS);
        for number in 100..110 {
            spool.push(&id(number), vec![b' '; 500_000], SystemTime::now()).unwrap();
        }
        let bytes: u64 =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        assert!(bytes <= MOST_BYTES);
    }

    #[test]
    fn what_is_broken_or_foreign_is_not_sent() {
        let folder = private_folder();
        let mut spool = open(folder.path());
        push(&mut spool, 1);
        push(&mut spool, 2);
        fs::write(folder.path().join(format!("{:017}-{}{ENDING}", 1, id(1))), "{\"n\":").unwrap();
        fs::write(folder.path().join(format!("{}{UNFINISHED}", id(9))), "{").unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        let mut spool = open(folder.path());
        assert_eq!(spool.oldest().unwrap().0, id(2));
        assert!(folder.path().join("notes.txt").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn without_a_folder_that_can_be_written_to_events_wait_in_memory() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (mut spool, error) = Spool::open(&[file.path().join("below")]);
        assert!(error.is_some());
        push(&mut spool, 1);
        assert_eq!(spool.left(), Left { on_disk: 0, in_memory: 1 });
        let folder = private_folder();
        let mut spool = open(folder.path());
        drop(folder);
        assert!(spool.push(&id(1), b"{}".to_vec(), SystemTime::now()).is_err());
        assert_eq!(spool.oldest().unwrap().0, id(1));
    }

    #[test]
    fn the_first_folder_that_is_ours_alone_is_used_and_does_not_stay_without_need() {
        let folder = private_folder();
        let [shared, ours] = ["shared", "ours"].map(|name| folder.path().join(name));
        DirBuilder::new().mode(0o755).create(&shared).unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("link")).unwrap();
        let places = [shared.clone(), folder.path().join("link"), ours.clone()];
        let (mut spool, error) = Spool::open(&places);
        assert!(error.is_none());
        push(&mut spool, 1);
        assert!(has_waiting(&ours) && !has_waiting(&shared));
        Spool::open(&places).0.close();
        assert!(ours.exists());
        spool.remove(&id(1));
        spool.close();
        assert!(!ours.exists() && shared.exists());
    }

    #[test]
    fn others_cannot_read_them() {
        let folder = private_folder();
        let place = folder.path().join("new");
        let mut spool = open(&place);
        push(&mut spool, 1);
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&place), 0o700);
        assert_eq!(mode(&fs::read_dir(&place).unwrap().next().unwrap().unwrap().path()), 0o600);
    }
}
