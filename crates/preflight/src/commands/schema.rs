//! `preflight schema`: the forms of the documents, for editors and programs.

use preflight_checks::{registry, report};
use preflight_supervise::output;

use crate::cli::{SchemaArguments, SchemaDocument};
use crate::exit::Exit;
use crate::output::print;

/// Prints the schema of a document.
pub(crate) fn run(arguments: &SchemaArguments) -> Exit {
    let schema = match arguments.document {
        SchemaDocument::Contract => preflight_contract::json_schema(&registry::vocabulary()),
        SchemaDocument::Report => report::json_schema(),
        SchemaDocument::Status => preflight_status::json_schema(),
        SchemaDocument::Log => output::json_schema(),
    };
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    print(&(text + "\n"));
    Exit::Success
}
