//! The files of one service, as someone who is not its supervisor sees them.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rustix::fs::{Mode, OFlags, open};

use crate::directories::status::{LENGTH, Status};

/// A service directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    folder: PathBuf,
}

/// Why a service cannot be told or seen.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Its directory is not there.
    #[error("unable to change to service directory")]
    NoFolder(#[source] io::Error),
    /// Its `log` is no directory.
    #[error("unable to change directory")]
    NoLogFolder(#[source] io::Error),
    /// Nobody looks after it.
    #[error("runsv not running")]
    NotRunning,
    /// A file of its supervisor cannot be opened.
    #[error("unable to open {file}")]
    NotOpened {
        /// Which, from the service's directory.
        file: &'static str,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// Its status is not one.
    #[error("unable to read supervise/status: bad format")]
    BadStatus,
    /// A command cannot be sent.
    #[error("unable to write to supervise/control")]
    NotSent(#[source] io::Error),
}

impl Place {
    /// The service of a directory.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Looks whether the directory is there.
    ///
    /// # Errors
    /// [`Trouble::NoFolder`].
    pub fn enter(&self) -> Result<(), Trouble> {
        enter(&self.folder).map_err(Trouble::NoFolder)
    }

    /// The same for the directory of a log service.
    ///
    /// # Errors
    /// [`Trouble::NoLogFolder`].
    pub fn enter_log(&self) -> Result<(), Trouble> {
        enter(&self.folder).map_err(Trouble::NoLogFolder)
    }

    /// Its log service, when it has one.
    pub fn log(&self) -> Option<Self> {
        let folder = self.folder.join("log");
        fs::metadata(&folder).is_ok().then_some(Self { folder })
    }

    /// Without a `down` file it is started by itself.
    pub fn is_normally_up(&self) -> bool {
        fs::metadata(self.folder.join("down")).is_err()
    }

    /// What its supervisor says of it.
    ///
    /// # Errors
    /// [`Trouble`]: nobody says anything, or nothing that could be read.
    pub fn status(&self) -> Result<Status, Trouble> {
        self.open("supervise/ok", OFlags::WRONLY)?;
        let mut file = self.open("supervise/status", OFlags::RDONLY)?;
        let mut bytes = Vec::with_capacity(LENGTH + 1);
        // One byte more than there should be, to see that there is none.
        let limit = u64::try_from(LENGTH + 1).unwrap_or(u64::MAX);
        (&mut file).take(limit).read_to_end(&mut bytes).map_err(|_| Trouble::BadStatus)?;
        Status::from_bytes(bytes.get(..LENGTH).unwrap_or(&bytes)).map_err(|_| Trouble::BadStatus)
    }

    /// Sends letters to its supervisor.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn send(&self, letters: &[u8]) -> Result<(), Trouble> {
        let mut control = self.open("supervise/control", OFlags::WRONLY)?;
        control.write_all(letters).map_err(Trouble::NotSent)
    }

    /// Runs its `check`: true unless that ends with another code than 0. One that cannot be run says nothing, as with
    /// runit. Its output is thrown away.
    pub fn check(&self) -> bool {
        let Ok(data) = fs::metadata(self.folder.join("check")) else { return true };
        if data.permissions().mode() & 0o100 == 0 {
            return true;
        }
        let mut command = Command::new("./check");
        command.current_dir(&self.folder).stdout(Stdio::null());
        command.status().map_or(true, |status| status.success())
    }

    /// Without waiting for anybody at the other end: a FIFO that nobody reads says so.
    fn open(&self, file: &'static str, flags: OFlags) -> Result<File, Trouble> {
        let flags = flags | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match open(self.folder.join(file), flags, Mode::empty()) {
            Ok(opened) => Ok(File::from(opened)),
            Err(rustix::io::Errno::NXIO) => Err(Trouble::NotRunning),
            Err(error) => Err(Trouble::NotOpened { file, source: error.into() }),
        }
    }
}

fn enter(folder: &Path) -> io::Result<()> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    open(folder, flags, Mode::empty())?;
    Ok(())
}
