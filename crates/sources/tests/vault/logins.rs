//! AppRole, Kubernetes and AWS, at the stub: the real server of the tests is built without them.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use preflight_sources::vault::{
    AppRoleLogin, AwsLogin, KubernetesLogin, Text, VaultLogin, VaultQuery, VaultSettings,
};
use preflight_sources::{Cause, SecretText};

use crate::engines::LOGIN_LONGEST;
use crate::place::{Place, stub};
use crate::signature::{ACCESS_KEY, SECRET_KEY};
use crate::watching::{Watching, versioned};

fn given(text: &str) -> Text {
    Text::Given(SecretText::new(text))
}

fn approle(secret: Text) -> VaultLogin {
    let mount = "approle".to_owned();
    VaultLogin::AppRole(AppRoleLogin { role_id: given("role"), secret_id: Some(secret), mount })
}

async fn furnished() -> Place {
    let place = stub().await;
    place.call("POST", "secret/data/app", &json!({ "data": { "greeting": "hello" } })).await;
    let policy = json!({ "policy": "path \"secret/*\" { capabilities = [\"read\"] }" });
    place.call("PUT", "sys/policies/acl/reader", &policy).await;
    place
}

fn settings(place: &Place, login: VaultLogin) -> VaultSettings {
    let default_lease_duration = Duration::from_millis(500);
    VaultSettings { login, default_lease_duration, ..place.root_settings() }
}

async fn greeting(place: &Place, login: VaultLogin) -> String {
    let mut watching = Watching::new(settings(place, login));
    let query = watching.want(VaultQuery::read("secret/app").unwrap());
    versioned(&watching.next(&query).await.unwrap(), "greeting")
}

#[tokio::test]
async fn approle_with_its_secret_given_or_in_a_file() {
    let place = furnished().await;
    assert_eq!(greeting(&place, approle(given("secret"))).await, "hello");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret-id");
    std::fs::write(&path, "secret\n").unwrap();
    assert_eq!(greeting(&place, approle(Text::File(path))).await, "hello");
}

#[tokio::test]
async fn a_method_may_be_mounted_elsewhere() {
    let place = furnished().await;
    let VaultLogin::AppRole(login) = approle(given("secret")) else { panic!("AppRole") };
    let login = VaultLogin::AppRole(AppRoleLogin { mount: "/other/".to_owned(), ..login });
    assert_eq!(greeting(&place, login).await, "hello");
    assert_eq!(place.stub().asked("PUT /v1/auth/other/login"), 1);
}

#[tokio::test]
async fn a_refused_login_is_told_as_that_and_tried_again() {
    let place = furnished().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret-id");
    std::fs::write(&path, "wrong-one").unwrap();
    let mut watching = Watching::new(settings(&place, approle(Text::File(path.clone()))));
    let query = watching.want(VaultQuery::read("secret/app").unwrap());
    let error = watching.next(&query).await.unwrap_err();
    assert_eq!(error.cause, Cause::LoginRefused, "{error}");
    assert!(error.to_string().contains("AppRole") && error.to_string().contains("invalid role"), "{error}");
    assert!(!format!("{error:?}").contains("wrong-one"));
    std::fs::write(&path, "secret").unwrap();
    assert_eq!(versioned(&watching.good(&query).await, "greeting"), "hello");
}

#[tokio::test]
async fn kubernetes_with_the_service_accounts_token() {
    let place = furnished().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let login = |path: &Path| {
        let (role, mount) = ("web".to_owned(), "kubernetes".to_owned());
        VaultLogin::Kubernetes(KubernetesLogin { role, mount, token: Text::File(path.to_owned()) })
    };
    std::fs::write(&path, "jwt-1").unwrap();
    assert_eq!(greeting(&place, login(&path)).await, "hello");
}

#[tokio::test]
async fn aws_with_a_question_to_sts_that_is_signed() {
    let place = furnished().await;
    let login = VaultLogin::Aws(AwsLogin {
        role: "web".to_owned(),
        region: Some("eu-west-1".to_owned()),
        server_id: Some("vault.example".to_owned()),
        mount: "aws".to_owned(),
    });
    // Credentials come from the environment, which a test must not change: a process of its own has one.
    if std::env::var("AWS_ACCESS_KEY_ID").as_deref() == Ok(ACCESS_KEY) {
        assert_eq!(greeting(&place, login).await, "hello");
        return;
    }
    let name = "logins::aws_with_a_question_to_sts_that_is_signed";
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact"])
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_SESSION_TOKEN", "session")
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

#[tokio::test]
async fn one_login_serves_all_and_is_done_again_when_it_cannot_be_renewed_any_more() {
    let place = furnished().await;
    for number in 0..10 {
        place.call("POST", &format!("secret/data/many{number}"), &json!({ "data": { "v": "x" } })).await;
    }
    let mut watching = Watching::new(settings(&place, approle(given("secret"))));
    let queries: Vec<_> = (0..10)
        .map(|number| watching.want(VaultQuery::read(&format!("secret/many{number}")).unwrap()))
        .collect();
    for query in &queries {
        watching.next(query).await.unwrap();
    }
    let logins = || place.stub().asked("PUT /v1/auth/approle/login");
    assert_eq!(logins(), 1);
    tokio::time::sleep(Duration::from_secs(LOGIN_LONGEST + 2)).await;
    assert!(logins() >= 2, "the first token is over by now");
    assert!(place.stub().asked("PUT /v1/auth/token/renew-self") >= 1, "and was renewed before");
    for query in &queries {
        assert!(watching.is_silent(query, Duration::ZERO).await, "{:?}", watching.watcher.states());
    }
}

#[tokio::test]
async fn a_revoked_token_is_replaced_without_an_error() {
    let place = furnished().await;
    let mut watching = Watching::new(settings(&place, approle(given("secret"))));
    let query = watching.want(VaultQuery::read("secret/app").unwrap());
    watching.next(&query).await.unwrap();
    place.stub().world().tokens.retain(|_, token| token.policies.iter().any(|policy| policy == "root"));
    assert!(watching.is_silent(&query, Duration::from_millis(1500)).await, "{:?}", watching.watcher.states());
    assert!(place.stub().asked("PUT /v1/auth/approle/login") >= 2);
}
