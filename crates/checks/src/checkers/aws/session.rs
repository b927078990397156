//! A service that is asked with credentials: one question at a time, and each refusal explained.

use std::error::Error as StdError;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::conversation::{Addressee, Conversation};
use super::refusal::Refusal;
use super::{Service, Settings, credentials};
use crate::kinds::general;
use crate::probe::Layer;
use crate::{Class, Failure, Item, Probe, whole_message};

/// How long finding out who was denied may take.
const WHO: Duration = Duration::from_millis(1500);

/// What only AWS, and what stands in for it, sends.
const REQUEST_IDS: [&str; 3] = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];

/// A service, asked as somebody in some region.
#[derive(Debug)]
pub(crate) struct Session<'item> {
    item: &'item Item,
    service: &'static Service,
    conversation: Conversation,
    config: SdkConfig,
    region: String,
    let_in: bool,
}

impl<'item> Session<'item> {
    /// Finds region and credentials; the service itself is not asked yet.
    ///
    /// # Errors
    /// The service's `no_region` or `no_credentials`.
    pub(crate) async fn open(
        item: &'item Item,
        service: &'static Service,
        probe: &mut Probe,
        settings: Settings,
    ) -> Result<Self, Failure> {
        let region = match settings.region {
            Some(region) => Region::new(region),
            None => credentials::region(item, service).await?,
        };
        let mut conversation = Conversation::new(settings.tls);
        let credentials = match settings.credentials {
            Some(credentials) => credentials,
            None => credentials::of_chain(item, service, probe, &mut conversation, &region).await?,
        };
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .http_client(conversation.wire())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(endpoint) = settings.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let config = loader.load().await;
        Ok(Self { item, service, conversation, config, region: region.to_string(), let_in: false })
    }

    /// What the service's client is made with.
    pub(crate) fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The region that is asked.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Asks the service. `action` is IAM's name of what is asked, such as `sqs:GetQueueAttributes`, and of what.
    ///
    /// # Errors
    /// A class of the layers below, of the service, or a common one.
    pub(crate) async fn ask<Output, Error>(
        &mut self,
        probe: &mut Probe,
        action: &str,
        call: impl Future<Output = Result<Output, SdkError<Error, HttpResponse>>>,
    ) -> Result<Output, Failure>
    where
        Error: ProvideErrorMetadata + StdError + 'static,
    {
        let layer = if self.let_in { Layer::Read } else { Layer::Login };
        let outcome = self.conversation.drive(self.item, probe, Addressee::Service(layer), call).await?;
        let error = match outcome {
            Ok(output) => {
                self.was_let_in(probe);
                probe.leave();
                return Ok(output);
            }
            Err(error) => error,
        };
        let failure = self.failure(probe, action, &error).await;
        let classes = self.service.classes;
        let at_the_door =
            [classes.bad_credentials, classes.expired_token, classes.clock_skew, classes.no_credentials];
        let common = self.item.kind.common.is_some_and(|common| common.wrong_protocol == failure.class);
        if !common && !at_the_door.contains(&failure.class) {
            self.was_let_in(probe);
        }
        Err(failure)
    }

    /// One answer proves that the credentials are good and, unless it is a refusal, that the action is allowed.
    fn was_let_in(&mut self, probe: &mut Probe) {
        if !self.let_in {
            probe.leave();
            probe.enter(Layer::Read);
            self.let_in = true;
        }
    }

    /// Asks who we are; not part of what is checked.
    pub(crate) async fn who_asks(&mut self, probe: &mut Probe) -> Option<String> {
        let client = aws_sdk_sts::Client::new(&self.config);
        let call = client.get_caller_identity().send();
        let driven = self.conversation.drive(self.item, probe, Addressee::Aside, call);
        let answer = tokio::time::timeout(WHO, driven).await.ok()?.ok()?.ok()?;
        answer.arn().map(str::to_owned)
    }

