//! Vault: unsealed, who we are, and whether we may read.

mod secret;

use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderName, StatusCode};
use preflight_contract::Attribute;
use serde_json::{Value, json};

use super::rest::{Rest, path_of};
use crate::kinds::vault as kind;
use crate::net::http::Answer;
use crate::probe::Layer;
use crate::{Checker, Class, Failure, Item, Probe};

const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");

/// A token that ends sooner than this is a warning.
const EXPIRES_SOON: Duration = Duration::from_secs(60 * 60);

/// Proves that Vault is unsealed and lets us read.
pub(crate) struct Vault;

#[async_trait]
impl Checker for Vault {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let rest = Rest::open(item, probe, &kind::TLS_REQUIRED).await?;
        let mut visit = Visit { item, rest };
        probe.enter(Layer::Login);
        visit.health(probe).await?;
        let login = visit.login(probe).await?;
        visit.token(probe, login).await?;
        probe.leave();
        if let Some(path) = item.attribute(Attribute::Path) {
            probe.enter(Layer::Read);
            visit.may_read(probe, path).await?;
            visit.exists(probe, path).await?;
            probe.leave();
        }
        if login == Login::Made {
            visit.log_out(probe).await;
        }
        Ok(())
    }
}

/// Whose token is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Login {
    /// Nobody's.
    Nobody,
    /// The one that was given.
    Given,
    /// One that our own login made, which is revoked in the end.
    Made,
}

struct Visit<'item> {
    item: &'item Item,
    rest: Rest<'item>,
}

impl Visit<'_> {
    async fn health(&self, probe: &mut Probe) -> Result<(), Failure> {
        let path = "/v1/sys/health";
        let answer = self.rest.get(probe, path).await?;
        let Some(health) = answer.json().filter(|health| health["sealed"].is_boolean()) else {
            return Err(self.rest.stranger(path, &answer));
        };
        if let Some(version) = health["version"].as_str() {
            probe.fact("version", version);
        }
        if let Some(mode) = mode(answer.status) {
            probe.fact("mode", mode);
        }
        match unfit(answer.status, &health) {
            None => Ok(()),
            Some((class, what)) => {
                let evidence = format!("{} {what} (HTTP {})", self.rest.reached(), answer.status.as_u16());
                Err(Failure::new(class, evidence))
            }
        }
    }

    async fn login(&mut self, probe: &Probe) -> Result<Login, Failure> {
        if let Some(token) = self.item.attribute(Attribute::Token) {
            self.rest.say(TOKEN, token, Attribute::Token)?;
            return Ok(Login::Given);
        }
        let Some(username) = self.item.username() else { return self.nobody() };
        let body = json!({ "password": self.item.password().unwrap_or_default() });
        let path = format!("/v1/auth/userpass/login/{}", path_of(&username));
        let answer = self.rest.post(probe, &path, &body).await?;
        let made = answer.json().and_then(|made| made["auth"]["client_token"].as_str().map(str::to_owned));
        match made {
            Some(token) => self.rest.say(TOKEN, &token, Attribute::Password).map(|()| Login::Made),
            None => {
                let class = match answer.status.as_u16() {
                    400 | 403 | 404 => &kind::BAD_PASSWORD,
                    429 => &kind::RATE_LIMITED,
                    _ => &kind::ERROR,
                };
                let failure = self.refused(class, &format!("user {username}"), &answer);
                Err(failure.with_hint(Probe::credentials_hint(self.item)))
            }
        }
    }

    fn nobody(&self) -> Result<Login, Failure> {
        let Some(path) = self.item.attribute(Attribute::Path) else { return Ok(Login::Nobody) };
        let token = self.item.name_of(Attribute::Token);
        let evidence = format!("{path} is to be read, but {token} is not set");
        Err(Failure::new(&kind::CREDENTIALS_REQUIRED, evidence).with_hint(format!("set {token}")))
    }

    /// What the token is worth. A token whose policies do not let it look at itself can still be good.
    async fn token(&self, probe: &mut Probe, login: Login) -> Result<(), Failure> {
        if login == Login::Nobody {
            return Ok(());
        }
        let answer = self.rest.get(probe, "/v1/auth/token/lookup-self").await?;
        match answer.status.as_u16() {
            200 => {
                self.note_token(probe, &answer.json().unwrap_or_default()["data"], login);
                Ok(())
            }
            403 if lacks_policy_only(&answer.text()) => Ok(()),
            400 | 401 | 403 => {
                let token = self.item.name_of(Attribute::Token);
                let hint = format!("issue a new token for {token}, and start the container anew");
                Err(self.refused(&kind::BAD_TOKEN, "the token", &answer).with_hint(hint))
            }
            429 => Err(self.refused(&kind::RATE_LIMITED, "to look at the token", &answer)),
            _ => Err(self.refused(&kind::ERROR, "to look at the token", &answer)),
        }
    }

    fn note_token(&self, probe: &mut Probe, data: &Value, login: Login) {
        if let Some(policies) = data["policies"].as_array() {
            let names: Vec<&str> = policies.iter().filter_map(Value::as_str).collect();
            probe.fact("policies", names.join(", "));
        }
        // A root token has no end and says 0.
        let remaining = data["ttl"].as_u64().filter(|seconds| *seconds > 0).map(Duration::from_secs);
        if let Some(remaining) = remaining.filter(|left| *left < EXPIRES_SOON && login == Login::Given) {
            let minutes = remaining.as_secs() / 60;
            let evidence = format!("the token for {} ends in {minutes} minutes", self.rest.reached());
            probe.warn(&kind::TOKEN_EXPIRES_SOON, evidence);
        }
    }

    /// Nothing is left behind; what fails here ends with the token's TTL.
    async fn log_out(&self, probe: &Probe) {
        let _ = self.rest.post(probe, "/v1/auth/token/revoke-self", &json!({})).await;
    }

    fn refused(&self, class: &'static Class, what: &str, answer: &Answer) -> Failure {
        self.rest.refused(class, what, answer.status, &words(answer))
    }
}

