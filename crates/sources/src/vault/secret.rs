//! What Vault answers with: data, lease, login, wrapping. The fields are those of "API response" in Vault's
//! documentation.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::json::{Json, NotJson};

/// The members of an object.
pub type Members = BTreeMap<Arc<str>, Json>;

/// One answer of Vault. Two are equal when they say the same, whichever requests they answer.
#[derive(Clone, Default)]
pub struct Secret {
    /// Which request it answers.
    pub request_id: String,
    /// The lease's name, empty where there is none.
    pub lease_id: String,
    /// Seconds that the lease lasts; 0 where there is none.
    pub lease_duration: i64,
    /// Whether the lease can be renewed.
    pub renewable: bool,
    /// The values themselves.
    pub data: Option<Arc<Members>>,
    /// What Vault has to say about the request.
    pub warnings: Vec<String>,
    /// The login, in the answer to one.
    pub auth: Option<Auth>,
    /// Where the answer is kept, if it was asked for wrapped.
    pub wrap_info: Option<WrapInfo>,
}

/// A login.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Auth {
    /// The token that requests are made with.
    pub client_token: String,
    /// The token's name, by which it can be looked up and revoked.
    pub accessor: String,
    /// What the token may do.
    pub policies: Vec<String>,
    /// What the login method says of who logged in.
    pub metadata: BTreeMap<String, String>,
    /// Seconds that the token lives; 0 for ever.
    pub lease_duration: i64,
    /// Whether the token can be renewed.
    pub renewable: bool,
}

/// A wrapped answer.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct WrapInfo {
    /// The token that unwraps it, once.
    pub token: String,
    /// Seconds until the token is worthless.
    pub ttl: i64,
    /// When it was wrapped, as Vault writes it (RFC 3339).
    pub creation_time: String,
    /// The accessor of the token that is wrapped, if it is one.
    pub wrapped_accessor: String,
}

impl Secret {
    /// Reads an answer's body; `None` when it is empty or tells of errors only. An object that is not in Vault's form
    /// is the data itself, as some endpoints answer.
    ///
    /// # Errors
    /// When it is not a JSON object. The error quotes nothing of it.
    pub fn parse(body: &[u8]) -> Result<Option<Self>, NotJson> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        let Json::Map(members) = Json::parse(body)? else { return Ok(None) };
        let secret = Self::of(&members);
        let told_nothing = secret == Self::default() && secret.request_id.is_empty();
        if told_nothing && (members.is_empty() || members.contains_key("errors")) {
            return Ok(None);
        }
        Ok(Some(if told_nothing { Self { data: Some(members), ..secret } } else { secret }))
    }

    /// Seconds of the login or, if it is none, of the lease.
    pub(super) fn granted(&self) -> Option<u64> {
        let login = self.auth.as_ref().map(|auth| auth.lease_duration).filter(|seconds| *seconds > 0);
        u64::try_from(login.unwrap_or(self.lease_duration)).ok().filter(|seconds| *seconds > 0)
    }

    /// Whether the login or, if it is none, the lease can be renewed.
    pub(super) fn can_be_renewed(&self) -> bool {
        self.auth.as_ref().map_or(self.renewable, |auth| auth.renewable)
    }

    /// When a version 2 key-value secret was deleted, as Vault writes it.
    pub(super) fn deletion_time(&self) -> Option<&str> {
        let metadata = self.data.as_ref()?.get("metadata")?.as_map()?;
        metadata.get("deletion_time")?.as_str().filter(|time| !time.is_empty())
    }

    /// Calls `found` with every text that must never be shown: the data's values, and tokens. Numbers are not among
    /// them: to take every 1 or 5432 out of the log would hide the log.
    pub fn each_sensitive_text(&self, found: &mut impl FnMut(&str)) {
        let is_versioned = |data: &Members| matches!(data.get("data"), Some(Json::Map(_)));
        let data = self.data.iter().flat_map(|data| {
            let skipped = is_versioned(data).then_some("metadata");
            data.iter().filter(move |(name, _)| Some(name.as_ref()) != skipped).map(|(_, value)| value)
        });
        let mut present = |text: &str| {
            if !text.is_empty() {
                found(text);
            }
        };
        data.for_each(|value| value.each_text(&mut |text| present(text)));
        let tokens = self.auth.iter().map(|auth| &auth.client_token);
        let tokens = tokens.chain(self.wrap_info.iter().map(|wrapped| &wrapped.token));
        tokens.for_each(|token| present(token));
    }

    fn of(members: &Members) -> Self {
        let object = |name: &str| members.get(name).and_then(Json::as_map);
        Self {
            request_id: text(members, "request_id"),
            lease_id: text(members, "lease_id"),
            lease_duration: number(members, "lease_duration"),
            renewable: truth(members, "renewable"),
            data: match members.get("data") {
                Some(Json::Map(data)) => Some(Arc::clone(data)),
                _ => None,
            },
            warnings: texts(members, "warnings"),
            auth: object("auth").map(Auth::of),
            wrap_info: object("wrap_info").map(WrapInfo::of),
        }
    }
}

impl Auth {
    fn of(members: &Members) -> Self {
        let metadata = members.get("metadata").and_then(Json::as_map).into_iter().flatten();
        let metadata =
            metadata.filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned())));
        Self {
            client_token: text(members, "client_token"),
            accessor: text(members, "accessor"),
            policies: texts(members, "policies"),
            metadata: metadata.collect(),
            lease_duration: number(members, "lease_duration"),
            renewable: truth(members, "renewable"),
        }
    }
}

