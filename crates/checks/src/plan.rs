//! From a contract and an environment to what has to be tried: the variables' own results, and the items.

mod secrets;
mod variables;

use std::collections::HashMap;
use std::time::Duration;

use preflight_contract::{
    Attribute, AttributeValue, CheckItem, CheckSpec, CheckedTcp, Connection, Contract, Environment, KindName,
    NameWarning, Variable, group,
};

use crate::kind::Address;
use crate::report::CheckResult;
use crate::{Failure, Item, Kind, kinds, registry};

pub use secrets::secrets;

/// The longest that one attempt may take when nothing else is said.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// What one run has to do.
#[derive(Debug)]
pub struct Plan {
    /// Results that need no attempt: the variables, and connections that cannot be tried because of them.
    pub settled: Vec<CheckResult>,
    /// What has to be tried, in the order of the report.
    pub items: Vec<Item>,
    /// How many variables are checked.
    pub variables: usize,
    /// The results that stand for whole names or groups: warnings that belong to no single check.
    pub notes: Vec<CheckResult>,
    /// The variables that were judged, and whether they failed.
    judged: HashMap<String, bool>,
}

/// Reads the contract against the environment. Files that `*_FILE` variables name are read through it.
#[must_use]
pub fn plan(contract: &Contract, environment: &Environment) -> Plan {
    let vocabulary = registry::vocabulary();
    let mut plan = Plan::empty();
    variables::judge_all(&mut plan, contract, environment);
    let names: Vec<&str> = contract.variables.iter().map(|variable| variable.name.as_str()).collect();
    let grouping = group(&names, environment, &vocabulary);
    plan.notes.extend(grouping.warnings.iter().map(name_warning));
    let declared = by_name(contract);
    for connection in grouping.connections {
        plan.add_connection(contract, &declared, connection);
    }
    for target in &contract.tcp {
        plan.add_tcp(contract, target, environment);
    }
    for item in &contract.checks {
        plan.add_check(contract, item, environment, &vocabulary);
    }
    plan.make_ids_unique();
    plan
}

/// The declared variables; of several with one name the first.
fn by_name(contract: &Contract) -> HashMap<&str, &Variable> {
    // The last one to be inserted stays.
    contract.variables.iter().rev().map(|variable| (variable.name.as_str(), variable)).collect()
}

impl Plan {
    fn empty() -> Self {
        Self {
            settled: Vec::new(),
            items: Vec::new(),
            variables: 0,
            notes: Vec::new(),
            judged: HashMap::new(),
        }
    }

    /// How many checks there are in all: variables and items, tried or not.
    #[must_use]
    pub fn total(&self) -> usize {
        self.settled.len() + self.items.len()
    }

    fn add_connection(
        &mut self,
        contract: &Contract,
        declared: &HashMap<&str, &Variable>,
        connection: Connection,
    ) {
        let Some(entry) = registry::find(connection.kind) else { return };
        let id = if connection.id.is_empty() { connection.client.clone() } else { connection.id.clone() };
        let audience = audience_of(declared, &connection);
        if let Some(reason) = self.obstacle(&connection, entry.kind) {
            self.settled.push(CheckResult::skipped(entry.kind.name, id, audience, reason));
            return;
        }
        let own = connection.timeout().ok().flatten();
        let timeout = own.or(contract.timeout).unwrap_or(DEFAULT_TIMEOUT);
        self.items.push(Item { kind: entry.kind, id, audience, timeout, connection, spec: None });
    }

    /// Why a connection cannot be tried: one of its variables is wrong, or it is not configured at all.
    fn obstacle(&self, connection: &Connection, kind: &Kind) -> Option<String> {
        let values = connection.attributes.values().map(|held| held.variable.as_str());
        let members = values.chain(connection.unset.values().map(String::as_str));
        let broken: Vec<&str> = members.filter(|name| self.has_failed(name)).collect();
        if !broken.is_empty() {
            return Some(format!("it needs {}", broken.join(", ")));
        }
        let located =
            connection.value(Attribute::Address).is_some() || connection.value(Attribute::Url).is_some();
        if kind.address == Address::Required && !located {
            return Some(format!("{} is not set", connection.expected_variable(Attribute::Address)));
        }
        if connection.attributes.is_empty() {
            return Some("none of its variables is set".to_owned());
        }
        None
    }

