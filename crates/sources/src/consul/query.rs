//! Consul's queries: the words that templates write, `tag.name@dc~near|filter` with `?ns=…&partition=…`, and back.
//!
//! The grammar, its error texts and the notation of `Display` are consul-template 0.40's.

mod grammar;
mod notation;

use std::str::FromStr;
use std::sync::Arc;

use grammar::{Parameters, Rest, is_place};
use notation::quoted;

/// What Consul can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConsulQuery {
    /// The value of one key: `key`, `keyExists`, `keyOrDefault`. All three share it; an absent key is an answer.
    Key {
        /// The key, without a slash at its front.
        key: Arc<str>,
        /// Where it is.
        scope: Scope,
    },
    /// The keys below a prefix: `ls`, `safeLs`, `tree`, `safeTree`.
    List {
        /// The prefix, without a slash at its front.
        prefix: Arc<str>,
        /// Where it is.
        scope: Scope,
    },
    /// All services of the catalog: `services`.
    Services(Scope),
    /// The instances of one service: `service`, `connect`.
    Health(Arc<HealthQuery>),
    /// The instances of one service as the catalog has them.
    CatalogService {
        /// The tag that they must have.
        tag: Option<Arc<str>>,
        /// The service.
        name: Arc<str>,
        /// Where it is.
        scope: Scope,
        /// The node to whose distance they are sorted.
        near: Option<Arc<str>>,
    },
    /// All nodes: `nodes`.
    Nodes {
        /// Where they are.
        scope: Scope,
        /// The node to whose distance they are sorted.
        near: Option<Arc<str>>,
    },
    /// One node with its services: `node`.
    Node {
        /// Its name; none is the agent's own.
        name: Option<Arc<str>>,
        /// Where it is.
        scope: Scope,
    },
    /// The names of all datacenters: `datacenters`.
    Datacenters {
        /// Leaves out those that do not answer.
        ignore_failing: bool,
    },
    /// All admin partitions: `partitions`.
    Partitions,
    /// All peerings: `peerings`.
    Peerings {
        /// The local partition.
        partition: Option<Arc<str>>,
    },
    /// The services exported from a partition: `exportedServices`.
    ExportedServices {
        /// The partition, as it was written.
        partition: Arc<str>,
    },
    /// The services imported through peerings: `importedServices`.
    ImportedServices {
        /// The local partition, as it was written.
        partition: Arc<str>,
    },
    /// The certificates of Connect's authorities: `caRoots`.
    CaRoots,
    /// The certificate of one service: `caLeaf`.
    CaLeaf {
        /// The service, as it was written.
        service: Arc<str>,
    },
}

/// Where something is; what is `None` is where the agent or the settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The datacenter, `@dc`.
    pub datacenter: Option<Arc<str>>,
    /// The namespace, `?ns=` (Enterprise).
    pub namespace: Option<Arc<str>>,
    /// The admin partition, `?partition=` (Enterprise).
    pub partition: Option<Arc<str>>,
}

/// Which instances of a service are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HealthQuery {
    /// The tag that they must have, `tag.`.
    pub tag: Option<String>,
    /// The service.
    pub name: String,
    /// Where it is.
    pub scope: Scope,
    /// The peer that it comes from, `?peer=`.
    pub peer: Option<String>,
    /// The sameness group that it belongs to, `?sameness-group=`.
    pub sameness_group: Option<String>,
    /// The node to whose distance they are sorted, `~near`.
    pub near: Option<String>,
    /// The states that pass, sorted, as `|passing,warning` names them. When it names none, none passes.
    pub filters: Vec<Filter>,
    /// Whether their Connect proxies are asked for.
    pub connect: bool,
}

/// The state of an instance that passes a filter, in the order of the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Filter {
    /// Every state.
    Any,
    /// A check is critical.
    Critical,
    /// It or its node is in maintenance.
    Maintenance,
    /// All checks pass.
    Passing,
    /// A check warns.
    Warning,
}

impl Filter {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Critical => "critical",
            Self::Maintenance => "maintenance",
            Self::Passing => "passing",
            Self::Warning => "warning",
        }
    }
}

impl FromStr for Filter {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [Self::Any, Self::Critical, Self::Maintenance, Self::Passing, Self::Warning];
        all.into_iter().find(|filter| filter.name() == text).ok_or(())
    }
}

