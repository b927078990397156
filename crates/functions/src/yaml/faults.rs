//! What is wrong with a text that is no YAML, in the words of yaml.v2 where it has the same fault.

use granit_parser::{ErrorKind, ScanError};

/// The text of a fault as yaml.v2 gives it. Lines are counted as it does: the first one is not named, and faults of the
/// grammar name the line before.
pub(super) fn text(error: &ScanError, text: &str) -> String {
    let (message, scanner) = message(error);
    let line = match error.kind() {
        // What is never closed is told at the end.
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping => text.lines().count(),
        // A key without a colon is known as such on the next line.
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => error.marker().line(),
        _ => error.marker().line().saturating_sub(1),
    };
    match (line, scanner) {
        (0, _) => format!("yaml: {message}"),
        (line, true) => format!("yaml: line {}: {message}", line + 1),
        (line, false) => format!("yaml: line {line}: {message}"),
    }
}

/// The message, and whether it is a fault of the scanner, which sees characters, or of the grammar.
fn message(error: &ScanError) -> (String, bool) {
    use ErrorKind as Kind;
    let (message, scanner) = match error.kind() {
        Kind::MappingValueNotAllowed | Kind::InvalidColonPlacement => {
            ("mapping values are not allowed in this context", true)
        }
        Kind::UnexpectedCharacter { .. }
        | Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabInIndentation => ("found character that cannot start any token", true),
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => ("could not find expected ':'", true),
        Kind::BlockSequenceEntryNotAllowed => {
            ("block sequence entries are not allowed in this context", true)
        }
        Kind::MappingKeyNotAllowed => ("mapping keys are not allowed in this context", true),
        Kind::UnclosedQuotedScalar => ("found unexpected end of stream", true),
        Kind::DocumentIndicatorInQuotedScalar => ("found unexpected document indicator", true),
        Kind::UnknownQuotedScalarEscape => ("found unknown escape character", true),
        Kind::InvalidQuotedScalarHexEscape => ("did not find expected hexdecimal number", true),
        Kind::InvalidDirectiveName | Kind::MissingDirectiveName => ("found unknown directive name", true),
        Kind::MissingAnchorOrAliasName => ("did not find expected alphabetic or numeric character", true),
        Kind::ExpectedFlowSequenceSeparator
        | Kind::UnexpectedEofFlowSequence
        | Kind::UnclosedFlowCollection { open: '[' } => ("did not find expected ',' or ']'", false),
        Kind::ExpectedFlowMappingSeparator
        | Kind::UnexpectedEofFlowMapping
        | Kind::UnclosedFlowCollection { .. } => ("did not find expected ',' or '}'", false),
        Kind::ExpectedBlockMappingKey
        | Kind::UnexpectedEofBlockMapping
        | Kind::InvalidIndentation
        | Kind::MisplacedFlowCollectionEnd => ("did not find expected key", false),
        Kind::ExpectedBlockSequenceEntry | Kind::UnexpectedEofBlockSequence => {
            ("did not find expected '-' indicator", false)
        }
        Kind::ExpectedNodeContent | Kind::UnexpectedEof => ("did not find expected node content", false),
        Kind::ExpectedDocumentStart => ("did not find expected <document start>", false),
        Kind::UndeclaredTagHandle => ("found undefined tag handle", false),
        other => return (other.to_string(), true),
    };
    (message.to_owned(), scanner)
}
