//! Nomad as a source, with blocking queries. See "Blocking queries" in the documentation of Nomad's HTTP API.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::{NomadAnswer, ServiceInstance, ServiceSnippet, VariableMeta};
use super::query::NomadQuery;
use super::settings::NomadSettings;
use crate::http::{Client, Request, Response};
use crate::{Again, Answer, Backend, Cause, Fetched, Query, RetrySettings, Source, SourceError};

/// What needs no escape in a segment of a path or in a query.
const WORD: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// What needs no escape in a path.
const PATH: &AsciiSet = &WORD.remove(b'/');
/// How long what cannot be waited upon is left alone.
const POLL: Duration = Duration::from_secs(15);

/// One agent of Nomad.
#[derive(Debug)]
pub(crate) struct NomadSource {
    client: Client,
    settings: NomadSettings,
    /// How many queries may wait at the agent at once, so that those who only ask find a connection.
    most_waiting: usize,
    waiting: AtomicUsize,
}

/// All services of one namespace, in Nomad's form.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Namespace {
    #[serde(default)]
    services: Option<Vec<ServiceSnippet>>,
}

/// A place among those who wait at the agent.
struct Waiting<'source>(&'source AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl NomadSource {
    /// A source of that agent. Nothing is asked yet.
    ///
    /// # Errors
    /// Settings that cannot be used.
    pub(crate) fn new(settings: &NomadSettings) -> Result<Self, SourceError> {
        let most = match settings.http.max_connections {
            0 => NomadSettings::CONNECTIONS,
            most => most,
        };
        Ok(Self {
            client: Client::new(Backend::Nomad, &settings.http, NomadSettings::CONNECTIONS)?,
            settings: settings.clone(),
            most_waiting: most * 3 / 4,
            waiting: AtomicUsize::new(0),
        })
    }