impl WrapInfo {
    fn of(members: &Members) -> Self {
        Self {
            token: text(members, "token"),
            ttl: number(members, "ttl"),
            creation_time: text(members, "creation_time"),
            wrapped_accessor: text(members, "wrapped_accessor"),
        }
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let leases = |secret: &Self| (secret.lease_duration, secret.renewable);
        self.lease_id == other.lease_id
            && leases(self) == leases(other)
            && self.data == other.data
            && self.warnings == other.warnings
            && self.auth == other.auth
            && self.wrap_info == other.wrap_info
    }
}

impl Eq for Secret {}

/// The values stay unsaid.
impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Option<Vec<&str>> =
            self.data.as_ref().map(|data| data.keys().map(AsRef::as_ref).collect());
        formatter
            .debug_struct("Secret")
            .field("lease_duration", &self.lease_duration)
            .field("renewable", &self.renewable)
            .field("names", &names)
            .finish_non_exhaustive()
    }
}

/// The token stays unsaid.
impl fmt::Debug for Auth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Auth").field("policies", &self.policies).finish_non_exhaustive()
    }
}

/// The token stays unsaid.
impl fmt::Debug for WrapInfo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WrapInfo").field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

pub(super) fn text(members: &Members, name: &str) -> String {
    members.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn number(members: &Members, name: &str) -> i64 {
    members.get(name).and_then(Json::as_i64).unwrap_or_default()
}

fn truth(members: &Members, name: &str) -> bool {
    matches!(members.get(name), Some(Json::Bool(true)))
}

pub(super) fn texts(members: &Members, name: &str) -> Vec<String> {
    let list = members.get(name).and_then(Json::as_list).unwrap_or_default();
    list.iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"request_id":"r","lease_id":"l","lease_duration":60,"renewable":true,
        "data":{"port":5432,"nested":{"password":"hot"},"list":["a"]},"warnings":["old"],
        "auth":{"client_token":"hvs.t","accessor":"x","policies":["p"],"metadata":{"role":"web"},
                "lease_duration":90,"renewable":false},
        "wrap_info":{"token":"hvs.w","ttl":30,"creation_time":"2026-11-21T11:30:00Z","wrapped_accessor":"y"}}"#;

    #[test]
    fn every_part_is_read() {
        let secret = Secret::parse(WHOLE.as_bytes()).unwrap().unwrap();
        assert_eq!((secret.lease_id.as_str(), secret.lease_duration, secret.renewable), ("l", 60, true));
        let data = secret.data.as_ref().unwrap();
        assert_eq!(data["port"], Json::Number("5432".into()));
        assert_eq!(secret.warnings, ["old"]);
        let auth = secret.auth.as_ref().unwrap();
        assert_eq!((auth.client_token.as_str(), auth.metadata["role"].as_str()), ("hvs.t", "web"));
        assert_eq!(secret.wrap_info.as_ref().unwrap().ttl, 30);
        assert_eq!(secret.granted(), Some(90), "the login's lease comes first");
        assert!(!secret.can_be_renewed());
    }

    #[test]
    fn an_answer_without_a_body_or_with_errors_only_is_none() {
        for body in ["", " \n", r#"{"errors":[]}"#, r#"{"errors":["no"],"request_id":""}"#, "{}"] {
            assert_eq!(Secret::parse(body.as_bytes()).unwrap(), None, "{body}");
        }
        assert!(Secret::parse(b"<html>").is_err());
    }

    #[test]
    fn an_answer_in_no_form_is_data() {
        let secret = Secret::parse(br#"{"keys":["a"]}"#).unwrap().unwrap();
        assert!(secret.data.unwrap().contains_key("keys"));
    }

    #[test]
    fn all_that_must_not_be_shown_is_told() {
        let mut found = Vec::new();
        let secret = Secret::parse(WHOLE.as_bytes()).unwrap().unwrap();
        secret.each_sensitive_text(&mut |text| found.push(text.to_owned()));
        found.sort();
        assert_eq!(found, ["a", "hot", "hvs.t", "hvs.w"]);
    }

    #[test]
    fn what_version_2_says_about_a_secret_is_no_secret() {
        let mut found = Vec::new();
        let body =
            br#"{"data":{"data":{"password":"hot"},"metadata":{"created_time":"2026-11-21T11:30:00Z"}}}"#;
        let secret = Secret::parse(body).unwrap().unwrap();
        secret.each_sensitive_text(&mut |text| found.push(text.to_owned()));
        assert_eq!(found, ["hot"]);
    }

    #[test]
    fn the_same_answer_to_another_request_is_the_same() {
        let read = |body: &str| Secret::parse(body.as_bytes()).unwrap().unwrap();
        let first = read(r#"{"request_id":"1","data":{"a":"b"}}"#);
        assert_eq!(first, read(r#"{"request_id":"2","data":{"a":"b"}}"#));
        assert_ne!(first, read(r#"{"request_id":"1","data":{"a":"c"}}"#));
        assert_ne!(first, read(r#"{"request_id":"1","lease_id":"l","data":{"a":"b"}}"#));
    }

    #[test]
    fn debugging_shows_no_value() {
        let shown = format!("{:?}", Secret::parse(WHOLE.as_bytes()).unwrap().unwrap());
        assert!(!shown.contains("hot") && !shown.contains("hvs."), "{shown}");
        assert!(shown.contains("nested"), "{shown}");
    }
}
