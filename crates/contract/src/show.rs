//! What was understood of a contract, for people and for programs. Never a value of a variable, never a secret.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::checks::{CheckItem, CheckSpec, CommandLine};
use crate::duration::format_duration;
use crate::environment::Environment;
use crate::grammar::{Connection, Grouping, group};
use crate::model::{CheckedTcp, Condition, Contract, Variable, VariableType};
use crate::render::{OnChange, RenderItem};
use crate::secret::{is_secret, secrets_of};
use crate::services::{markdown_rows, service_line};
use crate::vocabulary::{Vocabulary, find_kind};

/// What stands where a secret would.
const REDACTED: &str = "[redacted]";

/// As text for a terminal.
#[must_use]
pub fn show_text(contract: &Contract, vocabulary: Vocabulary<'_>) -> String {
    let grouping = grouping(contract, vocabulary);
    let mut text = format!("contract of {}:{}\n", contract.organization, contract.team);
    text.push_str(&format!("wait: {}\n", format_duration(contract.wait)));
    if let Some(timeout) = contract.timeout {
        text.push_str(&format!("timeout: {}\n", format_duration(timeout)));
    }
    let variables = contract
        .variables
        .iter()
        .map(|variable| format!("{}  {}", variable.name, rules(variable).join("; ")));
    section(&mut text, "variables", variables);
    section(
        &mut text,
        "connections",
        grouping.connections.iter().map(|found| connection_line(found, vocabulary)),
    );
    section(&mut text, "tcp", contract.tcp.iter().map(pair_line));
    section(&mut text, "checks", contract.checks.iter().map(check_line));
    section(&mut text, "rendered", contract.render.iter().map(render_line));
    let services = contract.services.iter().map(|service| public("", &service_line(service)));
    section(&mut text, "services", services);
    section(&mut text, "warnings", grouping.warnings.iter().map(ToString::to_string));
    text
}

/// As Markdown tables for a README.
#[must_use]
pub fn show_markdown(contract: &Contract, vocabulary: Vocabulary<'_>) -> String {
    let mut text = String::from("| variable | rules | description |\n|---|---|---|\n");
    for variable in &contract.variables {
        let description = variable.description.clone().unwrap_or_default();
        text.push_str(&row(&[code(&variable.name), cell(&rules(variable).join("; ")), cell(&description)]));
    }
    let connections = grouping(contract, vocabulary).connections;
    if !connections.is_empty() {
        text.push_str("\n| connection | kind | variables | port |\n|---|---|---|---|\n");
    }
    for found in &connections {
        let names: Vec<String> = found.unset.values().map(|name| code(name)).collect();
        let port = default_port(found, vocabulary).map(|port| format!("default {port}")).unwrap_or_default();
        text.push_str(&row(&[code(label(found)), cell(found.kind), names.join(", "), port]));
    }
    if !contract.checks.is_empty() || !contract.tcp.is_empty() {
        text.push_str("\n| check | what |\n|---|---|\n");
    }
    for pair in &contract.tcp {
        text.push_str(&row(&["tcp".to_owned(), cell(&pair_line(pair))]));
    }
    for item in &contract.checks {
        text.push_str(&row(&[
            cell(item.name.as_deref().unwrap_or(item.spec.kind())),
            cell(&check_line(item)),
        ]));
    }
    if !contract.render.is_empty() {
        text.push_str("\n| file | from | on change |\n|---|---|---|\n");
    }
    for item in &contract.render {
        text.push_str(&row(&[code(&item.destination), cell(origin(item)), cell(&on_change(item))]));
    }
    if !contract.services.is_empty() {
        text.push_str("\n| service | command | rules | description |\n|---|---|---|---|\n");
    }
    for service in &contract.services {
        let [name, command, rules, description] = markdown_rows(service);
        let rules = cell(&public("", &rules));
        text.push_str(&row(&[code(&name), code(&public("", &command)), rules, cell(&description)]));
    }
    text
}

