//! Queries in consul-template's notation, and texts in Go's quotation marks. Pure.

use std::fmt;

use super::{ConsulQuery, HealthQuery, Scope};

/// consul-template's notation. A single key is written as `key` asks for it, `kv.block(…)`.
impl fmt::Display for ConsulQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { key, scope } => write!(formatter, "kv.block({key}{scope})"),
            Self::List { prefix, scope } => write!(formatter, "kv.list({prefix}{scope})"),
            Self::Services(scope) => optional(formatter, "catalog.services", &scope.to_string()),
            Self::Health(query) => query.fmt(formatter),
            Self::CatalogService { tag, name, scope, near } => {
                let tag = Before(tag.as_deref());
                write!(formatter, "catalog.service({tag}{name}{scope}{})", After("~", near.as_deref()))
            }
            Self::Nodes { scope, near } => {
                optional(formatter, "catalog.nodes", &format!("{scope}{}", After("~", near.as_deref())))
            }
            Self::Node { name, scope } => {
                let name = name.as_deref().unwrap_or_default();
                optional(formatter, "catalog.node", &format!("{name}{scope}"))
            }
            Self::Datacenters { .. } => formatter.write_str("catalog.datacenters"),
            Self::Partitions => formatter.write_str("list.partitions"),
            Self::Peerings { partition } => {
                write!(formatter, "list.peerings{}", After("?partition=", partition.as_deref()))
            }
            Self::ExportedServices { partition } => write!(formatter, "list.exportedServices({partition})"),
            Self::ImportedServices { partition } => write!(formatter, "list.importedServices({partition})"),
            Self::CaRoots => formatter.write_str("connect.caroots"),
            Self::CaLeaf { service } => optional(formatter, "connect.caleaf", service),
        }
    }
}

impl ConsulQuery {
    /// The notation of `keyExists` and `keyOrDefault` for a single key, `kv.get(…)`; for all else that of `Display`.
    #[must_use]
    pub fn non_blocking_notation(&self) -> String {
        match self {
            Self::Key { key, scope } => format!("kv.get({key}{scope})"),
            other => other.to_string(),
        }
    }
}

fn optional(formatter: &mut fmt::Formatter<'_>, kind: &str, words: &str) -> fmt::Result {
    if words.is_empty() { formatter.write_str(kind) } else { write!(formatter, "{kind}({words})") }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        After("@", self.datacenter.as_deref()).fmt(formatter)?;
        After("@partition=", self.partition.as_deref()).fmt(formatter)?;
        After("@ns=", self.namespace.as_deref()).fmt(formatter)
    }
}

impl fmt::Display for HealthQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.connect { "health.connect(" } else { "health.service(" })?;
        write!(formatter, "{}{}{}", Before(self.tag.as_deref()), self.name, self.scope)?;
        After("@peer=", self.peer.as_deref()).fmt(formatter)?;
        After("@sameness-group=", self.sameness_group.as_deref()).fmt(formatter)?;
        After("~", self.near.as_deref()).fmt(formatter)?;
        let filters: Vec<&str> = self.filters.iter().map(|filter| filter.name()).collect();
        After("|", Some(filters.join(",").as_str()).filter(|names| !names.is_empty())).fmt(formatter)?;
        formatter.write_str(")")
    }
}

/// A mark and what follows it, or nothing.
struct After<'text>(&'text str, Option<&'text str>);

impl fmt::Display for After<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.map_or(Ok(()), |text| write!(formatter, "{}{text}", self.0))
    }
}

/// A tag and its dot, or nothing.
struct Before<'text>(Option<&'text str>);

impl fmt::Display for Before<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |text| write!(formatter, "{text}."))
    }
}

/// A text in Go's quotation marks (`strconv.Quote`).
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            '\'' => quoted.push('\''),
            control if control.is_ascii_control() => {
                quoted.push_str(&format!("\\x{:02x}", u32::from(control)));
            }
            other if other.is_ascii() || other.escape_debug().count() == 1 => quoted.push(other),
            other if u32::from(other) > 0xffff => quoted.push_str(&format!("\\U{:08x}", u32::from(other))),
            other => quoted.push_str(&format!("\\u{:04x}", u32::from(other))),
        }
    }
    quoted.push('"');
    quoted
}
