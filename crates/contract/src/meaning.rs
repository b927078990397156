//! What a schema cannot say about a contract: names declared twice, rules that contradict each other.

use std::collections::BTreeMap;

use regex_lite::Regex;

use crate::checks::{CheckItem, CheckSpec};
use crate::faults::Fault;
use crate::model::{CheckedTcp, Condition, Variable, VariableType};
use crate::rules::value_faults;
use crate::tree::Node;

/// Checks one declared variable, which stands at `node`; `seen` holds those before it and their lines.
pub(crate) fn check_variable(
    variable: &Variable,
    node: &Node,
    seen: &mut BTreeMap<String, usize>,
    faults: &mut Vec<Fault>,
) {
    check_name(&variable.name, node, "name", faults);
    if let Some(first) = seen.get(&variable.name) {
        let message = format!("{} is declared twice; first on line {first}", variable.name);
        faults.push(node.place("name").fault(message));
    }
    seen.entry(variable.name.clone()).or_insert(node.span.line);
    check_limits(variable, node, faults);
    check_pattern(variable.pattern.as_deref(), node, "pattern", faults);
    check_examples(variable, node, faults);
    check_condition(variable, variable.when.as_ref(), node, "when", faults);
    check_condition(variable, variable.unless.as_ref(), node, "unless", faults);
}

/// Checks one pair of host and port, which stands at `node`.
pub(crate) fn check_pair(pair: &CheckedTcp, node: &Node, faults: &mut Vec<Fault>) {
    check_name(&pair.host, node, "host", faults);
    let Some(port) = &pair.port else { return };
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        check_name(port, node, "port", faults);
    } else if !port.parse::<u16>().is_ok_and(|port| port > 0) {
        faults.push(node.place("port").fault(format!("{port:?} is no port from 1 to 65535")));
    }
}

/// Checks what one check expects; its parameters stand at `node`.
pub(crate) fn check_expectations(check: &CheckItem, node: &Node, faults: &mut Vec<Fault>) {
    match &check.spec {
        CheckSpec::Http(http) => {
            let Some(expect) = value_node(node, "expect") else { return };
            check_expression(http.expect.body.as_deref(), expect, "body", faults);
            let Some(headers) = value_node(expect, "headers") else { return };
            for (name, value) in &http.expect.headers {
                check_expression(Some(value), headers, name, faults);
            }
        }
        CheckSpec::File(file) => check_expression(file.contains.as_deref(), node, "contains", faults),
        CheckSpec::Command(command) => check_expression(command.stdout.as_deref(), node, "stdout", faults),
        _ => {}
    }
}

fn value_node<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    node.entry(key).map(|entry| &entry.value)
}

/// A name that no shell and no container platform could set.
pub(crate) fn check_name(name: &str, node: &Node, key: &str, faults: &mut Vec<Fault>) {
    let mut fault = node.place(key).fault(format!("{name:?} is no name of a variable"));
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !name.is_empty() && name.chars().all(usable) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        return;
    }
    if let Some((before, _)) = name.split_once('=') {
        fault.message = "only the variable's name goes here, not its value".to_owned();
        fault.hint = Some(format!("write {}", before.trim()));
    } else if name.starts_with('$') {
        fault.hint = Some(format!("write {}", name.trim_matches(|c| matches!(c, '$' | '{' | '}'))));
    }
    faults.push(fault);
}

fn check_limits(variable: &Variable, node: &Node, faults: &mut Vec<Fault>) {
    if let (Some(min), Some(max)) = (variable.min, variable.max)
        && min > max
    {
        faults.push(node.place("min").fault(format!("min {min} is more than max {max}")));
    }
    if let (Some(min), Some(max)) = (variable.min_length, variable.max_length)
        && min > max
    {
        faults
            .push(node.place("min_length").fault(format!("min_length {min} is more than max_length {max}")));
    }
    let has_size = matches!(
        variable.kind,
        VariableType::Integer | VariableType::Number | VariableType::Port | VariableType::Duration
    );
    for key in ["min", "max"].into_iter().filter(|_| !has_size) {
        if let Some(entry) = node.entry(key) {
            let mut fault =
                entry.span.fault(format!("`{key}` needs a type: integer, number, port or duration"));
            fault.hint = Some(format!("for a number of characters write `{key}_length`"));
            faults.push(fault);
        }
    }
}

pub(crate) fn check_pattern(pattern: Option<&str>, node: &Node, key: &str, faults: &mut Vec<Fault>) {
    if let Some(Err(error)) = pattern.map(Regex::new) {
        faults.push(node.place(key).fault(format!("not a regular expression: {error}")));
    }
}

/// A text between slashes is a regular expression.
fn check_expression(text: Option<&str>, node: &Node, key: &str, faults: &mut Vec<Fault>) {
    let inner = text.and_then(|text| text.strip_prefix('/')).and_then(|text| text.strip_suffix('/'));
    check_pattern(inner.filter(|inner| !inner.contains("${")), node, key, faults);
}

/// The values that the file itself names must fulfil the variable's other rules.
fn check_examples(variable: &Variable, node: &Node, faults: &mut Vec<Fault>) {
    let place =
        |key: &str, index: usize| node.items(key).get(index).map_or(node.place(key), |item| item.span);
    let others = Variable { one_of: Vec::new(), secret: false, ..variable.clone() };
    for (index, allowed) in variable.one_of.iter().enumerate() {
        if let Some(why) = value_faults(&others, allowed, false).first() {
            faults.push(place("one_of", index).fault(format!("{allowed:?} breaks another rule: it {why}")));
        }
    }
    if let Some(default) = &variable.default
        && let Some(why) = value_faults(variable, default, false).first()
    {
        faults.push(node.place("default").fault(format!("the default breaks a rule: it {why}")));
    }
}

fn check_condition(
    variable: &Variable,
    condition: Option<&Condition>,
    node: &Node,
    key: &str,
    faults: &mut Vec<Fault>,
) {
    let Some(condition) = condition else { return };
    check_name(&condition.variable, node, key, faults);
    if condition.variable == variable.name {
        faults.push(node.place(key).fault(format!("`{key}` names the variable itself")));
    }
}
