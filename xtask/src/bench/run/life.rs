//! All that usually happens to services, in one short run.

use crate::bench::scenario::{folder, write};
use crate::failure::Failure;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Services that say something, wait for another, die, are started again, and one that asks for the end of everything when
/// all that is done beside, such as finding out where we are, has been done or given up.
const LIVELY: &str = "organization: MyCompanyName
team: DevOps
services:
  task: { command: [echo, done], once: true, restart: { policy: never } }
  dies: { command: 'echo it dies >&2; sleep 1.1; exit 3' }
  talks: { command: 'while :; do echo it talks; sleep 0.1; done', depends_on: [task] }
  asks: { command: 'sleep 4; kill -TERM $PPID; sleep 600', restart: { policy: never } }
";

/// And so many that do nothing, for what many need that few do not.
const IDLE: usize = 20;

/// A run that ends by itself.
pub(in crate::bench) struct Life {
    program: PathBuf,
    folder: TempDir,
}

impl Life {
    /// With that program.
    ///
    /// # Errors
    /// When its contract cannot be written.
    pub(in crate::bench) fn new(program: &Path) -> Result<Self, Failure> {
        let folder = folder()?;
        let idle: String =
            (0..IDLE).map(|number| format!("  s{number}: {{ command: [sleep, '600'] }}\n")).collect();
        write(folder.path(), "preflight.yaml", &format!("{LIVELY}{idle}"))?;
        Ok(Self { program: program.to_owned(), folder })
    }

    /// To be run to its end; it ends with 0.
    pub(in crate::bench) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["run", "--config"]).arg(self.folder.path().join("preflight.yaml"));
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.env("PREFLIGHT_STATUS_SOCKET", self.folder.path().join("status.sock"));
        command
    }
}
