//! AWS as a source, at moto's server with IAM enforced: the one whose facts `PREFLIGHT_TEST_SERVERS` names, or that
//! `cargo xtask servers start --only aws` has left running. Where there is none, that is said and nothing is proven.

#![cfg(feature = "aws")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

use preflight_sources::aws::{AwsAnswer, AwsKeys, AwsQuery, AwsSettings, SecretValue};
use preflight_sources::{Answer, Cause, Query, SecretText, Settings, SourceError, Update, Watcher};

const LONGEST: Duration = Duration::from_secs(20);

fn facts() -> Option<Value> {
    let named = std::env::var_os("PREFLIGHT_TEST_SERVERS").map(PathBuf::from);
    let is_named = named.is_some();
    let usual = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/servers/servers.json");
    let text = std::fs::read(named.unwrap_or(usual)).ok()?;
    let found = serde_json::from_slice::<Value>(&text).ok()?.get("aws").cloned();
    // Facts may outlive their server; where they were named on purpose, that must be seen.
    let found = found.filter(|facts| {
        let port = facts["port"].as_u64().and_then(|port| port.try_into().ok()).unwrap_or(0);
        is_named || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    if found.is_none() {
        eprintln!("there is no server that stands in for AWS");
    }
    found
}

fn text(facts: &Value, name: &str) -> String {
    facts[name].as_str().unwrap_or_else(|| panic!("{name} is not among the facts")).to_owned()
}

fn settings(facts: &Value, user: &str) -> AwsSettings {
    let keys = AwsKeys {
        access_key_id: text(&facts[user], "access_key_id"),
        secret_access_key: SecretText::new(text(&facts[user], "secret_access_key")),
        session_token: SecretText::default(),
    };
    AwsSettings {
        region: Some(text(facts, "region")),
        endpoint: Some(text(facts, "endpoint")),
        keys: Some(keys),
        poll_interval: Duration::from_secs(1),
        ..AwsSettings::default()
    }
}

struct Watching {
    watcher: Watcher,
    updates: Receiver<Vec<Update>>,
    query: Query,
}

impl Watching {
    fn new(settings: AwsSettings, query: AwsQuery) -> Self {
        let (sender, updates) = channel(16);
        let mut watcher = Watcher::new(Settings { aws: Some(settings), ..Settings::default() }, sender);
        let query = Query::Aws(query);
        watcher.want(&BTreeSet::from([query.clone()]));
        Self { watcher, updates, query }
    }

    async fn next(&mut self) -> Result<AwsAnswer, SourceError> {
        let batch = timeout(LONGEST, self.updates.recv()).await;
        let batch = batch.unwrap_or_else(|_| panic!("no news: {:?}", self.watcher.states())).unwrap();
        let update = batch.into_iter().next().unwrap();
        assert_eq!(update.query, self.query);
        match update.result? {
            Answer::Aws(answer) => Ok(answer),
            other => panic!("{other:?} is not of AWS"),
        }
    }
}

/// What is asked as a user who may do everything.
async fn asked(facts: &Value, query: AwsQuery) -> AwsAnswer {
    Watching::new(settings(facts, "allowed"), query).next().await.unwrap()
}

/// Asks Systems Manager by hand, as a user who may do everything. See "PutParameter" in its API reference.
async fn call(facts: &Value, action: &str, body: &Value) {
    let keys = &facts["allowed"];
    let identity =
        Credentials::new(text(keys, "access_key_id"), text(keys, "secret_access_key"), None, None, "test")
            .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(facts["region"].as_str().unwrap())
        .name("ssm")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap()
        .into();
    let endpoint = text(facts, "endpoint");
    let host = endpoint.strip_prefix("http://").unwrap();
    let (body, target) = (body.to_string(), format!("AmazonSSM.{action}"));
    let headers =
        [("host", host), ("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
    let url = format!("{endpoint}/");
    let bytes = SignableBody::Bytes(body.as_bytes());
    let request = SignableRequest::new("POST", &url, headers.into_iter(), bytes).unwrap();
    let (signature, _) = sign(request, &parameters).unwrap().into_parts();
    let lines: String = headers
        .into_iter()
        .chain(signature.headers())
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    let whole =
        format!("POST / HTTP/1.1\r\n{lines}connection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(whole.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.split(' ').nth(1) == Some("200"), "{answer}");
}

async fn put(facts: &Value, name: &str, value: &str, kind: &str) {
    let body = json!({ "Name": name, "Value": value, "Type": kind, "Overwrite": true });
    call(facts, "PutParameter", &body).await;
}

/// A path that no other test has.
fn own_path() -> String {
    format!("/own/{}", fastrand::u64(..))
}

fn parameter(name: &str) -> AwsQuery {
    AwsQuery::parameter(name).unwrap()
}

fn value(answer: &AwsAnswer) -> (&str, bool, i64) {
    match answer {
        AwsAnswer::Parameter(Some(parameter)) => (&parameter.value, parameter.is_secure, parameter.version),
        other => panic!("{other:?} is no parameter"),
    }
}

#[tokio::test]
async fn parameters_are_read_and_decrypted() {
    let Some(facts) = facts() else { return };
    let plain = asked(&facts, parameter(&text(&facts, "parameter"))).await;
    assert_eq!(value(&plain), ("hello", false, 1));
    let secure = asked(&facts, parameter(&text(&facts, "secure_parameter"))).await;
    assert_eq!(value(&secure), ("hot hot hot", true, 1));
    let account = text(&facts, "account");
    let arn = format!("arn:aws:ssm:us-west-2:{account}:parameter/pickles/greeting");
    assert_eq!(value(&asked(&facts, parameter(&arn)).await).0, "hello");
}

#[tokio::test]
async fn a_version_or_a_label_may_be_asked_for() {
    let Some(facts) = facts() else { return };
    let name = own_path();
    put(&facts, &name, "one", "String").await;
    put(&facts, &name, "two", "String").await;
    let label = json!({ "Name": name, "ParameterVersion": 1, "Labels": ["stable"] });
    call(&facts, "LabelParameterVersion", &label).await;
    for (suffix, expected) in [("", "two"), (":1", "one"), (":2", "two"), (":stable", "one")] {
        let answer = asked(&facts, parameter(&format!("{name}{suffix}"))).await;
        assert_eq!(value(&answer).0, expected, "{suffix}");
    }
    assert!(asked(&facts, parameter(&format!("{name}:9"))).await.is_absence());
}

#[tokio::test]
async fn what_is_not_there_may_appear_and_change() {
    let Some(facts) = facts() else { return };
    let name = own_path();
    let mut watching = Watching::new(settings(&facts, "allowed"), parameter(&name));
    assert_eq!(watching.next().await.unwrap(), AwsAnswer::Parameter(None));
    put(&facts, &name, "one", "String").await;
    assert_eq!(value(&watching.next().await.unwrap()).0, "one");
    put(&facts, &name, "two", "String").await;
    assert_eq!(value(&watching.next().await.unwrap()).0, "two");
}

#[tokio::test]
async fn a_tree_has_all_its_pages_by_name() {
    let Some(facts) = facts() else { return };
    let path = own_path();
    for number in (0..25).rev() {
        put(&facts, &format!("{path}/deep/{number:02}"), &number.to_string(), "String").await;
    }
    let AwsAnswer::Parameters(all) = asked(&facts, AwsQuery::parameters(&path).unwrap()).await else {
        panic!("parameters")
    };
    let names: Vec<&str> = all.iter().map(|parameter| parameter.name.as_str()).collect();
    let expected: Vec<String> = (0..25).map(|number| format!("{path}/deep/{number:02}")).collect();
    assert_eq!(names, expected);
    let nothing = asked(&facts, AwsQuery::parameters(&own_path()).unwrap()).await;
    assert!(nothing.is_absence());
}

#[tokio::test]
async fn secrets_are_read_by_name_arn_and_stage() {
    let Some(facts) = facts() else { return };
    let expected = SecretValue::Text(r#"{"password":"hot"}"#.to_owned());
    for (id, stage) in [(text(&facts, "secret"), ""), (text(&facts, "secret_arn"), "AWSCURRENT")] {
        let AwsAnswer::Secret(Some(found)) = asked(&facts, AwsQuery::secret(&id, stage).unwrap()).await
        else {
            panic!("a secret at {id}")
        };
        assert_eq!(*found, expected);
    }
    let missing = AwsQuery::secret(&text(&facts, "missing_secret"), "").unwrap();
    assert!(asked(&facts, missing).await.is_absence());
}

#[tokio::test]
async fn refusals_are_told_by_their_causes() {
    let Some(facts) = facts() else { return };
    let name = text(&facts, "parameter");
    for (user, cause) in [("denied", Cause::Denied), ("unknown", Cause::AwsBadCredentials)] {
        let mut watching = Watching::new(settings(&facts, user), parameter(&name));
        let error = watching.next().await.unwrap_err();
        assert_eq!(error.cause, cause, "{user}: {error}");
        assert!(!format!("{error:?}").contains(&text(&facts[user], "secret_access_key")));
    }
    let mut watching = Watching::new(settings(&facts, "denied"), parameter(&name));
    let error = watching.next().await.unwrap_err();
    let who = text(&facts["denied"], "arn");
    assert!(
        error.advice().contains("ssm:GetParameter") && error.advice().contains(&who),
        "{}",
        error.advice()
    );
}

#[tokio::test]
async fn a_service_that_is_away_or_untrusted_is_told() {
    let Some(facts) = facts() else { return };
    let name = text(&facts, "parameter");
    let mut away = settings(&facts, "allowed");
    away.endpoint = Some("http://127.0.0.1:1".to_owned());
    assert_eq!(Watching::new(away, parameter(&name)).next().await.unwrap_err().cause, Cause::Refused);
    let mut secure = settings(&facts, "allowed");
    secure.endpoint = Some(text(&facts, "tls_endpoint"));
    let untrusted = Watching::new(secure.clone(), parameter(&name)).next().await.unwrap_err();
    assert_eq!(untrusted.cause, Cause::TlsUntrusted, "{untrusted}");
    secure.http.tls.ca_file = Some(text(&facts, "ca").into());
    assert_eq!(value(&Watching::new(secure, parameter(&name)).next().await.unwrap()).0, "hello");
}

/// Runs one test of this binary again in a process with that environment alone: no test may change its own.
fn again(name: &str, environment: &[(&str, &str)]) {
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact"])
        .env_clear()
        .envs(environment.iter().copied())
        .envs(std::env::var_os("PREFLIGHT_TEST_SERVERS").map(|path| ("PREFLIGHT_TEST_SERVERS", path)))
        .env("HOME", "/nonexistent")
        .env("AGAIN", "1")
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

fn is_again() -> bool {
    std::env::var_os("AGAIN").is_some()
}

#[tokio::test]
async fn keys_and_region_of_the_environment_are_found() {
    let Some(facts) = facts() else { return };
    if is_again() {
        let endpoint = Some(text(&facts, "endpoint"));
        let settings = AwsSettings { endpoint, ..AwsSettings::default() };
        let mut watching = Watching::new(settings, parameter(&text(&facts, "parameter")));
        assert_eq!(value(&watching.next().await.unwrap()).0, "hello");
        return;
    }
    let (id, secret) =
        (text(&facts["allowed"], "access_key_id"), text(&facts["allowed"], "secret_access_key"));
    let region = text(&facts, "region");
    let environment =
        [("AWS_ACCESS_KEY_ID", id.as_str()), ("AWS_SECRET_ACCESS_KEY", &secret), ("AWS_REGION", &region)];
    again("keys_and_region_of_the_environment_are_found", &environment);
}

#[tokio::test]
async fn without_keys_or_region_that_is_told_soon() {
    if is_again() {
        let began = std::time::Instant::now();
        let with_region = AwsSettings { region: Some("us-west-2".to_owned()), ..AwsSettings::default() };
        for (settings, cause) in
            [(AwsSettings::default(), Cause::AwsNoRegion), (with_region, Cause::AwsNoCredentials)]
        {
            let error = Watching::new(settings, parameter("/a")).next().await.unwrap_err();
            assert_eq!(error.cause, cause, "{error}");
        }
        assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
        return;
    }
    again("without_keys_or_region_that_is_told_soon", &[]);
}
