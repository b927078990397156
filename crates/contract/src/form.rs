//! Values that are no values: placeholders, quotes, line breaks, the name of a secret in place of the secret.

use crate::judgement::{PlaceholderKind, VariableFault};
use crate::model::{Variable, VariableType};
use crate::secret::is_secret;

/// Words that stand for a value that nobody has filled in.
const WORDS: [&str; 14] = [
    "changeme",
    "change_me",
    "change-me",
    "changeit",
    "change_it",
    "replaceme",
    "replace_me",
    "replace-me",
    "todo",
    "fixme",
    "tbd",
    "placeholder",
    "fill_me_in",
    "your_value_here",
];

/// The ends of names whose value is a reference by design.
const REFERENCES: [&str; 6] = ["_ARN", "_ID", "_NAME", "_PATH", "_REF", "_ADDRESS"];

/// What is wrong with the form of a value.
pub(crate) fn fault(variable: &Variable, value: &str) -> Option<VariableFault> {
    if value.ends_with(['\n', '\r']) {
        return Some(VariableFault::TrailingNewline);
    }
    if variable.kind != VariableType::Json && is_quoted(value) {
        return Some(VariableFault::Quoted);
    }
    if let Some(kind) = placeholder(value) {
        return Some(VariableFault::Placeholder { kind });
    }
    is_misplaced_arn(variable, value).then_some(VariableFault::SecretArn)
}

fn is_quoted(value: &str) -> bool {
    value.len() >= 2 && ['"', '\''].iter().any(|quote| value.starts_with(*quote) && value.ends_with(*quote))
}

fn placeholder(value: &str) -> Option<PlaceholderKind> {
    let value = value.trim();
    let whole = |open: &str, close: &str| {
        value
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
            .filter(|inner| !inner.trim().is_empty())
    };
    let words = |inner: &str| {
        inner.starts_with(|c: char| c.is_alphabetic())
            && inner.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/'))
    };
    if whole("${", "}").is_some() || whole("$(", ")").is_some() || names_a_variable(value) {
        return Some(PlaceholderKind::Shell);
    }
    if whole("{{", "}}").is_some() || whole("#{", "}").is_some() {
        return Some(PlaceholderKind::Template);
    }
    if whole("<", ">").is_some_and(words) {
        return Some(PlaceholderKind::Angle);
    }
    WORDS.iter().any(|word| value.eq_ignore_ascii_case(word)).then_some(PlaceholderKind::Word)
}

/// Whether `${UPPER_CASE}` stands anywhere in the value; lower case is how log formats name their own fields.
fn names_a_variable(value: &str) -> bool {
    value.match_indices("${").any(|(start, _)| {
        let inner = value[start + 2..].split_once('}').map_or("", |(inner, _)| inner);
        let name = inner.split(":-").next().unwrap_or_default();
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

/// The ARN of a Secrets Manager secret or an SSM parameter where a secret or a login is expected.
fn is_misplaced_arn(variable: &Variable, value: &str) -> bool {
    let mut parts = value.splitn(6, ':');
    let [arn, _, service, _, _, resource] = [(); 6].map(|()| parts.next().unwrap_or_default());
    let names_secret = arn == "arn"
        && (service == "secretsmanager" && resource.starts_with("secret:")
            || service == "ssm" && resource.starts_with("parameter/"));
    let name = variable.name.to_ascii_uppercase();
    let by_design = variable.kind == VariableType::Arn || REFERENCES.iter().any(|end| name.ends_with(end));
    let wants_value = is_secret(&variable.name, Some(variable))
        || variable.kind != VariableType::String
        || ["_USERNAME", "_USER", "_URL"].iter().any(|end| name.ends_with(end));
    names_secret && !by_design && wants_value
}
