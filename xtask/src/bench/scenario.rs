//! What is measured: the same task for `preflight` and for whoever else can do it.

mod contracts;

use super::load::Load;
use super::peers::Peers;
use super::target::Target;
use crate::dist::{Binary, Drivers};
use crate::failure::Failure;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// What is held against the targets.
pub(super) struct Subject {
    /// The binary that is run.
    pub(super) program: PathBuf,
    /// Those whose size is shown.
    pub(super) binaries: Vec<Binary>,
}

impl Subject {
    /// A binary that is there already.
    ///
    /// # Errors
    /// When it is not.
    pub(super) fn existing(program: &Path) -> Result<Self, Failure> {
        let binary = given(program, Drivers::Full)?;
        Ok(Self { program: binary.path.clone(), binaries: vec![binary] })
    }

    /// And one without drivers that is there already.
    ///
    /// # Errors
    /// When it is not.
    pub(super) fn with_lean(mut self, program: &Path) -> Result<Self, Failure> {
        self.binaries.push(given(program, Drivers::Lean)?);
        Ok(self)
    }
}

fn given(program: &Path, drivers: Drivers) -> Result<Binary, Failure> {
    let failed = || Failure::io("find", program.display());
    let size = fs::metadata(program).map_err(failed())?.len();
    let path = program.canonicalize().map_err(failed())?;
    Ok(Binary { drivers, triple: "as given".to_owned(), path, size })
}

/// One task.
pub(super) struct Scenario {
    pub(super) title: &'static str,
    pub(super) target: Target,
    /// The first is `preflight`.
    pub(super) contenders: Vec<Contender>,
    pub(super) load: Load,
    /// Whether one run takes seconds.
    pub(super) slow: bool,
    // Holds what the programs read; goes with the scenario.
    _folder: TempDir,
}

/// One program with its arguments, and the exit code that it must end with.
pub(super) struct Contender {
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(String, String)>,
    pub(super) exit: i32,
    /// The folder that each run makes anew, and whose files are the same for all programs of a scenario.
    output: Option<PathBuf>,
}

impl Contender {
    /// A program that must end with that exit code.
    pub(super) fn new<Argument: AsRef<OsStr>>(
        name: &'static str,
        program: impl Into<PathBuf>,
        arguments: &[Argument],
        exit: i32,
    ) -> Self {
        let arguments = arguments.iter().map(|argument| argument.as_ref().to_owned()).collect();
        Self { name, program: program.into(), arguments, variables: Vec::new(), exit, output: None }
    }

    /// The folder that it makes: put aside before each run.
    pub(super) fn making(self, output: PathBuf) -> Self {
        Self { output: Some(output), ..self }
    }

    /// Puts aside what the run before has made. It goes with the scenario's folder: while files were just removed, ext4
    /// looks through their inodes for each file that is made (up to a millisecond), which a container's fresh folder spares.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub(super) fn clear(&self) -> Result<(), Failure> {
        let Some(output) = self.output.as_ref().filter(|output| output.exists()) else { return Ok(()) };
        let mut names = (1_u32..).map(|number| output.with_extension(number.to_string()));
        let Some(aside) = names.find(|name| !name.exists()) else { return Ok(()) };
        fs::rename(output, aside).map_err(Failure::io("put aside", output.display()))
    }

    /// Ready to be started, in an environment that holds nothing but the scenario's own variables.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        command.args(&self.arguments).env_clear().envs(variables);
        command
    }
}

impl Scenario {
    /// A scenario in which nobody is connected to.
    pub(super) fn without_load(
        title: &'static str,
        target: Target,
        contenders: Vec<Contender>,
        folder: TempDir,
    ) -> Self {
        Self { title, target, contenders, load: Load::default(), slow: false, _folder: folder }
    }

    /// As it is, where one run takes seconds.
    pub(super) fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    /// Makes sure that all programs have made the same files: else they were not given the same to do.
    ///
    /// # Errors
    /// The first file that differs, or cannot be read.
    pub(super) fn compare_outputs(&self) -> Result<(), Failure> {
        let mut outputs = self.contenders.iter().filter_map(|contender| contender.output.as_ref());
        let Some(first) = outputs.next() else { return Ok(()) };
        for output in outputs {
            let (own, other) = (contents(first)?, contents(output)?);
            if own != other {
                let peer = output.display().to_string();
                let name = own
                    .iter()
                    .chain(&other)
                    .find(|(name, text)| own.get(*name) != Some(*text) || other.get(*name) != Some(*text));
                let answer = format!("{} is not the same", name.map_or("a file", |(name, _)| name));
                return Err(Failure::Answer { peer, answer });
            }
        }
        Ok(())
    }
}

/// The files of a folder by their names.
fn contents(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let failed = || Failure::io("read", folder.display());
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let text = fs::read(entry.path()).map_err(failed())?;
        files.insert(entry.file_name().to_string_lossy().into_owned(), text);
    }
    Ok(files)
}

