//! What was understood of a contract, for people and for programs. Never a value of a variable.

use serde_json::Value;

use crate::model::Contract;
use crate::vocabulary::Vocabulary;

/// As text for a terminal.
#[must_use]
pub fn show_text(contract: &Contract, vocabulary: Vocabulary<'_>) -> String {
    let _ = vocabulary;
    format!("{}:{}\n", contract.organization, contract.team)
}

/// As Markdown tables for a README.
#[must_use]
pub fn show_markdown(contract: &Contract, vocabulary: Vocabulary<'_>) -> String {
    show_text(contract, vocabulary)
}

/// As one JSON document.
#[must_use]
pub fn show_json(contract: &Contract, vocabulary: Vocabulary<'_>) -> Value {
    let _ = vocabulary;
    serde_json::to_value(contract).unwrap_or_default()
}
