//! What only a real Vault can prove of leases, AppRole, pki and AWS: that the stub's idea of them is right. A server
//! that was built without one of them says so, and that scenario is left out aloud.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use preflight_sources::vault::{
    AppRoleLogin, Arguments, AwsLogin, Text, VaultAnswer, VaultLogin, VaultQuery, VaultSettings,
};
use preflight_sources::{Cause, SecretText};

use crate::place::{Place, all_facts, is_there, places};
use crate::watching::{Watching, value, versioned};

/// The real server with something enabled, if it is there and has it.
async fn with(what: &str, kind: &str, path: &str) -> Option<Place> {
    let name = format!("r{}", fastrand::u32(..));
    let place = places(&name).await.into_iter().find(|place| place.stub.is_none())?;
    let (status, said) =
        place.try_call("POST", &format!("sys/{what}/{path}"), &json!({ "type": kind })).await;
    let is_there = (200..300).contains(&status) || said.contains("already in use");
    if !is_there {
        eprintln!("the real Vault was built without {kind}: {said}");
    }
    is_there.then_some(place)
}

async fn readable(place: &Place) -> VaultQuery {
    let path = format!("real/{}", fastrand::u64(..));
    place.call("POST", &format!("secret/data/{path}"), &json!({ "data": { "greeting": "hello" } })).await;
    let policy = json!({ "policy": "path \"secret/*\" { capabilities = [\"read\"] }" });
    place.call("PUT", "sys/policies/acl/real", &policy).await;
    VaultQuery::read(&format!("secret/{path}")).unwrap()
}

fn given(text: &str) -> Text {
    Text::Given(SecretText::new(text))
}

#[tokio::test]
async fn approle_logs_in_is_renewed_and_logs_in_again() {
    let Some(place) = with("auth", "approle", "approle").await else { return };
    let query = readable(&place).await;
    let role = json!({ "token_policies": ["real"], "token_ttl": "3s", "token_max_ttl": "6s" });
    place.call("POST", "auth/approle/role/web", &role).await;
    let id = place.call("GET", "auth/approle/role/web/role-id", &json!(null)).await;
    let secret = place.call("POST", "auth/approle/role/web/secret-id", &json!({})).await;
    let text = |answer: &serde_json::Value, name: &str| answer["data"][name].as_str().unwrap().to_owned();
    let login = |secret: &str| {
        let role_id = given(&text(&id, "role_id"));
        let mount = "approle".to_owned();
        VaultLogin::AppRole(AppRoleLogin { role_id, secret_id: Some(given(secret)), mount })
    };
    let default_lease_duration = Duration::from_millis(500);
    let settings = |secret: &str| VaultSettings {
        login: login(secret),
        default_lease_duration,
        ..place.root_settings()
    };
    let mut watching = Watching::new(settings(&text(&secret, "secret_id")));
    let good = watching.want(query.clone());
    assert_eq!(versioned(&watching.next(&good).await.unwrap(), "greeting"), "hello");
    assert!(watching.is_silent(&good, Duration::from_secs(10)).await, "{:?}", watching.watcher.states());
    let mut watching = Watching::new(settings("00000000-0000-0000-0000-000000000000"));
    let refused = watching.want(query);
    let error = watching.next(&refused).await.unwrap_err();
    assert_eq!(error.cause, Cause::LoginRefused, "{error}");
}

#[tokio::test]
async fn a_lease_is_renewed_and_replaced_at_its_longest() {
    let Some(place) = with("mounts", "leased-kv", "leased").await else { return };
    let tune = json!({ "default_lease_ttl": "3s", "max_lease_ttl": "6s" });
    place.call("POST", "sys/mounts/leased/tune", &tune).await;
    let path = format!("leased/{}", fastrand::u64(..));
    place.call("PUT", &path, &json!({ "password": "one", "ttl": "3s" })).await;
    let mut watching = Watching::new(place.root_settings());
    let query = watching.want(VaultQuery::read(&path).unwrap());
    assert_eq!(value(&watching.next(&query).await.unwrap(), "password"), "one");
    let began = Instant::now();
    place.call("PUT", &path, &json!({ "password": "two", "ttl": "3s" })).await;
    assert_eq!(value(&watching.next(&query).await.unwrap(), "password"), "two");
    let lasted = began.elapsed();
    assert!(lasted > Duration::from_millis(3200), "{lasted:?}: it was renewed");
    assert!(lasted < Duration::from_secs(7), "{lasted:?}: it was replaced before its end");
}

