//! etcd through its JSON gateway: the version, the login, and a range of keys.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::AUTHORIZATION;
use preflight_contract::Attribute;
use serde_json::{Value, json};

use super::rest::Rest;
use crate::kinds::etcd as kind;
use crate::net::http::Answer;
use crate::probe::Layer;
use crate::{Checker, Class, Failure, Item, Probe};

/// The key that is read when no PATH is given. It need not exist.
const KEY: &str = "preflight";

/// Proves that etcd lets us in and reads.
pub(crate) struct Etcd;

#[async_trait]
impl Checker for Etcd {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let rest = Rest::open(item, probe, &kind::TLS_REQUIRED).await?;
        let mut visit = Visit { item, rest };
        probe.enter(Layer::Login);
        visit.version(probe).await?;
        visit.login(probe).await?;
        probe.leave();
        probe.enter(Layer::Read);
        visit.read(probe).await?;
        visit.alarms(probe).await?;
        probe.leave();
        Ok(())
    }
}

struct Visit<'item> {
    item: &'item Item,
    rest: Rest<'item>,
}

impl Visit<'_> {
    async fn version(&self, probe: &mut Probe) -> Result<(), Failure> {
        let path = "/version";
        let answer = self.rest.get(probe, path).await?;
        let version = answer.json().and_then(|document| Some(document["etcdserver"].as_str()?.to_owned()));
        match version {
            Some(version) => probe.fact("version", version),
            None => return Err(self.rest.stranger(path, &answer)),
        }
        Ok(())
    }

    async fn login(&mut self, probe: &mut Probe) -> Result<(), Failure> {
        let Some(username) = self.item.username() else { return Ok(()) };
        let body = json!({ "name": username, "password": self.item.password().unwrap_or_default() });
        let path = "/v3/auth/authenticate";
        let answer = self.rest.post(probe, path, &body).await?;
        if let Some(token) = answer.json().as_ref().and_then(|document| document["token"].as_str()) {
            return self.rest.say(AUTHORIZATION, token, Attribute::Password);
        }
        let Some(error) = GatewayError::of(&answer) else { return Err(self.rest.stranger(path, &answer)) };
        if error.is_auth_not_enabled() {
            let words = &error.words;
            probe.warn(
                &kind::AUTH_NOT_ENABLED,
                format!("{} does not ask who we are: {words}", self.rest.reached()),
            );
            return Ok(());
        }
        let class = if error.code == INVALID_ARGUMENT { &kind::BAD_PASSWORD } else { error.class() };
        let failure = self.rest.refused(class, &format!("user {username}"), answer.status, &error.words);
        let bad = class == &kind::BAD_PASSWORD;
        Err(if bad { failure.with_hint(Probe::credentials_hint(self.item)) } else { failure })
    }

    async fn read(&self, probe: &mut Probe) -> Result<(), Failure> {
        let wanted = self.item.attribute(Attribute::Path);
        let key = wanted.unwrap_or(KEY);
        let body = json!({
            "key": STANDARD.encode(key),
            "range_end": STANDARD.encode(end_of_prefix(key.as_bytes())),
            "limit": 1,
            "keys_only": true,
        });
        let path = "/v3/kv/range";
        let answer = self.rest.post(probe, path, &body).await?;
        if answer.status == StatusCode::OK {
            return match (wanted, answer.json()) {
                (Some(key), Some(document)) if document["kvs"].as_array().is_none_or(Vec::is_empty) => {
                    self.missing(probe, key)
                }
                (_, Some(_)) => Ok(()),
                (_, None) => Err(self.rest.stranger(path, &answer)),
            };
        }
        let Some(error) = GatewayError::of(&answer) else { return Err(self.rest.stranger(path, &answer)) };
        let known = self.item.username().is_some();
        match error.class() {
            // Who was let in and asked for no key has proven all there is.
            class if class == &kind::NOT_PERMITTED && wanted.is_none() && known => Ok(()),
            class => Err(self.rest.refused(class, &format!("to read {key}"), answer.status, &error.words)),
        }
    }

    /// What the service itself will write need not be there yet: an empty prefix that ends in a slash is a warning.
    fn missing(&self, probe: &mut Probe, key: &str) -> Result<(), Failure> {
        let evidence = format!("{} has no key that begins with {key}", self.rest.reached());
        if key.ends_with('/') {
            probe.warn(&kind::NO_SUCH_KEY, evidence);
            return Ok(());
        }
        let hint = format!("write the key, or correct {}", self.item.name_of(Attribute::Path));
        Err(Failure::new(&kind::NO_SUCH_KEY, evidence).with_hint(hint))
    }

    /// A cluster without space answers reads only. Who may not ask for alarms is not told.
    async fn alarms(&self, probe: &mut Probe) -> Result<(), Failure> {
        let answer = self.rest.post(probe, "/v3/maintenance/alarm", &json!({ "action": "GET" })).await?;
        let full = answer.json().is_some_and(|document| {
            document["alarms"]
                .as_array()
                .is_some_and(|alarms| alarms.iter().any(|one| one["alarm"] == "NOSPACE"))
        });
        if full {
            let evidence = format!("{} refuses writes: the alarm NOSPACE is raised", self.rest.reached());
            probe.warn(&kind::NO_SPACE, evidence);
        }
        Ok(())
    }
}