/// What is wrong with a query's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuerySyntaxError {
    /// They are not of the form.
    #[error("{kind}: invalid format: {}", quoted(text))]
    Format {
        /// `kv.get`, `health.service`, …
        kind: &'static str,
        /// The words.
        text: String,
    },
    /// A parameter that there is not.
    #[error(
        "{kind}: invalid query parameter key {} in query {}: supported keys: ns,peer,partition,sameness-group",
        quoted(key),
        quoted(query)
    )]
    Parameter {
        /// `kv.get`, `health.service`, …
        kind: &'static str,
        /// The parameter.
        key: String,
        /// All that stands after the question mark.
        query: String,
    },
    /// A state that there is not.
    #[error("health.service: invalid filter: {} in {}", quoted(filter), quoted(text))]
    Filter {
        /// The state.
        filter: String,
        /// The words.
        text: String,
    },
    /// Two things that exclude each other.
    #[error("health.service: cannot specify both peer and sameness-group")]
    PeerAndGroup,
}

impl ConsulQuery {
    /// `key`, `keyExists` and `keyOrDefault`: `[/]key[?ns=…][@dc]`.
    ///
    /// # Errors
    /// Words of another form.
    pub fn key(text: &str) -> Result<Self, QuerySyntaxError> {
        let (key, scope) = key_and_scope("kv.get", text)?;
        Ok(Self::Key { key, scope })
    }

    /// `ls`, `tree` and their safe forms: `[/]prefix[?ns=…][@dc]`.
    ///
    /// # Errors
    /// Words of another form.
    pub fn list(text: &str) -> Result<Self, QuerySyntaxError> {
        let (prefix, scope) = key_and_scope("kv.list", text)?;
        Ok(Self::List { prefix, scope })
    }

    /// `services`: `[?ns=…][@dc]`.
    ///
    /// # Errors
    /// Words of another form.
    pub fn services(text: &str) -> Result<Self, QuerySyntaxError> {
        let mut rest = Rest::new("catalog.services", text);
        let parameters = rest.parameters()?;
        let datacenter = rest.datacenter()?;
        rest.end()?;
        Ok(Self::Services(parameters.scope(datacenter)))
    }

    /// `service`: `[tag.]name[?ns=…][@dc][~near][|filter]`.
    ///
    /// # Errors
    /// Words of another form, an unknown parameter or filter.
    pub fn service(text: &str) -> Result<Self, QuerySyntaxError> {
        health(text, false)
    }

    /// `connect`, of the same form as `service`.
    ///
    /// # Errors
    /// As for `service`.
    pub fn connect(text: &str) -> Result<Self, QuerySyntaxError> {
        health(text, true)
    }

    /// The instances in the catalog: `[tag.]name[?ns=…][@dc][~near]`.
    ///
    /// # Errors
    /// Words of another form.
    pub fn catalog_service(text: &str) -> Result<Self, QuerySyntaxError> {
        let mut rest = Rest::new("catalog.service", text);
        let (tag, name) = rest.tag_and_name()?;
        let parameters = rest.parameters()?;
        let datacenter = rest.datacenter()?;
        let near = rest.near()?;
        rest.end()?;
        let (tag, near) = (tag.map(Arc::from), near.map(Arc::from));
        Ok(Self::CatalogService { tag, name: name.into(), scope: parameters.scope(datacenter), near })
    }

    /// `nodes`: `[?ns=…][@dc][~near]`.
    ///
    /// # Errors
    /// Words of another form.
    pub fn nodes(text: &str) -> Result<Self, QuerySyntaxError> {
        let mut rest = Rest::new("catalog.nodes", text);
        let parameters = rest.parameters()?;
        let datacenter = rest.datacenter()?;
        let near = rest.near()?.map(Arc::from);
        rest.end()?;
        Ok(Self::Nodes { scope: parameters.scope(datacenter), near })
    }

    /// `node`: `[name[?ns=…][@dc]]`.
    ///
    /// # Errors
    /// Words of another form.
    pub fn node(text: &str) -> Result<Self, QuerySyntaxError> {
        if text.is_empty() {
            return Ok(Self::Node { name: None, scope: Scope::default() });
        }
        let mut rest = Rest::new("catalog.node", text);
        let name = rest.take(is_place)?;
        let parameters = rest.parameters()?;
        let datacenter = rest.datacenter()?;
        rest.end()?;
        Ok(Self::Node { name: Some(name.into()), scope: parameters.scope(datacenter) })
    }

    /// `peerings`: `[?partition=…]`.
    ///
    /// # Errors
    /// Words of another form.
    pub fn peerings(text: &str) -> Result<Self, QuerySyntaxError> {
        let mut rest = Rest::new("list.peering", text);
        let parameters = rest.parameters()?;
        rest.end()?;
        Ok(Self::Peerings { partition: parameters.partition.map(Arc::from) })
    }

    /// `exportedServices`: a partition's name, or nothing.
    #[must_use]
    pub fn exported_services(partition: &str) -> Self {
        Self::ExportedServices { partition: partition.into() }
    }

    /// `importedServices`: a partition's name, or nothing.
    #[must_use]
    pub fn imported_services(partition: &str) -> Self {
        Self::ImportedServices { partition: partition.into() }
    }

