//! `preflight contract`: what was understood of `preflight.yaml`.

use std::path::Path;

use preflight_checks::registry;
use preflight_contract::{show_json, show_markdown, show_text};

use crate::cli::{ContractArguments, ContractCommand, ShowFormat};
use crate::contract_file;
use crate::exit::Exit;
use crate::output::print;

/// Runs the subcommand.
pub(crate) fn run(arguments: &ContractArguments) -> Exit {
    match &arguments.command {
        ContractCommand::Show { config, format } => show(config.config.as_deref(), *format),
    }
}

fn show(config: Option<&Path>, format: ShowFormat) -> Exit {
    let contract = match contract_file::load(config) {
        Ok(contract) => contract,
        Err(exit) => return exit,
    };
    let vocabulary = registry::vocabulary();
    let text = match format {
        ShowFormat::Text => show_text(&contract, &vocabulary),
        ShowFormat::Markdown => show_markdown(&contract, &vocabulary),
        ShowFormat::Json => format!("{:#}\n", show_json(&contract, &vocabulary)),
    };
    print(&text);
    Exit::Success
}
