//! Plain TLS: the handshake, the chain, the name and the date of the certificate.

use std::path::PathBuf;

use async_trait::async_trait;
use preflight_contract::{CheckSpec, TlsCheck};

use crate::net::tls::{TlsMode, TlsSettings};
use crate::{Checker, Endpoint, Failure, Item, Probe};

/// Proves the certificate of a TLS port.
pub(crate) struct Tls;

#[async_trait]
impl Checker for Tls {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let (endpoint, settings) = match &item.spec {
            Some(CheckSpec::Tls(spec)) => of_spec(item, spec)?,
            _ => (item.endpoint()?, TlsSettings::of(item, TlsMode::VerifyFull)?),
        };
        let (_, stream) = probe.connect(&endpoint).await?;
        let stream = probe.tls(stream, &endpoint.host, &settings).await?;
        if let Some(version) = stream.get_ref().1.protocol_version() {
            probe.fact("protocol", format!("{version:?}"));
        }
        Ok(())
    }
}

fn of_spec(item: &Item, spec: &TlsCheck) -> Result<(Endpoint, TlsSettings), Failure> {
    let endpoint = Endpoint::parse("address", &spec.address, spec.port.or(item.kind.default_port))?;
    let mut settings = TlsSettings::new(TlsMode::VerifyFull);
    settings.authorities = spec.ca.as_ref().map(PathBuf::from);
    settings.server_name.clone_from(&spec.server_name);
    if let Some(soon) = spec.expires_within {
        settings.expires_soon = soon;
    }
    Ok((endpoint, settings))
}