#[tokio::test]
async fn a_certificate_is_issued_with_its_key_and_authority() {
    let Some(place) = with("mounts", "pki", "pki").await else { return };
    place.call("POST", "pki/root/generate/internal", &json!({ "common_name": "root", "ttl": "48h" })).await;
    let role = json!({ "allowed_domains": ["local"], "allow_subdomains": true, "max_ttl": "24h" });
    place.call("POST", "pki/roles/web", &role).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.pem");
    let arguments = [("common_name", "app.local"), ("ttl", "1h")];
    let arguments = arguments.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let query = VaultQuery::certificate("pki/issue/web", Arguments::new(arguments), file.to_str().unwrap());
    let query = query.unwrap();
    let mut watching = Watching::new(place.root_settings());
    let wanted = watching.want(query.clone());
    let VaultAnswer::Certificate(first) = watching.next(&wanted).await.unwrap() else {
        panic!("a certificate")
    };
    assert!(first.certificate.starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(first.key.contains("PRIVATE KEY-----\n"));
    assert!(first.chain.contains(&first.authority));
    std::fs::write(&file, format!("{}\n{}\n{}", first.certificate, first.authority, first.key)).unwrap();
    let mut watching = Watching::new(place.root_settings());
    let wanted = watching.want(query);
    assert_eq!(watching.next(&wanted).await.unwrap(), VaultAnswer::Certificate(Arc::clone(&first)));
}

/// Vault asks moto who signed the question, and moto verifies the signature.
#[tokio::test]
async fn an_aws_identity_logs_in() {
    let Some(facts) = all_facts().and_then(|facts| facts.get("aws").filter(|aws| is_there(aws)).cloned())
    else {
        return;
    };
    let Some(place) = with("auth", "aws", "aws").await else { return };
    let text = |name: &str| facts["allowed"][name].as_str().unwrap().to_owned();
    if std::env::var("AWS_ACCESS_KEY_ID").as_deref() != Ok(&text("access_key_id")) {
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["real::an_aws_identity_logs_in", "--exact"])
            .env("AWS_ACCESS_KEY_ID", text("access_key_id"))
            .env("AWS_SECRET_ACCESS_KEY", text("secret_access_key"))
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
        return;
    }
    let query = readable(&place).await;
    let client = json!({ "sts_endpoint": facts["endpoint"], "sts_region": "us-west-2",
        "iam_server_id_header_value": "vault.example" });
    place.call("POST", "auth/aws/config/client", &client).await;
    let role = json!({ "auth_type": "iam", "bound_iam_principal_arn": text("arn"),
        "resolve_aws_unique_ids": false, "token_policies": ["real"] });
    place.call("POST", "auth/aws/role/web", &role).await;
    let login = |server_id: &str| {
        VaultLogin::Aws(AwsLogin {
            role: "web".to_owned(),
            region: Some("us-west-2".to_owned()),
            server_id: Some(server_id.to_owned()),
            mount: "aws".to_owned(),
        })
    };
    let settings = |server_id| VaultSettings { login: login(server_id), ..place.root_settings() };
    let mut watching = Watching::new(settings("vault.example"));
    let wanted = watching.want(query.clone());
    assert_eq!(versioned(&watching.next(&wanted).await.unwrap(), "greeting"), "hello");
    let mut watching = Watching::new(settings("another.example"));
    let wanted = watching.want(query);
    assert_eq!(watching.next(&wanted).await.unwrap_err().cause, Cause::LoginRefused);
}
