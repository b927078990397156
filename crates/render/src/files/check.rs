//! A command of the user's looks at a staged file before it goes live.

use std::{path::Path, time::Duration};

use preflight_processes::{Environment, Input, Output, Processes, Program, RunError, Spec};

use super::{Staged, WriteError};

/// How long a check may take, when nothing else is said.
const ALLOWED: Duration = Duration::from_secs(30);
/// So much of its output is kept for the error.
const MOST_OUTPUT: usize = 8 * 1024;

/// A check: any command that ends with 0 when the staged file is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The command: one text with spaces goes to `sh -c`, anything else is run directly. `{{.staged}}` is the path of
    /// the staged file, `{{.path}}` (or `{{.destination}}`) that of the destination.
    pub command: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// Its variables.
    pub environment: Environment,
}

impl Check {
    /// A check that may take 30 s and inherits all variables.
    pub fn new(command: Vec<String>) -> Self {
        Self { command, timeout: ALLOWED, environment: Environment::default() }
    }
}

impl Staged {
    /// Runs a check, in its own process group, without input; a file whose contents do not change is not checked.
    ///
    /// # Errors
    /// `Check` with what the command wrote (which may hold values of the file: redact it), `CheckNotRun`.
    pub async fn check(&self, check: &Check, processes: &Processes) -> Result<(), WriteError> {
        if !self.effect.changes_contents() {
            return Ok(());
        }
        let not_run = |reason: String| WriteError::CheckNotRun { path: self.destination.clone(), reason };
        let staged = self.path().ok_or_else(|| {
            not_run(
                "there is no writable folder for the staged file: neither beside the destination nor TMPDIR"
                    .into(),
            )
        })?;
        let command = filled(&check.command, staged, &self.destination).map_err(not_run)?;
        let program = Program::from_words(&command).map_err(|error| not_run(error.to_string()))?;
        let spec = Spec {
            environment: check.environment.clone(),
            input: Input::Null,
            output: Output::Captured,
            ..Spec::new(program)
        };
        let failed = |ending: String, output: &[u8]| WriteError::Check {
            path: self.destination.clone(),
            command: spec.program.to_string(),
            ending,
            output: String::from_utf8_lossy(output).into_owned(),
        };
        match processes.run(&spec, Some(check.timeout), MOST_OUTPUT).await {
            Ok(finished) if finished.status.is_success() => Ok(()),
            Ok(finished) => Err(failed(finished.status.to_string(), &finished.output)),
            Err(RunError::TooLong { allowed, output, .. }) => {
                Err(failed(format!("did not end within {allowed:?} and was ended"), &output))
            }
            Err(RunError::Spawn(error)) => Err(not_run(with_hint(&error))),
        }
    }
}

fn with_hint(error: &preflight_processes::SpawnError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    let hint = error.hint().map(|hint| format!(" — {hint}")).unwrap_or_default();
    format!("{error}{cause}{hint}")
}

/// A line for a shell gets quoted paths, where they need it.
fn filled(command: &[String], staged: &Path, destination: &Path) -> Result<Vec<String>, String> {
    let is_line = matches!(Program::from_words(command), Ok(Program::Shell(_)));
    let text = |path: &Path| {
        let path = path.to_str().ok_or_else(|| format!("{} is not UTF-8", path.display()))?;
        Ok::<_, String>(if is_line { quoted(path) } else { path.to_owned() })
    };
    let (staged, destination) = (text(staged)?, text(destination)?);
    command.iter().map(|word| fill(word, &staged, &destination)).collect()
}

fn fill(word: &str, staged: &str, destination: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) =
            after.split_once("}}").ok_or_else(|| format!("{word:?} has {{{{ without }}}}"))?;
        text.push_str(before);
        text.push_str(match name.trim() {
            ".staged" => staged,
            ".path" | ".destination" => destination,
            other => {
                return Err(format!(
                    "{{{{{other}}}}} is not known; there are {{{{.staged}}}} and {{{{.path}}}}"
                ));
            }
        });
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

fn quoted(path: &str) -> String {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+=:,@%".contains(&byte));
    if is_plain { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use preflight_processes::Adoption;

    use super::*;
    use crate::files::{Files, Target};

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    async fn checked(
        name: &str,
        bytes: &[u8],
        command: &[&str],
        timeout: Duration,
    ) -> Result<(), WriteError> {
        let folder = tempfile::tempdir().unwrap();
        let target = Target { keep_extension: true, ..Target::new(folder.path().join(name)) };
        let processes = Processes::start(Adoption::Leave).unwrap();
        let mut files = Files::new();
        let staged = files.stage(&target, bytes).unwrap();
        let result = staged.check(&Check { timeout, ..Check::new(words(command)) }, &processes).await;
        assert!(!target.path.exists(), "a check never makes a file live");
        drop(staged);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        result
    }

    #[tokio::test]
    async fn the_staged_file_is_what_is_looked_at() {
        let long = Duration::from_secs(20);
        checked("a b'$(x).conf", b"right", &["grep -q right {{.staged}}"], long).await.unwrap();
        checked("a b.conf", b"right", &["grep", "-q", "right", "{{ .staged }}"], long).await.unwrap();
        checked("a.json", b"{}", &["case {{.staged}} in */.a.json.*.json) ;; *) exit 1; esac"], long)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn what_the_check_says_is_in_the_error() {
        let error = checked("a", b"x", &["echo 'line 1: bad' >&2; exit 3"], Duration::from_secs(20))
            .await
            .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("exited with 3\n    line 1: bad"), "{text}");
    }

    #[tokio::test]
    async fn a_check_that_hangs_is_ended() {
        let error = checked("a", b"x", &["sleep 1000; true"], Duration::from_millis(100)).await.unwrap_err();
        assert!(error.to_string().contains("did not end within 100ms"), "{error}");
    }

    #[tokio::test]
    async fn a_check_that_cannot_be_run_is_no_pass() {
        for command in [&["no-such-program", "x"][..], &["x {{.nothing}}"], &["x", "{{"], &[""]] {
            let error = checked("a", b"x", command, Duration::from_secs(20)).await.unwrap_err();
            assert!(matches!(error, WriteError::CheckNotRun { .. }), "{error:?}");
        }
    }

    #[test]
    fn only_paths_that_need_it_are_quoted() {
        assert_eq!(quoted("/etc/nginx/nginx.conf"), "/etc/nginx/nginx.conf");
        assert_eq!(quoted("/a b/it's"), r"'/a b/it'\''s'");
    }
}
