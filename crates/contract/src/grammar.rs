//! The environment-variable grammar `CLIENT_ID…_ATTRIBUTE`: which variables make one connection.
//!
//! The first part names the client, letters and then an optional version (`POSTGRES10`); the last is the attribute;
//! everything between is the connection's id. A name whose first or last part is not reserved is an ordinary variable.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::attribute::Attribute;
use crate::environment::Environment;
use crate::vocabulary::{KindName, Vocabulary, find_kind};

/// One connection and the variables that describe it.
#[derive(Clone, PartialEq, Eq)]
pub struct Connection {
    /// The kind's canonical name, `postgres`.
    pub kind: &'static str,
    /// The first part as it was written, `POSTGRES10`.
    pub client: String,
    /// The digits at the end of the client, `10`.
    pub version: Option<String>,
    /// What stands between client and attribute, `HOT_PICKLES`; may be empty.
    pub id: String,
    /// The attributes that have a value that is not empty.
    pub attributes: BTreeMap<Attribute, AttributeValue>,
    /// The attributes that are declared but have no value, and the variables that should hold it.
    pub unset: BTreeMap<Attribute, String>,
}

/// An attribute's value and the variable that holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct AttributeValue {
    /// The variable's name: the declared one, or its `*_FILE` sibling when that was declared.
    pub variable: String,
    /// The value.
    pub value: String,
}

/// What the declared variables are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grouping {
    /// The connections, ordered by kind, client and id.
    pub connections: Vec<Connection>,
    /// Declared variables that belong to no connection, in alphabetical order.
    pub ordinary: Vec<String>,
    /// Names that nearly fit.
    pub warnings: Vec<NameWarning>,
}

/// A name that nearly fits the grammar.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameWarning {
    /// The last part is no attribute, next to others that are.
    UnknownAttribute {
        /// The variable.
        variable: String,
        /// What its name should have been.
        expected: String,
    },
    /// A group has neither an address nor a URL.
    NoAddress {
        /// The kind of the group.
        kind: &'static str,
        /// The group's variables, in alphabetical order.
        variables: Vec<String>,
        /// The variable that is expected.
        expected: String,
    },
    /// Two variables say the same attribute.
    Twice {
        /// The variable that counts.
        variable: String,
        /// The variable that does not.
        other: String,
    },
}

/// A variable's name, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<'a> {
    /// The kind that the client part names.
    pub kind: KindName,
    /// The first part, `POSTGRES10`.
    pub client: &'a str,
    /// The digits at its end, `10`.
    pub version: Option<&'a str>,
    /// What stands between; may be empty.
    pub id: &'a str,
    /// The last part.
    pub attribute: Attribute,
    /// Whether `_FILE` follows: the variable holds the path of a file with the value.
    pub file: bool,
}

