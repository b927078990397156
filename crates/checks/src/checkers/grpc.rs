//! gRPC: one question to the standard health service, with tonic over our own connection.

mod answer;
mod carrier;
mod target;

use async_trait::async_trait;
use tonic::Request;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::kinds::{general, grpc as kind};
use crate::net::Reached;
use crate::net::bounded::{Bounded, quoted};
use crate::net::stream::{first_answer, open, plain_or_tls};
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe, whole_message};
use carrier::Carrier;
use target::Target;

/// How HTTP/2 begins, RFC 9113, section 3.4, with an empty frame of settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// A server's first frame is one of settings, whose length takes one byte of three.
const FIRST: &[u8] = b"\0";

/// Proves that a gRPC server says that it serves.
pub(crate) struct Grpc;

#[async_trait]
impl Checker for Grpc {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let target = Target::of(item)?;
        let (reached, stream) = open(probe, &target.endpoint, &target.tls, PREFACE).await?;
        let stream = Bounded::new(stream, FIRST, usize::MAX);
        let objection = stream.objection();
        probe.enter(Layer::Login);
        let outcome = ask(item, probe, (&target, &reached), Carrier::new(Box::new(stream))).await;
        let Err(mut failure) = outcome else { return Ok(()) };
        if let Some(words) = objection.words() {
            failure =
                Failure::new(&kind::WRONG_PROTOCOL, format!("{reached} did not answer as gRPC: {words}"));
        }
        if target.tls.mode.is_required() {
            return Err(failure);
        }
        if failure.class == &kind::CLOSED
            && let Some(answer) =
                first_answer(&reached, PREFACE).await.filter(|answer| !answer.starts_with(FIRST))
        {
            let evidence = format!("{reached} did not answer as gRPC: it answered {}", quoted(&answer));
            failure = Failure::new(&kind::WRONG_PROTOCOL, evidence);
        }
        let plain = TlsSettings::new(TlsMode::Disable);
        Err(plain_or_tls(probe, item, (&reached, &plain), failure, &kind::TLS_REQUIRED).await)
    }
}

async fn ask(
    item: &Item,
    probe: &mut Probe,
    (target, reached): (&Target, &Reached),
    carrier: Carrier,
) -> Result<(), Failure> {
    let mut client = HealthClient::new(channel(item, probe, target, carrier).await?);
    let request = request(target)?;
    let status = match client.check(request).await {
        Ok(response) => response.into_inner().status,
        Err(status) => {
            let failure = answer::failure(item, probe, reached, &status);
            if answer::knows_us(failure.class) {
                probe.leave();
                probe.enter(Layer::Read);
            }
            return Err(failure);
        }
    };
    probe.leave();
    probe.enter(Layer::Read);
    answer::judge(reached, &target.service, status)?;
    probe.leave();
    Ok(())
}

async fn channel(item: &Item, probe: &Probe, target: &Target, carrier: Carrier) -> Result<Channel, Failure> {
    // The scheme only names the pseudo-header: TLS, where there is any, has been made already.
    let scheme = if target.tls.mode.is_required() { "https" } else { "http" };
    let origin = format!("{scheme}://{}", target.endpoint)
        .parse::<http::Uri>()
        .map_err(|error| Failure::new(&general::BAD_ADDRESS, format!("{}: {error}", target.endpoint)))?;
    let dialled = format!("http://{}", target.endpoint);
    let endpoint = Endpoint::from_shared(dialled)
        .and_then(|endpoint| endpoint.user_agent(concat!("preflight/", env!("CARGO_PKG_VERSION"))))
        .map_err(|error| Failure::new(&general::BAD_ADDRESS, whole_message(&error)))?
        .origin(origin);
    endpoint.connect_with_connector(carrier).await.map_err(|error| answer::not_connected(item, probe, &error))
}

fn request(target: &Target) -> Result<Request<HealthCheckRequest>, Failure> {
    let mut request = Request::new(HealthCheckRequest { service: target.service.clone() });
    if let Some(token) = &target.token {
        let value: MetadataValue<_> = format!("Bearer {token}").parse().map_err(|_| {
            Failure::new(&general::BAD_PARAMETER, "the token holds characters that no header may hold")
        })?;
        request.metadata_mut().insert("authorization", value);
    }
    Ok(request)
}
