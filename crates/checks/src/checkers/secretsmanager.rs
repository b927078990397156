//! AWS Secrets Manager: the value of one secret, which is dropped at once.

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use preflight_contract::Attribute;

use crate::checkers::aws::{Service, Session, Settings, needed, region_of_arn};
use crate::kinds::secretsmanager as kind;
use crate::{Checker, Failure, Item, Probe};

static SERVICE: Service = Service {
    classes: &kind::AWS,
    codes: &[
        ("ResourceNotFoundException", &kind::NO_SUCH_SECRET),
        // The only one that reading a value can have: it is marked for deletion.
        ("InvalidRequestException", &kind::DELETED),
    ],
};

/// Proves that a secret may be read.
pub(crate) struct SecretsManager;

#[async_trait]
impl Checker for SecretsManager {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let attribute =
            if item.attribute(Attribute::Path).is_some() { Attribute::Path } else { Attribute::Database };
        let id = match item.attribute(attribute) {
            Some(id) => id.to_owned(),
            None => needed(item, Attribute::Path, "secret")?,
        };
        let mut settings = Settings::of(item)?;
        settings.region = settings.region.or_else(|| region_of_arn(&id));
        let mut session = Session::open(item, &SERVICE, probe, settings).await?;
        let client = Client::new(session.config());
        let action = format!("secretsmanager:GetSecretValue on {id}");
        let found = session.ask(probe, &action, client.get_secret_value().secret_id(&id).send()).await?;
        let arn = found.arn().ok_or_else(|| session.unlike("no ARN of the secret"))?;
        probe.fact("secret", arn);
        drop(found);
        describe(&client, &mut session, probe, &id).await
    }
}

/// When it was last changed: worth knowing, but who may read a secret need not be allowed to ask.
async fn describe(
    client: &Client,
    session: &mut Session<'_>,
    probe: &mut Probe,
    id: &str,
) -> Result<(), Failure> {
    let action = format!("secretsmanager:DescribeSecret on {id}");
    match session.ask(probe, &action, client.describe_secret().secret_id(id).send()).await {
        Ok(found) => {
            if let Some(changed) = found.last_changed_date() {
                probe.fact("changed", changed.to_string());
            }
            Ok(())
        }
        Err(denied) if denied.class == &kind::ACCESS_DENIED => {
            probe.leave();
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}