const INVALID_ARGUMENT: i64 = 3;
const PERMISSION_DENIED: i64 = 7;
const RESOURCE_EXHAUSTED: i64 = 8;
const FAILED_PRECONDITION: i64 = 9;
const UNAVAILABLE: i64 = 14;
const UNAUTHENTICATED: i64 = 16;

/// An error as the gateway writes it.
#[derive(Debug, PartialEq, Eq)]
struct GatewayError {
    code: i64,
    words: String,
}

impl GatewayError {
    fn of(answer: &Answer) -> Option<Self> {
        Self::read(&answer.json()?)
    }

    fn read(document: &Value) -> Option<Self> {
        let code = document["code"].as_i64()?;
        let words = document["message"].as_str().or_else(|| document["error"].as_str())?;
        Some(Self { code, words: words.to_owned() })
    }

    /// Code 9 in newer servers, see `ErrGRPCAuthNotEnabled` in etcd's `api/v3rpc/rpctypes/error.go`.
    fn is_auth_not_enabled(&self) -> bool {
        self.code == FAILED_PRECONDITION && self.words.contains("authentication is not enabled")
    }

    /// The class of an error of any call but the login.
    fn class(&self) -> &'static Class {
        match self.code {
            UNAUTHENTICATED => &kind::BAD_PASSWORD,
            PERMISSION_DENIED => &kind::NOT_PERMITTED,
            // The one invalid argument of a read is the user's name that is missing: ErrGRPCUserEmpty.
            INVALID_ARGUMENT if self.words.contains("user name is empty") => &kind::PASSWORD_REQUIRED,
            RESOURCE_EXHAUSTED => &kind::OVERLOADED,
            UNAVAILABLE => &kind::NO_LEADER,
            _ => &kind::ERROR,
        }
    }
}

/// The first key after all that begin so: the last byte that can grow grows. All zero means up to the end.
fn end_of_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    vec![0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_after_the_last_key_with_the_prefix() {
        assert_eq!(end_of_prefix(b"/app/"), b"/app0");
        assert_eq!(end_of_prefix(b"a\xff\xff"), b"b");
        assert_eq!(end_of_prefix(b"\xff"), b"\0");
    }

    #[test]
    fn every_code_has_its_class() {
        let table = [
            (16, "etcdserver: invalid auth token", "etcd.bad_password"),
            (7, "etcdserver: permission denied", "etcd.not_permitted"),
            (3, "etcdserver: user name is empty", "etcd.password_required"),
            (3, "etcdserver: key is not provided", "etcd.error"),
            (8, "etcdserver: too many requests", "etcd.overloaded"),
            (14, "etcdserver: no leader", "etcd.no_leader"),
            (2, "context canceled", "etcd.error"),
        ];
        for (code, message, name) in table {
            let error = GatewayError::read(&json!({ "error": message, "message": message, "code": code }));
            assert_eq!(error.map(|error| error.class().name), Some(name), "{message}");
        }
    }
}
