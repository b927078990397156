//! What Elasticsearch and OpenSearch answer, and which class that is.

use http::StatusCode;
use serde_json::Value;

use crate::Class;
use crate::kinds::elasticsearch as kind;
use crate::net::http::Answer;

/// An answer that is not a success.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    /// `index_not_found_exception` and its like; empty when the answer is no such document.
    error: String,
    /// The product's own words.
    pub(super) words: String,
}

impl Refusal {
    pub(super) fn of(answer: &Answer) -> Self {
        let document = answer.json().unwrap_or_default();
        let error = &document["error"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            error: text(&error["type"]).unwrap_or_default(),
            words: text(&error["reason"]).or_else(|| text(error)).unwrap_or_else(|| answer.excerpt()),
        }
    }

    /// Whether it is in the product's form. OpenSearch's security plugin answers in plain text, but names itself.
    pub(super) fn is_from_the_product(&self) -> bool {
        !self.error.is_empty() || self.words.contains("OpenSearch Security")
    }

    pub(super) fn class(&self, status: StatusCode, anonymous: bool) -> &'static Class {
        match (status.as_u16(), self.error.as_str()) {
            (401, _) if anonymous => &kind::PASSWORD_REQUIRED,
            (401, _) => &kind::BAD_PASSWORD,
            (403, "cluster_block_exception") => &kind::INDEX_READ_ONLY,
            (403, _) => &kind::NOT_PERMITTED,
            (404, _) => &kind::NO_SUCH_INDEX,
            (400, "index_closed_exception") => &kind::INDEX_CLOSED,
            (429, _) => &kind::OVERLOADED,
            (503, "search_phase_execution_exception" | "no_shard_available_action_exception") => &kind::RED,
            (503, _) => &kind::NO_LEADER,
            _ => &kind::ERROR,
        }
    }
}

/// Name and version of the product, from its greeting; none for any other document.
pub(super) fn product(greeting: &Value) -> Option<String> {
    let version = greeting["version"]["number"].as_str()?;
    let tagline = greeting["tagline"].as_str()?;
    let opensearch = greeting["version"]["distribution"] == "opensearch" || tagline.contains("OpenSearch");
    Some(format!("{} {version}", if opensearch { "OpenSearch" } else { "Elasticsearch" }))
}

/// The setting that keeps an index from being written, if one is on.
pub(super) fn write_block(settings: &Value) -> Option<String> {
    settings.as_object()?.values().find_map(|index| {
        let blocks = index["settings"]["index"]["blocks"].as_object()?;
        let on = |name: &&str| blocks.get(*name).is_some_and(|value| value == "true" || *value == true);
        let block = ["read_only_allow_delete", "read_only", "write"].into_iter().find(on)?;
        Some(format!("index.blocks.{block}"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(error: &str) -> Refusal {
        Refusal { error: error.to_owned(), words: String::new() }
    }

    #[test]
    fn every_refusal_has_its_class() {
        let table = [
            (401, "security_exception", "elasticsearch.bad_password"),
            (403, "security_exception", "elasticsearch.not_permitted"),
            (403, "cluster_block_exception", "elasticsearch.index_read_only"),
            (404, "index_not_found_exception", "elasticsearch.no_such_index"),
            (400, "index_closed_exception", "elasticsearch.index_closed"),
            (429, "circuit_breaking_exception", "elasticsearch.overloaded"),
            (503, "master_not_discovered_exception", "elasticsearch.no_leader"),
            (503, "search_phase_execution_exception", "elasticsearch.red"),
            (500, "null_pointer_exception", "elasticsearch.error"),
        ];
        for (code, error, name) in table {
            let status = StatusCode::from_u16(code).expect("it is a status");
            assert_eq!(refusal(error).class(status, false).name, name, "{code} {error}");
        }
        assert_eq!(refusal("").class(StatusCode::UNAUTHORIZED, true).name, "elasticsearch.password_required");
    }

    #[test]
    fn a_block_is_found_whatever_the_index_is_called() {
        let blocked = json!({ "pickles-7": { "settings": { "index": { "blocks": { "read_only_allow_delete": "true" } } } } });
        assert_eq!(write_block(&blocked).as_deref(), Some("index.blocks.read_only_allow_delete"));
        assert_eq!(write_block(&json!({})), None);
    }
}