/// A group's key: kind, client, id.
type Key = (&'static str, String, String);

/// Finds the connections that the declared variables make, together with their siblings that are set in the
/// environment without being declared. The order of `declared` does not matter.
#[must_use]
pub fn group<N: AsRef<str>>(
    declared: &[N],
    environment: &Environment,
    vocabulary: Vocabulary<'_>,
) -> Grouping {
    let declared: BTreeSet<&str> = declared.iter().map(AsRef::as_ref).collect();
    let mut groups = Groups::default();
    for variable in &declared {
        match split(variable, vocabulary) {
            Some(name) => groups.declare(variable, &name, environment),
            None => groups.grouping.ordinary.push((*variable).to_owned()),
        }
    }
    if !groups.connections.is_empty() {
        groups.join_siblings(&declared, environment, vocabulary);
        groups.note_near_names(&declared, environment, vocabulary);
    }
    groups.finish(vocabulary)
}

/// Takes a variable's name apart, if the grammar knows its client and its attribute.
#[must_use]
pub fn split<'a>(variable: &'a str, vocabulary: Vocabulary<'_>) -> Option<Name<'a>> {
    let (stem, file) = match variable.strip_suffix("_FILE") {
        Some(stem) => (stem, true),
        None => (variable, false),
    };
    // The attribute first: most names end in none, and a look through the vocabulary takes longer.
    let attribute = stem.rsplit_once('_').and_then(|(_, last)| Attribute::named(last))?;
    let (kind, client, version, id, _) = split_parts(stem, vocabulary)?;
    Some(Name { kind, client, version, id, attribute, file })
}

type Parts<'a> = (KindName, &'a str, Option<&'a str>, &'a str, &'a str);

fn split_parts<'a>(stem: &'a str, vocabulary: Vocabulary<'_>) -> Option<Parts<'a>> {
    let (client, rest) = stem.split_once('_')?;
    let (id, last) = rest.rsplit_once('_').unwrap_or(("", rest));
    let (kind, version) = client_kind(client, vocabulary)?;
    Some((kind, client, version, id, last))
}

/// The kind and the version of a client part. A kind whose own name ends in a digit (`S3`) is not a version 3.
fn client_kind<'a>(client: &'a str, vocabulary: Vocabulary<'_>) -> Option<(KindName, Option<&'a str>)> {
    if client.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    if let Some(kind) = find_kind(vocabulary, client) {
        return Some((kind, None));
    }
    let letters = client.trim_end_matches(|c: char| c.is_ascii_digit());
    let kind = find_kind(vocabulary, letters)?;
    Some((kind, Some(&client[letters.len()..])))
}

#[derive(Default)]
struct Groups {
    connections: BTreeMap<Key, Connection>,
    grouping: Grouping,
}

impl Groups {
    fn declare(&mut self, variable: &str, name: &Name<'_>, environment: &Environment) {
        let connection = self.connections.entry(key(name)).or_insert_with(|| empty(name));
        // `declared` comes in alphabetical order, so a plain name comes before its `*_FILE` sibling.
        if let Some(other) = connection.variable(name.attribute) {
            let other = other.to_owned();
            self.grouping.warnings.push(NameWarning::Twice { variable: other, other: variable.to_owned() });
            self.grouping.ordinary.push(variable.to_owned());
            return;
        }
        match value_of(variable, name, environment) {
            Some(value) => {
                let value = AttributeValue { variable: variable.to_owned(), value };
                connection.attributes.insert(name.attribute, value);
            }
            None => {
                connection.unset.insert(name.attribute, variable.to_owned());
            }
        }
    }

    fn join_siblings(
        &mut self,
        declared: &BTreeSet<&str>,
        environment: &Environment,
        vocabulary: Vocabulary<'_>,
    ) {
        for variable in environment.names().filter(|name| !declared.contains(name)) {
            let Some(name) = split(variable, vocabulary) else { continue };
            let Some(connection) = self.connections.get_mut(&key(&name)) else { continue };
            let Some(value) = value_of(variable, &name, environment) else { continue };
            // Kubernetes and Docker inject REDIS_PORT=tcp://10.0.0.1:6379 for a service called redis.
            let injected = name.attribute == Attribute::Port && value.starts_with("tcp://");
            if connection.variable(name.attribute).is_none() && !injected {
                let value = AttributeValue { variable: variable.to_owned(), value };
                connection.attributes.insert(name.attribute, value);
            }
        }
    }

    /// Names of a group's client and id whose last part is nearly an attribute, declared or merely set.
    fn note_near_names(
        &mut self,
        declared: &BTreeSet<&str>,
        environment: &Environment,
        vocabulary: Vocabulary<'_>,
    ) {
        let names: BTreeSet<&str> = declared.iter().copied().chain(environment.names()).collect();
        for variable in names {
            if split(variable, vocabulary).is_some() {
                continue;
            }
            let stem = variable.strip_suffix("_FILE").unwrap_or(variable);
            let Some((kind, client, _, id, last)) = split_parts(stem, vocabulary) else { continue };
            let Some(connection) = self.connections.get(&(kind.name, client.to_owned(), id.to_owned()))
            else {
                continue;
            };
            let Some(attribute) = Attribute::nearest(last) else { continue };
            let (variable, expected) = (variable.to_owned(), variable_name(client, id, attribute));
            self.grouping.warnings.push(match connection.variable(attribute) {
                Some(taken) => NameWarning::Twice { variable: taken.to_owned(), other: variable },
                None => NameWarning::UnknownAttribute { variable, expected },
            });
        }
    }

