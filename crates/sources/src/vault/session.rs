//! The token that all requests are made with: given, read from a file or logged in for; kept alive, and got anew when
//! it has died.

use std::sync::{Arc, Mutex as Lock, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::task::AbortHandle;

use super::api::{Api, Ask};
use super::json::Json;
use super::lease::{AfterRenewal, Renewals};
use super::login;
use super::secret::{Auth, Members, Secret};
use super::settings::{VaultLogin, VaultSettings};
use crate::{Backend, Cause, SourceError};

/// For how long the failure of one login is everybody's: many queries wait for the same one.
const SHARED_FAILURE: Duration = Duration::from_secs(1);
/// How old what is known of a token file may be.
const FILE_AGE: Duration = Duration::from_secs(1);
/// The least pause before a renewal is tried again.
const RENEWAL_RETRY: Duration = Duration::from_secs(1);
/// The part of its life after which a token that cannot be renewed is replaced.
const REPLACED_AT: f64 = 0.9;

/// A token, shared with those who use it.
pub(super) type Token = Arc<str>;

/// Who we are.
#[derive(Debug)]
pub(super) struct Session {
    api: Arc<Api>,
    login: VaultLogin,
    unwraps: bool,
    renews: bool,
    state: Mutex<State>,
    renewal: Lock<Option<AbortHandle>>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    /// What the token file held when the token was made of it, and when that was last looked at.
    file: Option<(String, Instant)>,
    failure: Option<(Instant, SourceError)>,
}

/// The token stays unsaid.
impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").field("has_token", &self.token.is_some()).finish_non_exhaustive()
    }
}

impl Session {
    pub(super) fn new(api: Arc<Api>, settings: &VaultSettings) -> Arc<Self> {
        Arc::new(Self {
            api,
            login: settings.login.clone(),
            unwraps: settings.unwrap_token,
            renews: settings.renew_token,
            state: Mutex::default(),
            renewal: Lock::default(),
        })
    }

