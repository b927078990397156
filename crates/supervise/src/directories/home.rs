//! `supervise/`: the files by which a service is seen and told, and the lock that says whose it is.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::fd::OwnedFd,
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, symlink},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{CWD, FlockOperation, Mode, OFlags, flock, fstat, mkfifoat, openat as open_at, renameat},
    io::Errno,
};
use tokio::net::unix::pipe::{OpenOptions as PipeOptions, Receiver};

use super::status::Status;

/// The files of one service, while they are ours. `ok` can be opened for writing for as long as this lives: that is how
/// `sv` knows that somebody is there.
#[derive(Debug)]
pub(super) struct Home {
    /// The directory itself: its name may go, or become that of another one.
    folder: OwnedFd,
    path: PathBuf,
    _lock: File,
    ok: Fifo,
    control: Fifo,
}

/// One that is open, told from a later one of its name by its device and its number.
#[derive(Debug)]
struct Fifo {
    identity: (u64, u64),
    /// Of `control`: given away.
    _reader: Option<Receiver>,
}

/// A service's `supervise/` cannot be ours.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Another supervisor has it.
    #[error("lock {path}: another supervisor looks after this service")]
    Taken {
        /// The lock.
        path: PathBuf,
    },
    /// Something else has the name of a FIFO.
    #[error("open {path}: it is there, and no fifo")]
    NoFifo {
        /// Which.
        path: PathBuf,
    },
    /// The system refused.
    #[error("make {path}")]
    Refused {
        /// What.
        path: PathBuf,
        /// Its answer.
        #[source]
        source: io::Error,
    },
}

impl Home {
    /// Makes the files of a service directory, or takes those that are there: in `supervise`, in what that links to, or,
    /// when it cannot be written there, in `supervise` below `fallback`. Also the reading end of `control`.
    pub(super) fn take(service: &Path, fallback: &Path) -> Result<(Self, Receiver), HomeError> {
        let own = service.join("supervise");
        match Self::take_at(&own) {
            Err(HomeError::Refused { source, .. }) if is_unwritable(&source) => {
                let refused = |source| HomeError::Refused { path: fallback.to_owned(), source };
                fs::create_dir_all(fallback).map_err(refused)?;
                link_the_rest(service, fallback);
                Self::take_at(&fallback.join("supervise"))
            }
            other => other,
        }
    }

    fn take_at(folder: &Path) -> Result<(Self, Receiver), HomeError> {
        let refused = |path: &Path| {
            let path = path.to_owned();
            move |source| HomeError::Refused { path, source }
        };
        make_folder(folder).map_err(refused(folder))?;
        let lock = lock(&folder.join("lock"))?;
        let (control, letters) = open_control(&folder.join("control"))?;
        let ok = open_ok(&folder.join("ok"))?;
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened =
            open_at(CWD, folder, flags, Mode::empty()).map_err(|error| refused(folder)(error.into()))?;
        Ok((Self { folder: opened, path: folder.to_owned(), _lock: lock, ok, control }, letters))
    }

    /// Where the files are.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// True when somebody has taken a FIFO away, or put another one in its place; not when all around it is gone too.
    pub(super) fn is_broken(&self) -> bool {
        self.path.parent().is_some_and(Path::is_dir)
            && !(self.holds("control", &self.control) && self.holds("ok", &self.ok))
    }

    fn holds(&self, name: &str, fifo: &Fifo) -> bool {
        fs::metadata(self.path.join(name)).is_ok_and(|data| identity(&data) == fifo.identity)
    }

    fn holds_folder(&self) -> bool {
        let held = fstat(&self.folder).map(|stat| (stat.st_dev, stat.st_ino));
        fs::metadata(&self.path).is_ok_and(|data| Ok(identity(&data)) == held)
    }