/// The codes of `/v1/sys/health`. 429 and 473 are standbys, which forward what they are asked.
fn mode(status: StatusCode) -> Option<&'static str> {
    match status.as_u16() {
        429 => Some("standby"),
        473 => Some("performance standby"),
        _ => None,
    }
}

fn unfit(status: StatusCode, health: &Value) -> Option<(&'static Class, &'static str)> {
    if health["initialized"] == false {
        return Some((&kind::NOT_INITIALIZED, "is not initialized"));
    }
    if health["sealed"] == true {
        return Some((&kind::SEALED, "is sealed"));
    }
    match status.as_u16() {
        200 | 429 | 473 => None,
        472 => Some((&kind::RECOVERY_SECONDARY, "is a disaster-recovery secondary")),
        _ => Some((&kind::ERROR, "is not healthy")),
    }
}

/// Whether a 403 is about a policy and not about the token: for an unknown token there is a second error.
fn lacks_policy_only(text: &str) -> bool {
    text.contains("1 error occurred") && !text.contains("invalid token")
}

/// Vault's own words: the list `errors`, on one line.
fn words(answer: &Answer) -> String {
    let document = answer.json().unwrap_or_default();
    let errors = document["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let words: Vec<&str> = errors.flat_map(str::split_whitespace).collect();
    if words.is_empty() { answer.excerpt() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_health_has_its_class() {
        let table = [
            (200, true, false, None),
            (429, true, false, None),
            (473, true, false, None),
            (472, true, false, Some("vault.recovery_secondary")),
            (501, false, true, Some("vault.not_initialized")),
            (503, true, true, Some("vault.sealed")),
            (500, true, false, Some("vault.error")),
        ];
        for (code, initialized, sealed, name) in table {
            let status = StatusCode::from_u16(code).expect("it is a status");
            let health = json!({ "initialized": initialized, "sealed": sealed });
            assert_eq!(unfit(status, &health).map(|(class, _)| class.name), name, "{code}");
        }
    }

    #[test]
    fn a_token_that_may_not_look_at_itself_is_not_a_bad_one() {
        assert!(lacks_policy_only("1 error occurred:\n\t* permission denied\n\n"));
        assert!(!lacks_policy_only("2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"));
        assert!(!lacks_policy_only("permission denied"));
    }
}
