//! One Consul agent: requests with its token, consistency and index, and what they returned.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep_until};

use super::ConsulSettings;
use super::request::Target;
use super::wire;
use crate::http::{Client, Request, Response};
use crate::{Backend, Cause, SourceError};

/// A blocking query's answer may be later than its wait by a sixteenth, and by the time it takes to be made.
const LATE: Duration = Duration::from_secs(10);
/// How long what the throttling server asked for may hold up all requests.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Speaks to the agent. Shared by all who ask.
#[derive(Debug)]
pub(super) struct Agent {
    client: Client,
    pub(super) settings: ConsulSettings,
    token: Mutex<TokenFile>,
    node_name: OnceCell<String>,
    paused_until: Mutex<Option<Instant>>,
    has_access_control: OnceCell<bool>,
}

/// The token file as it was when it was last read.
#[derive(Debug, Default)]
struct TokenFile {
    modified: Option<SystemTime>,
    text: String,
}

/// What to ask.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) target: Target,
    /// Waits for a change after that index.
    pub(super) after: Option<u64>,
    /// The bound of the answer, in bytes.
    pub(super) longest_body: Option<usize>,
    /// Whether an answer of status 404 says that there is nothing.
    pub(super) may_be_absent: bool,
}

/// What the agent answered.
#[derive(Debug)]
pub(super) struct Reply {
    /// None for what is not there.
    pub(super) body: Option<Bytes>,
    /// The index, none where the endpoint has none.
    pub(super) index: Option<u64>,
}

impl Question {
    pub(super) fn new(target: Target) -> Self {
        Self { target, after: None, longest_body: None, may_be_absent: false }
    }
}

impl Agent {
    pub(super) fn new(settings: ConsulSettings) -> Result<Self, SourceError> {
        Ok(Self {
            client: Client::new(Backend::Consul, &settings.http, ConsulSettings::CONNECTIONS)?,
            settings,
            token: Mutex::default(),
            node_name: OnceCell::new(),
            paused_until: Mutex::new(None),
            has_access_control: OnceCell::new(),
        })
    }

    /// How many connections there may be.
    pub(super) fn connections(&self) -> usize {
        match self.settings.http.max_connections {
            0 => ConsulSettings::CONNECTIONS,
            most => most,
        }
    }

    /// How many connections are open now.
    pub(super) fn open_connections(&self) -> usize {
        self.client.open_connections()
    }

    /// Asks, of any server if that may be and the answer is fresh enough, else of the leader.
    ///
    /// A wait that breaks is not begun again with its index: a server that was restarted may have lost its history, and
    /// would let us wait for what it had. It is asked anew instead.
    pub(super) async fn ask(&self, question: &Question) -> Result<Reply, SourceError> {
        match self.ask_fresh(question).await {
            Err(error) if question.after.is_some() && error.cause == Cause::Closed => {
                self.ask_fresh(&Question { after: None, ..question.clone() }).await
            }
            outcome => outcome,
        }
    }

    async fn ask_fresh(&self, question: &Question) -> Result<Reply, SourceError> {
        let max_stale = self.settings.max_stale;
        if max_stale.is_zero() {
            return self.ask_leader(question).await;
        }
        let (reply, age) = self.ask_once(question, true).await?;
        if age <= max_stale {
            return Ok(reply);
        }
        self.ask_leader(question).await
    }

    /// Asks the leader.
    pub(super) async fn ask_leader(&self, question: &Question) -> Result<Reply, SourceError> {
        self.ask_once(question, false).await.map(|(reply, _)| reply)
    }

    /// The name of the agent's own node.
    pub(super) async fn node_name(&self) -> Result<&str, SourceError> {
        let name = self.node_name.get_or_try_init(|| async {
            let target = Target::new("agent/self", "");
            let (reply, _) = self.ask_once(&Question::new(target), false).await?;
            wire::agent_name(&reply.body.unwrap_or_default()).map_err(|error| self.garbled(&error))
        });
        name.await.map(String::as_str)
    }

