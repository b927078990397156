//! Runs our program, or the real one, in a folder.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// How long one run may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a run prints.
const STDOUT: &str = "stdout.log";

/// What a run says.
const STDERR: &str = "stderr.log";

/// The environment of every run, beside PATH.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("RENDER_NAME", "name"),
    ("RENDER_LIST", "a,b,c"),
    ("RENDER_EMPTY", ""),
    ("RENDER_ENTRY", "plain"),
    ("RENDER_JSON", r#"{"a":1,"b":[true]}"#),
];

/// Our program under the name by which it is the drop-in.
pub(crate) fn ours() -> PathBuf {
    static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = env!("CARGO_BIN_EXE_preflight");
        std::os::unix::fs::symlink(program, folder.path().join("consul-template")).expect("a symbolic link");
        folder
    });
    FOLDER.path().join("consul-template")
}

/// Starts a program, whose words go to files in the folder.
///
/// # Errors
/// It cannot be started.
pub(crate) fn start(program: &Path, folder: &Path, arguments: &[&str]) -> Result<Child, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", program.display());
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().envs(ENVIRONMENT).args(arguments);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let create = |name: &str| std::fs::File::create(folder.join(name)).map_err(failed);
    command.stdin(Stdio::null()).stdout(create(STDOUT)?).stderr(create(STDERR)?);
    command.spawn().map_err(failed)
}

/// Runs a program until it ends by itself, or is ended after 90 s.
///
/// # Errors
/// It cannot be started.
pub(crate) fn run(program: &Path, folder: &Path, arguments: &[&str]) -> Result<Output, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", program.display());
    let mut child = start(program, folder, arguments)?;
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if begin.elapsed() > PATIENCE {
            child.kill().map_err(failed)?;
            break child.wait().map_err(failed)?;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let read = |name: &str| std::fs::read(folder.join(name)).map_err(failed);
    Ok(Output { status, stdout: read(STDOUT)?, stderr: read(STDERR)? })
}

/// How a run ended and what it said, for a person.
pub(crate) fn told(output: &Output) -> String {
    let ended = match (output.status.code(), output.status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, signal) => format!("signal {signal:?}, perhaps because its time was up"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    format!("{ended}\n{}{}", said.trim_end(), printed.trim_end())
}
