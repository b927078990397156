//! Reads `preflight.yaml`: the text, then its tree, then its meaning; all faults at once.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::attribute::Attribute;
use crate::checks::{CheckItem, CheckSpec, ConnectionCheck};
use crate::duration::parse_duration;
use crate::faults::{Fault, Faults};
use crate::file::{ConditionFile, ContractFile, OWN_KINDS, OneOrMore, REPORT_KEYS, TcpItem, VariableItem};
use crate::meaning::{check_expectations, check_pair, check_variable};
use crate::model::{CheckedTcp, Condition, Contract, Variable};
use crate::read::read;
use crate::render::{self, RenderItem};
use crate::schema::schema_with;
use crate::services::{self, ServiceItem};
use crate::tree::{Content, Node, Span, read_tree};
use crate::vocabulary::{Vocabulary, find_kind};

/// Reads a contract from its text.
///
/// # Errors
/// With all faults of the file.
pub fn parse(file_name: &str, text: &str, vocabulary: Vocabulary<'_>) -> Result<Contract, Faults> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut faults = Vec::new();
    let contract = understand(text, vocabulary, &mut faults);
    match contract {
        Some(contract) if faults.is_empty() => Ok(contract),
        _ => Err(Faults::new(file_name, text, faults)),
    }
}

/// Reads a contract from the bytes of its file, which must be UTF-8.
///
/// # Errors
/// With all faults of the file.
pub fn parse_bytes(file_name: &str, bytes: &[u8], vocabulary: Vocabulary<'_>) -> Result<Contract, Faults> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(file_name, text, vocabulary),
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let mut fault = Span { line, column, width: 1 }.fault("a byte here is not UTF-8");
            fault.hint = Some("save the file as UTF-8".to_owned());
            Err(Faults::new(file_name, &String::from_utf8_lossy(bytes), vec![fault]))
        }
    }
}

fn understand(text: &str, vocabulary: Vocabulary<'_>, faults: &mut Vec<Fault>) -> Option<Contract> {
    let Some(tree) = read_tree(text, faults) else {
        if faults.is_empty() {
            let mut fault = Span { line: 1, column: 1, width: 1 }.fault("the file is empty");
            fault.hint = Some("it needs at least `organization` and `team`".to_owned());
            faults.push(fault);
        }
        return None;
    };
    let has_checks = !tree.items("checks").is_empty();
    let renders = render::KEYS.iter().any(|key| tree.entry(key).is_some());
    let runs = services::KEYS.iter().any(|key| tree.entry(key).is_some());
    let schema = schema_with(has_checks.then_some(vocabulary), renders, runs);
    let value = read(&tree, &schema, faults)?;
    build(value, &tree, vocabulary, faults)
}

/// Builds what can be built of the value, in spite of the faults found so far, so that later faults are found too.
fn build(
    mut value: Value,
    tree: &Node,
    vocabulary: Vocabulary<'_>,
    faults: &mut Vec<Fault>,
) -> Option<Contract> {
    let keys = value.as_object_mut()?;
    if !faults.is_empty() {
        // Stand-ins for what was refused, which never get out: the faults do.
        keys.entry("organization").or_insert_with(|| Value::String(String::new()));
        keys.entry("team").or_insert_with(|| Value::String(String::new()));
    }
    let file: ContractFile = typed(value, tree, faults)?;
    let mut seen = BTreeMap::new();
    let variables = lined(&file.checked_environment_variables, tree.items("checked_environment_variables"));
    let variables = variables.filter_map(|(item, node)| {
        let variable = variable(typed(item, node, faults)?, node.span.line);
        check_variable(&variable, node, &mut seen, faults);
        Some(variable)
    });
    let variables = variables.collect();
    let pairs = lined(&file.checked_tcp, tree.items("checked_tcp"));
    let pairs = pairs.filter_map(|(item, node)| {
        let pair = pair(typed(item, node, faults)?, node.span.line);
        check_pair(&pair, node, faults);
        Some(pair)
    });
    let tcp = pairs.collect();
    let checks = lined(&file.checks, tree.items("checks"));
    let checks = checks.filter_map(|(item, node)| {
        let item = check(typed(item, node, faults)?, node, vocabulary, faults)?;
        check_expectations(&item, kind_node(node)?, faults);
        Some(item)
    });
    let checks = checks.collect();
    let render = rendered(&file.render, tree, faults);
    if let (Some(vault), Some(entry)) = (&file.vault, tree.entry("vault")) {
        render::check_vault(vault, &entry.value, faults);
    }
    let services = services(file.services, tree, &render, faults);
    let sentinels = file.sentinels.unwrap_or_default();
    if let Some(entry) = tree.entry("sentinels") {
        services::check_sentinels(&sentinels, &entry.value, faults);
    }
    Some(Contract {
        services,
        sentinels,
        organization: file.organization,
        team: file.team,
        verbose: file.verbose,
        variables,
        tcp,
        checks,
        render,
        consul: file.consul,
        vault: file.vault,
        missing: file.missing,
        wait: file.wait.unwrap_or(Duration::ZERO),
        timeout: file.timeout,
    })
}

/// The files that are rendered.
fn rendered(items: &[Value], tree: &Node, faults: &mut Vec<Fault>) -> Vec<RenderItem> {
    let rendered = lined(items, tree.items("render")).filter_map(|(item, node)| {
        let item = RenderItem { line: node.span.line, ..typed(item, node, faults)? };
        render::check_item(&item, node, faults);
        Some(item)
    });
    rendered.collect()
}

