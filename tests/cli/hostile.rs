//! Every kind with a server against peers that no protocol expects: the deadline holds and the class is right.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use preflight_checks::kind::Address;
use preflight_checks::registry::REGISTRY;
use preflight_contract::Attribute;

use crate::deadline::TIMEOUT;
use crate::support::{Run, preflight};

#[path = "../check/stubs/peers.rs"]
mod peers;

/// What a stub does with one connection.
type Serve = fn(std::net::TcpStream);

/// A peer of that name on a port of its own; its threads end with the test.
fn peer(name: &str) -> u16 {
    let serve = peers::named(name).expect("a known peer");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            std::thread::spawn(move || serve(stream));
        }
    });
    port
}

/// One connection of every kind that dials, all to the same peer.
fn every_kind(port: u16) -> (Run, Vec<&'static str>) {
    let mut run = preflight();
    let mut names = String::from("checked_environment_variables:\n");
    let mut kinds = Vec::new();
    for entry in
        REGISTRY.iter().filter(|entry| entry.kind.common.is_some() && entry.kind.address != Address::None)
    {
        let kind = entry.kind;
        let client = kind.name.to_ascii_uppercase();
        let mut set = |attribute: Attribute, value: String| {
            if kind.attributes.contains(&attribute) {
                let name = format!("{client}_PEER_{}", attribute.as_str());
                names.push_str(&format!("  - {name}\n"));
                run = std::mem::replace(&mut run, preflight()).env(&name, value);
            }
        };
        if kind.address == Address::Required {
            set(Attribute::Address, "127.0.0.1".to_owned());
            set(Attribute::Port, port.to_string());
        } else {
            set(Attribute::Url, format!("http://127.0.0.1:{port}"));
            set(Attribute::Region, "us-west-2".to_owned());
        }
        set(Attribute::Username, "pat".to_owned());
        set(Attribute::Password, "a-password-1234".to_owned());
        set(Attribute::Queue, "jars".to_owned());
        set(Attribute::Topic, "arn:aws:sns:us-west-2:123456789012:jars".to_owned());
        set(Attribute::Bucket, "pickles".to_owned());
        set(Attribute::Path, "/x".to_owned());
        kinds.push(kind.name);
    }
    (run.contract(&format!("{names}timeout: {}ms\n", TIMEOUT.as_millis())), kinds)
}

/// Runs against the peer and gives each kind's class.
fn classes(name: &str) -> Vec<(String, String)> {
    let (run, kinds) = every_kind(peer(name));
    let since = Instant::now();
    let outcome = run.args(&["--format", "json"]).run().exits(1);
    // Not a measure of speed: a machine under load may take long to start a process, but a deadline that is missed
    // by a driver's own idea of patience is missed by tens of seconds.
    assert!(since.elapsed() < TIMEOUT + Duration::from_secs(8), "{name}: {:?}", since.elapsed());
    let report = outcome.json();
    let elapsed = report["elapsed_ms"].as_u64().expect("a number");
    assert!(elapsed < 60_000, "{elapsed}");
    let checks = report["checks"].as_array().expect("checks").clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("passed").to_owned();
    let found: Vec<(String, String)> = checks
        .iter()
        .filter(|check| check["kind"] != "env")
        .map(|check| (text(&check["kind"]), text(&check["class"])))
        .collect();
    assert_eq!(found.len(), kinds.len(), "every kind was tried: {found:?}");
    found
}

fn expect(name: &str, causes: &[&str]) {
    let wrong: Vec<_> = classes(name)
        .into_iter()
        .filter(|(kind, class)| {
            !causes.iter().any(|cause| *class == format!("{kind}.{cause}") || class == cause)
        })
        .collect();
    assert!(wrong.is_empty(), "against a peer that {name}, expected {causes:?}: {wrong:?}");
}

#[test]
fn a_peer_that_accepts_and_says_nothing_is_a_timeout() {
    expect("silent", &["timeout"]);
}

#[test]
fn a_peer_that_closes_at_once_is_closed() {
    expect("closes", &["closed"]);
}

#[test]
fn a_peer_that_drips_does_not_outlast_the_deadline() {
    expect("drips", &["timeout", "wrong_protocol"]);
}

#[test]
fn a_web_server_on_the_port_is_the_wrong_protocol() {
    // What speaks HTTP itself cannot tell a web server's complaint from its own server's.
    let http = ["wrong_protocol", "error", "status", "bad_request", "http_error", "client_error"];
    expect("http", &http);
}
