//! Amazon SQS: the attributes of one queue.

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use preflight_contract::Attribute;
use url::Url;

use crate::checkers::aws::{Service, Session, Settings, needed, region_of_arn};
use crate::kinds::sqs as kind;
use crate::{Checker, Failure, Item, Probe};

static SERVICE: Service = Service {
    classes: &kind::AWS,
    codes: &[
        ("AWS.SimpleQueueService.NonExistentQueue", &kind::NO_SUCH_QUEUE),
        ("NonExistentQueue", &kind::NO_SUCH_QUEUE),
        ("QueueDoesNotExist", &kind::NO_SUCH_QUEUE),
    ],
};

/// Proves that a queue may be looked at.
pub(crate) struct Sqs;

/// How the queue is named.
#[derive(Debug, PartialEq, Eq)]
enum Queue {
    Url(String),
    Name { name: String, account: Option<String> },
}

#[async_trait]
impl Checker for Sqs {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let mut settings = Settings::of(item)?;
        let queue = queue_of(item, &mut settings)?;
        let mut session = Session::open(item, &SERVICE, probe, settings).await?;
        let client = Client::new(session.config());
        let url = match queue {
            Queue::Url(url) => url,
            Queue::Name { name, account } => {
                let action = format!("sqs:GetQueueUrl on {name}");
                let call =
                    client.get_queue_url().queue_name(name).set_queue_owner_aws_account_id(account).send();
                let found = session.ask(probe, &action, call).await?;
                found.queue_url().map(str::to_owned).ok_or_else(|| session.unlike("no queue URL"))?
            }
        };
        let wanted = [QueueAttributeName::QueueArn, QueueAttributeName::ApproximateNumberOfMessages];
        let action = format!("sqs:GetQueueAttributes on {url}");
        let call =
            client.get_queue_attributes().queue_url(&url).set_attribute_names(Some(wanted.to_vec())).send();
        let found = session.ask(probe, &action, call).await?;
        let attribute = |name| found.attributes().and_then(|all| all.get(&name)).cloned();
        let arn =
            attribute(QueueAttributeName::QueueArn).ok_or_else(|| session.unlike("no ARN of the queue"))?;
        probe.fact("queue", arn);
        if let Some(count) = attribute(QueueAttributeName::ApproximateNumberOfMessages) {
            probe.fact("messages", count);
        }
        Ok(())
    }
}

/// `QUEUE`, else a `URL` that is a queue's. What they say of region and endpoint goes into the settings.
fn queue_of(item: &Item, settings: &mut Settings) -> Result<Queue, Failure> {
    let url = item.attribute(Attribute::Url).filter(|url| as_queue_url(url).is_some());
    let text = match (item.attribute(Attribute::Queue), url) {
        (Some(queue), _) => queue.to_owned(),
        (None, Some(url)) => {
            settings.endpoint = None;
            url.to_owned()
        }
        (None, None) => needed(item, Attribute::Queue, "queue")?,
    };
    if let Some(url) = as_queue_url(&text) {
        match region_of_host(url.host_str().unwrap_or_default()) {
            Some(region) => settings.region = settings.region.take().or(Some(region)),
            None => settings.endpoint = settings.endpoint.take().or(Some(url.origin().ascii_serialization())),
        }
        return Ok(Queue::Url(text));
    }
    if let Some(region) = region_of_arn(&text) {
        settings.region = settings.region.take().or(Some(region));
        let mut parts = text.rsplit(':');
        let name = parts.next().unwrap_or_default().to_owned();
        return Ok(Queue::Name { name, account: parts.next().map(str::to_owned) });
    }
    Ok(Queue::Name { name: text, account: None })
}

/// A URL of the form `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`, on whatever host.
fn as_queue_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    (url.path_segments()?.filter(|part| !part.is_empty()).count() >= 2).then_some(url)
}

fn region_of_host(host: &str) -> Option<String> {
    let (service, rest) = host.split_once('.')?;
    let (region, domain) = rest.split_once('.')?;
    (service == "sqs" && domain.starts_with("amazonaws.")).then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_urls_are_told_from_endpoints() {
        assert!(as_queue_url("https://sqs.us-west-2.amazonaws.com/123/pickles").is_some());
        assert!(as_queue_url("http://localhost:4566/000000000000/pickles").is_some());
        assert!(as_queue_url("http://localhost:4566/").is_none());
        assert!(as_queue_url("pickles").is_none());
        assert!(as_queue_url("arn:aws:sqs:us-west-2:123:pickles").is_none());
        assert_eq!(region_of_host("sqs.us-west-2.amazonaws.com").as_deref(), Some("us-west-2"));
        assert_eq!(region_of_host("sqs.cn-north-1.amazonaws.com.cn").as_deref(), Some("cn-north-1"));
        assert_eq!(region_of_host("localhost"), None);
    }
}