    /// Makes and opens again what was taken away. The reading end of `control`, when that is a new one.
    pub(super) fn mend(&mut self) -> Result<Option<Receiver>, HomeError> {
        if !self.holds_folder() {
            let (home, letters) = Self::take_at(&self.path)?;
            *self = home;
            return Ok(Some(letters));
        }
        if !self.holds("ok", &self.ok) {
            self.ok = open_ok(&self.path.join("ok"))?;
        }
        if self.holds("control", &self.control) {
            return Ok(None);
        }
        let (control, letters) = open_control(&self.path.join("control"))?;
        self.control = control;
        Ok(Some(letters))
    }

    /// Writes `status`, `stat` and `pid`, each in one piece.
    pub(super) fn write(&self, status: &Status) -> io::Result<()> {
        let (pid, stat, status) = (status.pid(), status.stat(), status.to_bytes());
        let files = [("pid", pid.as_bytes()), ("stat", stat.as_bytes()), ("status", status.as_slice())];
        for (name, bytes) in files {
            let fresh = format!("{name}.new");
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
            let file = open_at(&self.folder, &fresh, flags, Mode::from_raw_mode(0o644))?;
            File::from(file).write_all(bytes)?;
            renameat(&self.folder, &fresh, &self.folder, name)?;
        }
        Ok(())
    }
}

fn is_unwritable(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::ROFS | Errno::ACCESS | Errno::PERM))
}

/// A link to a directory that is not there yet is followed, as in images that keep `supervise` under `/run`.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let target = match fs::read_link(folder) {
        Ok(target) => folder.parent().unwrap_or(Path::new("")).join(target),
        Err(_) => folder.to_owned(),
    };
    if let Some(above) = target.parent() {
        fs::create_dir_all(above)?;
    }
    DirBuilder::new().mode(0o700).create(target)
}

fn lock(path: &Path) -> Result<File, HomeError> {
    let refused = |source| HomeError::Refused { path: path.to_owned(), source };
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(refused)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(HomeError::Taken { path: path.to_owned() }),
        Err(error) => Err(refused(error.into())),
    }
}

fn open_control(path: &Path) -> Result<(Fifo, Receiver), HomeError> {
    // Also open for writing: otherwise it would end each time that the last writer goes.
    let (identity, letters) = open_fifo(path, true)?;
    Ok((Fifo { identity, _reader: None }, letters))
}

fn open_ok(path: &Path) -> Result<Fifo, HomeError> {
    let (identity, reader) = open_fifo(path, false)?;
    Ok(Fifo { identity, _reader: Some(reader) })
}

fn open_fifo(path: &Path, to_write: bool) -> Result<((u64, u64), Receiver), HomeError> {
    let refused = |source| HomeError::Refused { path: path.to_owned(), source };
    make_fifo(path)?;
    let fifo = PipeOptions::new().read_write(to_write).open_receiver(path).map_err(refused)?;
    let stat = fstat(&fifo).map_err(|error| refused(error.into()))?;
    Ok(((stat.st_dev, stat.st_ino), fifo))
}

fn identity(data: &fs::Metadata) -> (u64, u64) {
    (data.dev(), data.ino())
}

fn make_fifo(path: &Path) -> Result<(), HomeError> {
    match mkfifoat(CWD, path, Mode::from_raw_mode(0o600)) {
        Err(Errno::EXIST) if fs::metadata(path).is_ok_and(|data| data.file_type().is_fifo()) => Ok(()),
        Err(Errno::EXIST) => Err(HomeError::NoFifo { path: path.to_owned() }),
        made => made.map_err(|error| HomeError::Refused { path: path.to_owned(), source: error.into() }),
    }
}

