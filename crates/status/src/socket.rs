//! Where the status socket is, how it gets there and how it is found.
//!
//! A run takes the first of these places that it can write to, and who asks looks in the same order:
//!
//! 1. `/run/preflight/status.sock`,
//! 2. `$XDG_RUNTIME_DIR/preflight/status.sock`,
//! 3. `/tmp/preflight-USER/status.sock`, with the user's number,
//! 4. a name in the abstract name space, see `unix(7)`, with the number of the PID name space, so that containers that share
//!    a network do not meet: it needs no file system at all.
//!
//! A socket that is there and that nobody answers on is what a run that was killed has left: it is replaced. That of a run
//! that lives is not.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt};
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, fchmod};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};
use rustix::process::geteuid;

/// Where containers keep what belongs to one life of them.
const FIRST: &str = "/run/preflight";
const NAME: &str = "status.sock";
/// Connections that wait to be accepted.
const BACKLOG: i32 = 16;

/// A place for a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// A name that is no file.
    Abstract(String),
}

/// A socket that is listened on.
#[derive(Debug)]
pub struct Bound {
    /// Where it is.
    pub place: Place,
    /// Takes connections, without waiting for them.
    pub listener: UnixListener,
    /// Removes its file when it is dropped.
    pub file: Option<SocketFile>,
}

/// The file of a socket, which is removed when this is dropped.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Its device and number, so that no other is removed for it.
    numbers: (u64, u64),
}

/// A place cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another run answers there.
    #[error("{place} is the status socket of another run")]
    Taken {
        /// Where.
        place: Place,
    },
    /// What is there is no socket.
    #[error("{place} is there, and is no socket")]
    NoSocket {
        /// Where.
        place: Place,
    },
    /// The directory belongs to somebody who could put something else in our place.
    #[error("{} belongs to somebody else", .folder.display())]
    Foreign {
        /// Which.
        folder: PathBuf,
    },
    /// The system refuses.
    #[error("the status socket cannot be put at {place}")]
    Refused {
        /// Where.
        place: Place,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Takes that place.
///
/// # Errors
/// When it cannot be had.
pub fn take(place: &Place) -> Result<Bound, SocketError> {
    let refused = |source| SocketError::Refused { place: place.clone(), source };
    match place {
        Place::File(path) => take_file(path, place),
        Place::Abstract(name) => {
            let address = SocketAddr::from_abstract_name(name).map_err(refused)?;
            let listener = UnixListener::bind_addr(&address).map_err(|source| {
                if source.kind() == ErrorKind::AddrInUse {
                    SocketError::Taken { place: place.clone() }
                } else {
                    refused(source)
                }
            })?;
            listener.set_nonblocking(true).map_err(refused)?;
            Ok(Bound { place: place.clone(), listener, file: None })
        }
    }
}

/// Takes the first place that can be written to.
///
/// # Errors
/// [`SocketError::Taken`] when another run has it; else why the last place cannot be had.
pub fn take_first(places: &[Place]) -> Result<Bound, SocketError> {
    let mut last = None;
    for place in places {
        match prepare(place).and_then(|()| take(place)) {
            Err(error @ (SocketError::Refused { .. } | SocketError::Foreign { .. })) => last = Some(error),
            settled => return settled,
        }
    }
    let nowhere = || SocketError::Refused {
        place: Place::File(PathBuf::from(FIRST)),
        source: ErrorKind::NotFound.into(),
    };
    Err(last.unwrap_or_else(nowhere))
}

/// The usual places for a user of that number.
pub fn places(user: u32, runtime_folder: Option<OsString>) -> Vec<Place> {
    let runtime_folder = runtime_folder.map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folders = [
        Some(PathBuf::from(FIRST)),
        runtime_folder.map(|folder| folder.join("preflight")),
        Some(PathBuf::from(format!("/tmp/preflight-{user}"))),
    ];
    let files = folders.into_iter().flatten().map(|folder| Place::File(folder.join(NAME)));
    files.chain([Place::Abstract(abstract_name(user))]).collect()
}

/// The usual places for ourselves.
pub fn our_places() -> Vec<Place> {
    places(geteuid().as_raw(), std::env::var_os("XDG_RUNTIME_DIR"))
}

/// Our usual places, and those of whoever runs the first process here: in a container that is `run`.
pub fn places_to_look() -> Vec<Place> {
    let mut all = our_places();
    if let Ok(first) = std::fs::metadata("/proc/1") {
        let theirs = places(first.uid(), None).into_iter().filter(|place| !all.contains(place));
        all.extend(theirs.collect::<Vec<_>>());
    }
    all
}

impl Place {
    /// Connects to whoever listens there.
    ///
    /// # Errors
    /// When there is nothing, or nobody listens, or we may not.
    pub fn connect(&self) -> io::Result<UnixStream> {
        match self {
            Self::File(path) => UnixStream::connect(path),
            Self::Abstract(name) => UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?),
        }
    }

    /// A word of a command line: a path, or `@name` for one in the abstract name space.
    pub fn of_word(word: &OsStr) -> Self {
        match word.to_str().and_then(|word| word.strip_prefix('@')) {
            Some(name) => Self::Abstract(name.to_owned()),
            None => Self::File(word.into()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Abstract(name) => write!(f, "@{name}"),
        }
    }
}

fn numbers(path: &Path) -> io::Result<(u64, u64)> {
    std::fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if numbers(&self.path).is_ok_and(|found| found == self.numbers) {
            // What cannot be removed is in nobody's way: the next run replaces what nobody answers on.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Makes the directory of a usual place, which must be ours alone.
fn prepare(place: &Place) -> Result<(), SocketError> {
    let Place::File(path) = place else { return Ok(()) };
    let Some(folder) = path.parent() else { return Ok(()) };
    let refused = |source| SocketError::Refused { place: place.clone(), source };
    match std::fs::DirBuilder::new().mode(0o755).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(refused(error)),
    }
    let found = std::fs::symlink_metadata(folder).map_err(refused)?;
    let is_ours = found.is_dir() && found.uid() == geteuid().as_raw() && found.mode() & 0o022 == 0;
    if is_ours { Ok(()) } else { Err(SocketError::Foreign { folder: folder.to_owned() }) }
}

fn take_file(path: &Path, place: &Place) -> Result<Bound, SocketError> {
    let refused = |source: io::Error| SocketError::Refused { place: place.clone(), source };
    let listener = match bound_to(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            look_whether_stale(path, place)?;
            // Beside it first, so that there is no moment without one.
            let beside = path.with_extension(format!("{}.new", std::process::id()));
            // Only a run of the same number can have left it.
            let _ = std::fs::remove_file(&beside);
            let listener = bound_to(&beside).map_err(refused)?;
            std::fs::rename(&beside, path).map_err(refused)?;
            listener
        }
        bound => bound.map_err(refused)?,
    };
    let file = SocketFile { path: path.to_owned(), numbers: numbers(path).map_err(refused)? };
    Ok(Bound { place: place.clone(), listener, file: Some(file) })
}

fn look_whether_stale(path: &Path, place: &Place) -> Result<(), SocketError> {
    let found = std::fs::symlink_metadata(path);
    if found.is_ok_and(|found| !found.file_type().is_socket()) {
        return Err(SocketError::NoSocket { place: place.clone() });
    }
    match UnixStream::connect(path) {
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound) => Ok(()),
        Ok(_) => Err(SocketError::Taken { place: place.clone() }),
        // Somebody else's, or one that is too busy to answer.
        Err(_) => Err(SocketError::Taken { place: place.clone() }),
    }
}

