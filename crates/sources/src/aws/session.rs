//! Region and credentials as the AWS tools find them: environment, profile, web identity, container, instance. Order:
//! "Default credentials provider chain" in the SDKs' reference guide.

use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};

use super::refusal::whole_message;
use super::settings::{AwsKeys, AwsSettings};
use super::wire::Wire;
use crate::{Backend, Cause, HttpSettings, SourceError};

/// How long the instance's metadata service may take: where there is none, nobody answers.
const INSTANCE: Duration = Duration::from_secs(1);
/// The region that AWS's global services sign in.
const GLOBAL_REGION: &str = "us-east-1";

/// What the SDK's clients of one region are made with.
///
/// # Errors
/// `aws.no_region`
pub(super) async fn configuration(
    settings: &AwsSettings,
    wire: &Wire,
    region: Option<&str>,
) -> Result<SdkConfig, SourceError> {
    let region = match region.or(settings.region.as_deref()) {
        Some(region) => Region::new(region.to_owned()),
        None => region_of_chain(wire).await?,
    };
    let credentials = match &settings.keys {
        Some(keys) => SharedCredentialsProvider::new(given(keys)),
        None => SharedCredentialsProvider::new(chain(wire, &region).await),
    };
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .http_client(wire.clone())
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(endpoint) = &settings.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    Ok(loader.load().await)
}

/// The credentials that Vault's login is signed with.
///
/// # Errors
/// `aws.no_credentials`
pub(crate) async fn credentials_for_vault(region: Option<&str>) -> Result<Credentials, SourceError> {
    let wire = Wire::new(HttpSettings::default());
    let region = Region::new(region.unwrap_or(GLOBAL_REGION).to_owned());
    let chain = chain(&wire, &region).await;
    chain.provide_credentials().await.map_err(|error| {
        let what = format!("no AWS credentials were found: {}", whole_message(&error));
        SourceError::new(Backend::Aws, Cause::AwsNoCredentials, what)
    })
}

async fn region_of_chain(wire: &Wire) -> Result<Region, SourceError> {
    let config = ProviderConfig::without_region().with_http_client(wire.clone());
    let of_instance = ImdsRegionProvider::builder().configure(&config).imds_client(instance(&config)).build();
    let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else(of_instance);
    chain.region().await.ok_or_else(|| {
        let what = "neither the configuration nor AWS_REGION, the profile or the instance says which region";
        SourceError::new(Backend::Aws, Cause::AwsNoRegion, what)
    })
}

async fn chain(wire: &Wire, region: &Region) -> DefaultCredentialsChain {
    let config = ProviderConfig::without_region()
        .with_region(Some(region.clone()))
        .with_http_client(wire.clone())
        .with_retry_config(RetryConfig::disabled());
    let instance = instance(&config);
    let chain = DefaultCredentialsChain::builder().region(region.clone()).configure(config);
    chain.imds_client(instance).build().await
}

fn instance(config: &ProviderConfig) -> imds::Client {
    let builder = imds::Client::builder().configure(config).max_attempts(1);
    builder.connect_timeout(INSTANCE).read_timeout(INSTANCE).build()
}

fn given(keys: &AwsKeys) -> Credentials {
    let token = Some(keys.session_token.reveal()).filter(|token| !token.is_empty()).map(str::to_owned);
    let secret = keys.secret_access_key.reveal();
    Credentials::new(keys.access_key_id.as_str(), secret, token, None, "configuration")
}