/// All scenarios of checks, in the order of the table.
///
/// # Errors
/// When a contract cannot be written or a port cannot be had.
pub(super) fn all(subject: &Subject, peers: &Peers) -> Result<Vec<Scenario>, Failure> {
    const SECOND: Duration = Duration::from_secs(1);
    let stage = Stage { subject, peers };
    Ok(vec![
        stage.variables()?,
        stage.ports("1 open TCP port", (1, 0), Duration::ZERO, Target::FasterThan("wait4x"))?,
        stage.ports("500 open TCP ports", (500, 0), Duration::ZERO, Target::Under(SECOND / 10))?,
        stage.ports(
            "500 TCP ports, 10 of them silent, wait 2 s",
            (490, 10),
            2 * SECOND,
            Target::Under(SECOND * 22 / 10),
        )?,
    ])
}

struct Stage<'bench> {
    subject: &'bench Subject,
    peers: &'bench Peers,
}

impl Stage<'_> {
    fn variables(&self) -> Result<Scenario, Failure> {
        let folder = folder()?;
        let target =
            Target::Over { floor: "/bin/true", extra: Duration::from_millis(2), peak: 8 * 1024 * 1024 };
        let preflight = self.preflight(folder.path(), contracts::twenty_variables(), 0)?;
        let floor = Contender::new::<&str>("/bin/true", "/bin/true", &[], 0);
        let contenders = vec![preflight, floor];
        Ok(Scenario::without_load("20 variables, no network", target, contenders, folder))
    }

    /// Ports, so many open and so many silent; with silent ones nobody can succeed.
    fn ports(
        &self,
        title: &'static str,
        (open, silent): (usize, usize),
        wait: Duration,
        target: Target,
    ) -> Result<Scenario, Failure> {
        let (folder, load) = (folder()?, Load::new(open, silent)?);
        let addresses = load.addresses();
        let exit = i32::from(silent > 0);
        let preflight = self.preflight(folder.path(), contracts::ports(&addresses, wait), exit)?;
        let mut contenders = vec![preflight];
        contenders.extend(self.wait4x(&addresses, wait));
        contenders.extend(self.dockerize(&addresses, wait));
        contenders.extend(self.goss(folder.path(), &addresses, wait)?);
        Ok(Scenario { title, target, contenders, load, slow: silent > 0, _folder: folder })
    }

    fn preflight(
        &self,
        folder: &Path,
        (contract, variables): contracts::Contract,
        exit: i32,
    ) -> Result<Contender, Failure> {
        let path = write(folder, "preflight.yaml", &contract)?;
        let arguments = [OsStr::new("--config"), path.as_os_str()];
        let contender = Contender::new("preflight", &self.subject.program, &arguments, exit);
        Ok(Contender { variables, ..contender })
    }

    fn wait4x(&self, addresses: &[SocketAddr], wait: Duration) -> Option<Contender> {
        let mut arguments = vec!["tcp".to_owned(), "--quiet".to_owned()];
        arguments.extend(["--timeout".to_owned(), patience(wait)]);
        arguments.extend(addresses.iter().map(SocketAddr::to_string));
        // 124 is what it ends with when its time is up.
        let exit = if wait.is_zero() { 0 } else { 124 };
        Some(Contender::new("wait4x", self.peers.program("wait4x")?, &arguments, exit))
    }

    fn dockerize(&self, addresses: &[SocketAddr], wait: Duration) -> Option<Contender> {
        let mut arguments = vec!["-timeout".to_owned(), patience(wait)];
        arguments
            .extend(addresses.iter().flat_map(|address| ["-wait".to_owned(), format!("tcp://{address}")]));
        let exit = i32::from(!wait.is_zero());
        Some(Contender::new("dockerize", self.peers.program("dockerize")?, &arguments, exit))
    }

    fn goss(
        &self,
        folder: &Path,
        addresses: &[SocketAddr],
        wait: Duration,
    ) -> Result<Option<Contender>, Failure> {
        let Some(program) = self.peers.program("goss") else { return Ok(None) };
        let path = write(folder, "goss.yaml", &contracts::goss(addresses, wait))?;
        let most_at_once = addresses.len().to_string();
        let arguments = [
            OsStr::new("--gossfile"),
            path.as_os_str(),
            OsStr::new("validate"),
            OsStr::new("--max-concurrent"),
            OsStr::new(&most_at_once),
        ];
        Ok(Some(Contender::new("goss", program, &arguments, i32::from(!wait.is_zero()))))
    }
}

/// What peers are given to wait; where all is well it does not matter.
fn patience(wait: Duration) -> String {
    format!("{}s", if wait.is_zero() { 5 } else { wait.as_secs() })
}

/// A temporary folder.
///
/// # Errors
/// When it cannot be made.
pub(super) fn folder() -> Result<TempDir, Failure> {
    tempfile::tempdir().map_err(Failure::io("make", "a temporary folder"))
}

/// Writes a file into a folder.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Failure> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(Failure::io("write", path.display()))?;
    Ok(path)
}
