//! What is to be started.

use std::{
    env,
    ffi::{OsStr, OsString},
    fmt, io,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rustix::thread::{Gid, Uid, set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::{Environment, refusal};

/// For a thread that does nothing but start a process.
const STACK: usize = 128 * 1024;

/// Where programs are looked up when nobody has said it, as `execvp(3)` does.
const SEARCH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A process to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// What to run.
    pub program: Program,
    /// Its variables.
    pub environment: Environment,
    /// The program is looked up in the `PATH` of its variables, as `env PATH=… PROGRAM` does; else in ours.
    pub by_own_path: bool,
    /// Its working directory; ours when `None`.
    pub folder: Option<PathBuf>,
    /// Its supplementary groups, with a user; `None`: they are given up.
    pub groups: Option<Vec<u32>>,
    /// Its user; ours when `None`.
    pub user: Option<u32>,
    /// Its group; ours when `None`.
    pub group: Option<u32>,
    /// In a process group of its own, so that signals reach all that it starts. Else in ours.
    pub own_process_group: bool,
    /// Where it reads from.
    pub input: Input,
    /// Where it writes to.
    pub output: Output,
    /// When its [`crate::Process`] is dropped, everything in its group (or itself) is killed.
    pub kill_on_drop: bool,
}

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// A program, looked up in `PATH` when it has no slash, and its arguments.
    Direct(Vec<OsString>),
    /// A line for `sh -c`.
    Shell(OsString),
}

/// Standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Ours.
    Inherited,
    /// Nothing to read.
    Null,
}

/// Standard output and standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Ours, each.
    Inherited,
    /// Both to our standard error: for a program whose standard output is a document.
    ToStandardError,
    /// Nowhere.
    Null,
    /// Both into one pipe, in the order in which they were written; see [`crate::Process::take_output`].
    Captured,
    /// Standard output into a pipe as with `Captured`; standard error is ours.
    StandardCaptured,
}

impl Output {
    /// Whether there is a pipe to read from.
    pub(crate) fn is_captured(self) -> bool {
        matches!(self, Self::Captured | Self::StandardCaptured)
    }
}

/// A process could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The command is empty.
    #[error("start a process: missing command")]
    Empty,
    /// No such program in `PATH`, or not executable.
    #[error("start {program:?}: executable file not found in $PATH")]
    NotFound {
        /// As given.
        program: String,
    },
    /// The system refused.
    #[error("start {program:?}")]
    Refused {
        /// As given.
        program: String,
        /// Its answer.
        #[source]
        source: io::Error,
    },
}

impl SpawnError {
    /// What to try.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Empty => None,
            Self::NotFound { program } => Some(format!("is {program} installed in this image, and in PATH?")),
            Self::Refused { program, source } => refusal::hint(Path::new(program), source),
        }
    }

    /// The same for a program that was to be started in this folder: a path that is relative to it is told as a whole.
    #[must_use]
    pub fn within(self, folder: Option<&Path>) -> Self {
        match (self, folder) {
            (Self::Refused { program, source }, Some(folder)) if program.contains('/') => {
                Self::Refused { program: located(folder, &program), source }
            }
            (other, _) => other,
        }
    }

    /// What a shell would end with: 127 when it is not there, 126 when it cannot be run.
    pub fn shell_code(&self) -> u8 {
        let is_missing = match self {
            Self::Empty => false,
            Self::NotFound { .. } => true,
            Self::Refused { source, .. } => source.kind() == io::ErrorKind::NotFound,
        };
        if is_missing { 127 } else { 126 }
    }
}

fn located(folder: &Path, program: &str) -> String {
    let program = Path::new(program);
    folder.join(program.strip_prefix(".").unwrap_or(program)).to_string_lossy().into_owned()
}

impl Spec {
    /// Ours in everything, in a process group of its own.
    pub fn new(program: Program) -> Self {
        Self {
            program,
            environment: Environment::default(),
            by_own_path: false,
            folder: None,
            groups: None,
            user: None,
            group: None,
            own_process_group: true,
            input: Input::Inherited,
            output: Output::Inherited,
            kill_on_drop: false,
        }
    }

    pub(crate) fn command(&self) -> Result<Command, SpawnError> {
        let (program, arguments) = self.program.resolve(&self.search_path())?;
        let mut command = Command::new(&program);
        command
            .arg0(self.program.name())
            .args(arguments)
            .env_clear()
            .envs(self.environment.variables(env::vars_os()));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        if !self.is_of_many_groups() {
            if let Some(group) = self.group {
                command.gid(group);
            }
            if let Some(user) = self.user {
                command.uid(user);
            }
        }
        if self.own_process_group {
            command.process_group(0);
        }
        if self.input == Input::Null {
            command.stdin(Stdio::null());
        }
        if self.output == Output::Null {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        Ok(command)
    }
}

impl Spec {
    pub(crate) fn search_path(&self) -> OsString {
        let own = self.environment.custom.iter().rev().filter(|_| self.by_own_path);
        let own = own.filter_map(|variable| variable.strip_prefix("PATH=")).next().map(OsString::from);
        own.or_else(|| env::var_os("PATH")).unwrap_or_else(|| SEARCH.into())
    }

