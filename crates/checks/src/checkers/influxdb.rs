//! InfluxDB over HTTP: who it is, a login as its version has it, and a read.

use async_trait::async_trait;
use http::{Method, StatusCode};
use preflight_contract::Attribute;
use reqwest::RequestBuilder;
use serde_json::Value;

use super::sql_over_http::Session;
use crate::kinds::influxdb as kind;
use crate::net::http::Answer;
use crate::probe::Layer;
use crate::{Checker, Class, Failure, Item, Probe};

const PORT: u16 = 8086;

/// Proves a database of InfluxDB 1 or a bucket of InfluxDB 2.
pub(crate) struct InfluxDb;

#[async_trait]
impl Checker for InfluxDb {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let session = Session::open(item, probe, PORT, &kind::TLS_REQUIRED).await?;
        let visit = Visit { item, session };
        probe.enter(Layer::Login);
        let version = visit.version(probe).await?;
        probe.fact("version", version.clone());
        if is_first_generation(&version) {
            visit.first_generation(probe).await
        } else {
            visit.later_generation(probe).await
        }
    }
}

struct Visit<'item> {
    item: &'item Item,
    session: Session<'item>,
}

impl Visit<'_> {
    /// Every version says its number in a header of the answer to `/ping`, without a login.
    async fn version(&self, probe: &Probe) -> Result<String, Failure> {
        let answer = self.session.ask(probe, (Method::GET, "/ping"), |request| request).await?;
        let header = answer.headers.get("x-influxdb-version").and_then(|value| value.to_str().ok());
        match header {
            Some(version) => Ok(version.to_owned()),
            None => Err(self.session.stranger("GET /ping", &answer)),
        }
    }

    /// Version 1: InfluxQL with a user and a password.
    async fn first_generation(&self, probe: &mut Probe) -> Result<(), Failure> {
        let databases = self.query(probe, "SHOW DATABASES", None).await?;
        probe.leave();
        let Some(database) = self.item.database() else { return Ok(()) };
        probe.enter(Layer::Read);
        self.query(probe, "SHOW MEASUREMENTS LIMIT 1", Some(&database)).await?;
        if !lists(&databases, &database) {
            let evidence = format!("{} has no database {database}", self.session.reached());
            let name = self.item.name_of(Attribute::Database);
            let hint = format!("create the database, or correct {name}");
            return Err(Failure::new(&kind::NO_SUCH_DATABASE, evidence).with_hint(hint));
        }
        probe.leave();
        Ok(())
    }

    async fn query(&self, probe: &Probe, query: &str, database: Option<&str>) -> Result<Value, Failure> {
        let mut parameters = vec![("q", query)];
        parameters.extend(database.map(|database| ("db", database)));
        let shape = |request: RequestBuilder| self.identified(request).query(&parameters);
        let answer = self.session.ask(probe, (Method::GET, "/query"), shape).await?;
        let json = answer.json().ok_or_else(|| self.session.stranger("GET /query", &answer))?;
        if answer.status == StatusCode::OK && error_of(&json).is_none() {
            return Ok(json);
        }
        Err(self.refused(&answer, error_of(&json)))
    }

    /// Version 2 and later: health, then the token.
    async fn later_generation(&self, probe: &mut Probe) -> Result<(), Failure> {
        let health =
            self.session.ask(probe, (Method::GET, "/health"), |request| self.identified(request)).await?;
        if health.status.is_server_error() {
            let evidence = format!("{} is not healthy: {}", self.session.reached(), health.excerpt());
            return Err(Failure::new(&kind::UNHEALTHY, evidence));
        }
        let bucket =
            self.item.attribute(Attribute::Bucket).map(str::to_owned).or_else(|| self.item.database());
        let mut parameters = vec![("limit", "1")];
        parameters.extend(bucket.as_deref().map(|bucket| ("name", bucket)));
        let shape = |request: RequestBuilder| self.identified(request).query(&parameters);
        let answer = self.session.ask(probe, (Method::GET, "/api/v2/buckets"), shape).await?;
        let json = answer.json().unwrap_or_default();
        let found = json["buckets"].as_array().map(|buckets| !buckets.is_empty());
        match (answer.status, found, bucket) {
            (StatusCode::OK, Some(false), Some(bucket)) => Err(self.no_bucket(&bucket)),
            (StatusCode::NOT_FOUND, _, Some(bucket)) => Err(self.no_bucket(&bucket)),
            (StatusCode::OK, Some(_), _) => {
                probe.leave();
                probe.enter(Layer::Read);
                probe.leave();
                Ok(())
            }
            (StatusCode::OK, None, _) => Err(self.session.stranger("GET /api/v2/buckets", &answer)),
            _ => Err(self.refused(&answer, error_of(&json))),
        }
    }

    fn no_bucket(&self, bucket: &str) -> Failure {
        let name = self.item.name_of(Attribute::Bucket);
        Failure::new(
            &kind::NO_SUCH_BUCKET,
            format!("{} took the token, which sees no bucket {bucket}", self.session.reached()),
        )
        .with_hint(format!("create the bucket, let the token read it, or correct {name}"))
    }

    fn identified(&self, request: RequestBuilder) -> RequestBuilder {
        match (self.item.attribute(Attribute::Token), self.item.username()) {
            (Some(token), _) => request.header("authorization", format!("Token {token}")),
            (None, Some(user)) => request.basic_auth(user, self.item.password()),
            (None, None) => request,
        }
    }

    fn refused(&self, answer: &Answer, words: Option<&str>) -> Failure {
        let class = self.class_of(answer.status, words.unwrap_or_default());
        let who = match (self.item.attribute(Attribute::Token), self.item.username()) {
            (Some(_), _) => "the token".to_owned(),
            (None, Some(user)) => format!("user {user}"),
            (None, None) => "a client without credentials".to_owned(),
        };
        let words = words.map_or_else(|| answer.excerpt(), str::to_owned);
        let status = answer.status.as_u16();
        let failure =
            Failure::new(class, format!("{} refused {who}: {words} (HTTP {status})", self.session.reached()));
        if class == &kind::BAD_PASSWORD {
            failure.with_hint(Probe::credentials_hint(self.item))
        } else if class == &kind::BAD_TOKEN {
            failure.with_hint(format!("compare {} with the server's", self.item.name_of(Attribute::Token)))
        } else {
            failure
        }
    }

    /// InfluxDB's codes are those of HTTP; only a database that is not there comes as words with status 200 or 404.
    fn class_of(&self, status: StatusCode, words: &str) -> &'static Class {
        let has_token = self.item.attribute(Attribute::Token).is_some();
        match status {
            StatusCode::UNAUTHORIZED if has_token => &kind::BAD_TOKEN,
            StatusCode::UNAUTHORIZED if self.item.username().is_some() => &kind::BAD_PASSWORD,
            StatusCode::UNAUTHORIZED => &kind::NO_CREDENTIALS,
            StatusCode::FORBIDDEN => &kind::NOT_PERMITTED,
            StatusCode::SERVICE_UNAVAILABLE => &kind::UNHEALTHY,
            _ if words.starts_with("database not found") => &kind::NO_SUCH_DATABASE,
            _ => &kind::ERROR,
        }
    }
}

