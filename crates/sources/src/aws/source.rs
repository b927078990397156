//! AWS as a source: it cannot tell of changes, so each query is asked again after a while.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::sync::Mutex;

use super::answer::{AwsAnswer, Parameter, SecretValue};
use super::query::AwsQuery;
use super::refusal;
use super::session;
use super::settings::AwsSettings;
use super::wire::Wire;
use crate::absence::Absences;
use crate::{Again, Answer, Backend, Cause, Fetched, Query, RetrySettings, Source, SourceError};

/// More pages below one path than this are a mistake, theirs or ours: 10 parameters a page.
const MOST_PAGES: usize = 5000;

/// The services of AWS.
#[derive(Debug)]
pub(crate) struct AwsSource {
    settings: AwsSettings,
    wire: Wire,
    /// By region; the empty one is that of the settings or the environment.
    clients: Mutex<HashMap<String, Clients>>,
    absences: Absences<AwsQuery>,
}

#[derive(Debug, Clone)]
struct Clients {
    parameters: aws_sdk_ssm::Client,
    secrets: aws_sdk_secretsmanager::Client,
}

impl AwsSource {
    /// A source with these settings. Nothing is asked yet.
    pub(crate) fn new(settings: &AwsSettings) -> Self {
        Self {
            wire: Wire::new(settings.http.clone()),
            clients: Mutex::default(),
            absences: Absences::new(&settings.retry, settings.poll_interval),
            settings: settings.clone(),
        }
    }

    async fn clients(&self, region: Option<&str>) -> Result<Clients, SourceError> {
        let mut clients = self.clients.lock().await;
        let name = region.unwrap_or_default();
        if let Some(known) = clients.get(name) {
            return Ok(known.clone());
        }
        let config = session::configuration(&self.settings, &self.wire, region).await?;
        let made = Clients {
            parameters: aws_sdk_ssm::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
        };
        clients.insert(name.to_owned(), made.clone());
        Ok(made)
    }

    async fn parameter(&self, name: &str) -> Result<AwsAnswer, SourceError> {
        let client = self.clients(region_of_arn(name)).await?.parameters;
        let call = client.get_parameter().name(name).with_decryption(true).send();
        let found = present(&format!("ssm:GetParameter on {name}"), call.await)?;
        let parameter = found.and_then(|found| found.parameter).map(parameter);
        Ok(AwsAnswer::Parameter(parameter.map(Into::into)))
    }

    async fn parameters(&self, path: &str) -> Result<AwsAnswer, SourceError> {
        let client = self.clients(None).await?.parameters;
        let action = format!("ssm:GetParametersByPath on {path}");
        let (mut all, mut next) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let call = client.get_parameters_by_path().path(path).recursive(true).with_decryption(true);
            let page = present(&action, call.set_next_token(next).send().await)?;
            let Some(page) = page else { return Ok(AwsAnswer::Parameters(all.into())) };
            all.extend(page.parameters.unwrap_or_default().into_iter().map(parameter));
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                all.sort_by(|one: &Parameter, other| one.name.cmp(&other.name));
                return Ok(AwsAnswer::Parameters(all.into()));
            }
        }
        let what = format!("AWS answered {action} with more than {MOST_PAGES} pages");
        Err(SourceError::new(Backend::Aws, Cause::TooLarge, what))
    }

    async fn secret(&self, id: &str, stage: &str) -> Result<AwsAnswer, SourceError> {
        let client = self.clients(region_of_arn(id)).await?.secrets;
        let stage = Some(stage).filter(|stage| !stage.is_empty()).map(str::to_owned);
        let call = client.get_secret_value().secret_id(id).set_version_stage(stage).send();
        let found = present(&format!("secretsmanager:GetSecretValue on {id}"), call.await)?;
        let value = found.and_then(|found| match (found.secret_string, found.secret_binary) {
            (Some(text), _) => Some(SecretValue::Text(text)),
            (None, Some(bytes)) => Some(SecretValue::Bytes(bytes.into_inner())),
            (None, None) => None,
        });
        Ok(AwsAnswer::Secret(value.map(Into::into)))
    }

    fn again(&self, query: &AwsQuery, answer: &AwsAnswer) -> Duration {
        if answer.is_absence() {
            return self.absences.pause(query);
        }
        self.absences.over(query);
        self.settings.poll_interval.mul_f64(0.9 + fastrand::f64() * 0.2)
    }
}

#[async_trait]
impl Source for AwsSource {
    async fn fetch(&self, query: &Query, _: Option<&Fetched>) -> Result<Fetched, SourceError> {
        let Query::Aws(query) = query else {
            let what = format!("AWS cannot be asked for {query}");
            return Err(SourceError::new(Backend::Aws, Cause::BadRequest, what));
        };
        let answer = match query {
            AwsQuery::Parameter { name } => self.parameter(name).await?,
            AwsQuery::Parameters { path } => self.parameters(path).await?,
            AwsQuery::Secret { id, stage } => self.secret(id, stage).await?,
        };
        let again = Again::After(self.again(query, &answer));
        Ok(Fetched { answer: Answer::Aws(answer), index: 0, again })
    }

    fn retry(&self) -> &RetrySettings {
        &self.settings.retry
    }
}

/// What a call gave; none when the service says that there is no such thing.
fn present<Output, Error>(
    action: &str,
    outcome: Result<Output, SdkError<Error, HttpResponse>>,
) -> Result<Option<Output>, SourceError>
where
    Error: ProvideErrorMetadata + StdError + 'static,
{
    match outcome {
        Ok(output) => Ok(Some(output)),
        Err(error) => refusal::of(action, &error).map_or(Ok(None), Err),
    }
}

fn parameter(theirs: aws_sdk_ssm::types::Parameter) -> Parameter {
    Parameter {
        is_secure: theirs.r#type == Some(aws_sdk_ssm::types::ParameterType::SecureString),
        version: theirs.version,
        name: theirs.name.unwrap_or_default(),
        value: theirs.value.unwrap_or_default(),
    }
}

/// The region in an ARN, its fourth part; see "Amazon Resource Names" in the AWS General Reference.
fn region_of_arn(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    (parts.next()? == "arn").then(|| parts.nth(2)).flatten().filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_says_its_region() {
        assert_eq!(region_of_arn("arn:aws:ssm:us-west-2:123:parameter/app"), Some("us-west-2"));
        assert_eq!(region_of_arn("/app/port:3"), None);
        assert_eq!(region_of_arn("arn:aws:s3:::app"), None);
    }
}
