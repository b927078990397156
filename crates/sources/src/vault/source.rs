//! Vault as a source: each query read, kept alive and read again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use tokio::time::timeout;

use super::answer::VaultAnswer;
use super::api::{Api, Ask};
use super::json::Json;
use super::kv::Mount;
use super::lease::{AfterRenewal, LeaseRules, Renewals};
use super::pki::{Found, pem_of};
use super::query::{Arguments, VaultQuery};
use super::secret::{Members, Secret};
use super::session::{Session, zero};
use super::settings::VaultSettings;
use crate::absence::Absences;
use crate::{Again, Answer, Backend, Cause, Fetched, Query, RetrySettings, Source, SourceError};

/// How long a query waits for another one that asks for a mount.
const MOUNT_TURN: Duration = Duration::from_secs(1);
/// A destination longer than this holds no certificate.
const LONGEST_FILE: u64 = 4 << 20;
/// How soon Vault is asked again for a certificate while the old one is still valid.
const CERTIFICATE_RETRY: Duration = Duration::from_secs(30);

/// One Vault and all that is asked of it.
#[derive(Debug)]
pub(crate) struct VaultSource {
    api: Arc<Api>,
    session: Arc<Session>,
    rules: LeaseRules,
    retry: RetrySettings,
    mounts: Mutex<Vec<Mount>>,
    /// Held by whoever asks for a mount, so that those who want the same one wait for what it learns.
    asking_for_mount: tokio::sync::Mutex<()>,
    held: Mutex<HashMap<VaultQuery, Held>>,
    absences: Absences<VaultQuery>,
}

/// A lease that is renewed.
#[derive(Debug, Clone)]
struct Held {
    secret: Arc<Secret>,
    renewals: Renewals,
    ends: Instant,
}

impl VaultSource {
    /// A source of that Vault. Nothing is asked yet.
    ///
    /// # Errors
    /// Settings that cannot be used.
    pub(crate) fn new(settings: &VaultSettings) -> Result<Self, SourceError> {
        let api = Arc::new(Api::new(settings)?);
        Ok(Self {
            session: Session::new(Arc::clone(&api), settings),
            api,
            rules: LeaseRules {
                default_duration: settings.default_lease_duration,
                threshold: settings.lease_renewal_threshold,
            },
            absences: Absences::new(&settings.retry, settings.default_lease_duration),
            retry: settings.retry.clone(),
            mounts: Mutex::default(),
            asking_for_mount: tokio::sync::Mutex::default(),
            held: Mutex::default(),
        })
    }

    /// Asks with the token; once more when the token had died and there is another.
    async fn ask(&self, ask: &Ask<'_>) -> Result<Option<Secret>, SourceError> {
        let token = self.session.token().await?;
        let mut answered = self.api.ask(ask, token.as_deref()).await;
        if is_denied(&answered) && self.session.is_replaced(token.as_ref()).await? {
            let token = self.session.token().await?;
            answered = self.api.ask(ask, token.as_deref()).await;
        }
        let is_about_policy = token.is_some() && is_denied(&answered);
        answered.map_err(|error| if is_about_policy { error.with_hint(ask.policy()) } else { error })
    }

    /// The engine below which a path is. One that cannot be told of is taken for one without versions.
    async fn mount(&self, path: &str) -> Result<Mount, SourceError> {
        if let Some(known) = self.known_mount(path) {
            return Ok(known);
        }
        // Nobody waits long for another's question: Vault may be slow to answer it.
        let _turn = timeout(MOUNT_TURN, self.asking_for_mount.lock()).await;
        if let Some(known) = self.known_mount(path) {
            return Ok(known);
        }
        let told = match self.ask(&Ask::read(format!("sys/internal/ui/mounts/{path}"), &[])).await {
            Ok(told) => told,
            Err(error) if error.heals() || error.cause == Cause::BadToken => return Err(error),
            Err(_) => None,
        };
        let mount = told.as_ref().map(Mount::of).unwrap_or_default();
        if !mount.path.is_empty() {
            self.mounts().push(mount.clone());
        }
        Ok(mount)
    }

    fn known_mount(&self, path: &str) -> Option<Mount> {
        let namespace = self.api.namespace();
        self.mounts().iter().find(|mount| mount.holds(path, namespace)).cloned()
    }

