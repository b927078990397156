//! The stub's engines and login methods.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};

use crate::signature;
use crate::stub::{Asked, Lease, Reply, World, data, error};

/// How long tokens of logins live and how long they can be made to, in seconds.
pub(crate) const LOGIN_TTL: u64 = 2;
pub(crate) const LOGIN_LONGEST: u64 = 5;

/// Leases of `database/creds/…`, in seconds.
pub(crate) const LEASE_TTL: u64 = 2;
pub(crate) const LEASE_LONGEST: u64 = 5;

pub(crate) fn kv(world: &mut World, asked: &Asked<'_>, mount: &str, is_second: bool) -> Reply {
    let below = &asked.path[mount.len()..];
    let key = format!("{}{mount}{}", asked.namespace, below.strip_prefix("data/").unwrap_or(below));
    if asked.query.contains("list=true") {
        let below = below.strip_prefix("metadata").unwrap_or(below).trim_matches('/');
        let prefix = [mount.trim_end_matches('/'), below].join("/");
        return list(world, &format!("{}/", prefix.trim_end_matches('/')));
    }
    if is_second && !below.starts_with("data/") {
        return error(404, "unsupported path");
    }
    match asked.method {
        "GET" if is_second => read_version(world, asked, &key),
        "GET" => match world.values.get(&key).and_then(|versions| versions.last().cloned().flatten()) {
            Some(value) => {
                let (status, mut answer) = data(value);
                answer["lease_duration"] = json!(2_764_800);
                (status, answer)
            }
            None => (404, json!({ "errors": [] })),
        },
        "DELETE" => {
            world.values.entry(key).or_default().push(None);
            (204, Value::Null)
        }
        _ if is_second => {
            let versions = world.values.entry(key).or_default();
            versions.push(Some(asked.body["data"].clone()));
            data(json!({ "version": versions.len(), "created_time": "2026-11-21T11:30:00Z" }))
        }
        _ => {
            world.values.insert(key, vec![Some(asked.body.clone())]);
            (204, Value::Null)
        }
    }
}

fn read_version(world: &World, asked: &Asked<'_>, key: &str) -> Reply {
    let Some(versions) = world.values.get(key) else { return (404, json!({ "errors": [] })) };
    let wanted = asked.query.strip_prefix("version=").and_then(|version| version.parse::<usize>().ok());
    let version = wanted.filter(|version| *version > 0).unwrap_or(versions.len());
    let metadata =
        |deleted: &str| json!({ "version": version, "deletion_time": deleted, "destroyed": false });
    match versions.get(version - 1) {
        Some(Some(value)) => data(json!({ "data": value, "metadata": metadata("") })),
        Some(None) => {
            let (_, answer) = data(json!({ "data": null, "metadata": metadata("2020-01-01T00:00:00.5Z") }));
            (404, answer)
        }
        None => (404, json!({ "errors": [] })),
    }
}

fn list(world: &World, prefix: &str) -> Reply {
    let mut names: Vec<String> = Vec::new();
    for key in world.values.keys() {
        if let Some(rest) = key.strip_prefix(prefix) {
            let name = rest.find('/').map_or(rest, |slash| &rest[..=slash]);
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names.reverse();
    if names.is_empty() { (404, json!({ "errors": [] })) } else { data(json!({ "keys": names })) }
}

pub(crate) fn database(world: &mut World, asked: &Asked<'_>) -> Reply {
    let number = world.next();
    if asked.path == "database/static-creds/app" {
        let second = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let (period, turn) = (3, second / 3);
        let ttl = (turn + 1) * period - second;
        return data(json!({ "password": format!("turn-{turn}"), "rotation_period": period, "ttl": ttl }));
    }
    let is_renewable = asked.path != "database/creds/fixed";
    let id = format!("{}/{number}", asked.path);
    let now = Instant::now();
    let lease = Lease {
        ttl: LEASE_TTL,
        expires: now + Duration::from_secs(LEASE_TTL),
        latest: now + Duration::from_secs(LEASE_LONGEST),
    };
    world.leases.insert(id.clone(), lease);
    let password = format!("dynamic-{number}");
    (
        200,
        json!({ "lease_id": id, "lease_duration": LEASE_TTL, "renewable": is_renewable,
        "data": { "username": "v-app", "password": password } }),
    )
}

pub(crate) fn pki(asked: &Asked<'_>) -> Reply {
    let name = asked.body["common_name"].as_str().unwrap_or_default();
    let ttl: i64 = asked.body["ttl"].as_str().unwrap_or("3600s").trim_end_matches('s').parse().unwrap();
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name.push(DnType::CommonName, "stub");
    let root_key = KeyPair::generate().unwrap();
    let authority = root.clone().self_signed(&root_key).unwrap().pem();
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    leaf.not_before = std::time::SystemTime::now().into();
    leaf.not_after = (std::time::SystemTime::now() + Duration::from_secs(ttl.unsigned_abs())).into();
    let key = KeyPair::generate().unwrap();
    let certificate = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap().pem();
    data(json!({ "certificate": certificate.trim(), "private_key": key.serialize_pem().trim(),
        "issuing_ca": authority.trim(), "ca_chain": [authority.trim()], "serial_number": "7" }))
}

pub(crate) fn login(world: &mut World, asked: &Asked<'_>) -> Reply {
    let text = |name: &str| asked.body[name].as_str().unwrap_or_default().to_owned();
    let is_right = match asked.path {
        "auth/approle/login" | "auth/other/login" => {
            (text("role_id"), text("secret_id")) == ("role".to_owned(), "secret".to_owned())
        }
        "auth/kubernetes/login" => (text("role"), text("jwt")) == ("web".to_owned(), "jwt-1".to_owned()),
        "auth/aws/login" => text("role") == "web" && is_signed(asked),
        _ => return error(404, "no handler for route"),
    };
    if !is_right {
        return error(400, "invalid role or secret ID");
    }
    let (_, auth) = world.make_token(&["reader"], LOGIN_TTL, LOGIN_LONGEST);
    (200, json!({ "auth": auth }))
}

/// Whether STS would say who asks.
fn is_signed(asked: &Asked<'_>) -> bool {
    let decoded = |name: &str| {
        let text = asked.body[name].as_str().unwrap_or_default();
        String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()
    };
    let headers: Value = serde_json::from_str(&decoded("iam_request_headers")).unwrap();
    asked.body["iam_http_request_method"] == "POST"
        && signature::is_right(&decoded("iam_request_url"), &headers, &decoded("iam_request_body"))
}