    /// The token to ask with; none where nobody is to log in. One login serves all who wait for it.
    ///
    /// # Errors
    /// Why there is no token.
    pub(super) async fn token(self: &Arc<Self>) -> Result<Option<Token>, SourceError> {
        if self.login == VaultLogin::Nobody {
            return Ok(None);
        }
        let mut state = self.state.lock().await;
        self.look_at_file(&mut state).await?;
        if let Some(token) = &state.token {
            return Ok(Some(Arc::clone(token)));
        }
        if let Some((at, failure)) = &state.failure
            && at.elapsed() < SHARED_FAILURE
        {
            return Err(failure.clone());
        }
        match self.obtain(&state).await {
            Ok((token, auth)) => {
                state.failure = None;
                state.token = Some(Arc::clone(&token));
                self.keep_alive(&token, auth);
                Ok(Some(token))
            }
            Err(error) => {
                state.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// After a refusal of that token: whether there is another one now to ask with.
    ///
    /// # Errors
    /// `vault.bad_token` when the token is dead and nothing gives another one; why there is no other one.
    pub(super) async fn is_replaced(self: &Arc<Self>, refused: Option<&Token>) -> Result<bool, SourceError> {
        let Some(refused) = refused else { return Ok(false) };
        if self.state.lock().await.token.as_ref() != Some(refused) {
            return Ok(true);
        }
        if self.is_good(refused).await? {
            return Ok(false);
        }
        self.forget(refused).await;
        match &self.login {
            VaultLogin::Nobody => Ok(false),
            VaultLogin::Token(_) => Err(self.dead("the token")),
            VaultLogin::TokenFile(path) => match self.token().await? {
                Some(token) if token != *refused => Ok(true),
                _ => Err(self.dead(&format!("the token in {}", path.display()))),
            },
            _ => self.token().await.map(|token| token.is_some()),
        }
    }

    /// Whether Vault knows the token at all, which it tells every token that it knows.
    async fn is_good(&self, token: &Token) -> Result<bool, SourceError> {
        match self.api.ask(&Ask::read("auth/token/lookup-self", &[]), Some(token)).await {
            Ok(_) => Ok(true),
            Err(error) if error.cause == Cause::Denied => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn dead(&self, which: &str) -> SourceError {
        let what = format!("{} does not know {which}: it has expired or was revoked", self.api.place());
        SourceError::new(Backend::Vault, Cause::BadToken, what)
    }

    async fn forget(&self, token: &Token) {
        let mut state = self.state.lock().await;
        if state.token.as_ref() == Some(token) {
            state.token = None;
            // The next who asks looks at the file itself, not at what is known of it.
            state.file = None;
        }
    }

    /// Forgets the token when its file says something else by now.
    async fn look_at_file(&self, state: &mut State) -> Result<(), SourceError> {
        let VaultLogin::TokenFile(path) = &self.login else { return Ok(()) };
        if state.file.as_ref().is_some_and(|(_, at)| at.elapsed() < FILE_AGE) {
            return Ok(());
        }
        match login::read(path).await {
            Ok(text) => {
                if state.file.as_ref().is_none_or(|(known, _)| *known != text) {
                    state.token = None;
                    state.failure = None;
                }
                state.file = Some((text, Instant::now()));
                Ok(())
            }
            // An agent that is writing it anew: the token that we have may still serve.
            Err(_) if state.token.is_some() => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn obtain(&self, state: &State) -> Result<(Token, Option<Auth>), SourceError> {
        let given = match &self.login {
            VaultLogin::Token(token) => token.reveal(),
            VaultLogin::TokenFile(_) => state.file.as_ref().map_or("", |(text, _)| text.as_str()),
            _ => return self.log_in().await,
        };
        let token = unpacked(given);
        if token.is_empty() {
            let what = "the token is empty";
            return Err(SourceError::new(Backend::Vault, Cause::Configuration, what));
        }
        if self.unwraps {
            let auth = self.unwrap(&token).await?;
            return Ok((auth.client_token.as_str().into(), self.renews.then_some(auth)));
        }
        // What is known of it comes from its first renewal.
        let unknown = self.renews.then(|| Auth { renewable: true, ..Auth::default() });
        Ok((token.into(), unknown))
    }

    async fn log_in(&self) -> Result<(Token, Option<Auth>), SourceError> {
        let Some((ask, method)) = login::request(&self.login).await? else {
            return Err(SourceError::new(Backend::Vault, Cause::Configuration, "there is no login method"));
        };
        let refused = |mut error: SourceError| {
            if matches!(error.cause, Cause::Denied | Cause::BadRequest) {
                error.cause = Cause::LoginRefused;
                error.evidence = format!("{method} login: {}", error.evidence).into();
            }
            error
        };
        let answer = self.api.ask(&ask, None).await.map_err(refused)?;
        let auth = match answer {
            Some(Secret { auth: Some(auth), .. }) if !auth.client_token.is_empty() => auth,
            Some(_) => return Err(self.without_token(&format!("the {method} login"))),
            None => {
                let what = format!("{} has no {method} login mounted there", self.api.place());
                return Err(SourceError::new(Backend::Vault, Cause::LoginRefused, what));
            }
        };
        let auth = if self.unwraps { self.unwrap(&auth.client_token).await? } else { auth };
        Ok((auth.client_token.as_str().into(), Some(auth)))
    }

    async fn unwrap(&self, token: &str) -> Result<Auth, SourceError> {
        let ask = Ask::write("sys/wrapping/unwrap", Members::new());
        let refused = |mut error: SourceError| {
            if matches!(error.cause, Cause::Denied | Cause::BadRequest) {
                error.cause = Cause::LoginRefused;
                error.hint = Some(
                    "give a new wrapping token: this one was used already (if not by us, by a thief) or has expired"
                        .into(),
                );
            }
            error
        };
        match self.api.ask(&ask, Some(token)).await.map_err(refused)?.and_then(|answer| answer.auth) {
            Some(auth) if !auth.client_token.is_empty() => Ok(auth),
            _ => Err(self.without_token("unwrapping the token")),
        }
    }

    fn without_token(&self, what: &str) -> SourceError {
        let what = format!("{} answered {what} without a token", self.api.place());
        SourceError::new(Backend::Vault, Cause::BadAnswer, what)
    }

    /// Renews the token, or replaces it, in good time.
    fn keep_alive(self: &Arc<Self>, token: &Token, auth: Option<Auth>) {
        let mut renewal = self.renewal.lock().unwrap_or_else(PoisonError::into_inner);
        let next = auth.map(|auth| {
            let life = Life { session: Arc::downgrade(self), token: Arc::clone(token) };
            tokio::spawn(life.live(auth)).abort_handle()
        });
        if let Some(previous) = std::mem::replace(&mut *renewal, next) {
            previous.abort();
        }
    }

    /// Whether another token can be had without anyone's doing.
    fn can_log_in(&self) -> bool {
        matches!(self.login, VaultLogin::AppRole(_) | VaultLogin::Kubernetes(_) | VaultLogin::Aws(_))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(renewal) = self.renewal.lock().unwrap_or_else(PoisonError::into_inner).take() {
            renewal.abort();
        }
    }
}

/// The life of one token. It ends with the session, with another token, or when nothing more can be done for it.
struct Life {
    session: Weak<Session>,
    token: Token,
}

/// What a renewal came to.
enum Renewed {
    For(Duration, bool),
    Later(SourceError),
    Never,
}

impl Life {
    async fn live(self, auth: Auth) {
        let lease = seconds(&auth);
        let is_unknown = lease.is_zero();
        if !auth.renewable {
            if !is_unknown {
                tokio::time::sleep(lease.mul_f64(REPLACED_AT)).await;
                self.replace().await;
            }
            return;
        }
        let mut renewals = Renewals::of(lease, fastrand::f64());
        let mut ends = Instant::now() + lease;
        let mut pause =
            if is_unknown { Duration::ZERO } else { lease.mul_f64((1.0 + fastrand::f64()) / 6.0) };
        loop {
            tokio::time::sleep(pause).await;
            let after = match self.renew().await {
                Renewed::For(lease, is_renewable) => {
                    ends = Instant::now() + lease;
                    let after = renewals.renewed(lease, fastrand::f64());
                    if is_renewable { after } else { AfterRenewal::ReplaceAfter(lease.mul_f64(REPLACED_AT)) }
                }
                Renewed::Later(error) => self.retry_after(&error, ends, is_unknown),
                Renewed::Never => AfterRenewal::ReplaceAfter(Duration::ZERO),
            };
            match after {
                AfterRenewal::RenewAfter(next) => pause = next,
                AfterRenewal::ReplaceAfter(left) => {
                    tokio::time::sleep(left).await;
                    return self.replace().await;
                }
            }
        }
    }

    /// Vault is away: again after a tenth of what is left, and after the end as slowly as its beginning was.
    fn retry_after(&self, error: &SourceError, ends: Instant, is_unknown: bool) -> AfterRenewal {
        let left = ends.saturating_duration_since(Instant::now());
        if left.is_zero() && !is_unknown {
            return AfterRenewal::ReplaceAfter(Duration::ZERO);
        }
        let asked = error.retry_after.unwrap_or_default();
        AfterRenewal::RenewAfter((left / 10).max(RENEWAL_RETRY).max(asked))
    }

    async fn renew(&self) -> Renewed {
        let Some(session) = self.session.upgrade() else { return Renewed::Never };
        let ask = Ask::write("auth/token/renew-self", Members::from([("increment".into(), zero())]));
        match session.api.ask(&ask, Some(&self.token)).await {
            Ok(Some(Secret { auth: Some(auth), .. })) if auth.lease_duration > 0 => {
                Renewed::For(seconds(&auth), auth.renewable)
            }
            Err(error) if error.heals() => Renewed::Later(error),
            // A root token, one that cannot be renewed, or one that is dead.
            _ => Renewed::Never,
        }
    }

    /// Gets another token at once, so that nobody has to wait for it; where that cannot be, the token is used until
    /// Vault says that it is dead.
    async fn replace(&self) {
        let Some(session) = self.session.upgrade() else { return };
        if session.can_log_in() {
            session.forget(&self.token).await;
            // In a task of its own: this one ends as soon as the new token's life begins. A failure is told to the
            // next who needs the token.
            tokio::spawn(async move { drop(session.token().await) });
        }
    }
}

fn seconds(auth: &Auth) -> Duration {
    Duration::from_secs(u64::try_from(auth.lease_duration).unwrap_or_default())
}

/// The increment of a renewal that asks for no more than the role gives.
pub(super) fn zero() -> Json {
    Json::Number("0".into())
}

/// The token itself, also where Vault's agent has put it into the JSON of a wrapped answer.
fn unpacked(given: &str) -> String {
    let wrapped = Json::parse(given.as_bytes()).ok();
    let token = wrapped.as_ref().and_then(|wrapped| wrapped.as_map()?.get("token")?.as_str());
    token.unwrap_or(given).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_be_in_the_agents_json() {
        assert_eq!(unpacked(" hvs.abc\n"), "hvs.abc");
        assert_eq!(unpacked(r#"{"token":"hvs.wrapped","ttl":60}"#), "hvs.wrapped");
        assert_eq!(unpacked("123"), "123");
    }
}
