//! Vault's HTTP API: requests in its form, refusals with their causes. See "HTTP API" in Vault's documentation.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use http::{Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::json::Json;
use super::secret::{Members, Secret, texts};
use super::settings::VaultSettings;
use crate::http::{Client, Request, Response, excerpt};
use crate::{Backend, Cause, HttpSettings, SourceError};

/// How many connections are open at most when the settings do not say.
const CONNECTIONS: usize = 8;
/// What needs no escape in a path.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b':');
/// What needs no escape in a query.
const PARAMETER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One Vault.
#[derive(Debug)]
pub(super) struct Api {
    client: Client,
    http: HttpSettings,
    namespace: String,
    user_agent: Option<String>,
    /// The node that the one we know sends us to: itself it is a standby.
    active: Mutex<Option<(String, Client)>>,
}

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Ask<'ask> {
    method: Method,
    path: Cow<'ask, str>,
    parameters: &'ask [(String, String)],
    body: Option<Json>,
}

impl<'ask> Ask<'ask> {
    /// Reads a path, which begins behind `/v1/`.
    pub(super) fn read(path: impl Into<Cow<'ask, str>>, parameters: &'ask [(String, String)]) -> Self {
        Self { method: Method::GET, path: path.into(), parameters, body: None }
    }

    /// Writes an object to a path.
    pub(super) fn write(path: impl Into<Cow<'ask, str>>, members: Members) -> Self {
        let body = Some(Json::Map(members.into()));
        Self { method: Method::PUT, path: path.into(), parameters: &[], body }
    }

    /// What a policy has to say for this to be allowed, in Vault's form.
    pub(super) fn policy(&self) -> String {
        let is_list = self.parameters.iter().any(|(name, _)| name == "list");
        let capability = match self.method {
            Method::GET if is_list => "list",
            Method::GET => "read",
            _ => "update",
        };
        format!("give the token a policy with: path {:?} {{ capabilities = [{capability:?}] }}", self.path)
    }

    fn target(&self) -> String {
        let mut target = format!("/v1/{}", utf8_percent_encode(&self.path, PATH));
        for (position, (name, value)) in self.parameters.iter().enumerate() {
            target.push(if position == 0 { '?' } else { '&' });
            target.extend(utf8_percent_encode(name, PARAMETER));
            target.push('=');
            target.extend(utf8_percent_encode(value, PARAMETER));
        }
        target
    }
}

impl Api {
    pub(super) fn new(settings: &VaultSettings) -> Result<Self, SourceError> {
        Ok(Self {
            client: Client::new(Backend::Vault, &settings.http, CONNECTIONS)?,
            http: settings.http.clone(),
            namespace: settings.namespace.trim_matches('/').to_owned(),
            user_agent: settings.user_agent.clone(),
            active: Mutex::new(None),
        })
    }

    /// The namespace that requests are made in, without slashes at its ends.
    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Where Vault is, fit to be shown.
    pub(super) fn place(&self) -> &str {
        self.client.place()
    }

