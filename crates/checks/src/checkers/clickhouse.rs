//! ClickHouse over HTTP: a login, a `SELECT` in the database, and whether the user may write.

use async_trait::async_trait;
use http::{Method, StatusCode};
use preflight_contract::Attribute;

use super::sql_over_http::Session;
use crate::kinds::clickhouse as kind;
use crate::net::http::Answer;
use crate::probe::Layer;
use crate::{Checker, Class, Failure, Item, Probe};

/// The port of the HTTP interface in TLS.
const SECURE_PORT: u16 = 8443;

/// The user of a server on which nobody was made.
const DEFAULT_USER: &str = "default";

/// How the native port answers a web browser.
const NATIVE_PORT: &str = "is for clickhouse-client program";

/// Proves a ClickHouse database.
pub(crate) struct ClickHouse;

#[async_trait]
impl Checker for ClickHouse {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let session = Session::open(item, probe, SECURE_PORT, &kind::TLS_REQUIRED).await?;
        let user = item.username().unwrap_or_else(|| DEFAULT_USER.to_owned());
        let visit = Visit { item, session, user };
        probe.enter(Layer::Login);
        let answer = visit.ask(probe, "SELECT version()", None).await?;
        if answer.text().contains(NATIVE_PORT) {
            probe.warn(&kind::NATIVE_PORT, format!("{}: {}", visit.session.reached(), answer.excerpt()));
            return Ok(());
        }
        probe.fact("version", visit.value("a query", &answer)?);
        probe.leave();
        probe.enter(Layer::Read);
        visit.read(probe).await?;
        probe.leave();
        Ok(())
    }
}

struct Visit<'item> {
    item: &'item Item,
    session: Session<'item>,
    user: String,
}

impl Visit<'_> {
    /// A query is a POST because a GET makes any user a read-only one.
    async fn ask(
        &self,
        probe: &Probe,
        query: &'static str,
        database: Option<&str>,
    ) -> Result<Answer, Failure> {
        let password = self.item.password();
        let shape = |request: reqwest::RequestBuilder| {
            let request = request.basic_auth(&self.user, password).body(query);
            match database {
                Some(database) => request.query(&[("database", database)]),
                None => request,
            }
        };
        self.session.ask(probe, (Method::POST, "/"), shape).await
    }

    async fn read(&self, probe: &mut Probe) -> Result<(), Failure> {
        let database = self.item.database();
        let answer = self.ask(probe, "SELECT 1", database.as_deref()).await?;
        self.value("SELECT 1", &answer)?;
        let question = "SELECT value FROM system.settings WHERE name = 'readonly'";
        let answer = self.ask(probe, question, database.as_deref()).await?;
        // A user who may not look into the settings is none the worse for it.
        if self.value(question, &answer).is_ok_and(|value| !matches!(value.as_str(), "0" | "")) {
            let evidence = format!("{}: user {} may only read", self.session.reached(), self.user);
            probe.warn(&kind::READ_ONLY, evidence);
        }
        Ok(())
    }

    /// The one value that a query was answered with.
    fn value(&self, asked: &str, answer: &Answer) -> Result<String, Failure> {
        let code = exception_code(answer);
        let is_clickhouse = answer.headers.keys().any(|name| name.as_str().starts_with("x-clickhouse-"));
        if answer.status == StatusCode::OK && code.is_none() && is_clickhouse {
            return Ok(answer.text().trim().to_owned());
        }
        match code {
            Some(code) => Err(self.refused(code, answer)),
            None if answer.status == StatusCode::SERVICE_UNAVAILABLE => {
                let evidence = format!("{} is not available: {}", self.session.reached(), answer.excerpt());
                Err(Failure::new(&kind::OVERLOADED, evidence))
            }
            None => Err(self.session.stranger(asked, answer)),
        }
    }

    fn refused(&self, code: u32, answer: &Answer) -> Failure {
        let class = class_of(code);
        let evidence = format!("{} refused user {}: {}", self.session.reached(), self.user, answer.excerpt());
        let failure = Failure::new(class, evidence);
        if class == &kind::BAD_PASSWORD {
            return failure.with_hint(Probe::credentials_hint(self.item));
        }
        if class == &kind::NO_SUCH_DATABASE {
            let name = self.item.name_of(Attribute::Database);
            return failure.with_hint(format!("create the database, or correct {name}"));
        }
        failure
    }
}

/// The code of an exception: of its header where the server sends one, else of its text, `Code: 516. DB::Exception…`
/// or, before 2021, `Code: 193, e.displayText() = …`.
fn exception_code(answer: &Answer) -> Option<u32> {
    let header = answer.headers.get("x-clickhouse-exception-code").and_then(|value| value.to_str().ok());
    let text = answer.text();
    let of_text = || {
        let rest = text.strip_prefix("Code: ")?;
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        rest[digits..].contains("DB::").then(|| rest[..digits].to_owned())
    };
    header.map(str::to_owned).or_else(of_text)?.parse().ok()
}

/// The class of a code; ClickHouse's `src/Common/ErrorCodes.cpp` names them.
fn class_of(code: u32) -> &'static Class {
    match code {
        516 | 193 | 194 => &kind::BAD_PASSWORD,
        192 => &kind::NO_SUCH_USER,
        81 => &kind::NO_SUCH_DATABASE,
        291 | 497 => &kind::NOT_PERMITTED,
        195 => &kind::HOST_DENIED,
        202 | 203 | 241 | 745 => &kind::OVERLOADED,
        201 => &kind::QUOTA_EXCEEDED,
        164 => &kind::READ_ONLY,
        _ => &kind::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn answer(header: Option<&'static str>, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(code) = header {
            headers.insert("x-clickhouse-exception-code", HeaderValue::from_static(code));
        }
        let body = body.as_bytes().to_vec();
        Answer { status: StatusCode::FORBIDDEN, headers, body, elapsed: Duration::ZERO }
    }

    #[test]
    fn the_code_is_found_where_each_version_puts_it() {
        let old = "Code: 193, e.displayText() = DB::Exception: Wrong password for user pat";
        let new = "Code: 516. DB::Exception: pat: Authentication failed";
        assert_eq!(exception_code(&answer(None, old)), Some(193));
        assert_eq!(exception_code(&answer(None, new)), Some(516));
        assert_eq!(exception_code(&answer(Some("497"), new)), Some(497));
        assert_eq!(exception_code(&answer(None, "Code: 7 is the door's")), None);
        assert_eq!(exception_code(&answer(None, "<html>")), None);
    }

    #[test]
    fn each_code_has_its_class() {
        let cases: [(u32, &str); 9] = [
            (516, "clickhouse.bad_password"),
            (192, "clickhouse.no_such_user"),
            (81, "clickhouse.no_such_database"),
            (497, "clickhouse.not_permitted"),
            (195, "clickhouse.host_denied"),
            (202, "clickhouse.overloaded"),
            (201, "clickhouse.quota_exceeded"),
            (164, "clickhouse.read_only"),
            (62, "clickhouse.error"),
        ];
        for (code, class) in cases {
            assert_eq!(class_of(code).name, class, "{code}");
        }
    }
}