    async fn read(
        &self,
        query: &VaultQuery,
        parameters: &[(String, String)],
    ) -> Result<Fetched, SourceError> {
        let mount = self.mount(query.path()).await?;
        let path = mount.value_path(query.path(), self.api.namespace());
        let secret = self.ask(&Ask::read(path, parameters)).await?;
        Ok(match secret.filter(|secret| !is_deleted(secret)) {
            Some(secret) => {
                self.absences.over(query);
                let (secret, again) = self.hold(query, secret);
                fetched(VaultAnswer::Secret(Some(secret)), again)
            }
            None => fetched(VaultAnswer::Secret(None), Again::After(self.absences.pause(query))),
        })
    }

    async fn write(&self, query: &VaultQuery, arguments: &Arguments) -> Result<Fetched, SourceError> {
        let mount = self.mount(query.path()).await?;
        let path = mount.value_path(query.path(), self.api.namespace());
        let mut members = members(arguments);
        if mount.is_version_2 {
            members = Members::from([("data".into(), Json::Map(members.into()))]);
        }
        let secret = self.ask(&Ask::write(path, members)).await?;
        Ok(match secret {
            // To write it again would only make another version of the same.
            Some(secret) if mount.is_version_2 => {
                fetched(VaultAnswer::Written(Some(Arc::new(secret))), Again::Never)
            }
            Some(secret) => {
                let (secret, again) = self.hold(query, secret);
                fetched(VaultAnswer::Written(Some(secret)), again)
            }
            None => fetched(VaultAnswer::Written(None), Again::Never),
        })
    }

    async fn list(&self, path: &str) -> Result<Fetched, SourceError> {
        let mount = self.mount(path).await?;
        let path = mount.names_path(path, self.api.namespace());
        let parameters = [("list".to_owned(), "true".to_owned())];
        let answer = self.ask(&Ask::read(path, &parameters)).await?;
        let keys = answer.and_then(|answer| answer.data?.get("keys").cloned());
        let keys = keys.as_ref().and_then(Json::as_list).unwrap_or_default();
        let mut names: Vec<String> = keys.iter().filter_map(Json::as_str).map(str::to_owned).collect();
        names.sort();
        let pause = self.rules.default_duration.mul_f64(0.95 + fastrand::f64() * 0.1);
        Ok(fetched(VaultAnswer::Names(names.into()), Again::After(pause)))
    }

    async fn certificate(
        &self,
        query: &VaultQuery,
        arguments: &Arguments,
        file: &str,
        is_first: bool,
    ) -> Result<Fetched, SourceError> {
        let mut found = Found::within(&read_text(file).await);
        if arguments.get("common_name").is_some_and(|name| !found.is_for(name)) {
            found = Found::within("");
        }
        if let Some(pause) = self.good_for(&found) {
            return Ok(certificate(found, pause));
        }
        let made = match self.ask(&Ask::write(query.path(), members(arguments))).await {
            Ok(made) => made,
            // What is still valid is better than nothing while Vault is away.
            Err(error) if is_first && error.heals() && found.valid_for(SystemTime::now()).is_some() => {
                return Ok(certificate(found, CERTIFICATE_RETRY));
            }
            Err(error) => return Err(error),
        };
        let Some(made) = made else { return Err(self.not_there(query.path())) };
        let found = Found::within(&pem_of(&made));
        match self.good_for(&found) {
            Some(pause) => Ok(certificate(found, pause)),
            None => {
                let what = "answered without a certificate that is good from now on";
                Err(self.error(Cause::BadAnswer, format!("{} {what}", self.api.place())))
            }
        }
    }

    fn good_for(&self, found: &Found) -> Option<Duration> {
        found.good_for(SystemTime::now(), self.rules.threshold, fastrand::f64())
    }