    fn wait(&self) -> Option<Waiting<'_>> {
        let place = Waiting(&self.waiting);
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        (before < self.most_waiting).then_some(place)
    }

    async fn send(&self, query: &NomadQuery, index: u64) -> Result<Response, SourceError> {
        let mut request = Request::get(self.target(query, index));
        if index > 0 {
            let wait = self.settings.block_query_wait;
            request = request.patience(wait + wait / 16 + self.settings.http.answer_timeout);
        }
        if !self.settings.token.is_empty() {
            request = request.header("x-nomad-token", self.settings.token.reveal());
        }
        self.client.send(&request).await
    }

    fn target(&self, query: &NomadQuery, index: u64) -> String {
        let mut parameters: Vec<(&str, String)> = Vec::new();
        let (path, region, namespace) = match query {
            NomadQuery::Services { region } => ("/v1/services".to_owned(), region, ""),
            NomadQuery::Service { name, region, choose, .. } => {
                if !choose.is_empty() {
                    parameters.push(("choose", choose.to_string()));
                }
                (format!("/v1/service/{}", utf8_percent_encode(name, WORD)), region, "")
            }
            NomadQuery::Variables { prefix, namespace, region } => {
                if !prefix.is_empty() {
                    parameters.push(("prefix", prefix.to_string()));
                }
                ("/v1/vars".to_owned(), region, &**namespace)
            }
            NomadQuery::Variable { path, namespace, region, .. } => {
                (format!("/v1/var/{}", utf8_percent_encode(path, PATH)), region, &**namespace)
            }
        };
        let namespace = if namespace.is_empty() { &self.settings.namespace } else { namespace };
        for (name, value) in [("region", &**region), ("namespace", namespace)] {
            if !value.is_empty() {
                parameters.push((name, value.to_owned()));
            }
        }
        if self.settings.allow_stale {
            parameters.push(("stale", String::new()));
        }
        if index > 0 {
            parameters.push(("index", index.to_string()));
            parameters.push(("wait", format!("{}ms", self.settings.block_query_wait.as_millis())));
        }
        with_parameters(path, &parameters)
    }

    fn answer(&self, query: &NomadQuery, response: &Response) -> Result<NomadAnswer, SourceError> {
        if response.status == StatusCode::NOT_FOUND {
            return Ok(match query {
                NomadQuery::Services { .. } => NomadAnswer::Services(Vec::new().into()),
                NomadQuery::Service { .. } => NomadAnswer::Service(Vec::new().into()),
                NomadQuery::Variables { .. } => NomadAnswer::Variables(Vec::new().into()),
                NomadQuery::Variable { .. } => NomadAnswer::Variable(None),
            });
        }
        if !response.status.is_success() {
            return Err(self.client.refusal(response));
        }
        Ok(match query {
            NomadQuery::Services { .. } => {
                // A request is about one namespace, so there is one at most.
                let namespaces: Option<Vec<Namespace>> = self.parse(response)?;
                let first = namespaces.and_then(|namespaces| namespaces.into_iter().next());
                let mut services = first.and_then(|first| first.services).unwrap_or_default();
                services.sort_by(|one, other| one.name.cmp(&other.name));
                NomadAnswer::Services(services.into())
            }
            NomadQuery::Service { tag, .. } => {
                let instances: Option<Vec<ServiceInstance>> = self.parse(response)?;
                let mut instances = instances.unwrap_or_default();
                instances.retain(|instance| tag.is_empty() || instance.tags.iter().any(|own| **own == **tag));
                instances.sort_by(|one, other| one.name.cmp(&other.name));
                NomadAnswer::Service(instances.into())
            }
            NomadQuery::Variables { .. } => {
                let variables: Option<Vec<VariableMeta>> = self.parse(response)?;
                NomadAnswer::Variables(variables.unwrap_or_default().into())
            }
            NomadQuery::Variable { .. } => NomadAnswer::Variable(Some(Arc::new(self.parse(response)?))),
        })
    }

    fn parse<Parsed: DeserializeOwned>(&self, response: &Response) -> Result<Parsed, SourceError> {
        // The parser's own words may quote a value.
        serde_json::from_slice(&response.body).map_err(|error| {
            let place = format!("line {} column {}", error.line(), error.column());
            self.client.error(Cause::BadAnswer, &format!("answered something unexpected at {place}"))
        })
    }
}

#[async_trait]
impl Source for NomadSource {
    async fn fetch(&self, query: &Query, last: Option<&Fetched>) -> Result<Fetched, SourceError> {
        let Query::Nomad(query) = query else {
            return Err(self.client.error(Cause::BadRequest, &format!("cannot be asked for {query}")));
        };
        let known = last.map_or(0, |last| last.index);
        let place = if known > 0 { self.wait() } else { None };
        let response = self.send(query, if place.is_some() { known } else { 0 }).await?;
        drop(place);
        let answer = self.answer(query, &response)?;
        let index = response.header("x-nomad-index").and_then(|index| index.parse().ok()).unwrap_or(0);
        let is_full = self.waiting.load(Ordering::Relaxed) >= self.most_waiting;
        let again = if index == 0 || is_full {
            Again::After(POLL.mul_f64(0.9 + fastrand::f64() * 0.2))
        } else {
            Again::Blocking
        };
        Ok(Fetched { answer: Answer::Nomad(answer), index, again })
    }

    fn retry(&self) -> &RetrySettings {
        &self.settings.retry
    }
}

