//! Elasticsearch and OpenSearch: what it is, who we are, its health, and the index.

mod answers;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use preflight_contract::Attribute;
use serde_json::Value;

use super::rest::{Rest, path_of};
use crate::kinds::elasticsearch as kind;
use crate::net::http::Answer;
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};
use answers::{Refusal, product, write_block};

/// Proves that a cluster lets us in, is well, and can be searched.
pub(crate) struct Elasticsearch;

#[async_trait]
impl Checker for Elasticsearch {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let mut rest = Rest::open(item, probe, &kind::TLS_REQUIRED).await?;
        let credentials = credentials(item);
        if let Some((value, source)) = &credentials {
            rest.say(AUTHORIZATION, value, *source)?;
        }
        // The URL's path is where the cluster is mounted, not an index.
        let index = item.attribute(Attribute::Database);
        let visit = Visit { item, rest, index, anonymous: credentials.is_none() };
        probe.enter(Layer::Login);
        visit.greeting(probe).await?;
        probe.leave();
        probe.enter(Layer::Read);
        visit.index(probe).await?;
        visit.health(probe).await?;
        probe.leave();
        Ok(())
    }
}

/// The header that says who we are, and the attribute it comes from.
fn credentials(item: &Item) -> Option<(String, Attribute)> {
    if let Some(token) = item.attribute(Attribute::Token) {
        let scheme = if is_api_key(token) { "ApiKey" } else { "Bearer" };
        return Some((format!("{scheme} {token}"), Attribute::Token));
    }
    let username = item.username()?;
    let both = format!("{username}:{}", item.password().unwrap_or_default());
    Some((format!("Basic {}", STANDARD.encode(both)), Attribute::Password))
}

/// An encoded API key is `id:key` in base64; anything else is a bearer's.
fn is_api_key(token: &str) -> bool {
    STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()).is_some_and(|text| {
        text.split_once(':').is_some_and(|(id, key)| !id.is_empty() && !key.is_empty() && text.is_ascii())
    })
}

struct Visit<'item> {
    item: &'item Item,
    rest: Rest<'item>,
    index: Option<&'item str>,
    anonymous: bool,
}

impl Visit<'_> {
    async fn greeting(&self, probe: &mut Probe) -> Result<(), Failure> {
        let answer = self.rest.get(probe, "/").await?;
        if answer.status.is_success() {
            let Some(product) = product(&answer.json().unwrap_or_default()) else {
                return Err(self.rest.stranger("/", &answer));
            };
            probe.fact("version", product);
            return Ok(());
        }
        let refusal = Refusal::of(&answer);
        let known = refusal.is_from_the_product() || answer.status == 401;
        match answer.status.as_u16() {
            _ if !known => Err(self.rest.stranger("/", &answer)),
            // A user of one index need not be allowed to ask for the version.
            403 if self.index.is_some() => Ok(()),
            _ => Err(self.refused("to let us in", &answer, &refusal)),
        }
    }

    fn refused(&self, what: &str, answer: &Answer, refusal: &Refusal) -> Failure {
        let class = refusal.class(answer.status, self.anonymous);
        let failure = self.rest.refused(class, what, answer.status, &refusal.words);
        if class != &kind::BAD_PASSWORD {
            return failure;
        }
        let hint = match self.item.attribute(Attribute::Token) {
            Some(_) => format!("compare {} with the cluster's keys", self.item.name_of(Attribute::Token)),
            None => Probe::credentials_hint(self.item),
        };
        failure.with_hint(hint)
    }

    async fn index(&self, probe: &mut Probe) -> Result<(), Failure> {
        let Some(index) = self.index else { return Ok(()) };
        let name = path_of(index);
        let answer = self.rest.get(probe, &format!("/{name}/_search?size=0")).await?;
        if !answer.status.is_success() {
            return Err(self.refused(&format!("to search {index}"), &answer, &Refusal::of(&answer)));
        }
        let settings = self.rest.get(probe, &format!("/{name}/_settings/index.blocks*")).await?;
        if let Some(block) = settings.json().as_ref().and_then(write_block) {
            let evidence = format!("{} refuses writes to {index}: {block} is set", self.rest.reached());
            probe.warn(&kind::INDEX_READ_ONLY, evidence);
        }
        Ok(())
    }

    /// The health of the index, or of the whole cluster. Who may not ask for it is not told.
    async fn health(&self, probe: &mut Probe) -> Result<(), Failure> {
        let index = self.index.map(|index| format!("/{}", path_of(index))).unwrap_or_default();
        let answer = self.rest.get(probe, &format!("/_cluster/health{index}")).await?;
        if matches!(answer.status.as_u16(), 429 | 503) {
            return Err(self.refused("to say how it is", &answer, &Refusal::of(&answer)));
        }
        let health = answer.json().unwrap_or_default();
        let subject = self.index.map_or_else(|| "the cluster".to_owned(), |index| format!("index {index}"));
        let missing = health["unassigned_shards"].as_u64().unwrap_or_default();
        let evidence = format!("{}: {subject} is", self.rest.reached());
        match health["status"].as_str() {
            Some("red") => {
                let evidence = format!("{evidence} red, {missing} shards have no node");
                return Err(Failure::new(&kind::RED, evidence));
            }
            Some("yellow") => {
                probe.warn(&kind::YELLOW, format!("{evidence} yellow, {missing} shards have no node"));
            }
            _ => {}
        }
        if let Some(name) = health["cluster_name"].as_str() {
            probe.fact("cluster", name);
        }
        if let Some(nodes) = health["number_of_nodes"].as_u64().filter(|nodes| *nodes > 1) {
            probe.fact("nodes", Value::from(nodes).to_string());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_key_is_told_from_a_bearer_token() {
        assert!(is_api_key(&STANDARD.encode("VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw")));
        assert!(!is_api_key("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwYXQifQ.c2lnbmF0dXJl"));
        assert!(!is_api_key("plain-token"));
    }
}
