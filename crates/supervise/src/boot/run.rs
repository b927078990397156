//! Scripts, one after the other.

use std::{
    io::{self, IsTerminal},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use preflight_processes::{
    Environment, ExitStatus, Input, Output, Process, Processes, Program, Signal, SpawnError, Spec,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::unix::pipe,
    task::{JoinHandle, spawn},
    time::timeout,
};

use super::{Settings, Variables, scripts::found};

/// A script that took too long has this time to end before it is killed.
const PATIENCE: Duration = Duration::from_secs(1);
/// What a script has written is still read for so long when something it left running holds its output.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// A longer line is told in parts, in bytes.
const LONGEST: u64 = 16 * 1024;

/// What happens, for the log.
#[derive(Debug)]
pub enum Notice {
    /// A script runs.
    Started(PathBuf),
    /// It wrote a line, without its newline. What it leaves running may write long after it has ended.
    Line {
        /// The script.
        script: PathBuf,
        /// As written.
        line: Vec<u8>,
    },
    /// It ended well.
    Done(PathBuf),
    /// It is not executable, and so it is not run.
    LeftOut(PathBuf),
    /// Variables cannot be written for others to read; scripts see them all the same.
    NotWritten(io::Error),
}

/// The services are not to be started.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The directory cannot be read.
    #[error("read {folder}")]
    NotRead {
        /// Which.
        folder: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A script could not be started.
    #[error("run {script}")]
    NotStarted {
        /// Which.
        script: PathBuf,
        /// Why.
        #[source]
        source: SpawnError,
    },
    /// A script ended with another code than 0.
    #[error("run {script}: it {status}")]
    Failed {
        /// Which.
        script: PathBuf,
        /// How.
        status: ExitStatus,
    },
    /// A script took too long and was ended.
    #[error("run {script}: it did not end within {limit:?}")]
    TooLong {
        /// Which.
        script: PathBuf,
        /// The time it had.
        limit: Duration,
    },
    /// We were to end.
    #[error("run {}: it was stopped", .script.as_deref().map_or_else(|| "no script".into(), |path| path.display().to_string()))]
    Stopped {
        /// What ran at that time.
        script: Option<PathBuf>,
    },
}

/// Runs all scripts and gives the variables that they leave. `stop` waits for a request to end, and may be dropped and
/// called again: the script that runs is told to end then, and killed with its group after its grace, or upon a second
/// request. Nothing of a script that failed is left; what one that ended well has left running runs on.
///
/// # Errors
/// [`BootError`]: the first that went wrong; the scripts after it are not run.
pub async fn run(
    settings: &Settings,
    given: Variables,
    processes: &Processes,
    mut stop: impl AsyncFnMut(),
    tell: Arc<dyn Fn(Notice) + Send + Sync>,
) -> Result<Variables, BootError> {
    let folder = &settings.environment;
    let not_read = |source| BootError::NotRead { folder: settings.folder.clone(), source };
    let (scripts, left_out) = found(settings).map_err(not_read)?;
    left_out.into_iter().for_each(|script| tell(Notice::LeftOut(script)));
    let mut variables = given.and(Variables::read(folder));
    let is_shared = folder.is_dir();
    if is_shared {
        let written = variables.write_files(folder).and_then(|()| variables.write_texts(folder));
        tell_fault(written, &tell);
    }
    for script in scripts {
        tell(Notice::Started(script.clone()));
        tokio::select! {
            biased;
            () = stop() => return Err(BootError::Stopped { script: None }),
            () = std::future::ready(()) => {}
        }
        run_one(settings, &script, &variables, processes, &mut stop, &tell).await?;
        if is_shared {
            variables = variables.reread(Variables::read(folder));
            tell_fault(variables.write_texts(folder), &tell);
        }
        tell(Notice::Done(script));
    }
    Ok(variables)
}

fn tell_fault(written: io::Result<()>, tell: &Arc<dyn Fn(Notice) + Send + Sync>) {
    if let Err(error) = written {
        tell(Notice::NotWritten(error));
    }
}

async fn run_one(
    settings: &Settings,
    script: &Path,
    variables: &Variables,
    processes: &Processes,
    stop: &mut impl AsyncFnMut(),
    tell: &Arc<dyn Fn(Notice) + Send + Sync>,
) -> Result<(), BootError> {
    let script = script.to_owned();
    let spec = Spec {
        environment: Environment::exactly(variables.assignments()),
        // In a group of its own, it would be stopped for reading from a terminal.
        input: if io::stdin().is_terminal() { Input::Null } else { Input::Inherited },
        output: Output::Captured,
        // Not a name to be looked up in PATH, even in the folder where we are.
        ..Spec::new(Program::Direct(vec![Path::new(".").join(&script).into()]))
    };
    let mut process =
        processes.spawn(&spec).map_err(|source| BootError::NotStarted { script: script.clone(), source })?;
    let reading = read(&mut process, &script, tell);
    let ended = tokio::select! {
        biased;
        () = stop() => Err(BootError::Stopped { script: Some(script) }),
        ended = timeout(settings.limit, process.exited()) => match ended {
            Ok(status) if status.is_success() => Ok(()),
            Ok(status) => Err(BootError::Failed { script, status }),
            Err(_) => Err(BootError::TooLong { script, limit: settings.limit }),
        },
    };
    if let Err(error) = &ended {
        let patience = if matches!(error, BootError::Stopped { .. }) { settings.grace } else { PATIENCE };
        tokio::select! {
            _ = process.stop(Signal::TERM, patience) => {}
            () = stop() => drop(process.kill().await),
        }
    }
    if let Some(reading) = reading {
        // It goes on without us when something still holds the output.
        let _ = timeout(LAST_WORDS, reading).await;
    }
    ended
}

/// Tells lines for as long as anything may write some.
fn read(
    process: &mut Process,
    script: &Path,
    tell: &Arc<dyn Fn(Notice) + Send + Sync>,
) -> Option<JoinHandle<()>> {
    let output = process.take_output()?;
    let output = pipe::Receiver::from_owned_fd(OwnedFd::from(output)).ok()?;
    let (script, tell) = (script.to_owned(), Arc::clone(tell));
    Some(spawn(async move {
        let mut lines = BufReader::new(output);
        let mut line = Vec::new();
        while let Ok(1..) = (&mut lines).take(LONGEST).read_until(b'\n', &mut line).await {
            if line.ends_with(b"\n") {
                line.pop();
            }
            tell(Notice::Line { script: script.clone(), line: std::mem::take(&mut line) });
        }
    }))
}