    fn has_failed(&self, variable: &str) -> bool {
        let stem = variable.strip_suffix("_FILE").unwrap_or(variable);
        [variable, stem].iter().any(|name| self.judged.get(*name) == Some(&true))
    }

    fn add_tcp(&mut self, contract: &Contract, target: &CheckedTcp, environment: &Environment) {
        let literal =
            target.port.as_deref().is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
        let mut needed = vec![target.host.as_str()];
        needed.extend(target.port.as_deref().filter(|_| !literal));
        for name in &needed {
            variables::require(self, name, target, environment);
        }
        let id = target.name.clone().unwrap_or_else(|| target.host.clone());
        if let Some(broken) = needed.iter().find(|name| self.has_failed(name)) {
            let reason = format!("it needs {broken}");
            self.settled.push(CheckResult::skipped(
                kinds::tcp::KIND.name,
                id,
                target.audience.clone(),
                reason,
            ));
            return;
        }
        let mut connection = bare_connection(&kinds::tcp::KIND, &id);
        let mut hold = |attribute, variable: &str, value: String| {
            connection.attributes.insert(attribute, AttributeValue { variable: variable.to_owned(), value });
        };
        hold(Attribute::Address, &target.host, value_of(environment, &target.host));
        if let Some(port) = &target.port {
            hold(Attribute::Port, port, if literal { port.clone() } else { value_of(environment, port) });
        }
        let timeout = contract.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let audience = target.audience.clone();
        self.items.push(Item { kind: &kinds::tcp::KIND, id, audience, timeout, connection, spec: None });
    }

    fn add_check(
        &mut self,
        contract: &Contract,
        check: &CheckItem,
        environment: &Environment,
        vocabulary: &[KindName],
    ) {
        let name = kind_name(&check.spec);
        let Some(entry) = registry::find(name) else { return };
        let spec =
            match check.spec.interpolated(|name| Some(value_of(environment, name)).filter(|v| !v.is_empty()))
            {
                Ok(spec) => spec,
                Err(unset) => {
                    self.settled.push(self.unfilled(entry.kind, check, &unset.names));
                    return;
                }
            };
        let id = check.name.clone().unwrap_or_else(|| id_of(&spec, check.line));
        let connection = match &spec {
            CheckSpec::Connection(described) => described.connection(&id, vocabulary),
            _ => None,
        };
        let connection = connection.unwrap_or_else(|| bare_connection(entry.kind, &id));
        let own = check.timeout.or(own_timeout(&spec)).or(connection.timeout().ok().flatten());
        let timeout = own.or(contract.timeout).unwrap_or(DEFAULT_TIMEOUT);
        let audience = check.audience.clone();
        self.items.push(Item { kind: entry.kind, id, audience, timeout, connection, spec: Some(spec) });
    }

    /// A check whose variables are not set: skipped when each of them is reported already, else a failure of its own.
    fn unfilled(&self, kind: &Kind, check: &CheckItem, unset: &[String]) -> CheckResult {
        let id = check.name.clone().unwrap_or_else(|| format!("line {}", check.line));
        let names = unset.join(", ");
        if unset.iter().all(|name| self.has_failed(name)) {
            return CheckResult::skipped(kind.name, id, check.audience.clone(), format!("it needs {names}"));
        }
        let failure =
            Failure::new(&kinds::env::REFERENCE_UNSET, format!("it refers to {names}, which is not set"));
        CheckResult::failed(kind.name, id, check.audience.clone(), failure)
    }