    /// Asks; `None` when there is nothing.
    ///
    /// # Errors
    /// The causes below HTTP, and a refusal's.
    pub(super) async fn ask(
        &self,
        ask: &Ask<'_>,
        token: Option<&str>,
    ) -> Result<Option<Secret>, SourceError> {
        let response = self.send(&self.request(ask, token)).await?;
        match response.status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => self.parse(&response),
            _ => Err(self.refusal(&response, token).await),
        }
    }

    fn request(&self, ask: &Ask<'_>, token: Option<&str>) -> Request {
        let mut request = Request::new(ask.method.clone(), ask.target()).header("x-vault-request", "true");
        if let Some(token) = token {
            request = request.header("x-vault-token", token);
        }
        if !self.namespace.is_empty() {
            request = request.header("x-vault-namespace", &format!("{}/", self.namespace));
        }
        if let Some(agent) = &self.user_agent {
            request = request.header("user-agent", agent);
        }
        if let Some(body) = &ask.body {
            let mut text = String::new();
            body.write(&mut text);
            request = request.header("content-type", "application/json").body(text);
        }
        request
    }

    /// Sends, and once more to the active node when a standby says where that is.
    async fn send(&self, request: &Request) -> Result<Response, SourceError> {
        let known = self.active().clone();
        if let Some((_, active)) = known {
            match active.send(request).await {
                Ok(response) if !response.status.is_redirection() => return Ok(response),
                // It is active no longer, or gone: the one we were given knows better.
                _ => *self.active() = None,
            }
        }
        let response = self.client.send(request).await?;
        let is_moved =
            matches!(response.status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        match response.header("location").filter(|_| is_moved).and_then(origin) {
            Some(origin) => self.follow(origin, request).await,
            None => Ok(response),
        }
    }

    async fn follow(&self, origin: &str, request: &Request) -> Result<Response, SourceError> {
        let settings = HttpSettings { address: origin.to_owned(), ..self.http.clone() };
        let active = Client::new(Backend::Vault, &settings, CONNECTIONS)?;
        let response = active.send(request).await?;
        *self.active() = Some((origin.to_owned(), active));
        Ok(response)
    }

    fn active(&self) -> std::sync::MutexGuard<'_, Option<(String, Client)>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parse(&self, response: &Response) -> Result<Option<Secret>, SourceError> {
        Secret::parse(&response.body).map_err(|error| {
            self.client.error(Cause::BadAnswer, "answered something that is not JSON").with_source(error)
        })
    }

    async fn refusal(&self, response: &Response, token: Option<&str>) -> SourceError {
        let said = said(&response.body, token);
        let mut error = self.client.refusal(response);
        let status = response.status.as_u16();
        error.cause = match status {
            412 | 472 | 473 => Cause::VaultStandby,
            500 if said.contains("not active") => Cause::VaultStandby,
            503 => self.why_unavailable(&said).await,
            _ => error.cause,
        };
        let answered = if said.is_empty() { format!("status {status}") } else { said };
        let place = self.place();
        error.evidence = match error.cause {
            Cause::VaultSealed => format!("{place} is sealed"),
            Cause::VaultUninitialised => format!("{place} has never been initialised"),
            Cause::VaultStandby => format!("{place} is not the active node: {answered}"),
            Cause::Denied => format!("{place} denied it: {answered}"),
            _ => format!("{place} answered {status}: {answered}"),
        }
        .into();
        error
    }

    /// Vault says "sealed" when it was never initialised, too; its seal status tells the two apart.
    async fn why_unavailable(&self, said: &str) -> Cause {
        if !said.contains("sealed") {
            return Cause::ServerFailed;
        }
        let status = Request::get("/v1/sys/seal-status").header("x-vault-request", "true");
        let answer = self.client.send(&status).await.ok();
        let told = answer.and_then(|answer| Json::parse(&answer.body).ok());
        match told.as_ref().and_then(|told| told.as_map()?.get("initialized")) {
            Some(Json::Bool(false)) => Cause::VaultUninitialised,
            _ => Cause::VaultSealed,
        }
    }
}

/// Scheme, host and port of a URL.
fn origin(location: &str) -> Option<&str> {
    let host = location.find("://")? + 3;
    let end = location[host..].find('/').map_or(location.len(), |slash| host + slash);
    Some(&location[..end])
}

/// What a refusal says, on one line and without the token.
fn said(body: &[u8], token: Option<&str>) -> String {
    let errors = match Json::parse(body) {
        Ok(Json::Map(members)) => texts(&members, "errors").join(", "),
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    let errors = match token.filter(|token| !token.is_empty()) {
        Some(token) => errors.replace(token, "[token]"),
        None => errors,
    };
    // "1 error occurred:\n\t* permission denied\n\n"
    let listed = errors.split_once("occurred:").map_or(errors.as_str(), |(_, listed)| listed);
    let parts = listed.split('*').map(str::trim).filter(|part| !part.is_empty());
    excerpt(parts.collect::<Vec<_>>().join(", ").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_on_one_line_without_the_token() {
        let body =
            br#"{"errors":["2 errors occurred:\n\t* permission denied\n\t* invalid token hvs.abc\n\n"]}"#;
        assert_eq!(said(body, Some("hvs.abc")), "permission denied, invalid token [token]");
        assert_eq!(said(br#"{"errors":["Vault is sealed"]}"#, None), "Vault is sealed");
        assert_eq!(said(b"<html>\nBad gateway", None), "<html> Bad gateway");
        assert_eq!(said(br#"{"errors":[]}"#, None), "");
    }

    #[test]
    fn paths_and_parameters_are_escaped() {
        let parameters = [("version".to_owned(), "2".to_owned()), ("a b".to_owned(), "&".to_owned())];
        let ask = Ask::read("secret/data/a b/é?#", &parameters);
        assert_eq!(ask.target(), "/v1/secret/data/a%20b/%C3%A9%3F%23?version=2&a%20b=%26");
    }

    #[test]
    fn a_refused_request_says_which_policy_it_lacks() {
        let expected = r#"give the token a policy with: path "secret/data/a" { capabilities = ["read"] }"#;
        assert_eq!(Ask::read("secret/data/a", &[]).policy(), expected);
        let list = [("list".to_owned(), "true".to_owned())];
        assert!(Ask::read("secret/metadata", &list).policy().contains(r#"["list"]"#));
        assert!(Ask::write("pki/issue/web", Members::new()).policy().contains(r#"["update"]"#));
    }

    #[test]
    fn where_a_standby_sends_us() {
        assert_eq!(origin("https://vault-2:8200/v1/secret/data/a?b=c"), Some("https://vault-2:8200"));
        assert_eq!(origin("http://10.0.0.1:8200"), Some("http://10.0.0.1:8200"));
        assert_eq!(origin("/v1/secret"), None);
    }
}
