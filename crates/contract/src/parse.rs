//! Reads `preflight.yaml`: the text, then its tree, then its meaning; all faults at once.

use crate::faults::Faults;
use crate::model::Contract;
use crate::vocabulary::Vocabulary;

/// Reads a contract.
///
/// # Errors
/// With all faults of the file.
pub fn parse(file_name: &str, text: &str, vocabulary: Vocabulary<'_>) -> Result<Contract, Faults> {
    let _ = vocabulary;
    Err(Faults::new(file_name, text, Vec::new()))
}