    /// Starts it.
    pub(crate) fn start(&self, command: &mut Command) -> io::Result<Child> {
        if !self.is_of_many_groups() {
            return command.spawn();
        }
        // The standard library cannot set supplementary groups. Identities are those of threads on Linux, and a process
        // inherits that of the thread which starts it: so one thread becomes that user, starts it, and ends.
        std::thread::scope(|scope| {
            let started = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
                self.become_user()?;
                command.spawn()
            })?;
            started.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
        })
    }

    fn is_of_many_groups(&self) -> bool {
        self.user.is_some() && self.groups.as_ref().is_some_and(|groups| !groups.is_empty())
    }

    /// Groups first: a user may not change them.
    fn become_user(&self) -> io::Result<()> {
        let groups: Vec<Gid> = self.groups.iter().flatten().map(|group| Gid::from_raw(*group)).collect();
        set_thread_groups(&groups)?;
        if let Some(group) = self.group.map(Gid::from_raw) {
            set_thread_res_gid(group, group, group)?;
        }
        if let Some(user) = self.user.map(Uid::from_raw) {
            set_thread_res_uid(user, user, user)?;
        }
        Ok(())
    }
}

impl Program {
    /// As consul-template reads a command: one text with spaces goes to a shell, anything else is run directly.
    ///
    /// # Errors
    /// `Empty` for nothing, and for a blank text.
    pub fn from_words(words: &[String]) -> Result<Self, SpawnError> {
        match words {
            [line] if line.split_whitespace().nth(1).is_some() => Ok(Self::Shell(line.into())),
            [program, ..] if !program.trim().is_empty() => {
                Ok(Self::Direct(words.iter().map(OsString::from).collect()))
            }
            _ => Err(SpawnError::Empty),
        }
    }

    /// What it is told that it was called by.
    fn name(&self) -> &OsStr {
        match self {
            Self::Shell(_) => OsStr::new("sh"),
            Self::Direct(words) => words.first().map_or(OsStr::new(""), OsString::as_os_str),
        }
    }

    fn resolve(&self, search: &OsStr) -> Result<(PathBuf, Vec<OsString>), SpawnError> {
        match self {
            Self::Shell(line) => {
                let shell = find("sh", search)
                    .or_else(|| {
                        ["/bin/sh", "/usr/bin/sh"].map(PathBuf::from).into_iter().find(|path| can_run(path))
                    })
                    .ok_or_else(|| SpawnError::NotFound { program: "sh".into() })?;
                Ok((shell, vec!["-c".into(), line.clone()]))
            }
            Self::Direct(words) => {
                let [program, arguments @ ..] = words.as_slice() else { return Err(SpawnError::Empty) };
                if program.is_empty() {
                    return Err(SpawnError::Empty);
                }
                let found = find(program, search)
                    .ok_or_else(|| SpawnError::NotFound { program: program.to_string_lossy().into() })?;
                Ok((found, arguments.to_vec()))
            }
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell(line) => write!(f, "{}", line.display()),
            Self::Direct(words) => {
                for (at, word) in words.iter().enumerate() {
                    write!(f, "{}{}", if at == 0 { "" } else { " " }, word.display())?;
                }
                Ok(())
            }
        }
    }
}

/// A name with a slash is a path; an empty part of `PATH` is the working directory, which is not searched.
pub(crate) fn find(program: impl AsRef<OsStr>, search: &OsStr) -> Option<PathBuf> {
    let program = Path::new(program.as_ref());
    if program.as_os_str().as_encoded_bytes().contains(&b'/') {
        return Some(program.to_owned());
    }
    env::split_paths(search)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(program))
        .find(|path| can_run(path))
}

fn can_run(path: &Path) -> bool {
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn one_text_with_spaces_is_for_a_shell() {
        assert_eq!(Program::from_words(&words(&["a b"])).unwrap(), Program::Shell("a b".into()));
        assert_eq!(Program::from_words(&words(&[" a "])).unwrap(), Program::Direct(vec![" a ".into()]));
        assert_eq!(Program::from_words(&words(&["a,b"])).unwrap(), Program::Direct(vec!["a,b".into()]));
        assert_eq!(Program::from_words(&words(&["a b", "c"])).unwrap().to_string(), "a b c");
        for empty in [&[][..], &[""], &["  "]] {
            assert!(matches!(Program::from_words(&words(empty)), Err(SpawnError::Empty)));
        }
    }

    #[test]
    fn programs_are_searched_in_absolute_folders_only() {
        assert!(find("sh", OsStr::new("/nonexistent:/bin")).is_some());
        assert_eq!(find("sh", OsStr::new(":.:bin")), None);
        assert_eq!(find("./x", OsStr::new("")), Some("./x".into()));
        assert_eq!(find("passwd", OsStr::new("/etc")), None, "not executable");
    }

    #[test]
    fn a_program_is_called_as_it_was_named_and_looked_up_in_its_own_path() {
        let folder = tempfile::tempdir().unwrap();
        let tool = folder.path().join("tool");
        std::fs::write(&tool, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("PATH={}", folder.path().display());
        let environment = Environment { custom: vec![path], ..Environment::default() };
        let named = Spec { environment, ..Spec::new(Program::Direct(vec!["tool".into()])) };
        assert!(matches!(named.command(), Err(SpawnError::NotFound { .. })));
        let command = Spec { by_own_path: true, ..named }.command().unwrap();
        assert_eq!(command.get_program(), tool);
    }

    #[test]
    fn what_cannot_be_found_says_so_and_has_a_hint() {
        let error = Spec::new(Program::Direct(vec!["no-such-program".into()])).command().unwrap_err();
        assert_eq!(error.to_string(), "start \"no-such-program\": executable file not found in $PATH");
        assert!(error.hint().unwrap().contains("PATH"));
    }

    #[test]
    fn a_shell_is_found_without_any_path() {
        let (shell, arguments) = Program::Shell("true".into()).resolve(OsStr::new("")).unwrap();
        assert_eq!((shell.file_name().unwrap(), arguments.len()), (OsStr::new("sh"), 2));
    }
}