fn with_parameters(mut target: String, parameters: &[(&str, String)]) -> String {
    for (position, (name, value)) in parameters.iter().enumerate() {
        target.push(if position == 0 { '?' } else { '&' });
        target.push_str(name);
        if !value.is_empty() {
            target.push('=');
            target.extend(utf8_percent_encode(value, WORD));
        }
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    fn source() -> NomadSource {
        let settings = NomadSettings {
            http: crate::HttpSettings { address: "http://127.0.0.1:1".to_owned(), ..Default::default() },
            ..NomadSettings::default()
        };
        NomadSource::new(&settings).unwrap()
    }

    fn answer(query: &NomadQuery, status: u16, body: &'static str) -> Result<NomadAnswer, SourceError> {
        let status = StatusCode::from_u16(status).unwrap();
        source().answer(query, &Response { status, headers: HeaderMap::new(), body: body.into() })
    }

    #[test]
    fn requests_carry_what_was_asked() {
        let target = |query: NomadQuery, index| source().target(&query, index);
        let services = NomadQuery::services("@eu").unwrap();
        assert_eq!(target(services, 0), "/v1/services?region=eu&stale");
        let chosen = NomadQuery::chosen_service(2, "a b", "web").unwrap();
        assert_eq!(target(chosen, 0), "/v1/service/web?choose=2%7Ca%20b&stale");
        let variable = NomadQuery::variable("ops", "a b/c").unwrap();
        assert_eq!(target(variable, 7), "/v1/var/a%20b/c?namespace=ops&stale&index=7&wait=60000ms");
        let variables = NomadQuery::variables("", "app/@*").unwrap();
        assert_eq!(target(variables, 0), "/v1/vars?prefix=app%2F&namespace=%2A&stale");
    }

    #[test]
    fn services_are_those_of_the_first_namespace_by_name() {
        let body = r#"[{"Namespace":"default","Services":[{"ServiceName":"web","Tags":["b","a"]},{"ServiceName":"db","Tags":null}]}]"#;
        let query = NomadQuery::services("").unwrap();
        let NomadAnswer::Services(services) = answer(&query, 200, body).unwrap() else { panic!("services") };
        let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
        assert_eq!(names, ["db", "web"]);
        assert_eq!(services[1].tags, ["a", "b"]);
        assert!(answer(&query, 200, "null").unwrap().is_absence());
    }

    #[test]
    fn instances_without_the_tag_are_left_out() {
        let body = r#"[{"ID":"1","ServiceName":"web","NodeID":"n","Address":"10.0.0.1","Port":80,"Datacenter":"dc1","Tags":["v1"],"JobID":"j","AllocID":"a"},
                       {"ID":"2","ServiceName":"web","Tags":["v2"]}]"#;
        let query = NomadQuery::service("v1.web").unwrap();
        let NomadAnswer::Service(found) = answer(&query, 200, body).unwrap() else { panic!("a service") };
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].address.as_str(), found[0].port, found[0].node.as_str()), ("10.0.0.1", 80, "n"));
    }

    #[test]
    fn a_variable_is_secret_and_may_be_absent() {
        let query = NomadQuery::variable("", "app").unwrap();
        let body = r#"{"Namespace":"default","Path":"app","CreateIndex":3,"ModifyIndex":4,"CreateTime":5,"ModifyTime":6,"Items":{"password":"hot"}}"#;
        let found = answer(&query, 200, body).unwrap();
        let NomadAnswer::Variable(Some(variable)) = &found else { panic!("a variable") };
        assert_eq!((variable.meta.path.as_str(), variable.meta.modify_index), ("app", 4));
        assert_eq!(variable.items["password"], "hot");
        assert!(found.is_secret() && !format!("{found:?}").contains("hot"));
        assert!(answer(&query, 404, "").unwrap().is_absence());
        assert_eq!(answer(&query, 403, "Permission denied").unwrap_err().cause, Cause::Denied);
    }

    #[test]
    fn an_unexpected_answer_is_not_quoted() {
        let query = NomadQuery::variable("", "app").unwrap();
        let error = answer(&query, 200, r#"{"Items":{"password":17}}"#).unwrap_err();
        assert_eq!(error.cause, Cause::BadAnswer);
        assert!(!error.evidence.contains("17"), "{}", error.evidence);
    }

    #[test]
    fn not_all_connections_are_used_for_waiting() {
        let source = source();
        let places: Vec<_> = (0..source.most_waiting).map(|_| source.wait().unwrap()).collect();
        assert!(source.wait().is_none());
        drop(places);
        assert!(source.wait().is_some());
        assert_eq!(source.waiting.load(Ordering::Relaxed), 0);
    }
}
