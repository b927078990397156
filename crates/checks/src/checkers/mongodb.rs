//! MongoDB: the login and a list, with the `mongodb` crate over connections that we make for it.

mod answers;
mod carrier;
mod target;

use async_trait::async_trait;
use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;

use crate::kinds::mongodb as kind;
use crate::net::Reached;
use crate::net::stream::plain_or_tls;
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};
use carrier::Carrier;
use target::Target;

/// Proves that a MongoDB server lets us in and answers a read.
pub(crate) struct MongoDb;

#[async_trait]
impl Checker for MongoDb {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let mut target = Target::of(item, probe).await?;
        let (reached, carrier) = target.open(probe).await?;
        let visit = Visit { item, target, reached };
        let failure = match visit.converse(probe, carrier).await {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        };
        let sides = (&visit.reached, &visit.target.settings);
        Err(plain_or_tls(probe, item, sides, failure, &kind::TLS_REQUIRED).await)
    }
}

struct Visit<'item> {
    item: &'item Item,
    target: Target,
    reached: Reached,
}

impl Visit<'_> {
    /// Runs the conversation beside the carrier of its connections; the first connection that breaks ends it, because
    /// the driver would try again until its time is up.
    async fn converse(&self, probe: &mut Probe, carrier: Carrier) -> Result<(), Failure> {
        probe.enter(Layer::Login);
        let options = self.target.options_for(carrier.address(), self.item.timeout);
        let client = Client::with_options(options)
            .map_err(|error| Failure::new(&kind::BAD_URL, error.kind.to_string()))?;
        let outcome = tokio::select! {
            biased;
            outcome = self.talk(probe, &client) => outcome.map_err(Broken::Driver),
            error = carrier.run() => Err(Broken::Connection(error)),
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(Broken::Connection(carrier::Fault::Tls(failure))) => Err(failure),
            Err(Broken::Connection(carrier::Fault::Io(error))) => Err(probe.broken(self.item, &error)),
            Err(Broken::Driver(error)) => Err(self.failure(probe, &error)),
        }
    }

    async fn talk(&self, probe: &mut Probe, client: &Client) -> Result<(), Error> {
        let admin = client.database("admin");
        // The driver logs in before it sends anything.
        match admin.run_command(doc! { "ping": 1 }).await {
            Err(error) if answers::is_proven_login(&error) => {
                let evidence = format!(
                    "{} took the password of {}, but {}",
                    self.reached,
                    self.target.who(),
                    error.kind
                );
                probe.warn(&kind::LOGIN_ONLY, evidence);
                probe.leave();
                return Ok(());
            }
            outcome => outcome?,
        };
        let hello = admin.run_command(doc! { "hello": 1 }).await?;
        probe.leave();
        probe.enter(Layer::Read);
        self.list(client).await?;
        if let Ok(build) = admin.run_command(doc! { "buildInfo": 1 }).await {
            note(probe, "version", &build, "version");
        }
        note(probe, "replica_set", &hello, "setName");
        if matches!(hello.get_bool("isWritablePrimary"), Ok(false)) {
            let primary = hello.get_str("primary").map_or_else(|_| "unknown".to_owned(), str::to_owned);
            let evidence =
                format!("{} is not the primary, which is {primary}; writes are refused there", self.reached);
            probe.warn(&kind::NOT_PRIMARY, evidence);
        }
        probe.leave();
        Ok(())
    }

    /// Lists what the user may see, without contents.
    async fn list(&self, client: &Client) -> Result<(), Error> {
        let (database, command) = match &self.target.database {
            Some(name) => (
                name.as_str(),
                doc! { "listCollections": 1, "nameOnly": true, "authorizedCollections": true },
            ),
            None => ("admin", doc! { "listDatabases": 1, "nameOnly": true, "authorizedDatabases": true }),
        };
        client.database(database).run_command(command).await.map(drop)
    }

    fn failure(&self, probe: &Probe, error: &Error) -> Failure {
        let (class, words) = answers::class(error, self.target.has_login());
        let Some(class) = class else {
            let cause = std::io::Error::new(std::io::ErrorKind::InvalidData, words);
            return probe.broken(self.item, &cause);
        };
        let failure =
            Failure::new(class, format!("{} answered {}: {words}", self.reached, self.target.who()));
        if class == &kind::BAD_PASSWORD {
            failure.with_hint(Probe::credentials_hint(self.item))
        } else {
            failure
        }
    }
}

enum Broken {
    Driver(Error),
    Connection(carrier::Fault),
}

fn note(probe: &mut Probe, name: &'static str, document: &Document, key: &str) {
    if let Ok(text) = document.get_str(key) {
        probe.fact(name, text);
    }
}
