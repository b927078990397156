//! Descriptors that a process is given when it starts.

use std::{
    io,
    os::fd::{OwnedFd, RawFd},
    process::Command,
};

use command_fds::{CommandFdExt, FdMapping};

/// The three standard streams of a process to be. `None`: as its [`crate::Spec`] says. Our copies are closed when it has
/// started, or could not be started.
#[derive(Debug, Default)]
pub struct Streams {
    /// What it reads.
    pub input: Option<OwnedFd>,
    /// Its output.
    pub output: Option<OwnedFd>,
    /// Its errors.
    pub error: Option<OwnedFd>,
}

impl Streams {
    pub(crate) fn connect(self, extra: Option<(RawFd, OwnedFd)>, command: &mut Command) -> io::Result<()> {
        if let Some(input) = self.input {
            command.stdin(input);
        }
        if let Some(output) = self.output {
            command.stdout(output);
        }
        if let Some(error) = self.error {
            command.stderr(error);
        }
        if let Some((child_fd, parent_fd)) = extra {
            let mapping = FdMapping { parent_fd, child_fd };
            command.fd_mappings(vec![mapping]).map_err(|error| io::Error::other(error.to_string()))?;
        }
        Ok(())
    }
}
