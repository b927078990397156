//! AWS Systems Manager: one parameter, or those below a path.

use async_trait::async_trait;
use aws_sdk_ssm::Client;
use preflight_contract::Attribute;

use crate::checkers::aws::{Service, Session, Settings, needed, region_of_arn};
use crate::kinds::ssm as kind;
use crate::{Checker, Failure, Item, Probe};

static SERVICE: Service = Service {
    classes: &kind::AWS,
    codes: &[
        ("ParameterNotFound", &kind::NO_SUCH_PARAMETER),
        ("ParameterVersionNotFound", &kind::NO_SUCH_PARAMETER),
        ("ParameterVersionLabelNotFound", &kind::NO_SUCH_PARAMETER),
    ],
};

/// Proves that a parameter may be read and decrypted.
pub(crate) struct Ssm;

#[async_trait]
impl Checker for Ssm {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let path = needed(item, Attribute::Path, "parameter")?;
        let mut settings = Settings::of(item)?;
        settings.region = settings.region.or_else(|| region_of_arn(&path));
        let mut session = Session::open(item, &SERVICE, probe, settings).await?;
        let client = Client::new(session.config());
        if path.ends_with('/') {
            return below(&client, &mut session, probe, &path).await;
        }
        let action = format!("ssm:GetParameter on {path}");
        let call = client.get_parameter().name(&path).with_decryption(true).send();
        let found = session.ask(probe, &action, call).await?;
        let parameter = found.parameter().ok_or_else(|| session.unlike("no parameter in it"))?;
        if let Some(arn) = parameter.arn() {
            probe.fact("parameter", arn);
        }
        if let Some(kind) = parameter.r#type() {
            probe.fact("type", kind.as_str());
        }
        probe.fact("version", parameter.version().to_string());
        Ok(())
    }
}

async fn below(
    client: &Client,
    session: &mut Session<'_>,
    probe: &mut Probe,
    path: &str,
) -> Result<(), Failure> {
    let bare = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    let action = format!("ssm:GetParametersByPath on {bare}");
    let call =
        client.get_parameters_by_path().path(bare).recursive(true).with_decryption(true).max_results(1);
    let found = session.ask(probe, &action, call.send()).await?;
    match found.parameters.as_deref() {
        None => Err(session.unlike("no parameters in it")),
        Some([]) => {
            Err(Failure::new(&kind::NO_SUCH_PARAMETER, format!("there is no parameter below {path}")))
        }
        Some(_) => Ok(()),
    }
}
