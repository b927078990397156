//! What a run of `render` was told to do, fully typed: every default applied, every value checked.

mod commands;
mod connections;
mod logs;
mod secret;
mod template;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use commands::{Command, EnvironmentFilter, Exec, Signal};
pub use connections::{
    AppRole, AwsLogin, BasicAuth, Consul, KubernetesLogin, Nomad, Retry, Tls, Transport, Vault, VaultLogin,
};
pub use logs::{Log, LogFile, LogLevel, Syslog};
pub use secret::Secret;
pub use template::{Delimiters, Origin, Template, Wait};

/// Everything that a run needs to know. Paths are as they were written: relative ones belong to the working folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The templates, in the order of files, then `CT_LOCAL_CONFIG`, then the command line.
    pub templates: Vec<Template>,
    /// How to reach Consul.
    pub consul: Consul,
    /// How to reach Vault.
    pub vault: Vault,
    /// How to reach Nomad.
    pub nomad: Nomad,
    /// The child to start when everything is rendered. `None`: no exec mode.
    pub exec: Option<Exec>,
    /// How long to wait for the data to come to rest before writing. `None` when not asked for, and with `once`.
    pub wait: Option<Wait>,
    /// Render everything once, then end.
    pub once: bool,
    /// Print what would be written and write nothing; a diff is shown.
    pub dry: bool,
    /// Parse the templates and end.
    pub parse_only: bool,
    /// The signal that stops the run; `None` listens to none. SIGTERM always stops it.
    pub kill_signal: Option<Signal>,
    /// The signal that reads the configuration again; `None` listens to none.
    pub reload_signal: Option<Signal>,
    /// Where log lines go, and from which level.
    pub log: Log,
    /// How old an answer of a Consul follower may be; zero asks the leader only.
    pub max_stale: Duration,
    /// How long one blocking query lasts.
    pub block_query_wait: Duration,
    /// Where the process number is written.
    pub pid_file: Option<PathBuf>,
    /// An absent value is an error at once, instead of being waited for.
    pub error_on_failed_lookup: bool,
    /// Whether a missing key or service is only told or ends the run, and when.
    pub missing: Missing,
    /// Where the last good answers are kept, to start from them while Consul is away.
    pub last_good: Option<PathBuf>,
    /// The kill signal ends the run with 12, as with consul-template, instead of 0.
    pub interrupt_exit_code: bool,
    /// `NAME=value`: what templates' `env` and all children see before the variables of this process. No layer sets it; whoever
    /// has more variables than this process does.
    pub variables: Vec<String>,
    /// What was accepted but has no effect, or is read in an unexpected way: one line each, to be said once.
    pub notes: Vec<String>,
}

impl Settings {
    /// Every password and token in these settings, none of them empty: what no output may show.
    #[must_use]
    pub fn secrets(&self) -> Vec<&str> {
        let auth = [&self.consul.auth, &self.nomad.auth].map(|auth| auth.as_ref().map(|auth| &auth.password));
        let login = match &self.vault.login {
            VaultLogin::Token(token) => Some(token),
            VaultLogin::AppRole(role) => role.secret_id.as_ref(),
            VaultLogin::Kubernetes(login) => login.token.as_ref(),
            VaultLogin::Nobody | VaultLogin::TokenFile(_) | VaultLogin::Aws(_) => None,
        };
        let tokens = [self.consul.token.as_ref(), self.nomad.token.as_ref(), login];
        let all = auth.into_iter().chain(tokens).flatten().map(Secret::expose);
        all.filter(|secret| !secret.is_empty()).collect()
    }

    /// The files whose whole text is secret.
    #[must_use]
    pub fn secret_files(&self) -> Vec<&Path> {
        let login = match &self.vault.login {
            VaultLogin::TokenFile(path) => Some(path),
            VaultLogin::AppRole(role) => role.secret_id_file.as_ref(),
            VaultLogin::Kubernetes(login) if login.token.is_none() => Some(&login.token_path),
            _ => None,
        };
        self.consul.token_file.as_ref().into_iter().chain(login).map(PathBuf::as_path).collect()
    }
}

/// What happens when something a template needs is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// How long to keep quiet about it. Ten seconds unless asked otherwise.
    pub after: Duration,
    /// What to do then.
    pub action: MissingAction,
}

impl Default for Missing {
    fn default() -> Self {
        Self { after: Duration::from_secs(10), action: MissingAction::Warn }
    }
}

/// What to do about something that stays missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingAction {
    /// Say it, with growing pauses, and go on waiting.
    #[default]
    Warn,
    /// Say it and end the run with an error.
    Fail,
}
