//! The rules of a variable: whether its value is what the contract asks for.

use regex_lite::Regex;

use crate::environment::{Environment, FileUnreadable};
use crate::form;
use crate::judgement::{Judgement, VariableFault};
use crate::kind;
use crate::model::{Condition, Variable};
use crate::secret::secrets_of;

/// Judges the value of `variable` in `environment`.
#[must_use]
pub fn judge(variable: &Variable, environment: &Environment) -> Judgement {
    let mut judgement = Judgement::default();
    let resolved = match environment.lookup(&variable.name) {
        Ok(resolved) => resolved,
        Err(FileUnreadable { variable, path, source }) => {
            let why = source.to_string();
            judgement.faults.push(VariableFault::FileUnreadable { variable, path, why });
            return judgement;
        }
    };
    let value = resolved.as_ref().map(|resolved| resolved.value.as_str());
    match value {
        Some(value) if !value.trim().is_empty() => {
            let hidden = !secrets_of(&variable.name, Some(variable), value).is_empty();
            judgement.faults = value_faults(variable, value, hidden);
            judgement.warnings = presence_warnings(variable, environment);
        }
        _ if !is_required(variable, environment) => {}
        Some(_) => judgement.faults.push(VariableFault::Empty),
        None => judgement.faults.push(VariableFault::Missing),
    }
    judgement
}

/// Whether the variable must be set, its conditions considered.
#[must_use]
pub fn is_required(variable: &Variable, environment: &Environment) -> bool {
    let holds = |condition: &Condition| {
        if condition.values.is_empty() {
            return environment.is_set(&condition.variable);
        }
        let value = environment.lookup(&condition.variable).ok().flatten();
        value.is_some_and(|resolved| condition.values.contains(&resolved.value))
    };
    variable.required
        && variable.when.as_ref().is_none_or(holds)
        && !variable.unless.as_ref().is_some_and(holds)
}

fn presence_warnings(variable: &Variable, environment: &Environment) -> Vec<VariableFault> {
    let filled = |name: &str| environment.raw(name).is_some_and(|value| !value.is_empty());
    let file = format!("{}_FILE", variable.name);
    let mut warnings = Vec::new();
    if filled(&variable.name) && filled(&file) {
        warnings.push(VariableFault::BothValueAndFile { variable: file });
    }
    if let Some(instead) = &variable.deprecated {
        warnings.push(VariableFault::Deprecated { instead: instead.clone() });
    }
    warnings
}

/// What is wrong with a value that is not empty. Its form first: a placeholder need not be told that it is no number.
pub(crate) fn value_faults(variable: &Variable, value: &str, hidden: bool) -> Vec<VariableFault> {
    if variable.one_of.iter().any(|allowed| allowed == value) {
        return Vec::new();
    }
    if let Some(fault) = form::fault(variable, value) {
        return vec![fault];
    }
    let shown = (!hidden).then(|| value.to_owned());
    let mut faults = Vec::new();
    if !variable.one_of.is_empty() {
        faults.push(VariableFault::NotOneOf { allowed: variable.one_of.clone(), value: shown.clone() });
    }
    match kind::why_not(variable.kind, value) {
        Some(why) => {
            faults.push(VariableFault::WrongType { expected: variable.kind, why, value: shown.clone() });
        }
        None => faults.extend(out_of_range(variable, value, shown.as_ref())),
    }
    faults.extend(wrong_length(variable, value, hidden));
    let pattern = variable.pattern.as_deref().and_then(|pattern| Regex::new(pattern).ok());
    if let Some(pattern) = pattern.filter(|pattern| !pattern.is_match(value)) {
        faults.push(VariableFault::PatternMismatch { pattern: pattern.to_string(), value: shown });
    }
    faults
}

fn out_of_range(variable: &Variable, value: &str, shown: Option<&String>) -> Option<VariableFault> {
    let number = kind::number(variable.kind, value)?;
    let value = shown.cloned();
    match (variable.min, variable.max) {
        (Some(min), _) if number < min => Some(VariableFault::TooSmall { min, value }),
        (_, Some(max)) if number > max => Some(VariableFault::TooLarge { max, value }),
        _ => None,
    }
}

fn wrong_length(variable: &Variable, value: &str, hidden: bool) -> Option<VariableFault> {
    let characters = value.chars().count();
    let length = (!hidden).then_some(characters);
    match (variable.min_length, variable.max_length) {
        (Some(min_length), _) if characters < min_length => {
            Some(VariableFault::TooShort { min_length, length })
        }
        (_, Some(max_length)) if characters > max_length => {
            Some(VariableFault::TooLong { max_length, length })
        }
        _ => None,
    }
}
