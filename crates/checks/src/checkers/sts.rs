//! AWS STS: who the credentials belong to.

use async_trait::async_trait;
use aws_sdk_sts::Client;

use crate::checkers::aws::{Service, Session, Settings};
use crate::kinds::sts as kind;
use crate::{Checker, Failure, Item, Probe};

static SERVICE: Service = Service { classes: &kind::AWS, codes: &[] };

/// Proves that there is an identity.
pub(crate) struct Sts;

#[async_trait]
impl Checker for Sts {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let mut session = Session::open(item, &SERVICE, probe, Settings::of(item)?).await?;
        let client = Client::new(session.config());
        let found = session.ask(probe, "sts:GetCallerIdentity", client.get_caller_identity().send()).await?;
        let arn = found.arn().ok_or_else(|| session.unlike("no ARN of the identity"))?;
        probe.fact("identity", arn);
        if let Some(account) = found.account() {
            probe.fact("account", account);
        }
        Ok(())
    }
}