/// `1.8.10`, where later ones say `v2.7.4` or `3.0.1`.
fn is_first_generation(version: &str) -> bool {
    let number = version.trim_start_matches('v');
    number.starts_with("1.") || number.starts_with("0.")
}

/// Version 1 puts it into `error`, of the whole or of one result; version 2 into `message`.
fn error_of(json: &Value) -> Option<&str> {
    let of_result = || json["results"].as_array()?.iter().find_map(|result| result["error"].as_str());
    json["error"].as_str().or_else(of_result).or_else(|| json["message"].as_str())
}

fn lists(databases: &Value, database: &str) -> bool {
    let rows = databases["results"][0]["series"][0]["values"].as_array();
    rows.is_some_and(|rows| rows.iter().any(|row| row[0] == database))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_generations_are_told_apart() {
        assert!(is_first_generation("1.6.7~rc0") && is_first_generation("v1.8.10"));
        assert!(
            !is_first_generation("v2.7.4") && !is_first_generation("3.0.1") && !is_first_generation("10.1")
        );
    }

    #[test]
    fn the_servers_words_are_found_where_each_version_puts_them() {
        assert_eq!(error_of(&json!({"error": "authorization failed"})), Some("authorization failed"));
        assert_eq!(
            error_of(&json!({"results": [{"error": "database not found: x"}]})),
            Some("database not found: x")
        );
        assert_eq!(
            error_of(&json!({"code": "unauthorized", "message": "unauthorized access"})),
            Some("unauthorized access")
        );
        assert_eq!(error_of(&json!({"results": [{"statement_id": 0}]})), None);
    }

    #[test]
    fn a_database_is_found_in_the_list() {
        let list = json!({"results": [{"series": [{"values": [["_internal"], ["pickles"]]}]}]});
        assert!(lists(&list, "pickles") && !lists(&list, "sauerkraut"));
        assert!(!lists(&json!({"results": [{}]}), "pickles"));
    }
}