/// So that `sv`, shown the state's directory, finds `check` and `down` there too. What cannot be linked is only missed.
fn link_the_rest(service: &Path, fallback: &Path) {
    for name in ["run", "finish", "check", "down", "control"] {
        let link = fallback.join(name);
        let target = std::path::absolute(service).unwrap_or_else(|_| service.to_owned()).join(name);
        let _ = fs::remove_file(&link);
        let _ = symlink(target, link);
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, time::SystemTime};

    use super::*;
    use crate::directories::status::{State, Want};

    fn status() -> Status {
        Status {
            since: SystemTime::now(),
            pid: Some(7),
            paused: false,
            want: Want::Up,
            termed: false,
            state: State::Run,
        }
    }

    #[tokio::test]
    async fn the_files_are_there_and_are_one_supervisors() {
        let folder = tempfile::tempdir().unwrap();
        let (home, _letters) = Home::take(folder.path(), Path::new("/nonexistent")).unwrap();
        home.write(&status()).unwrap();
        let supervise = folder.path().join("supervise");
        assert_eq!(fs::read_to_string(supervise.join("stat")).unwrap(), "run\n");
        assert_eq!(fs::metadata(supervise.join("status")).unwrap().len(), 20);
        assert_eq!(fs::metadata(&supervise).unwrap().permissions().mode() & 0o777, 0o700);
        let again = Home::take(folder.path(), Path::new("/nonexistent")).unwrap_err();
        assert!(matches!(again, HomeError::Taken { .. }), "{again}");
        drop(home);
        assert!(Home::take(folder.path(), Path::new("/nonexistent")).is_ok(), "what is left is taken again");
    }

    #[tokio::test]
    async fn a_link_to_what_is_not_there_yet_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let service = folder.path().join("web");
        fs::create_dir(&service).unwrap();
        symlink("../run/services/web", service.join("supervise")).unwrap();
        let (home, _letters) = Home::take(&service, Path::new("/nonexistent")).unwrap();
        home.write(&status()).unwrap();
        assert!(folder.path().join("run/services/web/status").exists());
    }

    #[tokio::test]
    async fn fifos_that_were_taken_away_are_made_again_and_so_is_the_whole_directory() {
        let folder = tempfile::tempdir().unwrap();
        let (mut home, _letters) = Home::take(folder.path(), Path::new("/nonexistent")).unwrap();
        assert!(!home.is_broken() && home.mend().unwrap().is_none());
        let supervise = folder.path().join("supervise");
        fs::remove_file(supervise.join("ok")).unwrap();
        assert!(home.is_broken() && home.mend().unwrap().is_none() && !home.is_broken());
        fs::remove_file(supervise.join("control")).unwrap();
        let letters = home.mend().unwrap().expect("a new one");
        fs::write(supervise.join("control"), "x").unwrap();
        let mut letter = [0; 8];
        letters.readable().await.unwrap();
        assert_eq!((letters.try_read(&mut letter).unwrap(), letter[0]), (1, b'x'));
        fs::remove_dir_all(&supervise).unwrap();
        assert!(home.is_broken() && home.mend().unwrap().is_some() && !home.is_broken());
        home.write(&status()).unwrap();
        assert!(supervise.join("status").exists());
        fs::write(supervise.join("ok.new"), "").unwrap();
        fs::rename(supervise.join("ok.new"), supervise.join("ok")).unwrap();
        assert!(matches!(home.mend(), Err(HomeError::NoFifo { .. })));
        fs::remove_dir_all(folder.path()).unwrap();
        assert!(!home.is_broken(), "nobody wants it back");
    }

    #[tokio::test]
    async fn what_has_a_fifos_name_and_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("supervise")).unwrap();
        fs::write(folder.path().join("supervise/control"), "").unwrap();
        let error = Home::take(folder.path(), Path::new("/nonexistent")).unwrap_err();
        assert!(matches!(error, HomeError::NoFifo { .. }), "{error}");
    }

    #[tokio::test]
    async fn what_cannot_be_written_has_its_files_elsewhere_with_links_to_the_rest() {
        let state = tempfile::tempdir().unwrap();
        // A file system in which nobody, not even root, makes a directory.
        let (service, fallback) = (Path::new("/sys/kernel"), state.path().join("web"));
        let (home, _letters) = Home::take(service, &fallback).unwrap();
        home.write(&status()).unwrap();
        assert!(fallback.join("supervise/status").exists());
        assert_eq!(fs::read_link(fallback.join("check")).unwrap(), service.join("check"));
    }
}