    async fn failure<Error>(
        &mut self,
        probe: &mut Probe,
        action: &str,
        error: &SdkError<Error, HttpResponse>,
    ) -> Failure
    where
        Error: ProvideErrorMetadata + StdError + 'static,
    {
        match error {
            SdkError::ServiceError(refused) => {
                let response = refused.raw();
                let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default());
                let said =
                    |known: Option<&str>, tag| known.map(str::to_owned).or_else(|| in_element(&body, tag));
                let refusal = Refusal {
                    code: said(refused.err().code(), "Code"),
                    message: said(refused.err().message(), "Message").unwrap_or_default(),
                    status: response.status().as_u16(),
                    of_aws: REQUEST_IDS.iter().any(|name| response.headers().contains_key(name)),
                };
                let region = response.headers().get("x-amz-bucket-region").map(str::to_owned);
                self.refused(probe, action, &refusal, region).await
            }
            SdkError::ConstructionFailure(_) => Failure::new(
                &general::BAD_PARAMETER,
                format!("{action} cannot be asked: {}", whole_message(error)),
            ),
            SdkError::TimeoutError(_) => self.common(|common| common.timeout, whole_message(error)),
            SdkError::DispatchFailure(_) => self.common(|common| common.error, whole_message(error)),
            _ => self.unlike(&whole_message(error)),
        }
    }

    async fn refused(
        &mut self,
        probe: &mut Probe,
        action: &str,
        refusal: &Refusal,
        region: Option<String>,
    ) -> Failure {
        let classes = self.service.classes;
        let Some(class) = refusal.class(self.service).or_else(|| self.of_status(refusal)) else {
            return match (&refusal.code, refusal.of_aws) {
                (None, false) => self.unlike(&format!("status {}", refusal.status)),
                _ => self.common(|common| common.error, format!("{action} failed: {}", said(refusal))),
            };
        };
        let whom = self.whom();
        let denied = [classes.access_denied, classes.key_denied].contains(&class);
        if !denied {
            let where_else = region.map(|region| format!(", it is in {region}")).unwrap_or_default();
            return Failure::new(class, format!("{whom} refused {action}: {}{where_else}", said(refusal)));
        }
        let who = match refusal.who() {
            Some(arn) => Some(arn.to_owned()),
            None => self.who_asks(probe).await,
        };
        let who = who.unwrap_or_else(|| "an identity that STS did not tell".to_owned());
        let failure = Failure::new(class, format!("{whom} denied {action} to {who}: {}", said(refusal)));
        if class == classes.access_denied {
            return failure
                .with_hint(format!("allow {action} to {who}, in its policy and in the resource's own"));
        }
        failure
    }

    /// HEAD has no body that could hold a code: the service's own list names the statuses that speak for it.
    fn of_status(&self, refusal: &Refusal) -> Option<&'static Class> {
        if refusal.code.is_some() || !refusal.of_aws {
            return None;
        }
        let status = refusal.status.to_string();
        self.service.codes.iter().find(|(code, _)| *code == status).map(|(_, class)| *class)
    }

    /// An answer that is not the service's.
    ///
    /// For callers: an answer that could be read, but holds nothing of what the service always tells.
    pub(crate) fn unlike(&self, what: &str) -> Failure {
        let title = self.item.kind.title;
        let evidence = format!("did not answer as {title}: {what}");
        self.common(|common| common.wrong_protocol, evidence)
    }

    fn common(&self, class: impl Fn(&crate::kind::Common) -> &'static Class, evidence: String) -> Failure {
        let class = self.item.kind.common.map_or(&general::ERROR, class);
        Failure::new(class, format!("{} {evidence}", self.whom()))
    }

    fn whom(&self) -> String {
        self.conversation.reached().map_or_else(|| self.item.kind.title.to_owned(), ToString::to_string)
    }
}

/// The text of an XML element, for refusals in another service's form, which gateways and emulators send.
fn in_element(body: &str, tag: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<{tag}>"))?;
    let (text, _) = rest.split_once(&format!("</{tag}>"))?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn said(refusal: &Refusal) -> String {
    match (&refusal.code, refusal.message.trim()) {
        (Some(code), "") => code.clone(),
        (Some(code), message) => format!("{} ({code})", message.trim_end_matches('.')),
        (None, _) => format!("status {}", refusal.status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_in_whatever_form() {
        let body = "<Response><Errors><Error><Code>InvalidClientTokenId</Code><Message/></Error></Errors></Response>";
        assert_eq!(in_element(body, "Code").as_deref(), Some("InvalidClientTokenId"));
        assert_eq!(in_element(body, "Message"), None);
        assert_eq!(in_element("<html></html>", "Code"), None);
    }
}
