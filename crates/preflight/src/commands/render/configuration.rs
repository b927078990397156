//! Where the settings come from: consul-template's files and flags, or the contract.

use std::sync::Arc;

use preflight_logging::Tag;
use preflight_render::config::{CommandLine, ProcessEnvironment, Settings};

use crate::commands::rendering::{self, Refused};
use crate::contract_file;
use crate::exit::Exit;

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
    match rendering::configured(contract.as_ref(), line, &ProcessEnvironment) {
        Ok(rendering::Configured { settings, secrets }) => Ok(Configured { settings, tag, secrets }),
        Err(Refused { faults, exit }) => {
            for fault in faults {
                eprintln!("{}", tag.line(&format!("FAIL render {fault}")));
            }
            Err(exit)
        }
    }
}
