//! What is wrong with Vault or with us is told as what it is, and heals by itself where it can.

use std::time::Duration;

use serde_json::json;

use preflight_sources::vault::{VaultLogin, VaultQuery};
use preflight_sources::{Cause, HttpSettings};

use crate::place::{Place, facts, places, stub};
use crate::watching::{Watching, versioned};

fn read(path: &str) -> VaultQuery {
    VaultQuery::read(path).unwrap()
}

async fn with_app(place: &Place) {
    place.call("POST", "secret/data/app", &json!({ "data": { "greeting": "hello" } })).await;
}

#[tokio::test]
async fn a_token_without_the_policy_is_denied() {
    for place in places("denied1").await {
        with_app(&place).await;
        let token = place.token(&["secret/data/elsewhere/*"], &json!({})).await;
        let mut watching = Watching::new(place.settings(&token));
        let query = watching.want(read("secret/app"));
        let error = watching.next(&query).await.unwrap_err();
        assert_eq!(error.cause, Cause::Denied, "{error}");
        assert!(error.to_string().contains("permission denied"), "{error}");
        let policy = r#"path "secret/data/app" { capabilities = ["read"] }"#;
        assert!(error.advice().contains(policy), "{}", error.advice());
        assert!(!error.to_string().contains(&token));
    }
}

#[tokio::test]
async fn a_token_that_vault_does_not_know_is_told_from_one_that_may_not() {
    for place in places("unknown1").await {
        let mut watching = Watching::new(place.settings("hvs.unknown-token"));
        let query = watching.want(read("secret/app"));
        let error = watching.next(&query).await.unwrap_err();
        assert_eq!(error.cause, Cause::BadToken, "{error}");
        assert!(!format!("{error} {error:?}").contains("hvs.unknown-token"), "{error:?}");
    }
}

#[tokio::test]
async fn a_sealed_vault_is_waited_for() {
    let place = stub().await;
    with_app(&place).await;
    place.stub().world().sealed = true;
    let mut watching = Watching::new(place.root_settings());
    let query = watching.want(read("secret/app"));
    let error = watching.next(&query).await.unwrap_err();
    assert_eq!(error.cause, Cause::VaultSealed);
    assert!(error.heals() && error.advice().contains("unseal"), "{error:?}");
    place.stub().world().sealed = false;
    assert_eq!(versioned(&watching.good(&query).await, "greeting"), "hello");
}

#[tokio::test]
async fn a_vault_that_was_never_initialised_is_told() {
    let place = stub().await;
    place.stub().world().uninitialised = true;
    let mut watching = Watching::new(place.root_settings());
    let query = watching.want(read("secret/app"));
    assert_eq!(watching.next(&query).await.unwrap_err().cause, Cause::VaultUninitialised);
}

#[tokio::test]
async fn the_real_ones_states_are_the_same() {
    let Some(facts) = facts() else {
        eprintln!("there is no real Vault to ask for its states");
        return;
    };
    for (port, cause) in
        [("sealed_port", Cause::VaultSealed), ("uninitialised_port", Cause::VaultUninitialised)]
    {
        let address = format!("http://127.0.0.1:{}", facts[port]);
        let place = Place { address, root: "hvs.any".to_owned(), stub: None };
        let mut watching = Watching::new(place.root_settings());
        let query = watching.want(read("secret/app"));
        assert_eq!(watching.next(&query).await.unwrap_err().cause, cause);
    }
}

#[tokio::test]
async fn tls_is_spoken_with_the_authority_that_is_given() {
    let Some(facts) = facts() else {
        eprintln!("there is no real Vault to speak TLS with");
        return;
    };
    let address = format!("https://127.0.0.1:{}", facts["tls_port"]);
    let root = facts["token"].as_str().unwrap().to_owned();
    let place = Place { address, root, stub: None };
    let mut settings = place.root_settings();
    let untrusted = settings.clone();
    settings.http.tls.ca_file = Some(facts["ca"].as_str().unwrap().into());
    let mut watching = Watching::new(settings);
    let query = watching.want(read("secret/app"));
    assert_eq!(versioned(&watching.next(&query).await.unwrap(), "greeting"), "hello");
    let mut watching = Watching::new(untrusted);
    let query = watching.want(read("secret/app"));
    assert_eq!(watching.next(&query).await.unwrap_err().cause, Cause::TlsUntrusted);
}

#[tokio::test]
async fn a_vault_that_is_away_comes_back() {
    let place = stub().await;
    with_app(&place).await;
    let mut settings = place.root_settings();
    settings.http = HttpSettings { address: "http://127.0.0.1:1".to_owned(), ..settings.http };
    let mut watching = Watching::new(settings);
    let query = watching.want(read("secret/app"));
    let error = watching.next(&query).await.unwrap_err();
    assert_eq!((error.cause, error.attempt), (Cause::Refused, 1));
    assert_eq!(watching.next(&query).await.unwrap_err().attempt, 2);
}

#[tokio::test]
async fn a_standby_sends_us_to_the_active_node() {
    let (standby, active) = (stub().await, stub().await);
    with_app(&active).await;
    standby.stub().world().active = Some(active.address.clone());
    let mut settings = standby.root_settings();
    settings.default_lease_duration = Duration::from_millis(600);
    let mut watching = Watching::new(settings);
    let query = watching.want(read("secret/app"));
    assert_eq!(versioned(&watching.next(&query).await.unwrap(), "greeting"), "hello");
    active.call("POST", "secret/data/app", &json!({ "data": { "greeting": "again" } })).await;
    assert_eq!(versioned(&watching.next(&query).await.unwrap(), "greeting"), "again");
    assert!(standby.stub().asked("GET") <= 1, "the active node is remembered");
}

#[tokio::test]
async fn without_a_token_only_what_is_for_anybody() {
    for place in places("nobody1").await {
        let mut settings = place.root_settings();
        settings.login = VaultLogin::Nobody;
        let mut watching = Watching::new(settings);
        let query = watching.want(read("secret/app"));
        let error = watching.next(&query).await.unwrap_err();
        assert_eq!(error.cause, Cause::Denied, "{error}");
    }
}

#[tokio::test]
async fn a_namespace_is_sent_and_its_mounts_are_found() {
    let place = stub().await;
    place
        .call_with(
            "POST",
            "secret/data/app",
            &json!({ "data": { "greeting": "team" } }),
            "X-Vault-Namespace: team/\r\n",
        )
        .await;
    let mut settings = place.root_settings();
    settings.namespace = "team".to_owned();
    let mut watching = Watching::new(settings);
    for path in ["secret/app", "secret/data/app"] {
        let query = watching.want(read(path));
        assert_eq!(versioned(&watching.next(&query).await.unwrap(), "greeting"), "team", "{path}");
    }
}