/// A socket of mode 0600. The mode is given before there is a file: nobody else can connect in between.
fn bound_to(path: &Path) -> io::Result<UnixListener> {
    let address = SocketAddrUnix::new(path)?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket: OwnedFd = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    bind(&socket, &address)?;
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

fn abstract_name(user: u32) -> String {
    let space = std::fs::metadata("/proc/self/ns/pid").map(|space| space.ino()).unwrap_or_default();
    format!("preflight-status-{space}-{user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::symlink_metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn it_is_for_its_user_only_and_gone_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("s"));
        let bound = take(&place).unwrap();
        assert_eq!(mode(&folder.path().join("s")), 0o600);
        assert!(place.connect().is_ok());
        drop(bound);
        assert!(!folder.path().join("s").exists());
    }

    #[test]
    fn what_a_killed_run_left_is_replaced_and_a_living_ones_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let place = Place::File(path.clone());
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let living = take(&place).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert!(matches!(take(&place), Err(SocketError::Taken { .. })));
        assert!(place.connect().is_ok());
        drop(living);
        std::fs::write(&path, "something of yours").unwrap();
        assert!(matches!(take(&place), Err(SocketError::NoSocket { .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "something of yours");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn one_that_was_replaced_does_not_take_the_new_one_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let old = take(&Place::File(path.clone())).unwrap();
        std::fs::remove_file(&path).unwrap();
        let _new = take(&Place::File(path.clone())).unwrap();
        drop(old);
        assert!(path.exists());
    }

    #[test]
    fn where_nothing_can_be_written_there_is_a_name_without_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = Place::File(folder.path().join("missing/deeper/s"));
        let name = Place::Abstract(format!("preflight-test-{}", std::process::id()));
        let bound = take_first(&[nowhere, name.clone()]).unwrap();
        assert_eq!(bound.place, name);
        assert!(name.connect().is_ok());
        assert!(matches!(take(&name), Err(SocketError::Taken { .. })));
        drop(bound);
        assert!(name.connect().is_err());
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        let own = Place::File(folder.path().join("own/s"));
        let bound = take_first(&[Place::File(open.join("s")), own.clone()]).unwrap();
        assert_eq!(bound.place, own);
    }

    #[test]
    fn a_word_may_name_a_place_without_a_file() {
        assert_eq!(Place::of_word(OsStr::new("@x")).to_string(), "@x");
        assert_eq!(Place::of_word(OsStr::new("/x")), Place::File("/x".into()));
    }
}
