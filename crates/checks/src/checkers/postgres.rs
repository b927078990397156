//! PostgreSQL: TLS as libpq would make it, a login, a `SELECT`, and whether the server takes writes.

mod answer;
mod visit;

use async_trait::async_trait;
use tokio_postgres::SimpleQueryMessage;

use crate::kinds::postgres as kind;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};
use visit::{Account, Encryption, Session, Visit};

/// Proves a PostgreSQL database.
pub(crate) struct Postgres;

#[async_trait]
impl Checker for Postgres {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let endpoint = item.endpoint()?;
        let settings = settings(item)?;
        let (reached, stream) = probe.connect(&endpoint).await?;
        let visit = Visit { item, settings, reached, account: Account::of(item) };
        let outcome = match visit.log_in(probe, Some(stream), first_way(visit.settings.mode)).await {
            Err(failure) if failure.class == &kind::HBA_REJECTED => another_way(&visit, probe, failure).await,
            outcome => outcome,
        };
        match outcome {
            Ok(session) => read(&visit, probe, session).await,
            Err(failure) if visit.account.username.is_none() && answers_logins(&failure) => {
                probe.leave();
                probe.fact("login", "not tried: no user is given");
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }
}

/// libpq's default is `prefer`; its URLs say the mode as `?sslmode=`.
fn settings(item: &Item) -> Result<TlsSettings, Failure> {
    let of_url = |name| item.connection.url_parameter(name);
    let default = of_url("sslmode").and_then(|word| TlsMode::parse(&word)).unwrap_or(TlsMode::Prefer);
    let mut settings = TlsSettings::of(item, default)?;
    if settings.authorities.is_none() {
        settings.authorities = of_url("sslrootcert").map(Into::into);
    }
    Ok(settings)
}

fn first_way(mode: TlsMode) -> Encryption {
    match mode {
        TlsMode::Disable | TlsMode::Allow => Encryption::None,
        TlsMode::Prefer => Encryption::IfOffered,
        TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => Encryption::Always,
    }
}

/// What libpq does when the access rules reject the first way: `allow` tries with TLS, `prefer` without. With
/// `disable` there is no other way, but it makes a difference to the reader whether TLS would have been one.
async fn another_way(visit: &Visit<'_>, probe: &mut Probe, failure: Failure) -> Result<Session, Failure> {
    match visit.settings.mode {
        TlsMode::Disable if visit.tls_would_do(probe).await => Err(visit.tls_required(&failure)),
        TlsMode::Allow => visit.log_in(probe, None, Encryption::Always).await.map_err(|_| failure),
        TlsMode::Prefer => visit.log_in(probe, None, Encryption::None).await.map_err(|_| failure),
        _ => Err(failure),
    }
}

/// Whether the server has shown that it takes logins, though not this one.
fn answers_logins(failure: &Failure) -> bool {
    [
        &kind::NO_PASSWORD,
        &kind::BAD_PASSWORD,
        &kind::NO_SUCH_USER,
        &kind::HBA_REJECTED,
        &kind::NO_SUCH_DATABASE,
        &kind::REFUSED,
    ]
    .contains(&failure.class)
}

async fn read(visit: &Visit<'_>, probe: &mut Probe, mut session: Session) -> Result<(), Failure> {
    if let Some(version) = session.parameter("server_version") {
        probe.fact("version", version);
    }
    let answer = probe.layer(Layer::Read, session.ask("select 1")).await;
    answer.map_err(|error| visit.failure(probe, &error))?;
    // Spoken by libpq for target_session_attrs; what only resembles PostgreSQL may not know it.
    if let Ok(rows) = probe.layer(Layer::Read, session.ask("show transaction_read_only")).await
        && first_value(&rows) == Some("on")
    {
        warn_read_only(visit, probe, &mut session).await;
    }
    session.end().await;
    Ok(())
}

async fn warn_read_only(visit: &Visit<'_>, probe: &mut Probe, session: &mut Session) {
    let recovers = probe.layer(Layer::Read, session.ask("select pg_is_in_recovery()")).await;
    let standby = recovers.is_ok_and(|rows| first_value(&rows) == Some("t"));
    let why = if standby { "it is a standby" } else { "default_transaction_read_only is on" };
    probe.warn(&kind::READ_ONLY, format!("{} takes no writes: {why}", visit.reached));
}

fn first_value(messages: &[SimpleQueryMessage]) -> Option<&str> {
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    })
}