    /// Whether a key may be hidden from us: where access control is on, a list leaves out in silence what the token may
    /// not read. What cannot be found out counts as yes.
    pub(super) async fn has_access_control(&self) -> bool {
        let found = self.has_access_control.get_or_try_init(|| async {
            let request = self.request(&Target::new("acl/token/self", ""));
            let response = self.client.send(&request).await?;
            let is_off = response.status == StatusCode::UNAUTHORIZED
                && String::from_utf8_lossy(&response.body).contains("ACL support disabled");
            Ok::<bool, SourceError>(!is_off)
        });
        found.await.copied().unwrap_or(true)
    }

    /// The error of an answer that cannot be read.
    pub(super) fn garbled(&self, error: &serde_json::Error) -> SourceError {
        self.client.error(Cause::BadAnswer, &format!("answered what cannot be read: {error}"))
    }

    async fn ask_once(&self, question: &Question, stale: bool) -> Result<(Reply, Duration), SourceError> {
        self.pause().await;
        let mut target = question.target.clone();
        if stale {
            target = target.flagged("stale");
        }
        if let Some(index) = question.after {
            let wait = self.settings.block_query_wait.as_millis();
            target = target.with("index", &index.to_string()).with("wait", &format!("{wait}ms"));
        }
        let mut request = self.request(&target);
        if question.after.is_some() {
            let wait = self.settings.block_query_wait;
            request = request.patience(wait + wait / 16 + LATE).not_repeatable();
        }
        if let Some(longest) = question.longest_body {
            request = request.longest_body(longest);
        }
        let response = self.client.send(&request).await?;
        self.read(response, question.may_be_absent)
    }

    fn request(&self, target: &Target) -> Request {
        let settings = &self.settings;
        let target = target
            .clone()
            .with_default("ns", settings.namespace.as_deref())
            .with_default("partition", settings.partition.as_deref());
        let request = Request::get(target.path_and_query());
        match self.token() {
            token if token.is_empty() => request,
            token => request.header("x-consul-token", &token),
        }
    }

    fn read(&self, response: Response, may_be_absent: bool) -> Result<(Reply, Duration), SourceError> {
        let body = match response.status {
            StatusCode::NOT_FOUND if may_be_absent => None,
            status if status.is_success() => Some(response.body.clone()),
            _ => return Err(self.refused(&response)),
        };
        let age = Duration::from_millis(number(&response.headers, "x-consul-lastcontact").unwrap_or(0));
        Ok((Reply { body, index: number(&response.headers, "x-consul-index") }, age))
    }

    fn refused(&self, response: &Response) -> SourceError {
        let mut error = self.client.refusal(response);
        if error.cause == Cause::NotFound || error.cause == Cause::BadRequest && is_unknown_path(response) {
            error.cause = Cause::NotSupported;
            error.evidence = format!("{} has no such thing to ask for", self.client.place()).into();
            error.hint = Some("this needs a newer Consul, or Consul Enterprise".into());
        }
        if error.cause == Cause::Denied {
            error.hint = self.advice_on_the_token(response).map(Into::into);
        }
        if error.cause == Cause::Throttled {
            let wait = error.retry_after.unwrap_or(Duration::from_secs(1)).min(LONGEST_PAUSE);
            *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + wait);
        }
        error
    }

    /// What to try where it is not a policy that is missing.
    fn advice_on_the_token(&self, response: &Response) -> Option<&'static str> {
        if String::from_utf8_lossy(&response.body).contains("ACL not found") {
            return Some("Consul does not know this token: it is wrong, was deleted or has expired");
        }
        let is_anonymous = self.token().is_empty();
        is_anonymous.then_some("no token was given: set CONSUL_HTTP_TOKEN, or the token of consul")
    }

    /// After a 429 nobody asks anything for as long as the server said.
    async fn pause(&self) {
        let until = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until.filter(|until| *until > Instant::now()) {
            sleep_until(until).await;
        }
    }

    /// The token of the settings, else of the file, which is read again when it has changed.
    fn token(&self) -> String {
        if !self.settings.token.is_empty() {
            return self.settings.token.reveal().to_owned();
        }
        let Some(path) = &self.settings.token_file else { return String::new() };
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        if modified.is_none() || modified != token.modified {
            // While the file is away its last token is still the best there is.
            if let Ok(text) = std::fs::read_to_string(path) {
                text.trim().clone_into(&mut token.text);
                token.modified = modified;
            }
        }
        token.text.clone()
    }
}

fn is_unknown_path(response: &Response) -> bool {
    String::from_utf8_lossy(&response.body).contains("Invalid URL path")
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}