/// The services in the order of the file, with what is wrong with them together.
fn services(
    items: Map<String, Value>,
    tree: &Node,
    rendered: &[RenderItem],
    faults: &mut Vec<Fault>,
) -> Vec<ServiceItem> {
    let Some(section) = tree.entry("services") else { return Vec::new() };
    let services = items.into_iter().filter_map(|(name, item)| {
        let entry = section.value.entry(&name)?;
        let item = typed(item, &entry.value, faults)?;
        Some((ServiceItem { name, line: entry.span.line, ..item }, entry))
    });
    let services: Vec<_> = services.collect();
    services::check_services(&services, &section.value, rendered, faults);
    services.into_iter().map(|(service, _)| service).collect()
}

/// The value as its type. A failure is a fault only when nothing was refused before: otherwise that is the reason.
fn typed<T: DeserializeOwned>(value: Value, node: &Node, faults: &mut Vec<Fault>) -> Option<T> {
    let read = serde_json::from_value(value);
    if let (Err(error), true) = (&read, faults.is_empty()) {
        faults.push(node.span.fault(error.to_string()));
    }
    read.ok()
}

fn lined<'a>(items: &'a [Value], nodes: &'a [Node]) -> impl Iterator<Item = (Value, &'a Node)> {
    items.iter().cloned().zip(nodes)
}

fn variable(item: VariableItem, line: usize) -> Variable {
    let rules = match item {
        VariableItem::Name(name) => return Variable::named(name, line),
        VariableItem::Rules(rules) => *rules,
    };
    Variable {
        name: rules.name,
        required: rules.required,
        secret: rules.secret,
        description: rules.description,
        default: rules.default,
        one_of: rules.one_of,
        pattern: rules.pattern,
        kind: rules.kind,
        min: rules.min,
        max: rules.max,
        min_length: rules.min_length,
        max_length: rules.max_length,
        audience: rules.audience,
        owner: rules.owner,
        deprecated: rules.deprecated.and_then(deprecation),
        when: rules.when.and_then(condition),
        unless: rules.unless.and_then(condition),
        line,
    }
}

fn deprecation(text: String) -> Option<String> {
    match text.to_ascii_lowercase().as_str() {
        "false" | "no" | "off" => None,
        "true" | "yes" | "on" => Some(String::new()),
        _ => Some(text),
    }
}

fn condition(written: ConditionFile) -> Option<Condition> {
    match written {
        ConditionFile::Set(variable) => Some(Condition { variable, values: Vec::new() }),
        ConditionFile::Value(map) => map.into_iter().next().map(|(variable, values)| {
            let values = match values {
                OneOrMore::One(value) => vec![value],
                OneOrMore::More(values) => values,
            };
            Condition { variable, values }
        }),
    }
}

fn pair(item: TcpItem, line: usize) -> CheckedTcp {
    match item {
        TcpItem::Name(host) => CheckedTcp { host, port: None, name: None, audience: None, line },
        TcpItem::Pair(pair) => {
            CheckedTcp { host: pair.host, port: pair.port, name: pair.name, audience: pair.audience, line }
        }
    }
}

/// One check, if it is of exactly one kind. Its keys are known to be right by now.
fn check(
    keys: Map<String, Value>,
    node: &Node,
    vocabulary: Vocabulary<'_>,
    faults: &mut Vec<Fault>,
) -> Option<CheckItem> {
    let text = |key: &str| keys.get(key).and_then(Value::as_str).map(str::to_owned);
    let (name, audience) = (text("name"), text("audience"));
    let timeout = text("timeout").and_then(|text| parse_duration(&text).ok());
    let kinds: Vec<(String, Value)> =
        keys.into_iter().filter(|(key, _)| !REPORT_KEYS.contains(&key.as_str())).collect();
    let Ok([(kind, value)]) = <[(String, Value); 1]>::try_from(kinds) else {
        if let Some(fault) = not_one_kind(node) {
            faults.push(fault);
        }
        return None;
    };
    let kind = find_kind(vocabulary, &kind).map_or(kind, |known| known.name.to_owned());
    let spec = if OWN_KINDS.contains(&kind.as_str()) {
        typed(Value::Object(Map::from_iter([(kind, value)])), node, faults)
    } else {
        connection(&kind, &value, vocabulary)
    };
    spec.map(|spec| CheckItem { name, audience, timeout, line: node.span.line, spec })
}

/// What stands under a check's kind, by whichever of its names.
fn kind_node(node: &Node) -> Option<&Node> {
    let Content::Map(entries) = &node.content else { return None };
    let kind = entries.iter().find(|entry| !REPORT_KEYS.contains(&entry.key.as_str()));
    kind.map(|entry| &entry.value)
}

/// The fault of a check that names no kind, or several; none when its kind was refused already.
fn not_one_kind(node: &Node) -> Option<Fault> {
    let Content::Map(entries) = &node.content else { return None };
    let mut kinds = entries.iter().filter(|entry| !REPORT_KEYS.contains(&entry.key.as_str()));
    let Some(first) = kinds.next() else {
        let mut fault = node.span.fault("this check says no kind");
        fault.hint = Some(format!("add one of {} or a kind of connection", OWN_KINDS.join(", ")));
        return Some(fault);
    };
    let second = kinds.next()?;
    let message =
        format!("`{}` makes this item a check of two kinds; `{}` is the other", second.key, first.key);
    let mut fault = second.span.fault(message);
    fault.hint = Some("make it an item of its own".to_owned());
    Some(fault)
}

fn connection(kind: &str, value: &Value, vocabulary: Vocabulary<'_>) -> Option<CheckSpec> {
    let kind = find_kind(vocabulary, kind)?.name.to_owned();
    let read = |(key, value): (&String, &Value)| {
        Some((Attribute::named(&key.to_ascii_uppercase())?, value.as_str()?.to_owned()))
    };
    let attributes = value.as_object()?.iter().filter_map(read).collect();
    Some(CheckSpec::Connection(ConnectionCheck { kind, attributes }))
}
