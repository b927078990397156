//! Credentials and region as the SDK finds them: environment, profile, web identity, container, instance. Order: "Default
//! credentials provider chain" in the SDKs' reference guide.

use std::time::Duration;

use aws_config::Region;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use preflight_contract::Attribute;

use super::Service;
use super::conversation::{Addressee, Conversation};
use crate::{Failure, Item, Probe, whole_message};

/// The longest that the whole chain may take.
const CHAIN: Duration = Duration::from_millis(3500);

/// `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile's region. The instance is not asked: where it is not there, the
/// question takes long.
///
/// # Errors
/// The service's `no_region`.
pub(super) async fn region(item: &Item, service: &Service) -> Result<Region, Failure> {
    let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new());
    chain.region().await.ok_or_else(|| {
        let name = item.name_of(Attribute::Region);
        let evidence = format!("neither {name} nor AWS_REGION nor a profile says which region");
        Failure::new(service.classes.no_region, evidence).with_hint(format!("set {name}"))
    })
}

/// The credentials of the default chain.
///
/// # Errors
/// The service's `no_credentials`.
pub(super) async fn of_chain(
    item: &Item,
    service: &Service,
    probe: &mut Probe,
    conversation: &mut Conversation,
    region: &Region,
) -> Result<Credentials, Failure> {
    let config = ProviderConfig::without_region()
        .with_region(Some(region.clone()))
        .with_http_client(conversation.wire())
        .with_retry_config(RetryConfig::disabled());
    let instance = imds::Client::builder().configure(&config).max_attempts(1).build();
    let chain =
        DefaultCredentialsChain::builder().region(region.clone()).configure(config).imds_client(instance);
    let asked = async {
        let chain = chain.build().await;
        chain.provide_credentials().await
    };
    let allowed = CHAIN.min(item.timeout * 7 / 10);
    let driven = conversation.drive(item, probe, Addressee::Aside, asked);
    let why = match tokio::time::timeout(allowed, driven).await {
        Ok(Ok(Ok(credentials))) => return Ok(credentials),
        Ok(Ok(Err(CredentialsError::CredentialsNotLoaded(_)))) => None,
        Ok(Ok(Err(error))) => Some(whole_message(&error)),
        Ok(Err(failure)) => return Err(failure),
        Err(_) => Some(format!("they did not come within {}", crate::report::seconds(allowed))),
    };
    let mut evidence = format!(
        "{} is not set, and neither environment, profile, web identity, container nor instance gives AWS credentials",
        item.name_of(Attribute::Username)
    );
    for note in why.iter().chain(&conversation.notes) {
        if !evidence.contains(note.as_str()) {
            evidence.push_str(": ");
            evidence.push_str(note);
        }
    }
    Err(Failure::new(service.classes.no_credentials, evidence))
}
