//! What the answer must be, and which class an answer has that is not.

use std::collections::BTreeMap;

use http::StatusCode;
use preflight_contract::{CheckSpec, StatusExpectation, StatusRange};
use serde_json::Value;

use super::request::Exchanged;
use crate::checkers::wanted::Wanted;
use crate::kinds::http as kind;
use crate::net::http::Answer;
use crate::{Class, Failure, Item};

/// What an answer must be.
#[derive(Debug)]
pub(super) struct Expectation {
    status: StatusExpectation,
    headers: BTreeMap<String, Wanted>,
    json: BTreeMap<String, Value>,
    body: Option<Wanted>,
}

impl Expectation {
    /// What the item expects; a status from 200 to 299 when it says nothing.
    ///
    /// # Errors
    /// `check.bad_parameter` for a regular expression that is none.
    pub(super) fn of(item: &Item) -> Result<Self, Failure> {
        let expected = match &item.spec {
            Some(CheckSpec::Http(spec)) => spec.expect.clone(),
            _ => preflight_contract::HttpExpectation::default(),
        };
        let header = |(name, text): (&String, &String)| {
            Ok((name.clone(), Wanted::parse(&format!("expect.headers.{name}"), text)?))
        };
        Ok(Self {
            status: expected.status.unwrap_or_else(|| StatusExpectation(vec![StatusRange::Class(2)])),
            headers: expected.headers.iter().map(header).collect::<Result<_, Failure>>()?,
            body: expected.body.as_deref().map(|text| Wanted::parse("expect.body", text)).transpose()?,
            json: expected.json,
        })
    }

    /// # Errors
    /// The class of a status that was not expected.
    pub(super) fn judge_status(&self, exchanged: &Exchanged) -> Result<(), Failure> {
        let status = exchanged.answer.status;
        if self.status.accepts(status.as_u16()) {
            return Ok(());
        }
        let class = class_of(status);
        let mut evidence = exchanged.subject.clone();
        if class == &kind::REDIRECTED
            && let Some(target) = exchanged.header("location")
        {
            let target = target.split_once('?').map_or(target.as_str(), |(before, _)| before);
            evidence.push_str(&format!(", which leads to {target:?}"));
        }
        if let Some(after) = exchanged.header("retry-after") {
            evidence.push_str(&format!(", to be tried again after {after}"));
        }
        let said = words_of(&exchanged.answer);
        if !said.is_empty() && class != &kind::REDIRECTED {
            evidence.push_str(&format!(": {said}"));
        }
        let failure = Failure::new(class, evidence);
        if class == &kind::UNAUTHORIZED && !exchanged.with_credentials {
            return Err(
                failure.with_hint("no credentials were sent: give a username and password, or a token")
            );
        }
        Err(failure)
    }

    /// # Errors
    /// `http.header`, `http.json` or `http.body`.
    pub(super) fn judge_content(&self, exchanged: &Exchanged) -> Result<(), Failure> {
        for (name, wanted) in &self.headers {
            let Some(value) = exchanged.header(name) else {
                return Err(unlike(&kind::HEADER, exchanged, &format!("has no header {name}")));
            };
            if !wanted.is_in(&value) {
                let what = format!("has the header {name}: {value}, not {wanted}");
                return Err(unlike(&kind::HEADER, exchanged, &what));
            }
        }
        self.judge_json(exchanged)?;
        match &self.body {
            Some(wanted) if !wanted.is_in(&exchanged.answer.text()) => {
                let what = format!("has no {wanted} in its body: {}", exchanged.answer.excerpt());
                Err(unlike(&kind::BODY, exchanged, &what))
            }
            _ => Ok(()),
        }
    }

    fn judge_json(&self, exchanged: &Exchanged) -> Result<(), Failure> {
        if self.json.is_empty() {
            return Ok(());
        }
        let Some(document) = exchanged.answer.json() else {
            let what = format!("is not JSON: {}", exchanged.answer.excerpt());
            return Err(unlike(&kind::JSON, exchanged, &what));
        };
        for (path, expected) in &self.json {
            let Some(found) = at(&document, path) else {
                return Err(unlike(&kind::JSON, exchanged, &format!("has no {path}")));
            };
            if !equal(found, expected) {
                let what = format!("has {path} = {}, not {expected}", brief(found));
                return Err(unlike(&kind::JSON, exchanged, &what));
            }
        }
        Ok(())
    }
}

/// What the server says of itself: the title of a page, else the beginning of the body.
fn words_of(answer: &Answer) -> String {
    let text = answer.text();
    let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    title.map_or_else(|| answer.excerpt(), |(title, _)| title.trim().chars().take(200).collect())
}

