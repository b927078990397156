//! Instance metadata, version 2.

use std::time::{Duration, Instant};

use preflight_identity::{AskInstance, Platform, discover};
use tokio::net::TcpListener;

use crate::metadata_server::MetadataServer;
use crate::place::{Place, some};

const DOCUMENT: &str = include_str!("documents/instance-identity.json");
const TOKEN: &str = "PUT /latest/api/token";
const IDENTITY: &str = "GET /latest/dynamic/instance-identity/document";
const SECRET: &str = "AQAEAO-this-is-the-session-token==";

async fn instance() -> MetadataServer {
    MetadataServer::start().await.then(TOKEN, 200, SECRET).then(IDENTITY, 200, DOCUMENT)
}

fn at(server: &MetadataServer) -> Place {
    Place::new().instance_metadata_at(&server.base).file("sys/class/dmi/id/sys_vendor", "Amazon EC2\n")
}

#[tokio::test]
async fn an_instance_is_asked_with_a_token() {
    let server = instance().await;
    let identity = at(&server).discover().await;
    assert_eq!(server.requests(), [TOKEN, IDENTITY]);
    assert_eq!(server.header(TOKEN, "x-aws-ec2-metadata-token-ttl-seconds"), some("60"));
    assert_eq!(server.header(IDENTITY, "x-aws-ec2-metadata-token"), some(SECRET));
    assert_eq!(identity.platform, Platform::Ec2);
    assert_eq!(
        (identity.instance_id.as_deref(), identity.instance_type.as_deref()),
        (Some("i-0f1e2d3c4b5a69788"), Some("m7g.large"))
    );
    assert_eq!(
        (identity.region.as_deref(), identity.zone.as_deref()),
        (Some("eu-west-1"), Some("eu-west-1c"))
    );
    assert_eq!(identity.created_at, Some("2026-11-19T06:00:12Z".parse().unwrap()));
    assert_eq!(identity.addresses, ["10.1.2.3".parse::<std::net::IpAddr>().unwrap()]);
    assert_eq!(identity.summary(), "instance i-0f1e2d3c4b5a69788 (EC2 eu-west-1c)");
    assert!(!format!("{identity:?}").contains(SECRET), "the token stays inside");
}

#[tokio::test]
async fn a_container_on_an_instance_keeps_its_own_address_and_age() {
    let server = instance().await;
    let identity = at(&server)
        .file(".dockerenv", "")
        .variable("CONTAINER_IMAGE", "registry.test:5000/team/pickles:2")
        .discover()
        .await;
    assert_eq!((identity.created_at, identity.addresses.len()), (None, 0));
    assert_eq!(identity.summary(), "image team/pickles:2, instance i-0f1e2d3c4b5a69788 (EC2 eu-west-1c)");
}

#[tokio::test]
async fn the_service_is_asked_only_if_it_makes_sense() {
    let server = instance().await;
    let not_amazons =
        Place::new().instance_metadata_at(&server.base).file("sys/class/dmi/id/sys_vendor", "QEMU\n");
    let disabled = at(&server).variable("AWS_EC2_METADATA_DISABLED", "True");
    let kubernetes = at(&server).variable("KUBERNETES_SERVICE_HOST", "10.96.0.1");
    let ecs = at(&server).variable("ECS_CONTAINER_METADATA_URI_V4", "http://127.0.0.1:1/v4");
    for place in [not_amazons, disabled, kubernetes, ecs] {
        place.discover().await;
    }
    let mut never = at(&server).sources();
    never.instance_metadata = AskInstance::Never;
    discover(&never, Duration::from_secs(1)).await;
    assert!(server.requests().is_empty(), "{:?}", server.requests());
}

#[tokio::test]
async fn an_endpoint_in_the_environment_is_asked_whatever_the_firmware_says() {
    let server = instance().await;
    let identity = Place::new()
        .variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", &format!("{}/", server.base))
        .discover()
        .await;
    assert_eq!(identity.instance_type, some("m7g.large"));
}

#[tokio::test]
async fn an_older_instance_is_known_by_its_bios() {
    let server = instance().await;
    let place = Place::new()
        .instance_metadata_at(&server.base)
        .file("sys/class/dmi/id/bios_version", "4.11.amazon\n");
    assert_eq!(place.discover().await.platform, Platform::Ec2);
}

#[tokio::test]
async fn without_a_token_nothing_else_is_asked() {
    let server = MetadataServer::start().await.then(TOKEN, 403, "").then(IDENTITY, 200, DOCUMENT);
    let identity = at(&server).discover().await;
    assert_eq!(server.requests(), [TOKEN]);
    assert_eq!(identity.platform, Platform::Host);
    assert!(
        identity.notes.iter().any(|note| note.contains("EC2") && note.contains("403")),
        "{:?}",
        identity.notes
    );
}

#[tokio::test]
async fn a_token_that_would_forge_a_header_is_not_sent() {
    let server =
        MetadataServer::start().await.then(TOKEN, 200, "a\r\nX-Forged: 1").then(IDENTITY, 200, DOCUMENT);
    at(&server).discover().await;
    assert_eq!(server.requests(), [TOKEN]);
}

#[tokio::test]
async fn a_service_out_of_reach_costs_a_fraction_of_the_budget() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = Place::new()
        .instance_metadata_at(&format!("http://{}", silent.local_addr().unwrap()))
        .file("sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
    let start = Instant::now();
    let identity = place.discover().await;
    assert!(start.elapsed() < Duration::from_millis(900), "took {:?}", start.elapsed());
    assert!(identity.notes.iter().any(|note| note.contains("in time")), "{:?}", identity.notes);
}
