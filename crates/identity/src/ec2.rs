//! Amazon EC2: the instance metadata service, version 2.
//!
//! As in the EC2 user guide, "Use the Instance Metadata Service": a PUT fetches a token, a GET with the token fetches the
//! instance identity document, which holds all that is wanted here. Version 1, without a token, is not asked.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::files;
use crate::http::{Endpoint, HttpError, Request};
use crate::json;
use crate::model::{Identity, Platform};
use crate::sources::{AskInstance, Sources};

/// The service is one hop away. From a container it may be out of reach (the answer's hop limit is 1 by default), and then
/// nothing comes back at all: waiting longer would only delay every start.
const PATIENCE: Duration = Duration::from_millis(300);

const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/// Whether to ask.
pub(crate) fn is_likely(sources: &Sources) -> bool {
    sources.instance_metadata == AskInstance::WhenLikely
        && !sources
            .variable("AWS_EC2_METADATA_DISABLED")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
        && (sources.variable(ENDPOINT).is_some() || firmware_is_amazons(sources))
}

/// Nitro instances name Amazon as the vendor, older ones have an Amazon BIOS.
fn firmware_is_amazons(sources: &Sources) -> bool {
    let says = |path, word| files::value(&sources.root, path).is_some_and(|value| value.contains(word));
    says("sys/class/dmi/id/sys_vendor", "Amazon EC2") || says("sys/class/dmi/id/bios_version", "amazon")
}

/// Fills in what the identity document tells.
pub(crate) async fn describe(sources: &Sources, deadline: Instant, identity: &mut Identity) {
    let deadline = deadline.min(Instant::now() + PATIENCE);
    match fetch(sources, deadline).await {
        Ok(document) => read_document(&document, identity),
        Err(error) => identity.notes.push(format!("EC2 instance metadata: {error}")),
    }
}

fn base(sources: &Sources) -> String {
    sources.variable(ENDPOINT).unwrap_or_else(|| {
        let mode = sources.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
        if mode.is_some_and(|mode| mode.eq_ignore_ascii_case("ipv6")) {
            return "http://[fd00:ec2::254]".to_owned();
        }
        sources.instance_metadata_base.clone()
    })
}

async fn fetch(sources: &Sources, deadline: Instant) -> Result<Value, HttpError> {
    let endpoint = Endpoint::parse(&base(sources), &sources.root)?;
    let lifetime = Some(("X-aws-ec2-metadata-token-ttl-seconds", "60"));
    let request = Request { method: "PUT", endpoint: &endpoint, path: "/latest/api/token", header: lifetime };
    let token = String::from_utf8(request.send(deadline).await?).map_err(|_| HttpError::Malformed)?;
    let request = Request {
        method: "GET",
        endpoint: &endpoint,
        path: "/latest/dynamic/instance-identity/document",
        header: Some(("X-aws-ec2-metadata-token", token.trim())),
    };
    json::object(&request.send(deadline).await?).ok_or(HttpError::NotADocument)
}

fn read_document(document: &Value, identity: &mut Identity) {
    identity.instance_id = json::text(document, "instanceId");
    identity.instance_type = json::text(document, "instanceType");
    identity.region = json::text(document, "region");
    identity.zone = json::text(document, "availabilityZone");
    if identity.platform == Platform::Host {
        // In a container this would be the machine's age, and its address the machine's.
        identity.created_at = json::text(document, "pendingTime").and_then(|moment| moment.parse().ok());
        let address: Option<IpAddr> = json::text(document, "privateIp").and_then(|text| text.parse().ok());
        if identity.addresses.is_empty() {
            identity.addresses.extend(address);
        }
    }
    identity.platform = Platform::Ec2;
}
