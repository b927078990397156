//! Whether a path may be read, and whether a key-value secret is there.

use preflight_contract::Attribute;
use serde_json::{Value, json};

use super::{Visit, words};
use crate::checkers::rest::path_of;
use crate::kinds::vault as kind;
use crate::{Failure, Probe};

/// The capabilities with which a service can use a path; see Vault's "Policies".
const USEFUL: [&str; 5] = ["read", "list", "create", "update", "root"];

impl Visit<'_> {
    /// Asks what the token may do with the path, which touches nothing.
    pub(super) async fn may_read(&self, probe: &Probe, path: &str) -> Result<(), Failure> {
        let name = path.trim_matches('/');
        let body = json!({ "paths": [name] });
        let answer = self.rest.post(probe, "/v1/sys/capabilities-self", &body).await?;
        let document = answer.json().unwrap_or_default();
        let Some(granted) = capabilities(&document, name) else {
            return Err(self.refused(&kind::NOT_PERMITTED, "to say what the token may do", &answer));
        };
        if granted.iter().any(|one| USEFUL.contains(&one.as_str())) {
            return Ok(());
        }
        let evidence =
            format!("{} lets the token do nothing with {name}: {}", self.rest.reached(), granted.join(", "));
        Err(Failure::new(&kind::NOT_PERMITTED, evidence))
    }

    /// Reads the path if it is in a key-value engine: any other would make credentials of it.
    pub(super) async fn exists(&self, probe: &Probe, path: &str) -> Result<(), Failure> {
        let name = path.trim_matches('/');
        let encoded = path_of(name);
        let mount = self.rest.get(probe, &format!("/v1/sys/internal/ui/mounts/{encoded}")).await?;
        let mount = mount.json().unwrap_or_default()["data"].take();
        if mount["type"] != "kv" || path.ends_with('/') {
            return Ok(());
        }
        let answer = self.rest.get(probe, &format!("/v1/{encoded}")).await?;
        match answer.status.as_u16() {
            404 => {
                let evidence = format!("{} has no secret at {name}", self.rest.reached());
                let failure = Failure::new(&kind::NO_SUCH_SECRET, evidence);
                Err(match better_path(&mount, name) {
                    Some(better) => failure.with_hint(format!(
                        "the engine is of version 2: {} must be {better}",
                        self.item.name_of(Attribute::Path)
                    )),
                    None => failure,
                })
            }
            // Who may only write there is refused, and needs no more.
            200 | 403 => Ok(()),
            429 => Err(self.refused(&kind::RATE_LIMITED, &format!("to read {name}"), &answer)),
            status => Err(Failure::new(
                &kind::ERROR,
                format!("{} answered {status} for {name}: {}", self.rest.reached(), words(&answer)),
            )),
        }
    }
}

/// What is granted for a path, from the answer of `capabilities-self`.
fn capabilities(document: &Value, path: &str) -> Option<Vec<String>> {
    let list = document["data"][path].as_array()?;
    Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// The path with `data/` after the mount, if the engine wants it and it is not there.
fn better_path(mount: &Value, path: &str) -> Option<String> {
    let engine = mount["path"].as_str()?;
    let rest = path.strip_prefix(engine)?;
    let second = mount["options"]["version"] == "2";
    (second && !rest.starts_with("data/")).then(|| format!("{engine}data/{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_2_engine_wants_data_after_the_mount() {
        let second = json!({ "path": "secret/", "type": "kv", "options": { "version": "2" } });
        assert_eq!(better_path(&second, "secret/app").as_deref(), Some("secret/data/app"));
        assert_eq!(better_path(&second, "secret/data/app"), None);
        let first = json!({ "path": "secret/", "type": "kv", "options": null });
        assert_eq!(better_path(&first, "secret/app"), None);
    }
}
