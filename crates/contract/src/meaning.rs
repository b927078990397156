//! What a schema cannot say about a contract: names declared twice, rules that contradict each other.

use std::collections::BTreeMap;

use regex_lite::Regex;

use crate::checks::{CheckItem, CheckSpec};
use crate::faults::Fault;
use crate::model::{CheckedTcp, Condition, Variable, VariableType};
use crate::rules::value_faults;
use crate::tree::{Content, Node};

/// Checks the declared variables, which stand in `tree` under `checked_environment_variables`.
pub(crate) fn check_variables(variables: &[Variable], tree: &Node, faults: &mut Vec<Fault>) {
    let nodes = tree.items("checked_environment_variables");
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for variable in variables {
        let Some(node) = node_of(variable, nodes) else { continue };
        check_name(&variable.name, node, "name", faults);
        if let Some(first) = seen.get(variable.name.as_str()) {
            let message = format!("{} is declared twice; first on line {first}", variable.name);
            faults.push(node.place("name").fault(message));
        }
        seen.entry(&variable.name).or_insert(node.span.line);
        check_limits(variable, node, faults);
        check_pattern(variable.pattern.as_deref(), node, "pattern", faults);
        check_examples(variable, node, faults);
        check_condition(variable, variable.when.as_ref(), node, "when", faults);
        check_condition(variable, variable.unless.as_ref(), node, "unless", faults);
    }
}

/// Checks the pairs of host and port, which stand in `tree` under `checked_tcp`.
pub(crate) fn check_tcp(pairs: &[CheckedTcp], tree: &Node, faults: &mut Vec<Fault>) {
    for pair in pairs {
        let Some(node) = tree.items("checked_tcp").iter().find(|node| node.span.line == pair.line) else {
            continue;
        };
        check_name(&pair.host, node, "host", faults);
        match &pair.port {
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                if !port.parse::<u16>().is_ok_and(|port| port > 0) {
                    faults.push(node.place("port").fault(format!("{port:?} is no port from 1 to 65535")));
                }
            }
            Some(port) => check_name(port, node, "port", faults),
            None => {}
        }
    }
}

/// Checks what the checks say, which stand in `tree` under `checks`.
pub(crate) fn check_checks(checks: &[CheckItem], tree: &Node, faults: &mut Vec<Fault>) {
    for check in checks {
        let Some(node) = tree.items("checks").iter().find(|node| node.span.line == check.line) else {
            continue;
        };
        match &check.spec {
            CheckSpec::Http(http) => {
                let expect = value_node(node, "http").and_then(|http| value_node(http, "expect"));
                let Some(expect) = expect else { continue };
                check_expression(http.expect.body.as_deref(), expect, "body", faults);
                let Some(headers) = value_node(expect, "headers") else { continue };
                for (name, value) in &http.expect.headers {
                    check_expression(Some(value), headers, name, faults);
                }
            }
            CheckSpec::File(file) => {
                let Some(node) = value_node(node, "file") else { continue };
                check_expression(file.contains.as_deref(), node, "contains", faults);
            }
            CheckSpec::Command(command) => {
                let Some(node) = value_node(node, "command") else { continue };
                check_expression(command.stdout.as_deref(), node, "stdout", faults);
            }
            _ => {}
        }
    }
}

/// The item of the list that declares a variable: two items of a flow list may stand on one line.
fn node_of<'a>(variable: &Variable, nodes: &'a [Node]) -> Option<&'a Node> {
    let declares = |node: &&Node| match &node.content {
        Content::Scalar { text, .. } => *text == variable.name,
        _ => {
            matches!(node.entry("name").map(|entry| &entry.value.content), Some(Content::Scalar { text, .. }) if *text == variable.name)
        }
    };
    // The last of a line, so that the second of two equal names is the one that is complained about.
    nodes.iter().filter(|node| node.span.line == variable.line).filter(declares).next_back()
}

fn value_node<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    node.entry(key).map(|entry| &entry.value)
}

/// A name that no shell and no container platform could set.
fn check_name(name: &str, node: &Node, key: &str, faults: &mut Vec<Fault>) {
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

fn check_pattern(pattern: Option<&str>, node: &Node, key: &str, faults: &mut Vec<Fault>) {
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
