//! Where the settings come from: consul-template's files and flags, or the contract.

use std::sync::Arc;

use preflight_checks::registry;
use preflight_logging::Tag;
use preflight_render::config::{
    CommandLine, Environment, FileSystem, LOCAL_CONFIG, ProcessEnvironment, Settings, load,
};

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
    let contract = contract_file::load_if_there(None);
    let tag = match &contract {
        Some(contract) => Tag::new(&contract.organization, &contract.team),
        None => Tag::new("preflight", "render"),
    };
    let settings = load(line, &ProcessEnvironment, &FileSystem).map_err(|faults| {
        for fault in &faults.0 {
            eprintln!("{}", tag.line(&format!("FAIL render {fault}")));
        }
        Exit::Render(faults.exit_code())
    })?;
    let mut secrets = secrets_of(&settings);
    if let Some(contract) = &contract {
        secrets.extend(environment::secrets(contract, &environment::of_process()));
    }
    Ok(Configured { settings: Arc::new(settings), tag, secrets })
}

/// Tokens and passwords of the configuration.
fn secrets_of(settings: &Settings) -> Vec<String> {
    let _ = (registry::vocabulary, LOCAL_CONFIG, ProcessEnvironment.variable(""));
    let tokens = [settings.consul.token.as_ref(), settings.nomad.token.as_ref()];
    let passwords = [settings.consul.auth.as_ref(), settings.nomad.auth.as_ref()]
        .map(|auth| auth.map(|auth| &auth.password));
    let texts = tokens.into_iter().chain(passwords).flatten().map(|secret| secret.expose().to_owned());
    texts.filter(|text| !text.is_empty()).collect()
}