    /// `caLeaf`: a service's name.
    #[must_use]
    pub fn ca_leaf(service: &str) -> Self {
        Self::CaLeaf { service: service.into() }
    }
}

fn key_and_scope(kind: &'static str, text: &str) -> Result<(Arc<str>, Scope), QuerySyntaxError> {
    if text.is_empty() {
        return Ok((Arc::from(""), Scope::default()));
    }
    let mut rest = Rest::new(kind, text);
    let written = rest.take(|letter| !matches!(letter, '@' | '?'))?;
    // A slash alone is a key of that name.
    let key = written.strip_prefix('/').filter(|below| !below.is_empty()).unwrap_or(written);
    let parameters = rest.parameters()?;
    let datacenter = rest.datacenter()?;
    rest.end()?;
    Ok((key.into(), parameters.scope(datacenter)))
}

fn health(text: &str, connect: bool) -> Result<ConsulQuery, QuerySyntaxError> {
    let mut rest = Rest::new("health.service", text);
    let (tag, name) = rest.tag_and_name()?;
    let query = rest.query()?;
    let datacenter = rest.datacenter()?;
    let near = rest.near()?.map(str::to_owned);
    let filter = rest.filter()?;
    rest.end()?;
    let filters = filter.map_or_else(|| Ok(vec![Filter::Passing]), |filter| filters(filter, text))?;
    let parameters = Parameters::parse("health.service", query)?;
    if parameters.peer.is_some() && parameters.sameness_group.is_some() {
        return Err(QuerySyntaxError::PeerAndGroup);
    }
    Ok(ConsulQuery::Health(Arc::new(HealthQuery {
        tag: tag.map(str::to_owned),
        name: name.to_owned(),
        peer: parameters.peer.clone(),
        sameness_group: parameters.sameness_group.clone(),
        scope: parameters.scope(datacenter),
        near,
        filters,
        connect,
    })))
}

fn filters(filter: &str, text: &str) -> Result<Vec<Filter>, QuerySyntaxError> {
    let words = filter.split(',').filter(|word| !word.is_empty());
    let parsed = words.map(|word| {
        word.parse().map_err(|()| QuerySyntaxError::Filter { filter: word.to_owned(), text: text.to_owned() })
    });
    let mut filters: Vec<Filter> = parsed.collect::<Result<_, _>>()?;
    filters.sort_unstable();
    Ok(filters)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn parsed(kind: &str, text: &str) -> Result<ConsulQuery, QuerySyntaxError> {
        match kind {
            "key" => ConsulQuery::key(text),
            "list" => ConsulQuery::list(text),
            "services" => ConsulQuery::services(text),
            "service" => ConsulQuery::service(text),
            "connect" => ConsulQuery::connect(text),
            "catalog_service" => ConsulQuery::catalog_service(text),
            "nodes" => ConsulQuery::nodes(text),
            "node" => ConsulQuery::node(text),
            "peerings" => ConsulQuery::peerings(text),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn every_query_is_understood_as_consul_template_understands_it() {
        let rows: Vec<Value> =
            serde_json::from_str(include_str!("../../tests/data/consul_queries.json")).expect("JSON");
        assert!(rows.len() > 1500);
        let mut different = Vec::new();
        for row in &rows {
            let (kind, text) = (row["kind"].as_str().expect("a kind"), row["text"].as_str().expect("a text"));
            let (field, outcome) = match parsed(kind, text) {
                Ok(query) => ("shown", query.to_string()),
                Err(error) => ("error", error.to_string()),
            };
            // Of several wrong parameters theirs names any; ours the first.
            let is_one_of_several = outcome.contains("invalid query parameter key") && row[field].is_string();
            if row[field] != outcome.as_str() && !is_one_of_several {
                different.push(format!("{kind} {text:?}: {outcome}, not {row}"));
            }
        }
        assert!(different.is_empty(), "{} of {}:\n{}", different.len(), rows.len(), different.join("\n"));
    }

    #[test]
    fn the_other_notations() {
        assert_eq!(ConsulQuery::Datacenters { ignore_failing: true }.to_string(), "catalog.datacenters");
        assert_eq!(ConsulQuery::Partitions.to_string(), "list.partitions");
        assert_eq!(ConsulQuery::exported_services("a").to_string(), "list.exportedServices(a)");
        assert_eq!(ConsulQuery::CaRoots.to_string(), "connect.caroots");
        assert_eq!(ConsulQuery::ca_leaf("web").to_string(), "connect.caleaf(web)");
        assert_eq!(ConsulQuery::ca_leaf("").to_string(), "connect.caleaf");
        let key = ConsulQuery::key("a@dc").expect("a key");
        assert_eq!(key.non_blocking_notation(), "kv.get(a@dc)");
    }
}
