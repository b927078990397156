//! Where a service is and as whom it is asked, from the attributes.

use std::path::PathBuf;

use aws_credential_types::Credentials;
use preflight_contract::Attribute;

use crate::kinds::general;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::{Failure, Item};

/// What the attributes say; everything else is found as the SDK finds it.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The region.
    pub(crate) region: Option<String>,
    /// The service's address when it is not AWS's own: scheme, host and port.
    pub(crate) endpoint: Option<String>,
    pub(super) credentials: Option<Credentials>,
    pub(super) tls: TlsSettings,
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// `check.bad_address`, `check.bad_parameter` or `tls.bad_mode`.
    pub(crate) fn of(item: &Item) -> Result<Self, Failure> {
        let mut tls = TlsSettings::of(item, TlsMode::VerifyFull)?;
        if tls.authorities.is_none() {
            tls.authorities = authorities_of_environment();
        }
        Ok(Self {
            region: item.attribute(Attribute::Region).map(str::to_owned),
            endpoint: endpoint_of(item)?,
            credentials: credentials_of(item)?,
            tls,
        })
    }
}

/// The SDKs' own variable for authorities that are trusted.
pub(super) fn authorities_of_environment() -> Option<PathBuf> {
    std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The value of an attribute that the kind cannot do without.
///
/// # Errors
/// `check.bad_parameter`, which names the variable that is missing.
pub(crate) fn needed(item: &Item, attribute: Attribute, what: &str) -> Result<String, Failure> {
    item.attribute(attribute).map(str::to_owned).ok_or_else(|| {
        let evidence = format!("{} is not set, so there is no {what} to ask for", item.name_of(attribute));
        Failure::new(&general::BAD_PARAMETER, evidence)
    })
}

/// The region in an ARN, its fourth part; see "Amazon Resource Names" in the AWS General Reference.
pub(crate) fn region_of_arn(arn: &str) -> Option<String> {
    let mut parts = arn.split(':');
    (parts.next()? == "arn")
        .then(|| parts.nth(2))
        .flatten()
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
}

fn endpoint_of(item: &Item) -> Result<Option<String>, Failure> {
    let address = item.attribute(Attribute::Address);
    if address.is_none() && item.attribute(Attribute::Url).is_none() {
        return Ok(None);
    }
    let written = address.and_then(|address| address.split_once("://")).map(|(scheme, _)| scheme.to_owned());
    let scheme = match written.or_else(|| item.scheme()).as_deref() {
        Some("http") => "http",
        _ => "https",
    };
    let endpoint = item.endpoint_or(Some(if scheme == "http" { 80 } else { 443 }))?;
    let usual = if scheme == "http" { ":80" } else { ":443" };
    let endpoint = endpoint.to_string();
    Ok(Some(format!("{scheme}://{}", endpoint.strip_suffix(usual).unwrap_or(&endpoint))))
}

fn credentials_of(item: &Item) -> Result<Option<Credentials>, Failure> {
    let token = item.attribute(Attribute::Token).map(str::to_owned);
    match (item.username(), item.password()) {
        (Some(key), Some(secret)) => Ok(Some(Credentials::new(key, secret, token, None, "preflight"))),
        (None, None) if token.is_none() => Ok(None),
        _ => {
            let name = |attribute| item.name_of(attribute);
            let evidence = format!(
                "{} (the access key) and {} (the secret key) must be set together, {} only beside them",
                name(Attribute::Username),
                name(Attribute::Password),
                name(Attribute::Token)
            );
            Err(Failure::new(&general::BAD_PARAMETER, evidence))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_says_its_region() {
        assert_eq!(region_of_arn("arn:aws:sns:us-west-2:123:pickles").as_deref(), Some("us-west-2"));
        assert_eq!(region_of_arn("arn:aws:s3:::pickles"), None);
        assert_eq!(region_of_arn("pickles"), None);
    }
}
