//! `preflight guard`: a program is not started on files in which values are missing.
//!
//! For an existing `exec` block: the template says `KEYDOESNOTEXIST` where a key is missing, and this stands before the
//! command. What else stands in such a line is never shown: it may be a secret that only the file knows.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use preflight_contract::{Contract, SentinelSection};
use preflight_logging::{Redactor, Tag};
use preflight_processes::{SpawnError, replace};
use preflight_supervise::sentinel::{Finding, Sentinels, exit_code};

use crate::cli::ConfigArgument;
use crate::commands::missing_values::words;
use crate::exit::Exit;
use crate::{contract_file, environment};

/// The command line of `preflight guard`.
#[derive(Debug, Args)]
pub(crate) struct GuardArguments {
    #[command(flatten)]
    pub(crate) config: ConfigArgument,
    /// A rendered file that must have all its values; may be given several times
    #[arg(short, long, value_name = "FILE", required = true)]
    pub(crate) file: Vec<PathBuf>,
    /// The program that takes this one's place when nothing is missing, and its arguments
    #[arg(last = true, value_name = "COMMAND", required = true)]
    pub(crate) command: Vec<OsString>,
}

/// Becomes the command, or says everything that is missing: 10 when keys are, 11 when only services are, 1 when a file
/// cannot be read.
pub(crate) fn run(arguments: &GuardArguments) -> Exit {
    let contract = match contract_file::load_named_or_any(arguments.config.config.as_deref()) {
        Ok(found) => found.map(|(_, contract)| contract),
        Err(exit) => return exit,
    };
    let told = Telling::new(contract.as_ref());
    let sentinels = contract.map_or_else(SentinelSection::default, |contract| contract.sentinels);
    let sentinels = match Sentinels::new(&sentinels.keys, &sentinels.services) {
        Ok(sentinels) => sentinels,
        Err(error) => {
            told.line(&format!("sentinels: {error}"));
            return Exit::Contract;
        }
    };
    let mut missing = Vec::new();
    let mut unreadable = false;
    for path in &arguments.file {
        match std::fs::read(path) {
            Ok(bytes) => missing.extend(sentinels.scan(&bytes).into_iter().map(|finding| (path, finding))),
            Err(error) => {
                unreadable = true;
                told.line(&format!("FAIL guard {} cannot be read: {error}", path.display()));
            }
        }
    }
    missing.iter().for_each(|(path, finding)| told.finding(path, finding));
    let code = exit_code(missing.iter().map(|(_, finding)| finding.missing));
    match code.map(Exit::Guard).or(unreadable.then_some(Exit::CheckFailed)) {
        None => become_command(&arguments.command, &told),
        Some(exit) => {
            let command = Path::new(&arguments.command[0]).display();
            told.line(&format!("guard FAILED: {command} was not started"));
            exit
        }
    }
}

/// Becomes the command; comes back only when that is not possible.
fn become_command(command: &[OsString], told: &Telling) -> Exit {
    let error = replace(command);
    told.line(&format!("guard: {}", not_replaced(command, &error)));
    Exit::Guard(error.shell_code())
}

/// Why a command did not take our place, and what to try.
pub(crate) fn not_replaced(command: &[OsString], error: &SpawnError) -> String {
    let program = command.first().map_or(Path::new(""), Path::new).display();
    let cause = match error {
        SpawnError::Refused { source, .. } => source.to_string(),
        SpawnError::NotFound { .. } => "executable file not found in $PATH".to_owned(),
        SpawnError::Empty => "it has no name".to_owned(),
    };
    let hint = error.hint().map(|hint| format!(" — hint: {hint}")).unwrap_or_default();
    format!("{program} cannot be started: {cause}{hint}")
}

/// Tagged lines on standard error.
struct Telling {
    tag: Tag,
    redactor: Redactor,
}

impl Telling {
    fn new(contract: Option<&Contract>) -> Self {
        let tag = contract.map_or_else(
            || Tag::new("preflight", "guard"),
            |contract| Tag::new(&contract.organization, &contract.team),
        );
        let secrets = match contract {
            Some(contract) => environment::secrets(contract, &environment::of_process()),
            None => environment::secrets_among(environment::readable()),
        };
        Self { tag, redactor: Redactor::new(secrets) }
    }

    fn finding(&self, path: &Path, finding: &Finding) {
        self.line(&format!("FAIL guard {}", words(path, finding)));
    }

    fn line(&self, text: &str) {
        // A closed standard error leaves nobody to tell.
        let _ = writeln!(std::io::stderr(), "{}", self.tag.line(&self.redactor.redact(text)));
    }
}