/// As one JSON document.
#[must_use]
pub fn show_json(contract: &Contract, vocabulary: Vocabulary<'_>) -> Value {
    let grouping = grouping(contract, vocabulary);
    let connections: Vec<Value> =
        grouping.connections.iter().map(|found| connection_json(found, vocabulary)).collect();
    let warnings: Vec<String> = grouping.warnings.iter().map(ToString::to_string).collect();
    json!({
        "version": 1,
        "organization": contract.organization,
        "team": contract.team,
        "verbose": contract.verbose,
        "wait": format_duration(contract.wait),
        "timeout": contract.timeout.map(format_duration),
        "variables": contract.variables.iter().map(variable_json).collect::<Vec<_>>(),
        "connections": connections,
        "tcp": contract.tcp,
        "checks": contract.checks.iter().map(check_json).collect::<Vec<_>>(),
        "render": hidden(&contract.render),
        "consul": hidden(&contract.consul),
        "vault": hidden(&contract.vault),
        "missing": contract.missing,
        "services": hidden(&contract.services),
        "sentinels": contract.sentinels,
        "warnings": warnings,
    })
}

/// The connections that the names alone make, in an empty environment.
fn grouping(contract: &Contract, vocabulary: Vocabulary<'_>) -> Grouping {
    let names: Vec<&str> = contract.variables.iter().map(|variable| variable.name.as_str()).collect();
    group(&names, &Environment::empty(), vocabulary)
}

fn rules(variable: &Variable) -> Vec<String> {
    let secret = is_secret(&variable.name, Some(variable));
    let mut rules = vec![presence(variable)];
    let mut add = |holds: bool, rule: String| rules.extend(holds.then_some(rule));
    add(secret, "secret".to_owned());
    add(variable.kind != VariableType::String, variable.kind.as_str().to_owned());
    add(!variable.one_of.is_empty() && !secret, format!("one of {}", variable.one_of.join(", ")));
    let limits = [
        ("at least", variable.min.map(|limit| limit.to_string())),
        ("at most", variable.max.map(|limit| limit.to_string())),
        ("characters at least", variable.min_length.map(|limit| limit.to_string())),
        ("characters at most", variable.max_length.map(|limit| limit.to_string())),
        ("matches", variable.pattern.clone()),
        (
            "default",
            variable
                .default
                .clone()
                .map(|default| if secret { REDACTED.to_owned() } else { public(&variable.name, &default) }),
        ),
        ("audience", variable.audience.clone()),
        ("owner", variable.owner.clone()),
    ];
    for (rule, limit) in limits {
        rules.extend(limit.map(|limit| format!("{rule} {limit}")));
    }
    rules.extend(
        variable.deprecated.as_ref().map(|instead| format!("deprecated {instead}").trim_end().to_owned()),
    );
    rules
}

fn presence(variable: &Variable) -> String {
    let mut text = if variable.required { "required" } else { "optional" }.to_owned();
    for (word, condition) in [("when", &variable.when), ("unless", &variable.unless)] {
        if let Some(condition) = condition {
            text.push_str(&format!(" {word} {}", condition_text(condition)));
        }
    }
    text
}

fn condition_text(condition: &Condition) -> String {
    match condition.values.as_slice() {
        [] => format!("{} is set", condition.variable),
        _ if is_secret(&condition.variable, None) => format!("{} is {REDACTED}", condition.variable),
        values => format!("{} is {}", condition.variable, values.join(" or ")),
    }
}

fn label(connection: &Connection) -> &str {
    if connection.id.is_empty() { &connection.client } else { &connection.id }
}

fn default_port(connection: &Connection, vocabulary: Vocabulary<'_>) -> Option<u16> {
    find_kind(vocabulary, connection.kind).and_then(|kind| kind.default_port)
}

fn connection_line(connection: &Connection, vocabulary: Vocabulary<'_>) -> String {
    let attributes: Vec<String> = connection.unset.keys().map(|attribute| attribute.lower()).collect();
    let version = connection.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let port =
        default_port(connection, vocabulary).map(|port| format!("; default port {port}")).unwrap_or_default();
    format!("{}{version} {}  {}{port}", connection.kind, label(connection), attributes.join(", "))
}

fn pair_line(pair: &CheckedTcp) -> String {
    let target = pair.port.as_ref().map_or_else(|| pair.host.clone(), |port| format!("{}:{port}", pair.host));
    pair.name.as_ref().map_or_else(|| target.clone(), |name| format!("{name}  {target}"))
}