    /// Two connections of one kind may have one id (`POSTGRES10_A_…` and `POSTGRES15_A_…`): then the client tells
    /// them apart.
    fn make_ids_unique(&mut self) {
        let mut twins: HashMap<(&str, String), usize> = HashMap::new();
        for item in &self.items {
            *twins.entry((item.kind.name, item.id.clone())).or_default() += 1;
        }
        let mut seen: HashMap<(&str, String), usize> = HashMap::new();
        for item in &mut self.items {
            let name = (item.kind.name, item.id.clone());
            if twins.get(&name).is_none_or(|twins| *twins < 2) {
                continue;
            }
            let before = seen.entry(name).or_default();
            if item.spec.is_none() && !item.connection.client.is_empty() {
                item.id = format!("{} ({})", item.id, item.connection.client);
            } else if *before > 0 {
                item.id = format!("{} #{}", item.id, *before + 1);
            }
            *before += 1;
        }
    }
}

/// The audience that all of a connection's variables share.
fn audience_of(declared: &HashMap<&str, &Variable>, connection: &Connection) -> Option<String> {
    let held = connection.attributes.values();
    let mut audiences = held.filter_map(|held| Some(&declared.get(held.variable.as_str())?.audience));
    let first = audiences.next()?;
    if audiences.all(|other| other == first) { first.clone() } else { None }
}

fn value_of(environment: &Environment, name: &str) -> String {
    environment.lookup(name).ok().flatten().map(|found| found.value).unwrap_or_default()
}

fn bare_connection(kind: &Kind, id: &str) -> Connection {
    Connection {
        kind: kind.name,
        client: kind.name.to_ascii_uppercase(),
        version: None,
        id: id.to_owned(),
        attributes: std::collections::BTreeMap::new(),
        unset: std::collections::BTreeMap::new(),
    }
}

fn kind_name(spec: &CheckSpec) -> &str {
    match spec {
        CheckSpec::Http(_) => "http",
        CheckSpec::Grpc(_) => "grpc",
        CheckSpec::Tls(_) => "tls",
        CheckSpec::File(_) => "file",
        CheckSpec::Command(_) => "command",
        CheckSpec::Disk(_) => "disk",
        CheckSpec::Memory(_) => "memory",
        CheckSpec::Clock(_) => "clock",
        CheckSpec::Connection(described) => &described.kind,
    }
}

/// What to call a check that has no name: its main parameter.
fn id_of(spec: &CheckSpec, line: usize) -> String {
    match spec {
        CheckSpec::Http(http) => http.url.clone(),
        CheckSpec::Grpc(grpc) => grpc.address.clone(),
        CheckSpec::Tls(tls) => tls.address.clone(),
        CheckSpec::File(file) => file.path.clone(),
        CheckSpec::Disk(disk) => disk.path.clone(),
        CheckSpec::Command(command) => match &command.run {
            preflight_contract::CommandLine::Words(words) => words.first().cloned().unwrap_or_default(),
            preflight_contract::CommandLine::Shell(text) => text.clone(),
        },
        CheckSpec::Memory(_) | CheckSpec::Clock(_) => format!("line {line}"),
        CheckSpec::Connection(described) => {
            let address = described.attributes.get(&Attribute::Address).cloned();
            address.unwrap_or_else(|| format!("line {line}"))
        }
    }
}

fn own_timeout(spec: &CheckSpec) -> Option<Duration> {
    match spec {
        CheckSpec::Command(command) => command.timeout,
        _ => None,
    }
}

fn name_warning(warning: &NameWarning) -> CheckResult {
    let (class, id) = match warning {
        NameWarning::UnknownAttribute { variable, .. } => (&kinds::env::UNKNOWN_ATTRIBUTE, variable.clone()),
        NameWarning::NoAddress { variables, expected, .. } => {
            (&kinds::env::NO_ADDRESS, variables.first().unwrap_or(expected).clone())
        }
        NameWarning::Twice { other, .. } => (&kinds::env::ATTRIBUTE_TWICE, other.clone()),
    };
    CheckResult::noted(id, class, warning.to_string())
}
