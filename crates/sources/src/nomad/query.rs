//! What Nomad can be asked for, in consul-template's notation and grammar.

use std::fmt;
use std::sync::Arc;

use crate::consul::QuerySyntaxError;

/// One thing that Nomad can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NomadQuery {
    /// `nomadServices "@region"`: the names of all services.
    Services {
        /// Empty for the agent's own.
        region: Arc<str>,
    },
    /// `nomadService "tag.name@region"`: where one service is.
    Service {
        /// The service.
        name: Arc<str>,
        /// Empty for any.
        tag: Arc<str>,
        /// Empty for the agent's own.
        region: Arc<str>,
        /// How many are chosen and by which key, `3|key`; empty for all.
        choose: Arc<str>,
    },
    /// `nomadVarList "prefix@namespace.region"`: which variables there are.
    Variables {
        /// Empty for all.
        prefix: Arc<str>,
        /// Empty for the configured one, `*` for every.
        namespace: Arc<str>,
        /// Empty for the agent's own.
        region: Arc<str>,
    },
    /// `nomadVar "path@namespace.region"`: one variable.
    Variable {
        /// Without slashes at its ends.
        path: Arc<str>,
        /// Empty for the configured one.
        namespace: Arc<str>,
        /// Empty for the agent's own.
        region: Arc<str>,
        /// Whether a template waits for it, as `nomadVar` does and `nomadVarExists` does not.
        is_needed: bool,
    },
}

impl NomadQuery {
    /// All services: nothing, or `@region`.
    ///
    /// # Errors
    /// When it is neither.
    pub fn services(text: &str) -> Result<Self, QuerySyntaxError> {
        let region = match text.strip_prefix('@') {
            Some(region) if is_of(region, b".-_") => region,
            None if text.is_empty() => "",
            _ => return Err(invalid("nomad.services", text)),
        };
        Ok(Self::Services { region: region.into() })
    }

    /// One service: `tag.name@region`.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn service(text: &str) -> Result<Self, QuerySyntaxError> {
        let service = Self::parse_service(text, "");
        service.ok_or_else(|| invalid("nomad.service", text))
    }

    /// Some instances of a service, always the same ones for the same key while they are there.
    ///
    /// # Errors
    /// When the service is not of the form `tag.name@region`.
    pub fn chosen_service(count: i64, key: &str, text: &str) -> Result<Self, QuerySyntaxError> {
        let service = Self::parse_service(text, &format!("{count}|{key}"));
        service.ok_or_else(|| invalid("nomad.service", text))
    }

    fn parse_service(text: &str, choose: &str) -> Option<Self> {
        let (service, region) = match text.split_once('@') {
            Some((service, region)) if is_of(region, b".-_") => (service, region),
            Some(_) => return None,
            None => (text, ""),
        };
        let (tag, name) = match service.rsplit_once('.') {
            Some((tag, name)) if is_of(tag, b"=:.-_") => (tag, name),
            Some(_) => return None,
            None => ("", service),
        };
        is_of(name, b"-_").then(|| Self::Service {
            name: name.into(),
            tag: tag.into(),
            region: region.into(),
            choose: choose.into(),
        })
    }

    /// The variables below a prefix: `prefix@namespace.region`. `namespace` is used where the text names none.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn variables(namespace: &str, text: &str) -> Result<Self, QuerySyntaxError> {
        let place = Place::parse(text, true).ok_or_else(|| invalid("nomad.var.list", text))?;
        let prefix = if place.path.trim_matches('/').is_empty() { "" } else { place.path };
        Ok(Self::Variables {
            prefix: prefix.into(),
            namespace: place.namespace_or(namespace),
            region: place.region.into(),
        })
    }

    /// The variable at a path: `path@namespace.region`. `namespace` is used where the text names none.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn variable(namespace: &str, text: &str) -> Result<Self, QuerySyntaxError> {
        let text = text.trim().trim_matches('/');
        let place = Place::parse(text, false).filter(|place| !place.path.is_empty());
        let place = place.ok_or_else(|| invalid("nomad.var.get", text))?;
        Ok(Self::Variable {
            path: place.path.into(),
            namespace: place.namespace_or(namespace),
            region: place.region.into(),
            is_needed: false,
        })
    }

    /// The same variable, waited for.
    #[must_use]
    pub fn needed(mut self) -> Self {
        if let Self::Variable { is_needed, .. } = &mut self {
            *is_needed = true;
        }
        self
    }
}

impl fmt::Display for NomadQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |text: &Arc<str>, usual: &'static str| match text.is_empty() {
            true => Arc::from(usual),
            false => Arc::clone(text),
        };
        let optional =
            |mark: &str, text: &str| if text.is_empty() { String::new() } else { format!("{mark}{text}") };
        match self {
            Self::Services { region } if region.is_empty() => formatter.write_str("nomad.services"),
            Self::Services { region } => write!(formatter, "nomad.services(@{region})"),
            Self::Service { name, tag, region, choose } => {
                let tag = if tag.is_empty() { String::new() } else { format!("{tag}.") };
                let (region, choose) = (optional("@", region), optional(":", choose));
                write!(formatter, "nomad.service({tag}{name}{region}{choose})")
            }
            Self::Variables { prefix, namespace, region } => {
                let (namespace, region) = (or(namespace, "default"), or(region, "global"));
                write!(formatter, "nomad.var.list({prefix}@{namespace}.{region})")
            }
            Self::Variable { path, namespace, region, is_needed } => {
                let kind = if *is_needed { "block" } else { "get" };
                let (namespace, region) = (or(namespace, "default"), or(region, "global"));
                write!(formatter, "nomad.var.{kind}({path}@{namespace}.{region})")
            }
        }
    }
}