fn check_line(item: &CheckItem) -> String {
    let name = item.name.as_ref().map(|name| format!("{name}  ")).unwrap_or_default();
    format!("{name}{} {}", item.spec.kind(), public("", &item.spec.target())).trim_end().to_owned()
}

fn render_line(item: &RenderItem) -> String {
    let on_change = Some(on_change(item)).filter(|text| !text.is_empty());
    let on_change = on_change.map(|text| format!("; on change: {text}")).unwrap_or_default();
    format!("{}  from {}{on_change}", item.destination, origin(item))
}

fn origin(item: &RenderItem) -> &str {
    item.source.as_deref().unwrap_or("a text of this file")
}

fn on_change(item: &RenderItem) -> String {
    let text = match item.on_change.as_ref().map(OnChange::command) {
        None => String::new(),
        Some(None) => "reload".to_owned(),
        Some(Some((CommandLine::Words(words), _))) => words.join(" "),
        Some(Some((CommandLine::Shell(line), _))) => line.clone(),
    };
    public("", &text)
}

/// A section as JSON, without its secrets. A template's own text may hold some, and is not shown at all.
fn hidden(section: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(section).unwrap_or_default();
    hide("", &mut value);
    for item in value.as_array_mut().into_iter().flatten() {
        if let Some(contents) = item.get_mut("contents") {
            *contents = Value::from(REDACTED);
        }
    }
    value
}

/// The text with every secret in it replaced.
fn public(name: &str, text: &str) -> String {
    secrets_of(name, None, text).iter().fold(text.to_owned(), |text, secret| text.replace(secret, REDACTED))
}

fn variable_json(variable: &Variable) -> Value {
    let mut value = serde_json::to_value(variable).unwrap_or_default();
    if let Some(keys) = value.as_object_mut() {
        keys.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|items| !items.is_empty()));
        let secret = is_secret(&variable.name, Some(variable));
        keys.insert("secret".to_owned(), Value::Bool(secret));
        if secret {
            keys.shift_remove("default");
            keys.shift_remove("one_of");
        } else if let Some(default) = &variable.default {
            keys.insert("default".to_owned(), Value::String(public(&variable.name, default)));
        }
        for (key, condition) in [("when", &variable.when), ("unless", &variable.unless)] {
            if condition.as_ref().is_some_and(|condition| is_secret(&condition.variable, None)) {
                keys[key]["values"] = json!([]);
            }
        }
    }
    value
}

fn connection_json(connection: &Connection, vocabulary: Vocabulary<'_>) -> Value {
    let variables: Map<String, Value> = connection
        .unset
        .iter()
        .map(|(attribute, name)| (attribute.lower(), Value::from(name.as_str())))
        .collect();
    json!({
        "kind": connection.kind,
        "version": connection.version,
        "id": connection.id,
        "default_port": default_port(connection, vocabulary),
        "variables": variables,
    })
}

fn check_json(item: &CheckItem) -> Value {
    let mut value = json!({ "kind": item.spec.kind(), "line": item.line });
    let details = match &item.spec {
        CheckSpec::Connection(connection) => json!(connection.attributes),
        other => serde_json::to_value(other).unwrap_or_default()[item.spec.kind()].take(),
    };
    let mut details = details;
    hide("", &mut details);
    value["name"] = json!(item.name);
    value["audience"] = json!(item.audience);
    value["timeout"] = json!(item.timeout.map(format_duration));
    value["parameters"] = details;
    value
}

/// Replaces what must not be shown in a check's parameters: passwords, tokens, keys, authorization headers.
fn hide(key: &str, value: &mut Value) {
    match value {
        Value::String(text) if hides(key) => *text = REDACTED.to_owned(),
        Value::String(text) => *text = public(key, text),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(key, item)),
        Value::Object(map) => map.iter_mut().for_each(|(key, item)| hide(key, item)),
        _ => {}
    }
}

fn hides(key: &str) -> bool {
    is_secret(key, None)
        || ["authorization", "proxy-authorization"].iter().any(|header| key.eq_ignore_ascii_case(header))
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.map(|line| format!("  {}\n", one_line(&line))).collect();
    if !lines.is_empty() {
        text.push_str(&format!("{title}:\n{}", lines.concat()));
    }
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn code(text: &str) -> String {
    format!("`{}`", cell(text))
}

fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
