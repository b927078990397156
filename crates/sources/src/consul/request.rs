//! A query as the path of an HTTP request, and its answer read back. Pure.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::answer::ConsulAnswer;
use super::query::{ConsulQuery, Filter, HealthQuery, Scope};
use super::wire::{self, Decoded};

/// What may stand in a path or a query as it is: RFC 3986's unreserved characters.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// In a path slashes divide.
const ESCAPED_IN_PATH: &AsciiSet = &ESCAPED.remove(b'/');

/// A path and its parameters, percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    path: String,
    parameters: Vec<String>,
}

impl Target {
    /// A path whose last part is taken from outside.
    pub(super) fn new(path: &str, last: &str) -> Self {
        Self {
            path: format!("/v1/{path}{}", utf8_percent_encode(last, ESCAPED_IN_PATH)),
            parameters: Vec::new(),
        }
    }

    /// With a parameter.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.push(format!("{name}={}", utf8_percent_encode(value, ESCAPED)));
        self
    }

    fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With a parameter that has no value.
    pub(super) fn flagged(mut self, name: &str) -> Self {
        self.parameters.push(name.to_owned());
        self
    }

    fn scoped(self, scope: &Scope) -> Self {
        self.with_some("dc", scope.datacenter.as_deref())
            .with_some("ns", scope.namespace.as_deref())
            .with_some("partition", scope.partition.as_deref())
    }

    /// With what the settings say where the query does not.
    pub(super) fn with_default(self, name: &str, value: Option<&str>) -> Self {
        let is_there = self
            .parameters
            .iter()
            .any(|parameter| parameter.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')));
        if is_there { self } else { self.with_some(name, value) }
    }

    /// What follows the host.
    pub(super) fn path_and_query(&self) -> String {
        if self.parameters.is_empty() {
            return self.path.clone();
        }
        format!("{}?{}", self.path, self.parameters.join("&"))
    }
}

/// A key as the store has it: one slash at its front is the path's.
pub(super) fn stored(key: &str) -> &str {
    key.strip_prefix('/').unwrap_or(key)
}

/// Whether the store has the key under this very name. Not with a slash at its front, which is the path's; nor with parts
/// that Consul cleans from a path (`//`, `.`, `..`): it sends such a question elsewhere, to a key of another name.
pub(super) fn is_as_stored(key: &str) -> bool {
    let folders = key.strip_suffix('/').unwrap_or(key);
    !folders.split('/').any(|part| matches!(part, "" | "." | ".."))
}

/// All keys below a prefix.
pub(super) fn recursive(prefix: &str, scope: &Scope) -> Target {
    Target::new("kv/", stored(prefix)).flagged("recurse").scoped(scope)
}

/// Where a query is answered. A node without a name must have been given the agent's.
pub(super) fn target(query: &ConsulQuery) -> Target {
    match query {
        ConsulQuery::Key { key, scope } => Target::new("kv/", stored(key)).scoped(scope),
        ConsulQuery::List { prefix, scope } => recursive(prefix, scope),
        ConsulQuery::Services(scope) => Target::new("catalog/services", "").scoped(scope),
        ConsulQuery::Health(query) => health(query),
        ConsulQuery::CatalogService { tag, name, scope, near } => Target::new("catalog/service/", name)
            .with_some("tag", tag.as_deref())
            .scoped(scope)
            .with_some("near", near.as_deref()),
        ConsulQuery::Nodes { scope, near } => {
            Target::new("catalog/nodes", "").scoped(scope).with_some("near", near.as_deref())
        }
        ConsulQuery::Node { name, scope } => {
            Target::new("catalog/node/", name.as_deref().unwrap_or_default()).scoped(scope)
        }
        ConsulQuery::Datacenters { .. } => Target::new("catalog/datacenters", ""),
        ConsulQuery::Partitions => Target::new("partitions", ""),
        ConsulQuery::Peerings { partition } => {
            Target::new("peerings", "").with_some("partition", partition.as_deref())
        }
        ConsulQuery::ExportedServices { partition } => {
            Target::new("exported-services", "").with_some("partition", Some(partition))
        }
        ConsulQuery::ImportedServices { partition } => {
            Target::new("peerings", "").with_some("partition", Some(partition))
        }
        ConsulQuery::CaRoots => Target::new("agent/connect/ca/roots", ""),
        ConsulQuery::CaLeaf { service } => Target::new("agent/connect/ca/leaf/", service),
    }
}

fn health(query: &HealthQuery) -> Target {
    let kind = if query.connect { "health/connect/" } else { "health/service/" };
    let target = Target::new(kind, &query.name)
        .with_some("tag", query.tag.as_deref())
        .scoped(&query.scope)
        .with_some("peer", query.peer.as_deref())
        .with_some("sameness-group", query.sameness_group.as_deref())
        .with_some("near", query.near.as_deref());
    // Only the plain filter is the server's; every other one sees all instances and is applied here.
    if query.filters == [Filter::Passing] { target.with("passing", "1") } else { target }
}

