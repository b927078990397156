//! Consul: a leader, the token, and the key.

use async_trait::async_trait;
use http::{HeaderName, StatusCode};
use preflight_contract::Attribute;
use serde_json::Value;

use super::rest::{Rest, path_of};
use crate::kinds::consul as kind;
use crate::net::http::Answer;
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};

const TOKEN: HeaderName = HeaderName::from_static("x-consul-token");

/// Proves that Consul has a leader and lets the token read.
pub(crate) struct Consul;

#[async_trait]
impl Checker for Consul {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let mut rest = Rest::open(item, probe, &kind::TLS_REQUIRED).await?;
        if let Some(token) = item.attribute(Attribute::Token) {
            rest.say(TOKEN, token, Attribute::Token)?;
        }
        let visit = Visit { item, rest };
        probe.enter(Layer::Login);
        visit.leader(probe).await?;
        visit.token(probe).await?;
        probe.leave();
        probe.enter(Layer::Read);
        visit.agent(probe).await?;
        visit.key(probe).await?;
        probe.leave();
        Ok(())
    }
}

struct Visit<'item> {
    item: &'item Item,
    rest: Rest<'item>,
}

impl Visit<'_> {
    async fn get(&self, probe: &Probe, path: &str) -> Result<Answer, Failure> {
        let answer = self.rest.get(probe, path).await?;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return Err(self.rest.refused(&kind::RATE_LIMITED, path, answer.status, &answer.excerpt()));
        }
        if answer.status.is_server_error() && is_leaderless(&answer.text()) {
            return Err(self.no_leader(&answer.excerpt()));
        }
        Ok(answer)
    }

    fn no_leader(&self, words: &str) -> Failure {
        Failure::new(&kind::NO_LEADER, format!("{} has no leader: {words}", self.rest.reached()))
    }

    async fn leader(&self, probe: &Probe) -> Result<(), Failure> {
        let path = "/v1/status/leader";
        let answer = self.get(probe, path).await?;
        match answer.json() {
            Some(Value::String(leader)) if leader.is_empty() => {
                Err(self.no_leader("it names nobody when asked for the leader"))
            }
            Some(Value::String(_)) => Ok(()),
            _ => Err(self.rest.stranger(path, &answer)),
        }
    }

    async fn token(&self, probe: &mut Probe) -> Result<(), Failure> {
        if self.item.attribute(Attribute::Token).is_none() {
            return Ok(());
        }
        let answer = self.get(probe, "/v1/acl/token/self").await?;
        // 401 is how an agent without access control answers; it takes any token.
        if answer.status == StatusCode::FORBIDDEN {
            let hint = format!(
                "compare {} with the tokens of this datacenter; after a rotation start the container anew",
                self.item.name_of(Attribute::Token)
            );
            let words = answer.excerpt();
            return Err(self
                .rest
                .refused(&kind::BAD_TOKEN, "the token", answer.status, &words)
                .with_hint(hint));
        }
        if let Some(document) = answer.json() {
            note(probe, "token", &document["Description"]);
        }
        Ok(())
    }

    /// Facts of the agent, if it may be asked. Who gave no token and sees not even one node may read nothing.
    async fn agent(&self, probe: &mut Probe) -> Result<(), Failure> {
        let answer = self.get(probe, "/v1/agent/self").await?;
        if let Some(document) = answer.json() {
            let config = &document["Config"];
            note(probe, "version", &config["Version"]);
            note(probe, "datacenter", &config["Datacenter"]);
            note(probe, "node", &config["NodeName"]);
        }
        let anonymous = self.item.attribute(Attribute::Token).is_none();
        if answer.status != StatusCode::FORBIDDEN || !anonymous || self.path().is_some() {
            return Ok(());
        }
        let nodes = self.get(probe, "/v1/catalog/nodes").await?;
        if nodes.json().and_then(|nodes| nodes.as_array().map(Vec::is_empty)) != Some(true) {
            return Ok(());
        }
        let what = "to show anything to the anonymous token";
        let failure = self.rest.refused(&kind::NOT_PERMITTED, what, answer.status, &answer.excerpt());
        Err(failure.with_hint(format!("set {}", self.item.name_of(Attribute::Token))))
    }

    fn path(&self) -> Option<&str> {
        self.item.attribute(Attribute::Path)
    }

    async fn key(&self, probe: &mut Probe) -> Result<(), Failure> {
        let Some(path) = self.path() else { return Ok(()) };
        let is_prefix = path.ends_with('/');
        let key = path_of(path);
        let question = if is_prefix { "?keys&separator=%2F" } else { "" };
        let mut answer = self.get(probe, &format!("/v1/kv/{key}{question}")).await?;
        // `app` can also be meant as a folder, for which alone there may be a right.
        if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN) && !is_prefix {
            let folder = self.get(probe, &format!("/v1/kv/{key}/?keys&separator=%2F")).await?;
            if folder.status == StatusCode::OK {
                answer = folder;
            }
        }
        let missing = || format!("{} has no key {path}, nor any below it", self.rest.reached());
        match answer.status {
            StatusCode::OK => Ok(()),
            StatusCode::FORBIDDEN => {
                let what = format!("to read {path}");
                Err(self.rest.refused(&kind::NOT_PERMITTED, &what, answer.status, &answer.excerpt()))
            }
            // What the service itself will write need not be there yet; its prefix is a hint, not a promise.
            StatusCode::NOT_FOUND if is_prefix => {
                probe.warn(&kind::NO_SUCH_KEY, missing());
                Ok(())
            }
            StatusCode::NOT_FOUND => Err(Failure::new(&kind::NO_SUCH_KEY, missing())
                .with_hint(format!("write the key, or correct {}", self.item.name_of(Attribute::Path)))),
            _ => {
                let what = format!("to read {path}");
                Err(self.rest.refused(&kind::ERROR, &what, answer.status, &answer.excerpt()))
            }
        }
    }
}

/// Consul answers these with 500; see `structs.ErrNoLeader` and `ErrNoServers` in its source.
fn is_leaderless(text: &str) -> bool {
    text.contains("No cluster leader") || text.contains("No known Consul servers")
}

fn note(probe: &mut Probe, name: &'static str, value: &Value) {
    if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
        probe.fact(name, text);
    }
}
