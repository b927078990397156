//! Access control and TLS.

use std::path::PathBuf;
use std::time::Duration;

use preflight_sources::consul::ConsulQuery;
use preflight_sources::{HttpSettings, RetrySettings, SecretText, Settings, TlsSettings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::agent::{Agent, free_port};
use crate::watched::{Watched, key};
use crate::{Case, block_on};

pub(crate) const CASES: &[Case] = &[
    ("a token sees what it may, and is told what it may not", a_token_sees_what_it_may),
    ("a prefix that hides keys gives the cause of each", a_prefix_that_hides),
    ("a prefix that may not be listed falls back to single keys", may_not_be_listed),
    ("a token from a file, which is read again", a_token_from_a_file),
    ("TLS with an authority of one's own", tls),
    ("TLS that asks for our certificate", mutual_tls),
];

const MASTER: &str = "11111111-2222-3333-4444-555555555555";

fn closed(list_policy: bool) -> Agent {
    Agent::start(&json!({ "acl": {
        "enabled": true, "default_policy": "deny", "enable_key_list_policy": list_policy,
        "tokens": { "master": MASTER, "agent": MASTER },
    } }))
}

/// Makes a token with that policy.
fn token(agent: &Agent, name: &str, rules: &str) -> String {
    let (status, answer) = agent.put("acl/policy", &json!({ "Name": name, "Rules": rules }).to_string());
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = agent.put("acl/token", &json!({ "Policies": [{ "Name": name }] }).to_string());
    assert_eq!(status, 200, "{answer}");
    let made: Value = serde_json::from_str(&answer).expect("JSON");
    made["SecretID"].as_str().expect("a token").to_owned()
}

fn settings(agent: &Agent, token: &str) -> Settings {
    let mut settings = agent.settings();
    let consul = settings.consul.as_mut().expect("Consul");
    consul.token = SecretText::new(token);
    consul.retry = RetrySettings { max_backoff: Duration::from_millis(300), ..RetrySettings::default() };
    settings
}

fn a_token_sees_what_it_may() {
    block_on(async {
        let agent = closed(false);
        agent.put_key("app/a", "1");
        agent.put_key("other/a", "1");
        let reader = token(&agent, "reader", "key_prefix \"app/\" { policy = \"read\" }");
        let (mine, theirs) = (key("app/a"), key("other/a"));
        let mut watched = Watched::wanting(settings(&agent, &reader), &[mine.clone(), theirs.clone()]);
        watched.until("both", |seen| seen.has(&mine, "1") && seen.error(&theirs).is_some()).await;
        let error = watched.error(&theirs).expect("an error");
        assert_eq!(error.cause.class(), "acl.denied", "{error}");
        assert!(!error.heals() && !error.to_string().contains(&reader));
        agent.put(
            "acl/policy",
            &json!({ "Name": "more", "Rules": "key_prefix \"\" { policy = \"read\" }" }).to_string(),
        );
        let unknown = "99999999-2222-3333-4444-555555555555";
        let mut watched = Watched::wanting(settings(&agent, unknown), std::slice::from_ref(&mine));
        watched.until("refused", |seen| seen.error(&mine).is_some()).await;
        let error = watched.error(&mine).expect("an error").to_string();
        assert!(error.contains("ACL not found") && !error.contains(unknown), "{error}");
    });
}

fn a_prefix_that_hides() {
    block_on(async {
        let agent = closed(false);
        for name in ["a", "b", "c", "secret"] {
            agent.put_key(&format!("app/{name}"), name);
        }
        let rules = "key_prefix \"app/\" { policy = \"read\" } key \"app/secret\" { policy = \"deny\" }";
        let reader = token(&agent, "most", rules);
        let keys = ["a", "b", "c", "secret", "absent"].map(|name| key(&format!("app/{name}")));
        let mut watched = Watched::wanting(settings(&agent, &reader), &keys);
        watched.until("all", |seen| seen.latest.len() == 5).await;
        assert!(watched.has(&keys[0], "a") && watched.has(&keys[2], "c"));
        assert!(watched.is_absent(&keys[4]), "an absent key is absent");
        let error = watched.error(&keys[3]).expect("a denied key is no absent key");
        assert_eq!(error.cause.class(), "acl.denied", "{error}");
        assert!(watched.served_by(&keys[0]).starts_with("prefix app/"));
        let rules = "key_prefix \"app/\" { policy = \"read\" }";
        let (_, answer) = agent.get("acl/policy/name/most");
        let policy: Value = serde_json::from_str(&answer).expect("JSON");
        let changed = json!({ "Name": "most", "Rules": rules }).to_string();
        agent.put(&format!("acl/policy/{}", policy["ID"].as_str().expect("an id")), &changed);
        watched.until("the policy was widened", |seen| seen.has(&keys[3], "secret")).await;
    });
}

fn may_not_be_listed() {
    block_on(async {
        let agent = closed(true);
        for name in ["a", "b", "c"] {
            agent.put_key(&format!("app/{name}"), name);
        }
        // With the list policy `read` alone does not let anyone list.
        let reader = token(&agent, "no-list", "key_prefix \"app/\" { policy = \"read\" }");
        let keys = ["a", "b", "c"].map(|name| key(&format!("app/{name}")));
        let mut watched = Watched::wanting(settings(&agent, &reader), &keys);
        watched
            .until("all", |seen| {
                seen.has(&keys[0], "a") && seen.has(&keys[1], "b") && seen.has(&keys[2], "c")
            })
            .await;
        assert_eq!(watched.served_by(&keys[0]), "a request of its own");
        let errors = watched.batches.iter().flatten().filter(|update| update.result.is_err()).count();
        assert_eq!(errors, 0, "the fall back is nobody's error");
        let list = ConsulQuery::list("app/").expect("a prefix");
        let wanted = [keys[0].clone(), list.clone()];
        watched.want(&wanted);
        watched.until("the list itself is refused", |seen| seen.error(&list).is_some()).await;
        agent.put_key("app/a", "new");
        watched.until("the key is still watched", |seen| seen.has(&keys[0], "new")).await;
    });
}

fn a_token_from_a_file() {
    block_on(async {
        let agent = closed(false);
        agent.put_key("app/a", "1");
        let reader = token(&agent, "reader", "key_prefix \"app/\" { policy = \"read\" }");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        std::fs::write(&path, "99999999-2222-3333-4444-555555555555\n").expect("a file");
        let mut settings = settings(&agent, "");
        settings.consul.as_mut().expect("Consul").token_file = Some(path.clone());
        let name = key("app/a");
        let mut watched = Watched::wanting(settings, std::slice::from_ref(&name));
        watched.until("refused", |seen| seen.error(&name).is_some()).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        std::fs::write(&path, format!("{reader}\n")).expect("a file");
        watched.until("answered", |seen| seen.has(&name, "1")).await;
    });
}

/// An authority, and an agent's certificate for `localhost` and 127.0.0.1 that it signed.
struct Certificates {
    folder: TempDir,
}

impl Certificates {
    fn make() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key"))
            .expect("an authority");
        let names = ["server.dc1.consul".to_owned(), "127.0.0.1".to_owned()];
        let server = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(names)
            .expect("names")
            .signed_by(&server, &authority)
            .expect("a certificate");
        let client = KeyPair::generate().expect("a key");
        let ours = CertificateParams::new(["client".to_owned()]).expect("names");
        let ours = ours.signed_by(&client, &authority).expect("a certificate");
        let files = [
            ("client.pem", ours.pem() + &client.serialize_pem()),
            ("ca.pem", authority.pem()),
            ("server.pem", certificate.pem()),
            ("server.key", server.serialize_pem()),
        ];
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn tls() {
    block_on(async {
        let certificates = Certificates::make();
        let port = free_port();
        let agent = Agent::start(&json!({
            "cert_file": certificates.path("server.pem"), "key_file": certificates.path("server.key"),
            "ca_file": certificates.path("ca.pem"), "verify_incoming": false, "ports": { "https": port },
        }));
        agent.put_key("a", "1");
        let outcome = async |address: String, tls: TlsSettings| outcome(&agent, address, tls).await;
        let ca = || TlsSettings {
            enabled: true,
            ca_file: Some(certificates.path("ca.pem")),
            ..TlsSettings::default()
        };
        let address = format!("127.0.0.1:{port}");
        assert_eq!(outcome(address.clone(), ca()).await, "answered");
        let text = std::fs::read_to_string(certificates.path("ca.pem")).expect("a file");
        let bytes = TlsSettings { ca_file: None, ca_bytes: Some(text), ..ca() };
        assert_eq!(outcome(format!("https://{address}"), bytes).await, "answered");
        let folder = TlsSettings { ca_file: None, ca_folder: Some(certificates.path("")), ..ca() };
        assert_eq!(outcome(address.clone(), folder).await, "answered");
        let nobody = TlsSettings { ca_file: None, ..ca() };
        assert_eq!(outcome(address.clone(), nobody.clone()).await, "tls.untrusted");
        let anyone = TlsSettings { verify: false, ..nobody };
        assert_eq!(outcome(address.clone(), anyone).await, "answered");
        assert_eq!(outcome(format!("localhost:{port}"), ca()).await, "tls.hostname_mismatch");
        let named = TlsSettings { server_name: Some("server.dc1.consul".to_owned()), ..ca() };
        assert_eq!(outcome(format!("localhost:{port}"), named).await, "answered");
        assert_eq!(outcome(format!("https://127.0.0.1:{}", agent.port), ca()).await, "tls.failed");
        assert_eq!(outcome(format!("http://{address}"), TlsSettings::default()).await, "http.wrong_protocol");
        let missing = TlsSettings { ca_file: Some(certificates.path("none.pem")), ..ca() };
        assert_eq!(outcome(address, missing).await, "source.configuration");
    });
}

/// What comes of reading a key there: `answered`, or the class of the error.
async fn outcome(agent: &Agent, address: String, tls: TlsSettings) -> String {
    let mut settings = agent.settings();
    settings.consul.as_mut().expect("Consul").http = HttpSettings { address, tls, ..HttpSettings::default() };
    let name = key("a");
    let mut watched = Watched::wanting(settings, std::slice::from_ref(&name));
    watched.until("an outcome", |seen| seen.latest.len() == 1).await;
    match watched.latest.into_values().next().expect("an outcome") {
        Ok(_) => "answered".to_owned(),
        Err(error) => error.cause.class().to_owned(),
    }
}

fn mutual_tls() {
    block_on(async {
        let certificates = Certificates::make();
        let port = free_port();
        let agent = Agent::start(&json!({
            "cert_file": certificates.path("server.pem"), "key_file": certificates.path("server.key"),
            "ca_file": certificates.path("ca.pem"), "verify_incoming_https": true, "ports": { "https": port },
        }));
        let address = format!("https://127.0.0.1:{port}");
        let stranger = TlsSettings { ca_file: Some(certificates.path("ca.pem")), ..TlsSettings::default() };
        assert_eq!(outcome(&agent, address.clone(), stranger.clone()).await, "tls.failed");
        let known = TlsSettings { certificate: Some(certificates.path("client.pem")), ..stranger };
        assert_eq!(outcome(&agent, address, known).await, "answered");
    });
}