/// Reads the answer of a query. For keys, `None` is a body of a key that is not there.
pub(super) fn answer(query: &ConsulQuery, body: Option<&[u8]>) -> Decoded<ConsulAnswer> {
    let Some(body) = body else { return Ok(nothing(query)) };
    Ok(match query {
        ConsulQuery::Key { .. } => {
            ConsulAnswer::Key(wire::pairs(body)?.into_iter().next().map(|pair| pair.value))
        }
        ConsulQuery::List { prefix, .. } => {
            ConsulAnswer::List(wire::below(&wire::pairs(body)?, prefix).into())
        }
        ConsulQuery::Services(_) => ConsulAnswer::Services(wire::services(body)?.into()),
        ConsulQuery::Health(query) => ConsulAnswer::Health(wire::health(body, query)?.into()),
        ConsulQuery::CatalogService { .. } => {
            ConsulAnswer::CatalogService(wire::catalog_service(body)?.into())
        }
        ConsulQuery::Nodes { near, .. } => ConsulAnswer::Nodes(wire::nodes(body, near.is_some())?.into()),
        ConsulQuery::Node { .. } => ConsulAnswer::Node(wire::node(body)?.into()),
        ConsulQuery::Datacenters { .. } => {
            let mut names: Vec<String> = wire::list(body)?;
            names.sort();
            ConsulAnswer::Datacenters(names.into())
        }
        ConsulQuery::Partitions => {
            let mut partitions: Vec<super::answer::Partition> = wire::list(body)?;
            partitions.sort_by(|one, other| one.name.cmp(&other.name));
            ConsulAnswer::Partitions(partitions.into())
        }
        ConsulQuery::Peerings { .. } => ConsulAnswer::Peerings(wire::peerings(body)?.into()),
        ConsulQuery::ExportedServices { .. } => {
            ConsulAnswer::ExportedServices(wire::exported_services(body)?.into())
        }
        ConsulQuery::ImportedServices { .. } => {
            ConsulAnswer::ImportedServices(wire::imported_services(body)?.into())
        }
        ConsulQuery::CaRoots => ConsulAnswer::CaRoots(wire::ca_roots(body)?.into()),
        ConsulQuery::CaLeaf { .. } => {
            ConsulAnswer::CaLeaf(serde_json::from_slice::<super::answer::CaLeaf>(body)?.into())
        }
    })
}

/// The answer where a 404 means that there is nothing.
fn nothing(query: &ConsulQuery) -> ConsulAnswer {
    match query {
        ConsulQuery::Key { .. } => ConsulAnswer::Key(None),
        _ => ConsulAnswer::List(Vec::new().into()),
    }
}

/// Whether a 404 means that there is nothing, rather than that the server is too old for the question.
pub(super) fn may_be_absent(query: &ConsulQuery) -> bool {
    matches!(query, ConsulQuery::Key { .. } | ConsulQuery::List { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(query: Result<ConsulQuery, super::super::QuerySyntaxError>) -> String {
        target(&query.expect("a query")).path_and_query()
    }

    #[test]
    fn each_query_has_its_path() {
        for (query, expected) in [
            (ConsulQuery::key("app/db host?ns=team@dc2"), "/v1/kv/app/db%20host?dc=dc2&ns=team"),
            (ConsulQuery::list("app"), "/v1/kv/app?recurse"),
            (ConsulQuery::services("@dc2"), "/v1/catalog/services?dc=dc2"),
            (ConsulQuery::service("web"), "/v1/health/service/web?passing=1"),
            (ConsulQuery::service("v1.web@dc~_agent|any"), "/v1/health/service/web?tag=v1&dc=dc&near=_agent"),
            (ConsulQuery::connect("web?peer=east"), "/v1/health/connect/web?peer=east&passing=1"),
            (ConsulQuery::nodes("~n1"), "/v1/catalog/nodes?near=n1"),
            (ConsulQuery::node("n1@dc2"), "/v1/catalog/node/n1?dc=dc2"),
            (ConsulQuery::peerings("?partition=a"), "/v1/peerings?partition=a"),
            (Ok(ConsulQuery::exported_services("")), "/v1/exported-services"),
            (Ok(ConsulQuery::ca_leaf("we b")), "/v1/agent/connect/ca/leaf/we%20b"),
        ] {
            assert_eq!(path(query), expected);
        }
    }

    #[test]
    fn a_default_gives_way_to_what_the_query_says() {
        let of = |text| target(&ConsulQuery::key(text).expect("a key"));
        let scoped = |text| of(text).with_default("ns", Some("ours")).path_and_query();
        assert_eq!(scoped("a"), "/v1/kv/a?ns=ours");
        assert_eq!(scoped("a?ns=theirs"), "/v1/kv/a?ns=theirs");
    }
}