    fn finish(mut self, vocabulary: Vocabulary<'_>) -> Grouping {
        for connection in self.connections.into_values() {
            let needs_address = find_kind(vocabulary, connection.kind).is_none_or(|kind| kind.needs_address);
            let has_address =
                [Attribute::Address, Attribute::Url].iter().any(|a| connection.variable(*a).is_some());
            if has_address || !needs_address {
                self.grouping.connections.push(connection);
                continue;
            }
            let values = connection.attributes.values().map(|value| value.variable.clone());
            let mut variables: Vec<String> = values.chain(connection.unset.values().cloned()).collect();
            variables.sort();
            self.grouping.ordinary.extend(variables.iter().cloned());
            let expected = variable_name(&connection.client, &connection.id, Attribute::Address);
            self.grouping.warnings.push(NameWarning::NoAddress {
                kind: connection.kind,
                variables,
                expected,
            });
        }
        self.grouping.ordinary.sort();
        self.grouping.warnings.sort();
        self.grouping
    }
}

fn key(name: &Name<'_>) -> Key {
    (name.kind.name, name.client.to_owned(), name.id.to_owned())
}

fn empty(name: &Name<'_>) -> Connection {
    Connection {
        kind: name.kind.name,
        client: name.client.to_owned(),
        version: name.version.map(str::to_owned),
        id: name.id.to_owned(),
        attributes: BTreeMap::new(),
        unset: BTreeMap::new(),
    }
}

/// The value that is not empty; a file that cannot be read counts as none here, because judging says so.
fn value_of(variable: &str, name: &Name<'_>, environment: &Environment) -> Option<String> {
    let plain = if name.file { variable.strip_suffix("_FILE").unwrap_or(variable) } else { variable };
    let resolved = environment.lookup(plain).ok().flatten()?;
    (!resolved.value.is_empty()).then_some(resolved.value)
}

fn variable_name(client: &str, id: &str, attribute: Attribute) -> String {
    if id.is_empty() { format!("{client}_{attribute}") } else { format!("{client}_{id}_{attribute}") }
}

impl Connection {
    /// The value of an attribute, if it has one that is not empty.
    #[must_use]
    pub fn value(&self, attribute: Attribute) -> Option<&str> {
        self.attributes.get(&attribute).map(|found| found.value.as_str())
    }

    /// The variable that holds an attribute, or should.
    #[must_use]
    pub fn variable(&self, attribute: Attribute) -> Option<&str> {
        let set = self.attributes.get(&attribute).map(|found| &found.variable);
        set.or_else(|| self.unset.get(&attribute)).map(String::as_str)
    }

    /// The name that the attribute's variable has or would have.
    #[must_use]
    pub fn expected_variable(&self, attribute: Attribute) -> String {
        self.variable(attribute)
            .map_or_else(|| variable_name(&self.client, &self.id, attribute), str::to_owned)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Connection")
            .field("kind", &self.kind)
            .field("client", &self.client)
            .field("id", &self.id)
            .field("attributes", &self.attributes)
            .field("unset", &self.unset)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AttributeValue {
    /// The variable only: the value may be secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AttributeValue").field("variable", &self.variable).finish_non_exhaustive()
    }
}

impl fmt::Display for NameWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAttribute { variable, expected } => {
                write!(
                    formatter,
                    "{variable} is next to a connection's variables but is none of them; {expected} was expected"
                )
            }
            Self::NoAddress { kind, variables, expected } => {
                let names = variables.join(", ");
                write!(
                    formatter,
                    "{names} would make a {kind} connection but lack an address; {expected} was expected"
                )
            }
            Self::Twice { variable, other } => {
                write!(
                    formatter,
                    "{other} says the same as {variable}, and {variable} is the one that counts"
                )
            }
        }
    }
}
