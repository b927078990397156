//! Mail servers with lettre: greeting, STARTTLS, login, and a transaction that is taken back. No mail is sent.

mod answer;
mod line;

use std::net::SocketAddr;

use async_trait::async_trait;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Auth, Ehlo, Mail, Noop, Quit, Rset, Starttls};
use lettre::transport::smtp::extension::{ClientId, Extension, ServerInfo};
use preflight_contract::Attribute;

use self::answer::Stage;
use self::line::Line;
use crate::checkers::broker;
use crate::kinds::smtp as kind;
use crate::net::Reached;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};

/// Proves that the server would take mail from us.
pub(crate) struct Smtp;

/// The port of SMTP inside TLS (RFC 8314).
const TLS_PORT: u16 = 465;

#[async_trait]
impl Checker for Smtp {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let called = broker::is_called(item, &["smtps"]);
        let endpoint = item.endpoint_or(if called { Some(TLS_PORT) } else { item.kind.default_port })?;
        let implicit = called || endpoint.port == TLS_PORT;
        let default = if implicit { TlsMode::VerifyFull } else { TlsMode::Prefer };
        let settings = TlsSettings::of(item, default)?;
        let (reached, stream) = probe.connect(&endpoint).await?;
        let local = stream.local_addr().ok();
        let line = if implicit && settings.mode != TlsMode::Disable {
            Line::encrypted(probe.tls(stream, &endpoint.host, &settings).await?)
        } else {
            Line::plain(stream)
        };
        let mut session = Session::greet(item, probe, (reached, line, client_id(local))).await?;
        session.encrypt(probe, &settings).await?;
        session.log_in(probe).await?;
        session.look(probe).await?;
        // Said without waiting for an answer that nobody needs.
        let _ = tokio::time::timeout(line::FAREWELL, session.connection.command(Quit)).await;
        Ok(())
    }
}

/// How we introduce ourselves: the address literal that RFC 5321 section 4.1.4 asks of hosts without a name.
fn client_id(local: Option<SocketAddr>) -> ClientId {
    match local {
        Some(SocketAddr::V4(address)) => ClientId::Ipv4(*address.ip()),
        Some(SocketAddr::V6(address)) => ClientId::Ipv6(*address.ip()),
        None => ClientId::default(),
    }
}

/// A server that has greeted.
struct Session<'a> {
    item: &'a Item,
    reached: Reached,
    connection: AsyncSmtpConnection,
    line: Line,
    client: ClientId,
    /// What the server offers, as said last.
    offers: ServerInfo,
}

impl<'a> Session<'a> {
    async fn greet(
        item: &'a Item,
        probe: &mut Probe,
        (reached, line, client): (Reached, Line, ClientId),
    ) -> Result<Self, Failure> {
        let opening = AsyncSmtpConnection::connect_with_transport(line.lend(), &client);
        let connection = probe
            .layer(Layer::Login, opening)
            .await
            .map_err(|error| answer::explain(item, probe, &reached, Stage::Greeting, &error))?;
        let offers = connection.server_info().clone();
        probe.fact("server", offers.name().to_owned());
        Ok(Self { item, reached, connection, line, client, offers })
    }

    /// STARTTLS where it is offered and wanted.
    async fn encrypt(&mut self, probe: &mut Probe, settings: &TlsSettings) -> Result<(), Failure> {
        if self.line.is_encrypted() || settings.mode == TlsMode::Disable {
            return Ok(());
        }
        if !self.offers.supports_feature(Extension::StartTls) {
            return if settings.mode.is_required() { Err(self.no_starttls()) } else { Ok(()) };
        }
        let begun = probe.layer(Layer::Login, self.connection.command(Starttls)).await;
        begun.map_err(|error| self.explain(probe, Stage::StartTls, &error))?;
        let Some(stream) = self.line.take_plain() else {
            return Err(Failure::new(&kind::CLOSED, format!("{} closed the connection", self.reached)));
        };
        let stream = probe.tls(stream, &self.reached.endpoint.host, settings).await?;
        self.line.put_encrypted(stream);
        let answer = probe.layer(Layer::Login, self.connection.command(Ehlo::new(self.client.clone()))).await;
        let answer = answer.map_err(|error| self.explain(probe, Stage::Greeting, &error))?;
        self.offers = ServerInfo::from_response(&answer)
            .map_err(|error| self.explain(probe, Stage::Greeting, &error))?;
        Ok(())
    }

    fn no_starttls(&self) -> Failure {
        let mode = self.item.name_of(Attribute::Sslmode);
        Failure::new(
            &kind::STARTTLS_NOT_OFFERED,
            format!("{} does not offer STARTTLS, which {mode} demands", self.reached),
        )
    }

    async fn log_in(&mut self, probe: &mut Probe) -> Result<(), Failure> {
        let (Some(user), Some(password)) = (self.item.username(), self.item.password()) else {
            return Ok(());
        };
        let Some(mechanism) = self.offers.get_auth_mechanism(&[Mechanism::Plain, Mechanism::Login]) else {
            return Err(self.no_login(&user));
        };
        let credentials = Credentials::new(user, password);
        let outcome =
            probe.layer(Layer::Login, authenticate(&mut self.connection, mechanism, credentials)).await;
        outcome.map_err(|error| self.explain(probe, Stage::Login, &error))
    }

    fn no_login(&self, user: &str) -> Failure {
        let failure = Failure::new(
            &kind::LOGIN_NOT_OFFERED,
            format!("{} offers no way for user {user} to log in", self.reached),
        );
        if !self.line.is_encrypted() && self.offers.supports_feature(Extension::StartTls) {
            let mode = self.item.name_of(Attribute::Sslmode);
            return failure.with_hint(format!("the server offers STARTTLS: set {mode}=verify-full"));
        }
        failure
    }

    /// A NOOP and, when nobody has logged in, whether a login is asked for before a sender may be named.
    async fn look(&mut self, probe: &mut Probe) -> Result<(), Failure> {
        let noop = probe.layer(Layer::Read, self.connection.command(Noop)).await;
        noop.map_err(|error| self.explain(probe, Stage::Read, &error))?;
        if self.item.username().is_some() {
            return Ok(());
        }
        // The empty sender of RFC 5321 section 4.5.5, which every server must take; what else it says of it is not
        // our service's business.
        let named = probe.layer(Layer::Read, self.connection.command(Mail::new(None, Vec::new()))).await;
        match named {
            Ok(_) => {
                let taken_back = probe.layer(Layer::Read, self.connection.command(Rset)).await;
                taken_back.map(drop).map_err(|error| self.explain(probe, Stage::Read, &error))
            }
            Err(error) if answer::code(&error) == Some(530) || error.status().is_none() => {
                Err(self.explain(probe, Stage::Read, &error))
            }
            Err(_) => {
                probe.leave();
                Ok(())
            }
        }
    }

    fn explain(&self, probe: &Probe, stage: Stage, error: &Error) -> Failure {
        answer::explain(self.item, probe, &self.reached, stage, error)
    }
}

/// The exchange of RFC 4954 with at most as many challenges as LOGIN has.
async fn authenticate(
    connection: &mut AsyncSmtpConnection,
    mechanism: Mechanism,
    credentials: Credentials,
) -> Result<(), Error> {
    let mut response = connection.command(Auth::new(mechanism, credentials.clone(), None)?).await?;
    for _ in 0..3 {
        if !response.has_code(334) {
            break;
        }
        let reply = Auth::new_from_response(mechanism, credentials.clone(), &response)?;
        response = connection.command(reply).await?;
    }
    Ok(())
}
