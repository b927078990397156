//! Which server and which of its services is asked, from variables or from `checks:`.

use preflight_contract::{Attribute, CheckSpec, GrpcCheck};
use url::Url;

use crate::kinds::general;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::{Endpoint, Failure, Item};

/// The server, the service, and how it is asked.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) endpoint: Endpoint,
    pub(super) tls: TlsSettings,
    /// Empty for the whole server.
    pub(super) service: String,
    pub(super) token: Option<String>,
}

impl Target {
    /// What the item says.
    ///
    /// # Errors
    /// `check.bad_address` or `tls.bad_mode`.
    pub(super) fn of(item: &Item) -> Result<Self, Failure> {
        let mut target = match &item.spec {
            Some(CheckSpec::Grpc(spec)) => Self::of_spec(item, spec)?,
            _ => Self::of_connection(item)?,
        };
        target.tls.protocols = vec![b"h2".to_vec()];
        Ok(target)
    }

    fn of_spec(item: &Item, spec: &GrpcCheck) -> Result<Self, Failure> {
        let (scheme, address) = match spec.address.split_once("://") {
            Some((scheme, _)) => (scheme.to_ascii_lowercase(), authority(&spec.address)?),
            None => (String::new(), spec.address.clone()),
        };
        let mode = match spec.tls || is_secure(&scheme) || spec.ca.is_some() || spec.insecure {
            false => TlsMode::Disable,
            true if spec.insecure => TlsMode::Require,
            true => TlsMode::VerifyFull,
        };
        let mut tls = TlsSettings::new(mode);
        // With authorities, `Require` would verify after all.
        tls.authorities = spec.ca.as_ref().filter(|_| !spec.insecure).map(Into::into);
        tls.server_name.clone_from(&spec.server_name);
        Ok(Self {
            endpoint: Endpoint::parse("address", &address, default_port(item, &scheme))?,
            tls,
            service: spec.service.clone().unwrap_or_default(),
            token: spec.token.clone(),
        })
    }

    fn of_connection(item: &Item) -> Result<Self, Failure> {
        let named = item.connection.client.trim_end_matches(|character: char| character.is_ascii_digit());
        let scheme = item.scheme().unwrap_or_else(|| named.to_ascii_lowercase());
        let mode = if is_secure(&scheme) { TlsMode::VerifyFull } else { TlsMode::Disable };
        let service = item.attribute(Attribute::Path).unwrap_or_default();
        Ok(Self {
            endpoint: item.endpoint_or(default_port(item, &scheme))?,
            tls: TlsSettings::of(item, mode)?,
            service: service.trim_start_matches('/').to_owned(),
            token: item.attribute(Attribute::Token).map(str::to_owned),
        })
    }
}

fn is_secure(scheme: &str) -> bool {
    matches!(scheme, "grpcs" | "https")
}

fn default_port(item: &Item, scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => item.kind.default_port,
    }
}

/// Host and port of a URL, as they are written.
fn authority(address: &str) -> Result<String, Failure> {
    let url = Url::parse(address)
        .map_err(|error| Failure::new(&general::BAD_ADDRESS, format!("address is no URL: {error}")))?;
    let host = url.host_str().unwrap_or_default();
    Ok(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}
