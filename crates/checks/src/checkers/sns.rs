//! Amazon SNS: the attributes of one topic.

use async_trait::async_trait;
use aws_sdk_sns::Client;
use preflight_contract::Attribute;

use crate::checkers::aws::{Service, Session, Settings, needed, region_of_arn};
use crate::kinds::{general, sns as kind};
use crate::{Checker, Failure, Item, Probe};

static SERVICE: Service = Service {
    classes: &kind::AWS,
    codes: &[("NotFound", &kind::NO_SUCH_TOPIC), ("NotFoundException", &kind::NO_SUCH_TOPIC)],
};

/// Proves that a topic may be looked at.
pub(crate) struct Sns;

#[async_trait]
impl Checker for Sns {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let topic = needed(item, Attribute::Topic, "topic")?;
        let mut settings = Settings::of(item)?;
        settings.region = settings.region.or_else(|| region_of_arn(&topic));
        let mut session = Session::open(item, &SERVICE, probe, settings).await?;
        let topic =
            if topic.starts_with("arn:") { topic } else { arn(item, &mut session, probe, &topic).await? };
        let client = Client::new(session.config());
        let action = format!("sns:GetTopicAttributes on {topic}");
        let found =
            session.ask(probe, &action, client.get_topic_attributes().topic_arn(&topic).send()).await?;
        let attribute = |name| found.attributes().and_then(|all| all.get(name)).cloned();
        let arn = attribute("TopicArn").ok_or_else(|| session.unlike("no ARN of the topic"))?;
        probe.fact("topic", arn);
        if let Some(count) = attribute("SubscriptionsConfirmed") {
            probe.fact("subscriptions", count);
        }
        Ok(())
    }
}

/// The ARN of a topic of that name in the account of whoever asks.
async fn arn(
    item: &Item,
    session: &mut Session<'_>,
    probe: &mut Probe,
    name: &str,
) -> Result<String, Failure> {
    let variable = item.name_of(Attribute::Topic);
    let Some(who) = session.who_asks(probe).await else {
        let evidence = format!("{variable} is {name}, and STS does not tell in which account that is");
        return Err(Failure::new(&general::BAD_PARAMETER, evidence)
            .with_hint(format!("put the topic's ARN into {variable}")));
    };
    let mut parts = who.split(':').skip(1);
    let (partition, account) = (parts.next().unwrap_or("aws"), parts.nth(2).unwrap_or_default());
    Ok(format!("arn:{partition}:sns:{}:{account}:{name}", session.region()))
}
