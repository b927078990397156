//! The token: renewed, unwrapped, followed in its file.

use std::time::Duration;

use serde_json::json;

use preflight_sources::Cause;
use preflight_sources::vault::{VaultLogin, VaultQuery};

use crate::place::{Place, places, stub};
use crate::watching::{Watching, versioned};

async fn furnished(place: &Place) -> VaultQuery {
    // A path of its own: what others write there would be news.
    let path = format!("tokens/{}", fastrand::u64(..));
    place.call("POST", &format!("secret/data/{path}"), &json!({ "data": { "greeting": "hello" } })).await;
    VaultQuery::read(&format!("secret/{path}")).unwrap()
}

#[tokio::test]
async fn a_given_token_is_renewed_past_its_first_life() {
    for place in places("renew1").await {
        let query = furnished(&place).await;
        let token = place.token(&["secret/*"], &json!({ "period": "2s" })).await;
        let mut settings = place.settings(&token);
        settings.default_lease_duration = Duration::from_millis(500);
        let mut watching = Watching::new(settings);
        let query = watching.want(query);
        watching.next(&query).await.unwrap();
        assert!(watching.is_silent(&query, Duration::from_secs(5)).await, "it answers as before");
        let state = &watching.watcher.states()[0];
        assert!(
            state.error.is_none() && state.answered.unwrap().elapsed() < Duration::from_secs(2),
            "{state:?}"
        );
    }
}

#[tokio::test]
async fn a_token_that_is_not_renewed_dies_and_that_is_told() {
    for place in places("dies1").await {
        let query = furnished(&place).await;
        let token = place.token(&["secret/*"], &json!({ "ttl": "2s" })).await;
        let mut settings = place.settings(&token);
        settings.default_lease_duration = Duration::from_millis(500);
        settings.renew_token = false;
        let mut watching = Watching::new(settings);
        let query = watching.want(query);
        watching.next(&query).await.unwrap();
        let error = watching.next(&query).await.unwrap_err();
        assert_eq!(error.cause, Cause::BadToken, "{error}");
    }
}

#[tokio::test]
async fn a_wrapped_token_is_unwrapped_and_only_once() {
    for place in places("unwrap1").await {
        let query = furnished(&place).await;
        let body = json!({ "policies": ["root"], "ttl": "60s" });
        let wrap = "X-Vault-Wrap-TTL: 60\r\n";
        let made = place.call_with("POST", "auth/token/create", &body, wrap).await;
        let wrapping = made["wrap_info"]["token"].as_str().unwrap();
        let mut settings = place.settings(wrapping);
        settings.unwrap_token = true;
        let mut watching = Watching::new(settings.clone());
        let first = watching.want(query.clone());
        assert_eq!(versioned(&watching.next(&first).await.unwrap(), "greeting"), "hello");
        let mut watching = Watching::new(settings);
        let second = watching.want(query);
        let error = watching.next(&second).await.unwrap_err();
        assert_eq!(error.cause, Cause::LoginRefused, "{error}");
        assert!(error.advice().contains("wrapping token"), "{}", error.advice());
        assert!(!error.to_string().contains(wrapping), "{error}");
    }
}

#[tokio::test]
async fn a_token_file_is_followed() {
    for place in places("file1").await {
        let query = furnished(&place).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let mut settings = place.root_settings();
        settings.login = VaultLogin::TokenFile(path.clone());
        settings.default_lease_duration = Duration::from_millis(500);
        let mut watching = Watching::new(settings);
        let query = watching.want(query);
        assert_eq!(watching.next(&query).await.unwrap_err().cause, Cause::NoFile);
        let short = place.token(&["secret/*"], &json!({ "ttl": "2s", "explicit_max_ttl": "2s" })).await;
        std::fs::write(&path, format!("{short}\n")).unwrap();
        assert_eq!(versioned(&watching.good(&query).await, "greeting"), "hello");
        let agents = json!({ "token": place.root, "ttl": 60 });
        std::fs::write(&path, agents.to_string()).unwrap();
        assert!(
            watching.is_silent(&query, Duration::from_secs(4)).await,
            "the first token's end is not noticed"
        );
        std::fs::write(&path, "hvs.of-nobody").unwrap();
        assert_eq!(watching.next(&query).await.unwrap_err().cause, Cause::BadToken);
        std::fs::write(&path, &place.root).unwrap();
        assert_eq!(versioned(&watching.good(&query).await, "greeting"), "hello");
    }
}

#[tokio::test]
async fn renewals_go_on_after_vault_was_away_for_a_moment() {
    let place = stub().await;
    let query = furnished(&place).await;
    let token = place.token(&["secret/*"], &json!({ "period": "4s" })).await;
    let mut settings = place.settings(&token);
    settings.default_lease_duration = Duration::from_millis(500);
    let mut watching = Watching::new(settings);
    let query = watching.want(query);
    watching.next(&query).await.unwrap();
    place.stub().world().sealed = true;
    assert_eq!(watching.next(&query).await.unwrap_err().cause, Cause::VaultSealed);
    tokio::time::sleep(Duration::from_secs(2)).await;
    place.stub().world().sealed = false;
    assert_eq!(versioned(&watching.good(&query).await, "greeting"), "hello");
    assert!(watching.is_silent(&query, Duration::from_secs(5)).await, "{:?}", watching.watcher.states());
}