/// Where variables are: `path@namespace.region`. Without an `@` all of it is the path, dots as well.
struct Place<'text> {
    path: &'text str,
    namespace: &'text str,
    region: &'text str,
}

impl<'text> Place<'text> {
    fn parse(text: &'text str, any_namespace: bool) -> Option<Self> {
        let (path, rest) = match text.split_once('@') {
            Some((path, rest)) => (path, Some(rest)),
            None => (text, None),
        };
        let path = path.strip_prefix('/').unwrap_or(path);
        let Some(rest) = rest else { return Some(Self { path, namespace: "", region: "" }) };
        let (namespace, region) = match rest.split_once('.') {
            Some((namespace, region)) if is_of(region, b"-_") => (namespace, region),
            Some(_) => return None,
            None => (rest, ""),
        };
        let is_good = is_of(namespace, b"-_") || (any_namespace && namespace == "*");
        is_good.then_some(Self { path, namespace, region })
    }

    fn namespace_or(&self, usual: &str) -> Arc<str> {
        if self.namespace.is_empty() { usual.into() } else { self.namespace.into() }
    }
}

fn invalid(kind: &'static str, text: &str) -> QuerySyntaxError {
    QuerySyntaxError::Format { kind, text: text.to_owned() }
}

/// Whether a text is not empty and has letters, digits, underscores and `others` only.
fn is_of(text: &str, others: &[u8]) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || others.contains(&byte);
    !text.is_empty() && text.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: Result<NomadQuery, QuerySyntaxError>) -> String {
        query.map_or_else(|error| error.to_string(), |query| query.to_string())
    }

    #[test]
    fn services_are_of_a_region_or_the_agents() {
        assert_eq!(shown(NomadQuery::services("")), "nomad.services");
        assert_eq!(shown(NomadQuery::services("@eu-1.a")), "nomad.services(@eu-1.a)");
        for wrong in ["web", "@", "@a b", "web@eu"] {
            assert_eq!(
                shown(NomadQuery::services(wrong)),
                format!("nomad.services: invalid format: {wrong:?}")
            );
        }
    }

    #[test]
    fn a_service_has_a_tag_and_a_region() {
        for text in ["web", "tag.web", "a.b=c:d.web", "web@eu", "v1.web@eu.west-1"] {
            assert_eq!(shown(NomadQuery::service(text)), format!("nomad.service({text})"));
        }
        for wrong in ["", ".web", "web.", "web@", "we b", "tag!.web", "web@e@u"] {
            let expected = format!("nomad.service: invalid format: {wrong:?}");
            assert_eq!(shown(NomadQuery::service(wrong)), expected);
        }
        let NomadQuery::Service { tag, name, .. } = NomadQuery::service("a.b.web").unwrap() else {
            panic!("a service")
        };
        assert_eq!((&*tag, &*name), ("a.b", "web"));
        assert_eq!(shown(NomadQuery::chosen_service(3, "key", "web@eu")), "nomad.service(web@eu:3|key)");
    }

    #[test]
    fn a_variable_has_a_namespace_and_a_region() {
        let of = |text: &str| shown(NomadQuery::variable("", text));
        assert_eq!(of("app/db"), "nomad.var.get(app/db@default.global)");
        assert_eq!(of(" /app/db.v2/ "), "nomad.var.get(app/db.v2@default.global)");
        assert_eq!(of("app@team"), "nomad.var.get(app@team.global)");
        assert_eq!(of("app@team.eu"), "nomad.var.get(app@team.eu)");
        for wrong in ["", "@team", "app@", "app@team.", "app@a@b", "app@*", "app@a.b.c"] {
            assert_eq!(of(wrong), format!("nomad.var.get: invalid format: {wrong:?}"));
        }
        let usual = NomadQuery::variable("ops", "app").unwrap().needed();
        assert_eq!(usual.to_string(), "nomad.var.block(app@ops.global)");
        assert_eq!(shown(NomadQuery::variable("ops", "app@team")), "nomad.var.get(app@team.global)");
    }

    #[test]
    fn variables_are_below_a_prefix_in_one_namespace_or_all() {
        let of = |text: &str| shown(NomadQuery::variables("", text));
        assert_eq!(of(""), "nomad.var.list(@default.global)");
        assert_eq!(of("//"), "nomad.var.list(@default.global)");
        assert_eq!(of("/app/"), "nomad.var.list(app/@default.global)");
        assert_eq!(of("app@*.eu"), "nomad.var.list(app@*.eu)");
        assert_eq!(of("@team"), "nomad.var.list(@team.global)");
        assert_eq!(of("app@te am"), "nomad.var.list: invalid format: \"app@te am\"");
    }
}