fn unlike(class: &'static Class, exchanged: &Exchanged, what: &str) -> Failure {
    Failure::new(class, format!("{}, but the answer {what}", exchanged.subject))
}

/// The class of a status that was not expected.
fn class_of(status: StatusCode) -> &'static Class {
    match status.as_u16() {
        401 => &kind::UNAUTHORIZED,
        403 => &kind::FORBIDDEN,
        404 | 410 => &kind::NOT_FOUND,
        429 => &kind::TOO_MANY_REQUESTS,
        500..=599 => &kind::SERVER_ERROR,
        301 | 302 | 303 | 307 | 308 => &kind::REDIRECTED,
        _ => &kind::STATUS,
    }
}

/// The value at a dotted path: names of members, numbers of elements.
fn at<'document>(document: &'document Value, path: &str) -> Option<&'document Value> {
    path.split('.').filter(|part| !part.is_empty()).try_fold(document, |value, part| match value {
        Value::Object(members) => members.get(part),
        Value::Array(elements) => elements.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Equal as JSON; numbers by value; a text stands for a number or a truth value too, since a variable's value is
/// always a text.
fn equal(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Number(one), Value::String(text)) => one.to_string() == *text,
        (Value::Bool(one), Value::String(text)) => one.to_string() == *text,
        _ => found == expected,
    }
}

fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn exchanged(status: u16, body: &str) -> Exchanged {
        let mut headers = http::HeaderMap::new();
        headers.insert("x-role", http::HeaderValue::from_static("primary"));
        let status = StatusCode::from_u16(status).expect("a status");
        let answer = Answer { status, headers, body: body.as_bytes().to_vec(), elapsed: Duration::ZERO };
        Exchanged { subject: "http://a/ answered GET".to_owned(), with_credentials: false, answer }
    }

    fn expectation(json: Value, body: Option<&str>, header: Option<&str>) -> Expectation {
        let json: BTreeMap<String, Value> = serde_json::from_value(json).expect("a map");
        let wanted = |text: &str| Wanted::parse("x", text).expect("readable");
        let headers = header.map(|text| ("x-role".to_owned(), wanted(text))).into_iter().collect();
        let status = StatusExpectation(vec![StatusRange::Class(2)]);
        Expectation { status, headers, json, body: body.map(wanted) }
    }

    #[test]
    fn each_status_has_its_class() {
        let table = [
            (401, "http.unauthorized", false),
            (403, "http.forbidden", false),
            (404, "http.not_found", false),
            (410, "http.not_found", false),
            (429, "http.too_many_requests", true),
            (500, "http.server_error", true),
            (503, "http.server_error", true),
            (302, "http.redirected", false),
            (304, "http.status", false),
            (418, "http.status", false),
        ];
        for (status, name, heals) in table {
            let failure = expectation(json!({}), None, None)
                .judge_status(&exchanged(status, "no"))
                .expect_err("not expected");
            assert_eq!((failure.class.name, failure.class.heals), (name, heals), "{status}");
        }
        assert!(expectation(json!({}), None, None).judge_status(&exchanged(204, "")).is_ok());
    }

    #[test]
    fn json_values_are_found_by_path_and_compared_by_value() {
        let body = r#"{"status":{"db":"up","lag":0,"ready":true},"items":[{"name":"a"}]}"#;
        let judge = |wanted: Value| expectation(wanted, None, None).judge_content(&exchanged(200, body));
        assert!(judge(json!({"status.db": "up", "items.0.name": "a", "status.lag": 0.0})).is_ok());
        assert!(judge(json!({"status.lag": "0", "status.ready": "true"})).is_ok());
        let failure = judge(json!({"status.db": "down"})).expect_err("it is up");
        assert_eq!(failure.class.name, "http.json");
        assert!(failure.evidence.contains(r#"has status.db = "up", not "down""#), "{failure}");
        let failure = judge(json!({"items.1.name": "a"})).expect_err("there is one item");
        assert!(failure.evidence.ends_with("has no items.1.name"), "{failure}");
    }

    #[test]
    fn header_and_body_are_searched() {
        let answer = exchanged(200, "all is well");
        let class =
            |expectation: Expectation| expectation.judge_content(&answer).err().map(|found| found.class.name);
        assert_eq!(class(expectation(json!({}), Some("is well"), Some("/^prim/"))), None);
        assert_eq!(class(expectation(json!({}), Some("/^well/"), None)), Some("http.body"));
        assert_eq!(class(expectation(json!({}), None, Some("replica"))), Some("http.header"));
        assert_eq!(class(expectation(json!({"a": 1}), None, None)), Some("http.json"));
    }
}
