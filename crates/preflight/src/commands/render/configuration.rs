//! Where the settings come from: consul-template's files and flags, or the contract.

use std::sync::Arc;

use preflight_logging::Tag;
use preflight_render::config::{CommandLine, Declared, FileSystem, ProcessEnvironment, Settings, load_over};

use super::declared::declared;
use crate::exit::Exit;
use crate::{contract_file, environment};

/// What a run was told, and how to read it again.
pub(super) struct Configuration {
    pub(super) line: CommandLine,
    pub(super) now: Configured,
}

/// The settings, who reads the lines, and what must never stand in them.
#[derive(Clone)]
pub(super) struct Configured {
    pub(super) settings: Arc<Settings>,
    pub(super) tag: Tag,
    pub(super) secrets: Vec<String>,
}

impl Configuration {
    /// Reads it for the first time.
    ///
    /// # Errors
    /// The exit code; everything that is wrong has been printed on standard error.
    pub(super) fn read(line: CommandLine) -> Result<Self, Exit> {
        Ok(Self { now: configured(&line)?, line })
    }

    /// Reads it again; what was read before stays when that fails.
    ///
    /// # Errors
    /// As [`Configuration::read`].
    pub(super) fn read_again(&mut self) -> Result<(), Exit> {
        self.now = configured(&self.line)?;
        Ok(())
    }
}

fn configured(line: &CommandLine) -> Result<Configured, Exit> {
    let contract = contract_file::load_if_any()?;
    let tag = match &contract {
        Some((_, contract)) => Tag::new(&contract.organization, &contract.team),
        None => Tag::new("preflight", "render"),
    };
    let fail = |fault: &dyn std::fmt::Display| eprintln!("{}", tag.line(&format!("FAIL render {fault}")));
    let mut secrets = Vec::new();
    let mut lowest = Declared::default();
    if let Some((path, contract)) = &contract {
        let environment = environment::of_process();
        secrets.extend(environment::secrets(contract, &environment));
        let variable = |name: &str| environment.lookup(name).ok().flatten().map(|found| found.value);
        lowest = declared(contract, &path.display().to_string(), &variable).map_err(|faults| {
            faults.iter().for_each(|fault| fail(fault));
            Exit::Contract
        })?;
    }
    let settings = load_over(&lowest, line, &ProcessEnvironment, &FileSystem).map_err(|faults| {
        faults.0.iter().for_each(|fault| fail(fault));
        Exit::Render(faults.exit_code())
    })?;
    secrets.extend(settings.secrets().into_iter().map(str::to_owned));
    // A file that cannot be read is told by who needs it.
    let in_files = settings.secret_files().into_iter().filter_map(|path| std::fs::read_to_string(path).ok());
    secrets.extend(in_files.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()));
    Ok(Configured { settings: Arc::new(settings), tag, secrets })
}