    /// Renews a lease; `None` when only a new one helps.
    async fn renew(&self, query: &VaultQuery, mut held: Held) -> Result<Option<Duration>, SourceError> {
        let answer = match &held.secret.auth {
            Some(auth) => {
                let ask = Ask::write("auth/token/renew-self", Members::from([("increment".into(), zero())]));
                self.api.ask(&ask, Some(&auth.client_token)).await
            }
            None => {
                let lease = Json::from(held.secret.lease_id.as_str());
                let members = Members::from([("lease_id".into(), lease), ("increment".into(), zero())]);
                self.ask(&Ask::write("sys/leases/renew", members)).await
            }
        };
        let renewed = match answer {
            Ok(Some(renewed)) => renewed,
            Err(error) if error.heals() && Instant::now() < held.ends => return Err(error),
            _ => return Ok(None),
        };
        let Some(lease) = renewed.granted().map(Duration::from_secs) else { return Ok(None) };
        held.ends = Instant::now() + lease;
        let after = held.renewals.renewed(lease, fastrand::f64());
        let (pause, is_last) = match after {
            AfterRenewal::RenewAfter(pause) => (pause, !renewed.can_be_renewed()),
            AfterRenewal::ReplaceAfter(pause) => (pause, true),
        };
        if is_last {
            self.held().remove(query);
        } else {
            self.held().insert(query.clone(), held);
        }
        Ok(Some(pause))
    }

    /// Remembers a secret's lease, if it can be renewed; when to look after it.
    fn hold(&self, query: &VaultQuery, secret: Secret) -> (Arc<Secret>, Again) {
        let chance = fastrand::f64();
        let pause = self.rules.wait(&secret, SystemTime::now(), chance);
        let secret = Arc::new(secret);
        let lease = secret.granted().filter(|_| secret.can_be_renewed()).map(Duration::from_secs);
        match lease {
            Some(lease) => {
                let renewals = Renewals::of(lease, chance);
                let ends = Instant::now() + lease;
                let held = Held { secret: Arc::clone(&secret), renewals, ends };
                self.held().insert(query.clone(), held);
            }
            None => drop(self.held().remove(query)),
        }
        (secret, Again::After(pause))
    }

    fn not_there(&self, path: &str) -> SourceError {
        self.error(Cause::NotFound, format!("{} has nothing at {path}", self.api.place()))
    }

    fn error(&self, cause: Cause, what: String) -> SourceError {
        SourceError::new(Backend::Vault, cause, what)
    }

    fn held(&self) -> MutexGuard<'_, HashMap<VaultQuery, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mounts(&self) -> MutexGuard<'_, Vec<Mount>> {
        self.mounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Source for VaultSource {
    async fn fetch(&self, query: &Query, last: Option<&Fetched>) -> Result<Fetched, SourceError> {
        let Query::Vault(query) = query else {
            return Err(self.error(Cause::BadRequest, format!("Vault cannot be asked for {query}")));
        };
        let held = if last.is_none() { self.held().remove(query) } else { self.held().get(query).cloned() };
        if let (Some(held), Some(last)) = (held, last) {
            if let Some(pause) = self.renew(query, held).await? {
                return Ok(Fetched { again: Again::After(pause), ..last.clone() });
            }
            self.held().remove(query);
        }
        match query {
            VaultQuery::Read { parameters, .. } => self.read(query, parameters).await,
            VaultQuery::Write { arguments, .. } => self.write(query, arguments).await,
            VaultQuery::List { path } => self.list(path).await,
            VaultQuery::Certificate { arguments, file, .. } => {
                self.certificate(query, arguments, file, last.is_none()).await
            }
        }
    }

    fn retry(&self) -> &RetrySettings {
        &self.retry
    }
}

fn is_denied(answered: &Result<Option<Secret>, SourceError>) -> bool {
    matches!(answered, Err(error) if error.cause == Cause::Denied)
}

fn fetched(answer: VaultAnswer, again: Again) -> Fetched {
    Fetched { answer: Answer::Vault(answer), index: 0, again }
}

fn certificate(found: Found, pause: Duration) -> Fetched {
    fetched(VaultAnswer::Certificate(Arc::new(found.bundle)), Again::After(pause))
}

fn members(arguments: &Arguments) -> Members {
    arguments.pairs().map(|(name, value)| (name.into(), Json::from(value))).collect()
}

/// Whether a version 2 secret's time of deletion is over.
fn is_deleted(secret: &Secret) -> bool {
    let time = secret.deletion_time().and_then(|time| time.parse::<jiff::Timestamp>().ok());
    time.is_some_and(|time| time <= jiff::Timestamp::now())
}

/// A file's text; that of a file that is not there, or not to be read, is empty.
async fn read_text(path: &str) -> String {
    let is_short = tokio::fs::metadata(path).await.is_ok_and(|metadata| metadata.len() <= LONGEST_FILE);
    let bytes = if is_short { tokio::fs::read(path).await.unwrap_or_default() } else { Vec::new() };
    String::from_utf8_lossy(&bytes).into_owned()
}
